-- Answers, what is known of them beside their body, and the totals.
local reply = require("support.reply")
local setup = require("support.setup")
local litellm = setup.litellm

local function answer(step, settings)
  local _, client = setup.script({ step }, settings)
  return client:completion(setup.chat())
end

describe("an answer", function()
  it("is the table that the gateway sent, unknown fields and all", function()
    local body = '{"id":"x","choices":[{"message":{"content":"hi","new_field":{"a":[1,2]}}}],"another":true}'
    local result = assert(answer({ body = body }))
    assert.equal("hi", result.choices[1].message.content)
    assert.same({ 1, 2 }, result.choices[1].message.new_field.a)
    assert.is_true(result.another)
  end)

  it("has no null: what is null is absent", function()
    local result = assert(answer({ body = '{"a":null,"b":[1,null,3],"c":{"d":null}}' }))
    assert.is_nil(result.a)
    assert.is_nil(result.c.d)
    assert.equal(1, result.b[1])
  end)

  it("has integers where the gateway sent integers", function()
    local result = assert(answer({ body = '{"n":7,"big":9007199254740993,"f":0.5,"e":1e3,"neg":-2}' }))
    assert.equal("7", tostring(result.n))
    assert.equal("-2", tostring(result.neg))
    assert.equal(0.5, result.f)
    assert.equal(1000, result.e)
    if math.type then
      assert.equal("integer", math.type(result.n))
      assert.equal(9007199254740993, result.big)
    end
  end)

  it("has its text right: escapes, NUL, surrogates, raw line separators", function()
    local body = '{"t":"a\\u0000b\\ud83d\\ude00\\n\\/\\"\\\\\226\128\168\127é"}'
    assert.equal("a\0b😀\n/\"\\\226\128\168\127é", assert(answer({ body = body })).t)
  end)

  it("may come with any JSON content type, or none", function()
    for _, kind in ipairs({ "application/json; charset=utf-8", "application/problem+json", "APPLICATION/JSON" }) do
      local result, message = answer({ body = '{"id":1}', headers = { ["Content-Type"] = kind } })
      assert(result, kind .. ": " .. tostring(message))
    end
    assert(answer({ raw = { 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"id":1}' } }))
  end)

  it("may begin with a byte order mark or blanks", function()
    assert(answer({ body = ' \r\n\t{"id":1}\n' }))
  end)

  it("is read by its content where it lacks everything else", function()
    local result = assert(answer({ body = "{}" }))
    assert.same({}, result)
  end)

  it("gives rerank indexes as they came, from 0", function()
    local _, client = setup.script({ { body = '{"results":[{"index":1,"relevance_score":0.9},{"index":0}]}' } })
    local result = assert(client:rerank(setup.args("rerank")))
    assert.equal(1, result.results[1].index)
    assert.equal(0, result.results[2].index)
  end)
end)

describe("meta", function()
  it("has the proxy's own headers as values", function()
    local result = assert(answer({ json = reply.chat(), headers = {
      ["x-litellm-call-id"] = "call-1", ["x-litellm-model-id"] = "dep-1", ["x-litellm-response-cost"] = "6.25e-05",
      ["x-litellm-key-spend"] = "0.5", ["x-litellm-attempted-retries"] = "1", ["x-request-id"] = "req-1",
      ["x-ratelimit-remaining-requests"] = "999", ["X-RateLimit-Limit-Tokens"] = "1000",
      ["x-litellm-response-duration-ms"] = "12.5", ["x-litellm-overhead-duration-ms"] = "0.5",
      ["llm_provider-content-length"] = "1", ["llm_provider-transfer-encoding"] = "chunked",
    } }))
    local meta = litellm.meta(result)
    assert.equal(200, meta.status)
    assert.equal("call-1", meta.call_id)
    assert.equal("dep-1", meta.model_id)
    assert.equal(6.25e-05, meta.cost)
    assert.equal("header", meta.cost_source)
    assert.equal(0.5, meta.key_spend)
    assert.equal(1, meta.attempts)
    assert.equal("req-1", meta.request_id)
    assert.equal("req-1", meta.headers["x-request-id"])
    assert.equal(12.5, meta.duration_ms)
    assert.equal(0.5, meta.overhead_ms)
    assert.equal(1, meta.gateway_retries)
    assert.equal(999, meta.ratelimit.remaining_requests)
    assert.equal(1000, meta.ratelimit.limit_tokens)
    assert.is_true(meta.elapsed >= 0 and meta.elapsed < 5)
  end)

  it("has nothing where the proxy said None, or nothing", function()
    local meta = litellm.meta(assert(answer({ json = reply.chat(), headers = { ["x-litellm-call-id"] = "None",
      ["x-litellm-response-cost"] = "None" } })))
    assert.is_nil(meta.call_id)
    assert.is_nil(meta.cost)
    assert.is_nil(meta.ratelimit)
  end)

  it("shows in no traversal of the result", function()
    local result = assert(answer({ body = '{"id":1}' }))
    local keys = {}
    for key in pairs(result) do
      keys[#keys + 1] = key
    end
    assert.same({ "id" }, keys)
  end)

  it("is nil for what is no result", function()
    for _, value in ipairs({ {}, "x", 5, true, setmetatable({}, {}) }) do
      assert.is_nil(litellm.meta(value))
    end
    assert.is_nil(litellm.meta(nil))
  end)

  it("of a stream is known from its head on, and its result has it too", function()
    local step = reply.stream("a")
    step.headers = { ["x-litellm-call-id"] = "call-2" }
    local _, client = setup.script({ step })
    local stream = assert(client:completion(setup.stream()))
    assert.equal("call-2", litellm.meta(stream).call_id)
    assert.equal("call-2", litellm.meta(assert(stream:result())).call_id)
  end)
end)

describe("usage", function()
  local function priced(cost)
    return { json = reply.chat("x"), headers = cost and { ["x-litellm-response-cost"] = cost } or nil }
  end

  it("totals calls, tokens and cost, per model", function()
    litellm.reset_usage()
    local _, client = setup.script({ priced("0.5"), priced("0.25"), priced(), reply.stream("a") })
    for _ = 1, 2 do
      assert(client:completion(setup.chat()))
    end
    assert(client:completion(setup.chat({ model = "litellm_proxy/other" })))
    local total = litellm.usage()
    assert.equal(3, total.calls)
    assert.equal(9, total.total_tokens)
    assert.equal(3, total.prompt_tokens)
    assert.equal(0.75, total.cost)
    assert.equal(1, total.unpriced)
    assert.equal(2, total.models["gpt-4o"].calls)
    assert.equal(0.75, total.models["gpt-4o"].cost)
    assert.equal(1, total.models.other.calls)
    assert(assert(client:completion(setup.stream())):result())
    assert.equal(4, litellm.usage().calls)
    litellm.reset_usage()
    assert.equal(0, litellm.usage().calls)
  end)

  it("does not count what failed", function()
    litellm.reset_usage()
    local _, client = setup.script({ reply.error(400, "x") })
    client:completion(setup.chat())
    assert.equal(0, litellm.usage().calls)
  end)

  it("stops at max_budget, before anything is sent", function()
    litellm.reset_usage()
    local script, client = setup.script({ priced("0.5"), priced("0.5"), priced("0.5") }, { max_budget = 0.8 })
    assert(client:completion(setup.chat()))
    assert(client:completion(setup.chat()))
    local detail = setup.failed(client:completion(setup.chat()))
    assert.equal("BudgetExceededError", detail.type)
    assert.is_false(detail.retryable)
    assert.equal(2, script:count())
    assert(client:completion(setup.chat({ max_budget = 10 })))
    litellm.reset_usage()
  end)
end)

describe("secrets", function()
  it("show in no tostring", function()
    local _, client = setup.script({ { json = reply.chat(), repeats = true } })
    assert.is_nil(tostring(client):find("sk-spec", 1, true))
    local result = assert(client:completion(setup.chat()))
    assert.is_nil(tostring(litellm.meta(result).url):find("sk-spec", 1, true))
    for _, value in pairs(litellm.meta(result).headers) do
      assert.is_nil(value:find("sk-spec", 1, true))
    end
  end)

  it("show in no log, which tells the rest", function()
    local events = {}
    local _, client = setup.script({ { status = 500, body = "{}" }, { json = reply.chat() } },
      { num_retries = 1, log = function(event) events[#events + 1] = event end })
    assert(client:completion(setup.chat()))
    local names = {}
    local function walk(value)
      if type(value) == "table" then
        for k, v in pairs(value) do
          walk(k)
          walk(v)
        end
      else
        assert.is_nil(tostring(value):find("sk-spec", 1, true))
      end
    end
    for i, event in ipairs(events) do
      names[i] = event.event
      walk(event)
    end
    assert.equal("request", names[1])
    assert.equal("response", names[#names])
    assert.is_true(#names >= 4)
  end)
end)
