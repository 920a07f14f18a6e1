--- JSON. Reading is the core's, and so is writing what needs no thought; the rest is
--- written by lua-cjson, behind this seam.
---
--- Every version of lua-cjson gets some values wrong: one writes no `[]`, another only
--- 14 digits. The core looks the value over first. Where it finds such values, a copy
--- is written that holds strings in their place, and their text is put in after.
local native = require "litellm.native"

local M = {}

--- A null in what is sent. (In what is received, a null is an absent field.)
M.null = setmetatable({}, {
  __name = "litellm.null",
  __tostring = function() return "null" end,
  __newindex = function() error("litellm.null is read-only", 2) end,
})

--- Begins a string that stands for other JSON. No valid text contains this byte
--- and lua-cjson writes it as it is, so that nothing can be mistaken for it.
local MARK = "\255"

local INSTALL = "lua-cjson is needed to write JSON and was not found: install it with `luarocks install lua-cjson`, "
  .. "or the package lua-cjson of the system"

local cjson

--- An instance of our own: what the host sets on its own does not change what
--- we send, nor the other way round.
local function writer()
  local found
  if native.cjson then
    found = native.cjson()
  else
    local ok, module = pcall(require, "cjson")
    if module == "not enough memory" then error(module, 0) end
    if not ok then return nil, INSTALL end
    found = module.new()
  end
  cjson = found
  return cjson
end

local function copy(value)
  local raw = native.json_raw(value, M.null)
  if raw then return MARK .. raw end
  if type(value) ~= "table" then return value end
  local out = {}
  for k, v in next, value do out[k] = copy(v) end
  return out
end

local function substitute(text)
  local parts, from = {}, 1
  while true do
    local mark = text:find(MARK, from, true)
    if not mark then break end
    local quote = text:find('"', mark, true)
    parts[#parts + 1] = text:sub(from, mark - 2)
    parts[#parts + 1] = text:sub(mark + 1, quote - 1)
    from = quote + 1
  end
  parts[#parts + 1] = text:sub(from)
  return table.concat(parts)
end

--- Writes a value as JSON. Integers are exact, other numbers have as many of 17
--- digits as it takes to read them back. A table with the keys 1 to n is an
--- array, one with string keys an object, an empty one `{}`, unless `json.array`
--- marked it. The message names the place of what has no JSON.
---@param value any
---@return string? text
---@return string? message
function M.encode(value)
  local text = native.json_plain(value)
  if text then return text end
  local right, problem = native.json_lint(value, M.null)
  if problem then return nil, problem end
  local json, missing = cjson, nil
  if not json then json, missing = writer() end
  if not json then return nil, missing end
  if right then return json.encode(value) end
  return substitute(json.encode(copy(value)))
end

--- Reads a JSON document. A null is an absent field; in an array it leaves its
--- place empty. Numbers without point and exponent are integers.
---@param text string
---@return any value
---@return string? message
function M.decode(text)
  return native.json_decode(text)
end

--- Marks a table as an array, so that it is written as `[]` even when empty.
---@generic T: table
---@param list? T
---@return T
function M.array(list)
  if list ~= nil and (type(list) ~= "table" or list == M.null) then
    error(("bad argument #1 to 'array' (table expected, got %s)"):format(list == M.null and "null" or type(list)), 2)
  end
  return native.json_array(list)
end

return M
