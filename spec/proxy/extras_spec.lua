-- A real LiteLLM proxy with what is off by default: extras.yaml.
local litellm = require("litellm")
local proxy = require("proxy.support")

local client = proxy.default

local function chunks_of(stream)
  local count = 0
  local chunk, message, detail = stream:read()
  while chunk do
    count = count + 1
    chunk, message, detail = stream:read()
  end
  return count, message, detail
end

describe("comments that keep a stream alive", function()
  it("are no chunks, before the first and between them", function()
    for model, from in pairs({ late = 1, slow = 0.5 }) do
      local begun = litellm.now()
      local stream = assert(proxy.stream("Say: one two three", { model = model }))
      local res = assert(stream:result())
      proxy.says("^one two three$", res.choices[1].message.content)
      assert.equal("complete", stream:state())
      assert.is_true(litellm.now() - begun > from)
    end
  end)

  it("let the head come early, without the call's id", function()
    local begun = litellm.now()
    local stream = assert(proxy.stream("Say: one two three", { model = "late" }))
    assert.is_true(litellm.now() - begun < 0.8)
    assert.is_nil(litellm.meta(stream).call_id)
    assert.is_true(chunks_of(stream) > 3)
  end)

  it("do not make a late failure a success", function()
    local stream = assert(proxy.stream("hello", { model = "late-429" }))
    local count, message, detail = chunks_of(stream)
    proxy.failed({ type = "RateLimitError", kind = "api", status = 429, code = "429" }, nil, message, detail)
    assert.equal(0, count)
    assert.equal("error", stream:state())
  end)

  it("are no sign of life unless they shall be", function()
    local begun = litellm.now()
    local stream = assert(proxy.stream("Write a story.", { model = "stalls", timeout = { idle = 0.6 } }))
    local _, message, detail = chunks_of(stream)
    proxy.failed({ kind = "timeout", phase = "idle" }, nil, message, detail)
    assert.is_true(litellm.now() - begun < 2)

    stream = assert(proxy.stream("Write a story.", {
      model = "stalls", timeout = { idle = 1.5, total = 2.7, count_pings = true },
    }))
    _, message, detail = chunks_of(stream)
    proxy.failed({ kind = "timeout", phase = "total" }, nil, message, detail)
  end)

  it("come on other streams too", function()
    local stream = assert(client:responses({ model = "late", input = "Say: one two", stream = true }))
    assert.equal("completed", assert(stream:result()).status)
    stream = assert(client:text_completion({ model = "late", prompt = "Say: one two", stream = true }))
    assert.is_string(assert(stream:result()).choices[1].text)
  end)
end)

describe("tags choose the deployment", function()
  local function id(res, message)
    return litellm.meta(assert(res, message)).model_id
  end

  it("of a chat, wherever they stand", function()
    local function chat(fields)
      fields.model = "tagged"
      return id(proxy.chat("ping", fields))
    end
    assert.equal("free", chat({}))
    assert.equal("paid", chat({ tags = { "paid" } }))
    assert.equal("paid", chat({ extra_body = { tags = { "paid" } } }))
    assert.equal("paid", chat({ metadata = { tags = { "paid" } } }))
    assert.equal("paid", chat({ extra_headers = { ["x-litellm-tags"] = "paid" } }))
    assert.equal("paid", chat({ tags = { "paid" }, stream = true }))
  end)

  it("of vectors", function()
    local function embed(tags)
      return id(client:embedding({ model = "tagged-embedding", input = "x", tags = tags }))
    end
    assert.equal("free-embedding", embed())
    assert.equal("paid-embedding", embed({ "paid" }))
  end)

  it("of pictures", function() -- not of those that are edited: the proxy logs the tags of those
    local function draw(tags)
      return id(client:image_generation({ model = "tagged-image", prompt = "x", tags = tags }))
    end
    assert.equal("free-image", draw())
    assert.equal("paid-image", draw({ "paid" }))
  end)

  it("of transcriptions", function()
    local function listen(tags)
      local file = litellm.file({ data = "RIFF", filename = "a.wav" })
      return id(client:transcription({ model = "tagged-whisper", file = file, tags = tags }))
    end
    assert.equal("free-whisper", listen())
    assert.equal("paid-whisper", listen({ "paid" }))
  end)

  it("or none, which is no matter of the key", function()
    local detail = proxy.failed({ status = 401, says = "tags configuration" },
      proxy.chat("ping", { model = "tagged-only", tags = { "other" } }))
    assert.is_nil(detail.message:find("is the key right?", 1, true))
  end)
end)

