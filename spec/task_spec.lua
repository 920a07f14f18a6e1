-- The scheduler: who runs when, who waits for what, and how everything ends.
-- Times are small and only ever compared with limits many times as long; where
-- LITELLM_PATIENCE says that everything is slow, those are longer, and many are fewer.
local litellm = require("litellm")
local setup = require("support.setup")
local reply = require("support.reply")

local unpack = table.unpack or unpack
local patience = tonumber(os.getenv("LITELLM_PATIENCE")) or 1
local MANY = math.floor(10000 / patience)
local yields_anywhere = setup.yields_anywhere and it or pending
-- Lua can tell where it cannot yield: not so in 5.1 and 5.2.
local knows_where = coroutine.isyieldable and it or pending

local gaps = {} -- What reached on_error in the test under way.

before_each(function()
  gaps = {}
  litellm.on_error = function(detail, text)
    gaps[#gaps + 1] = { detail = detail, text = text }
  end
end)

after_each(function()
  litellm.on_error, litellm.blocking = nil, nil
  assert.equal(0, litellm.pending())
  assert.same({}, gaps)
end)

local function reported()
  local all = gaps
  gaps = {}
  return all
end

local function quick(f, ...)
  local before = litellm.now()
  local results = { f(...) }
  assert.is_true(litellm.now() - before < patience)
  return unpack(results)
end

--- A list of n tasks, or of f(i).
local function times(n, f)
  local list = {}
  for i = 1, n do
    list[i] = f(i)
  end
  return list
end

--- Runs the tasks that can run, without waiting for anything.
local function settle()
  repeat
    local before = litellm.pending()
    litellm.step()
  until litellm.pending() == before
end

local function says(pattern, f, ...)
  local ok, problem = pcall(f, ...)
  assert.is_false(ok)
  assert.matches(pattern, tostring(problem))
  return problem
end

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
    assert.matches("task_spec", all[1].text)
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

describe("a task that yields by itself", function()
  it("ends with an error that says what to do instead", function()
    local closed = false
    local task = litellm.spawn(function()
      coroutine.yield("a token of somebody else")
      closed = true
    end)
    local detail = setup.failed(quick(task.await, task))
    assert.matches("litellm.sleep", detail.message)
    assert.is_false(closed)
  end)

  it("may have coroutines of its own that yield", function()
    local seen = {}
    litellm.run(function()
      for value in coroutine.wrap(function()
        for i = 1, 3 do
          coroutine.yield(i)
        end
      end) do
        seen[#seen + 1] = value
      end
    end)
    assert.same({ 1, 2, 3 }, seen)
  end)

  it("has them get its values, never ours, when they wait", function()
    local _, client = setup.script({ { delay = 0.01, json = reply.chat("hi") } })
    local seen, ticks = {}, 0
    litellm.run(function()
      local ticking = litellm.spawn(function()
        for _ = 1, 5 do
          litellm.sleep(0.001)
          ticks = ticks + 1
        end
      end)
      local generator = coroutine.create(function()
        coroutine.yield("first")
        local result = assert(client:completion(setup.chat()))
        coroutine.yield(result.choices[1].message.content)
        litellm.sleep(0.001)
        coroutine.yield("last")
      end)
      while coroutine.status(generator) ~= "dead" do
        local results = { coroutine.resume(generator) }
        assert.is_true(results[1])
        assert.is_true(#results <= 2)
        seen[#seen + 1] = results[2]
      end
      ticking:await()
    end)
    assert.same({ "first", "hi", "last" }, seen)
    assert.equal(5, ticks)
  end)

  it("may hand a coroutine from task to task", function()
    local seen = {}
    local generator = coroutine.wrap(function()
      for i = 1, 4 do
        litellm.sleep(0.001)
        coroutine.yield(i)
      end
    end)
    local function take()
      seen[#seen + 1] = generator()
      litellm.sleep(0)
      seen[#seen + 1] = generator()
    end
    litellm.run(function()
      litellm.spawn(take):await()
      litellm.spawn(take)
    end)
    assert.same({ 1, 2, 3, 4 }, seen)
  end)
end)

describe("where Lua cannot yield, in a task", function()
  local function wait_inside(place)
    local others = 0
    litellm.run(function()
      litellm.spawn(function()
        for _ = 1, 3 do
          litellm.sleep(0)
          others = others + 1
        end
      end)
      place(function()
        litellm.sleep(0.002)
      end)
    end)
    assert.equal(3, others)
  end

  local places = {
    ["table.sort"] = function(wait)
      table.sort({ 3, 1, 2 }, function(a, b)
        wait()
        return a < b
      end)
    end,
    ["string.gsub"] = function(wait)
      assert.equal("xx", (("ab"):gsub(".", function()
        wait()
        return "x"
      end)))
    end,
    ["require"] = function(wait)
      package.preload["litellm.spec.waits"] = function()
        wait()
        return "loaded"
      end
      assert.equal("loaded", (require("litellm.spec.waits")))
      package.loaded["litellm.spec.waits"], package.preload["litellm.spec.waits"] = nil, nil
    end,
    ["a coroutine of its own"] = function(wait)
      assert.equal("done", coroutine.wrap(function()
        wait()
        return "done"
      end)())
    end,
  }

  for name, place in pairs(places) do
    local test = name == "a coroutine of its own" and it or knows_where
    test(name .. " drives the engine instead, other tasks included", function()
      wait_inside(place)
    end)
  end

  knows_where("a call in table.sort is a call", function()
    local _, client = setup.script({ { json = reply.chat("x"), repeats = true } })
    local count = 0
    litellm.run(function()
      table.sort({ 2, 1 }, function(a, b)
        count = count + #assert(client:completion(setup.chat())).choices
        return a < b
      end)
    end)
    assert.is_true(count >= 1)
  end)

  it("and cannot say so, Lua's message is the error of that call alone", function()
    if coroutine.isyieldable then
      return
    end
    local ended = false
    litellm.run(function()
      local ok, message = pcall(table.sort, { 2, 1 }, function()
        litellm.sleep(0.001)
      end)
      assert.is_false(ok)
      assert.matches("attempt to yield across", message)
      litellm.sleep(0.005)
      ended = true
    end)
    assert.is_true(ended)
  end)

  it("two tasks that wake together may both drive", function()
    -- The first takes the second out of the queue under the scheduler's feet.
    local ended = 0
    local function drives()
      litellm.sleep(0)
      coroutine.wrap(function()
        litellm.sleep(0.002)
      end)()
      ended = ended + 1
    end
    litellm.run(function()
      for _ = 1, 4 do
        litellm.spawn(drives)
      end
    end)
    assert.equal(4, ended)
  end)

  it("step and wait may be called in a task, too", function()
    local ended = 0
    litellm.run(function()
      for _ = 1, 4 do
        litellm.spawn(function()
          litellm.sleep(0)
          litellm.step()
          litellm.wait(0)
          ended = ended + 1
        end)
      end
    end)
    assert.equal(4, ended)
  end)

  it("a cancelled task that drives stops waiting at once", function()
    local script, client = setup.script({ { raw = { "stall" } } }, { timeout = 60 })
    local outcome
    local task = litellm.spawn(function()
      litellm.sleep(0)
      outcome = coroutine.wrap(function()
        local _, problem = pcall(client.completion, client, setup.chat())
        return problem
      end)()
    end)
    litellm.spawn(function()
      while script:count() < 1 do
        litellm.sleep(0.002)
      end
      task:cancel()
    end)
    quick(task.await, task)
    assert.equal("cancelled", outcome.kind)
    assert.truthy(script:all_closed())
  end)
end)

describe("coroutine status", function()
  it("is what Lua says it is", function()
    local own
    local task = litellm.spawn(function()
      own = coroutine.running()
      litellm.sleep(0)
    end)
    assert.equal("suspended", coroutine.status(own))
    task:await()
    assert.equal("dead", coroutine.status(own))
  end)

  it("of a task that a stranger resumes does no harm", function()
    local own, slept
    local task = litellm.spawn(function()
      own = coroutine.running()
      local before = litellm.now()
      litellm.sleep(0.01)
      slept = litellm.now() - before
    end)
    coroutine.resume(own)
    assert.is_nil((task:await()))
    assert.is_true(slept >= 0.01)
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

describe("map", function()
  it("gives the results in the order of the list", function()
    local results, failures = litellm.map({ 3, 1, 2 }, function(n, i)
      litellm.sleep(n * 0.004)
      return n * 10 + i
    end)
    assert.same({ 31, 12, 23 }, results)
    assert.same({}, failures)
  end)

  it("has so many at work, never more, and no fewer while there is work", function()
    local active, most = 0, 0
    local results = litellm.map(times(40, tostring), function(item)
      active = active + 1
      most = math.max(most, active)
      litellm.sleep(0.001)
      active = active - 1
      return item
    end, { concurrency = 7 })
    assert.equal(7, most)
    assert.equal(40, #results)
  end)

  it("keeps going after a failure, of any kind", function()
    local results, failures = litellm.map({ 1, 2, 3, 4, 5 }, function(n)
      if n == 2 then
        error("two")
      elseif n == 3 then
        return nil, "three"
      elseif n == 4 then
        litellm.sleep(0)
        error("four")
      end
      return n
    end)
    assert.same({ [1] = 1, [5] = 5 }, results)
    assert.matches("two", failures[2].message)
    assert.equal("three", failures[3].message)
    assert.matches("four", failures[4].message)
    assert.is_nil(failures[1])
  end)

  it("takes nil for an answer, and functions that wait for nothing", function()
    local results, failures = litellm.map({ 1, 2 }, function() end)
    assert.same({}, results)
    assert.same({}, failures)
    assert.same({}, (litellm.map({}, print)))
  end)

  it("of many is quick, whatever the concurrency", function()
    for _, concurrency in ipairs({ 1, 16, MANY }) do
      local results = litellm.map(times(MANY, function(i)
        return i
      end), function(i)
        return i
      end, { concurrency = concurrency })
      assert.equal(MANY, results[MANY])
    end
  end)

  it("inside map, inside a task", function()
    local total = 0
    litellm.run(function()
      local rows = litellm.map({ 1, 2, 3 }, function(i)
        return (litellm.map({ 1, 2, 3 }, function(j)
          litellm.sleep(0)
          return i * j
        end))
      end)
      for _, row in ipairs(rows) do
        for _, value in ipairs(row) do
          total = total + value
        end
      end
    end)
    assert.equal(36, total)
  end)
end)

describe("all", function()
  it("gives the first result of each, in order", function()
    local function after(seconds, value)
      return litellm.spawn(function()
        litellm.sleep(seconds)
        return value, "second"
      end)
    end
    assert.same({ "a", "b", "c" }, (litellm.all({ after(0.006, "a"), after(0, "b"), after(0.003, "c") })))
    assert.same({}, (litellm.all({})))
  end)

  it("fails with the first failure at once, and cancels the others", function()
    local ended = {}
    local function sleeper(name)
      return litellm.spawn(function()
        litellm.sleep(60)
        ended[name] = true
      end)
    end
    local tasks = { sleeper("a"), litellm.spawn(function()
      litellm.sleep(0)
      error("broken")
    end), sleeper("b") }
    local detail = setup.failed(quick(litellm.all, tasks))
    assert.matches("broken", detail.message)
    settle()
    for _, task in ipairs(tasks) do
      assert.is_true(task:done())
    end
    assert.same({}, ended)
  end)

  it("takes nil and a message for a failure, too", function()
    local detail = setup.failed(litellm.all({ litellm.spawn(function()
      return nil, "no luck"
    end) }))
    assert.equal("no luck", detail.message)
  end)

  it("has seen all that failed: none is left for on_error", function()
    setup.failed(litellm.all({ litellm.spawn(error, "a"), litellm.spawn(error, "b") }))
    litellm.step()
  end)

  it("of many tasks is quick", function()
    local tasks = times(MANY, function(i)
      return litellm.spawn(function()
        litellm.sleep(i * 1e-6)
        return i
      end)
    end)
    local before = os.clock()
    assert.equal(MANY, litellm.all(tasks)[MANY])
    assert.is_true(os.clock() - before < 2 * patience)
  end)

  it("may be given one task twice, or tasks that others wait for", function()
    local task = litellm.spawn(function()
      litellm.sleep(0)
      return 1
    end)
    local other = litellm.spawn(function()
      return litellm.all({ task })
    end)
    assert.same({ 1, 1 }, (litellm.all({ task, task })))
    assert.same({ 1 }, (other:await()))
  end)
end)

describe("first", function()
  it("gives the first success and its place, and cancels the others", function()
    local slow = litellm.spawn(litellm.sleep, 60)
    local fast = litellm.spawn(function()
      litellm.sleep(0)
      return "fast"
    end)
    local value, place = quick(litellm.first, { slow, fast })
    assert.same({ "fast", 2 }, { value, place })
    settle()
    assert.is_true(slow:done())
  end)

  it("passes over failures", function()
    local value, place = litellm.first({
      litellm.spawn(error, "no"),
      litellm.spawn(function()
        return nil, "neither"
      end),
      litellm.spawn(function()
        litellm.sleep(0.001)
        return "yes"
      end),
    })
    assert.same({ "yes", 3 }, { value, place })
    litellm.step() -- The failure was seen: on_error hears nothing.
  end)

  it("fails when all have failed, and when there are none", function()
    setup.failed(litellm.first({ litellm.spawn(error, "a"), litellm.spawn(error, "b") }))
    setup.failed(litellm.first({}))
  end)

  it("of many failures is quick", function()
    local before = os.clock()
    setup.failed(litellm.first(times(MANY, function()
      return litellm.spawn(function()
        litellm.sleep(0)
        error("x")
      end)
    end)))
    assert.is_true(os.clock() - before < 3 * patience)
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

describe("a deadlock", function()
  it("is an error, and what cannot go on is ended: the next run is none", function()
    local a, b
    local function pair()
      a = litellm.spawn(function()
        litellm.sleep(0)
        b:await()
      end)
      b = litellm.spawn(function()
        litellm.sleep(0)
        a:await()
      end)
    end
    says("deadlock", litellm.run, pair)
    assert.equal(0, litellm.pending())
    assert.equal("fine", litellm.run(function()
      litellm.sleep(0)
      return "fine"
    end))
    pair()
    says("deadlock", a.await, a)
    assert.equal(0, litellm.pending())
    assert.is_true(a:done() and b:done())
  end)
end)

describe("a host that must not block", function()
  local function would_block(f, ...)
    assert.matches("litellm%.spawn", tostring(says("would block", f, ...)))
  end

  it("gets an error, before anything was started", function()
    local script, client = setup.script({ { json = reply.chat(), repeats = true } })
    local started = 0
    local function count()
      started = started + 1
    end
    local task = litellm.spawn(litellm.sleep, 0.001)
    litellm.blocking = false
    would_block(client.completion, client, setup.chat())
    would_block(client.completion, client, setup.stream())
    would_block(litellm.sleep, 0)
    would_block(litellm.run, count)
    would_block(litellm.map, { 1 }, count)
    would_block(litellm.deadline, 1, count)
    would_block(task.await, task)
    would_block(litellm.all, { task })
    would_block(litellm.first, { task })
    would_block(coroutine.wrap(function()
      client:completion(setup.chat())
    end))
    assert.equal(0, started)
    for _ = 1, 10 do
      litellm.wait(2)
    end
    assert.equal(0, script:count())
  end)

  it("may ask for what is there already", function()
    local task = litellm.spawn(function()
      return 1
    end)
    litellm.blocking = false
    assert.equal(1, task:await())
    assert.same({ 1 }, (litellm.all({ task })))
    assert.equal(1, (litellm.first({ task })))
  end)

  it("runs tasks by step, and knows by fd and pending when", function()
    local _, client = setup.script({ { json = reply.chat("x") } })
    litellm.blocking = false
    local task = client:acompletion(setup.chat())
    assert.equal(1, litellm.pending())
    assert.equal("number", type(litellm.fd()))
    local give_up = litellm.now() + 5
    while litellm.step() > 0 and litellm.now() < give_up do -- luacheck: ignore 542
    end
    assert.is_true(task:done())
    assert.equal("x", task:await().choices[1].message.content)
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

describe("a stream that somebody reads", function()
  local endless = { { sse = { reply.text("a"), { wait = "never" } }, repeats = true } }

  it("may be closed by another: the reader is woken, and told", function()
    local script, client = setup.script(endless, { timeout = 60 })
    local stream = assert(client:completion(setup.stream()))
    stream:read()
    local reader = litellm.spawn(function()
      return stream:read()
    end)
    stream:close()
    assert.equal("cancelled", setup.failed(quick(reader.await, reader, 5)).kind)
    assert.truthy(script:all_closed())
  end)

  it("may be closed by a task while the main program reads it", function()
    local _, client = setup.script(endless, { timeout = 60 })
    local stream = assert(client:completion(setup.stream()))
    stream:read()
    litellm.spawn(function()
      litellm.sleep(0.005)
      stream:close()
    end)
    assert.equal("cancelled", setup.failed(quick(stream.read, stream)).kind)
  end)

  it("may be speech", function()
    local _, client = setup.script({ { headers = { ["Content-Type"] = "audio/mpeg" }, content_length = 9,
      body = "ABC", ending = "stall" } }, { timeout = 60 })
    local audio = assert(client:speech(setup.args("speech")))
    local reader = litellm.spawn(audio.bytes, audio)
    litellm.spawn(function()
      litellm.sleep(0.005)
      audio:close()
    end)
    assert.equal("cancelled", setup.failed(quick(reader.await, reader)).kind)
  end)

  it("may end in the same turn as others that nobody waits for", function()
    local script, client = setup.script({ { sse = { reply.text("a"), { wait = "more" }, reply.finish(), reply.DONE },
      repeats = true } })
    local streams = {}
    for i = 1, 3 do
      streams[i] = assert(client:completion(setup.stream()))
      streams[i]:read()
    end
    script:open("more")
    local arrived = litellm.now() + 0.02 * patience
    while litellm.now() < arrived do -- not litellm.sleep: nobody is to look at the sockets
    end
    for _, i in ipairs({ 2, 3, 1 }) do
      assert.equal("a", assert(streams[i]:result()).choices[1].message.content)
    end
  end)

  it("may be read by two: each event goes to one, and both end", function()
    local script, client = setup.script({ { sse = {
      reply.text("a"), { wait = "more" }, reply.text("b"), reply.text("c"), reply.finish(), reply.DONE,
    } } })
    local stream = assert(client:completion(setup.stream()))
    stream:read()
    local seen = {}
    local function read_all()
      while true do
        local chunk = stream:read()
        if not chunk then
          return "end"
        end
        seen[#seen + 1] = chunk.choices[1].delta.content
      end
    end
    local readers = { litellm.spawn(read_all), litellm.spawn(read_all), litellm.spawn(read_all) }
    script:open("more")
    assert.same({ "end", "end", "end" }, (quick(litellm.all, readers)))
    assert.same({ "b", "c" }, seen)
  end)
end)

describe("the collector", function()
  it("may run at any moment", function()
    local _, client = setup.script({ { sse = { reply.text("a"), { delay = 0.001 }, reply.text("b"), reply.finish(),
      reply.DONE }, repeats = true } })
    local texts = litellm.map(times(10, tostring), function()
      collectgarbage()
      local stream = assert(client:completion(setup.stream()))
      collectgarbage()
      local text = {}
      while true do
        local chunk = stream:read()
        collectgarbage()
        if not chunk then
          return table.concat(text)
        end
        text[#text + 1] = chunk.choices[1].delta.content
      end
    end)
    assert.same(times(10, function()
      return "ab"
    end), texts)
  end)

  it("takes tasks that ended, and nothing that waits", function()
    local seen = setmetatable({}, { __mode = "k" })
    local woken = false
    seen[litellm.spawn(function()
      litellm.sleep(0.002)
      woken = true
    end)] = "waits"
    for _ = 1, 100 do
      seen[litellm.spawn(function() end)] = "ended"
    end
    collectgarbage()
    collectgarbage()
    local count = 0
    for _ in pairs(seen) do
      count = count + 1
    end
    assert.is_true(count <= 3, count) -- A register may hold another.
    litellm.sleep(0.004)
    assert.is_true(woken)
  end)

  it("closes the connection of a coroutine that was abandoned in a stream", function()
    local script, client = setup.script({ { sse = { reply.text("a"), { wait = "never" } } } }, { timeout = 60 })
    do
      local reader = coroutine.wrap(function()
        local stream = assert(client:completion(setup.stream()))
        coroutine.yield(stream:read())
        stream:read()
      end)
      assert.equal("a", reader().choices[1].delta.content)
    end
    for _ = 1, 3 do
      collectgarbage()
    end
    assert.truthy(script:all_closed())
  end)

  it("finds no more after 2,000 tasks than after 1,000", function()
    local function spell()
      for _ = 1, 1000 do
        local task = litellm.spawn(function()
          litellm.sleep(0)
        end)
        if _ % 3 == 0 then
          task:cancel()
        end
        if _ % 5 == 0 then
          litellm.spawn(error, "x"):await()
        end
      end
      settle()
      collectgarbage()
      collectgarbage()
      return collectgarbage("count")
    end
    spell()
    local before = spell()
    assert.is_true(spell() - before < 20)
  end)
end)
