--- Writes an image of an answer into a file, whether it came as base64 or as a URL.

local engine = require "litellm.engine"
local errors = require "litellm.errors"
local native = require "litellm.native"
local scheduler = require "litellm.scheduler"
local settings = require "litellm.settings"

local LIMITS = { connect = 10, first_byte = 60, idle = 60 }

local function write(path, text)
  local saved, message, errno = native.base64_to_file(text, path)
  if saved then return true end
  if not errno then message = ("cannot write '%s': %s"):format(path, message) end
  return errors.fail(errors.config(message))
end

--- Copies a body into the open file as it comes: nil or a problem.
local function copy(transfer, f, host)
  while true do
    local piece = transfer:read()
    if piece == false then break end
    if piece then
      local ok, message = f:write(piece)
      if not ok then return errors.config("cannot write: " .. message) end
    else
      scheduler.wait_for(transfer)
    end
  end
  local kind, reason = transfer:failure()
  if kind then return errors.from_transport(kind, reason, host, {}) end
  local status = transfer:status()
  if status < 200 or status >= 300 then
    return errors.from_answer(status, nil, ("the picture could not be fetched from %s"):format(host))
  end
end

--- No key goes along: the URL may lead anywhere.
local function fetch(url, path)
  scheduler.check_wait()
  local f, message = io.open(path, "wb")
  if not f then return errors.fail(errors.config("cannot write " .. message)) end
  local transfer = engine.get():transfer(native.profile(LIMITS), "GET", url)
  local problem = copy(transfer, f, settings.host_of(url))
  transfer:close()
  f:close()
  if not problem then return true end
  os.remove(path)
  return errors.fail(problem)
end

--- Writes an item of an image answer (`res.data[1]`) to `path`: true, or nil,
--- message, detail.
---@param item { b64_json: string?, url: string? }
---@param path string
---@return boolean?
---@return string? message
---@return litellm.Error? detail
return function(item, path)
  if type(item) ~= "table" then
    error(("bad argument #1 to 'save' (an item such as res.data[1] expected, got %s)"):format(type(item)), 2)
  end
  if type(path) ~= "string" then
    error(("bad argument #2 to 'save' (path expected, got %s)"):format(type(path)), 2)
  end
  if item.b64_json then return write(path, item.b64_json) end
  if type(item.url) ~= "string" then
    return errors.fail(errors.new{ kind = "parse", message = "the item has neither b64_json nor a url" })
  end
  local data = item.url:match("^data:[^,]*;base64,()")
  if data then return write(path, item.url:sub(data)) end
  if not item.url:find("^https?://") then
    return errors.fail(errors.new{ kind = "parse", message = "the item's url is neither http nor data" })
  end
  return fetch(item.url, path)
end
