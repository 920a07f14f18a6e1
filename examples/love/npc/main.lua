-- A character who answers the player in a stream.
--
--     litelua mock                            (or a real gateway)
--     love examples/love/npc

local litellm = require "litellm"
local talk = require("talk").new()
local scene = love.graphics and require "scene"
local utf8 = require "utf8"

litellm.blocking = false -- a call in the wrong place raises instead of freezing the game
litellm.api_base = litellm.api_base or os.getenv("LITELLM_PROXY_API_BASE") or "http://localhost:4000"

local typed, time = "", 0

function love.load()
  love.keyboard.setKeyRepeat(true)
  if scene then scene.load() end
end

function love.update(dt)
  time = time + dt
  litellm.step()
end

function love.draw()
  scene.draw(talk, typed, time)
end

function love.textinput(text)
  typed = typed .. text
end

function love.keypressed(key)
  if key == "backspace" then
    local last = utf8.offset(typed, -1)
    if last then typed = typed:sub(1, last - 1) end
  elseif key == "return" and typed ~= "" then
    talk:say(typed)
    typed = ""
  elseif key == "escape" and talk.state == "waiting" then
    love.event.quit()
  elseif key == "escape" then
    talk:interrupt()
  end
end

return talk
