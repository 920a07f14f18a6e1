--- What is known of an answer beside its body: `litellm.meta(res)`. The answer is
--- the metatable of the result, so that it lives as long as the result and shows in no
--- traversal of it. The record is made of it when it is asked for.

local lazy = require "litellm.lazy"
local native = require "litellm.native"

local head = lazy "litellm.head"

local M = {}

---@class litellm.Meta
local MARK = {}

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
  if not meta.headers then head.fill(meta) end
  if not meta.cost then meta.cost, meta.cost_source = head.cost(meta.headers, meta.usage or result.usage) end
  return meta
end

return M
