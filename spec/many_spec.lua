-- Many tasks at once: map, all and first.
local litellm = require("litellm")
local setup = require("support.setup")
local support = require("support.tasks")

local quick, times, settle = support.quick, support.times, support.settle
local patience, MANY = support.patience, support.MANY

support.watch(before_each, after_each)

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
