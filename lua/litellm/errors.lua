--- Typed errors: what a call returns as its third value. The class names are
--- LiteLLM's.

local lazy = require "litellm.lazy"

local refusal = lazy "litellm.refusal"

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

--- The error in an answer of the gateway; see litellm.refusal.
---@param status integer? the answer's status
---@param body any its decoded body, or nil
---@param text string the body as it came
---@param fields table? further fields of the error
---@return litellm.Error
function M.from_answer(status, body, text, fields)
  return refusal.from_answer(status, body, text, fields)
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
