--- What the head of an answer says: its headers, and what LiteLLM's among them mean.

local M = {}

local function value(text)
  if text == nil or text == "None" or text == "" then return nil end
  return text
end

--- Headers of a raw head: lower-case names; of repeated ones the last.
---@param text string
---@return table<string, string>
function M.parse(text)
  local headers = {}
  for name, said in text:gmatch("([^\r\n:]+):[ \t]*([^\r\n]*)") do
    headers[name:lower()] = (said:gsub("[ \t]+$", ""))
  end
  return headers
end

local function number(headers, name)
  return tonumber(value(headers[name]) or "")
end

local SECONDS = { ms = 0.001, s = 1, m = 60, h = 3600, d = 86400 }

--- Seconds of "12", "6m0s" or "20ms"; of a moment since 1970, how long it is until then.
local function seconds(text)
  local n = tonumber(text)
  if n then return n > 1e9 and math.max(n - os.time(), 0) or n end
  local sum = 0
  local rest = text:gsub("([%d.]+)(%a+)", function(amount, unit)
    if not SECONDS[unit] or not tonumber(amount) then return nil end
    sum = sum + tonumber(amount) * SECONDS[unit]
    return ""
  end)
  return rest == "" and sum or nil
end

local READ = { limit = tonumber, remaining = tonumber, reset = seconds }

--- The limits in force, as numbers: limit_requests, remaining_tokens, reset_requests
--- (seconds) and so on; those of the gateway itself in tables named as what they are
--- set on: api_key, user, team. nil when there are none.
function M.ratelimit(headers)
  local out
  for name, text in pairs(headers) do
    local scope, what, unit = name:match("^x%-ratelimit%-(.-)%-?(%l+)%-([%l_]+)$")
    local n = READ[what] and READ[what](text)
    if n then
      out = out or {}
      local into = out
      if scope ~= "" then
        out[scope] = out[scope] or {}
        into = out[scope]
      end
      into[what .. "_" .. unit] = n
    end
  end
  return out
end

--- The cost of a call in dollars by the gateway's own figures, and where it stood. The
--- head has none when it is 0, nor that of a stream, which its usage may have.
function M.cost(headers, usage)
  local cost = number(headers, "x-litellm-response-cost")
  if cost then return cost, "header" end
  cost = type(usage) == "table" and tonumber(usage.cost)
  if cost then return cost, "usage" end
end

--- Adds to a record what the head of its transfer says.
function M.fill(meta)
  local headers = M.parse(meta.transfer:head())
  meta.headers = headers
  meta.call_id = value(headers["x-litellm-call-id"])
  meta.request_id = value(headers["x-request-id"])
  meta.model_id = value(headers["x-litellm-model-id"])
  meta.model_group = value(headers["x-litellm-model-group"])
  meta.model_api_base = value(headers["x-litellm-model-api-base"])
  meta.gateway_version = value(headers["x-litellm-version"])
  meta.key_spend = number(headers, "x-litellm-key-spend")
  meta.gateway_retries = number(headers, "x-litellm-attempted-retries")
  meta.gateway_fallbacks = number(headers, "x-litellm-attempted-fallbacks")
  meta.duration_ms = number(headers, "x-litellm-response-duration-ms")
  meta.overhead_ms = number(headers, "x-litellm-overhead-duration-ms")
  meta.ratelimit = M.ratelimit(headers)
end

return M
