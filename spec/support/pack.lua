-- Lua values as bytes, for the conversation between the specs and their server:
-- binary strings whole, and the same bytes from every Lua version.
local M = {}

local write = {}

local function put(out, value)
  write[type(value)](out, value)
end

write["nil"] = function(out)
  out[#out + 1] = "N"
end

function write.boolean(out, value)
  out[#out + 1] = value and "T" or "F"
end

function write.number(out, value)
  out[#out + 1] = ("n%.17g;"):format(value)
end

function write.string(out, value)
  out[#out + 1] = "s" .. #value .. ":"
  out[#out + 1] = value
end

function write.table(out, value)
  out[#out + 1] = "{"
  for k, v in pairs(value) do
    put(out, k)
    put(out, v)
  end
  out[#out + 1] = "}"
end

function M.encode(value)
  local out = {}
  put(out, value)
  return table.concat(out)
end

local function take(bytes, at)
  local tag = bytes:sub(at, at)
  if tag == "n" then
    local text, next_at = bytes:match("^([^;]*);()", at + 1)
    local number = tonumber(text)
    if math.type and number % 1 == 0 and number > -2 ^ 53 and number < 2 ^ 53 then
      number = math.tointeger(number)
    end
    return number, next_at
  elseif tag == "s" then
    local length, from = bytes:match("^(%d+):()", at + 1)
    local to = from + tonumber(length)
    return bytes:sub(from, to - 1), to
  elseif tag == "{" then
    local value = {}
    at = at + 1
    while bytes:sub(at, at) ~= "}" do
      local key, after = take(bytes, at)
      value[key], at = take(bytes, after)
    end
    return value, at + 1
  elseif tag == "T" or tag == "F" then
    return tag == "T", at + 1
  end
  assert(tag == "N", "support.pack: not packed bytes")
  return nil, at + 1
end

function M.decode(bytes)
  return (take(bytes, 1))
end

return M
