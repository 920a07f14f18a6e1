-- Time: connect, first byte, idle and total, each on its own; deadlines; and that
-- giving up closes the connection at once.
local reply = require("support.reply")
local setup = require("support.setup")
local litellm = setup.litellm
local gw = setup.gw

local ok = { json = reply.chat() }

--- Asserts that f fails with a timeout of this phase after about these seconds; they
--- count from `before`, by when nothing had come yet, or from now.
local function times_out(phase, seconds, f, before)
  before = before or setup.now()
  local detail = setup.failed(f())
  local took = setup.now() - before
  assert.equal("timeout", detail.kind, detail.message)
  assert.equal("Timeout", detail.type)
  assert.is_true(took >= seconds * 0.9, took)
  assert.is_true(took < seconds + 1, took)
  if phase then
    assert.matches("timeout%." .. phase, detail.message)
  end
  return detail
end

describe("connect", function()
  it("limits a connection that does not come about", function()
    local client = litellm.new({
      api_base = "http://127.0.0.1:" .. gw:full_port(), num_retries = 0, timeout = { connect = 0.1 },
    })
    times_out("connect", 0.1, function() return client:completion(setup.chat()) end)
  end)

  it("limits a handshake of TLS that does not come about", function()
    local script = gw:script({}, { accept = "stall" })
    local base = script.base:gsub("^http", "https")
    local client = setup.client(script, { api_base = base, timeout = { connect = 0.1 } })
    times_out("connect", 0.1, function() return client:completion(setup.chat()) end)
  end)

  it("does not limit what comes later", function()
    local _, client = setup.script({ { delay = 0.15, json = reply.chat() } }, { timeout = { connect = 0.05 } })
    assert(client:completion(setup.chat()))
  end)
end)

describe("first_byte", function()
  it("limits a server that accepts and never answers", function()
    local script, client = setup.script({ { raw = { "stall" } } }, { timeout = { first_byte = 0.1 } })
    times_out("first_byte", 0.1, function() return client:completion(setup.chat()) end)
    assert.truthy(script:all_closed())
  end)

  it("limits the head of a stream as well", function()
    local _, client = setup.script({ { raw = { "stall" } } }, { timeout = { first_byte = 0.1 } })
    times_out("first_byte", 0.1, function() return client:completion(setup.stream()) end)
  end)

  it("does not limit the body", function()
    local _, client = setup.script({ { json = reply.chat(), delay_body = 0.15 } }, { timeout = { first_byte = 0.1 } })
    assert(client:completion(setup.chat()))
  end)

  it("is not reset by informational answers", function()
    local _, client = setup.script({ { raw = {
      "HTTP/1.1 103 Early Hints\r\n\r\n", { delay = 0.06 }, "HTTP/1.1 103 Early Hints\r\n\r\n", { delay = 0.06 },
      "HTTP/1.1 103 Early Hints\r\n\r\n", "stall",
    } } }, { timeout = { first_byte = 0.1, total = 3 } })
    times_out(nil, 0.1, function() return client:completion(setup.chat()) end)
  end)
end)

