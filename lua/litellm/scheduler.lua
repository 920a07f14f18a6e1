--- The scheduler: coroutines that wait for transfers, for each other and for time, on one
--- engine. A wait inside a task yields it; a wait anywhere else drives the engine
--- until its own answer is there, other tasks included.

local engine = require "litellm.engine"
local errors = require "litellm.errors"
local native = require "litellm.native"
local outcome = require "litellm.outcome"
local timers = require "litellm.timers"

local running, status = coroutine.running, coroutine.status
local create, continue, yield = coroutine.create, coroutine.resume, coroutine.yield
local get_engine, set_alarm, set_busy, poke = engine.get, engine.set_alarm, engine.set_busy, engine.poke
local next_timer = timers.next
local unpack = table.unpack or unpack

-- 5.1 cannot tell; there the yield itself fails, and Lua's message says where.
local isyieldable = coroutine.isyieldable or function() return true end

-- Tasks start at once, nested in what spawned them, up to this depth; the C
-- stack bounds how deep resumes may nest.
local EAGER_DEPTH = 32

local M = {
  --- false: a wait outside of a task raises instead of blocking the host.
  blocking = true,
}

local waiters = {}          -- transfer id -> who waits for its news: see wake
local news                  -- the transfer whose news are being delivered
local queue, first, last = {}, 1, 0
local live = {}             -- tasks that have not ended
local live_count = 0
local settled = true        -- false: an error, as of memory, may have come before somebody was woken
local current               -- the task that runs
local depth = 0

local function enqueue(task)
  queue[last + 1] = task -- memory may run out here, before anything has changed
  last = last + 1
end

--- The task whose coroutine is the one that runs, and may be yielded.
local function this_task()
  if current and running() == current.coroutine and isyieldable() then return current end
end

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

-- Running a task ------------------------------------------------------------

local function enlist(task)
  live[task] = true -- memory may run out here, before anything has changed
  live_count = live_count + 1
  if live_count == 1 then set_busy(true) end
end

--- What must not fail comes first, without a call: that may take memory.
local function finish(task, ok, ...)
  local before = settled
  settled = false
  task.state = "done"
  if live[task] then
    live[task] = nil
    live_count = live_count - 1
  end
  if live_count == 0 then set_busy(false) end
  if not pcall(outcome.keep, task, ok, ...) then ok, task.failure = false, outcome.NO_MEMORY end
  local observers = task.observers
  task.observers = nil
  if observers and observers[1] then
    for i = 1, #observers do wake(observers[i]) end
  elseif not ok and not task.cancelled and not task.on_done then
    outcome.unclaimed(task)
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
  local state = status(task.coroutine)
  -- The words stand here: status needs no memory to make them. A finalizer may turn the
  -- engine anywhere, so that the task is not suspended yet, or has gone on to its end.
  if task.state == "done" then
    return
  elseif state == "running" or state == "normal" then
    return enqueue(task)
  elseif state == "dead" or state ~= "suspended" or not ok then
    return finish(task, ok, ...) -- also when there was no memory to go on
  elseif not task.waits then
    return finish(task, false, STRAY_YIELD)
  end
end

--- Ends in tail calls, which need no more room than the coroutine's own needed.
local function resume(task, ...)
  local previous = current
  current = task
  depth = depth + 1
  return resumed(task, previous, continue(task.coroutine, ...))
end

local function check_cancelled(task)
  if task.cancelled then error(errors.cancelled(), 0) end
end

--- A task is known from here on: where there is no memory to start it, nothing of it is left.
local function body(task, f, ...)
  enlist(task)
  return f(...)
end

--- Has the task start at the next turn.
local function start_later(task, f, ...)
  local args, n = { ... }, select("#", ...)
  task.coroutine = create(function()
    check_cancelled(task)
    return f(unpack(args, 1, n))
  end)
  enlist(task)
  task.parked, task.waits = true, true
  wake(task)
  poke()
end

--- Makes a task of a table: calls f(...) in a coroutine, at once up to its first wait. When
--- that has ended its `state` is "done", and its `observers` are woken.
function M.start(task, f, ...)
  if depth >= EAGER_DEPTH then return start_later(task, f, ...) end
  task.coroutine = create(body)
  return resume(task, task, f, ...)
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
  local e = get_engine()
  if depth == 0 then
    if not settled then wake_all() end
    settled = false
  end
  if first <= last then ms = 0 end
  take_news(e, ms)
  if next_timer() then timers.run(native.now()) end
  run_queue()
  set_alarm(first <= last and 0 or next_timer())
  if depth == 0 then settled = true end
end

M.turn = turn

