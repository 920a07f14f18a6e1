--- The error in an answer that is one. Its class follows from the status, is refined by
--- the error's code and type, and last by the class that the gateway itself named in its
--- message.

local errors = require "litellm.errors"
local json = require "litellm.json"

local M = {}

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

local function class_of_status(status)
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
local function rest_of(value)
  local rest = {}
  for key, each in pairs(value) do
    local said = each
    if type(each) == "string" then said = present(each) end
    if type(each) == "table" and next(each) == nil then said = nil end
    rest[key] = said
  end
  return next(rest) ~= nil and (json.encode(rest)) or nil
end

local function text_of(value)
  if type(value) == "string" then return present(value) end
  if type(value) ~= "table" then return value ~= nil and tostring(value) or nil end
  if type(value.error) == "string" then return value.error end
  if type(value.message) == "string" and present(value.message) then return value.message end
  if type(value[1]) == "table" and type(value[1].msg) == "string" then
    local first = value[1]
    return path_of(first.loc) .. first.msg
  end
  return rest_of(value)
end

--- The parts of an error object in any of the gateway's shapes:
--- {error={message,type,param,code}}, {error="text"}, {detail=...}, {message=...}
local function parse(body)
  if type(body) ~= "table" then return {} end
  local e = body.error
  if type(e) == "table" then
    return { message = text_of(e.message) or text_of(e),
      type = present(e.type), param = present(e.param), code = present(e.code) }
  end
  local detail = body.detail
  if type(detail) == "table" and type(detail.error) == "table" then return parse(detail) end
  return { message = text_of(e) or text_of(detail) or text_of(body.message),
    type = present(body.type), param = present(body.param), code = present(body.code) }
end

local function named_class(message)
  local name = message:match("litellm%.(%a+Error)") or (message:find("litellm.Timeout", 1, true) and "Timeout")
  return name
end

local function class_of(status, parts, message)
  local class = class_of_status(status)
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
  return remedy and errors.one_line(text) .. "; " .. remedy or text
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
  local parts = parse(body)
  local message = parts.message
  if not message then
    local seen = errors.one_line(text or ""):sub(1, 200)
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
  return errors.new(fields)
end

return M
