--- What may follow where a line of the prompt ends: names of globals and fields,
--- methods behind a colon, keywords. Nothing is run for it: tables are read raw, and
--- of metatables only an `__index` that is a table. Where it is a function, the
--- metatable may have `__names`, a list of tables whose keys are the names; what is
--- behind such a name is asked for in the usual way.

local keywords = require("litellm.host.inspect").KEYWORDS
local sorted_keys = require("litellm.tables").sorted_keys

local M = {}

local INHERITED = 20 -- steps from one `__index` to the next
local SHOWN = 200    -- names at once

-- Whether the text ends inside a string or a comment.
local function is_quoted(text)
  local at = 1
  while true do
    local from, to, mark = text:find("([\"'%-%[])", at)
    if not from then return false end
    if mark == "-" then
      if text:sub(from, from + 1) == "--" then return true end
    elseif mark == "[" then
      local equals = text:match("^%[(=*)%[", from)
      if equals then
        to = select(2, text:find("]" .. equals .. "]", from, true))
        if not to then return true end
      end
    else
      repeat -- An escaped quote ends nothing.
        to = select(2, text:find("[\\" .. mark .. "]", to + 1))
        if not to then return true end
        local escape = text:sub(to, to) == "\\"
        if escape then to = to + 1 end
      until not escape
    end
    at = to + 1
  end
end

-- The last key of a path, and the text before it.
local function last_key(text)
  local before, name = text:match("^(.-)([%a_][%w_]*)$")
  if name then return name, before, true end
  local number
  before, number = text:match("^(.*)%[(%d+)%]$")
  if number then return tonumber(number), before end
  local quote
  before, quote, name = text:match("^(.*)%[([\"'])([^\"'\\]*)%2%]$")
  if quote then return name, before end
end

-- `a.b[1]` as { "a", "b", 1 }; nil when it is anything else.
local function read_path(text)
  local path = {}
  while true do
    local key, before, named = last_key(text)
    if key == nil then return nil end
    table.insert(path, 1, key)
    if named then
      if before:sub(-1) ~= "." or before:sub(-2) == ".." then
        return not before:find("[%w%])\"':]$") and path or nil
      end
      before = before:sub(1, -2)
    end
    text = before
  end
end

local function metatable_of(value)
  local mt = debug.getmetatable(value)
  return type(mt) == "table" and mt or {}
end

-- The tables that a field of the value is in.
local function tables_of(value)
  local list = {}
  while #list < INHERITED do
    if type(value) == "table" then list[#list + 1] = value end
    value = rawget(metatable_of(value), "__index")
    if type(value) ~= "table" then break end
  end
  return list
end

local function listed_by(value)
  local names = rawget(metatable_of(value), "__names")
  return type(names) == "table" and names or {}
end

local function find(tables, key)
  for _, each in ipairs(tables) do
    local found = rawget(each, key)
    if found ~= nil then return found end
  end
end

local function field(value, key)
  local found = find(tables_of(value), key)
  if found == nil and find(listed_by(value), key) ~= nil then found = value[key] end
  return found
end

local function follow(path, globals)
  local value = globals
  for _, key in ipairs(path) do
    value = field(value, key)
    if value == nil then return nil end
  end
  return value
end

local function is_name(key)
  return type(key) == "string" and key:find("^[%a_][%w_]*$") and not keywords[key]
end

-- Names that begin with `_` are shown to those who ask for them.
local function add_keys(found, t, typed)
  for key in next, t do
    if is_name(key) and key:sub(1, #typed) == typed and (typed ~= "" or key:sub(1, 1) ~= "_") then
      found[key] = true
    end
  end
end

local function add_fields(found, value, typed)
  for _, each in ipairs(tables_of(value)) do add_keys(found, each, typed) end
  for _, each in ipairs(listed_by(value)) do add_keys(found, each, typed) end
end

local function keep_methods(found, value)
  for key in pairs(found) do
    if type(field(value, key)) ~= "function" then found[key] = nil end
  end
end

--- The names that the one at the end of the text may become, sorted, and what of it
--- is there; nil where no name is being typed.
---@param text string
---@param globals table
---@return string[]? names
---@return string? typed
function M.names(text, globals)
  if is_quoted(text) then return nil end
  local before, typed = text:match("^(.-)([%a_]?[%w_]*)$")
  local separator, found = before:match("[.:]$"), {}
  if separator and not before:find("%.%.$") and not before:find("::$") then
    local path = read_path(before:sub(1, -2))
    local value = path and follow(path, globals)
    if value == nil then return {}, typed end
    add_fields(found, value, typed)
    if separator == ":" then keep_methods(found, value) end
  elseif not typed:find("^[%a_]") then
    return nil
  else
    add_fields(found, globals, typed)
    for word in pairs(keywords) do
      if word:sub(1, #typed) == typed then found[word] = true end
    end
  end
  return sorted_keys(found), typed
end

-- What all of the names, which are sorted, begin with.
local function common_start(names)
  local first, last, n = names[1], names[#names], 0
  while n < #first and first:byte(n + 1) == last:byte(n + 1) do n = n + 1 end
  return first:sub(1, n)
end

--- The names in columns, as many as fit in the width.
---@param names string[]
---@param width integer
---@return string
function M.columns(names, width)
  local widest, count = 0, math.min(#names, SHOWN)
  for i = 1, count do widest = math.max(widest, #names[i]) end
  local columns = math.max(1, math.floor((width + 1) / (widest + 2)))
  local rows, lines = math.ceil(count / columns), {}
  for row = 1, rows do
    local line = {}
    for i = row, count, rows do line[#line + 1] = names[i] .. (" "):rep(widest - #names[i] + 2) end
    lines[row] = table.concat(line):gsub("%s+$", "")
  end
  if #names > count then lines[#lines + 1] = ("... and %d more"):format(#names - count) end
  return table.concat(lines, "\n")
end

--- What Tab does behind this text: the text to insert, and what to show below it when
--- that leaves a choice. Where no name is typed it is the tab itself.
---@param text string
---@param globals table
---@param width integer
---@return string insertion
---@return string? shown
function M.complete(text, globals, width)
  local names, typed = M.names(text, globals)
  if not names then return "\t" end
  if #names == 0 then return "" end
  local more = common_start(names):sub(#typed + 1)
  if more ~= "" or #names == 1 then return more end
  return "", M.columns(names, width)
end

return M
