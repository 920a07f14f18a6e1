--- Values as a person reads them at the prompt of litelua: strings quoted, tables
--- indented, cut where they are deep, long or wide.

local M = {}

local WIDTH = 78        -- of a table that stays on one line
local DEPTH = 6         -- of nested tables
local ITEMS = 40        -- of a table
local TOTAL = 1000      -- of all tables in it
local COMPONENTS = 4    -- of a vector
local BYTES = 400       -- of a string inside a table

--- The words that are no names.
M.KEYWORDS = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or
  repeat return then true until while]]):gmatch("%a+") do M.KEYWORDS[word] = true end

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function quote(text)
  return '"' .. text:gsub('[%c"\\]', function(c)
    return ESCAPES[c] or ("\\%03d"):format(c:byte())
  end) .. '"'
end

-- A cut never falls inside a UTF-8 sequence.
local function quote_short(text)
  if #text <= BYTES then return quote(text) end
  local cut = BYTES
  while cut > 0 and (text:byte(cut + 1) or 0) >= 0x80 and text:byte(cut + 1) < 0xC0 do cut = cut - 1 end
  return ("%s... (%d bytes)"):format(quote(text:sub(1, cut)), #text)
end

local function type_name(value)
  local mt = getmetatable(value)
  return type(mt) == "table" and mt.__name or nil
end

local function vector(v)
  local shown = {}
  for i = 1, math.min(#v, COMPONENTS) do shown[i] = ("%.4g"):format(v[i]) end
  if #v > COMPONENTS then shown[#shown + 1] = "..." end
  return ("vector(%d) { %s }"):format(#v, table.concat(shown, ", "))
end

local function has_tostring(value)
  local mt = getmetatable(value)
  return type(mt) == "table" and mt.__tostring ~= nil
end

local function leaf(value)
  if type(value) == "string" then return quote_short(value) end
  if type_name(value) == "litellm.vector" then return vector(value) end
  if type(value) == "table" and has_tostring(value) then return "<" .. tostring(value) .. ">" end
  return tostring(value)
end

local function key_text(key)
  if type(key) ~= "string" then return "[" .. leaf(key) .. "]" end
  if key:match("^[%a_][%w_]*$") and not M.KEYWORDS[key] then return key end
  return "[" .. quote_short(key) .. "]"
end

local function before(a, b)
  local ta, tb = type(a), type(b)
  if ta ~= tb then return ta < tb end
  if ta == "number" or ta == "string" then return a < b end
  return tostring(a) < tostring(b)
end

-- The keys outside of 1..n, sorted.
local function other_keys(t, n)
  local keys = {}
  for key in next, t do
    local inside = type(key) == "number" and key >= 1 and key <= n and key % 1 == 0
    if not inside then keys[#keys + 1] = key end
  end
  table.sort(keys, before)
  return keys
end

local show

-- `state` is what holds for all of the value: the tables around this one, and how
-- many items may still be shown.
local function items(t, depth, state)
  local out, left = {}, 0
  local function add(prefix, value)
    if #out < ITEMS and state.left > 0 then
      state.left = state.left - 1
      out[#out + 1] = prefix .. show(value, depth + 1, state)
    else
      left = left + 1
    end
  end
  local n = rawlen and rawlen(t) or #t
  for i = 1, n do add("", rawget(t, i)) end
  for _, key in ipairs(other_keys(t, n)) do add(key_text(key) .. " = ", rawget(t, key)) end
  if left > 0 then out[#out + 1] = ("... and %d more"):format(left) end
  return out
end

local function fits(parts, depth)
  local width = 2 * depth + 4
  for _, part in ipairs(parts) do
    width = width + #part + 2
    if width > WIDTH or part:find("\n", 1, true) then return false end
  end
  return true
end

local function braces(parts, depth)
  if #parts == 0 then return "{}" end
  if fits(parts, depth) then return "{ " .. table.concat(parts, ", ") .. " }" end
  local indent = ("  "):rep(depth)
  return ("{\n%s  %s,\n%s}"):format(indent, table.concat(parts, ",\n  " .. indent), indent)
end

show = function(value, depth, state)
  if type(value) ~= "table" or has_tostring(value) then return leaf(value) end
  if state.around[value] then return "<above>" end
  if depth >= DEPTH then return next(value) == nil and "{}" or "{...}" end
  state.around[value] = true
  local text = braces(items(value, depth, state), depth)
  state.around[value] = nil
  return text
end

-- A text of several lines is shown as such, with brackets it does not contain.
local function long_brackets(text)
  local level = 0
  while text:find("]" .. ("="):rep(level) .. "]", 1, true) do level = level + 1 end
  local equals = ("="):rep(level)
  return ("[%s[\n%s]%s]"):format(equals, text, equals)
end

--- The value in a form to be read: Lua's syntax where it is possible.
---@return string
function M.inspect(value)
  if type(value) == "string" then
    if value:find("\n", 1, true) and not value:find("[%z\1-\8\11-\31\127]") then return long_brackets(value) end
    return quote(value)
  end
  return show(value, 0, { around = {}, left = TOTAL })
end

--- The text of what was raised: its own where it has one.
---@return string
function M.problem(value)
  if type(value) == "string" or has_tostring(value) then return tostring(value) end
  if type(value) == "table" then return "error object " .. M.inspect(value) end
  return ("(error object is a %s value)"):format(type(value))
end

return M
