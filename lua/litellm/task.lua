--- Tasks: coroutines that wait for transfers, for each other and for time, on one
--- engine. A wait inside a task yields it; a wait anywhere else drives the engine
--- until its own answer is there, other tasks included.

local errors = require "litellm.errors"
local native = require "litellm.native"
local timers = require "litellm.timers"

local running = coroutine.running
local unpack = table.unpack or unpack

-- 5.1 cannot tell; there the yield itself fails, and Lua's message says where.
local isyieldable = coroutine.isyieldable or function() return true end

-- Tasks start at once, nested in what spawned them, up to this depth; the C
-- stack bounds how deep resumes may nest.
local EAGER_DEPTH = 32

local NO_OPTIONS = {}

local M = {
  --- false: a wait outside of a task raises instead of blocking the host.
  blocking = true,
  --- Called with the error and its traceback when a task that nobody awaits fails.
  on_error = nil,
  --- How many such tasks there were.
  failed = 0,
}

---@class litellm.Task
local Task = {}
Task.__index = Task
Task.__name = "litellm.task"

local engine
local alarm                 -- when it wakes up by itself
local host                  -- see M.adopt
local waiters = {}          -- transfer id -> who waits for its news: see wake
local news                  -- the transfer whose news are being delivered
local queue, first, last = {}, 1, 0
local live = {}             -- tasks that have not ended
local live_count = 0
-- Failed tasks that nobody awaited, in order; the count is without those that were
-- claimed meanwhile.
local unclaimed, unclaimed_first, unclaimed_last, unclaimed_count = {}, 1, 0, 0
local settled = true        -- false: an error, as of memory, may have come before somebody was woken
local current               -- the task that runs
local depth = 0

--- When the engine ends a wait though it has no news; nil: never.
local function set_alarm(due)
  if due == alarm then return end
  alarm = due
  engine:alarm(due)
end

--- The engine of this Lua state, made when it is first needed.
function M.engine()
  if not engine then
    local message
    engine, message = native.engine()
    if not engine then error(message, 0) end
    if first <= last or unclaimed_count > 0 then set_alarm(0) end
    M.adopt(host)
  end
  return engine
end

--- Tells an adapter to a host's loop (litellm.uv) what it needs to know:
--- opened(engine) once there is one, busy(flag) when the first task starts and when
--- the last one has ended, poke() when a step is wanted though nothing has come.
function M.adopt(adapter)
  host = adapter
  if not host or not engine then return end
  host.opened(engine)
  host.busy(live_count > 0)
end

--- Has the loop of a host call `step` soon.
local function poke()
  if host then host.poke() elseif engine then set_alarm(0) end
end

local function enqueue(task)
  queue[last + 1] = task -- memory may run out here, before anything has changed
  last = last + 1
end

--- The task whose coroutine is the one that runs, and may be yielded.
local function this_task()
  if current and running() == current.coroutine and isyieldable() then return current end
end

local function add_timer(due, fire)
  local timer = timers.add(due, fire)
  M.engine()
  set_alarm((first <= last or unclaimed_count > 0) and 0 or timers.next())
  return timer
end

-- Ending a task -----------------------------------------------------------

--- A waiter is a task, the flag of a driver, a function, or a pair of waiters.
local function wake(waiter)
  if type(waiter) == "function" then
    waiter()
  elseif waiter.coroutine then
    if waiter.parked then
      enqueue(waiter)
      waiter.parked = nil
    end
  elseif waiter.pair then
    wake(waiter.pair)
    wake(waiter.other)
  else
    waiter.ready = true
  end
end

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

local NO_MEMORY = errors.new{
  type = "TaskError", kind = "memory", message = "not enough memory for what the task gave",
}

local function keep_outcome(task, ok, ...)
  if ok then
    task.results, task.count = { ... }, select("#", ...)
  else
    task.failure = failure(task, (...))
  end
end

