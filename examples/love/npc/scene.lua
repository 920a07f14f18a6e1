--- Draws the island, the two on it, and their balloons.

local g = love.graphics

local M = {}

local WIDTH, GROUND = 960, 430
local INK, PAPER = { 0.10, 0.11, 0.20 }, { 0.97, 0.96, 0.90 }

local font, small

function M.load()
  font, small = g.newFont(18), g.newFont(13)
end

-- The place ---------------------------------------------------------------------------

local function sky()
  for y = 0, GROUND, 6 do
    local t = y / GROUND
    g.setColor(0.05 + 0.20 * t, 0.07 + 0.16 * t, 0.20 + 0.24 * t)
    g.rectangle("fill", 0, y, WIDTH, 6)
  end
  g.setColor(1, 1, 0.9, 0.8)
  for i = 1, 70 do g.points((i * i * 37.7) % WIDTH, (i * i * 13.1 + i * 91.3) % 260) end
  g.setColor(0.98, 0.96, 0.85)
  g.circle("fill", 820, 80, 34)
end

local function beam(time)
  local angle = math.sin(time * 0.4) * 0.5
  local x, y, length = 160, 132, 900
  g.setColor(1, 0.95, 0.6, 0.10)
  g.polygon("fill", x, y, x + length * math.cos(angle - 0.12), y + length * math.sin(angle - 0.12),
    x + length * math.cos(angle + 0.12), y + length * math.sin(angle + 0.12))
end

local function tower()
  g.setColor(0.88, 0.86, 0.82)
  g.polygon("fill", 120, GROUND, 200, GROUND, 186, 160, 134, 160)
  g.setColor(0.72, 0.22, 0.20)
  for i = 0, 2 do
    local y = 200 + i * 80
    g.polygon("fill", 132 - i * 4, y + 36, 188 + i * 4, y + 36, 186 + i * 4, y, 134 - i * 4, y)
  end
  g.setColor(0.15, 0.15, 0.2)
  g.rectangle("fill", 126, 152, 68, 10)
  g.setColor(1, 0.92, 0.55)
  g.rectangle("fill", 142, 116, 36, 36)
  g.setColor(0.15, 0.15, 0.2)
  g.polygon("fill", 134, 118, 186, 118, 160, 88)
end

local function ground(time)
  g.setColor(0.13, 0.22, 0.20)
  g.rectangle("fill", 0, GROUND, WIDTH, 110)
  g.setColor(0.20, 0.34, 0.48)
  for i = 0, 2 do
    local x = 700 + i * 40 + math.sin(time + i) * 8
    g.rectangle("fill", x, GROUND + 24 + i * 14, WIDTH - x, 8, 4, 4)
  end
end

-- The two -----------------------------------------------------------------------------

local function person(x, coat, hair, time, speaking)
  local bob = speaking and math.abs(math.sin(time * 9)) * 3 or math.sin(time * 1.6) * 1.5
  local y = GROUND - 4
  g.setColor(0, 0, 0, 0.25)
  g.ellipse("fill", x, y + 4, 30, 6)
  g.setColor(coat)
  g.polygon("fill", x - 28, y, x + 28, y, x + 14, y - 66 - bob, x - 14, y - 66 - bob)
  g.setColor(0.93, 0.78, 0.65)
  g.circle("fill", x, y - 84 - bob, 20)
  g.setColor(hair)
  g.arc("fill", x, y - 88 - bob, 21, math.pi, 2 * math.pi)
  g.setColor(INK)
  local blink = time % 4 < 0.12 and 0.5 or 2.5
  g.ellipse("fill", x - 7, y - 83 - bob, 2.5, blink)
  g.ellipse("fill", x + 7, y - 83 - bob, 2.5, blink)
  g.ellipse("fill", x, y - 73 - bob, 4, speaking and 1 + 3 * math.abs(math.sin(time * 12)) or 1)
end

-- Balloons ----------------------------------------------------------------------------

local function balloon(text, x, bottom, tail)
  local limit, pad = 330, 14
  local width, lines = font:getWrap(text, limit)
  width = math.max(width, 30)
  local height = math.max(#lines, 1) * font:getHeight()
  local left = math.max(12, math.min(x - width / 2, WIDTH - width - 2 * pad - 12))
  local top = bottom - height - 2 * pad
  g.setColor(PAPER)
  g.rectangle("fill", left, top, width + 2 * pad, height + 2 * pad, 12, 12)
  g.polygon("fill", x - 8, bottom - 1, x + 12, bottom - 1, tail, bottom + 22)
  g.setColor(INK)
  g.setFont(font)
  g.printf(text, left + pad, top + pad, limit)
end

local function dots(time)
  return ("."):rep(1 + math.floor(time * 3) % 3)
end

local function input(typed, time)
  g.setColor(0, 0, 0, 0.45)
  g.rectangle("fill", 24, 488, WIDTH - 48, 36, 8, 8)
  g.setColor(PAPER)
  g.setFont(font)
  g.print("> " .. typed .. (time % 1 < 0.5 and "_" or ""), 38, 495)
  g.setFont(small)
  g.setColor(1, 1, 1, 0.5)
  g.print("Enter: say it    Esc: interrupt, or leave", 24, 468)
end

function M.draw(talk, typed, time)
  sky()
  beam(time)
  ground(time)
  tower()
  person(370, { 0.20, 0.35, 0.55 }, { 0.45, 0.20, 0.12 }, time, talk.state == "speaking")
  person(750, { 0.45, 0.30, 0.20 }, { 0.12, 0.10, 0.10 }, time + 1, false)
  local said = talk.state == "thinking" and dots(time) or talk.said
  if said ~= "" then balloon(said, 380, 300, 374) end
  if talk.asked then balloon(talk.asked, 750, 300, 752) end
  input(typed, time)
end

return M
