--- What a program used: calls, tokens and cost per model, by the gateway's own
--- figures. A call whose cost the gateway did not say counts as unpriced: the gateway
--- leaves a cost of 0 out, and says that of a stream only when it is set up to. What
--- failed does not count, nor what asks for no model: a GET.

local errors = require "litellm.errors"
local lazy = require "litellm.lazy"
local native = require "litellm.native"

local pacing = lazy "litellm.pacing"

local M = {}

local function fresh()
  return { calls = 0, prompt_tokens = 0, completion_tokens = 0, total_tokens = 0, cost = 0, unpriced = 0 }
end

local models, spent = {}, 0

local NONE = {}
M.NONE = NONE

local function model_of(request, result)
  local name = request.model or result.model or request.endpoint.name
  local model = models[name]
  if model then return model end
  model = fresh()
  models[name] = model
  return model
end

local function add_cost(model, cost)
  if cost and cost - cost == 0 then -- and is finite
    model.cost, spent = model.cost + cost, spent + cost
  else
    model.unpriced = model.unpriced + 1
  end
end

--- What a gateway may say in place of a number is none.
local function number(value)
  return type(value) == "number" and value or 0
end

--- Counts a result of the gateway: a table, or NONE for text and audio; `said` is
--- what its head says of the cost, if anything.
function M.record(request, result, said)
  if request.endpoint.method == "GET" then return end
  local model, used = model_of(request, result), result.usage
  local cost = said and (native.json_number(said) or tonumber(said))
  model.calls = model.calls + 1
  if type(used) ~= "table" then return add_cost(model, cost) end
  local prompt = number(used.prompt_tokens or used.input_tokens)
  local completion = number(used.completion_tokens or used.output_tokens)
  local total = number(used.total_tokens or prompt + completion)
  model.prompt_tokens = model.prompt_tokens + prompt
  model.completion_tokens = model.completion_tokens + completion
  model.total_tokens = model.total_tokens + total
  add_cost(model, cost or tonumber(used.cost))
  if request.route.pacing then pacing.spent(request, total) end
end

local function add(into, from)
  for k, v in pairs(from) do into[k] = (into[k] or 0) + v end
  return into
end

--- Totals since the start or the last reset: calls, prompt_tokens, completion_tokens,
--- total_tokens, cost (dollars, as far as the gateway said), unpriced (calls without
--- a figure), and the same by model in `models`.
---@return litellm.Usage
function M.totals()
  local out = fresh()
  out.models = {}
  for name, each in pairs(models) do
    out.models[name] = add({}, each)
    add(out, each)
  end
  out.cost = spent
  return out
end

--- Begins to count anew.
function M.reset()
  models, spent = {}, 0
end

--- The error of a call that the budget does not allow, or nil. A budget, be it the
--- module's, a client's or a call's, is held against what the whole program has spent,
--- as far as the gateway has said: what calls under way will cost is not known.
function M.check_budget(budget)
  if not budget then return nil end
  if spent < budget then return nil end
  return errors.new{
    type = "BudgetExceededError", kind = "config",
    message = ("max_budget of $%g is spent ($%g); nothing was sent"):format(budget, spent),
  }
end

return M
