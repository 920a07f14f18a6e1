-- Cost, usage, budgets and rate limits: the gateway's own figures, or nothing.
local head = require("litellm.head")
local reply = require("support.reply")
local setup = require("support.setup")
local litellm = setup.litellm

local COST = "x-litellm-response-cost"

before_each(litellm.reset_usage)
after_each(litellm.reset_usage)

local function priced(cost, step)
  step = step or { json = reply.chat("x") }
  step.headers = step.headers or {}
  step.headers[COST] = cost
  return step
end

--- A stream whose last event has this usage.
local function stream_step(usage)
  local step = reply.stream("a", "b")
  local chunk = reply.delta({})
  chunk.usage = usage
  table.insert(step.sse, #step.sse, chunk)
  return step
end

describe("the cost of a call", function()
  local function meta_of(step, fields)
    local _, client = setup.script({ step })
    return litellm.meta(assert(client:completion(setup.chat(fields))))
  end

  it("is what the head says, exponents too", function()
    for text, cost in pairs({ ["6.250000000000001e-05"] = 6.250000000000001e-05, ["0.5"] = 0.5, ["0"] = 0 }) do
      local m = meta_of(priced(text))
      assert.equal(cost, m.cost)
      assert.equal("header", m.cost_source)
    end
  end)

  it("is nil where the gateway says nothing, and never made up", function()
    for _, text in ipairs({ "None", "", "free" }) do
      local m = meta_of(priced(text))
      assert.is_nil(m.cost)
      assert.is_nil(m.cost_source)
    end
    local m = meta_of({ json = reply.chat("x"), headers = {
      [COST .. "-original"] = "0.3", ["x-litellm-key-spend"] = "2", ["llm_provider-" .. COST] = "7",
    } })
    assert.is_nil(m.cost)
    assert.equal(2, m.key_spend)
  end)

  it("is what usage says where the head says nothing", function()
    local chat = reply.chat("x")
    chat.usage.cost = 0.125
    local m = meta_of({ json = chat })
    assert.same({ 0.125, "usage" }, { m.cost, m.cost_source })
    chat.usage.cost = "a lot"
    assert.is_nil(meta_of({ json = chat }).cost)
  end)

  it("of a stream is known from its end on, however it is asked for", function()
    local usage = { prompt_tokens = 1, completion_tokens = 2, total_tokens = 3, cost = 0.25 }
    local _, client = setup.script({ stream_step(usage) })
    local stream = assert(client:completion(setup.stream()))
    assert.is_nil(litellm.meta(stream).cost)
    local result = assert(stream:result())
    assert.equal(0.25, litellm.meta(result).cost)
    assert.equal(0.25, litellm.meta(stream).cost)
    assert.equal("usage", litellm.meta(stream).cost_source)
  end)

  it("of a stream without one is nil", function()
    local step = reply.stream("a")
    step.headers = { [COST .. "-original"] = "0.0" }
    local _, client = setup.script({ step })
    assert.is_nil(litellm.meta(assert(assert(client:completion(setup.stream())):result())).cost)
  end)

  it("of audio is in its head", function()
    local _, client = setup.script({ priced("0.015", setup.answer("speech")) })
    assert.equal(0.015, litellm.meta(assert(client:speech(setup.args("speech")))).cost)
  end)
end)

describe("usage counts", function()
  it("streams at their end, with the cost that their usage says", function()
    local usage = { prompt_tokens = 10, completion_tokens = 5, total_tokens = 15, cost = 0.5 }
    local _, client = setup.script({ stream_step(usage), stream_step(nil) })
    local stream = assert(client:completion(setup.stream()))
    assert.equal(0, litellm.usage().calls)
    assert(stream:result())
    local total = litellm.usage()
    assert.same({ 1, 15, 0.5, 0 }, { total.calls, total.total_tokens, total.cost, total.unpriced })
    for _ in assert(client:completion(setup.stream())):text() do end -- luacheck: ignore 542
    total = litellm.usage().models["gpt-4o"]
    assert.same({ 2, 15, 0.5, 1 }, { total.calls, total.total_tokens, total.cost, total.unpriced })
  end)

  it("the cost that usage says where the head's is no number", function()
    local chat = reply.chat("x")
    chat.usage.cost = 0.125
    local _, client = setup.script({ priced("None", { json = chat }), priced("0.5", { json = chat }) })
    assert(client:completion(setup.chat()))
    assert(client:completion(setup.chat()))
    local total = litellm.usage()
    assert.same({ 2, 0.625, 0 }, { total.calls, total.cost, total.unpriced })
  end)

  it("no cost that is not finite", function()
    local _, client = setup.script({ priced("1e999"), priced("nan"), priced("-inf"), priced(".5") })
    for _ = 1, 4 do assert(client:completion(setup.chat())) end
    local total = litellm.usage()
    assert.same({ 4, 0.5, 3 }, { total.calls, total.cost, total.unpriced })
  end)

  it("audio when all of it is there, and text", function()
    local _, client = setup.script({ priced("0.25", setup.answer("speech")),
      priced("0.125", { body = "hello", headers = { ["Content-Type"] = "text/plain" } }) })
    local audio = assert(client:speech(setup.args("speech")))
    assert.equal(0, litellm.usage().calls)
    assert(audio:bytes())
    assert.equal("hello", client:transcription(setup.args("transcription", { response_format = "text" })))
    local total = litellm.usage()
    assert.same({ 2, 0.375, 0, 2 }, { total.calls, total.cost, total.unpriced, total.models.m.calls })
  end)

  it("the names that other endpoints have for tokens", function()
    local _, client = setup.script({
      { json = { id = "r", output = {}, usage = { input_tokens = 3, output_tokens = 4 } } },
      { json = reply.embedding({ 1 }) },
    })
    assert(client:responses(setup.args("responses")))
    assert(client:embedding(setup.args("embedding")))
    local total = litellm.usage()
    assert.same({ 4, 4, 8 }, { total.prompt_tokens, total.completion_tokens, total.total_tokens })
  end)

  it("a call by the model asked for, else the one that answered, else its name", function()
    local _, client = setup.script({ { json = { created = 1, data = {}, model = "painter" } },
      { json = { created = 1, data = {} } }, { json = reply.chat() } })
    for _ = 1, 2 do
      assert(client:image_generation({ prompt = "a cat" }))
    end
    assert(client:completion(setup.chat({ model = "litellm_proxy/mine" })))
    local models = litellm.usage().models
    assert.same({ 1, 1, 1 }, { models.painter.calls, models.image_generation.calls, models.mine.calls })
  end)

  it("neither failures, nor broken streams, nor lists of models", function()
    local _, client = setup.script({ priced("0", reply.error(400, "x")), { sse = { reply.text("a"), "close" } },
      { json = { data = {} } }, { json = { error = { message = "x" } } } })
    assert.is_nil(client:completion(setup.chat()))
    assert.is_nil(assert(client:completion(setup.stream())):result())
    assert(client:models())
    assert.is_nil(client:completion(setup.chat()))
    assert.equal(0, litellm.usage().calls)
  end)

  it("one call for all its attempts", function()
    local _, client = setup.script({ reply.error(500, "x"), priced("0.5") }, { num_retries = 1 })
    assert(client:completion(setup.chat()))
    assert.equal(1, litellm.usage().calls)
    assert.equal(0.5, litellm.usage().cost)
  end)

  it("in tables that are the asker's own", function()
    local _, client = setup.script({ priced("0.5") })
    assert(client:completion(setup.chat()))
    local mine = litellm.usage()
    mine.calls, mine.models["gpt-4o"].calls = 50, 50
    assert.equal(1, litellm.usage().calls)
    assert.equal(1, litellm.usage().models["gpt-4o"].calls)
  end)
end)

describe("max_budget", function()
  it("of the module, a client or a call is held against what the program spent", function()
    finally(function() litellm.max_budget = nil end)
    local script, client = setup.script({ priced("0.5", { json = reply.chat(), repeats = true }) })
    assert(client:completion(setup.chat()))
    for _, refused in ipairs({
      function() return client:completion(setup.chat({ max_budget = 0.5 })) end,
      function() return client:with({ max_budget = 0.25 }):completion(setup.chat()) end,
      function() return client:completion(setup.stream({ max_budget = 0 })) end,
      function() return client:speech(setup.args("speech", { max_budget = 0.1 })) end,
      function()
        litellm.max_budget = 0.4
        return client:completion(setup.chat())
      end,
    }) do
      local detail = setup.failed(refused())
      assert.equal("BudgetExceededError", detail.type)
      assert.equal("config", detail.kind)
      assert.is_false(detail.retryable)
      assert.matches("is spent %(%$0%.5%); nothing was sent", detail.message)
    end
    assert.equal(1, script:count())
    assert(client:completion(setup.chat({ max_budget = 0.6 }))) -- the call's own wins
    assert.equal(2, script:count())
  end)

  it("does not know what calls under way will cost", function()
    local script, client = setup.script({ priced("1", { json = reply.chat(), repeats = true, delay = 0.05 }) },
      { max_budget = 1 })
    local _, failures = litellm.map({ 1, 2, 3 }, function() return client:completion(setup.chat()) end,
      { concurrency = 2 })
    assert.equal(2, script:count())
    assert.equal("BudgetExceededError", failures[3].type)
  end)
end)

describe("rate limits in meta", function()
  local function limits(headers)
    return head.ratelimit(headers)
  end

  it("are numbers, and times are seconds", function()
    assert.same({ limit_requests = 1000, remaining_requests = 999, remaining_tokens = 149000, reset_requests = 360,
      reset_tokens = 0.02 },
      limits({ ["x-ratelimit-limit-requests"] = "1000", ["x-ratelimit-remaining-requests"] = "999",
        ["x-ratelimit-remaining-tokens"] = "149000", ["x-ratelimit-reset-requests"] = "6m0s",
        ["x-ratelimit-reset-tokens"] = "20ms" }))
    for text, seconds in pairs({ ["1s"] = 1, ["1h2m3.5s"] = 3723.5, ["12"] = 12, ["0.5"] = 0.5, ["1d"] = 86400 }) do
      assert.equal(seconds, limits({ ["x-ratelimit-reset-requests"] = text }).reset_requests)
    end
    local at = limits({ ["x-ratelimit-reset-requests"] = tostring(os.time() + 30) }).reset_requests
    assert.is_true(at >= 28 and at <= 30)
  end)

  it("of the gateway itself are under what they are set on", function()
    assert.same({ api_key = { limit_requests = 2, remaining_requests = 1 }, model_per_key = { remaining_tokens = 5 } },
      limits({ ["x-ratelimit-api_key-limit-requests"] = "2", ["x-ratelimit-api_key-remaining-requests"] = "1",
        ["x-ratelimit-model_per_key-remaining-tokens"] = "5" }))
  end)

  it("are nil where there are none, or none that can be read", function()
    assert.is_nil(limits({ ["x-litellm-key-rpm-limit"] = "2", ["llm_provider-x-ratelimit-limit-requests"] = "5" }))
    assert.is_nil(limits({ ["x-ratelimit-limit-requests"] = "None", ["x-ratelimit-reset-requests"] = "soon",
      ["x-ratelimit-reset-tokens"] = "5 parsecs", ["x-ratelimit-limit-requests-day"] = "7" }))
  end)

  it("come with an answer", function()
    local _, client = setup.script({ { json = reply.chat(), headers = {
      ["X-RateLimit-Remaining-Requests"] = "3", ["x-ratelimit-api_key-remaining-requests"] = "1",
    } } })
    assert.same({ remaining_requests = 3, api_key = { remaining_requests = 1 } },
      litellm.meta(assert(client:completion(setup.chat()))).ratelimit)
  end)
end)