local function finish(task, ok, ...)
  local before = settled
  settled = false
  live[task] = nil
  live_count = live_count - 1
  if live_count == 0 and host then host.busy(false) end
  task.state = "done"
  if not pcall(keep_outcome, task, ok, ...) then ok, task.failure = false, NO_MEMORY end
  local observers = task.observers
  task.observers = nil
  if observers and observers[1] then
    for i = 1, #observers do wake(observers[i]) end
  elseif not ok and not task.cancelled and not task.on_done then
    unclaimed[unclaimed_last + 1] = task
    unclaimed_last = unclaimed_last + 1
    unclaimed_count = unclaimed_count + 1
    task.unclaimed = true
    poke()
  end
  if task.on_done then task.on_done(task) end
  settled = before
end

local STRAY_YIELD = "the task yielded by itself: litellm.sleep(0) lets others go on, "
  .. "and what yields values belongs in a coroutine of its own"

local function resumed(task, previous, ok, ...)
  current = previous
  depth = depth - 1
  local status = coroutine.status(task.coroutine)
  -- Both words stand here: status needs no memory to make them.
  if status == "dead" or status ~= "suspended" or not ok then
    finish(task, ok, ...) -- also when there was no memory to go on
  elseif not task.parked then
    finish(task, false, STRAY_YIELD)
  end
end

local function resume(task, ...)
  local previous = current
  current = task
  depth = depth + 1
  resumed(task, previous, coroutine.resume(task.coroutine, ...))
end

-- Driving -------------------------------------------------------------------

--- Where memory runs out nothing is lost: it is delivered again.
local function deliver(id)
  local waiter = waiters[id]
  if not waiter then return end
  wake(waiter)
  waiters[id] = nil
end

--- Runs what is in the queue now. A task in it that drives runs the rest itself, so
--- the numbers start again only when no other run_queue can be under way.
local function run_queue()
  local stop = last
  while first <= stop do
    local task = queue[first]
    queue[first] = nil
    first = first + 1
    if task.state ~= "done" then resume(task) end
  end
  if depth == 0 and first > last then first, last = 1, 0 end
end

--- Lets the engine turn, and wakes whom its news is for.
local function take_news(e, ms)
  news = news or e:turn(ms)
  while news do
    deliver(news)
    news = e:ready()
  end
end

--- All waits look again at what they wait for, so that a task may be woken in vain.
local function wake_all()
  for task in pairs(live) do wake(task) end
end

--- One turn: waits up to `ms` (negative: without end), then runs what can run.
local function turn(ms)
  local e = M.engine()
  if depth == 0 then
    if not settled then wake_all() end
    settled = false
  end
  if first <= last then ms = 0 end
  take_news(e, ms)
  if timers.next() then timers.run(native.now()) end
  run_queue()
  set_alarm(first <= last and 0 or timers.next())
  if depth == 0 then settled = true end
end

local WOULD_BLOCK = "this call would block the host: make it inside litellm.spawn(function() ... end), "
  .. "or use its twin with the prefix a"

--- Raises where a wait would raise: to be called before something is begun that could
--- not be waited for.
local function check_wait()
  if current and current.cancelled then error(errors.cancelled(), 0) end
  if M.blocking == false and not this_task() then error(WOULD_BLOCK, 0) end
end

M.check_wait = check_wait

--- Whether nobody who waits will ever be woken. A stream may be open that nobody reads.
local function idle()
  return (settled or depth > 0) and first > last and not timers.next()
    and (next(waiters) == nil or M.engine():running() == 0)
end

local function cancel_all()
  for task in pairs(live) do task:cancel() end
  turn(0)
end

--- Nothing will ever come: what waits is ended, so that it is not met again.
local function deadlock()
  cancel_all()
  error("deadlock: all tasks wait for each other", 0)
end

local function call_undo(undo)
  if type(undo) == "function" then undo() elseif undo then undo:cancel() end
end

--- Where no task can be yielded: runs everything until the flag is set, or the task
--- is cancelled that this happens in.
local function drive(flag, undo)
  local owner = current
  while not flag.ready do
    if owner and owner.cancelled then
      call_undo(undo)
      error(errors.cancelled(), 0)
    end
    if idle() then deadlock() end
    turn(-1)
  end
end

