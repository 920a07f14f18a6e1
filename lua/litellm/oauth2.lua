--- The client credentials grant of OAuth 2 (RFC 6749, 4.4), at any provider.

local credential = require "litellm.credential"
local settings = require "litellm.settings"
local token_endpoint = require "litellm.token_endpoint"

local CLASS = "GenericOAuth2Credential"

local KNOWN = {
  client_id = "string", client_secret = "string", token_url = "string", client_auth = "string", extra = "table",
  scope = "string",
}

-- These have options of their own.
local RESERVED = { grant_type = true, client_id = true, client_secret = true, scope = true }

---@class litellm.OAuth2Options
---@field client_id string
---@field client_secret string
---@field token_url string where tokens are asked for
---@field client_auth "post"|"basic"|nil the client's name and secret in the form (the default), or as HTTP Basic
---@field extra table<string, string|number>? more fields of the form, as in { audience = "..." }
---@field scope string? when none is asked for

local function check_extra(extra, level)
  for name, value in pairs(extra) do
    if type(name) ~= "string" or (type(value) ~= "string" and type(value) ~= "number") then
      error(("bad option 'extra' to '%s' (strings or numbers by name expected)"):format(CLASS), level + 1)
    end
    if RESERVED[name] then
      error(("bad option 'extra' to '%s' ('%s' does not belong there)"):format(CLASS, name), level + 1)
    end
  end
end

local function check(options, level)
  level = level + 1
  credential.check_options(CLASS, options, KNOWN, { "client_id", "client_secret", "token_url" }, level)
  local problem = credential.url_problem(options.token_url)
  if problem then error(("bad option 'token_url' to '%s' (%s)"):format(CLASS, problem), level) end
  local how = options.client_auth
  if how and how ~= "post" and how ~= "basic" then
    error(("bad option 'client_auth' to '%s' ('post' or 'basic' expected, got '%s')"):format(CLASS, how), level)
  end
  if options.extra then check_extra(options.extra, level) end
end

--- Later changes of the caller's table change nothing.
local function copy(options)
  local out = {}
  for name, value in pairs(options) do out[name] = type(value) == "table" and copy(value) or value end
  return out
end

local function token_request(options, scope)
  local id, secret = options.client_id, options.client_secret
  local form = { grant_type = "client_credentials", scope = scope }
  for name, value in pairs(options.extra or {}) do form[name] = value end
  local secrets = { secret }
  if options.client_auth == "basic" then
    local basic = token_endpoint.basic(id, secret)
    secrets[2] = basic
    return { url = options.token_url, form = form, headers = { "Authorization: Basic " .. basic }, secrets = secrets }
  end
  form.client_id, form.client_secret = id, secret
  return { url = options.token_url, form = form, secrets = secrets }
end

--- A credential that asks `token_url` for tokens. Give it to a `ProxyAuthHandler`, or
--- as the setting `proxy_auth` itself. Equal credentials share their tokens.
---@param options litellm.OAuth2Options
---@return litellm.Credential
return function(options)
  check(options, 2)
  options = copy(options)
  return credential.new{
    scope = options.scope, identity = credential.identity_of(CLASS, options),
    shown = ("litellm.%s: %s at %s"):format(CLASS, options.client_id, settings.host_of(options.token_url)),
    fetch = function(scope, context) return token_endpoint.ask(token_request(options, scope), context) end,
  }
end
