--- Many tasks at once: a list worked through, all of some tasks, the first of some.

local errors = require "litellm.errors"
local outcome = require "litellm.outcome"
local scheduler = require "litellm.scheduler"
local task = require "litellm.task"

local M = {}

local DEFAULT_CONCURRENCY = 16

local function check_options(options, known, name)
  for key in pairs(options or {}) do
    if not known[key] then error(("unknown option '%s' to '%s'"):format(tostring(key), name), 3) end
  end
end

local function check_list(list, name, level)
  if type(list) ~= "table" then
    error(("bad argument #1 to '%s' (table expected, got %s)"):format(name, type(list)), level or 3)
  end
end

--- Why a task failed, raised or returned; nil when it did not.
local function failed(ended)
  if ended.failure then return ended.failure end
  local results = ended.results
  if results and results[1] == nil and results[2] ~= nil then
    return results[3] or errors.new{ kind = "task", message = tostring(results[2]) }
  end
end

-- What the items of a map gave, as they end.
local function note(state, ended)
  local index = ended.index
  state.active[ended] = nil
  state.count = state.count - 1
  local problem = failed(ended)
  if problem then state.failures[index] = problem else state.out[index] = ended.results[1] end
  if state.waiter then scheduler.wake(state.waiter) end
end

--- Waits until fewer than `bound` items are under way.
local function settle(state, bound)
  while state.count >= bound do
    scheduler.pause(function(waiter)
      state.waiter = waiter
      if state.count < bound then scheduler.wake(waiter) end
    end, state.cancel)
    state.waiter = nil
  end
end

local function run_list(list, f, limit)
  local state = { out = {}, failures = {}, active = {}, count = 0 }
  function state.cancel()
    for each in pairs(state.active) do each:cancel() end
  end
  -- A task that ends before its first wait has no index yet.
  local hooks = { on_done = function(ended) if ended.index then note(state, ended) end end }
  for index = 1, #list do
    settle(state, limit)
    state.count = state.count + 1
    local each = task.start(hooks, f, list[index], index)
    each.index = index
    state.active[each] = true
    if each.state == "done" then note(state, each) end
  end
  settle(state, 1)
  return state.out, state.failures
end

--- Calls f(item, index) for each item of the list, `concurrency` (16) at a time.
--- Returns the first results in the order of the list, and a table of the
--- failures by index; a failure ends nothing but its own item.
---@param list table
---@param f fun(item: any, index: integer): any
---@param options { concurrency: integer? }?
---@return table results
---@return table<integer, litellm.Error> failures
function M.map(list, f, options)
  check_list(list, "map")
  if type(f) ~= "function" then
    error(("bad argument #2 to 'map' (function expected, got %s)"):format(type(f)), 2)
  end
  check_options(options, { concurrency = true }, "map")
  local limit = options and options.concurrency or DEFAULT_CONCURRENCY
  if type(limit) ~= "number" or limit < 1 then error("concurrency must be a number of at least 1", 2) end

  scheduler.check_wait()
  return run_list(list, f, limit)
end

local function check_tasks(tasks, name)
  check_list(tasks, name, 4)
  for i, one in ipairs(tasks) do
    if not task.is(one) then
      error(("bad argument #1 to '%s' (item %d is a %s, not a task)"):format(name, i, type(one)), 3)
    end
  end
end

local function cancel_others(tasks)
  for _, one in ipairs(tasks) do one:cancel() end
end

--- Waits until all tasks have ended, or one that decides: its place in the list.
local function wait_group(tasks, decides)
  local left, decided, me = 0, nil, nil
  local observers = {}
  local function ended(i)
    if not decided and decides(tasks[i]) then decided = i end
  end
  for i, one in ipairs(tasks) do
    if one.state == "done" then
      ended(i)
    else
      left = left + 1
      observers[i] = function()
        left = left - 1
        ended(i)
        if me and (decided or left == 0) then scheduler.wake(me) end
      end
      task.observe(one, observers[i])
    end
  end
  local function undo()
    for i, observer in pairs(observers) do task.forget(tasks[i], observer) end
  end
  while not decided and left > 0 do
    scheduler.pause(function(waiter)
      me = waiter
      if decided or left == 0 then scheduler.wake(waiter) end
    end, undo)
  end
  undo()
  for _, one in ipairs(tasks) do outcome.claim(one) end
  return decided
end

--- Waits for all tasks: a table with the first result of each, in order. At the
--- first failure the others are cancelled: nil, message, detail.
---@param tasks litellm.Task[]
function M.all(tasks)
  check_tasks(tasks, "all")
  local broken = wait_group(tasks, failed)
  if broken then
    cancel_others(tasks)
    local problem = failed(tasks[broken])
    return nil, problem.message, problem
  end
  local out = {}
  for i, one in ipairs(tasks) do out[i] = one.results[1] end
  return out
end

local function succeeded(ended)
  return not failed(ended)
end

--- Waits for the first task that succeeds and cancels the others: its first
--- result and its place in the list. nil, message, detail when all fail.
---@param tasks litellm.Task[]
function M.first(tasks)
  check_tasks(tasks, "first")
  local place = wait_group(tasks, succeeded)
  if place then
    cancel_others(tasks)
    return tasks[place].results[1], place
  end
  local last_task = tasks[#tasks]
  local problem = last_task and failed(last_task)
    or errors.new{ kind = "config", message = "there is no task to wait for" }
  return nil, problem.message, problem
end

return M