--- The short way where nobody else is there to be run: one turn, and whether it brought
--- news of the transfer. If not, no other news may stay behind: see idle.
local function turn_alone(id)
  if live_count > 0 or first <= last or timers.next() then return false end
  set_alarm(nil)
  local e = M.engine()
  local heard = e:turn(-1)
  while heard and heard ~= id do
    deliver(heard)
    heard = e:ready()
  end
  return heard == id
end

-- Waiting -------------------------------------------------------------------

local function check_cancelled(task)
  if task.cancelled then error(errors.cancelled(), 0) end
end

--- Yields the task until it is woken. `undo` is called when it is cancelled.
local function park(task, undo)
  task.parked, task.undo = true, undo
  repeat coroutine.yield() until current == task -- Nobody else's resume counts.
  task.undo = nil
  check_cancelled(task)
end

local function wait_for_news(id, waiter)
  local other = waiters[id]
  waiters[id] = other and other ~= waiter and { pair = waiter, other = other } or waiter
end

--- Waits for news of a transfer.
function M.wait_for(transfer)
  local id, task = transfer:id(), this_task()
  check_wait()
  if task then
    wait_for_news(id, task)
    return park(task, transfer)
  end
  if turn_alone(id) then return end
  local flag = {}
  wait_for_news(id, flag)
  return drive(flag, transfer)
end

--- Wakes who waits for a transfer that is about to be closed: it will have no news.
function M.leave(transfer)
  local id = transfer:id()
  if not waiters[id] then return end
  deliver(id)
  poke()
end

--- Takes in what has come already; runs nobody.
function M.peek()
  take_news(M.engine(), 0)
  if first <= last then poke() end
end

--- A flag, or the task, that another can wake.
local function wait(register, undo)
  local task = this_task()
  check_wait()
  if task then
    register(task)
    return park(task, undo)
  end
  local flag = {}
  register(flag)
  return drive(flag, undo)
end

local function check_time(value, name)
  if type(value) == "number" and value == value then return end
  local got = type(value) == "number" and "nan" or type(value)
  error(("bad argument #1 to '%s' (number expected, got %s)"):format(name, got), 3)
end

--- Lets the calling task, or the program, pause; other tasks go on.
---@param seconds number
function M.sleep(seconds)
  check_time(seconds, "sleep")
  local due, timer = native.now() + seconds, nil
  repeat
    wait(function(waiter)
      timer = add_timer(due, function() wake(waiter) end)
    end, function() timers.remove(timer) end)
    timers.remove(timer)
  until native.now() >= due
end

-- For waits of the library's own. pause(register, undo): register is called with what
-- wake takes; undo when the task is cancelled. at(due, f) gives a timer.
M.pause, M.wake, M.at = wait, wake, add_timer

--- The moment on the monotonic clock by which the calling code must be done.
function M.due()
  return current and current.due
end

-- Tasks -----------------------------------------------------------------------

local function body(f, ...)
  return f(...)
end

local function start(options, f, ...)
  local task = setmetatable({
    state = "running", due = options.due or M.due(), on_done = options.on_done,
    coroutine = coroutine.create(body),
    -- Filled in later; named here so that the table is made in its size.
    parked = nil, undo = nil, results = nil, count = nil, failure = nil, observers = nil,
  }, Task)
  live[task] = true
  live_count = live_count + 1
  if live_count == 1 and host then host.busy(true) end
  if depth < EAGER_DEPTH then
    resume(task, f, ...)
  else
    local args, n = { ... }, select("#", ...)
    task.coroutine = coroutine.create(function()
      check_cancelled(task)
      return f(unpack(args, 1, n))
    end)
    task.parked = true
    wake(task)
    poke()
  end
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

local function outcome(task)
  if task.failure then return nil, task.failure.message, task.failure end
  return unpack(task.results, 1, task.count)
end

