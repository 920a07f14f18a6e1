-- The scheduler: where a wait yields and where it drives, for whom, and what is left.
local litellm = require("litellm")
local setup = require("support.setup")
local reply = require("support.reply")
local support = require("support.tasks")

local quick, times, settle, says = support.quick, support.times, support.settle, support.says
local patience = support.patience
-- Lua can tell where it cannot yield: not so in 5.1 and 5.2.
local knows_where = coroutine.isyieldable and it or pending

support.watch(before_each, after_each)

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
    setup.collect()
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
    setup.collect()
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
