-- The examples of other loops, for those whose modules are here. PUC 5.1 cannot yield
-- in a `for` over a stream, as the examples do.
local child = require("support.child")
local reply = require("support.reply")
local setup = require("support.setup")

if not setup.yields_anywhere then
  return
end

local COMMAND = "(%s) | LITELLM_PROXY_API_BASE=%s LITELLM_PROXY_API_KEY=k timeout 20 %s examples/loops/%s.lua 2>&1"

local sse = { reply.delta({ role = "assistant", content = "" }) }
for _, piece in ipairs({ "Hel", "lo ", "there" }) do
  sse[#sse + 1] = reply.text(piece)
  sse[#sse + 1] = { delay = 0.05 }
end
sse[#sse + 1] = reply.finish()
sse[#sse + 1] = reply.DONE

--- Runs an example with what is typed: what it wrote, how often its own timer ticked.
local function run(name, typed)
  local script = setup.gw:script({ { sse = sse, repeats = true } })
  local pipe = io.popen(COMMAND:format(typed or ":", script.base, child.interpreter(), name))
  local output = pipe:read("*a")
  pipe:close()
  return output:gsub("%.", "")
end

-- Asked in a process of its own: busted forgets the modules of a file when it is done,
-- and a luv that is loaded again after the first was collected has lost its loop.
local function on(name, module, test)
  it(name, function()
    if select(2, child.run(("require(%q)"):format(module))) ~= 0 then
      return pending(module .. " is not here")
    end
    test()
  end)
end

describe("a stream on another loop", function()
  on("luv", "luv", function()
    local text, ticks = run("luv")
    assert.equal("Hello there", text)
    assert.is_true(ticks >= 3)
  end)

  on("copas", "copas", function()
    assert.equal("Hello there", (run("copas")))
  end)

  on("cqueues", "cqueues", function()
    local text, ticks = run("cqueues")
    assert.equal("Hello there", text)
    assert.is_true(ticks >= 3)
  end)

  on("poll(2)", "posix.poll", function()
    -- What is there when the example first looks is one question.
    local text = run("poll", "echo one; sleep 0.6; echo two")
    assert.matches("^Hel.*there$", text)
    assert.equal(#"Hello thereHello there", #text)
  end)
end)
