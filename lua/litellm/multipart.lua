--- The fields of a multipart body: scalars as text, lists as name[] repeated,
--- `metadata` as JSON (the gateway reads it so), other maps as name[key].

local errors = require "litellm.errors"
local files = require "litellm.files"
local json = require "litellm.json"
local tables = require "litellm.tables"

local M = {}

local function scalar(value)
  if type(value) == "number" and value % 1 == 0 and value < 2 ^ 53 and value > -2 ^ 53 then
    return ("%d"):format(value)
  elseif type(value) == "number" then
    return (json.encode(value)) or tostring(value)
  end
  return tostring(value)
end

local add

local function add_table(parts, name, value)
  if #value > 0 then
    for _, each in ipairs(value) do
      local problem = add(parts, name .. "[]", each)
      if problem then return problem end
    end
    return
  end
  for _, key in ipairs(tables.sorted_keys(value)) do
    local problem = add(parts, ("%s[%s]"):format(name, tostring(key)), value[key])
    if problem then return problem end
  end
end

--- Adds a field; returns what is wrong with it, or nil.
function add(parts, name, value)
  local kind = type(value)
  if name == "metadata" and kind == "table" then
    local text, message = json.encode(value)
    if not text then return "metadata: " .. message end
    parts[#parts + 1] = { name = name, data = text }
  elseif kind == "table" then
    return add_table(parts, name, value)
  elseif kind == "string" or kind == "number" or kind == "boolean" then
    parts[#parts + 1] = { name = name, data = scalar(value) }
  elseif value ~= json.null then
    return ("%s: a %s cannot be sent"):format(name, kind)
  end
end

local function add_file(parts, field, value)
  local file, problem = files.resolve(field, value)
  if not file then return problem end
  parts[#parts + 1] = {
    name = field, data = file.data, path = file.path, filename = file.filename, content_type = file.content_type,
  }
end

local function add_files(parts, spec, value)
  local field = spec[1]
  if files.is_one(value) then return add_file(parts, field, value) end
  if not spec.many then
    error(("bad field '%s' (one file expected, got a list)"):format(field), 0)
  end
  for _, each in ipairs(value) do
    local problem = add_file(parts, field, each)
    if problem then return problem end
  end
end

--- The parts of a body: ordinary fields by name, then the files.
---@return table? parts
---@return litellm.Error? problem
function M.parts(fields, file_fields)
  local is_file, parts = {}, {}
  for _, spec in ipairs(file_fields) do is_file[spec[1]] = true end
  for _, name in ipairs(tables.sorted_keys(fields)) do
    local problem = not is_file[name] and add(parts, name, fields[name])
    if problem then return nil, errors.config(problem) end
  end
  for _, spec in ipairs(file_fields) do
    local value = fields[spec[1]]
    local problem = value ~= nil and add_files(parts, spec, value)
    if problem then return nil, problem end
  end
  return parts
end

return M
