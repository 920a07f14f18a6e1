--- Typed errors: what a call returns as its third value. The class names are
--- LiteLLM's. A class follows from the status, is refined by the error's code and
--- type, and last by the class that the gateway itself named in its message.

local M = {}

---@class litellm.Error
local Error = {}
Error.__index = Error
Error.__name = "litellm.error"

function Error:__tostring()
  return self.message
end

--- An error table of the fields given; `message` is made one line.
---@return litellm.Error
function M.new(fields)
  fields.type = fields.type or "APIError"
  fields.message = M.one_line(fields.message or fields.type)
  if fields.retryable == nil then fields.retryable = false end
  return setmetatable(fields, Error)
end

--- Whether a value is one of these errors.
function M.is(value)
  return getmetatable(value) == Error
end

--- nil, message, detail: what a function that failed returns.
function M.fail(detail)
  return nil, detail.message, detail
end

local LONGEST = 600
local NEXT_LINE, UNICODE_BREAKS = "\194\133", "\226\128[\168\169]"

--- The text in one line of bounded length.
function M.one_line(text)
  text = tostring(text):gsub(NEXT_LINE, " "):gsub(UNICODE_BREAKS, " ")
  text = text:gsub("[%s%c]+", " "):gsub("^ ", ""):gsub(" $", "")
  if #text <= LONGEST then return text end
  local cut = LONGEST
  -- not in the middle of a UTF-8 sequence
  while cut > 1 and text:byte(cut + 1) >= 0x80 and text:byte(cut + 1) < 0xC0 do cut = cut - 1 end
  return text:sub(1, cut) .. "..."
end

