-- What the specs of tasks share. Times are small and only ever compared with limits many
-- times as long; where LITELLM_PATIENCE says that everything is slow, those are longer, and
-- many are fewer.
local assert = require("luassert")
local litellm = require("litellm")

local unpack = table.unpack or unpack

local M = {}

M.patience = tonumber(os.getenv("LITELLM_PATIENCE")) or 1
M.MANY = math.floor(10000 / M.patience)

local gaps = {} -- What reached on_error in the test under way.

--- No test of the file leaves a task behind, or a failure that it did not ask for.
function M.watch(before_each, after_each)
  before_each(function()
    gaps = {}
    litellm.on_error = function(detail, text)
      gaps[#gaps + 1] = { detail = detail, text = text }
    end
  end)

  after_each(function()
    litellm.on_error, litellm.blocking = nil, nil
    assert.equal(0, litellm.pending())
    assert.same({}, gaps)
  end)
end

--- What on_error was told since it was asked last.
function M.reported()
  local all = gaps
  gaps = {}
  return all
end

function M.quick(f, ...)
  local before = litellm.now()
  local results = { f(...) }
  assert.is_true(litellm.now() - before < M.patience)
  return unpack(results)
end

--- A list of n tasks, or of f(i).
function M.times(n, f)
  local list = {}
  for i = 1, n do
    list[i] = f(i)
  end
  return list
end

--- Runs the tasks that can run, without waiting for anything.
function M.settle()
  repeat
    local before = litellm.pending()
    litellm.step()
  until litellm.pending() == before
end

function M.says(pattern, f, ...)
  local ok, problem = pcall(f, ...)
  assert.is_false(ok)
  assert.matches(pattern, tostring(problem))
  return problem
end

return M
