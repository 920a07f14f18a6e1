--- JSON as a document: nulls and numbers as they stand, members in the order of
--- their names, so that two documents can be compared, and a file of one reads well.
---
--- A document is a string, or { literal = text } for numbers, booleans and null, or
--- { array = { document... } }, or { object = { name = document }, names = sorted }.

local json = require "litellm.json"
local native = require "litellm.native"

local M = {}

-- Making -----------------------------------------------------------------------------

function M.literal(text)
  return { literal = tostring(text) }
end

--- Seconds to the millisecond.
function M.seconds(n)
  return { literal = (("%.3f"):format(n):gsub("%.?0+$", "")) }
end

function M.array(items)
  return { array = items }
end

--- `first`: names that are written before the others, in this order.
function M.object(members, first)
  local names, taken = {}, {}
  for _, name in ipairs(first or {}) do
    if members[name] ~= nil then names[#names + 1] = name end
    taken[name] = true
  end
  local rest = {}
  for name in pairs(members) do
    if not taken[name] then rest[#rest + 1] = name end
  end
  table.sort(rest)
  for _, name in ipairs(rest) do names[#names + 1] = name end
  return { object = members, names = names }
end

-- Reading ------------------------------------------------------------------------------

local read

local function fail(at, what)
  error({ document = ("%s expected at byte %d"):format(what, at) }, 0)
end

local function skip(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local function read_string(text, at)
  local from = at + 1
  while true do
    local stop = text:find('["\\]', from)
    if not stop then fail(at, "the end of a string") end
    if text:byte(stop) == 34 then
      local value = native.json_decode(text:sub(at, stop))
      if type(value) ~= "string" then fail(at, "a string") end
      return value, stop + 1
    end
    from = stop + 2
  end
end

local function read_literal(text, at)
  local word = text:match("^[%w.+-]+", at)
  local n = word and tonumber(word)
  if not n and word ~= "true" and word ~= "false" and word ~= "null" then fail(at, "a value") end
  -- 1.0, 1e0 and 1 are one number
  if n and n % 1 == 0 and n > -2 ^ 53 and n < 2 ^ 53 then return { literal = ("%.0f"):format(n) }, at + #word end
  return { literal = word }, at + #word
end

local function read_list(text, at, close, item)
  at = skip(text, at + 1)
  if text:sub(at, at) == close then return at + 1 end
  while true do
    at = skip(text, item(at))
    local mark = text:sub(at, at)
    if mark == close then return at + 1 end
    if mark ~= "," then fail(at, "a comma or " .. close) end
    at = skip(text, at + 1)
  end
end

local function read_array(text, at)
  local items = {}
  local stop = read_list(text, at, "]", function(from)
    local next_at
    items[#items + 1], next_at = read(text, from)
    return next_at
  end)
  return { array = items }, stop
end

local function read_object(text, at)
  local members = {}
  local stop = read_list(text, at, "}", function(from)
    if text:sub(from, from) ~= '"' then fail(from, "a name") end
    local name, next_at = read_string(text, from)
    next_at = skip(text, next_at)
    if text:sub(next_at, next_at) ~= ":" then fail(next_at, "a colon") end
    members[name], next_at = read(text, skip(text, next_at + 1))
    return next_at
  end)
  return M.object(members), stop
end

local READERS = { ['"'] = read_string, ["["] = read_array, ["{"] = read_object }

function read(text, at)
  return (READERS[text:sub(at, at)] or read_literal)(text, at)
end

local function read_all(text)
  local value, at = read(text, skip(text, 1))
  at = skip(text, at)
  if at <= #text then fail(at, "the end") end
  return value
end

--- The document that a text is; nil and a message when it is none.
---@param text string
function M.read(text)
  local ok, value = pcall(read_all, text)
  if ok then return value end
  if type(value) == "table" and value.document then return nil, value.document end
  error(value, 0)
end

-- Writing ------------------------------------------------------------------------------

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(c)
  return ESCAPES[c] or ("\\u%04x"):format(c:byte())
end

function M.quote(text)
  return '"' .. text:gsub('[%z\1-\31"\\\127]', escape) .. '"'
end

--- Whether a text can stand in a document: whether it is UTF-8.
function M.is_text(text)
  local _, problem = native.json_lint(text, json.null)
  return problem == nil
end

local function is_flat(items)
  for _, item in ipairs(items) do
    if type(item) == "table" and not item.literal then return false end
  end
  return true
end

local put

local function put_list(out, items, open, close, indent, each)
  if #items == 0 then
    out[#out + 1] = open .. close
    return
  end
  local inner = indent and indent .. "  "
  for i, item in ipairs(items) do
    out[#out + 1] = i == 1 and open or ","
    if inner then out[#out + 1] = "\n" .. inner end
    each(item, inner)
  end
  if indent then out[#out + 1] = "\n" .. indent end
  out[#out + 1] = close
end

local function put_flat(out, items)
  local texts = {}
  for i, item in ipairs(items) do texts[i] = item.literal or M.quote(item) end
  out[#out + 1] = "[" .. table.concat(texts, ", ") .. "]"
end

function put(out, value, indent)
  if type(value) == "string" then
    out[#out + 1] = M.quote(value)
  elseif value.literal then
    out[#out + 1] = value.literal
  elseif value.array and indent and is_flat(value.array) then
    put_flat(out, value.array)
  elseif value.array then
    put_list(out, value.array, "[", "]", indent, function(item, inner) put(out, item, inner) end)
  else
    put_list(out, indent and value.names or M.object(value.object).names, "{", "}", indent, function(name, inner)
      out[#out + 1] = M.quote(name) .. (indent and ": " or ":")
      put(out, value.object[name], inner)
    end)
  end
end

--- The text of a document: in lines when `indent` (their first margin) is given;
--- otherwise equal documents have equal texts.
---@param value table|string
---@param indent string?
---@return string
function M.write(value, indent)
  local out = {}
  put(out, value, indent)
  return table.concat(out)
end

-- Comparing -----------------------------------------------------------------------------

local function shown(value)
  if value == nil then return "absent" end
  local text = M.write(value)
  if #text <= 60 then return text end
  return text:sub(1, 60):gsub("[\128-\255]+$", "") .. "..."
end

local function note(found, path, a, b)
  found.count = found.count + 1
  if found.count == 1 then found.path, found.first, found.second = path, shown(a), shown(b) end
end

local compare

local function compare_arrays(found, a, b, path)
  for i = 1, math.max(#a, #b) do compare(found, a[i], b[i], ("%s[%d]"):format(path, i)) end
end

local function compare_objects(found, a, b, path)
  local all = {}
  for name in pairs(a) do all[name] = true end
  for name in pairs(b) do all[name] = true end
  for _, name in ipairs(M.object(all).names) do
    compare(found, a[name], b[name], path == "" and name or path .. "." .. name)
  end
end

function compare(found, a, b, path)
  if type(a) == "table" and type(b) == "table" then
    if a.array and b.array then return compare_arrays(found, a.array, b.array, path) end
    if a.object and b.object then return compare_objects(found, a.object, b.object, path) end
    if a.literal and a.literal == b.literal then return end
  elseif a == b then
    return
  end
  note(found, path, a, b)
end

--- What differs: { count, path, first, second }, the last three of the first
--- difference.
function M.difference(a, b)
  local found = { count = 0 }
  compare(found, a, b, "")
  return found
end

return M
