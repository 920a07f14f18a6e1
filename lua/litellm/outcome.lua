--- What came of a task: its results or its failure. Failures that nobody has awaited are
--- reported in their order, but for those that somebody claims before.

local errors = require "litellm.errors"

local unpack = table.unpack or unpack

local M = {
  --- Called with the error and its traceback when a task that nobody awaits fails.
  on_error = nil,
  --- How many such tasks there were.
  failed = 0,
  --- Where there is no memory to keep what came.
  NO_MEMORY = errors.new{
    type = "TaskError", kind = "memory", message = "not enough memory for what the task gave",
  },
}

--- The text of any value that was raised, also of one that cannot say it.
local function text_of(problem)
  local ok, text = pcall(tostring, problem)
  return ok and text or ("an error object (a %s) whose __tostring fails"):format(type(problem))
end

local function failure(task, problem)
  if errors.is(problem) then return problem end
  local text = text_of(problem)
  return errors.new{
    type = "TaskError", kind = "task", message = text,
    traceback = debug.traceback(task.coroutine, text), cause = problem,
  }
end

--- Keeps what pcall would give. Memory may run out here.
function M.keep(task, ok, ...)
  if ok then
    task.results, task.count = { ... }, select("#", ...)
  else
    task.failure = failure(task, (...))
  end
end

-- Failures that nobody has awaited --------------------------------------------

-- The count is without those that were claimed meanwhile.
local list, first, last, count = {}, 1, 0, 0

--- Takes in a task that has just failed.
function M.unclaimed(task)
  list[last + 1] = task -- memory may run out here, before anything has changed
  last = last + 1
  count = count + 1
  task.unclaimed = true
end

--- Somebody has the failure: nobody else needs to be told.
local function claim(task)
  if not task.unclaimed then return end
  task.unclaimed = nil
  count = count - 1
  if count == 0 then list, first, last = {}, 1, 0 end
end

M.claim = claim

local function report(task)
  M.failed = M.failed + 1
  local text = task.failure.traceback or task.failure.message
  if M.on_error then return M.on_error(task.failure, text) end
  io.stderr:write("litellm: a task failed: ", text, "\n")
end

--- Reports those that are there now; what on_error itself starts has its turn later.
function M.report()
  local stop = last
  while count > 0 and first <= stop do
    local task = list[first]
    list[first] = nil
    first = first + 1
    if task.unclaimed then
      claim(task)
      report(task)
      if first == 1 then return end -- All were reported; these are new.
    end
  end
end

-- For who awaited it ------------------------------------------------------------

--- The results; nil, message, detail of a failure.
function M.take(task)
  claim(task)
  if task.failure then return nil, task.failure.message, task.failure end
  return unpack(task.results, 1, task.count)
end

--- Raises the failure as it was raised.
function M.raise(task)
  claim(task)
  local detail = task.failure
  error(detail.cause == nil and detail or detail.cause, 0)
end

return M
