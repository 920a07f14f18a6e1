-- Every documented field of every endpoint with a value, for the matrix of
-- endpoints_spec: the lists of the OpenAI SDK and LiteLLM's additions. Left out:
-- `stream`, which has specs of its own.
local chat_tool = { type = "function", ["function"] = { name = "f", parameters = { type = "object" } } }

return {
  completion = {
    audio = { voice = "alloy", format = "wav" }, frequency_penalty = 0.5, function_call = "auto",
    functions = { { name = "f" } }, logit_bias = { ["50256"] = -100 }, logprobs = true, max_completion_tokens = 7,
    max_tokens = 8, modalities = { "text" }, moderation = { model = "m" }, n = 2, parallel_tool_calls = false,
    prediction = { type = "content", content = "x" }, presence_penalty = -0.5, prompt_cache_key = "k",
    prompt_cache_options = { mode = "auto" }, prompt_cache_retention = "24h", reasoning_effort = "low",
    response_format = { type = "json_object" }, safety_identifier = "s", seed = 42, service_tier = "flex",
    stop = { "END" }, store = true, stream_options = { include_usage = true }, temperature = 0.25,
    tool_choice = "auto", tools = { chat_tool }, top_logprobs = 3, top_p = 0.5, verbosity = "low",
    web_search_options = { search_context_size = "low" }, thinking = { type = "enabled", budget_tokens = 1024 },
    allowed_openai_params = { "x" }, guardrails = { "g" }, cache = { ["no-cache"] = true }, fallbacks = { "b" },
    mock_response = "x", litellm_session_id = "s", litellm_trace_id = "t", drop_params = true,
  },
  text_completion = {
    best_of = 2, echo = true, frequency_penalty = 0.5, logit_bias = { ["1"] = 1 }, logprobs = 2, max_tokens = 5,
    n = 2, presence_penalty = 0.5, seed = 1, stop = "END", stream_options = { include_usage = true }, suffix = "s",
    temperature = 0, top_p = 1,
  },
  embedding = { dimensions = 8, encoding_format = "base64" },
  image_generation = {
    background = "opaque", moderation = "low", n = 2, output_compression = 80, output_format = "png",
    partial_images = 1, quality = "hd", response_format = "b64_json", size = "1024x1024", style = "vivid",
  },
  image_edit = {
    background = "opaque", input_fidelity = "high", n = 2, output_compression = 80, output_format = "png",
    partial_images = 1, quality = "low", response_format = "b64_json", size = "256x256",
  },
  image_variation = { n = 2, response_format = "url", size = "256x256" },
  speech = { instructions = "softly", response_format = "wav", speed = 1.5, stream_format = "audio" },
  transcription = {
    chunking_strategy = "auto", include = { "logprobs" }, keywords = { "Lua" }, known_speaker_names = { "Ann" },
    known_speaker_references = { "data:x" }, language = "en", languages = { "en", "de" }, prompt = "p",
    response_format = "verbose_json", temperature = 0.5, timestamp_granularities = { "word", "segment" },
  },
  translation = { prompt = "p", response_format = "json", temperature = 0.5 },
  rerank = {
    top_n = 1, rank_fields = { "text" }, return_documents = true, max_chunks_per_doc = 3, max_tokens_per_doc = 100,
    instruction = "i",
  },
  moderation = {},
  responses = {
    instructions = "i", max_output_tokens = 5, metadata = { k = "v" }, parallel_tool_calls = true,
    previous_response_id = "r", reasoning = { effort = "low" }, store = false, temperature = 1,
    text = { format = { type = "text" } }, tool_choice = "auto", tools = { { type = "web_search" } }, top_p = 1,
    truncation = "auto", include = { "reasoning.encrypted_content" }, background = false, service_tier = "auto",
  },
}
