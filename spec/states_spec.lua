-- Processes: what a fork without exec may do, and what it leaves alone. Threads and
-- several states in one process are tried by script/check-embed.
local child = require("support.child")
local reply = require("support.reply")
local setup = require("support.setup")

local PRELUDE = [[
local litellm = require("litellm")
local MESSAGES = { { role = "user", content = "hi" } }
local function open() return assert(litellm.completion{ model = "m", messages = MESSAGES, stream = true }) end
local function text(stream)
  local _, message = stream:result()
  return message or stream:partial().choices[1].message.content
end
local ok, posix = pcall(require, "posix.unistd")
if not ok then ok, posix = pcall(require, "posix") end
local found, waiting = pcall(require, "posix.sys.wait")
local wait = found and waiting.wait or ok and posix.wait
]]

--- Runs the code, which may fork, with a gateway that streams "one two".
local function run(code, options)
  local events = { reply.text("one "), { delay = 0.15 }, reply.text("two"), reply.finish(), reply.DONE }
  local step = { sse = events, repeats = true }
  local script = setup.gw:script({ step }, options)
  local output, status = child.run(PRELUDE .. code, {
    LITELLM_PROXY_API_BASE = script.base, LITELLM_PROXY_API_KEY = "k",
    SSL_CERT_FILE = options and setup.gw:tls().ca_file,
  })
  return output, status, script
end

describe("a program that is started while a stream is open", function()
  it("does not inherit the connection", function()
    local output, status, script = run([[
      local stream = open()
      assert(stream:read())
      os.execute("sleep 3 >/dev/null 2>&1 &")
      stream:close()
      io.write("closed")
    ]])
    assert.equal("closed", output)
    assert.equal(0, status)
    assert.is_true(script:all_closed(1))
  end)
end)

if not (pcall(require, "posix.unistd") or pcall(require, "posix")) then
  return
end

describe("a process that was forked", function()
  it("cannot use what its parent had, and is told so", function()
    local output, status = run([[
      local stream = open()
      if posix.fork() == 0 then
        io.write(select(2, pcall(open)), "\n")
        io.write(select(2, pcall(stream.read, stream)) and "" or "no read\n")
        os.exit(0)
      end
      wait()
    ]])
    assert.matches("was used before this process was forked.*first call after the fork", output)
    assert.equal(0, status)
  end)

  for name, options in pairs({ http = {}, https = { tls = "good" } }) do
    it("leaves the parent's streams alone when it ends: " .. name, function()
      local output, status, script = run([[
        local stream = open()
        assert(stream:read())
        if posix.fork() == 0 then
          stream:close()
          stream = nil
          collectgarbage()
          os.exit(0, true)
        end
        wait()
        io.write(text(stream))
      ]], options)
      assert.equal("one two", output)
      assert.equal(0, status)
      assert.equal(1, #script:connections())
    end)
  end

  it("may make its first call after the fork", function()
    local output, status = run([[
      if posix.fork() == 0 then
        io.write(text(open()))
        os.exit(0, true)
      end
      wait()
      io.write("; ", text(open()))
    ]])
    assert.equal("one two; one two", output)
    assert.equal(0, status)
  end)

  it("may have an engine of its own in the core", function()
    local output = run([[
      local core = require("litellm.core")
      local engine = core.engine()
      if posix.fork() == 0 then
        local own = core.engine()
        io.write(tostring(pcall(engine.turn, engine, 0)), " ", tostring(pcall(own.turn, own, 0)))
        os.exit(0, true)
      end
      wait()
    ]])
    assert.equal("false true", output)
  end)

  it("draws other random bytes than its parent", function()
    local output = run([[
      local core = require("litellm.core")
      core.random(1) -- there is a store of them now
      if posix.fork() == 0 then
        io.write(core.random(16), " ")
        io.flush()
        os.exit(0, true)
      end
      wait()
      io.write(core.random(16))
    ]])
    local one, other = output:match("^(%x+) (%x+)$")
    assert.equal(32, #one)
    assert.not_equal(one, other)
  end)
end)
