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
local function record(answer)
  local meta = answer.meta
  if not meta then
    meta = {
      transfer = answer.transfer, status = answer.status, attempts = answer.attempts, url = answer.url,
      endpoint = answer.endpoint.name,
    }
    answer.meta = meta
  end
  -- A stream goes on.
  meta.elapsed = answer.elapsed or native.now() - answer.started
  meta.usage = answer.usage
  return meta
end

--- Ties a result to its answer.
function M.attach(result, answer)
  answer[MARK] = true
  if type(result) == "table" and getmetatable(result) == nil then setmetatable(result, answer) end
  return result
end

--- Says that the values of a class, as streams are, have their answer as `request`.
function M.marks(class)
  class[MARK] = "request"
end

local function record_of(result)
  if type(result) ~= "table" then return nil end
  local answer = getmetatable(result)
  local mark = type(answer) == "table" and rawget(answer, MARK)
  if not mark then return nil end
  return record(mark == true and answer or rawget(result, mark))
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
