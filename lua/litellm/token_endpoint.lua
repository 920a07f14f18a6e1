--- Asks for a token over HTTP and reads the answer, as OAuth 2 and Azure's own
--- services word it. Nothing that was secret in the request comes out in an error,
--- even where the other side repeats it.

local credential = require "litellm.credential"
local errors = require "litellm.errors"
local http = require "litellm.http"
local native = require "litellm.native"
local settings = require "litellm.settings"

local escape = require("litellm.route").escape

local M = {}

local DEFAULT_LIFETIME = 3600
local LIMIT = 30

-- Encoding --------------------------------------------------------------------------

--- A form or a query, its fields in the order of their names.
---@param fields table<string, string|number>
---@return string
function M.form(fields)
  local out = {}
  for name, value in pairs(fields) do out[#out + 1] = escape(name) .. "=" .. escape(value) end
  table.sort(out)
  return table.concat(out, "&")
end

--- What HTTP Basic sends of a client, its parts encoded first (RFC 6749, 2.3.1).
function M.basic(client_id, client_secret)
  return native.base64_encode(escape(client_id) .. ":" .. escape(client_secret))
end

-- Reading the answer ----------------------------------------------------------------

local function text_of(value)
  if type(value) == "table" then value = value.message or value.code end
  if type(value) == "string" and value ~= "" then return value end
end

--- Why there is no token, in the other side's words.
local function reason_of(status, json)
  if type(json) ~= "table" then return ("it answered with status %d"):format(status) end
  local code, said = text_of(json.error), text_of(json.error_description) or text_of(json.message)
  if code and said then return ("%s: %s (%d)"):format(code, said, status) end
  if code or said then return ("%s (%d)"):format(code or said, status) end
  if status >= 200 and status < 300 then return "its answer has no access_token" end
  return ("it answered with status %d"):format(status)
end

--- Secrets as they are and as they were sent.
local function forms_of(secrets)
  local out = {}
  for _, secret in ipairs(secrets) do
    out[#out + 1] = secret
    local escaped = escape(secret)
    if escaped ~= secret then out[#out + 1] = escaped end
  end
  return out
end

local function refusal(spec, answer, json)
  local secrets = forms_of(spec.secrets or {})
  local code = type(json) == "table" and text_of(json.error) or nil
  local reason = errors.redact(reason_of(answer.status, json), secrets)
  return credential.failure(("no token from %s: %s"):format(settings.host_of(spec.url), reason),
    { code = code and errors.redact(code, secrets) })
end

--- A number of seconds, also where it came as a text.
local function seconds(value)
  local n = tonumber(value)
  if n and n == n and n < math.huge then return math.max(n, 0) end
end

local function expiry_of(json)
  local lifetime = seconds(json.expires_in)
  if lifetime then return os.time() + lifetime end
  return seconds(json.expires_on) or os.time() + DEFAULT_LIFETIME
end

local function unanswered(spec, failure)
  return credential.failure(("no token from %s: %s"):format(settings.host_of(spec.url), failure.message))
end

-- Asking ----------------------------------------------------------------------------

---@class litellm.TokenRequest
---@field url string
---@field form table<string, string|number>? what is posted; without it, it is a GET
---@field headers string[]?
---@field secrets string[] what must appear in no message
---@field tries integer?
---@field backoff number?
---@field unanswered_once boolean?
---@field connect number?
---@field direct boolean?

local function http_request(spec)
  local headers = {}
  for i, line in ipairs(spec.headers or {}) do headers[i] = line end
  if spec.form then headers[#headers + 1] = "Content-Type: application/x-www-form-urlencoded" end
  return {
    url = spec.url, method = spec.form and "POST" or "GET", headers = headers,
    body = spec.form and M.form(spec.form), tries = spec.tries or 2, backoff = spec.backoff or 0.25, limit = LIMIT,
    unanswered_once = spec.unanswered_once, connect = spec.connect, direct = spec.direct,
  }
end

--- A token and when it expires; or nil, a typed error, and the status of the answer
--- if there was one, and whether that was JSON.
---@param spec litellm.TokenRequest
---@param context litellm.TokenContext
---@return string? token
---@return number|litellm.Error expires_on seconds since 1970, or the error
---@return integer? status
---@return boolean? is_json
function M.ask(spec, context)
  local answer, failure = http.fetch(http_request(spec), context)
  if not answer then return nil, unanswered(spec, failure) end
  local json = native.json_decode(answer.body)
  local is_json = type(json) == "table"
  local token = is_json and json.access_token
  if answer.status >= 200 and answer.status < 300 and type(token) == "string" and token ~= "" then
    return token, expiry_of(json)
  end
  return nil, refusal(spec, answer, json), answer.status, is_json
end

return M
