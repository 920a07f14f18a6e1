-- What goes wrong behind a real LiteLLM proxy, on every endpoint: the class, the status
-- and one clear line.
local litellm = require("litellm")
local proxy = require("proxy.support")

local client = proxy.default

describe("a provider's", function()
  local answers = {
    { "mock-400", 400, "BadRequestError", says = "Unsupported value: 'temperature'", param = "temperature" },
    { "mock-401", 401, "AuthenticationError", says = "so said the provider of the gateway's own key" },
    { "wrong-provider-key", 401, "AuthenticationError", says = "so said the provider" },
    { "mock-403", 403, "PermissionDeniedError" },
    { "mock-404", 404, "NotFoundError" },
    { "mock-408", 408, "Timeout" },
    { "mock-413", 413, "APIError" },
    { "mock-422", 422, "UnprocessableEntityError" },
    { "mock-429", 429, "RateLimitError", api_type = "throttling_error" },
    { "mock-500", 500, "InternalServerError" },
    { "mock-502", 502, "BadGatewayError" },
    { "mock-503", 503, "ServiceUnavailableError" },
    { "mock-529", 529, "InternalServerError" },
    { "mock-context", 400, "ContextWindowExceededError", says = "maximum context length is 4097" },
    { "mock-content-filter", 400, "ContentPolicyViolationError", says = "content management policy" },
    { "mock-html", 502, "BadGatewayError", says = "<h1>502 Bad Gateway</h1>" },
    { "mock-bad-json", 500, "InternalServerError" },
    { "mock-empty", 500, "InternalServerError" },
    { "mock-cut0", 500, "InternalServerError", says = "Connection error" },
    { "no-provider", 500, "InternalServerError", says = "Connection error" },
  }
  for _, answer in ipairs(answers) do
    it("failure is told from others: " .. answer[1], function()
      local fields = { status = answer[2], type = answer[3], kind = "http", attempts = 1, code = tostring(answer[2]) }
      for _, name in ipairs({ "says", "param", "api_type" }) do
        fields[name] = answer[name]
      end
      local detail = proxy.failed(fields, proxy.chat("hello", { model = answer[1] }))
      assert.equal(answer[2] == 408 or answer[2] == 429 or answer[2] >= 500, detail.retryable)
      assert.is_string(detail.call_id)
      assert.matches("Received Model Group=" .. answer[1], detail.message, 1, true)
    end)
  end

  it("silence ends at the proxy's limit", function()
    local limits = {
      { model = "limited-to-1-s" },
      { model = "mock-delay5", extra_headers = { ["x-litellm-timeout"] = 0.3 } },
      { model = "mock-delay5", extra_body = { timeout = 0.3 } },
      { model = "mock-delay5", stream = true, extra_headers = { ["x-litellm-stream-timeout"] = 0.3 } },
    }
    for _, fields in ipairs(limits) do
      local begun = litellm.now()
      proxy.failed({ status = 408, type = "Timeout", kind = "http" }, proxy.chat("hello", fields))
      assert.is_true(litellm.now() - begun < 3)
    end
  end)

  it("silence ends at our limit", function()
    local begun = litellm.now()
    proxy.failed({ type = "Timeout", kind = "timeout", phase = "first_byte" },
      proxy.chat("hello", { model = "mock-delay5", timeout = { first_byte = 0.3 } }))
    proxy.failed({ type = "Timeout", kind = "timeout", phase = "total" },
      proxy.chat("hello", { model = "mock-delay5", timeout = 0.3 }))
    litellm.run(function()
      local task = client:acompletion(proxy.ask("hello", { model = "mock-delay5" }))
      litellm.sleep(0.1)
      task:cancel()
      proxy.failed({ kind = "cancelled" }, task:await())
    end)
    assert.is_true(litellm.now() - begun < 3)
  end)

  it("failure comes through on every endpoint", function()
    local sound = litellm.file({ data = "RIFF", filename = "a.wav" })
    local picture = litellm.file({ data = "\137PNG\r\n\26\n", filename = "a.png" })
    local calls = {
      text_completion = { prompt = "x" },
      image_generation = { prompt = "x" },
      image_edit = { prompt = "x", image = picture },
      transcription = { file = sound },
      moderation = { input = "x" },
      responses = { input = "x" },
    }
    for name, args in pairs(calls) do
      args.model = "mock-429"
      local detail = proxy.failed({ status = 429, type = "RateLimitError", kind = "http" }, client[name](client, args))
      assert.matches("Rate limit reached", detail.message, 1, true)
    end
    proxy.failed({ status = 429, type = "RateLimitError" },
      client:rerank({ model = "rerank-429", query = "x", documents = { "x" } }))
    -- the proxy tells no more of speech, and hangs up
    proxy.failed({ status = 500, type = "InternalServerError" },
      client:speech({ model = "mock-429", input = "x", voice = "alloy" }))
    assert(client:speech({ model = "tts-1", input = "x", voice = "alloy" }):bytes())
  end)
end)

