-- Retries: what is tried again, when, how often, and what never.
local child = require("support.child")
local reply = require("support.reply")
local retry = require("litellm.retry")
local setup = require("support.setup")
local litellm = setup.litellm
local gw = setup.gw

local ok = { json = reply.chat() }

local function broken(status, headers, fields)
  local step = reply.error(status, "broke", fields)
  step.headers = headers
  return step
end

--- Makes a chat call with two retries; returns the result, the requests that
--- came and the three values of the call.
local function call(steps, settings, fields)
  local all = { num_retries = 2 }
  for name, value in pairs(settings or {}) do
    all[name] = value
  end
  local script, client = setup.script(steps, all)
  local result, message, detail = client:completion(setup.chat(fields))
  return script:requests(), result, message, detail
end

describe("what is tried again", function()
  it("is 408, 409, 429 and every 5xx", function()
    for _, status in ipairs({ 408, 409, 429, 500, 501, 502, 503, 504, 529, 599 }) do
      local requests, result = call({ broken(status), ok })
      assert.equal(2, #requests, status)
      assert.truthy(result)
      assert.equal(2, litellm.meta(result).attempts)
    end
  end)

  it("is no other status", function()
    for _, status in ipairs({ 400, 401, 402, 403, 404, 405, 413, 422, 425, 451 }) do
      local requests, result, message, detail = call({ broken(status), ok })
      assert.equal(1, #requests, status)
      setup.failed(result, message, detail)
      assert.equal(1, detail.attempts)
    end
  end)

  it("is a connection that closed or was reset before an answer", function()
    for _, fault in ipairs({ "close", "reset" }) do
      local requests, result = call({ { raw = { fault } }, ok })
      assert.equal(2, #requests)
      assert.truthy(result)
    end
  end)

  it("is a connection that was refused", function()
    local client = litellm.new({
      api_base = "http://127.0.0.1:" .. gw:closed_port(), num_retries = 2, retry = { base = 0.001 }, timeout = 5,
    })
    local detail = setup.failed(client:completion(setup.chat()))
    assert.equal("connect", detail.kind)
    assert.equal(3, detail.attempts)
  end)

  it("is a host that was not found, and other calls go on behind it", function()
    local client = litellm.new({
      api_base = "http://nowhere.invalid", num_retries = 2, retry = { base = 0.001 }, timeout = 5,
    })
    local detail = setup.failed(client:completion(setup.chat()))
    assert.equal("dns", detail.kind)
    assert.equal(3, detail.attempts)
    local _, result = call({ ok })
    assert.truthy(result)
  end)

  it("is a timeout of one phase, within the total", function()
    local requests, result = call({ { raw = { "stall" } }, ok }, { timeout = { first_byte = 0.05, total = 5 } })
    assert.equal(2, #requests)
    assert.truthy(result)
  end)

  it("is an answer that was cut off", function()
    local requests, result = call({ { body = "{", content_length = 9, ending = "close" }, ok })
    assert.equal(2, #requests)
    assert.truthy(result)
  end)

  it("is the same request, byte for byte, with one Idempotency-Key", function()
    local requests = call({ broken(500), broken(500), ok })
    assert.equal(3, #requests)
    for i = 2, 3 do
      assert.equal(requests[1].body, requests[i].body)
      assert.equal(requests[1].target, requests[i].target)
      assert.same(requests[1].headers, requests[i].headers)
    end
    assert.matches("^[%w%-]+$", requests[1].headers["idempotency-key"])
    local others = call({ ok })
    assert.not_equal(requests[1].headers["idempotency-key"], others[1].headers["idempotency-key"])
  end)

  it("sends the caller's own Idempotency-Key", function()
    local requests = call({ broken(500), ok }, nil, { extra_headers = { ["Idempotency-Key"] = "mine" } })
    for i = 1, 2 do
      assert.equal("mine", requests[i].headers["idempotency-key"])
    end
  end)

  it("is a multipart body, files and all", function()
    local path = os.tmpname()
    local file = io.open(path, "wb")
    file:write(("data"):rep(1000))
    file:close()
    local script, client = setup.script({ broken(500), { json = { text = "hi" } } }, { num_retries = 1 })
    assert(client:transcription({ model = "m", file = path }))
    os.remove(path)
    local requests = script:requests()
    assert.equal(2, #requests)
    for i = 1, 2 do
      assert.equal(("data"):rep(1000), requests[i].parts.by_name.file[1])
    end
  end)

  it("is a stream whose status was an error", function()
    local script, client = setup.script({ broken(503), reply.stream("a") }, { num_retries = 1 })
    local response = assert(assert(client:completion(setup.stream())):result())
    assert.equal("a", response.choices[1].message.content)
    assert.equal(2, script:count())
  end)

  it("is never a stream that had begun", function()
    local script, client = setup.script({ { sse = { reply.text("a"), "reset" }, repeats = true } }, { num_retries = 2 })
    local stream = assert(client:completion(setup.stream()))
    setup.failed(stream:result())
    assert.equal(1, script:count())
  end)

  it("is never an error event inside a stream", function()
    local script, client = setup.script({ { sse = { 'data: {"error":{"message":"x","code":"500"}}\n\n' } } },
      { num_retries = 2 })
    setup.failed(assert(client:completion(setup.stream())):result())
    assert.equal(1, script:count())
  end)
end)

describe("how often", function()
  it("is num_retries more, then the last error with all attempts counted", function()
    for n = 0, 3 do
      local step = broken(500)
      step.repeats = true
      local requests, result, message, detail = call({ step }, { num_retries = n })
      assert.equal(n + 1, #requests)
      setup.failed(result, message, detail)
      assert.equal(n + 1, detail.attempts)
    end
  end)

  it("is two by default", function()
    local step = broken(500, { ["retry-after-ms"] = "1" })
    step.repeats = true
    local script = gw:script({ step })
    setup.failed(litellm.completion(setup.chat({ api_base = script.base, timeout = 5 })))
    assert.equal(3, script:count())
  end)

  it("is not multiplied: one policy, one owner", function()
    local step = broken(500)
    step.repeats = true
    for _, name in ipairs(setup.names) do
      local script, client = setup.script({ step }, { num_retries = 1 })
      local detail = setup.failed(client[name](client, setup.args(name)))
      assert.equal(2, script:count(), name)
      assert.equal(2, detail.attempts)
    end
  end)

  it("follows statuses where they were given", function()
    local requests = call({ broken(418), ok }, { retry = { base = 0.001, statuses = { 418 } } })
    assert.equal(2, #requests)
    requests = call({ broken(500), ok }, { retry = { base = 0.001, statuses = { 418 } } })
    assert.equal(1, #requests)
  end)
end)

describe("what is never tried again", function()
  it("is a budget that is spent, and a quota that is out", function()
    for _, fields in ipairs({ { type = "budget_exceeded" }, { code = "insufficient_quota" },
      { type = "insufficient_quota" } }) do
      local requests, result, message, detail = call({ broken(429, nil, fields), ok })
      assert.equal(1, #requests)
      setup.failed(result, message, detail)
      assert.is_false(detail.retryable)
    end
  end)

  it("is TLS that is not trusted", function()
    local script = gw:script({ ok, ok, ok }, { tls = "unknown" })
    local client = setup.client(script, { num_retries = 2, tls = { ca_file = gw:tls().ca_file } })
    local detail = setup.failed(client:completion(setup.chat()))
    assert.equal("tls", detail.kind)
    assert.equal(1, detail.attempts)
  end)

  it("is a request whose outcome is unknown, where an answer costs: images and audio", function()
    for _, name in ipairs({ "image_generation", "image_edit", "image_variation", "speech", "transcription",
      "translation" }) do
      for _, fault in ipairs({ { raw = { "reset" } }, { raw = { "close" } }, { raw = { "stall" } } }) do
        local script, client = setup.script({ fault, setup.answer(name) },
          { num_retries = 2, timeout = { first_byte = 0.05, total = 5 } }, { own = true })
        local detail = setup.failed(client[name](client, setup.args(name)))
        assert.equal(1, script:count(), name)
        assert.equal(1, detail.attempts)
      end
    end
  end)

  it("is such a request on a connection that was used before, either", function()
    for _, fault in ipairs({ "reset", "close" }) do
      local script, client = setup.script({ setup.answer("image_generation"), { raw = { fault } },
        setup.answer("image_generation") }, { num_retries = 2 }, { own = true })
      assert(client:image_generation(setup.args("image_generation")))
      setup.failed(client:image_generation(setup.args("image_generation")))
      assert.equal(2, script:count())
    end
  end)

  it("is such a request to any path: batches, pictures, sound", function()
    for path, sent in pairs({ ["/v1/batches"] = 1, ["/images/generations"] = 1, ["/v1/audio/speech"] = 1,
      ["/utils/token_counter"] = 2 }) do
      local script, client = setup.script({ { raw = { "reset" } }, { json = {} } }, { num_retries = 2 }, { own = true })
      client:request({ path = path, json = { x = 1 } })
      assert.equal(sent, script:count(), path)
    end
  end)

  it("unless asked for", function()
    local script, client = setup.script({ { raw = { "reset" } }, setup.answer("image_generation") },
      { num_retries = 2, retry = { base = 0.001, unknown_outcome = true } }, { own = true })
    assert(client:image_generation(setup.args("image_generation")))
    assert.equal(2, script:count())
  end)

  it("but what certainly never reached the server may be", function()
    local client = litellm.new({
      api_base = "http://127.0.0.1:" .. gw:closed_port(), num_retries = 2, retry = { base = 0.001 }, timeout = 5,
    })
    local detail = setup.failed(client:image_generation(setup.args("image_generation")))
    assert.equal(3, detail.attempts)
  end)

  it("and a status that was answered may be", function()
    local script, client = setup.script({ broken(503), setup.answer("image_generation") }, { num_retries = 1 })
    assert(client:image_generation(setup.args("image_generation")))
    assert.equal(2, script:count())
  end)
end)

describe("x-should-retry", function()
  it("true retries what is not, false stops what is", function()
    assert.equal(2, #call({ broken(400, { ["x-should-retry"] = "true" }), ok }))
    assert.equal(1, #call({ broken(500, { ["x-should-retry"] = "false" }), ok }))
  end)

  it("loses to a wait that is too long", function()
    assert.equal(1, #call({ broken(429, { ["x-should-retry"] = "true", ["retry-after"] = "121" }), ok }))
  end)
end)

describe("the wait", function()
  local function waited(headers)
    local requests = call({ broken(429, headers), ok })
    assert.equal(2, #requests)
    return requests[2].time - requests[1].time
  end

  it("is what retry-after-ms says, and that wins over retry-after", function()
    local seconds = waited({ ["retry-after-ms"] = "60", ["retry-after"] = "9" })
    assert.is_true(seconds >= 0.055 and seconds < 1, seconds)
  end)

  it("is what retry-after says, fractions too", function()
    local seconds = waited({ ["retry-after"] = "0.06" })
    assert.is_true(seconds >= 0.055 and seconds < 1, seconds)
  end)

  it("is our own where the header makes no sense", function()
    for _, text in ipairs({ "0", "-10", "", "nan", "inf", "soon", "0x1p1", ("9"):rep(23), ("9"):rep(400),
      "Mon, 99 Foo 2020 00:00:00 GMT", "Xyz, 01 Jan 2020 00:00:00 GMT", "Fri, 01 Jan 100000 00:00:00 GMT",
      "Wed, 01 Jan 2020 00:00:00 GMT" }) do
      local requests, result = call({ broken(500, { ["retry-after"] = text }), ok })
      assert.truthy(result, text)
      assert.is_true(requests[2].time - requests[1].time < 0.5, text)
    end
  end)

  it("that makes no sense leaves the error what it is", function()
    for _, text in ipairs({ "soon", "Mon, 99 Foo 2020 00:00:00 GMT", ("9"):rep(400) }) do
      local _, result, message, detail = call({ broken(503, { ["retry-after"] = text }) }, { num_retries = 0 })
      setup.failed(result, message, detail)
      assert.equal("ServiceUnavailableError", detail.type)
      assert.is_nil(detail.retry_after)
    end
  end)

  it("until a date of more than two minutes ahead is not begun", function()
    local date = os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + 600)
    local requests, result, message, detail = call({ broken(429, { ["retry-after"] = date }), ok }, { timeout = 6000 })
    assert.equal(1, #requests)
    setup.failed(result, message, detail)
    assert.matches("asks to wait [56]%d%d s", message)
  end)

  it("longer than two minutes is not waited for: the error comes at once and says so", function()
    for _, headers in ipairs({ { ["retry-after"] = "121" }, { ["retry-after-ms"] = "120001" } }) do
      local before = setup.now()
      local requests, result, message, detail = call({ broken(429, headers), ok }, { timeout = 600 })
      assert.equal(1, #requests)
      setup.failed(result, message, detail)
      assert.matches("121", message)
      assert.is_true(detail.retry_after > 120)
      assert.is_true(setup.now() - before < 1)
    end
  end)

  it("past the deadline is not begun: the error comes at once and says so", function()
    local before = setup.now()
    local requests, result, message, detail = call({ broken(429, { ["retry-after"] = "30" }), ok }, { timeout = 2 })
    assert.equal(1, #requests)
    setup.failed(result, message, detail)
    assert.equal("RateLimitError", detail.type)
    assert.equal(30, detail.retry_after)
    assert.matches("past the time limit", message)
    assert.is_true(setup.now() - before < 1)
  end)

  it("grows from half a second, doubles, is capped at eight, and shortened by up to a quarter", function()
    local function none() return 0 end
    local function all() return 1 end
    for n, nominal in ipairs({ 0.5, 1, 2, 4, 8, 8, 8 }) do
      assert.equal(nominal, retry.backoff(n, nil, none))
      assert.equal(nominal * 0.75, retry.backoff(n, nil, all))
    end
    assert.equal(8, retry.backoff(100000, nil, none))
    assert.equal(0.2, retry.backoff(2, { base = 0.1 }, none))
    assert.equal(0.15, retry.backoff(2, { base = 0.1, cap = 0.15 }, none))
    assert.equal(0.1, retry.backoff(1, { base = 0.2, jitter = 0.5 }, all))
  end)

  it("of two minutes is waited for", function()
    local request = { route = { retries = 1 }, endpoint = {} }
    for name, text in pairs({ ["retry-after"] = "120", ["retry-after-ms"] = "120000" }) do
      local function header(asked)
        return asked == name and text or nil
      end
      assert.equal(120, retry.delay(request, { status = 429, detail = {} }, 1, 600, header))
      assert.is_nil((retry.delay(request, { status = 429, detail = {} }, 1, 100, header)))
    end
  end)

  it("reads dates of HTTP", function()
    assert.equal(784111777, retry.parse_date("Sun, 06 Nov 1994 08:49:37 GMT"))
    assert.equal(0, retry.parse_date("Thu, 01 Jan 1970 00:00:00 GMT"))
    assert.equal(951782400, retry.parse_date("Tue, 29 Feb 2000 00:00:00 GMT"))
    for _, text in ipairs({ "", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT",
      "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT" }) do
      assert.is_nil(retry.parse_date(text), text)
    end
  end)

  it("takes a date for the seconds that are left until then", function()
    local function delay(offset)
      local date = os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + offset)
      return retry.server_delay(function(name)
        return name == "retry-after" and date or nil
      end)
    end
    assert.is_true(math.abs(delay(30) - 30) <= 1)
    assert.is_nil(delay(-30))
  end)

  it("holds no connection: another call may have it", function()
    local script, client = setup.script({ broken(500, { ["retry-after-ms"] = "150" }), ok, ok }, { num_retries = 1 },
      { own = true })
    local task = client:acompletion(setup.chat())
    script:wait_for(function()
      litellm.wait(5)
      return script:count() == 1
    end)
    litellm.wait(20)
    assert.is_false(task:done())
    assert(client:completion(setup.chat()))
    assert.is_false(task:done())
    assert(task:await(3))
    assert.equal(1, #script:connections())
  end)

  it("holds none after a timeout, a stream's neither", function()
    for _, args in ipairs({ setup.chat(), setup.stream() }) do
      local script, client = setup.script({ { raw = { "stall" } }, { raw = { "stall" } } },
        { num_retries = 1, timeout = { first_byte = 0.05, total = 30 }, retry = { base = 20 } }, { own = true })
      local task = client["acompletion"](client, args)
      script:wait_for(function()
        litellm.wait(5)
        return script:count() == 1
      end)
      assert.truthy(script:wait_for(function()
        litellm.wait(5)
        return script:all_closed(0.01)
      end))
      assert.is_false(task:done())
      task:cancel()
      task:await(1)
    end
  end)

  it("lets go of a refusal that does not end", function()
    local endless = { "HTTP/1.1 500 No\r\nConnection: close\r\n\r\n", ("x"):rep(2 * 1024 * 1024), "stall" }
    local script, client = setup.script({ { raw = endless } }, nil, { own = true })
    collectgarbage("stop")
    local detail = setup.failed(client:completion(setup.stream()))
    local closed = script:all_closed()
    collectgarbage("restart")
    assert.equal(500, detail.status)
    assert.truthy(closed)
  end)

  it("lets other tasks go on", function()
    local slow = setup.client(gw:script({ broken(500, { ["retry-after-ms"] = "200" }), ok }), { num_retries = 1 })
    local quick = setup.client(gw:script({ ok }))
    local order = {}
    litellm.run(function()
      litellm.spawn(function()
        assert(slow:completion(setup.chat()))
        order[#order + 1] = "slow"
      end)
      litellm.spawn(function()
        assert(quick:completion(setup.chat()))
        order[#order + 1] = "quick"
      end)
    end)
    assert.same({ "quick", "slow" }, order)
  end)

  it("ends at once when its task is cancelled", function()
    local script, client = setup.script({ broken(500, { ["retry-after"] = "60" }), ok },
      { num_retries = 1, timeout = 100 })
    local task = client:acompletion(setup.chat())
    script:wait_for(function()
      litellm.wait(5)
      return script:count() == 1
    end)
    litellm.wait(20)
    task:cancel()
    local _, _, detail = task:await(1)
    assert.equal("cancelled", detail.kind)
    assert.equal(1, script:count())
  end)
end)

describe("the key function", function()
  it("is called again where the gateway refused the key", function()
    local calls = 0
    local function key()
      calls = calls + 1
      return "sk-" .. calls
    end
    local script, client = setup.script({ broken(401), ok }, { api_key = key })
    client:completion(setup.chat())
    assert(client:completion(setup.chat()))
    assert.equal("Bearer sk-2", script:last().headers.authorization)
  end)
end)

describe("num_retries", function()
  it("goes to nobody but us", function()
    local requests = call({ ok }, { num_retries = 1 })
    assert.is_nil(requests[1].json.num_retries)
    assert.is_nil(requests[1].headers["x-litellm-num-retries"])
  end)

  it("is honoured when it comes from the module", function()
    local output, status = child.run(([[
      local litellm = require("litellm")
      litellm.api_base, litellm.num_retries, litellm.retry = "%s", 1, { base = 0.001 }
      local _, _, detail = litellm.completion{ model = "m", messages = { { role = "user", content = "x" } } }
      print(detail.attempts)
    ]]):format(gw:script({ { status = 500, body = "{}", repeats = true } }).base))
    assert.equal("2", output)
    assert.equal(0, status)
  end)
end)
