--- What the painter paints: a wish goes out, pixels come back. It knows nothing of
--- the screen.

local litellm = require "litellm"
local pictures = require "litellm.love"

local MODEL = os.getenv("PAINTER_MODEL") or "gpt-image-1"

local Studio = {}
Studio.__index = Studio

local function new()
  return setmetatable({ wish = nil, pixels = nil, problem = nil, number = 0 }, Studio)
end

-- Runs as a task: its waits are frames of the game.
local function paint(self)
  local res, message = litellm.image_generation{ model = MODEL, prompt = self.wish, size = "1024x1024" }
  if not res then
    self.problem = message
    return
  end
  self.pixels, self.problem = pictures.image_data(res.data[1])
  self.number = self.number + 1
end

function Studio:painting()
  return self.task ~= nil and not self.task:done()
end

--- Wishes for another picture; the one that was under way is given up.
function Studio:ask(wish)
  self:stop()
  self.wish, self.problem = wish, nil
  self.task = litellm.spawn(paint, self)
end

function Studio:stop()
  if self.task then self.task:cancel() end
end

return { new = new }
