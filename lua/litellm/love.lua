--- Pictures and voices of answers as LÖVE's objects. `litellm.step()` in `love.update`
--- is all that the calls themselves need.

local save = require "litellm.save"

local M = {}

local function lib(name)
  local love = rawget(_G, "love")
  return love and love[name] or error(("litellm.love needs LÖVE with its module love.%s"):format(name), 3)
end

-- What only a URL leads to is fetched into the game's save directory for a moment.
local function fetch(item)
  local filesystem = lib "filesystem"
  local name = ("litellm-%s.png"):format(tostring(item):match("%x+$"))
  filesystem.createDirectory("")
  local saved, message, detail = save(item, filesystem.getSaveDirectory() .. "/" .. name)
  if not saved then return nil, message, detail end
  local data
  data, message = filesystem.newFileData(name)
  filesystem.remove(name)
  return data, message
end

--- The pixels of an item of an image answer, for `love.graphics.newImage`: nil,
--- message, detail on failure. Waits, as a call does, where the item is a URL.
---@param item { b64_json: string?, url: string? } such as res.data[1]
---@return any? image_data
---@return string? message
---@return litellm.Error? detail
function M.image_data(item)
  local image, data = lib "image"
  if item.b64_json then
    data = lib("data").decode("data", "base64", item.b64_json)
  else
    local message, detail
    data, message, detail = fetch(item)
    if not data then return nil, message, detail end
  end
  local ok, result = pcall(image.newImageData, data)
  if ok then return result end
  return nil, tostring(result)
end

--- The sound of a speech answer, for `source:play()`. Ask for "wav", "mp3" or "opus"
--- in an Ogg container: LÖVE plays these.
---@param audio litellm.Audio
---@param format string? the format that was asked for; "wav" by default
---@return any? source
---@return string? message
---@return litellm.Error? detail
function M.source(audio, format)
  local bytes, message, detail = audio:bytes()
  if not bytes then return nil, message, detail end
  local data = lib("filesystem").newFileData(bytes, "speech." .. (format or "wav"))
  local ok, result = pcall(lib("audio").newSource, data, "static")
  if ok then return result end
  return nil, tostring(result)
end

return M