--- The text with `mask` wherever the secret stands. In pieces: a gateway that repeats
--- it a million times must not cost a million copies.
---@param text string
---@param secret string
---@param mask string
function M.replace(text, secret, mask)
  local from, to = text:find(secret, 1, true)
  if not from or secret == "" then return text end
  local pieces, at = {}, 1
  while from do
    pieces[#pieces + 1] = text:sub(at, from - 1)
    at = to + 1
    from, to = text:find(secret, at, true)
  end
  pieces[#pieces + 1] = text:sub(at)
  return table.concat(pieces, mask)
end

--- Takes secrets out of a text.
---@param text string
---@param secrets string[]
function M.redact(text, secrets)
  for _, secret in ipairs(secrets) do text = M.replace(text, secret, "***") end
  return text
end

-- Mistakes in the settings or the arguments, found before anything was sent.
function M.config(message, fields)
  fields = fields or {}
  fields.type = fields.type or "BadRequestError"
  fields.kind, fields.message = "config", message
  return M.new(fields)
end

function M.cancelled()
  return M.new{ type = "Cancelled", kind = "cancelled", message = "cancelled" }
end

--- Memory ran out while a part of an answer was in hand: it is missing in the rest.
function M.lost(host)
  return M.new{
    type = "APIError", kind = "memory",
    message = ("not enough memory: a part of the answer of %s is lost"):format(host),
  }
end

function M.timeout(message, fields)
  fields = fields or {}
  fields.type, fields.kind, fields.message = "Timeout", "timeout", message
  return M.new(fields)
end

-- From an answer ----------------------------------------------------------------

local BY_STATUS = {
  [400] = "BadRequestError", [401] = "AuthenticationError", [403] = "PermissionDeniedError",
  [404] = "NotFoundError", [408] = "Timeout", [409] = "ConflictError",
  [422] = "UnprocessableEntityError", [429] = "RateLimitError", [500] = "InternalServerError",
  [502] = "BadGatewayError", [503] = "ServiceUnavailableError", [504] = "Timeout",
}

local BY_CODE = {
  context_length_exceeded = "ContextWindowExceededError",
  content_policy_violation = "ContentPolicyViolationError",
  content_filter = "ContentPolicyViolationError",
  budget_exceeded = "BudgetExceededError",
  rate_limit_exceeded = "RateLimitError",
  insufficient_quota = "RateLimitError",
  invalid_api_key = "AuthenticationError",
}

-- Classes that say more than a status does: these win wherever the gateway names
-- them. The others count only where the status says nothing (200 and 500).
local SPECIFIC = {
  ContextWindowExceededError = true, ContentPolicyViolationError = true, BudgetExceededError = true,
  UnsupportedParamsError = true, RejectedRequestError = true, ImageFetchError = true,
}

local GENERIC = {
  BadRequestError = true, AuthenticationError = true, PermissionDeniedError = true, NotFoundError = true,
  RateLimitError = true, Timeout = true, UnprocessableEntityError = true, InternalServerError = true,
  BadGatewayError = true, ServiceUnavailableError = true, APIConnectionError = true, APIError = true,
}

-- The gateway loses the provider's code for these; only its words tell.
local BY_TEXT = {
  { "maximum context length", "ContextWindowExceededError" },
  { "context_length_exceeded", "ContextWindowExceededError" },
  { "content_policy_violation", "ContentPolicyViolationError" },
  { "content management policy", "ContentPolicyViolationError" },
  { "content policy", "ContentPolicyViolationError" },
  { "content filter", "ContentPolicyViolationError" },
}

--- The class for a status alone.
function M.class_of_status(status)
  return BY_STATUS[status] or (status and status >= 500 and "InternalServerError") or "APIError"
end

--- The gateway writes str(None) into its JSON.
local function present(value)
  if value == "None" or value == "" then return nil end
  return value
end

--- FastAPI's `loc`, as a prefix of its message.
local function path_of(loc)
  if type(loc) ~= "table" then return "" end
  local names = {}
  for i, name in ipairs(loc) do names[i] = tostring(name) end
  return #names > 0 and table.concat(names, ".") .. ": " or ""
end

--- A table as JSON, without what says nothing; nil when nothing is left.
local function rest_of(value, json)
  local rest = {}
  for key, each in pairs(value) do
    local said = each
    if type(each) == "string" then said = present(each) end
    if type(each) == "table" and next(each) == nil then said = nil end
    rest[key] = said
  end
  return next(rest) ~= nil and (json.encode(rest)) or nil
end

local function text_of(value, json)
  if type(value) == "string" then return present(value) end
  if type(value) ~= "table" then return value ~= nil and tostring(value) or nil end
  if type(value.error) == "string" then return value.error end
  if type(value.message) == "string" and present(value.message) then return value.message end
  if type(value[1]) == "table" and type(value[1].msg) == "string" then
    local first = value[1]
    return path_of(first.loc) .. first.msg
  end
  return rest_of(value, json)
end

--- The parts of an error object in any of the gateway's shapes:
--- {error={message,type,param,code}}, {error="text"}, {detail=...}, {message=...}
local function parse(body, json)
  if type(body) ~= "table" then return {} end
  local e = body.error
  if type(e) == "table" then
    return { message = text_of(e.message, json) or text_of(e, json),
      type = present(e.type), param = present(e.param), code = present(e.code) }
  end
  local detail = body.detail
  if type(detail) == "table" and type(detail.error) == "table" then return parse(detail, json) end
  return { message = text_of(e, json) or text_of(detail, json) or text_of(body.message, json),
    type = present(body.type), param = present(body.param), code = present(body.code) }
end

local function named_class(message)
  local name = message:match("litellm%.(%a+Error)") or (message:find("litellm.Timeout", 1, true) and "Timeout")
  return name
end

local function class_of(status, parts, message)
  local class = M.class_of_status(status)
  local by_code = BY_CODE[parts.code] or BY_CODE[parts.type]
  if by_code then return by_code end
  local named = named_class(message)
  if SPECIFIC[named] then return named end
  if class == "BadRequestError" or status == 200 then
    local lower = message:lower()
    for _, rule in ipairs(BY_TEXT) do
      if lower:find(rule[1], 1, true) then return rule[2] end
    end
  end
  if GENERIC[named] and (status == 200 or status == 500) then return named end
  return class
end

local YOUR_PATH = "the gateway has no such path; is api_base right?"
local YOUR_KEY = "is the key right? (api_key, LITELLM_PROXY_API_KEY)"

--- What to do about a refusal, where that can be told. Not every 401 is about our key:
--- the provider's own comes through, tags and fields can be forbidden. And a gateway
--- without a database has only those words for a key that is not its master key.
local function remedy_for(class, parts, message)
  if parts.type == "no_db_connection" then return YOUR_KEY end
  if class == "NotFoundError" and message == "Not Found" then return YOUR_PATH end
  if class ~= "AuthenticationError" then return nil end
  if message:find("^litellm%.") then return "so said the provider of the gateway's own key" end
  if message:find("Rejected Request", 1, true) or message:find("tags configuration", 1, true) then return nil end
  return YOUR_KEY
end

--- The gateway repeats the class at the front of its message. On some endpoints it
--- wraps what it says: 400: {'error': '/rerank: Invalid model name ...'}
local function strip_class(message, class)
  local rest = message:gsub("^litellm%." .. class .. ": ", ""):gsub("^" .. class .. ": ", "")
  return rest:match("^[%d: ]*{'error': '(.*)'}$") or rest
end

local function compose(class, status, message, parts)
  local text = class
  if status and status ~= 200 then text = ("%s (%d)"):format(class, status) end
  text = text .. ": " .. strip_class(message, class)
  local remedy = remedy_for(class, parts, message)
  return remedy and M.one_line(text) .. "; " .. remedy or text
end

local function numeric(code)
  local n = tonumber(code)
  return n and n >= 400 and n < 600 and n or nil
end

--- The error in an answer of the gateway.
---@param status integer? the answer's status
---@param body any its decoded body, or nil
---@param text string the body as it came
---@param fields table? further fields of the error
---@return litellm.Error
function M.from_answer(status, body, text, fields)
  local json = require "litellm.json"
  local parts = parse(body, json)
  local message = parts.message
  if not message then
    local seen = M.one_line(text or ""):sub(1, 200)
    local no_reason = type(body) == "table" and body.error ~= nil and "the gateway gave no reason"
    message = no_reason or seen ~= "" and seen or "the answer has no body"
  end
  -- An error inside a stream came with status 200; its code is the true one.
  local effective = status == 200 and numeric(parts.code) or status
  fields = fields or {}
  local class = class_of(effective, parts, message)
  fields.type, fields.kind = class, fields.kind or (status == 200 and "api" or "http")
  fields.status, fields.code, fields.param = effective, parts.code, parts.param
  fields.api_type, fields.body = parts.type, body or text
  fields.message = compose(class, effective, message, parts)
  return M.new(fields)
end

-- From the transport ------------------------------------------------------------

local TRANSPORT = {
  dns = { "APIConnectionError", "cannot find the host of %s: %s" },
  connect = { "APIConnectionError", "cannot connect to %s: %s; is the gateway running, and api_base right?" },
  tls = { "APIConnectionError", "no trusted connection to %s: %s; a private authority goes in tls.ca_file" },
  reset = { "APIConnectionError", "the connection to %s broke: %s" },
  protocol = { "APIConnectionError", "%s does not speak HTTP as it should: %s" },
  truncated = { "APIConnectionError", "the answer of %s was cut off: %s" },
  cancelled = { "Cancelled", "the request to %s was cancelled%.0s" },
  limit = { "APIError", "the answer of %s is too large: %s" },
  config = { "BadRequestError", "the request to %s cannot be sent: %s" },
  memory = { "APIError", "not enough memory for the request to %s%.0s" },
}

local PHASE = {
  connect = "no connection to %s within %g s (timeout.connect)",
  first_byte = "%s did not begin to answer within %g s (timeout.first_byte)",
  idle = "%s sent nothing more for %g s (timeout.idle)",
  total = "%s did not finish within %g s (timeout.total)",
}

-- How OpenSSL and GnuTLS say that the answer was no TLS at all.
local NO_TLS = { "wrong version number", "unexpected TLS packet" }
local PLAIN = { "APIConnectionError", "no trusted connection to %s: %s; does it speak http, not https?" }

local function rule_for(kind, reason)
  for _, words in ipairs(kind == "tls" and NO_TLS or {}) do
    if reason:find(words, 1, true) then return PLAIN end
  end
  return TRANSPORT[kind] or TRANSPORT.protocol
end

--- The error of a transfer that failed.
---@param kind string the kind that the transport gave
---@param reason string its message; for a timeout, the limit that was reached
---@param host string scheme and host, as far as a user may see them
---@param limits table the limits in force, in seconds
function M.from_transport(kind, reason, host, limits, fields)
  fields = fields or {}
  fields.kind = kind
  if kind == "timeout" then
    fields.phase = reason
    return M.timeout((PHASE[reason] or PHASE.total):format(host, limits[reason] or 0), fields)
  end
  local rule = rule_for(kind, reason)
  fields.type = rule[1]
  fields.message = rule[2]:format(host, reason)
  if reason:find("over the limit", 1, true) then fields.message = fields.message .. "; see the setting limits" end
  return M.new(fields)
end

return M
