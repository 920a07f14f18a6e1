-- Every endpoint of a real LiteLLM proxy, and what it makes of their options.
local litellm = require("litellm")
local proxy = require("proxy.support")

local client = proxy.default

describe("completion", function()
  it("answers", function()
    local res = assert(proxy.chat("What is 6 * 7?"))
    proxy.says("^6 %* 7 = 42$", res.choices[1].message.content)
    assert.equal("assistant", res.choices[1].message.role)
    assert.equal("stop", res.choices[1].finish_reason)
    assert.equal("gpt-4o", res.model)
    assert.equal("chat.completion", res.object)
    assert.is_true(res.usage.total_tokens == res.usage.prompt_tokens + res.usage.completion_tokens)
    assert.matches("^%d+$", tostring(res.usage.total_tokens))
  end)

  it("gives n choices, which count from 0", function()
    local res = assert(proxy.chat("Say hello.", { n = 2 }))
    assert.equal(2, #res.choices)
    assert.equal(0, res.choices[1].index)
    assert.equal(1, res.choices[2].index)
    assert.is_string(res.choices[2].message.content)
  end)

  local tools = { { type = "function", ["function"] = {
    name = "get_weather", description = "The weather in a city",
    parameters = {
      type = "object", properties = { city = { type = "string" } }, required = litellm.array({ "city" }),
    },
  } } }

  it("calls tools and takes their results", function()
    local messages = { { role = "user", content = "What is the weather in Paris? #tool" } }
    local res = assert(client:completion({ model = "gpt-4o", messages = messages, tools = tools }))
    local message = res.choices[1].message
    assert.equal("tool_calls", res.choices[1].finish_reason)
    assert.is_nil(message.content)
    local call = message.tool_calls[1]
    assert.equal("function", call.type)
    assert.is_string(assert(litellm.json.decode(call["function"].arguments)).city)

    messages[2] = message
    for i, each in ipairs(message.tool_calls) do
      messages[2 + i] = { role = "tool", tool_call_id = each.id, content = '{"degrees":21}' }
    end
    res = assert(client:completion({ model = "gpt-4o", messages = messages, tools = tools }))
    proxy.says("21", res.choices[1].message.content)
  end)

  it("sees pictures as data URLs", function()
    local drawn = assert(client:image_generation({ model = "gpt-image-1", prompt = "a red boat" }))
    local url = "data:image/png;base64," .. drawn.data[1].b64_json
    local res = assert(client:completion({ model = "gpt-4o", messages = { { role = "user", content = {
      { type = "text", text = "What is in this picture?" },
      { type = "image_url", image_url = { url = url } },
    } } } }))
    proxy.says("red", res.choices[1].message.content)
  end)

  it("gives JSON when it is asked for", function()
    local res = assert(proxy.chat("Give me a JSON object with the name Ada. #json", {
      response_format = { type = "json_object" },
    }))
    assert.is_table((litellm.json.decode(res.choices[1].message.content)))
    res = assert(proxy.chat("Ada is 36 years old. #json", { response_format = { type = "json_schema", json_schema = {
      name = "person", schema = {
        type = "object", properties = { name = { type = "string" }, age = { type = "integer" } },
        required = { "name", "age" }, additionalProperties = false,
      },
    } } }))
    local person = assert(litellm.json.decode(res.choices[1].message.content))
    if proxy.on_mock() then
      assert.is_string(person.name)
      assert.is_number(person.age)
    end
  end)

  it("carries every character there and back", function()
    local text = "Grüße \226\130\172 \240\159\152\128 \"quoted\" back\\slash\ttab \226\128\168 \127 end"
    local res = assert(proxy.chat("Say: " .. text))
    if proxy.on_mock() then
      assert.equal(text, res.choices[1].message.content)
    end
  end)

  it("stops at max_tokens, and says so", function()
    local res = assert(proxy.chat("Write a story about a fox.", { max_tokens = 3 }))
    if proxy.on_mock() then
      assert.equal("length", res.choices[1].finish_reason)
      assert.equal(3, res.usage.completion_tokens)
    end
  end)

  it("thinks, where a model does", function()
    local res = assert(proxy.chat("What is 6 * 7? #reason", { model = "mock-reason" }))
    assert.is_string(res.choices[1].message.reasoning_content)
  end)

  it("takes a long prompt", function()
    local res = assert(proxy.chat(("All work and no play. "):rep(100000)))
    assert.is_true(res.usage.prompt_tokens > 100000)
  end)
end)

describe("text_completion", function()
  local MODEL = "gpt-3.5-turbo-instruct"

  it("continues a text", function()
    local res = assert(client:text_completion({ model = MODEL, prompt = "Once upon a time" }))
    assert.equal("text_completion", res.object)
    assert.is_true(#res.choices[1].text > 0)
    assert.equal("stop", res.choices[1].finish_reason)
  end)

  it("continues several", function()
    local res = assert(client:text_completion({ model = MODEL, prompt = { "One", "Two" } }))
    assert.equal(2, #res.choices)
  end)

  it("takes a chat model", function()
    local res = assert(client:text_completion({ model = "gpt-4o", prompt = "Once upon a time" }))
    assert.is_true(#res.choices[1].text > 0)
  end)
end)

describe("embedding", function()
  local MODEL = "text-embedding-3-small"

  it("gives a vector a text", function()
    local res = assert(client:embedding({ model = MODEL, input = { "a cat", "a cat", "the rate" } }))
    assert.equal(3, #res.data)
    assert.equal(2, res.data[3].index)
    local first, second, third = res.data[1].embedding, res.data[2].embedding, res.data[3].embedding
    assert.is_true(#first > 1 and #first == #third)
    assert.is_true(math.abs(first:cosine(second) - 1) < 1e-6)
    assert.is_true(first:cosine(third) < 0.99)
    assert.is_true(res.usage.prompt_tokens > 0)
  end)

  it("gives the same as base64 as as numbers", function()
    local numbers = assert(client:embedding({ model = MODEL, input = "a cat" })).data[1].embedding
    local base64 = assert(client:embedding({ model = MODEL, input = "a cat", encoding_format = "base64" }))
    assert.is_true(base64.data[1].embedding == numbers)
  end)

  it("gives as many dimensions as it is asked for", function()
    local res = assert(client:embedding({ model = MODEL, input = "a cat", dimensions = 64 }))
    if proxy.on_mock() then
      assert.equal(64, #res.data[1].embedding)
    end
  end)

  it("takes tokens for a text", function()
    assert.equal(1, #assert(client:embedding({ model = MODEL, input = { 1, 2, 3 } })).data)
  end)

  it("takes a thousand texts at once", function()
    local texts = {}
    for i = 1, 1000 do
      texts[i] = "text " .. i
    end
    local res = assert(client:embedding({ model = MODEL, input = texts, encoding_format = "base64" }))
    assert.equal(1000, #res.data)
    assert.equal(999, res.data[1000].index)
  end)
end)

describe("image_generation", function()
  it("draws", function()
    local res = assert(client:image_generation({ model = "gpt-image-1", prompt = "a boat", size = "1024x1024" }))
    assert.equal(1, #res.data)
    assert.matches(proxy.PNG, proxy.picture(res.data[1]))
    assert.is_nil(res.data[1].url)
  end)

  it("draws several", function()
    local res = assert(client:image_generation({ model = "dall-e-2", prompt = "a boat", n = 2, size = "256x256" }))
    assert.equal(2, #res.data)
  end)

  it("gives a URL or base64, and save takes both", function()
    for _, format in ipairs({ "url", "b64_json" }) do
      local res = assert(client:image_generation({ model = "dall-e-2", prompt = "a boat", response_format = format }))
      assert.is_string(res.data[1][format])
      if proxy.on_mock() or format == "b64_json" then
        assert.matches(proxy.PNG, proxy.picture(res.data[1]))
      end
    end
  end)
end)

describe("image_edit", function()
  local path, bytes

  setup(function()
    local drawn = assert(client:image_generation({ model = "gpt-image-1", prompt = "a boat" }))
    bytes = proxy.picture(drawn.data[1])
    path = proxy.file(bytes)
  end)

  teardown(function()
    os.remove(path)
  end)

  local function edit(fields)
    local args = { model = "gpt-image-1", prompt = "at night" }
    for name, value in pairs(fields) do
      args[name] = value
    end
    return proxy.picture(assert(client:image_edit(args)).data[1])
  end

  it("takes a path, bytes and an open file for the same", function()
    local from_path = edit({ image = path })
    assert.matches(proxy.PNG, from_path)
    assert.is_true(from_path == edit({ image = litellm.file({ data = bytes, filename = "boat.png" }) }))
    local file = assert(io.open(path, "rb"))
    assert.is_true(from_path == edit({ image = file }))
    file:close()
  end)

  it("takes several pictures", function()
    local both = edit({ image = { path, litellm.file(path) } })
    assert.matches(proxy.PNG, both)
    if proxy.on_mock() then
      assert.is_false(both == edit({ image = { path } }))
    end
  end)

  it("takes a mask and more fields", function()
    local res = assert(client:image_edit({
      model = "gpt-image-1", prompt = "at night", image = path, mask = path, n = 2, size = "1024x1024", user = "ada",
    }))
    if proxy.on_mock() then
      assert.equal(2, #res.data)
    end
    assert.matches(proxy.PNG, proxy.picture(res.data[1]))
  end)
end)

describe("speech and transcription", function()
  local TEXT = "The quick brown fox jumps over the lazy dog."

  local function speak(text, fields)
    local args = { model = "tts-1", voice = "alloy", input = text }
    for name, value in pairs(fields or {}) do
      args[name] = value
    end
    return client:speech(args)
  end

  local function listen(bytes, fields)
    local args = { model = "whisper-1", file = litellm.file({ data = bytes, filename = "said.wav" }) }
    for name, value in pairs(fields or {}) do
      args[name] = value
    end
    return assert(client:transcription(args))
  end

  it("are each other's inverse", function()
    local bytes = assert(assert(speak(TEXT)):bytes())
    assert.matches(proxy.WAV, bytes)
    proxy.says("^The quick brown fox jumps over the lazy dog%.$", listen(bytes).text)
  end)

  it("write audio into a file, and read it from there", function()
    local path = os.tmpname()
    local audio = assert(speak(TEXT, { response_format = "wav" }))
    local size = assert(audio:stream_to_file(path))
    assert.equal(size, #proxy.read(path))
    local res = assert(client:transcription({ model = "whisper-1", file = path, response_format = "json" }))
    proxy.says("fox", res.text)
    os.remove(path)
  end)

  it("give audio as it arrives", function()
    local size = 0
    for piece in assert(speak(TEXT:rep(10))):chunks() do
      size = size + #piece
    end
    local whole = assert(assert(speak(TEXT:rep(10))):bytes())
    assert.equal(#whole, size)
  end)

  it("give the times of what was said", function()
    local bytes = assert(assert(speak(TEXT)):bytes())
    local res = listen(bytes, {
      response_format = "verbose_json", timestamp_granularities = { "word", "segment" }, language = "en",
    })
    assert.is_true(#res.segments > 0)
    assert.is_number(res.duration)
    if proxy.on_mock() then
      assert.equal(9, #res.words)
    end
  end)

  it("give every format as JSON", function()
    local bytes = assert(assert(speak(TEXT)):bytes())
    for _, format in ipairs({ "text", "srt", "vtt" }) do
      assert.is_string(listen(bytes, { response_format = format }).text)
    end
    assert.matches("^WEBVTT\n", listen(bytes, { response_format = "vtt" }).text)
  end)

  it("take a large recording from disk", function()
    local path = proxy.file(("\0"):rep(8 * 2 ^ 20))
    assert.is_string(assert(client:transcription({ model = "whisper-1", file = path })).text)
    os.remove(path)
  end)
end)

describe("rerank", function()
  local DOCUMENTS = { "Paris is in France.", "Machine learning is a field of study.", "Bees make wax." }

  for _, model in ipairs({ "rerank-english-v3.0", "rerank-jina", "rerank-vllm" }) do
    it("orders documents with " .. model, function()
      local res = assert(client:rerank({ model = model, query = "What is machine learning?", documents = DOCUMENTS }))
      assert.equal(3, #res.results)
      local previous = math.huge
      for _, result in ipairs(res.results) do
        assert.is_string(DOCUMENTS[result.index + 1])
        assert.is_true(result.relevance_score <= previous)
        previous = result.relevance_score
      end
      if proxy.on_mock() then
        assert.equal(1, res.results[1].index)
      end
    end)
  end

  it("gives the first few, with their texts", function()
    local res = assert(client:rerank({
      model = "rerank-english-v3.0", query = "What is machine learning?", documents = DOCUMENTS,
      top_n = 2, return_documents = true,
    }))
    assert.equal(2, #res.results)
    assert.equal(DOCUMENTS[res.results[1].index + 1], res.results[1].document.text)
  end)

  it("takes documents that are objects", function()
    local res = assert(client:rerank({
      model = "rerank-english-v3.0", query = "bees", documents = { { text = "Paris" }, { text = "bees" } },
    }))
    assert.equal(2, #res.results)
  end)

  it("takes none", function()
    local res = assert(client:rerank({ model = "rerank-english-v3.0", query = "bees", documents = {} }))
    assert.equal(0, #res.results)
  end)
end)

describe("moderation", function()
  it("says what is objectionable", function()
    local res = assert(client:moderation({
      model = "omni-moderation-latest", input = { "What a lovely day", "I will kill you" },
    }))
    assert.is_boolean(res.results[1].flagged)
    assert.is_boolean(res.results[1].categories["hate/threatening"])
    if proxy.on_mock() then
      assert.is_false(res.results[1].flagged)
      assert.is_true(res.results[2].flagged)
    end
  end)
end)

describe("responses", function()
  it("answers", function()
    local res = assert(client:responses({ model = "gpt-4o", input = "What is 6 * 7?", metadata = { k = "v" } }))
    assert.equal("response", res.object)
    assert.equal("completed", res.status)
    assert.matches("^resp_", res.id)
    proxy.says("42", res.output[1].content[1].text)
    assert.is_true(res.usage.total_tokens > 0)
  end)

  it("takes a conversation", function()
    local res = assert(client:responses({ model = "gpt-4o", instructions = "Be brief.", input = {
      { role = "user", content = "My name is Ada." }, { role = "user", content = "What is my name?" },
    } }))
    proxy.says("Ada", res.output[1].content[1].text)
  end)
end)

describe("models", function()
  it("lists what the proxy has", function()
    local ids = {}
    for _, model in ipairs(assert(client:models()).data) do
      ids[model.id] = model
    end
    assert.equal("model", ids["gpt-4o"].object)
    assert.is_table(ids["text-embedding-3-small"])
  end)
end)

describe("request", function()
  it("calls any path", function()
    assert.equal("I'm alive!", assert(client:request({ path = "/health/liveliness" })))
    assert.equal("healthy", assert(client:request({ path = "/health/readiness" })).status)
    assert.equal("gpt-4o", assert(client:request({ path = "/v1/models/gpt-4o" })).id)
    assert.is_true(#assert(client:request({ path = "/model/info" })).data > 5)
    local counted = assert(client:request({
      path = "/utils/token_counter", json = { model = "gpt-4o", prompt = "How many tokens are these?" },
    }))
    assert.is_true(counted.total_tokens > 3 and counted.total_tokens < 12)
    assert.equal("gpt-4o", counted.request_model)
  end)

  it("passes a query on", function()
    local res = assert(client:request({
      path = "/utils/supported_openai_params", extra_query = { model = "gpt-4o" },
    }))
    assert.is_true(#res.supported_openai_params > 10)
  end)

  it("gives what is no JSON as text", function()
    assert.matches("^<!", (assert(client:request({ path = "/" })):gsub("^%s+", "")))
  end)

  it("does what an endpoint does", function()
    local args = proxy.ask("What is 6 * 7?")
    local res = assert(client:request({ path = "/chat/completions", json = args }))
    proxy.says("42", res.choices[1].message.content)
    local stream = assert(client:request({
      path = "/v1/chat/completions", stream = true, json = proxy.ask("What is 6 * 7?", { stream = true }),
    }))
    local chunks = 0
    for _ in function() return (stream:read()) end do
      chunks = chunks + 1
    end
    assert.is_true(chunks > 2)
    assert.equal("complete", stream:state())
  end)

  it("takes the model from the path", function()
    local res = assert(client:request({
      path = "/openai/deployments/gpt-4o/chat/completions", json = { messages = proxy.ask("ping").messages },
    }))
    assert.is_string(res.choices[1].message.content)
  end)

  it("sends forms", function()
    local drawn = assert(client:image_generation({ model = "gpt-image-1", prompt = "a boat" }))
    local picture = litellm.file({ data = proxy.picture(drawn.data[1]), filename = "a.png" })
    local res = assert(client:request({
      path = "/images/edits", form = { model = "gpt-image-1", prompt = "at night" }, files = { image = picture },
    }))
    assert.matches(proxy.PNG, proxy.picture(res.data[1]))
  end)

  it("says what the proxy has not", function()
    local missing = { status = 404, type = "NotFoundError", says = "Not Found" }
    proxy.failed(missing, client:request({ path = "/v1/v1/models" }))
    proxy.failed({ status = 405, says = "Method Not Allowed" }, client:request({ path = "/chat/completions" }))
    proxy.failed({ status = 404, says = "does not exist" }, client:request({ path = "/models/no-such-model" }))
    local path = proxy.file("RIFF")
    proxy.failed({ status = 404 }, client:translation({ model = "whisper-1", file = path }))
    proxy.failed({ status = 404 }, client:image_variation({ model = "dall-e-2", image = path }))
    os.remove(path)
  end)
end)
