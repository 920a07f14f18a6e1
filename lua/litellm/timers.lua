--- Moments at which a function is to be called: a binary heap, earliest first.

local M = {}

local heap, size = {}, 0

local function place(at, timer)
  heap[at] = timer
  timer.at = at
end

local function up(timer)
  local at = timer.at
  while at > 1 do
    local parent = (at - at % 2) / 2
    if heap[parent].due <= timer.due then break end
    place(at, heap[parent])
    at = parent
  end
  place(at, timer)
end

local function down(timer)
  local at = timer.at
  while 2 * at <= size do
    local child = 2 * at
    if child < size and heap[child + 1].due < heap[child].due then child = child + 1 end
    if heap[child].due >= timer.due then break end
    place(at, heap[child])
    at = child
  end
  place(at, timer)
end

--- Calls `fire` when `due` on the monotonic clock has come.
function M.add(due, fire)
  local timer = { due = due, fire = fire, at = size + 1 }
  heap[size + 1] = timer -- memory may run out here, before anything has changed
  size = size + 1
  up(timer)
  return timer
end

function M.remove(timer)
  local at = timer.at
  if not at then return end
  local last = heap[size]
  heap[size] = nil
  size = size - 1
  timer.at = nil
  if last == timer then return end
  place(at, last)
  up(last)
  down(last)
end

--- When the earliest is due, or nil.
function M.next()
  return size > 0 and heap[1].due or nil
end

--- Calls all that are due at `now`. What raises is called again the next time.
function M.run(now)
  while size > 0 and heap[1].due <= now do
    local timer = heap[1]
    timer.fire()
    M.remove(timer)
  end
end

return M
