--- What must be in nothing that is written down or shown: which headers and query
--- fields hold secrets, and how secrets come out of a text.

local errors = require "litellm.errors"

local M = {}

local WORDS = {
  authorization = true, cookie = true, cookies = true, secret = true, password = true, passwd = true, token = true,
  signature = true, credential = true, credentials = true, apikey = true, jwt = true,
}

-- Keys that open nothing.
local HARMLESS = { ["idempotency-key"] = true, ["x-litellm-cache-key"] = true }

--- Whether a name, of a header or of a field in a query, says that its value is
--- secret: one of its words is `token`, `secret` and the like, or `key` is its last.
---@param name string
function M.is_secret(name)
  name = name:lower()
  if HARMLESS[name] then return false end
  local last
  for word in name:gmatch("%w+") do
    if WORDS[word] then return true end
    last = word
  end
  return last == "key" or last == "sig"
end

--- The URL without passwords and without what is secret in its query.
---@param url string
function M.url(url)
  url = url:gsub("^(%a[%w+.-]*://)[^/?#]*@", "%1***@")
  return (url:gsub("([?&])([^=&#]*)=([^&#]*)", function(mark, name)
    if M.is_secret(name) then return mark .. name .. "=***" end
  end))
end

-- A text of fewer bytes is in too many others, and keeps nobody out.
local SHORTEST = 4

-- Keys of a gateway and tokens, whosever they are.
local function is_long(text)
  return #text >= 20
end

local function mask_known(text, secrets, mask)
  for _, secret in ipairs(secrets) do text = errors.replace(text, secret, mask(secret)) end
  return text
end

local function mask_likely(text, mask)
  text = text:gsub("%f[%w_-]sk%-[%w_-]+", function(key)
    if is_long(key) then return mask(key) end
  end)
  return (text:gsub("%f[%w_-]eyJ[%w_-]+%.eyJ[%w_-]+%.[%w_-]*", mask))
end

local function stars(secret)
  return ("*"):rep(#secret)
end

local function three_stars()
  return "***"
end

--- The text without these secrets, nor anything that looks like a gateway's key or
--- a JSON web token. `in_place`: it keeps its length.
---@param text string
---@param secrets string[]
---@param in_place boolean?
function M.mask(text, secrets, in_place)
  local mask = in_place and stars or three_stars
  return mask_likely(mask_known(text, secrets, mask), mask)
end

--- Adds a secret to a list, and the forms that it has inside of JSON: some writers
--- escape slashes. The longest come first: one may be the beginning of another.
function M.add(secrets, secret)
  if type(secret) ~= "string" or #secret < SHORTEST then return end
  for _, known in ipairs(secrets) do
    if known == secret then return end
  end
  local quoted = secret:gsub('["\\]', "\\%0")
  local slashed = quoted:gsub("/", "\\/")
  secrets[#secrets + 1] = secret
  if quoted ~= secret then secrets[#secrets + 1] = quoted end
  if slashed ~= quoted then secrets[#secrets + 1] = slashed end
  table.sort(secrets, function(a, b) return #a > #b end)
end

return M
