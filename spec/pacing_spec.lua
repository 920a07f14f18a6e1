-- Pacing: calls wait for the gateway's limits in place of being refused, in order,
-- and no longer than they may.
local pacing = require("litellm.pacing")
local reply = require("support.reply")
local setup = require("support.setup")
local litellm = setup.litellm

local ok = { json = reply.chat(), repeats = true }

local function limited(seconds, headers)
  local step = reply.error(429, "slow down")
  step.headers = headers or { ["retry-after-ms"] = tostring(seconds * 1000) }
  return step
end

local function answered(headers, fields)
  local step = { json = reply.chat(), headers = headers }
  for name, value in pairs(fields or {}) do
    step[name] = value
  end
  return step
end

--- A script and a client that paces; each script's base is a gateway of its own.
local function paced(steps, settings)
  local all = { pacing = true }
  for name, value in pairs(settings or {}) do
    all[name] = value
  end
  return setup.script(steps, all)
end

local function seconds_of(f, ...)
  local started = litellm.now()
  local result, message, detail = f(...)
  return litellm.now() - started, result, message, detail
end

local function ask(client, fields)
  return client:completion(setup.chat(fields))
end

describe("without pacing", function()
  it("nobody waits for another's limit", function()
    local script, client = setup.script({ limited(5), ok })
    assert.is_nil(ask(client))
    local took = seconds_of(function() return assert(ask(client)) end)
    assert.is_true(took < 0.5)
    assert.equal(2, script:count())
  end)
end)

