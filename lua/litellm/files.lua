--- Files of a call: a path, bytes, or an open Lua file, as a part of a multipart
--- body. A path is read from disk while it is sent.

local errors = require "litellm.errors"

local M = {}

---@class litellm.File
---@field data string?
---@field path string?
---@field filename string?
---@field content_type string?
local File = {}
File.__index = File
File.__name = "litellm.file"

local TYPES = {
  png = "image/png", jpg = "image/jpeg", jpeg = "image/jpeg", webp = "image/webp", gif = "image/gif",
  wav = "audio/wav", mp3 = "audio/mpeg", mp4 = "audio/mp4", m4a = "audio/mp4", ogg = "audio/ogg",
  flac = "audio/flac", webm = "audio/webm", opus = "audio/ogg",
  json = "application/json", jsonl = "application/jsonl", txt = "text/plain", pdf = "application/pdf",
}

local function type_of(name)
  return TYPES[(name:match("%.(%w+)$") or ""):lower()] or "application/octet-stream"
end

local KNOWN = { data = "string", filename = "string", content_type = "string", path = "string" }

local function check_table(t)
  for key, value in pairs(t) do
    if not KNOWN[key] then error(("unknown field '%s' of a file"):format(tostring(key)), 3) end
    if type(value) ~= KNOWN[key] then
      error(("field '%s' of a file: %s expected, got %s"):format(key, KNOWN[key], type(value)), 3)
    end
  end
  if (t.data == nil) == (t.path == nil) then error("a file has data or a path", 3) end
end

--- A file for the fields that take one.
---@param source string|{data: string?, path: string?, filename: string?, content_type: string?}
---@return litellm.File
function M.file(source)
  if type(source) == "string" then source = { path = source } end
  if type(source) ~= "table" then
    error(("bad argument #1 to 'file' (path or table expected, got %s)"):format(type(source)), 2)
  end
  check_table(source)
  local file = { data = source.data, path = source.path, filename = source.filename }
  file.filename = file.filename or (file.path and file.path:match("([^/\\]+)[/\\]*$")) or "upload"
  file.content_type = source.content_type or type_of(file.filename)
  return setmetatable(file, File)
end

--- Why a path cannot be sent, or nil. Opening a directory succeeds on Linux;
--- reading from it does not.
local function problem_of(path)
  local f, message = io.open(path, "rb")
  if not f then return message end
  local _, read_message = f:read(0)
  if not read_message then
    local size = f:seek("end")
    if not size or size > 2 ^ 62 then read_message = path .. ": is a directory" end
  else
    read_message = path .. ": " .. read_message
  end
  f:close()
  return read_message
end

local function from_handle(handle)
  local data, message = handle:read("*a")
  if not data then return nil, message end
  return M.file{ data = data }
end

--- The file that the value of a field means: nil, detail when it cannot be read.
function M.resolve(field, value)
  if type(value) == "string" then value = M.file(value) end
  if io.type(value) == "file" then
    local file, message = from_handle(value)
    if not file then return nil, errors.config(("%s: cannot read the open file: %s"):format(field, message)) end
    return file
  elseif io.type(value) == "closed file" then
    return nil, errors.config(("%s: the file is closed"):format(field))
  end
  if getmetatable(value) ~= File then
    error(("bad field '%s' (path, litellm.file or open file expected, got %s)"):format(field, type(value)), 0)
  end
  local problem = value.path and problem_of(value.path)
  if problem then return nil, errors.config(("%s: cannot read %s"):format(field, problem)) end
  return value
end

--- Whether a value is one file, not a list of them.
function M.is_one(value)
  return type(value) ~= "table" or getmetatable(value) == File
end

return M
