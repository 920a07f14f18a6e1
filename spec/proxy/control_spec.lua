-- What steers a call at a real LiteLLM proxy: its address, key, headers and tags; and
-- what is known of an answer beside its body.
local litellm = require("litellm")
local proxy = require("proxy.support")

local client = proxy.default

local function headers_of(res)
  return litellm.meta(res).headers
end

describe("the base", function()
  for _, ending in ipairs({ "", "/", "/v1", "/v1/", "//" }) do
    it("may end in '" .. ending .. "'", function()
      local there = proxy.client({ api_base = proxy.base .. ending })
      assert(there:completion(proxy.ask("ping")))
      assert(there:rerank({ model = "rerank-english-v3.0", query = "x", documents = { "x" } }))
      assert(there:models())
      assert.equal("gpt-4o", assert(there:request({ path = "/models/gpt-4o" })).id)
      local stream = assert(there:completion(proxy.ask("ping", { stream = true })))
      assert(stream:result())
    end)
  end
end)

describe("the model", function()
  it("may have the SDK's prefix, which is taken off once", function()
    assert.equal("gpt-4o", assert(proxy.chat("ping", { model = "litellm_proxy/gpt-4o" })).model)
    assert(client:embedding({ model = "litellm_proxy/text-embedding-3-small", input = "x" }))
    assert(client:speech({ model = "litellm_proxy/tts-1", input = "x", voice = "alloy" }))
    local nested = assert(proxy.chat("ping", { model = "litellm_proxy/litellm_proxy/prefixed" }))
    assert.equal("litellm_proxy/prefixed", nested.model)
  end)

  it("may have slashes", function()
    local res = assert(proxy.chat("ping", { model = "vertex_ai/gemini-2.0-flash-001" }))
    assert.equal("vertex_ai/gemini-2.0-flash-001", res.model)
  end)

  it("may be the id of a deployment", function()
    local res = assert(proxy.chat("ping", { model = "deployment-gpt-4o" }))
    assert.equal("deployment-gpt-4o", litellm.meta(res).model_id)
  end)
end)

describe("the key", function()
  it("may come from a function", function()
    local asked = 0
    local res = assert(proxy.client({ api_key = function()
      asked = asked + 1
      return proxy.key
    end }):completion(proxy.ask("ping")))
    assert.is_table(res)
    assert.equal(1, asked)
  end)

  it("that is missing or wrong is an error that says so", function()
    local remedy = "is the key right?"
    proxy.failed({ status = 401, type = "AuthenticationError", api_type = "auth_error", says = remedy },
      proxy.client({ headers = { Authorization = false } }):completion(proxy.ask("ping")))
    -- without a database the proxy words it in its own way, and with another status
    local _, message, detail = proxy.client({ api_key = "sk-wrong", num_retries = 2 }):completion(proxy.ask("ping"))
    proxy.failed({ attempts = 1, says = remedy }, nil, message, detail)
    assert.is_true(detail.status == 400 or detail.status == 401)
    proxy.failed({ attempts = 1 }, proxy.client({ api_key = "sk-wrong" }):completion(
      proxy.ask("ping", { stream = true })))
  end)

  it("may travel in another header", function()
    local there = proxy.client({ headers = { Authorization = false, ["x-litellm-api-key"] = "Bearer " .. proxy.key } })
    assert(there:completion(proxy.ask("ping")))
  end)
end)