--- A turn that does not wait. No engine is made for it.
function M.step()
  if engine.opened() or first <= last then turn(0) end
end

local function call_undo(undo)
  if type(undo) == "function" then undo() elseif undo then undo:cancel() end
end

--- Has the wait of the task, or its next one, raise; what it waits for is given up at once.
local function cancel(task)
  task.cancelled = true
  call_undo(task.undo)
  wake(task)
  poke()
end

local function cancel_all()
  for task in pairs(live) do cancel(task) end
  turn(0)
end

M.cancel, M.cancel_all = cancel, cancel_all

--- Whether nobody who waits will ever be woken. A stream may be open that nobody reads.
local function idle()
  return (settled or depth > 0) and first > last and not next_timer()
    and (next(waiters) == nil or get_engine():running() == 0)
end

--- Nothing will ever come: what waits is ended, so that it is not met again.
local function deadlock()
  cancel_all()
  error("deadlock: all tasks wait for each other", 0)
end

--- A turn that waits for as long as it takes.
local function advance()
  if idle() then deadlock() end
  return turn(-1)
end

M.advance = advance

--- Where no task can be yielded: runs everything until the flag is set, or the task
--- is cancelled that this happens in.
local function drive(flag, undo)
  local owner = current
  while not flag.ready do
    if owner and owner.cancelled then
      call_undo(undo)
      error(errors.cancelled(), 0)
    end
    advance()
  end
end

--- The short way where nobody else is there to be run: one turn, and whether it brought
--- news of the transfer. If not, no other news may stay behind: see idle.
local function turn_alone(transfer, id)
  if live_count > 0 or first <= last or next_timer() then return false end
  set_alarm(nil)
  local e = get_engine()
  local heard = e:turn(-1, transfer)
  while heard and heard ~= id do
    deliver(heard)
    heard = e:ready()
  end
  return heard == id
end

-- Waiting -------------------------------------------------------------------

local WOULD_BLOCK = "this call would block the host: make it inside litellm.spawn(function() ... end), "
  .. "or use its twin with the prefix a"

--- Raises where a wait would raise: to be called before something is begun that could
--- not be waited for.
local function check_wait()
  if current and current.cancelled then error(errors.cancelled(), 0) end
  if M.blocking == false and not this_task() then error(WOULD_BLOCK, 0) end
end

M.check_wait = check_wait

--- Before a task is known to who will wake it. It `waits` until it goes on, and is `parked`
--- until it is woken: a finalizer that turns the engine may do that before it has yielded.
--- `undo` is called when it is cancelled.
local function begin_wait(task, undo)
  task.parked, task.waits, task.undo = true, true, undo
end

--- Yields the task until it is woken.
local function end_wait(task)
  repeat yield() until current == task -- Nobody else's resume counts.
  task.waits, task.undo = nil, nil
  check_cancelled(task)
end

--- Makes a waiter known. What came since the reader looked was for nobody, where a finalizer
--- took it in.
local function register(transfer, id, waiter)
  local other = waiters[id]
  waiters[id] = other and other ~= waiter and { pair = waiter, other = other } or waiter
  if transfer:unseen() then
    deliver(id)
    poke()
  end
end

--- Waits for news of a transfer. The caller has just asked it for something, and there was
--- nothing yet.
function M.wait_for(transfer)
  local id, task = transfer:id(), this_task()
  check_wait()
  if task then
    begin_wait(task, transfer)
    register(transfer, id, task)
    return end_wait(task)
  end
  if turn_alone(transfer, id) then return end
  local flag = {}
  register(transfer, id, flag)
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
  take_news(get_engine(), 0)
  if first <= last then poke() end
end

--- Waits for whatever wakes what `make_known` is called with: a flag, or the task. It has to
--- wake that itself when there is nothing to wait for any more. `undo` is called when the
--- task is cancelled.
function M.pause(make_known, undo)
  local task = this_task()
  check_wait()
  if task then
    begin_wait(task, undo)
    make_known(task)
    return end_wait(task)
  end
  local flag = {}
  make_known(flag)
  return drive(flag, undo)
end

M.wake = wake

--- Calls `fire` when the moment `due` has come; the timer is for timers.remove.
function M.at(due, fire)
  local timer = timers.add(due, fire)
  get_engine()
  engine.put_alarm(first <= last and 0 or next_timer())
  return timer
end

-- Who runs ------------------------------------------------------------------

--- The task that runs, if any.
function M.current()
  return current
end

--- A coroutine; true in the main program of 5.1, which has none.
function M.runner()
  return running() or true
end

--- How many tasks have not ended.
function M.live()
  return live_count
end

return M
