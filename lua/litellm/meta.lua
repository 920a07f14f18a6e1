--- What is known of an answer beside its body: `litellm.meta(res)`. The record is
--- the metatable of the result, so that it costs one table, lives as long as the
--- result, and shows in no traversal of it. It is read from the raw head on demand.

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

local function ratelimit(headers)
  local out
  for _, what in ipairs{ "limit", "remaining", "reset" } do
    for _, unit in ipairs{ "requests", "tokens" } do
      local text = value(headers[("x-ratelimit-%s-%s"):format(what, unit)])
      if text then
        out = out or {}
        out[what .. "_" .. unit] = tonumber(text) or text
      end
    end
  end
  return out
end

local function usage_cost(usage)
  return type(usage) == "table" and tonumber(usage.cost) or nil
end

--- The cost of a call in dollars by the gateway's own figures, and where it stood.
local function cost_of(headers, result)
  local cost = number(headers, "x-litellm-response-cost")
  if cost then return cost, "header" end
  cost = type(result) == "table" and usage_cost(rawget(result, "usage"))
  if cost then return cost, "usage" end
end

local function fill(meta, result)
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
  meta.cost, meta.cost_source = cost_of(headers, result)
end

--- A record for an answer; `attach` ties it to the result.
function M.new(fields)
  fields[MARK] = true
  return fields
end

function M.attach(result, meta)
  if type(result) == "table" and getmetatable(result) == nil then setmetatable(result, meta) end
  return result
end

local function record_of(result)
  if type(result) ~= "table" then return nil end
  local own = rawget(result, "_meta")
  if own then return own end
  local meta = getmetatable(result)
  return type(meta) == "table" and rawget(meta, MARK) and meta or nil
end

--- What is known of a result, stream or audio: status, headers, call_id, cost (and
--- cost_source), attempts, elapsed, model_id, ratelimit and so on. nil for anything
--- that is no result of a call.
---@param result any
---@return litellm.Meta?
function M.of(result)
  local meta = record_of(result)
  if not meta then return nil end
  if not meta.headers then fill(meta, result) end
  return meta
end

M.parse_head = parse_head

return M
