-- What each captured answer must give. The answers are those of LiteLLM proxy
-- 1.100.5, byte for byte, less headers that say nothing; the comment says why each
-- is here.
--
--   call     the function; `path`: through `request`
--   stream   it is asked for as a stream
--   gives    { dotted path = value } of the result, list indexes from 1
--   text     of the stream, all of it; for a call, that the result is this string
--   chunks   how many the stream has
--   state    of the stream, when it is not "complete"
--   error    { type =, status =, code =, message = pattern, ... } of the detail
--   meta     { field = value } of litellm.meta
local hello = "Hello from upstream. You said: hi"

return {
  -- Health and models: JSON that is a string, lists, FastAPI's errors.
  ["001-health-liveliness"] = { path = "/health/liveliness", text = "I'm alive!" },
  ["010-models-v1"] = { call = "models", gives = { ["object"] = "list", ["data.1.id"] = "gpt-4o",
    ["data.3.id"] = "vertex_ai/gemini-2.0-flash-001", ["data.1.max_input_tokens"] = 128000 } },
  ["013-model-by-id-unknown"] = { path = "/v1/models/nope", error = { type = "NotFoundError", status = 404,
    message = "The model `nope` does not exist" } },

  -- Chat: provider headers that must not be taken for ours, costs, choices, tools.
  ["100-chat-v1"] = { call = "completion", gives = { ["choices.1.message.content"] = hello,
    ["usage.total_tokens"] = 7, ["choices.1.message.provider_specific_fields.refusal"] = "absent" },
    meta = { call_id = "3452eae0-4ae1-478d-b87b-9035d36712d4", model_id = "dep-gpt-4o", model_group = "gpt-4o",
      status = 200, attempts = 1 } },
  ["102-chat-priced"] = { call = "completion", gives = { model = "gpt-4o-priced" },
    meta = { cost = 6.250000000000001e-05, cost_source = "header" } },
  ["103-chat-n2"] = { call = "completion", gives = { ["choices.2.index"] = 1, ["choices.2.finish_reason"] = "stop" } },
  ["104-chat-tools"] = { call = "completion", gives = { ["choices.1.finish_reason"] = "tool_calls",
    ["choices.1.message.content"] = "absent", ["choices.1.message.tool_calls.1.id"] = "call_a1",
    ["choices.1.message.tool_calls.1.function.arguments"] = '{"city": "Paris", "unit": "C"}',
    ["choices.1.message.tool_calls.2.function.name"] = "get_time" } },
  ["109-chat-unicode"] = { call = "completion", gives = { ["choices.1.message.content"] =
    "Hello from upstream. You said: 日本語 🎉 \226\128\168 \\u0041 \"q\" \127" } },
  ["110-chat-reasoning"] = { call = "completion",
    gives = { ["choices.1.message.reasoning_content"] = "thinking about it" } },
  ["114-chat-prefix-sent"] = { call = "completion", error = { type = "BadRequestError", status = 400, code = "400",
    param = "absent", message = "Invalid model name passed in model=litellm_proxy/gpt%-4o" } },
  ["121-chat-unsupported-param"] = { call = "completion", error = { type = "UnsupportedParamsError", status = 400,
    message = "reasoning_effort" } },

  -- Streams: usage, tools, a choice that never finishes, a provider that stopped.
  ["130-chat-stream"] = { call = "completion", stream = true, text = hello, chunks = 8,
    gives = { ["choices.1.finish_reason"] = "stop", ["choices.1.message.role"] = "assistant",
      ["usage"] = "absent" }, meta = { call_id = "4c580714-9810-4737-9c9c-4a8044a4692c" } },
  ["132-chat-stream-usage"] = { call = "completion", stream = true, text = hello,
    gives = { ["usage.total_tokens"] = 7, ["choices.1.message.content"] = hello } },
  ["133-chat-stream-tools"] = { call = "completion", stream = true, text = "", gives = {
    ["choices.1.finish_reason"] = "tool_calls", ["choices.1.message.content"] = "absent",
    ["choices.1.message.tool_calls.1.id"] = "call_a1", ["choices.1.message.tool_calls.1.function.name"] = "get_weather",
    ["choices.1.message.tool_calls.1.function.arguments"] = '{"city": "Paris", "unit": "C"}',
    ["choices.1.message.tool_calls.2.id"] = "call_b2",
    ["choices.1.message.tool_calls.2.function.arguments"] = '{"tz":"Europe/Paris"}' } },
  ["134-chat-stream-n2"] = { call = "completion", stream = true, gives = {
    ["choices.1.message.content"] = hello, ["choices.2.message.content"] = hello,
    ["choices.1.finish_reason"] = "stop", ["choices.2.finish_reason"] = "absent" } },
  ["137-chat-stream-unicode"] = { call = "completion", stream = true,
    text = "Hello from upstream. You said: 日本語 🎉 ok" },
  ["138-chat-stream-reasoning"] = { call = "completion", stream = true,
    text = "Hello from upstream. You said: think",
    gives = { ["choices.1.message.reasoning_content"] = "thinking about it" } },
  ["139-chat-stream-priced"] = { call = "completion", stream = true, text = hello, meta = { cost = "absent" } },
  ["144-chat-stream-nodone"] = { call = "completion", stream = true, text = "Hello from upstream. " },
  ["x13-cache-hit-stream-again"] = { call = "completion", stream = true,
    text = "Hello from upstream. You said: cache me" },
  ["905-http10-stream"] = { call = "completion", stream = true, text = hello },
  ["904-http10"] = { call = "completion", gives = { ["choices.1.finish_reason"] = "stop" } },
  ["x11-cache-hit"] = { call = "completion",
    gives = { ["choices.1.message.content"] = "Hello from upstream. You said: cache me" } },

  -- Completions.
  ["200-completions-v1"] = { call = "text_completion", gives = { ["choices.1.text"] = " upstream completion of: Once",
    ["choices.1.logprobs"] = "absent", ["usage.total_tokens"] = 5 } },
  ["202-completions-stream"] = { call = "text_completion", stream = true, text = " upstream completion of: Once",
    gives = { ["choices.1.finish_reason"] = "stop", ["choices.1.text"] = " upstream completion of: Once" } },
  ["203-completions-stream-usage"] = { call = "text_completion", stream = true,
    text = " upstream completion of: Once" },
  ["204-completions-list-prompt"] = { call = "text_completion", gives = { ["choices.2.index"] = 1 } },

  -- Embeddings: numbers and base64.
  ["220-embeddings-v1-string"] = { call = "embedding", gives = { ["object"] = "list", ["data.1.index"] = 0 } },
  ["222-embeddings-list"] = { call = "embedding", gives = { ["data.1.embedding.1"] = -0.125,
    ["data.1.embedding.2"] = 0, ["data.2.embedding.8"] = -0.3125, ["usage.prompt_tokens_details"] = "absent" } },
  ["224-embeddings-base64"] = { call = "embedding", gives = { ["object"] = "list" } },

  -- Images: both members always there, one of them null.
  ["300-image-gen-v1"] = { call = "image_generation", gives = { ["data.1.url"] = "absent",
    ["data.1.revised_prompt"] = "stub: a cat", ["usage.total_tokens"] = 15 } },
  ["302-image-gen-dalle3-url"] = { call = "image_generation", gives = { ["data.1.b64_json"] = "absent" } },
  ["304-image-gen-gptimage-response-format"] = { call = "image_generation",
    error = { type = "UnsupportedParamsError", status = 400 } },
  ["320-image-edit-image-1"] = { call = "image_edit", gives = { ["data.1.url"] = "absent" } },
  ["328-image-edit-json"] = { call = "image_edit", error = { type = "UnprocessableEntityError", status = 422 } },

  -- Audio: always JSON; speech errors lose everything and the connection.
  ["400-transcription-v1"] = { call = "transcription", gives = { ["language"] = "english" } },
  ["403-transcription-text"] = { call = "transcription", gives = {} },
  ["406-transcription-verbose-json"] = { call = "transcription", gives = { ["words.1.start"] = 0 } },
  ["413-translations"] = { call = "translation", error = { type = "NotFoundError", status = 404,
    message = "Not Found" } },
  ["420-speech-v1"] = { call = "speech", bytes = { 844, "RIFF" } },
  ["423-speech-no-voice"] = { call = "speech", closes = true, error = { type = "InternalServerError", status = 500,
    code = "absent", message = "Internal server error" } },
  ["427-speech-unknown-model"] = { call = "speech", error = { type = "BadRequestError", status = 400,
    message = "Invalid model name passed in model=nope" } },

  -- Rerank: indexes from 0, two kinds of bill, no documents.
  ["500-rerank-rerank"] = { call = "rerank", gives = { ["results.1.index"] = 1, ["results.1.relevance_score"] = 0.99,
    ["meta.billed_units.search_units"] = 1 } },
  ["505-rerank-return-documents-true"] = { call = "rerank",
    gives = { ["results.1.document.text"] = "the sky is blue" } },
  ["507-rerank-jina"] = { call = "rerank", gives = { ["meta.billed_units.total_tokens"] = 10 } },
  ["514-rerank-empty-documents"] = { call = "rerank", gives = { ["results.1"] = "absent" } },

  -- Moderation and responses.
  ["521-moderations-no-v1"] = { call = "moderation", gives = { ["results.1.categories.hate/threatening"] = false,
    ["results.2.flagged"] = true } },
  ["550-responses-v1"] = { call = "responses", gives = { ["output.1.content.1.text"] = hello, status = "completed",
    ["error"] = "absent" } },
  ["552-responses-stream"] = { call = "responses", stream = true, text = hello,
    gives = { ["output.1.content.1.text"] = hello, status = "completed" } },
  ["557-responses-stream-errevent"] = { call = "responses", stream = true, state = "error",
    error = { type = "any", code = "stream_broke", message = "The server had an error while streaming" } },
  ["561-messages-stream"] = { path = "/v1/messages", stream = true, chunks = 10 },

  -- Errors before the provider.
  ["600-err-no-key"] = { call = "completion", error = { type = "AuthenticationError", status = 401, code = "401",
    param = "absent", message = "No api key passed in" } },
  ["601-err-wrong-key"] = { call = "completion", error = { type = "BadRequestError", status = 400,
    message = "No connected db" } },
  ["620-err-unknown-model"] = { call = "completion", error = { type = "BadRequestError", status = 400,
    message = "Invalid model name passed in model=nope" } },
  ["631-err-method-get"] = { path = "/v1/chat/completions", error = { type = "APIError", status = 405,
    message = "Method Not Allowed" } },
  ["633-err-404-path"] = { path = "/nope", error = { type = "NotFoundError", status = 404, message = "Not Found" } },
  ["636-trailing-slash"] = { call = "completion", error = { type = "any", status = 307, message = "api_base" } },
  ["641-err-image-unknown-model"] = { call = "image_generation", error = { type = "BadRequestError", status = 400,
    message = "Invalid model name passed in model=nope" } },
  ["909-bad-request-line"] = { call = "completion", error = { type = "BadRequestError", status = 400,
    message = "Invalid HTTP request received" } },
  ["c03-auth-expired-token"] = { call = "completion", error = { type = "AuthenticationError", status = 401,
    message = "Token Expired" } },
  ["c13-auth-model-denied"] = { call = "completion", error = { type = "PermissionDeniedError", status = 403,
    param = "model", message = "key not allowed to access model" } },
  ["c14-auth-expired-key"] = { call = "completion", error = { type = "AuthenticationError", status = 401,
    message = "Expired Key" } },
  ["c22-auth-rpm-limit-2"] = { call = "completion", error = { type = "RateLimitError", status = 429,
    retry_after = 60, message = "Limit type: requests" } },
  ["c26-auth-budget"] = { call = "completion", error = { type = "BudgetExceededError", status = 429,
    retryable = false, message = "Budget has been exceeded" } },
  ["x24-tag-route-unknown"] = { call = "completion", error = { type = "AuthenticationError", status = 401,
    message = "due to tags configuration" } },

  -- Errors of the provider.
  ["700-up-400"] = { call = "completion", error = { type = "BadRequestError", status = 400, param = "temperature" } },
  ["701-up-401"] = { call = "completion", error = { type = "AuthenticationError", status = 401 } },
  ["702-up-404"] = { call = "completion", error = { type = "NotFoundError", status = 404 } },
  ["706-up-429"] = { call = "completion", error = { type = "RateLimitError", status = 429,
    message = "Rate limit reached for stub" } },
  ["710-up-529"] = { call = "completion", error = { type = "InternalServerError", status = 529,
    message = "Overloaded" } },
  ["711-up-context"] = { call = "completion", error = { type = "ContextWindowExceededError", status = 400,
    message = "maximum context length is 4097 tokens" } },
  ["712-up-filter"] = { call = "completion", error = { type = "ContentPolicyViolationError", status = 400 } },
  ["717-up-html-502"] = { call = "completion", error = { type = "BadGatewayError", status = 502 } },
  ["718-up-empty"] = { call = "completion", error = { type = "InternalServerError", status = 500 } },
  ["723-up-timeout-header"] = { call = "completion", error = { type = "Timeout", status = 408,
    message = "Request timed out" } },
  ["758-up-401-again"] = { call = "completion", error = { type = "RateLimitError", status = 429, retry_after = 5,
    message = "No deployments available" } },

  -- Failures in a stream: status 200, an error event, a correct last chunk of HTTP.
  ["726-up-stall-mid-stream"] = { call = "completion", stream = true, state = "error", partial = "Hello from ",
    error = { type = "APIConnectionError", message = "Timeout on reading data from socket" } },
  ["728-up-drop-mid-stream"] = { call = "completion", stream = true, state = "error", partial = "Hello from ",
    error = { type = "APIConnectionError", message = "Response payload is not completed" } },
  ["731-up-errevent-mid-stream"] = { call = "completion", stream = true, state = "error", error = { type = "any" } },
  ["733-up-badsse-mid-stream"] = { call = "completion", stream = true, state = "error", error = { type = "any" } },

  -- Keepalive: pings first, then an answer or an error with status 200 and [DONE].
  ["x31-keepalive-then-error"] = { call = "completion", stream = true, state = "error",
    error = { type = "Timeout", status = 408, message = "Error processing stream start" } },
  ["x32-keepalive-then-429"] = { call = "completion", stream = true, state = "error",
    error = { type = "RateLimitError", status = 429, message = "Rate limit reached" } },
  ["x33-keepalive-mid-stream"] = { call = "completion", stream = true,
    text = "Hello from upstream. You said: a b c d" },
}
