-- A painter who paints what the player wishes for.
--
--     litelua mock                            (or a real gateway)
--     love examples/love/painter

local litellm = require "litellm"
local studio = require("studio").new()
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
  if scene then scene.update(studio, dt) end
end

function love.draw()
  scene.draw(studio, typed, time)
end

function love.textinput(text)
  typed = typed .. text
end

function love.keypressed(key)
  if key == "backspace" then
    local last = utf8.offset(typed, -1)
    if last then typed = typed:sub(1, last - 1) end
  elseif key == "return" and typed ~= "" then
    studio:ask(typed)
    typed = ""
  elseif key == "escape" and not studio:painting() then
    love.event.quit()
  elseif key == "escape" then
    studio:stop()
  end
end

return studio
