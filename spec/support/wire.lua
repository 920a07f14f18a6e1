-- Captured exchanges as steps of a script: spec/wire/NNN-name.http holds what a
-- LiteLLM proxy answered, byte for byte from the status line to the last chunk,
-- less the headers that say nothing.
local M = {}

local folder = debug.getinfo(1, "S").source:match("^@(.*)support/wire%.lua$") .. "wire/"
M.folder = folder

--- The names of all captures.
function M.files()
  local pipe = io.popen("ls '" .. folder .. "'")
  local list = pipe:read("*a")
  pipe:close()
  return list:gmatch("([^\n]+)%.http\n")
end

local function read(name)
  local file = assert(io.open(folder .. name .. ".http", "rb"))
  local bytes = file:read("*a")
  file:close()
  return bytes
end

--- The bytes of a capture in two: head and body.
function M.parts(name)
  local head, body = read(name):match("^(.-\r\n\r\n)(.*)$")
  return head, body
end

--- A step that answers with the capture. A body of no stated length ends when
--- the connection does.
function M.step(name)
  local head, body = M.parts(name)
  local lower = head:lower()
  local framed = lower:find("\r\ncontent-length:", 1, true) or lower:find("\r\ntransfer-encoding:", 1, true)
  local step = { raw = { head .. body } }
  if not framed or lower:find("\r\nconnection: close", 1, true) then
    step.ending = "close"
  end
  return step
end

--- The bytes in pieces of this size, as writes of a step.
function M.pieces(bytes, size)
  local list = {}
  for at = 1, #bytes, size do
    list[#list + 1] = bytes:sub(at, at + size - 1)
  end
  return list
end

return M