describe("a fallback", function()
  it("is named", function()
    local meta = litellm.meta(assert(proxy.chat("ping", { model = "with-fallback" })))
    assert.equal("gpt-4o", meta.model_group)
    assert.equal(1, meta.gateway_fallbacks)
    assert.equal(1, meta.attempts)
  end)

  it("may be chosen by the call", function()
    local meta = litellm.meta(assert(proxy.chat("ping", { model = "cooling", fallbacks = { "gpt-4o" } })))
    assert.equal("deployment-gpt-4o", meta.model_id)
  end)
end)

describe("the cache", function()
  it("answers the second time, streamed or not", function()
    local prompt = proxy.fresh("Say: one two three")
    local cached = { cache = { ["use-cache"] = true } }
    local first = assert(proxy.chat(prompt, cached))
    litellm.sleep(0.1)
    local second = assert(proxy.chat(prompt, cached))
    assert.is_nil(litellm.meta(first).headers["x-litellm-cache-key"])
    assert.is_string(litellm.meta(second).headers["x-litellm-cache-key"])
    assert.equal(first.choices[1].message.content, second.choices[1].message.content)
    assert.is_true(second.usage.total_tokens > 0)

    local text = assert(assert(proxy.stream(prompt, cached)):result()).choices[1].message.content
    litellm.sleep(0.1)
    local stream = assert(proxy.stream(prompt, cached))
    assert.equal(text, assert(stream:result()).choices[1].message.content)
    assert.equal("complete", stream:state())
  end)
end)

describe("a deployment that cools down", function()
  it("is a 429 that says how long", function()
    proxy.chat("ping", { model = "cooling" }) -- may be cooling already
    local detail = proxy.failed({ status = 429, type = "RateLimitError", retryable = true },
      proxy.chat("ping", { model = "cooling" }))
    assert.matches("No deployments available", detail.message, 1, true)
    assert.is_true(detail.retry_after > 0 and detail.retry_after <= 5)
  end)

  it("is not waited for past the limit", function()
    local begun = litellm.now()
    proxy.failed({ status = 429, attempts = 1 }, client:with({ num_retries = 3, timeout = 2 }):completion(
      proxy.ask("ping", { model = "cooling" })))
    assert.is_true(litellm.now() - begun < 1)
  end)
end)

describe("a key", function()
  local function with(key, settings)
    return client:with(settings or {}):with({ api_key = key })
  end

  it("with a limit is told of it, and how long to wait", function()
    local limited = with("sk-two-a-minute-" .. math.floor(litellm.now() * 1e6))
    local meta = litellm.meta(assert(limited:completion(proxy.ask("ping"))))
    assert.equal(2, meta.ratelimit.api_key.limit_requests)
    assert.equal(1, meta.ratelimit.api_key.remaining_requests)
    assert(limited:completion(proxy.ask("ping")))
    local begun = litellm.now()
    local detail = proxy.failed({ status = 429, type = "RateLimitError", attempts = 1, retryable = true },
      limited:with({ num_retries = 2, timeout = 5 }):completion(proxy.ask("ping")))
    assert.is_true(litellm.now() - begun < 1)
    assert.equal(60, detail.retry_after)
    assert.equal("requests", detail.headers.rate_limit_type)
  end)

  it("whose money is spent is not tried again", function()
    proxy.failed({ status = 429, type = "BudgetExceededError", attempts = 1, retryable = false },
      with("sk-spent", { num_retries = 2 }):completion(proxy.ask("ping")))
  end)

  it("that is unknown or has ended is refused once", function()
    for key, kind in pairs({ ["sk-unknown"] = "token_not_found_in_db", ["sk-expired"] = "expired_key" }) do
      proxy.failed({ status = 401, type = "AuthenticationError", api_type = kind, attempts = 1,
        says = "is the key right?" }, with(key, { num_retries = 2 }):completion(proxy.ask("ping")))
    end
  end)

  it("may be for some models only", function()
    local some = with("sk-chat-only")
    assert(some:completion(proxy.ask("ping")))
    proxy.failed({ status = 403, type = "PermissionDeniedError", api_type = "key_model_access_denied" },
      some:completion(proxy.ask("ping", { model = "tagged" })))
  end)
end)