describe("calls wait", function()
  it("for as long as a 429 said, in a task or not", function()
    for _, run in ipairs({ function(f) return f() end, litellm.run }) do
      local script, client = paced({ limited(0.2), ok })
      assert.is_nil(ask(client))
      local took = seconds_of(run, function() return assert(ask(client)) end)
      assert.is_true(took > 0.17 and took < 1, took)
      assert.equal(2, script:count())
    end
  end)

  it("until what is used up is there again", function()
    for _, unit in ipairs({ "requests", "tokens" }) do
      local _, client = paced({ answered({
        ["x-ratelimit-remaining-" .. unit] = "0", ["x-ratelimit-reset-" .. unit] = "200ms",
      }), ok })
      assert(ask(client))
      local took = seconds_of(function() return assert(ask(client)) end)
      assert.is_true(took > 0.17 and took < 1, took)
    end
  end)

  it("and say so in the log", function()
    local events = {}
    local _, client = paced({ limited(0.1), ok }, { log = function(e) events[#events + 1] = e end })
    ask(client)
    ask(client)
    local seen
    for _, event in ipairs(events) do
      seen = seen or (event.event == "pacing" and event.delay)
    end
    assert.is_true(seen > 0 and seen <= 0.1)
  end)

  it("when they are made again too, after their own wait", function()
    local script, client = paced({ limited(0.1), ok }, { num_retries = 1 })
    local took, result = seconds_of(ask, client)
    assert.equal(2, litellm.meta(result).attempts)
    assert.is_true(took > 0.09 and took < 0.5, took)
    assert.equal(2, script:count())
  end)

  it("not when much is left, and never without end", function()
    local _, client = paced({ answered({
      ["x-ratelimit-remaining-requests"] = "7", ["x-ratelimit-reset-requests"] = "10s",
      ["x-ratelimit-limit-tokens"] = "0",
    }), limited(0, { ["retry-after"] = "0" }), limited(0, {}), ok })
    local took = seconds_of(function()
      for _ = 1, 6 do
        ask(client)
      end
      assert(ask(client))
    end)
    assert.is_true(took < 0.5, took)
  end)
end)

describe("after a wait", function()
  it("one goes first, and its answer says how many follow, in order", function()
    local steps = { limited(0.1), answered({ ["x-ratelimit-api_key-remaining-requests"] = "2" }, { delay = 0.2 }) }
    for i = 3, 4 do
      steps[i] = answered({ ["x-ratelimit-api_key-remaining-requests"] = tostring(4 - i) }, { delay = 0.2 })
    end
    steps[5] = ok
    local script, client = paced(steps)
    litellm.run(function()
      ask(client)
      local done, order = {}, {}
      for i = 1, 6 do
        done[i] = litellm.spawn(function()
          assert(ask(client, { user = tostring(i) }))
          order[#order + 1] = i
        end)
      end
      litellm.sleep(0.2)
      assert.equal(2, script:count()) -- the one that was refused, and the scout
      litellm.sleep(0.2)
      assert.equal(4, script:count())
      assert(litellm.all(done))
      assert.equal(7, script:count())
    end)
    local users = {}
    for i, request in ipairs(script:requests()) do
      users[i] = request.json.user or "0"
    end
    -- Those that go together go over connections of their own: any may arrive first.
    local together = table.concat(users, "", 3, 4)
    assert.equal("01", users[1] .. users[2])
    assert.is_true(together == "23" or together == "32", together)
  end)

  it("more go with each answer where nothing is said of what remains", function()
    local script, client = paced({ limited(0.05), answered(nil, { delay = 0.1, repeats = true }) })
    litellm.run(function()
      ask(client)
      local out = litellm.map({ 1, 2, 3, 4, 5, 6, 7, 8, 9 }, function() return assert(ask(client)) end,
        { concurrency = 16 })
      assert.equal(9, #out)
    end)
    assert.equal(10, script:count())
  end)

  it("the next one goes first when the first was cancelled", function()
    local script, client = paced({ limited(0.05), { raw = { "stall" } }, ok })
    litellm.run(function()
      ask(client)
      local scout = litellm.spawn(ask, client)
      litellm.sleep(0.1)
      assert.equal(2, script:count())
      scout:cancel()
      local took = seconds_of(function() return assert(ask(client, { timeout = 20 })) end)
      assert.is_true(took > 1 and took < 4, took)
    end)
  end)

  it("the next one goes first when the first failed", function()
    local script, client = paced({ limited(0.05), { raw = { "reset" } }, ok })
    litellm.run(function()
      ask(client)
      local tasks = { litellm.spawn(ask, client), litellm.spawn(ask, client) }
      for _, task in ipairs(tasks) do
        task:await()
      end
      assert.is_true(script:count() >= 3)
    end)
  end)
end)

describe("nobody waits", function()
  it("longer than it may: it gives up at once and says why", function()
    local script, client = paced({ limited(30), ok })
    ask(client)
    for _, fields in ipairs({ { timeout = 2 }, { timeout = 29 } }) do
      local took, result, message, detail = seconds_of(ask, client, fields)
      setup.failed(result, message, detail)
      assert.is_true(took < 0.5)
      assert.equal("RateLimitError", detail.type)
      assert.equal("timeout", detail.kind)
      assert.is_true(detail.retry_after > 29 and detail.retry_after <= 30)
      assert.matches("the rate limit of http://127.0.0.1:%d+ leaves no room before the time limit", message)
      assert.equal(0, detail.attempts)
    end
    local _, message = litellm.deadline(1, ask, client, { timeout = 100 })
    assert.matches("rate limit", message)
    assert.equal(1, script:count())
  end)

  it("ten minutes and more, whatever it may", function()
    local _, client = paced({ limited(0, { ["retry-after"] = "86400" }), ok })
    ask(client)
    local detail = setup.failed(client:completion(setup.stream({ timeout = { total = 0 } })))
    assert.equal("RateLimitError", detail.type)
  end)

  it("on when the wait turns out to be too long", function()
    local script, client = paced({ limited(0.1), limited(30), ok })
    litellm.run(function()
      ask(client)
      local took = seconds_of(function()
        local tasks = {}
        for i = 1, 3 do
          tasks[i] = litellm.spawn(ask, client, { timeout = 3 })
        end
        for _, task in ipairs(tasks) do
          local detail = setup.failed(task:await())
          assert.equal("RateLimitError", detail.type)
        end
      end)
      assert.is_true(took > 0.08 and took < 1, took)
    end)
    assert.equal(2, script:count())
  end)

  it("past its limit for an answer that does not come", function()
    local script, client = paced({ limited(0.05), { raw = { "stall" } }, ok })
    litellm.run(function()
      ask(client)
      local scout = litellm.spawn(ask, client)
      litellm.sleep(0.1)
      local took, _, _, detail = seconds_of(ask, client, { timeout = 0.2 })
      assert.equal("RateLimitError", detail.type)
      assert.is_true(took > 0.17 and took < 0.5, took)
      scout:cancel()
    end)
    assert.equal(2, script:count())
  end)

  it("for one that was cancelled while it waited", function()
    local script, client = paced({ limited(0.2), ok })
    litellm.run(function()
      ask(client)
      local first = litellm.spawn(ask, client, { user = "first" })
      local second = litellm.spawn(ask, client, { user = "second" })
      litellm.sleep(0.05)
      first:cancel()
      assert(second:await())
      assert.equal("cancelled", select(3, first:await()).kind)
    end)
    assert.equal(2, script:count())
    assert.equal("second", script:last().json.user)
  end)

  it("for another model, key or gateway; but for all who share them", function()
    local script, client = paced({ limited(30), ok })
    ask(client)
    for _, fields in ipairs({ { model = "other" }, { api_key = "sk-other" } }) do
      fields.timeout = 1
      assert(ask(client, fields))
    end
    local _, elsewhere = paced({ ok })
    assert(ask(elsewhere, { timeout = 1 }))
    assert(ask(client, { pacing = false }))
    local same = litellm.new({ api_base = script.base, api_key = "sk-spec", pacing = true, timeout = 1 })
    assert.equal("RateLimitError", setup.failed(ask(same)).type)
  end)

  it("for a credential that another has", function()
    local function token()
      return "token-1", os.time() + 3600
    end
    local function another()
      return "token-2", os.time() + 3600
    end
    local _, client = paced({ limited(30), ok }, { proxy_auth = token })
    ask(client)
    assert.equal("RateLimitError", setup.failed(ask(client, { timeout = 1 })).type)
    assert(ask(client, { proxy_auth = another, timeout = 1 }))
  end)
end)

describe("so many a minute", function()
  it("are sent of requests, whatever the model", function()
    local script, client = paced({ ok }, { pacing = { requests = 3 }, timeout = 2 })
    for i = 1, 3 do
      assert(ask(client, { model = "m" .. i }))
    end
    local detail = setup.failed(ask(client))
    assert.equal("RateLimitError", detail.type)
    assert.is_true(detail.retry_after > 58 and detail.retry_after <= 60)
    assert.equal(3, script:count())
    assert(ask(client, { api_key = "sk-other" }))
  end)

  it("are used of tokens, as far as answers tell", function()
    local script, client = paced({ ok }, { pacing = { tokens = 5 }, timeout = 2 }) -- 3 a call
    assert(ask(client))
    assert(ask(client))
    assert.equal("RateLimitError", setup.failed(ask(client)).type)
    assert.equal(2, script:count())
    local step = reply.stream("a")
    table.insert(step.sse, #step.sse, reply.usage(20, 30))
    local _, streaming = paced({ step, ok }, { pacing = { tokens = 50 }, timeout = 2 })
    assert(assert(streaming:completion(setup.stream())):result())
    assert.equal("RateLimitError", setup.failed(ask(streaming)).type)
  end)

  it("and no more than a minute counts", function()
    -- the gate by itself, with a clock of the test's own
    local native = require("litellm.native")
    local real, now = native.now, native.now()
    rawset(native, "now", function() return now end)
    finally(function() rawset(native, "now", real) end)
    local request = { name = "completion", model = "m",
      route = { base = "http://minute", host = "http://minute", key = "k", pacing = { requests = 2 } } }
    local function enter()
      return pacing.enter(request, now + 1, function() end)
    end
    assert.is_nil(enter())
    now = now + 30
    assert.is_nil(enter())
    assert.equal(30, math.floor(enter().retry_after + 0.5))
    now = now + 30.1
    assert.is_nil(enter())
    assert.truthy(enter())
    now = now + 200
    assert.is_nil(enter())
    assert.is_nil(enter())
    assert.truthy(enter())
  end)
end)

describe("the setting pacing", function()
  it("is a boolean, or numbers a minute", function()
    for value, message in pairs({
      ["x"] = "boolean or table expected, got string",
      [{ requests = 0 }] = "requests: a number a minute of more than 0",
      [{ tokens = "5" }] = "tokens: number a minute expected, got string", [{ speed = 1 }] = "unknown field 'speed'",
    }) do
      local good, text = pcall(litellm.new, { pacing = value })
      assert.is_false(good)
      assert.truthy(text:find(message, 1, true), text)
    end
    litellm.new({ pacing = false })
    litellm.new({ pacing = { requests = 0.5, tokens = 10 } })
  end)
end)
