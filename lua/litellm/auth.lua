--- Tokens for the gateway: who gives them, how long they are kept, and that many
--- tasks that need one cause one request for it.

local credentials = require "litellm.credential"
local errors = require "litellm.errors"
local native = require "litellm.native"
local tables = require "litellm.tables"
local task = require "litellm.task"

local M = {}

local MARGIN = 60    -- a token is renewed so many seconds before its end,
local SHORT = 120    -- or after half of its life when that is shorter than this
local TICK = 0.01    -- timers may be early by so much
local RETRY_EARLY = 5 -- seconds between attempts to renew what still serves

-- Handlers ----------------------------------------------------------------------------

---@class litellm.ProxyAuthHandler
local Handler = {}
Handler.__index = Handler
Handler.__name = "litellm.ProxyAuthHandler"

local handlers = setmetatable({}, { __mode = "k" })

---@class litellm.ProxyAuthOptions
---@field credential litellm.Credential|table|fun(scope: string?, context: litellm.TokenContext): string?, number?
---@field scope string?

--- Authenticates every call with tokens of a credential: a
--- `GenericOAuth2Credential`, an `AzureADCredential`, a table with the method
--- `get_token(self, scope, context)`, or a function of the same results: a token and
--- when it expires (seconds since 1970; an hour from now when absent), or nil and a
--- message.
---@param options litellm.ProxyAuthOptions
---@return litellm.ProxyAuthHandler
function M.ProxyAuthHandler(options)
  credentials.check_options("ProxyAuthHandler", options, { credential = "table function", scope = "string" },
    { "credential" }, 2)
  if not credentials.is(options.credential) then
    error("bad option 'credential' to 'ProxyAuthHandler' (the table has no method get_token)", 2)
  end
  local self = setmetatable({}, Handler)
  handlers[self] = { credential = options.credential, scope = options.scope }
  return self
end

function Handler:__tostring()
  return "litellm.ProxyAuthHandler: " .. credentials.shown(handlers[self].credential)
end

local function resolve(handler)
  local known = handlers[handler] or { credential = handler }
  local identity, scope = credentials.identity(known.credential)
  return known.credential, known.scope or scope, identity
end

-- What is kept --------------------------------------------------------------------------

-- By what is equal in all equal credentials, or by the object where that is unknown;
-- in each, by scope: { token, renew_at, expires_at, flight }, on the monotonic clock.
local by_identity = {}
local by_object = setmetatable({}, { __mode = "k" })

local function entry_of(credential, scope, identity)
  local kept, key = by_object, credential
  if identity then kept, key = by_identity, identity end
  local entries = kept[key] or {}
  kept[key] = entries
  entries[scope or ""] = entries[scope or ""] or {}
  return entries[scope or ""]
end

local function in_use(entries, now)
  for _, entry in pairs(entries) do
    local flight = entry.flight
    if flight and not (flight.task and flight.task:done()) then return true end
    if entry.expires_at and entry.expires_at > now then return true end
  end
end

--- A program that makes credentials without end must not keep them all.
local function sweep(now)
  for identity, entries in pairs(by_identity) do
    if not in_use(entries, now) then by_identity[identity] = nil end
  end
end

local function keep(entry, token, expires_on)
  local now = native.now()
  local lifetime = math.max(expires_on - os.time(), 0)
  entry.token, entry.expires_at = token, now + lifetime
  entry.renew_at = now + (lifetime < SHORT and lifetime / 2 or lifetime - MARGIN)
  sweep(now)
end

-- One flight for all --------------------------------------------------------------------------

local function context_of(route, refused, due)
  return {
    refused = refused, due = due, timeouts = route.timeouts, tls = route.tls, proxy = route.proxy,
    no_proxy = route.no_proxy, log = route.log,
  }
end

--- Fetches a token in a task of its own: whoever asked first may be cancelled
--- while others wait.
local function start(entry, credential, scope, context)
  local flight = { due = context.due }
  entry.flight = flight
  flight.task = task.spawn(function()
    local token, expires_on = credentials.ask(credential, scope, context)
    if not token then return errors.fail(expires_on) end
    keep(entry, token, expires_on)
    return token
  end)
  return flight
end

local function is_past(due)
  return due ~= nil and native.now() >= due - TICK
end

--- The token of a flight, or nil and a typed error.
local function join(entry, flight, due)
  local token, message, detail = flight.task:await(due and math.max(due - native.now(), 0))
  local done = flight.task:done()
  if done and entry.flight == flight then entry.flight = nil end
  if done and token then return token end
  if is_past(due) then
    local why = done and ": " .. message or ""
    return nil, errors.timeout("the time was up before there was a token for the gateway" .. why)
  end
  if detail.kind == "cancelled" then return nil, detail end
  return nil, errors.new(tables.copy(credentials.failure_of(message, detail)))
end

local function serves(entry, refused, until_when)
  return entry.token and entry.token ~= refused and native.now() < entry[until_when]
end

--- A renewal that fails must not stop calls that the old token still serves.
local function old_one(entry, refused)
  if not serves(entry, refused, "expires_at") then return nil end
  entry.renew_at = math.min(native.now() + RETRY_EARLY, entry.expires_at)
  return entry.token
end

local RECURSION = "proxy_auth: the credential made a call that needs its own token; "
  .. "give that call another client, without proxy_auth"

local function obtain(handler, route, refused, due)
  local credential, scope, identity = resolve(handler)
  local entry = entry_of(credential, scope, identity)
  while not serves(entry, refused, "renew_at") do
    local flight = entry.flight
    if flight and not flight.task then return nil, credentials.failure(RECURSION) end
    if not flight or flight.task:done() then
      flight = start(entry, credential, scope, context_of(route, refused, due))
    end
    local token, detail = join(entry, flight, due)
    if token then return token end
    -- The time that a flight's starter had is not the time that we have.
    if is_past(due) or not is_past(flight.due) then
      token = detail.kind == "auth" and old_one(entry, refused)
      if token then return token end
      return nil, detail
    end
  end
  return entry.token
end

-- What calls use -------------------------------------------------------------------------

--- The token for a call: waits for it as calls wait. nil and a typed error when
--- there is none.
---@param handler any the setting `proxy_auth`
---@param route table of the call: its limits, TLS settings, proxy and log
---@param refused string? the token that the gateway refused
---@param left number? seconds until the call must be done
---@return string? token
---@return litellm.Error? detail
function M.token(handler, route, refused, left)
  local total = route.timeouts and route.timeouts.total
  if not left and total and total > 0 then left = total end
  return obtain(handler, route, refused, task.due(left and native.now() + left))
end

-- A provider's own 401 comes through with no type; another token would not help.
local ABOUT_TOKEN = { expired_key = true, auth_error = true, token_not_found_in_db = true }

--- Whether a refusal is about the token, so that a new one may be accepted.
---@param detail litellm.Error
function M.is_about_token(detail)
  return detail.status == 401 and ABOUT_TOKEN[detail.api_type] == true
end

--- A token from the handler's store: for requests that something else makes.
---@return string? token
---@return string? message
---@return litellm.Error? detail
function Handler:get_token()
  local token, detail = M.token(self, {})
  if token then return token end
  return errors.fail(detail)
end

--- The header that a call to the gateway needs.
---@return table<string, string>? headers
---@return string? message
---@return litellm.Error? detail
function Handler:get_auth_headers()
  local token, message, detail = self:get_token()
  if token then return { Authorization = "Bearer " .. token } end
  return nil, message, detail
end

return M
