--- Draws the room, the easel with the picture, and the painter at work.

local g = love.graphics

local M = {}

local WIDTH, HEIGHT = 960, 540
local CANVAS = { x = 330, y = 60, size = 340 }
local SECONDS = 2.5 -- until a picture is uncovered

local font, small
local image, number, uncovered = nil, 0, 0

function M.load()
  font, small = g.newFont(18), g.newFont(13)
end

--- Takes over a picture that has come, and uncovers it stroke by stroke.
function M.update(studio, dt)
  if studio.number ~= number then
    number, uncovered = studio.number, 0
    image = studio.pixels and g.newImage(studio.pixels) or image
  end
  uncovered = math.min(1, uncovered + dt / SECONDS)
end

local function room()
  g.clear(0.86, 0.80, 0.70)
  g.setColor(0.52, 0.36, 0.24)
  g.rectangle("fill", 0, 430, WIDTH, HEIGHT - 430)
  g.setColor(0.45, 0.31, 0.20)
  for x = 0, WIDTH, 80 do g.line(x, 430, x - 60, HEIGHT) end
  g.setColor(0.62, 0.78, 0.88)
  g.rectangle("fill", 60, 70, 180, 200)
  g.setColor(0.95, 0.93, 0.88)
  g.setLineWidth(8)
  g.rectangle("line", 60, 70, 180, 200)
  g.line(150, 70, 150, 270)
  g.line(60, 170, 240, 170)
  g.setLineWidth(1)
end

local function easel()
  local c = CANVAS
  g.setColor(0.36, 0.24, 0.14)
  g.setLineWidth(10)
  g.line(c.x + 60, c.y - 20, c.x - 20, 480)
  g.line(c.x + c.size - 60, c.y - 20, c.x + c.size + 20, 480)
  g.line(c.x - 10, c.y + c.size + 8, c.x + c.size + 10, c.y + c.size + 8)
  g.setLineWidth(1)
  g.setColor(0.98, 0.97, 0.93)
  g.rectangle("fill", c.x, c.y, c.size, c.size)
end

-- The lowest row that is uncovered, wavy as a brush leaves it.
local function stroke(x)
  return CANVAS.size * uncovered + 10 * math.sin(x / 14) * (1 - uncovered)
end

local function picture()
  local c = CANVAS
  if not image then return end
  g.stencil(function()
    for x = 0, c.size - 4, 4 do g.rectangle("fill", c.x + x, c.y, 4, math.max(0, stroke(x))) end
  end, "replace", 1)
  g.setStencilTest("greater", 0)
  g.setColor(1, 1, 1)
  g.draw(image, c.x, c.y, 0, c.size / image:getWidth(), c.size / image:getHeight())
  g.setStencilTest()
end

local function painter(time, busy)
  local x, y = 780, 440
  local reach = busy and math.sin(time * 6) * 18 or 0
  g.setColor(0.25, 0.22, 0.35)
  g.polygon("fill", x - 40, y, x + 40, y, x + 20, y - 110, x - 20, y - 110)
  g.setColor(0.90, 0.75, 0.62)
  g.circle("fill", x, y - 134, 26)
  g.setColor(0.65, 0.15, 0.20)
  g.ellipse("fill", x + 4, y - 158, 34, 12)
  g.setLineWidth(9)
  g.setColor(0.25, 0.22, 0.35)
  g.line(x - 18, y - 100, x - 70, y - 120 + reach)
  g.setLineWidth(3)
  g.setColor(0.75, 0.6, 0.3)
  g.line(x - 70, y - 120 + reach, x - 104, y - 136 + reach)
  g.setLineWidth(1)
end

local function status(studio, time)
  if studio.problem then return "Alas: " .. studio.problem end
  if studio:painting() then return "painting" .. ("."):rep(math.floor(time * 3) % 4) end
  return studio.wish or "What shall I paint?"
end

function M.draw(studio, typed, time)
  room()
  easel()
  picture()
  painter(time, studio:painting() or (image ~= nil and uncovered < 1))
  g.setFont(font)
  g.setColor(0.15, 0.12, 0.10)
  g.printf(status(studio, time), CANVAS.x - 60, 424, CANVAS.size + 120, "center")
  g.setColor(0, 0, 0, 0.45)
  g.rectangle("fill", 24, 488, WIDTH - 48, 36, 8, 8)
  g.setColor(1, 1, 1)
  g.print("> " .. typed .. (time % 1 < 0.5 and "_" or ""), 38, 495)
  g.setFont(small)
  g.print("Enter: paint it    Esc: stop, or leave", 24, 468)
end

return M