describe("a model that does not exist", function()
  local sound = litellm.file({ data = "RIFF", filename = "a.wav" })
  local picture = litellm.file({ data = "\137PNG\r\n\26\n", filename = "a.png" })
  local calls = {
    completion = { messages = { { role = "user", content = "x" } } },
    text_completion = { prompt = "x" },
    embedding = { input = "x" },
    image_generation = { prompt = "x" },
    image_edit = { prompt = "x", image = picture },
    speech = { input = "x", voice = "alloy" },
    transcription = { file = sound },
    rerank = { query = "x", documents = { "x" } },
    responses = { input = "x" },
  }
  for name, args in pairs(calls) do
    it("is named by " .. name, function()
      args.model = "no-such-model"
      local detail = proxy.failed({ status = 400, type = "BadRequestError", attempts = 1 }, client[name](client, args))
      assert.matches("Invalid model name passed in model=no-such-model", detail.message, 1, true)
      assert.is_nil(detail.message:find("{", 1, true))
    end)
  end
end)

describe("a mistake in the call", function()
  it("is named", function()
    proxy.failed({ status = 400, type = "BadRequestError", api_type = "invalid_request_error" },
      client:request({ path = "/chat/completions", body = "{", content_type = "application/json" }))
    proxy.failed({ status = 400, says = "messages" },
      client:request({ path = "/chat/completions", json = { model = "gpt-4o" } }))
    proxy.failed({ status = 400, says = "input" },
      client:request({ path = "/embeddings", json = { model = "text-embedding-3-small" } }))
    proxy.failed({ status = 422, type = "UnprocessableEntityError", says = "file" },
      client:request({ path = "/audio/transcriptions", form = { model = "whisper-1" } }))
    proxy.failed({ status = 500 }, client:request({ path = "/rerank", json = { model = "rerank-english-v3.0" } }))
    proxy.failed({ status = 500 }, client:speech({ model = "tts-1", input = "x" }))
  end)

  it("is a parameter that the model has not", function()
    proxy.failed({ status = 400, type = "UnsupportedParamsError", says = "reasoning_effort" },
      proxy.chat("hello", { reasoning_effort = "low" }))
    assert(proxy.chat("hello", { reasoning_effort = "low", drop_params = true }))
    proxy.failed({ status = 400, type = "UnsupportedParamsError" },
      client:image_generation({ model = "gpt-image-1", prompt = "x", response_format = "url" }))
  end)

  it("costs no connection, whatever the proxy does with its own", function()
    for _ = 1, 3 do
      proxy.failed({ status = 500, attempts = 1 }, client:request({ path = "/chat/completions", json = { 1, 2 } }))
      assert.equal(1, litellm.meta(assert(proxy.chat("ping"))).attempts)
    end
  end)
end)
