-- Captured exchanges as steps of a script: spec/wire/NNN-name.http holds what a
-- LiteLLM proxy answered, byte for byte from the status line to the last chunk,
-- less the headers that say nothing.
local M = {}

local folder = debug.getinfo(1, "S").source:match("^@(.*)support/wire%.lua$") .. "wire/"

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

--- The JSON or the text of a capture, free of its chunks.
function M.body(name)
  local head, body = M.parts(name)
  if not head:lower():find("\r\ntransfer-encoding: chunked", 1, true) then
    return body
  end
  local pieces, at = {}, 1
  while true do
    local size, from = body:match("^(%x+)\r\n()", at)
    size = tonumber(size, 16)
    if size == 0 then
      return table.concat(pieces)
    end
    pieces[#pieces + 1] = body:sub(from, from + size - 1)
    at = from + size + 2
  end
end

return M
