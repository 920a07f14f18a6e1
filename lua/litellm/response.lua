--- Reads an answer that came whole: decided by its content type and content, never
--- by what was asked for.

local call = require "litellm.call"
local errors = require "litellm.errors"
local lazy = require "litellm.lazy"
local meta = require "litellm.meta"
local native = require "litellm.native"
local usage = require "litellm.usage"

local head = lazy "litellm.head"

local M = {}

local function parse_error(answer, what)
  local seen = errors.one_line(answer.transfer:body(200))
  local text = call.encoding_of(answer.transfer) or what
  if seen ~= "" and text == what then text = ("%s: %s"):format(what, seen) end
  return errors.new{
    type = "APIError", kind = "parse", status = answer.status, body = answer.transfer:body(4096),
    message = ("%s gave an answer that is not what the endpoint gives: %s"):format(answer.route.host, text),
  }
end

local function check_embeddings(answer, result)
  if type(result.data) ~= "table" or #result.data == 0 then
    return parse_error(answer, "no embedding data")
  end
  for i, item in ipairs(result.data) do
    local embedding = type(item) == "table" and item.embedding or nil
    if embedding == nil or type(embedding) == "userdata" and #embedding == 0 then
      return parse_error(answer, ("the embedding of data[%d] is empty or missing"):format(i))
    end
  end
end

--- A result or a problem.
local function decode(answer, content_type)
  local transfer, endpoint = answer.transfer, answer.endpoint
  if content_type and not call.is_json(content_type) then
    if endpoint.kind == "text" then return transfer:body() end
    return nil, parse_error(answer, "content type " .. content_type)
  end
  local result, message = transfer:json(endpoint.vectors)
  if result == nil then
    if endpoint.raw and transfer:body(1) == "" then return "" end
    if endpoint.raw and content_type == nil then return transfer:body() end
    return nil, parse_error(answer, message or "null")
  end
  if type(result) == "table" and result.error then
    return nil, errors.from_answer(answer.status, result, transfer:body(4096))
  end
  if type(result) ~= "table" and not endpoint.raw then
    return nil, parse_error(answer, "a " .. type(result))
  end
  local problem = endpoint.vectors and check_embeddings(answer, result)
  if problem then return nil, problem end
  return result
end

--- The result of a call: a table, or a string where the gateway gave text.
function M.read(answer)
  local transfer = answer.transfer
  local content_type, cost = transfer:header("content-type", "x-litellm-response-cost")
  local result, problem = decode(answer, content_type)
  if problem then
    problem.attempts, problem.call_id = answer.attempts, transfer:header("x-litellm-call-id")
    problem.headers = head.parse(transfer:head())
    transfer:close()
    return errors.fail(problem)
  end
  answer.elapsed = native.now() - answer.started
  usage.record(answer, type(result) == "table" and result or usage.NONE, cost)
  transfer:close()
  return meta.attach(result, answer)
end

return M