describe("extra", function()
  it("body fields reach the provider", function()
    local res = assert(proxy.chat("Write a story about a fox.", { extra_body = { max_tokens = 3 } }))
    if proxy.on_mock() then
      assert.equal("length", res.choices[1].finish_reason)
    end
    assert(proxy.chat("ping", { extra_body = { a_field_of_tomorrow = { 1, 2 } }, another = "x" }))
  end)

  it("body fields that are forbidden are refused", function()
    proxy.failed({ status = 401, says = "api_base is not allowed in request body" },
      proxy.chat("ping", { extra_body = { api_base = "http://127.0.0.1:1" } }))
  end)

  it("headers steer the proxy", function()
    local res = assert(proxy.chat("ping", { extra_headers = { ["x-litellm-call-id"] = "call-17" } }))
    assert.equal("call-17", litellm.meta(res).call_id)
    local stream = assert(proxy.stream("ping", { extra_headers = { ["x-litellm-call-id"] = "call-18" } }))
    assert.equal("call-18", litellm.meta(stream).call_id)
    assert(stream:result())
    local detail = proxy.failed({ status = 429 }, proxy.chat("ping", {
      model = "mock-429", extra_headers = { ["x-litellm-call-id"] = "call-19" },
    }))
    assert.equal("call-19", detail.call_id)
  end)

  it("queries are sent", function()
    assert(proxy.chat("ping", { extra_query = { version = "2", list = { "a", "b" } } }))
  end)
end)

describe("tags, metadata and user", function()
  local common = { tags = { "team:search", "priority:high" }, metadata = { session = "17" }, user = "ada" }

  local function with_common(args)
    for name, value in pairs(common) do
      args[name] = value
    end
    return args
  end

  local calls = {
    completion = { model = "gpt-4o", messages = { { role = "user", content = "ping" } } },
    text_completion = { model = "gpt-3.5-turbo-instruct", prompt = "x" },
    embedding = { model = "text-embedding-3-small", input = "x" },
    image_generation = { model = "gpt-image-1", prompt = "x" },
    speech = { model = "tts-1", input = "x", voice = "alloy" },
    rerank = { model = "rerank-english-v3.0", query = "x", documents = { "x" } },
    moderation = { model = "omni-moderation-latest", input = "x" },
    responses = { model = "gpt-4o", input = "x" },
  }
  for name, args in pairs(calls) do
    it("are taken by " .. name, function()
      assert(client[name](client, with_common(args)))
    end)
  end

  it("are taken by image_edit and transcription", function()
    local drawn = assert(client:image_generation({ model = "gpt-image-1", prompt = "x" }))
    local picture = litellm.file({ data = proxy.picture(drawn.data[1]), filename = "a.png" })
    assert(client:image_edit(with_common({ model = "gpt-image-1", prompt = "at night", image = picture })))
    local said = assert(assert(client:speech({ model = "tts-1", input = "x", voice = "alloy" })):bytes())
    local file = litellm.file({ data = said, filename = "a.wav" })
    assert(client:transcription(with_common({ model = "whisper-1", file = file })))
  end)
end)

describe("meta", function()
  it("knows what the proxy says of an answer", function()
    local meta = litellm.meta(assert(proxy.chat("ping")))
    assert.equal(200, meta.status)
    assert.equal(1, meta.attempts)
    assert.equal("completion", meta.endpoint)
    assert.matches("^%x+%-%x+%-%x+%-%x+%-%x+$", meta.call_id)
    assert.equal("deployment-gpt-4o", meta.model_id)
    assert.equal("gpt-4o", meta.model_group)
    assert.equal("1.100.5", meta.gateway_version)
    assert.matches("^http://127.0.0.1:%d+/v1$", meta.model_api_base)
    assert.equal("header", meta.cost_source)
    assert.is_true(meta.cost > 0 and meta.cost < 0.01)
    assert.is_true(meta.key_spend >= meta.cost)
    assert.equal(0, meta.gateway_retries)
    assert.equal(0, meta.gateway_fallbacks)
    assert.is_true(meta.duration_ms > 0 and meta.overhead_ms > 0 and meta.elapsed > 0)
    assert.is_true(meta.ratelimit.remaining_requests > 0)
    assert.is_true(meta.ratelimit.limit_requests >= meta.ratelimit.remaining_requests)
    -- the provider's own headers come along and are not mistaken for the proxy's
    assert.equal("uvicorn", meta.headers.server)
    assert.is_string(meta.headers["llm_provider-server"])
  end)

  it("knows the cost of what is no chat", function()
    local drawn = litellm.meta(assert(client:image_generation({ model = "gpt-image-1", prompt = "x" })))
    assert.is_true(drawn.cost > 0)
    assert.is_nil(drawn.model_group)
    local spoken = litellm.meta(assert(client:speech({ model = "tts-1", input = "x", voice = "alloy" })))
    assert.is_true(spoken.cost > 0)
    assert.equal("audio/mpeg", spoken.headers["content-type"])
    local moderated = litellm.meta(assert(client:moderation({ model = "omni-moderation-latest", input = "x" })))
    assert.is_nil(moderated.call_id)
    assert.is_nil(moderated.cost)
    local streamed = litellm.meta(assert(proxy.stream("ping")))
    assert.is_nil(streamed.cost)
    assert.is_string(streamed.call_id)
    assert.equal("no", headers_of(assert(proxy.stream("ping")))["x-accel-buffering"])
  end)

  it("adds up", function()
    local before = litellm.usage()
    local spent = 0
    for _ = 1, 3 do
      spent = spent + litellm.meta(assert(proxy.chat("ping"))).cost
    end
    local after = litellm.usage()
    assert.equal(3, after.calls - before.calls)
    assert.is_true(math.abs(after.cost - before.cost - spent) < 1e-12)
    assert.is_true(after.total_tokens - before.total_tokens >= 9)
  end)
end)