describe("idle", function()
  it("limits the gap inside a stream", function()
    local script, client = setup.script({ { sse = { reply.text("a"), "stall" } } }, { timeout = { idle = 0.1 } })
    local before = setup.now()
    local stream = assert(client:completion(setup.stream()))
    assert.equal("a", stream:read().choices[1].delta.content)
    local detail = times_out("idle", 0.1, function() return stream:read() end, before)
    assert.equal("a", detail.partial.choices[1].message.content)
    assert.matches("^[et]r", stream:state()) -- error or truncated, never complete
    assert.truthy(script:all_closed())
  end)

  it("limits the gap inside a body", function()
    local _, client = setup.script({ { raw = {
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", "stall",
    } } }, { timeout = { idle = 0.1 } })
    times_out("idle", 0.1, function() return client:completion(setup.chat()) end)
  end)

  it("starts anew with each piece", function()
    local events = {}
    for i = 1, 6 do
      events[2 * i - 1] = reply.text("x")
      events[2 * i] = { delay = 0.05 }
    end
    events[#events + 1] = reply.finish()
    events[#events + 1] = reply.DONE
    local _, client = setup.script({ { sse = events } }, { timeout = { idle = 0.2 } })
    assert.equal("xxxxxx", assert(assert(client:completion(setup.stream())):result()).choices[1].message.content)
  end)

  local function pinged(settings)
    local events = { reply.text("a") }
    for _ = 1, 8 do
      events[#events + 1] = { delay = 0.04 }
      events[#events + 1] = reply.PING
    end
    events[#events + 1] = reply.finish()
    events[#events + 1] = reply.DONE
    local _, client = setup.script({ { sse = events } }, { timeout = settings })
    return assert(client:completion(setup.stream()))
  end

  it("is not reset by pings: a keepalive does not hide a stuck model", function()
    local before = setup.now()
    local stream = pinged({ idle = 0.1 })
    stream:read()
    times_out("idle", 0.1, function() return stream:read() end, before)
  end)

  it("is reset by pings where asked", function()
    local response = assert(pinged({ idle = 0.1, count_pings = true }):result())
    assert.equal("a", response.choices[1].message.content)
  end)

  it("counts from the head, however long that took", function()
    local step = reply.stream("a", "b")
    step.delay, step.delay_body = 0.3, 0.05
    local _, client = setup.script({ step }, { timeout = { idle = 0.15, total = 5 } })
    local stream = assert(client:completion(setup.stream()))
    assert.equal("ab", assert(stream:result()).choices[1].message.content)
  end)

  it("counts from the last piece of a body", function()
    local _, client = setup.script({ { json = reply.chat(), split = 100, gap = 0.14 } },
      { timeout = { idle = 0.25, total = 5 } })
    assert(client:completion(setup.chat()))
  end)

  it("does not run while nobody reads", function()
    local script, client = setup.script({ { sse = { reply.text("a"), { wait = "go" }, reply.text("b"), reply.finish(),
      reply.DONE } } }, { timeout = { idle = 0.3 } })
    local stream = assert(client:completion(setup.stream()))
    stream:read()
    script:open("go")
    litellm.sleep(0.4)
    assert.equal("ab", assert(stream:result()).choices[1].message.content)
  end)
end)

describe("total", function()
  it("is what a number means", function()
    local _, client = setup.script({ { raw = { "stall" } } }, { timeout = 0.1 })
    times_out("total", 0.1, function() return client:completion(setup.chat()) end)
  end)

  it("covers a body that trickles", function()
    local _, client = setup.script({ { body = ("x"):rep(400), split = 1, gap = 0.01 } }, { timeout = 0.15 })
    times_out("total", 0.15, function() return client:completion(setup.chat()) end)
  end)

  it("covers all attempts and the waits between them", function()
    local script, client = setup.script({ { status = 500, delay = 0.06, body = "{}", repeats = true } },
      { timeout = 0.2, num_retries = 50 })
    local before = setup.now()
    local detail = setup.failed(client:completion(setup.chat()))
    assert.is_true(setup.now() - before < 0.7)
    assert.is_true(script:count() >= 2)
    assert.is_true(detail.attempts >= 2)
  end)

  it("does not limit a stream unless it is given", function()
    local step = { sse = { reply.text("a"), { delay = 0.15 }, reply.finish(), reply.DONE }, repeats = true }
    local script = gw:script({ step })
    local client = litellm.new({ api_base = script.base, num_retries = 0 })
    assert(assert(client:completion(setup.stream())):result())
    local detail = times_out("total", 0.1, function()
      return assert(client:completion(setup.stream({ timeout = 0.1 }))):result()
    end)
    assert.equal("a", detail.partial.choices[1].message.content)
  end)

  it("of the call wins over the client's", function()
    local _, client = setup.script({ { raw = { "stall" }, repeats = true } }, { timeout = 60 })
    times_out("total", 0.1, function() return client:completion(setup.chat({ timeout = 0.1 })) end)
    times_out("first_byte", 0.1, function()
      return client:completion(setup.chat({ timeout = { first_byte = 0.1 } }))
    end)
  end)

  it("of zero is no limit", function()
    local _, client = setup.script({ { delay = 0.1, json = reply.chat() } }, { timeout = 0 })
    assert(client:completion(setup.chat()))
  end)
end)

describe("a deadline", function()
  it("ends the calls inside", function()
    local script, client = setup.script({ { raw = { "stall" } } }, { timeout = 60 })
    times_out(nil, 0.1, function()
      return litellm.deadline(0.1, function() return client:completion(setup.chat()) end)
    end)
    assert.truthy(script:all_closed())
  end)

  it("is not mistaken for the time limit of the call", function()
    local _, client = setup.script({ { raw = { "stall" } } }, { timeout = 60 })
    local message
    local _, outer = litellm.deadline(0.1, function()
      local response, text, detail = client:completion(setup.chat())
      message = text
      return response, text, detail
    end)
    assert.matches("deadline", outer)
    assert.matches("deadline", message or outer)
  end)

  it("gives what the function gave in time", function()
    local _, client = setup.script({ ok })
    local a, b = litellm.deadline(5, function()
      return client:completion(setup.chat()).choices[1].message.content, 2
    end)
    assert.same({ "Hello", 2 }, { a, b })
  end)

  it("nests: the inner cannot outlast the outer", function()
    local before = setup.now()
    local _, _, detail = litellm.deadline(0.1, function()
      return litellm.deadline(60, function()
        litellm.sleep(60)
      end)
    end)
    assert.equal("timeout", detail.kind)
    assert.is_true(setup.now() - before < 1)
  end)

  it("nests: the inner ends alone", function()
    local outer = litellm.deadline(5, function()
      local _, _, detail = litellm.deadline(0.05, litellm.sleep, 60)
      return detail.kind
    end)
    assert.equal("timeout", outer)
  end)

  it("stops retries", function()
    local script, client = setup.script({ { status = 500, body = "{}", repeats = true } },
      { num_retries = 1000, retry = { base = 0.03, cap = 0.03 }, timeout = 60 })
    local before = setup.now()
    setup.failed(litellm.deadline(0.15, function() return client:completion(setup.chat()) end))
    assert.is_true(setup.now() - before < 1)
    assert.is_true(script:count() < 20)
  end)
end)

describe("giving up", function()
  it("by await leaves the task alone", function()
    local script, client = setup.script({ { delay = 0.15, json = reply.chat() } })
    local task = client:acompletion(setup.chat())
    times_out(nil, 0.05, function() return task:await(0.05) end)
    assert.equal("Hello", assert(task:await(5)).choices[1].message.content)
    assert.equal(1, script:count())
  end)

  it("by cancel closes the connection at once", function()
    local script, client = setup.script({ { raw = { "stall" } } }, { timeout = 60 })
    local task = client:acompletion(setup.chat())
    script:wait_for(function()
      litellm.wait(5)
      return script:count() == 1
    end)
    local before = setup.now()
    assert.is_true(task:cancel())
    litellm.step()
    assert.truthy(script:all_closed())
    assert.is_true(setup.now() - before < 0.5)
    local detail = setup.failed(task:await(1))
    assert.equal("cancelled", detail.kind)
    assert.is_false(task:cancel())
  end)
end)
