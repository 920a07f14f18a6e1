-- The library inside Neovim: each file of spec/nvim runs in each editor there is,
-- `nvim` and those named in LITELLM_NVIM, with the module for LuaJIT.
if not rawget(_G, "jit") then
  return
end

local reply = require("support.reply")
local setup = require("support.setup")
local system = require("support.system")
local gw = setup.gw

--- Path and version of each editor.
local function find_editors()
  local editors = {}
  for path in ("nvim:" .. (os.getenv("LITELLM_NVIM") or "")):gmatch("[^:]+") do
    local version = system.output(path .. " --version 2>/dev/null"):match("NVIM v(%S+)")
    if version then
      editors[#editors + 1] = { path = path, version = version }
    end
  end
  return editors
end

--- Runs spec/nvim/<name>.lua: what it printed, on either stream, and its status.
local function run(editor, name, variables)
  local command = "%stimeout 60 %s --headless -u NONE -i NONE -n --cmd 'set runtimepath^=.' "
    .. "-S spec/nvim/%s.lua </dev/null"
  return system.run(command:format(system.variables(variables), editor.path, name))
end

local function slowly(gap, ...)
  local step = reply.slow_stream(gap, ...)
  step.repeats = true
  return step
end

local function words(n)
  local list = {}
  for i = 1, n do
    list[i] = "word" .. i .. " "
  end
  return list
end

local short = slowly(0.01, "one ", "two ", "three")
local endless = { sse = { reply.text("slowly "), { delay = 0.01 }, reply.text("on "), "stall" }, repeats = true }
local flowing = slowly(0.03, (table.unpack or unpack)(words(40)))

local function passes(editor, name, variables)
  local text, status = run(editor, name, variables)
  assert(status == 0, ("status %s\n%s"):format(status, text))
  return text
end

for _, editor in ipairs(find_editors()) do
  describe("in Neovim " .. editor.version, function()
    it("runs tasks on the editor's loop", function()
      passes(editor, "adapter", { SPEC_BASE = gw:script({ short }).base })
    end)

    it("does not hold the editor up", function()
      io.write(passes(editor, "gaps", {
        SPEC_BASE = gw:script({ flowing }).base, SPEC_TLS_BASE = gw:script({ flowing }, { tls = "good" }).base,
        SPEC_CA_FILE = gw:tls().ca_file,
      }):match("^.*start a request") .. "\n")
    end)

    it("streams into a buffer", function()
      local slow = gw:script({ endless })
      passes(editor, "ask", { SPEC_BASE = gw:script({ short }).base, SPEC_SLOW_BASE = slow.base })
      assert.is_true(slow:all_closed())
    end)

    it("has a health check", function()
      if not io.open("lua/litellm/health.lua") then
        return pending("the editor looks for it in a checkout")
      end
      local models = { json = { object = "list", data = { { id = "a" }, { id = "b" } } }, repeats = true }
      passes(editor, "health", { SPEC_BASE = gw:script({ models }).base })
    end)

    for _, way in ipairs({ "quit", "close", "cancel", "collect", "detach" }) do
      it("leaves streams in the middle: " .. way, function()
        local script = gw:script({ endless }) -- whoever waited for its end would wait forever
        local started = setup.now()
        local text, status = run(editor, "quit", { SPEC_BASE = script.base, SPEC_WAY = way })
        assert.equal("", text)
        assert.equal(0, status)
        assert.is_true(setup.now() - started < 10)
        assert.is_true(script:all_closed())
      end)
    end
  end)
end
