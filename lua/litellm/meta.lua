--- What is known of an answer beside its body: `litellm.meta(res)`. The answer is
--- the metatable of the result, so that it lives as long as the result and shows in no
--- traversal of it. The record is made of it when it is asked for.

local native = require "litellm.native"

local M = {}

---@class litellm.Meta
local MARK = {}

local function value(text)
  if text == nil or text == "None" or text == "" then return nil end
  return text
end

--- Headers of a raw head: lower-case names; of repeated ones the last.
local function parse_head(head)
  local headers = {}
  for name, text in head:gmatch("([^\r\n:]+):[ \t]*([^\r\n]*)") do
    headers[name:lower()] = (text:gsub("[ \t]+$", ""))
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
local function ratelimit(headers)
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
local function cost_of(headers, usage)
  local cost = number(headers, "x-litellm-response-cost")
  if cost then return cost, "header" end
  cost = type(usage) == "table" and tonumber(usage.cost)
  if cost then return cost, "usage" end
end

local function fill(meta)
  local headers = parse_head(meta.transfer:head())
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
  meta.ratelimit = ratelimit(headers)
end

--- The record of an answer, see litellm.call.
function M.record(answer)
  if answer.meta then return answer.meta end
  answer.meta = {
    transfer = answer.transfer, status = answer.status, attempts = answer.attempts,
    elapsed = answer.elapsed or native.now() - answer.started, url = answer.url, endpoint = answer.endpoint.name,
  }
  return answer.meta
end

--- Ties a result to its answer.
function M.attach(result, answer)
  answer[MARK] = true
  if type(result) == "table" and getmetatable(result) == nil then setmetatable(result, answer) end
  return result
end

local function record_of(result)
  if type(result) ~= "table" then return nil end
  local own = rawget(result, "_meta")
  if own then return own end
  local answer = getmetatable(result)
  if type(answer) ~= "table" or not rawget(answer, MARK) then return nil end
  return M.record(answer)
end

--- What is known of a result, stream or audio: status, headers, call_id, cost (and
--- cost_source), attempts, elapsed, model_id, ratelimit and so on. nil for anything
--- that is no result of a call.
---@param result any
---@return litellm.Meta?
function M.of(result)
  local meta = record_of(result)
  if not meta then return nil end
  if not meta.headers then fill(meta) end
  if not meta.cost then meta.cost, meta.cost_source = cost_of(meta.headers, meta.usage or result.usage) end
  return meta
end

M.parse_head, M.ratelimit = parse_head, ratelimit

return M
