--- Tasks, as programs know them: functions that run beside each other, may be awaited and
--- cancelled, and have deadlines. The scheduler runs them.

local engine = require "litellm.engine"
local errors = require "litellm.errors"
local native = require "litellm.native"
local outcome = require "litellm.outcome"
local scheduler = require "litellm.scheduler"
local timers = require "litellm.timers"

local advance, current, wake = scheduler.advance, scheduler.current, scheduler.wake

local NO_OPTIONS = {}

local M = {}

---@class litellm.Task
local Task = {}
Task.__index = Task
Task.__name = "litellm.task"

local function check_time(value, name)
  if type(value) == "number" and value == value then return end
  local got = type(value) == "number" and "nan" or type(value)
  error(("bad argument #1 to '%s' (number expected, got %s)"):format(name, got), 3)
end

-- Tasks -----------------------------------------------------------------------

--- The moment on the monotonic clock by which the calling code must be done: `own`, or
--- that of a deadline around it which comes sooner.
function M.due(own)
  local task = current()
  local outer = task and task.due
  if outer and (not own or outer < own) then return outer end
  return own
end

local function start(options, f, ...)
  local task = setmetatable({
    state = "running", due = options.due or M.due(), on_done = options.on_done,
    -- Filled in later; named here so that the table is made in its size.
    coroutine = nil, parked = nil, waits = nil, undo = nil, results = nil, count = nil, failure = nil, observers = nil,
  }, Task)
  scheduler.start(task, f, ...)
  return task
end

--- Starts a task that calls f(...); it runs at once up to its first wait.
---@param f function
---@return litellm.Task
function M.spawn(f, ...)
  if type(f) ~= "function" then
    error(("bad argument #1 to 'spawn' (function expected, got %s)"):format(type(f)), 2)
  end
  return start(NO_OPTIONS, f, ...)
end

--- True once the task has ended, in whatever way.
---@return boolean
function Task:done()
  return self.state == "done"
end

local function observe(task, waiter)
  task.observers = task.observers or {}
  table.insert(task.observers, waiter)
end

local function forget(task, waiter)
  for i, w in ipairs(task.observers or {}) do
    if w == waiter then return table.remove(task.observers, i) end
  end
end

--- Waits until the task has ended, or the moment `due` has come. A task that is
--- cancelled while it waits here calls `cancelled`.
local function wait_end(task, due, cancelled)
  local timer, me
  local function undo()
    forget(task, me)
    if timer then timers.remove(timer) end
  end
  scheduler.pause(function(waiter)
    me = waiter
    observe(task, waiter)
    if task.state == "done" then wake(waiter) end
    if due then timer = scheduler.at(due, function() wake(waiter) end) end
  end, function()
    undo()
    if cancelled then cancelled() end
  end)
  undo()
end

--- Waits for the task and returns what its function returned; nil, message,
--- detail when it failed or was cancelled, or when `seconds` passed first (the
--- task goes on then).
---@param seconds number?
function Task:await(seconds)
  if seconds ~= nil then check_time(seconds, "await") end
  local due = seconds and native.now() + seconds
  while self.state ~= "done" do
    if due and native.now() >= due then
      local detail = errors.timeout(("the task was not done after %g s"):format(seconds))
      return nil, detail.message, detail
    end
    wait_end(self, due)
  end
  return outcome.take(self)
end

--- Ends the task: the request it waits for is closed at once, and the wait
--- raises in the task. False when it had ended before.
---@return boolean
function Task:cancel()
  if self.state == "done" then return false end
  scheduler.cancel(self)
  return true
end

function Task:__tostring()
  return "litellm.task: " .. (self.cancelled and "cancelled" or self.state)
end

--- Whether a value is a task.
function M.is(value)
  return getmetatable(value) == Task
end

-- For what is built on tasks: many.lua.
M.start, M.observe, M.forget = start, observe, forget

--- Lets the calling task, or the program, pause; other tasks go on.
---@param seconds number
function M.sleep(seconds)
  check_time(seconds, "sleep")
  local due, timer = native.now() + seconds, nil
  repeat
    scheduler.pause(function(waiter)
      timer = scheduler.at(due, function() wake(waiter) end)
    end, function() timers.remove(timer) end)
    timers.remove(timer)
  until native.now() >= due
end

-- Programs ------------------------------------------------------------------

--- Calls f(...) as a task and runs it, and all tasks it started, to the end.
--- Returns what f returned; an error in f ends the other tasks and is raised.
---@param f function
function M.run(f, ...)
  scheduler.check_wait()
  local nested = current()
  local task = M.spawn(f, ...)
  if nested then
    while task.state ~= "done" do wait_end(task, nil, function() task:cancel() end) end
  else
    while task.state ~= "done" or (scheduler.live() > 0 and not task.failure) do advance() end
  end
  if task.failure then
    if not nested then scheduler.cancel_all() end
    return outcome.raise(task)
  end
  if not nested then outcome.report() end
  return outcome.take(task)
end

-- Deadlines -----------------------------------------------------------------

local function deadline_results(task, seconds, due)
  local function cancel() task:cancel() end
  while task.state ~= "done" and native.now() < due do wait_end(task, due, cancel) end
  if task.state ~= "done" then
    cancel()
    local detail = errors.timeout(seconds and ("the deadline of %g s has passed"):format(seconds)
      or "the deadline around this one has passed")
    return nil, detail.message, detail
  end
  if task.failure and task.failure.cause ~= nil then return outcome.raise(task) end
  return outcome.take(task)
end

--- Calls f(...) and returns what it returns, within `seconds`: every call, wait
--- and retry inside ends by then. nil, message, detail when the time is up. A
--- deadline inside another cannot outlast it.
---@param seconds number
---@param f function
function M.deadline(seconds, f, ...)
  check_time(seconds, "deadline")
  if type(f) ~= "function" then
    error(("bad argument #2 to 'deadline' (function expected, got %s)"):format(type(f)), 2)
  end
  scheduler.check_wait()
  local own = native.now() + seconds
  local due = M.due(own)
  local task = start({ due = due, on_done = function() end }, f, ...)
  return deadline_results(task, due == own and seconds or nil, due)
end

-- For a host with a loop of its own ---------------------------------------------

--- Does what there is to do and returns at once.
---@return integer pending tasks and transfers that are not done
function M.step()
  scheduler.step()
  outcome.report()
  return M.pending()
end

--- Waits up to `ms` milliseconds for something to do, and does it.
---@param ms number
---@return integer pending
function M.wait(ms)
  check_time(ms, "wait")
  scheduler.turn(ms)
  outcome.report()
  return M.pending()
end

--- A descriptor that is readable whenever `step` has something to do; nil where
--- the system has none.
---@return integer?
function M.fd()
  return engine.get():fd()
end

--- How many tasks and transfers are under way.
---@return integer
function M.pending()
  local tasks, opened = scheduler.live(), engine.opened()
  if tasks > 0 then return tasks end
  return opened and opened:running() or 0
end

return M