local function claim(task)
  if not task.unclaimed then return end
  task.unclaimed = nil
  unclaimed_count = unclaimed_count - 1
  if unclaimed_count == 0 then unclaimed, unclaimed_first, unclaimed_last = {}, 1, 0 end
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
  wait(function(waiter)
    me = waiter
    observe(task, waiter)
    if due then timer = add_timer(due, function() wake(waiter) end) end
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
  claim(self)
  return outcome(self)
end

--- Ends the task: the request it waits for is closed at once, and the wait
--- raises in the task. False when it had ended before.
---@return boolean
function Task:cancel()
  if self.state == "done" then return false end
  self.cancelled = true
  call_undo(self.undo)
  wake(self)
  poke()
  return true
end

function Task:__tostring()
  return "litellm.task: " .. (self.cancelled and "cancelled" or self.state)
end

-- Programs ------------------------------------------------------------------

local function report(task)
  M.failed = M.failed + 1
  local text = task.failure.traceback or task.failure.message
  if M.on_error then return M.on_error(task.failure, text) end
  io.stderr:write("litellm: a task failed: ", text, "\n")
end

--- Reports those that are there now; what on_error itself starts has its turn later.
local function report_unclaimed()
  local stop = unclaimed_last
  while unclaimed_count > 0 and unclaimed_first <= stop do
    local task = unclaimed[unclaimed_first]
    unclaimed[unclaimed_first] = nil
    unclaimed_first = unclaimed_first + 1
    if task.unclaimed then
      claim(task)
      report(task)
      if unclaimed_first == 1 then return end -- All were reported; these are new.
    end
  end
end

--- Raises a task's failure as it was raised, with its traceback beside it.
local function raise(task)
  claim(task)
  local detail = task.failure
  if detail.cause == nil then error(detail, 0) end
  M.traceback = detail.traceback
  error(detail.cause, 0)
end

--- Calls f(...) as a task and runs it, and all tasks it started, to the end.
--- Returns what f returned; an error in f ends the other tasks and is raised.
---@param f function
function M.run(f, ...)
  check_wait()
  local nested = current
  local task = M.spawn(f, ...)
  if nested then
    while task.state ~= "done" do wait_end(task, nil, function() task:cancel() end) end
  else
    while task.state ~= "done" or (live_count > 0 and not task.failure) do
      if idle() then deadlock() end
      turn(-1)
    end
  end
  if task.failure then
    if not nested then cancel_all() end
    return raise(task)
  end
  if not nested then report_unclaimed() end
  return outcome(task)
end

--- Does what there is to do and returns at once: for a host with its own loop.
---@return integer pending tasks and transfers that are not done
function M.step()
  if engine or first <= last then turn(0) end
  report_unclaimed()
  return M.pending()
end

--- Waits up to `ms` milliseconds for something to do, and does it.
---@param ms number
---@return integer pending
function M.wait(ms)
  check_time(ms, "wait")
  turn(ms)
  report_unclaimed()
  return M.pending()
end

--- A descriptor that is readable whenever `step` has something to do; nil where
--- the system has none.
---@return integer?
function M.fd()
  return M.engine():fd()
end

--- How many tasks and transfers are under way.
---@return integer
function M.pending()
  if live_count > 0 then return live_count end
  return engine and engine:running() or 0
end

-- For what is built on tasks: many.lua, pacing.lua.
M.start, M.observe, M.forget, M.claim = start, observe, forget, claim

--- Who runs: a coroutine; true in the main program of 5.1, which has none.
function M.runner()
  return running() or true
end

--- Whether a value is a task.
function M.is(value)
  return getmetatable(value) == Task
end

-- Deadlines ---------------------------------------------------------------------

local function deadline_results(task, seconds, due)
  local function cancel() task:cancel() end
  while task.state ~= "done" and native.now() < due do wait_end(task, due, cancel) end
  if task.state ~= "done" then
    cancel()
    local detail = errors.timeout(seconds and ("the deadline of %g s has passed"):format(seconds)
      or "the deadline around this one has passed")
    return nil, detail.message, detail
  end
  claim(task)
  if task.failure and task.failure.cause ~= nil then error(task.failure.cause, 0) end
  return outcome(task)
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
  check_wait()
  local due, outer = native.now() + seconds, M.due()
  local nearer = outer and outer < due
  if nearer then due = outer end
  local task = start({ due = due, on_done = function() end }, f, ...)
  return deadline_results(task, not nearer and seconds or nil, due)
end

return M
