-- What came of a task that failed, and who hears of it.
local litellm = require("litellm")
local setup = require("support.setup")
local reply = require("support.reply")
local support = require("support.tasks")

local reported, settle, says = support.reported, support.settle, support.says

support.watch(before_each, after_each)

describe("an error in a task", function()
  it("that nobody awaits goes to on_error with its traceback", function()
    litellm.spawn(function()
      litellm.sleep(0)
      error("nobody waits for this")
    end)
    litellm.wait(100)
    litellm.step()
    local all = reported()
    assert.equal(1, #all)
    assert.matches("nobody waits for this", all[1].detail.message)
    assert.matches("traceback", all[1].text)
    assert.matches("outcome_spec", all[1].text)
  end)

  it("that somebody awaited, but not to its end, goes to on_error", function()
    local gate = litellm.spawn(litellm.sleep, 60)
    local task = litellm.spawn(function()
      gate:await()
      error("too late")
    end)
    setup.failed(task:await(0.001))
    gate:cancel()
    settle()
    assert.equal(1, #reported())
  end)

  it("that somebody awaits goes to nobody else", function()
    local task = litellm.spawn(error, "mine")
    local _, message = task:await()
    assert.matches("mine", message)
    litellm.step()
  end)

  it("ends that task alone", function()
    local others = 0
    litellm.run(function()
      litellm.spawn(function()
        litellm.sleep(0)
        others = others + 1
      end)
      litellm.spawn(error, "one")
      litellm.spawn(function()
        litellm.sleep(0)
        others = others + 1
      end)
    end)
    assert.equal(2, others)
    assert.equal(1, #reported())
  end)

  it("may be any value", function()
    local empty = {}
    for _, value in ipairs({ true, empty, print }) do
      local detail = setup.failed(litellm.spawn(error, value):await())
      assert.equal(value, detail.cause)
    end
    setup.failed(litellm.spawn(error):await())
  end)

  it("may be an object whose tostring fails", function()
    local nasty = setmetatable({}, {
      __tostring = function()
        error("no name")
      end,
    })
    local detail = setup.failed(litellm.spawn(error, nasty):await())
    assert.equal(nasty, detail.cause)
    local strange = setmetatable({}, {
      __tostring = function()
        return {}
      end,
    })
    setup.failed(litellm.spawn(error, strange):await())
  end)

  it("that is a detail stays that detail", function()
    local _, client = setup.script({ reply.error(429) })
    local detail = setup.failed(litellm.spawn(function()
      local result, _, problem = client:completion(setup.chat())
      if not result then
        error(problem)
      end
    end):await())
    assert.equal("RateLimitError", detail.type)
  end)

  it("in on_error itself surfaces, and the next is reported still", function()
    local calls = 0
    litellm.on_error = function()
      calls = calls + 1
      if calls == 1 then
        error("on_error is broken")
      end
    end
    litellm.spawn(error, "a")
    litellm.spawn(error, "b")
    says("on_error is broken", litellm.step)
    litellm.step()
    assert.equal(2, calls)
  end)

  it("may be answered by on_error with new tasks", function()
    local calls = 0
    litellm.on_error = function()
      calls = calls + 1
      if calls < 100 then
        litellm.spawn(error, "again")
      end
    end
    litellm.spawn(error, "first")
    litellm.step()
    assert.is_true(calls < 100) -- A step ends, whatever on_error does.
    while calls < 100 do
      litellm.step()
    end
  end)

  it("goes to standard error when there is no on_error", function()
    local child = require("support.child")
    local output, status = child.run([[
      local litellm = require("litellm")
      litellm.spawn(error, "out with it")
      litellm.step()
      print("alive")
    ]])
    assert.equal(0, status)
    assert.matches("out with it", output)
    assert.matches("alive", output)
  end)
end)
