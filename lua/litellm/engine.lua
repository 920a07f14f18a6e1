--- The engine of this Lua state: made when it is first needed, the alarm at which it
--- wakes up by itself, and the loop of a host that steps it.

local native = require "litellm.native"

local M = {}

local engine
local alarm -- the moment; 0: at once
local host  -- see adopt
local busy = false

--- When the engine ends a wait though it has no news; nil: never.
local function set_alarm(due)
  if due == alarm then return end
  alarm = due
  if engine then engine:alarm(due) end
end

M.set_alarm = set_alarm

--- As set_alarm, but for a step that is wanted at once: that stays so.
function M.put_alarm(due)
  if alarm ~= 0 then set_alarm(due) end
end

--- The engine.
function M.get()
  if not engine then
    local made, message = native.engine()
    if not made then error(message, 0) end
    engine = made
    if alarm then engine:alarm(alarm) end
    M.adopt(host)
  end
  return engine
end

--- The engine, if anybody has needed it yet.
function M.opened()
  return engine
end

--- Tells an adapter to a host's loop (litellm.uv) what it needs to know:
--- opened(fd) once there is an engine, busy(flag) when the first task starts and when
--- the last one has ended, poke() when a step is wanted though nothing has come.
function M.adopt(adapter)
  host = adapter
  if not host or not engine then return end
  host.opened(engine:fd())
  host.busy(busy)
end

--- Whether any task is under way.
function M.set_busy(flag)
  busy = flag
  if host then host.busy(flag) end
end

--- Has the loop of a host call `step` soon.
function M.poke()
  if host then host.poke() else set_alarm(0) end
end

return M
