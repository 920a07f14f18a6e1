-- Tasks, as programs know them: how they begin, are awaited and cancelled, and end in time.
local litellm = require("litellm")
local setup = require("support.setup")
local reply = require("support.reply")
local support = require("support.tasks")

local quick, times, settle, says = support.quick, support.times, support.settle, support.says
local patience, MANY = support.patience, support.MANY
local yields_anywhere = setup.yields_anywhere and it or pending

support.watch(before_each, after_each)

describe("spawn", function()
  it("runs the function at once, up to its first wait", function()
    local steps = {}
    local task = litellm.spawn(function(a, b)
      steps[#steps + 1] = a .. b
      litellm.sleep(0)
      steps[#steps + 1] = "after"
    end, "x", "y")
    assert.same({ "xy" }, steps)
    assert.is_false(task:done())
    task:await()
    assert.same({ "xy", "after" }, steps)
    assert.is_true(task:done())
  end)

  it("passes and returns any number of values, nil among them", function()
    local function count(...)
      return select("#", ...), ...
    end
    local results = { litellm.spawn(count, nil, 2, nil):await() }
    assert.equal(3, results[1])
    assert.equal(2, results[3])
    assert.equal(4, select("#", litellm.spawn(count, nil, 2, nil):await()))
    assert.equal(0, select("#", litellm.spawn(function() end):await()))
  end)

  it("takes C functions and waits that are called as such", function()
    assert.equal(3, litellm.spawn(math.max, 1, 3, 2):await())
    litellm.spawn(litellm.sleep, 0.001):await()
  end)

  it("many at once costs little, and all end", function()
    local woken = 0
    local tasks = times(MANY, function()
      return litellm.spawn(function()
        litellm.sleep(0)
        woken = woken + 1
      end)
    end)
    assert.equal(MANY, litellm.pending())
    assert.same({}, select(2, litellm.all(tasks)) or {})
    assert.equal(MANY, woken)
  end)

  it("may spawn what spawns, as deep as one likes", function()
    local deepest = 0
    local function dig(n)
      deepest = math.max(deepest, n)
      if n < MANY then
        litellm.spawn(dig, n + 1)
      end
    end
    litellm.run(dig, 1)
    assert.equal(MANY, deepest)
  end)

  it("may spawn what spawns through pcall, sort and metamethods", function()
    local deepest = 0
    local function dig(n)
      deepest = math.max(deepest, n)
      if n == 300 then
        return
      end
      local strange = setmetatable({}, {
        __index = function()
          table.sort({ 1, 2 }, function(a, b)
            assert(pcall(litellm.spawn, dig, n + 1))
            return a < b
          end)
          return true
        end,
      })
      assert(pcall(function()
        return strange[1]
      end))
    end
    litellm.run(dig, 1)
    assert.equal(300, deepest)
  end)

  yields_anywhere("waits through pcall and metamethods and in iterators", function()
    local seen = {}
    litellm.run(function()
      pcall(litellm.sleep, 0)
      seen[1] = setmetatable({}, {
        __index = function()
          litellm.sleep(0)
          return "index"
        end,
      }).x
      for word in function(_, last)
        litellm.sleep(0)
        return not last and "word" or nil
      end do
        seen[2] = word
      end
    end)
    assert.same({ "index", "word" }, seen)
  end)
end)

describe("await", function()
  it("gives nil, the message and the detail of a task that raised", function()
    local detail = setup.failed(litellm.spawn(error, "broken"):await())
    assert.equal("task", detail.kind)
    assert.matches("broken", detail.message)
    assert.equal("string", type(detail.traceback))
  end)

  it("may come first or last, and as often as one likes", function()
    local task = litellm.spawn(function()
      litellm.sleep(0)
      return 7
    end)
    local early = litellm.spawn(function()
      return task:await()
    end)
    assert.equal(7, early:await())
    assert.equal(7, task:await())
    assert.equal(7, task:await())
  end)

  it("wakes all that wait for one task", function()
    local task = litellm.spawn(function()
      litellm.sleep(0)
      return "x"
    end)
    local waiting = times(50, function()
      return litellm.spawn(function()
        return task:await()
      end)
    end)
    local results = litellm.all(waiting)
    assert.equal(("x"):rep(50), table.concat(results))
  end)

  it("with a limit gives a Timeout and leaves the task alone", function()
    local task = litellm.spawn(function()
      litellm.sleep(0.03)
      return "late"
    end)
    local detail = setup.failed(quick(task.await, task, 0.001))
    assert.equal("timeout", detail.kind)
    assert.equal("Timeout", detail.type)
    assert.is_false(task:done())
    assert.equal("late", task:await(5))
  end)

  it("with a limit of zero asks, and waits for nothing", function()
    local task = litellm.spawn(litellm.sleep, 0.01)
    assert.equal("timeout", setup.failed(task:await(0)).kind)
    task:await()
    assert.is_nil((task:await(0)))
  end)

  it("with a limit that is no number raises", function()
    local task = litellm.spawn(function() end)
    says("number expected, got string", task.await, task, "1")
  end)

  it("of itself is a deadlock that says so, not a hang", function()
    local task
    task = litellm.spawn(function()
      litellm.sleep(0)
      task:await()
    end)
    says("deadlock", task.await, task)
    settle()
  end)
end)

describe("cancel", function()
  it("of a task that ended is false, and changes nothing", function()
    local task = litellm.spawn(function()
      return 1
    end)
    assert.is_false(task:cancel())
    assert.equal(1, task:await())
  end)

  yields_anywhere("of a sleeping task wakes it with an error of the kind cancelled", function()
    local problem
    local task = litellm.spawn(function()
      local _, raised = pcall(function()
        litellm.sleep(60)
      end)
      problem = raised
      error(raised, 0)
    end)
    assert.is_true(task:cancel())
    assert.equal("cancelled", setup.failed(quick(task.await, task)).kind)
    assert.equal("cancelled", problem.kind)
    assert.is_false(task:cancel())
  end)

  it("of a task in its queue, twice, or by itself", function()
    local task = litellm.spawn(litellm.sleep, 0)
    litellm.spawn(function()
      litellm.sleep(0)
      task:cancel()
      task:cancel()
    end)
    settle()
    task:await()
    local me
    me = litellm.spawn(function()
      litellm.sleep(0)
      me:cancel()
      litellm.sleep(0)
      error("not reached")
    end)
    assert.equal("cancelled", setup.failed(me:await()).kind)
  end)

  it("of a task that has not started keeps it from starting", function()
    local started, late = false, nil
    local function dig(n)
      if n > 0 then
        return litellm.spawn(dig, n - 1)
      end
      late = litellm.spawn(function()
        started = true
      end)
    end
    -- Deep enough that the last one has to wait for its turn.
    for depth = 20, 60 do
      started = false
      dig(depth)
      if late and not late:done() then
        break
      end
    end
    assert.is_false(late:done())
    assert.is_true(late:cancel())
    settle()
    assert.is_false(started)
    assert.equal("cancelled", setup.failed(late:await()).kind)
  end)

  it("of the task that resumed this one takes effect at its next wait", function()
    local parent
    parent = litellm.spawn(function()
      litellm.sleep(0)
      litellm.spawn(function()
        parent:cancel()
      end)
      litellm.sleep(60)
    end)
    assert.equal("cancelled", setup.failed(quick(parent.await, parent)).kind)
  end)

  yields_anywhere("may be caught, but no wait succeeds afterwards", function()
    local caught = 0
    local task = litellm.spawn(function()
      for _ = 1, 3 do
        if not pcall(litellm.sleep, 60) then
          caught = caught + 1
        end
      end
      return "tidied up"
    end)
    task:cancel()
    assert.equal("tidied up", (quick(task.await, task)))
    assert.equal(3, caught)
    assert.equal("litellm.task: cancelled", tostring(task))
  end)

  it("of a waiting task leaves the task that it waited for alone", function()
    local inner = litellm.spawn(function()
      litellm.sleep(0.01)
      return "inner"
    end)
    local outer = litellm.spawn(function()
      return inner:await()
    end)
    outer:cancel()
    assert.equal("cancelled", setup.failed(outer:await()).kind)
    assert.equal("inner", inner:await())
  end)

  it("is no failure that on_error hears of", function()
    local task = litellm.spawn(litellm.sleep, 60)
    task:cancel()
    settle()
    assert.is_true(task:done())
  end)

  it("closes the connection of a call at once: the server sees it", function()
    local script, client = setup.script({ { raw = { "stall" } } }, { timeout = 60 })
    local task = client:acompletion(setup.chat())
    script:wait_for(function()
      litellm.wait(1)
      return script:count() == 1
    end)
    task:cancel()
    assert.truthy(script:all_closed()) -- No step was needed.
    assert.equal("cancelled", setup.failed(task:await()).kind)
  end)

  it("closes the connection of a stream in its middle", function()
    local script, client = setup.script({ { sse = { reply.text("a"), { wait = "never" } } } }, { timeout = 60 })
    local seen = {}
    local task = litellm.spawn(function()
      local stream = assert(client:completion(setup.stream()))
      while true do
        seen[#seen + 1] = assert(stream:read()).choices[1].delta.content
      end
    end)
    script:wait_for(function()
      litellm.wait(1)
      return #seen == 1
    end)
    task:cancel()
    assert.truthy(script:all_closed())
    assert.equal("cancelled", setup.failed(task:await()).kind)
  end)

  it("ends a wait between two attempts", function()
    local script, client = setup.script({ { status = 500, body = "{}", repeats = true } },
      { num_retries = 5, retry = { base = 60, cap = 60 }, timeout = 600 })
    local task = client:acompletion(setup.chat())
    script:wait_for(function()
      litellm.wait(1)
      return script:count() == 1
    end)
    for _ = 1, 5 do
      litellm.wait(5)
    end
    task:cancel()
    assert.equal("cancelled", setup.failed(quick(task.await, task)).kind)
    assert.equal(1, script:count())
  end)

  it("reaches what a deadline, a run or a map started for the task", function()
    local script, client = setup.script({ { raw = { "stall" }, repeats = true } }, { timeout = 60 })
    local function call()
      return client:completion(setup.chat())
    end
    local ways = {
      function()
        litellm.deadline(60, call)
      end,
      function()
        litellm.run(call)
      end,
      function()
        litellm.map({ 1 }, call)
      end,
      function()
        litellm.deadline(60, function()
          return litellm.deadline(50, call)
        end)
      end,
    }
    for i, way in ipairs(ways) do
      local task = litellm.spawn(way)
      script:wait_for(function()
        litellm.wait(1)
        return script:count() == i
      end)
      task:cancel()
      assert.equal("cancelled", setup.failed(quick(task.await, task)).kind, i)
      settle()
      assert.equal(0, litellm.pending(), i)
      assert.truthy(script:all_closed(), i)
    end
  end)
end)

describe("sleep", function()
  it("lasts at least as long as was asked for", function()
    for _, seconds in ipairs({ 0, 0.001, 0.02 }) do
      local before = litellm.now()
      litellm.sleep(seconds)
      assert.is_true(litellm.now() - before >= seconds)
    end
  end)

  it("of zero or less lets the others go first", function()
    local order = {}
    litellm.run(function()
      litellm.spawn(function()
        litellm.sleep(-1)
        order[#order + 1] = "later"
      end)
      order[#order + 1] = "now"
    end)
    assert.same({ "now", "later" }, order)
  end)

  it("wakes in the order of time", function()
    local order = {}
    litellm.run(function()
      for _, ms in ipairs({ 9, 3, 12, 6, 0 }) do
        litellm.spawn(function()
          litellm.sleep(ms * patience / 1000)
          order[#order + 1] = ms
        end)
      end
    end)
    assert.same({ 0, 3, 6, 9, 12 }, order)
  end)

  it("of what is no time raises, and endless sleep can be cancelled", function()
    says("number", litellm.sleep, 0 / 0)
    for _, seconds in ipairs({ math.huge, 1e300 }) do
      local task = litellm.spawn(litellm.sleep, seconds)
      litellm.fd()
      litellm.step()
      litellm.step()
      assert.is_false(task:done())
      task:cancel()
      assert.equal("cancelled", setup.failed(task:await()).kind)
    end
  end)
end)

describe("deadline", function()
  it("gives what the function gave, and raises what it raised", function()
    assert.same({ 1, nil, 3 }, { litellm.deadline(5, function()
      litellm.sleep(0)
      return 1, nil, 3
    end) })
    says("inside", litellm.deadline, 5, error, "inside")
  end)

  it("that has passed before anything waits ends at the first wait", function()
    local reached = false
    for _, seconds in ipairs({ 0, -1 }) do
      assert.equal("timeout", setup.failed(litellm.deadline(seconds, function()
        reached = true
        litellm.sleep(1)
        error("not reached")
      end)).kind)
    end
    assert.is_true(reached)
    settle()
  end)

  it("nested: the nearer one counts, whichever that is, and says so", function()
    local inner
    local result, message = litellm.deadline(0.02, function()
      inner = { litellm.deadline(60, litellm.sleep, 60) }
      return "outer goes on"
    end)
    settle()
    if result == nil then -- Both end at the same moment; either may be first.
      assert.matches("0%.02", message)
    else
      assert.is_nil(message)
    end
    assert.not_matches("60 s", tostring(inner and inner[2] or message))
    assert.equal("timeout", setup.failed(litellm.deadline(60, function()
      return litellm.deadline(0.01, litellm.sleep, 60)
    end)).kind)
    settle()
  end)

  it("ends five levels of deadlines together", function()
    local function nest(n)
      if n == 0 then
        return litellm.sleep(60)
      end
      return litellm.deadline(60, nest, n - 1)
    end
    setup.failed(quick(litellm.deadline, 0.01, nest, 5))
    settle()
  end)

  it("reaches the calls of tasks that were started inside", function()
    local script, client = setup.script({ { raw = { "stall" } } }, { timeout = 60 })
    local task
    litellm.deadline(0.05 * patience, function()
      task = client:acompletion(setup.chat())
    end)
    assert.equal("timeout", setup.failed(quick(task.await, task)).kind)
    assert.truthy(script:all_closed())
  end)

  it("without end or that is no number", function()
    assert.equal(1, (litellm.deadline(math.huge, function()
      litellm.sleep(0)
      return 1
    end)))
    says("number", litellm.deadline, 0 / 0, print)
  end)
end)

describe("run", function()
  it("returns what the function returned, after all tasks", function()
    local ended = false
    local a, b = litellm.run(function(x)
      litellm.spawn(function()
        litellm.sleep(0.003)
        ended = true
      end)
      return x, 2
    end, 1)
    assert.same({ 1, 2 }, { a, b })
    assert.is_true(ended)
  end)

  it("raises what the function raised, and ends the others", function()
    local object = {}
    local sleeper
    local ok, problem = pcall(litellm.run, function()
      sleeper = litellm.spawn(litellm.sleep, 60)
      litellm.sleep(0)
      error(object)
    end)
    assert.is_false(ok)
    assert.equal(object, problem)
    assert.is_true(sleeper:done())
  end)

  it("in a task waits for its function", function()
    local order = {}
    litellm.run(function()
      litellm.run(function()
        litellm.sleep(0.002)
        order[#order + 1] = "inner"
      end)
      order[#order + 1] = "outer"
      says("deep", litellm.run, error, "deep")
    end)
    assert.same({ "inner", "outer" }, order)
  end)

  it("in a coroutine inside a task waits for its function", function()
    local order = {}
    litellm.run(function()
      coroutine.wrap(function()
        litellm.run(function()
          litellm.sleep(0.002)
          order[#order + 1] = "inner"
        end)
      end)()
      order[#order + 1] = "outer"
    end)
    assert.same({ "inner", "outer" }, order)
  end)

  it("in a coroutine of somebody else blocks that coroutine alone", function()
    local co = coroutine.wrap(function()
      coroutine.yield(litellm.run(function()
        litellm.sleep(0.001)
        return "x"
      end))
    end)
    assert.equal("x", co())
  end)
end)

describe("wait", function()
  it("waits that long when nothing comes, and no longer when something does", function()
    local before = litellm.now()
    litellm.wait(20)
    assert.is_true(litellm.now() - before >= 0.015)
    local task = litellm.spawn(litellm.sleep, 0.005)
    quick(function()
      while not task:done() do
        litellm.wait(60000)
      end
    end)
  end)

  it("for less than a millisecond is a wait", function()
    local task, turns = litellm.spawn(litellm.sleep, 0.05), 0
    while not task:done() do
      litellm.wait(0.5)
      turns = turns + 1
    end
    assert.is_true(turns < 500, turns)
  end)

  it("says what is no time", function()
    for _, ms in ipairs({ "x", {}, 0 / 0 }) do
      assert.has_error(function() litellm.wait(ms) end, ("bad argument #1 to 'wait' (number expected, got %s)")
        :format(ms ~= ms and "nan" or type(ms)))
    end
  end)

  it("takes any number, however large", function()
    for _, ms in ipairs({ 1e12, math.huge, -1 }) do
      local task = litellm.spawn(litellm.sleep, 0.002)
      quick(function()
        while not task:done() do
          litellm.wait(ms)
        end
      end)
    end
  end)
end)
