-- The adapter to libuv, on luv's loop.
local found, luv = pcall(require, "luv")
if not found then
  return
end

local child = require("support.child")
local reply = require("support.reply")
local setup = require("support.setup")
local litellm = setup.litellm
local uv = require("litellm.uv")

local function stream(...)
  local client = select(2, setup.script({ reply.stream(...) }))
  return assert(client:completion(setup.stream()))
end

--- Runs the loop to its end: what f returned in its task, and the seconds it took.
local function run(f)
  local result
  local started = setup.now()
  litellm.spawn(function() result = f() end)
  luv.run()
  return result, setup.now() - started
end

describe("litellm.uv on luv", function()
  before_each(function() uv.attach(luv) end)
  after_each(function()
    uv.detach()
    litellm.on_error = nil
  end)

  it("runs tasks, and the loop ends with the last one", function()
    local text, took = run(function()
      return stream("Hel", "lo"):result().choices[1].message.content
    end)
    assert.equal("Hello", text)
    assert.is_true(took < 2)
  end)

  it("ends a loop at once whose tasks ended at once", function()
    run(function() return stream("x"):result() end) -- from here on there is a handle
    local _, took = run(function() end)
    assert.is_true(took < 0.5)
    took = setup.now()
    luv.run()
    assert.is_true(setup.now() - took < 0.5)
  end)

  it("keeps the loop alive for a task that only sleeps", function()
    local _, took = run(function() litellm.sleep(0.05) end)
    assert.is_true(took >= 0.05 and took < 2)
  end)

  it("sees what came in while a stream was let go", function()
    local slow, client = setup.script({ { sse = { reply.text("a"), reply.finish(), reply.DONE, { wait = "end" } } } })
    local other = select(2, setup.script({ { delay = 0.1, json = reply.chat() } }))
    local answer
    litellm.spawn(function() answer = other:completion(setup.chat()) end)
    local timer = luv.new_timer()
    timer:start(2000, 0, function() slow:open("end") end)
    local _, took = run(function()
      for _ in assert(client:completion(setup.stream())):text() do
        local till = setup.now() + 0.2
        while setup.now() < till do end -- luacheck: ignore 542
      end
      timer:close()
    end)
    slow:open("end")
    assert.truthy(answer)
    assert.is_true(took < 1, took)
  end)

  it("goes on at once with what was paused while nobody read", function()
    for kib = 256, 286, 3 do
      local client = select(2, setup.script({ { body = ("x"):rep(kib * 1024) } }))
      local audio = run(function()
        local opened = assert(client:speech{ model = "tts-1", input = "x", voice = "alloy" })
        litellm.sleep(0.03)
        return opened
      end)
      local bytes, took = run(function() return audio:bytes() end)
      assert.equal(kib * 1024, #bytes)
      assert.is_true(took < 0.08, took)
    end
  end)

  it("shares the loop with other handles", function()
    local ticks, timer = 0, luv.new_timer()
    timer:start(5, 5, function() ticks = ticks + 1 end)
    run(function()
      litellm.sleep(0.1)
      timer:close()
    end)
    assert.is_true(ticks >= 5)
  end)

  it("starts tasks from callbacks of the loop", function()
    local text
    local timer = luv.new_timer()
    timer:start(5, 0, function()
      timer:close()
      litellm.spawn(function() text = stream("late"):result().choices[1].message.content end)
    end)
    luv.run()
    assert.equal("late", text)
  end)

  it("reports a task that fails at once", function()
    local reported
    litellm.on_error = function(detail) reported = detail end
    litellm.spawn(function() error("at once") end)
    luv.run()
    assert.matches("at once", reported.message)
  end)

  it("ends a cancelled task before a later timer", function()
    local took = select(2, run(function()
      local sleeper = litellm.spawn(litellm.sleep, 60)
      sleeper:cancel()
      litellm.sleep(0.01)
    end))
    assert.is_true(took < 2)
  end)

  it("turns a blocking call into an error that says what to write", function()
    local client = select(2, setup.script({}))
    local ok, message = pcall(client.completion, client, setup.chat())
    assert.is_false(ok)
    assert.matches("litellm%.spawn", message)
  end)

  it("does not wait for a stream that no task reads", function()
    local endless = { sse = { reply.text("x"), "stall" } }
    local script, client = setup.script({ endless })
    local open
    local _, took = run(function() open = assert(client:completion(setup.stream())) end)
    assert.is_true(took < 2)
    assert.equal("open", open:state())
    open:close()
    assert.is_true(script:all_closed())
  end)

  it("gives blocking calls back when it is detached", function()
    uv.detach()
    assert.is_true(litellm.blocking)
    assert.equal("x", stream("x"):result().choices[1].message.content)
    uv.attach(luv)
    assert.is_false(litellm.blocking)
  end)

  it("refuses what is no libuv", function()
    assert.has_error(function() uv.attach({}) end, "bad argument #1 to 'attach' (libuv module expected, got table)")
  end)
end)

describe("a program with luv", function()
  it("steps by a timer where the system has no descriptor to poll", function()
    local script = setup.gw:script({ reply.stream("a", "b") })
    local output, status = child.run([[
      local native = require("litellm.native")
      local new = native.engine
      native.engine = function()
        local engine = new()
        return setmetatable({ fd = function() end }, { __index = function(_, name)
          return function(_, ...) return engine[name](engine, ...) end
        end })
      end
      local litellm = require("litellm")
      require("litellm.uv").attach(require("luv"))
      litellm.spawn(function()
        litellm.sleep(0.01)
        local stream = litellm.completion{ model = "m", messages = { { content = "hi" } }, stream = true }
        io.write(stream:result().choices[1].message.content)
      end)
      require("luv").run()
    ]], { LITELLM_PROXY_API_BASE = script.base, LITELLM_PROXY_API_KEY = "k" })
    assert.equal("ab", output)
    assert.equal(0, status)
  end)

  it("may detach and end before the loop runs again", function()
    local output, status = child.run([[
      local luv, litellm, uv = require("luv"), require("litellm"), require("litellm.uv")
      uv.attach(luv)
      litellm.spawn(litellm.sleep, 0.01)
      luv.run()
      uv.detach()
      uv.attach(luv)
      litellm.spawn(litellm.sleep, 0.01)
      luv.run()
      uv.detach()
    ]])
    assert.equal("", output)
    assert.equal(0, status)
  end)

  it("ends by itself, whatever is open", function()
    local script = setup.gw:script({ { sse = { reply.text("x"), "stall" } } })
    local output, status = child.run([[
      local luv, litellm = require("luv"), require("litellm")
      require("litellm.uv").attach()
      local stream
      litellm.spawn(function()
        stream = assert(litellm.completion{ model = "m", messages = { { content = "hi" } }, stream = true })
        io.write(stream:read().choices[1].delta.content)
      end)
      luv.run()
    ]], { LITELLM_PROXY_API_BASE = script.base, LITELLM_PROXY_API_KEY = "k" })
    assert.equal("x", output)
    assert.equal(0, status)
    assert.is_true(script:all_closed())
  end)
end)

describe("TLS", function()
  it("parses libcurl's own certificates once", function()
    local certificates = select(2, require("litellm.native").curl_info())
    local file = certificates and io.open(certificates)
    if not file or file:seek("end") < 100000 then
      return pending("libcurl has no large file of certificates here")
    end
    file:close()
    local script = setup.gw:script({}, { tls = "good" })
    local client = setup.client(script)
    local function refused() -- the processor's seconds that a connection took
      local started = os.clock()
      assert.equal("tls", setup.failed(client:models()).kind)
      return os.clock() - started
    end
    local first = refused()
    local later = math.min(refused(), refused(), refused())
    assert.is_true(later < first / 2, ("%.1f ms, then %.1f ms"):format(first * 1e3, later * 1e3))
  end)
end)
