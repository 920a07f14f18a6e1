--- The objects that stand for a credential. They hold nothing that could be seen:
--- what they know is here, and their `tostring` shows no secret.

local errors = require "litellm.errors"

local M = {}

--- What a credential's `get_token`, or a function in its place, is told besides
--- the scope. Everything in it may be absent.
---@class litellm.TokenContext
---@field refused string? the token that the gateway has just refused
---@field due number? by when the call must be done, on the library's clock
---@field timeouts table? the limits of the call that needs the token, in seconds
---@field tls table?
---@field proxy string?
---@field no_proxy string?
---@field log fun(event: table)?

---@class litellm.Credential
local Credential = {}
Credential.__index = Credential
Credential.__name = "litellm.credential"

local DEFAULT_LIFETIME = 3600

local private = setmetatable({}, { __mode = "k" })

local function own(self, method)
  return private[self] or error(("bad self of '%s' (a credential expected, got %s)"):format(method, type(self)), 3)
end

--- Fetches a token; nothing is remembered here. nil, message, detail when there is none.
---@param scope string?
---@param context litellm.TokenContext?
---@return string? token
---@return number|string expires_on seconds since 1970, or the message
---@return litellm.Error? detail
function Credential:get_token(scope, context)
  local known = own(self, "get_token")
  local token, expires_on = known.fetch(scope or known.scope, context or {})
  if token then return token, expires_on end
  return errors.fail(expires_on)
end

function Credential:__tostring()
  return own(self, "tostring").shown
end

--- Makes the object. `fetch(scope, context)` gives a token and when it expires, or
--- nil and a typed error. Equal `identity` means an equal credential; without one it
--- is equal to none.
---@param fields { shown: string, identity: string?, scope: string?, fetch: function }
---@return litellm.Credential
function M.new(fields)
  local self = setmetatable({}, Credential)
  private[self] = fields
  return self
end

--- What tells two credentials apart, and the scope that it is for unless another
--- is asked for; nil when it is none of ours.
function M.identity(credential)
  local known = private[credential]
  if known then return known.identity, known.scope end
end

--- The error of everything that prevents a token.
function M.failure(message, fields)
  fields = fields or {}
  fields.type, fields.kind, fields.message = "AuthenticationError", "auth", message
  return errors.new(fields)
end

-- Any credential ----------------------------------------------------------------------

--- Whether a value may stand for a credential.
function M.is(value)
  if type(value) == "function" then return true end
  return type(value) == "table" and type(value.get_token) == "function"
end

--- What may be shown of a credential.
function M.shown(credential)
  return private[credential] and private[credential].shown or "a " .. type(credential)
end

local function token_problem(token)
  if type(token) ~= "string" then return ("the credential gave a %s, not a token"):format(type(token)) end
  if token == "" then return "the credential gave an empty token" end
  if token:find("%c") then return "the token contains a line break or another control character" end
end

--- The error of a credential that gave none: its own, or one that says its message.
function M.failure_of(message, detail)
  if errors.is(detail) and detail.kind == "auth" then return detail end
  return M.failure("proxy_auth: " .. tostring(message or "the credential gave no token"))
end

--- Asks a credential of any kind: a token and when it expires, or nil and a typed
--- error.
---@param credential litellm.Credential|table|function
---@param scope string?
---@param context litellm.TokenContext
---@return string? token
---@return number|litellm.Error expires_on seconds since 1970, or the error
function M.ask(credential, scope, context)
  local token, expires_on, detail
  if type(credential) == "function" then
    token, expires_on, detail = credential(scope, context)
  else
    token, expires_on, detail = credential:get_token(scope, context)
  end
  if not token then return nil, M.failure_of(expires_on, detail) end
  if type(token) == "table" then token, expires_on = token.token, token.expires_on end
  local problem = token_problem(token)
  if problem then return nil, M.failure_of(problem) end
  if expires_on == nil then return token, os.time() + DEFAULT_LIFETIME end
  local at = tonumber(expires_on)
  if at and at == at then return token, at end
  return nil, M.failure_of("expires_on must be a number of seconds since 1970")
end

-- Options ---------------------------------------------------------------------------

local function check_value(class, name, value, kinds, level)
  if not (" " .. kinds .. " "):find(" " .. type(value) .. " ", 1, true) then
    error(("bad option '%s' to '%s' (%s expected, got %s)"):format(name, class, kinds:gsub(" ", " or "), type(value)),
      level + 1)
  end
  if type(value) == "string" and (value == "" or value:find("%c")) then
    error(("bad option '%s' to '%s' (it is empty or contains a control character)"):format(name, class), level + 1)
  end
end

--- Raises unless the options are known ones, of the kinds in `known`, and those in
--- `needed` are there.
---@param class string
---@param options table
---@param known table<string, string> name to one or more types
---@param needed string[]
function M.check_options(class, options, known, needed, level)
  level = level + 1
  if type(options) ~= "table" then
    error(("bad argument #1 to '%s' (table expected, got %s)"):format(class, type(options)), level)
  end
  for name, value in pairs(options) do
    if not known[name] then error(("unknown option '%s' to '%s'"):format(tostring(name), class), level) end
    check_value(class, name, value, known[name], level)
  end
  for _, name in ipairs(needed) do
    if options[name] == nil then error(("'%s' needs the option '%s'"):format(class, name), level) end
  end
end

--- Why this cannot be the address of those who hand out tokens, or nil.
function M.url_problem(url)
  if url:find("[%c%s]") then return "it contains a space or a control character" end
  if not url:find("^[Hh][Tt][Tt][Pp][Ss]?://[^/?#]") then return "it must begin with https:// and name a host" end
  if url:find("^%a+://[^/?#]*@") then return "it must not contain a password" end
end

--- One text for options, such that different options never give the same.
function M.identity_of(class, options)
  local out = {}
  for name, value in pairs(options) do
    if type(value) == "table" then value = M.identity_of("", value) end
    value = tostring(value)
    out[#out + 1] = ("%d:%s%d:%s"):format(#tostring(name), tostring(name), #value, value)
  end
  table.sort(out)
  return class .. "{" .. table.concat(out) .. "}"
end

return M