describe("a budget", function()
  it("ends what is spent by the proxy's own figures", function()
    local spent = litellm.usage().cost
    local thrifty = client:with({ max_budget = spent + 1e-9 })
    assert(thrifty:completion(proxy.ask("ping")))
    proxy.failed({ type = "BudgetExceededError" }, thrifty:completion(proxy.ask("ping")))
  end)
end)

describe("retries", function()
  it("are ours", function()
    local res = assert(client:with({ num_retries = 2, retry = { base = 0.01 } }):completion(
      proxy.ask(proxy.fresh(), { model = "mock-500x2" })))
    assert.equal(3, litellm.meta(res).attempts)
    assert.equal(0, litellm.meta(res).gateway_retries)
  end)

  it("are the proxy's when it is told to", function()
    local res = assert(proxy.chat(proxy.fresh(), { model = "mock-500x2", proxy_num_retries = 2 }))
    assert.equal(1, litellm.meta(res).attempts)
    assert.equal(2, litellm.meta(res).gateway_retries)
  end)

  it("end", function()
    local detail = proxy.failed({ status = 500, attempts = 3, retryable = true },
      client:with({ num_retries = 2, retry = { base = 0.01 } }):completion(proxy.ask("ping", { model = "mock-500" })))
    assert.is_string(detail.call_id)
  end)
end)

describe("connections", function()
  it("are shared by many calls at once", function()
    litellm.run(function()
      local numbers = {}
      for i = 1, 60 do
        numbers[i] = i
      end
      local answers, failures = litellm.map(numbers, function(i)
        local res, message, detail = proxy.chat(("What is %d * 2?"):format(i))
        if not res then
          return nil, message, detail
        end
        return res.choices[1].message.content
      end, { concurrency = 30 })
      assert.is_nil(next(failures))
      for i, answer in ipairs(answers) do
        proxy.says(("= %d$"):format(i * 2), answer)
      end
    end)
  end)

  -- Its connections close after five idle seconds, and so do we not send on one then.
  it("that the proxy has closed in the meantime cost no attempt", function()
    assert(proxy.chat("ping"))
    litellm.sleep(5.3)
    assert.equal(1, litellm.meta(assert(proxy.chat("ping"))).attempts)
    local path = proxy.file("RIFF")
    assert.equal(1, litellm.meta(assert(client:transcription({ model = "whisper-1", file = path }))).attempts)
    os.remove(path)
  end)

  it("carry a long header and a large body", function()
    assert(proxy.chat("ping", { extra_headers = { ["x-long"] = ("x"):rep(60000) } }))
    assert(proxy.chat(("All work and no play. "):rep(300000)))
  end)

  it("of HTTP/1.1 are all that there is", function()
    local res = assert(client:completion(proxy.ask("ping", { extra_headers = { ["Accept-Encoding"] = "gzip, br" } })))
    assert.is_nil(headers_of(res)["content-encoding"])
  end)
end)
