-- What is dangerous for a library that waits in coroutines and lives in C, on each
-- Lua: only what no other spec has; spec/README.md says where the rest is.
local child = require("support.child")
local reply = require("support.reply")
local setup = require("support.setup")
local system = require("support.system")
local litellm = setup.litellm
local gw = setup.gw

local closes = _VERSION == "Lua 5.4" and it or pending
-- Where __gc of a table is called, and Lua knows where it cannot yield.
local finalises = coroutine.isyieldable and not rawget(_G, "jit") and it or pending
local yields_nowhere = setup.yields_anywhere and pending or it

local ok = { json = reply.chat("hi"), repeats = true }
local endless = { sse = { reply.text("a"), reply.text("b"), { wait = "never" } }, repeats = true }

--- Lets the tasks run until this one is done.
local function await(task)
  return assert(task:await(5))
end

describe("a wait inside a task of PUC 5.1", function()
  local _, client = setup.script({ { sse = { reply.text("a"), { delay = 0.01 }, reply.text("b"), reply.finish(),
    reply.DONE }, repeats = true } })

  local function open()
    return assert(client:completion(setup.stream()))
  end

  yields_nowhere("through pcall, an iterator or a metamethod is an error of that place alone", function()
    local function wait()
      litellm.sleep(0.001)
    end
    for _, place in ipairs({
      function() assert(pcall(wait)) end,
      function() for _ in wait do error("not reached") end end,
      function() return setmetatable({}, { __index = wait }).x end,
      function() for _ in open() do wait() end end,
    }) do
      local task = litellm.spawn(place)
      local detail = setup.failed(task:await(5))
      assert.matches("attempt to yield across", detail.message)
    end
    assert.equal("fine", await(litellm.spawn(function()
      wait()
      return "fine"
    end)))
  end)

  it("as a loop over read, as a function called by hand, and through __call works, as everywhere", function()
    local texts = {}
    local function add(text)
      texts[#texts + 1] = text
    end
    await(litellm.spawn(function()
      local stream = open()
      while true do
        local chunk = stream:read()
        if not chunk then
          break
        end
        add(chunk.choices[1].delta.content)
      end
      local iterate, state = open():text()
      add(iterate(state))
      add(iterate(state))
      stream = open()
      add(stream().choices[1].delta.content)
      add(stream().choices[1].delta.content)
      stream:close()
      return true
    end))
    assert.same({ "a", "b", "a", "b", "a", "b" }, texts)
  end)
end)

describe("a wait inside what C calls", function()
  local knows_where = coroutine.isyieldable and it or pending

  knows_where("drives: tostring, load and what they call", function()
    local _, client = setup.script({ ok })
    local shown, loaded
    await(litellm.spawn(function()
      shown = tostring(setmetatable({}, {
        __tostring = function()
          return assert(client:completion(setup.chat())).choices[1].message.content
        end,
      }))
      local pieces = { "return ", "7", nil }
      local at = 0
      loaded = load(function()
        litellm.sleep(0.001)
        at = at + 1
        return pieces[at]
      end)()
      return true
    end))
    assert.equal("hi", shown)
    assert.equal(7, loaded)
  end)
end)

describe("an abandoned coroutine", function()
  closes("that is closed closes the stream in its loop at once", function()
    local script, client = setup.script({ endless })
    local reader = coroutine.create(function()
      for _ in client:completion(setup.stream()) do
        coroutine.yield("read one")
      end
    end)
    assert.same({ true, "read one" }, { coroutine.resume(reader) })
    assert.is_true((coroutine.close(reader)))
    assert.truthy(script:all_closed())
  end)
end)

describe("the end of a state", function()
  it("takes streams, tasks, calls and engines in any order", function()
    local script = gw:script({ endless })
    local output, status = child.run(([[
      local litellm, core = require("litellm"), require("litellm.core")
      litellm.api_base = "%s"
      local args = { model = "m", messages = { { role = "user", content = "x" } }, stream = true }
      local function open() return assert(litellm.completion(args)) end
      Early, Task = open(), litellm.spawn(function() open():result() end)
      Early:read()
      Iterator = open():text()
      assert(Iterator() == "a")
      litellm.acompletion(args)
      local profile = core.profile{ headers = {}, collect = true }
      local function transfer(engine) return engine:transfer(profile, "GET", "%s/x", nil, 5, {}) end
      -- Closed by hand, the engine goes before what it holds; without, in the order of the collector.
      local by_hand = core.engine()
      Left = { transfer(by_hand), transfer(by_hand) }
      by_hand:turn(0)
      by_hand:close()
      by_hand:close()
      assert(Left[1]:done() and Left[1]:failure() == "cancelled")
      assert(not pcall(by_hand.turn, by_hand, 0))
      Engine = core.engine()
      Other = transfer(Engine)
      Engine = nil
      collectgarbage()
      Other:close()
      Last = { core.engine() }
      Last[2] = transfer(Last[1])
      io.write("end")
    ]]):format(script.base, script.base))
    assert.equal("end", output)
    assert.equal(0, status)
  end)
end)

describe("a handler that closes", function()
  closes("may wait", function()
    local _, client = setup.script({ ok })
    local code = [[
      local wait, after = ...
      do
        local guard <close> = setmetatable({}, { __close = function() wait("left") end })
      end
      pcall(function()
        local guard <close> = setmetatable({}, { __close = function() wait("failed") end })
        error("on purpose")
      end)
      after()
    ]]
    local seen = {}
    local function wait(how)
      litellm.sleep(0.001)
      seen[#seen + 1] = how .. " " .. assert(client:completion(setup.chat())).choices[1].message.content
    end
    await(litellm.spawn(function()
      assert(load(code))(wait, function() seen[#seen + 1] = "after" end)
      return true
    end))
    assert.same({ "left hi", "failed hi", "after" }, seen)
  end)

  finalises("may call and close when the collector calls it, in a task too", function()
    local _, client = setup.script({ ok })
    local _, streams = setup.script({ endless })
    local seen
    local function make()
      return setmetatable({}, {
        __gc = function()
          local result = assert(client:completion(setup.chat()))
          assert(streams:completion(setup.stream())):close()
          seen = result.choices[1].message.content
        end,
      })
    end
    for _, run in ipairs({ function(f) f() return true end, function(f) return await(litellm.spawn(f)) end }) do
      seen = nil
      run(function()
        make()
        for _ = 1, 3 do
          collectgarbage()
        end
        litellm.sleep(0.001)
        return true
      end)
      assert.equal("hi", seen)
    end
  end)
end)

describe("a finalizer that runs while a stream is read", function()
  local function garbage(f)
    if rawget(_G, "newproxy") then
      getmetatable(newproxy(true)).__gc = f
    else
      setmetatable({}, { __gc = f })
    end
  end

  local WAYS = {
    read = function(stream) return (stream:read()) end,
    text = function(_, next_text) return next_text() end,
    chunks = function(stream) return stream() end,
    partial = function(stream)
      stream:partial()
      return (stream:read())
    end,
  }

  local words, want = { reply.delta({ role = "assistant", content = "" }) }, {}
  for i = 1, 60 do
    want[i] = ("word%d "):format(i):rep(20)
    words[#words + 1] = reply.text(want[i])
    if i == 30 then words[#words + 1] = { delay = 0.001 } end
  end
  words[#words + 1] = reply.finish()
  words[#words + 1] = reply.DONE
  local _, client = setup.script({ { sse = words, repeats = true } })

  --- Reads a stream, with this garbage to be collected from the n-th step on.
  local function read_all(way, n, f)
    local stream = assert(client:completion(setup.stream()))
    local next_text, step = (stream:text()), 0
    collectgarbage()
    collectgarbage("stop")
    local pause = collectgarbage("setpause", 0)
    pcall(function()
      repeat
        step = step + 1
        if step == n then
          garbage(function() return (f(stream)) end) -- no tail call: levels count
          collectgarbage("restart")
        end
      until not WAYS[way](stream, next_text)
    end)
    collectgarbage("setpause", pause)
    collectgarbage("restart")
    return stream
  end

  it("may close it, however that is read", function()
    for way in pairs(WAYS) do
      for n = 1, 60, 3 do
        local stream = read_all(way, n, function(stream) stream:close() end)
        -- Where the collector was late it came to its end before.
        assert.equal(stream:state() == "complete", (stream:result()) ~= nil)
        assert.not_equal("open", stream:state())
      end
    end
  end)

  local function turn()
    -- Not where a hook has the collector run, just before the engine waits.
    local inside = debug.getinfo(3, "Sf")
    if not inside or inside.what ~= "C" or inside.func == collectgarbage then return garbage(turn) end
    for _ = 1, 5 do litellm.wait(1) end
  end

  local function check_turns(prepare)
    for way in pairs(WAYS) do
      for n = 1, 60, 6 do
        prepare()
        local stream = read_all(way, n, turn)
        assert.equal(table.concat(want), assert(stream:result()).choices[1].message.content)
      end
    end
  end

  it("may have the engine turn in its middle", function()
    check_turns(function() end)
  end)

  --- Reads a stream, the second chunk of which comes when `act` says so: called where a
  --- finalizer may run, between the reader's look and its wait.
  local function read_second(act)
    local source, place = assert(io.open("lua/litellm/scheduler.lua")), nil
    for line in source:lines() do
      place = (place or 0) + 1
      if line:find("register(transfer, id, flag)", 1, true) then break end
    end
    source:close()
    local script, a_client = setup.script({ { sse = { reply.text("a"), { wait = "more" }, reply.text("b"),
      reply.finish(), reply.DONE } } })
    local stream = assert(a_client:completion(setup.stream()))
    assert.equal("a", stream:read().choices[1].delta.content)
    local other, acted = litellm.spawn(litellm.sleep, 2), false -- a wait must be one of several
    debug.sethook(function(_, at)
      if at ~= place or acted or not debug.getinfo(2, "S").source:find("scheduler.lua", 1, true) then return end
      acted = true
      act(stream, script)
    end, "l")
    local good, chunk, _, detail = pcall(stream.read, stream)
    debug.sethook()
    assert.is_true(acted and good, chunk)
    assert.is_true(other:cancel()) -- nothing had to time out for it
    return chunk, detail
  end

  it("may take in what comes just before the reader waits for it", function()
    local chunk = read_second(function(_, script)
      script:open("more")
      for _ = 1, 20 do litellm.wait(5) end
    end)
    assert.equal("b", chunk.choices[1].delta.content)
  end)

  it("may close it just before the reader waits for more", function()
    local chunk, detail = read_second(function(stream) stream:close() end)
    assert.is_nil(chunk)
    assert.equal("cancelled", detail.kind)
  end)

  it("may have a recording go on in its middle", function()
    local directory = os.tmpname()
    os.remove(directory)
    assert(litellm.cassette.record(directory))
    assert(client:completion(setup.stream())):result()
    litellm.cassette.stop()
    local went_well, message = pcall(check_turns, function()
      litellm.cassette.stop()
      assert(litellm.cassette.replay(directory, { speed = 1 }))
    end)
    litellm.cassette.stop()
    os.execute("rm -rf '" .. directory .. "'")
    assert.is_true(went_well, message)
  end)
end)

describe("an error of a hook while a stream is read", function()
  -- As an interrupt brings it.
  local function interrupt()
    if debug.getinfo(2, "S").what == "Lua" then error("interrupted") end
  end

  -- Where loops over streams run in C.
  finalises("loses nothing of it: what was seen is there when more has come", function()
    local rest = ("more "):rep(40000)
    local script, client = setup.script({ { sse = { reply.text("a"), reply.text("b"),
      reply.delta({ content = "c", refusal = "no" }), { wait = "more" }, reply.text(rest), reply.finish(),
      reply.DONE } } })
    local stream = assert(client:completion(setup.stream()))
    local next_text = stream:text()
    assert.equal("ab", next_text() .. next_text())
    local went_on = coroutine.resume(coroutine.create(function()
      debug.sethook(interrupt, "c")
      next_text()
    end))
    assert.is_false(went_on)
    script:open("more")
    litellm.wait(200)
    litellm.wait(50)
    assert.equal("abc" .. rest, assert(stream:result()).choices[1].message.content)
  end)
end)

describe("a coroutine that is dead and collected", function()
  it("leaves the streams and tasks it made working", function()
    local _, client = setup.script({ { sse = { reply.text("a"), { delay = 0.02 }, reply.text("b"), reply.finish(),
      reply.DONE }, repeats = true } })
    local made = {}
    for i = 1, 5 do
      coroutine.wrap(function()
        local stream = assert(client:completion(setup.stream()))
        stream:read()
        made[i] = { stream, stream:text(), client:acompletion(setup.stream()) }
      end)()
    end
    for _ = 1, 3 do
      collectgarbage()
    end
    for _, each in ipairs(made) do
      assert.equal("b", each[2]())
      assert.equal("ab", each[1]:result().choices[1].message.content)
      assert.equal("ab", await(each[3]):result().choices[1].message.content)
    end
  end)
end)

describe("a callback", function()
  it("may call, close, cancel, step and wait", function()
    local script, other = setup.script({ ok })
    local _, slow = setup.script({ { raw = { "stall" }, repeats = true } })
    local _, streams = setup.script({ endless })
    local events, busy = 0, false
    local function meddle()
      if busy then
        return
      end
      busy = true
      events = events + 1
      local stream = assert(streams:completion(setup.stream()))
      local task = slow:acompletion(setup.chat())
      litellm.step()
      assert(other:completion(setup.chat()))
      assert.truthy(stream:read())
      stream:close()
      task:cancel()
      litellm.wait(0)
      litellm.run(litellm.sleep, 0.001)
      litellm.spawn(function() litellm.sleep(0.001) end)
      busy = false
    end
    local client = setup.client(gw:script({ { status = 500, body = "{}" }, ok }), {
      num_retries = 1, log = meddle,
      proxy_auth = function()
        meddle()
        return "token"
      end,
    })
    local before = litellm.pending() -- In litelua the spec itself is a task.
    for _, run in ipairs({ function(f) return f() end, function(f) return await(litellm.spawn(f)) end }) do
      assert.equal("hi", run(function()
        return assert(client:completion(setup.chat())).choices[1].message.content
      end))
    end
    assert.is_true(events >= 8, events)
    assert.equal(events, script:count())
    litellm.wait(20)
    assert.equal(before, litellm.pending())
  end)

  it("that raises is the error of its own call; others go on, and nothing stays open", function()
    local script, quiet = setup.script({ { delay = 0.02, json = reply.chat("hi") } })
    local loud = setup.client(gw:script({ ok }), {
      log = function(event)
        if event.event == "response" then
          error("the log is full")
        end
      end,
    })
    local before = litellm.pending()
    local other = quiet:acompletion(setup.chat())
    local fine, problem = pcall(loud.completion, loud, setup.chat())
    assert.is_false(fine)
    assert.matches("dangers_spec%.lua:%d+: the log is full", tostring(problem))
    local detail = setup.failed(loud:acompletion(setup.chat()):await(5))
    assert.matches("the log is full", detail.message)
    assert.matches("dangers_spec", detail.traceback)
    assert.equal("hi", await(other).choices[1].message.content)
    assert.equal(1, script:count())
    assert.equal(before, litellm.pending())
  end)
end)

describe("light userdata", function()
  it("is nothing that C puts into Lua: LuaJIT on ARM has no room for its bits", function()
    local sources = system.output("ls src/binding/*.c")
    assert.not_equal("", sources)
    for path in sources:gmatch("[^\n]+") do
      assert.is_nil(system.read(path):find("lua_pushlightuserdata", 1, true), path)
    end
  end)
end)

describe("the module", function()
  it("may be loaded twice in one state", function()
    local script = gw:script({ ok })
    local output, status = child.run(([[
      local args = { api_base = "%s", model = "m", messages = { { role = "user", content = "x" } } }
      local first = require("litellm")
      local task = first.acompletion(args)
      for name in pairs(package.loaded) do
        if name:find("^litellm") then package.loaded[name] = nil end
      end
      local second = require("litellm")
      assert(first ~= second)
      local vector = require("litellm.vector")
      io.write(second.completion(args).choices[1].message.content, " ",
        task:await().choices[1].message.content, " ", #vector{ 1, 2 })
    ]]):format(script.base))
    assert.equal("hi hi 2", output)
    assert.equal(0, status)
  end)

  it("of another Lua is told from one that is broken", function()
    local other = _VERSION == "Lua 5.4" and "5.1" or "5.4"
    local path = ("build/%s/?.so"):format(other)
    local file = io.open((path:gsub("%?", "litellm/core")), "rb")
    if not file then
      return pending("build/" .. other .. " is not built")
    end
    file:close()
    local code = "package.cpath = %q print(select(2, pcall(require('litellm').step), pcall(require('litellm').fd)))"
    local output = child.run(code:format(path))
    local message = "build/%s/litellm/core.so was built for another Lua; you run Lua"
    assert.truthy(output:find(message:format(other), 1, true), output)
    assert.matches("make module LUA=[%w.]+", output)
    -- Where luarocks puts it, below a project.
    local folder = os.tmpname()
    os.remove(folder)
    local command = "mkdir -p %s/lua_modules/litellm && echo broken >%s/lua_modules/litellm/core.so"
    system.run(command:format(folder, folder))
    output = child.run(code:format(folder .. "/lua_modules/?.so"))
    system.run("rm -r " .. folder)
    assert.matches("core%.so could not be loaded: ", output)
  end)
end)

describe("a clock that is set", function()
  it("moves no limit, no wait and no token", function()
    local script, client = setup.script({ ok })
    local real_time, real_clock = os.time, os.clock
    local fetched, shift = 0, 0
    local function now(...)
      return real_time(...) + (select("#", ...) == 0 and shift or 0)
    end
    finally(function()
      os.time, os.clock = real_time, real_clock -- luacheck: ignore 122
    end)
    os.time, os.clock = now, function() return real_clock() + shift end -- luacheck: ignore 122
    local authed = client:with({
      proxy_auth = function()
        fetched = fetched + 1
        return "token-" .. fetched, os.time() + 3600
      end,
    })
    assert(authed:completion(setup.chat()))
    for _, jump in ipairs({ 1e6, -1e6 }) do
      shift = jump
      local before = setup.now()
      litellm.sleep(0.02)
      assert(authed:completion(setup.chat()))
      local stalled = setup.client(gw:script({ { raw = { "stall" } } }), { timeout = 0.05 })
      assert.equal("timeout", setup.failed(stalled:completion(setup.chat())).kind)
      assert.is_nil((litellm.deadline(0.05, litellm.sleep, 60)))
      local took = setup.now() - before
      assert.is_true(took >= 0.11 and took < 2, took)
    end
    assert.equal(1, fetched)
    assert.equal("Bearer token-1", script:last().headers.authorization)
  end)
end)

describe("an error that nobody catches", function()
  it("is printed as its message by every interpreter", function()
    local script = gw:script({ reply.error(400, "no such model"), repeats = true })
    local output, status = child.run(([[
      assert(require("litellm").completion{ api_base = "%s", api_key = "sk-secret-1",
        model = "m", messages = { { role = "user", content = "x" } } })
    ]]):format(script.base))
    assert.matches("BadRequestError %(400%): no such model", output)
    assert.is_nil(output:find("sk-secret", 1, true))
    assert.equal(1, status)
  end)
end)
