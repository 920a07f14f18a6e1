--- What a program used: calls, tokens and cost per model, by the gateway's own
--- figures. A call whose cost the gateway did not say counts as unpriced.

local errors = require "litellm.errors"
local meta = require "litellm.meta"

local M = {}

local function fresh()
  return { calls = 0, prompt_tokens = 0, completion_tokens = 0, total_tokens = 0, cost = 0, unpriced = 0 }
end

local totals, models = fresh(), {}

local function add(into, used, cost)
  into.calls = into.calls + 1
  into.cost = into.cost + (cost or 0)
  if not cost then into.unpriced = into.unpriced + 1 end
  if not used then return end
  local prompt = tonumber(used.prompt_tokens or used.input_tokens) or 0
  local completion = tonumber(used.completion_tokens or used.output_tokens) or 0
  into.prompt_tokens = into.prompt_tokens + prompt
  into.completion_tokens = into.completion_tokens + completion
  into.total_tokens = into.total_tokens + (tonumber(used.total_tokens) or prompt + completion)
end

-- Results whose figures nobody has asked for yet: their heads are read when somebody
-- does, so that a call does not pay for it.
local pending, pending_count = {}, 0
local MANY = 256

local function settle()
  for i = 1, pending_count do
    local entry = pending[i]
    pending[i] = nil
    local cost = meta.of_record(entry.record, entry.usage)
    add(totals, entry.usage, cost)
    models[entry.model] = models[entry.model] or fresh()
    add(models[entry.model], entry.usage, cost)
  end
  pending_count = 0
end

--- Counts a result.
function M.record(request, result, record)
  local used = result.usage
  pending_count = pending_count + 1
  pending[pending_count] = {
    model = request.model or result.model or request.name, usage = type(used) == "table" and used or nil,
    record = record,
  }
  if pending_count >= MANY then settle() end
end

local function copy(t)
  local out = {}
  for k, v in pairs(t) do out[k] = v end
  return out
end

--- Totals since the start or the last reset: calls, prompt_tokens, completion_tokens,
--- total_tokens, cost (dollars, as far as the gateway said), unpriced (calls without
--- a figure), and the same by model in `models`.
---@return litellm.Usage
function M.totals()
  settle()
  local out = copy(totals)
  out.models = {}
  for name, each in pairs(models) do out.models[name] = copy(each) end
  return out
end

--- Begins to count anew.
function M.reset()
  settle()
  totals, models = fresh(), {}
end

--- The error of a call that the budget does not allow, or nil.
function M.check_budget(budget)
  if not budget then return nil end
  settle()
  if totals.cost < budget then return nil end
  return errors.new{
    type = "BudgetExceededError", kind = "config",
    message = ("max_budget of $%g is spent ($%g); nothing was sent"):format(budget, totals.cost),
  }
end

return M
