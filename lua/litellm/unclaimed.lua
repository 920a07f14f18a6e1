--- The failures of tasks that nobody has awaited yet: they are reported in their order,
--- but for those that somebody claims before.

local M = {
  --- Called with the error and its traceback when a task that nobody awaits fails.
  on_error = nil,
  --- How many such tasks there were.
  failed = 0,
}

-- The count is without those that were claimed meanwhile.
local list, first, last, count = {}, 1, 0, 0

--- Takes in a task that has just failed.
function M.add(task)
  list[last + 1] = task -- memory may run out here, before anything has changed
  last = last + 1
  count = count + 1
  task.unclaimed = true
end

--- Somebody got the failure: nobody else needs to be told.
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

return M
