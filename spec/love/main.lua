-- Plays in LÖVE what SPEC_PLAY names, says how it went, and quits. A player is a
-- coroutine that goes on once a frame.
local litellm = require("litellm")

litellm.api_base, litellm.api_key = os.getenv("SPEC_BASE"), "sk-spec"

local FRAME = 1 / 60

local function wait(condition, what)
  local give_up = love.timer.getTime() + 10
  while not condition() do
    if love.timer.getTime() > give_up then
      error("nothing came of it in time: " .. what)
    end
    coroutine.yield()
  end
end

local function type_in(words)
  love.textinput(words .. "x")
  love.keypressed("backspace")
  love.keypressed("return")
end

--- Loads an example; its own love.update and love.draw stay in charge.
local function open(name)
  local value = dofile("examples/love/" .. name .. "/main.lua")
  love.load()
  litellm.api_base = os.getenv("SPEC_BASE")
  return value
end

--- A picture of the window where there is one and SPEC_SHOT wants it.
local function shoot()
  local path = os.getenv("SPEC_SHOT")
  if not path or not love.graphics then
    return
  end
  local saved
  love.graphics.captureScreenshot(function(pixels)
    local f = assert(io.open(path, "wb"))
    f:write(pixels:encode("png"):getString())
    f:close()
    saved = true
  end)
  wait(function() return saved end, "screenshot")
end

local plays = {}

function plays.npc()
  local talk = open("npc")
  local grown, last = 0, nil
  type_in("Where is the key?")
  assert(talk.asked == "Where is the key?", talk.asked)
  assert(talk.state == "thinking", talk.state)
  wait(function()
    if talk.state == "speaking" and talk.said ~= last then
      grown, last = grown + 1, talk.said
    end
    return talk.state == "waiting"
  end, "an answer")
  assert(grown >= 3, "the balloon grew " .. grown .. " times")
  assert(talk.said == os.getenv("SPEC_ANSWER"), talk.said)
  shoot()
  type_in("And the lamp?")
  wait(function() return talk.state == "speaking" end, "the second answer")
  love.keypressed("escape")
  assert(talk.state == "waiting", talk.state)
  wait(function() return litellm.pending() == 0 end, "the end of the second answer")
  litellm.api_base = "http://127.0.0.1:1"
  litellm.num_retries = 0
  type_in("Hello?")
  wait(function() return talk.state == "waiting" end, "a failure")
  assert(talk.said:find("127.0.0.1", 1, true), talk.said)
end

function plays.painter()
  local studio = open("painter")
  type_in("a lighthouse on a cliff at sunset")
  assert(studio:painting())
  wait(function() return not studio:painting() end, "a picture")
  assert(studio.pixels, studio.problem)
  assert(studio.pixels:getWidth() == tonumber(os.getenv("SPEC_SIZE")), studio.pixels:getWidth())
  if love.graphics then
    local shown = love.timer.getTime() + 3
    wait(function() return love.timer.getTime() > shown end, "the strokes")
    shoot()
  end
  type_in("something else")
  love.keypressed("escape")
  wait(function() return litellm.pending() == 0 end, "the end")
end

--- How long each turn of the engine may wait, in milliseconds: told to `seen`.
local function watch_turns(seen)
  local methods = getmetatable(require("litellm.engine").get()).__index
  local turn = methods.turn
  methods.turn = function(engine, ms)
    seen(ms)
    return turn(engine, ms)
  end
end

--- Ten streams flow, begun one a frame, as players begin to talk: no step waits.
--- What the steps cost is printed, and nothing is made of it: the machine is shared.
function plays.frames()
  litellm.blocking = false
  local STREAMS, ANSWER = 10, os.getenv("SPEC_ANSWER")
  local begun, ended, worst, sum, frames, turns = 0, 0, 0, 0, 0, 0
  watch_turns(function(ms)
    turns = turns + 1
    assert(ms == 0, "a step waits")
  end)
  local function one()
    local stream = assert(litellm.completion({ model = "m", messages = { { content = "hi" } }, stream = true }))
    local said = {}
    for text in stream:text() do said[#said + 1] = text end
    assert(table.concat(said) == ANSWER, table.concat(said))
    ended = ended + 1
  end
  litellm.spawn(one)
  wait(function() -- The first one loads the core and connects.
    litellm.step()
    return ended == 1
  end, "the first stream")
  ended, turns = 0, 0
  wait(function()
    if begun < STREAMS then
      begun = begun + 1
      litellm.spawn(one)
    end
    local started = love.timer.getTime()
    litellm.step()
    local took = (love.timer.getTime() - started) * 1e3
    worst, sum, frames = math.max(worst, took), sum + took, frames + 1
    return ended == STREAMS
  end, "ten streams")
  assert(turns >= frames, "a frame without a turn")
  print(("step: worst %.2f ms, mean %.3f ms of %d frames"):format(worst, sum / frames, frames))
end

function plays.blocking()
  litellm.blocking = false
  local ok, message = pcall(litellm.models)
  assert(not ok and message:find("litellm.spawn", 1, true), message)
end

-- Frames -------------------------------------------------------------------------------

local player = coroutine.create(plays[os.getenv("SPEC_PLAY")])

function love.run()
  local update, draw
  love.timer.step()
  return function()
    local started = love.timer.getTime()
    for name, a in love.event.poll() do
      if name == "quit" then return a or 0 end
    end
    update, draw = love.update, love.draw
    local ok, problem = coroutine.resume(player)
    if not ok then
      io.stderr:write(debug.traceback(player, tostring(problem)), "\n")
      return 1
    end
    if update then update(love.timer.step()) end
    if love.graphics and draw then
      love.graphics.origin()
      love.graphics.clear()
      draw()
      love.graphics.present()
    end
    if coroutine.status(player) == "dead" then return 0 end
    love.timer.sleep(math.max(0, FRAME - (love.timer.getTime() - started)))
  end
end
