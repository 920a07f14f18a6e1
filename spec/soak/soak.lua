--- A soak: LUA spec/soak/soak.lua URL [N [SEED]] makes N calls and streams at the
--- gateway there, with faults among them, a hundred at once. Which call has
--- which fault follows from the seed, and so does what it comes to. script/soak
--- starts the gateway.
--
-- Twenty times, when all calls so far have ended and the collector has run, it
-- takes the memory and the descriptors of the process. The first five warm up:
-- connections are made, tables and pools reach their sizes. From the median of
-- the next five to that of the last five, the memory of Lua may grow by a byte
-- a call, and the samples: the smallest object takes 24, so that in 20,000 calls
-- a table is seen that one in forty loses. The process may grow by 16 bytes a call
-- and by what an allocator scatters: less, with 100,000 calls, than malloc's
-- smallest block each.
-- LuaJIT does not compile here: its traces come and go by hundreds of KiB.
package.path = "spec/soak/?.lua;" .. package.path
local litellm = require("litellm")
local kinds = require("kinds")

local URL, N, SEED = arg[1], tonumber(arg[2] or 100000), tonumber(arg[3] or 1)
local AT_ONCE, STEPS, WARM = 100, 20, 5
local LUA = { name = "memory of Lua", field = "lua", bytes_a_call = 1, scattered = 4096 }
local PROCESS = { name = "memory of the process", field = "resident", bytes_a_call = 16, scattered = 768 * 1024 }
local SHOWN = 20

if jit then jit.off() end

-- What a call is --------------------------------------------------------------------

--- The minimal standard generator of Park and Miller: exact in doubles.
local function generator(seed)
  local state = seed % 2147483646 + 1
  return function(n)
    state = state * 16807 % 2147483647
    return math.floor(state / 2147483647 * n) + 1
  end
end

local WORDS = {
  "wind", "salt", "harbour", "na\195\175ve", "rope", "lantern", "\226\130\1729", "tide", "gull", "\"quoted\"",
}

--- Call i: its kind, and its text, which begins with its number.
local function call(i)
  local random = generator(SEED * 1000003 + i * 8191)
  for _ = 1, 3 do random(2) end -- neighbouring seeds begin alike
  local c = { random = random, words = { "call" .. i } }
  local kind = kinds.names[random(#kinds.names)]
  for k = 2, 2 + random(30) do c.words[k] = WORDS[random(#WORDS)] end
  c.text = table.concat(c.words, " ")
  --- The first n words, as they come: each brings the blank behind it.
  function c.first(n)
    return table.concat(c.words, " ", 1, n) .. ((n > 0 and n < #c.words) and " " or "")
  end
  return kind, c
end

-- What the process holds -----------------------------------------------------------------

--- This pipe is one of them; while it is new, perhaps with both its ends.
local function descriptors()
  local least = math.huge
  for _ = 1, 3 do
    local pipe = io.popen("ls /proc/$PPID/fd | wc -l")
    least = math.min(least, tonumber(pipe:read("*l")) - 1)
    pipe:close()
  end
  return least
end

local function resident()
  for line in io.lines("/proc/self/smaps_rollup") do
    local kib = line:match("^Rss:%s+(%d+)")
    if kib then return tonumber(kib) end
  end
end

--- What nobody holds any more is collected, and its connections close.
local function settle()
  local give_up = litellm.now() + 10
  repeat
    collectgarbage()
    collectgarbage()
    litellm.step()
  until litellm.pending() == 0 or litellm.now() > give_up
end

local function sample(percent)
  settle()
  local s = { pending = litellm.pending(), lua = collectgarbage("count"), resident = resident(), fds = descriptors() }
  print(("%4d %%  %8.1f KiB in Lua  %7d KiB resident  %4d descriptors  %d pending"):format(
    percent, s.lua, s.resident, s.fds, s.pending))
  io.stdout:flush()
  return s
end

-- The run ----------------------------------------------------------------------------------

local passed, failed, made = 0, 0, {}

local function check(ok, text)
  if ok then
    passed = passed + 1
    return
  end
  failed = failed + 1
  if failed <= SHOWN then print("FAILED  " .. text) end
end

local function make(i)
  local kind, c = call(i)
  kinds.run[kind](c)
  made[kind] = (made[kind] or 0) + 1
  return true
end

--- Calls from + 1 to last. Each has ended one way or the other.
local function step(from, last)
  local numbers = {}
  for i = from + 1, last do numbers[i - from] = i end
  local ended, failures = litellm.map(numbers, make, { concurrency = AT_ONCE })
  for k, i in ipairs(numbers) do
    local problem = failures[k]
    local text = problem and (problem.cause or problem.message) or "did not end"
    check(ended[k] == true, ("call %d, %s: %s"):format(i, (call(i)), tostring(text)))
  end
end

local before = descriptors()
local started, cpu = litellm.now(), os.clock()
kinds.start(URL)
local samples = {}
for s = 1, STEPS do
  step(math.floor(N * (s - 1) / STEPS), math.floor(N * s / STEPS))
  samples[s] = sample(100 / STEPS * s)
end
local wall = litellm.now() - started

-- The verdict ---------------------------------------------------------------------------------

local function most(field)
  local most_so_far = 0
  for _, s in ipairs(samples) do most_so_far = math.max(most_so_far, s[field]) end
  return most_so_far
end

--- Of WARM samples behind this one.
local function median(field, behind)
  local list = {}
  for k = 1, WARM do list[k] = samples[behind + k][field] end
  table.sort(list)
  return list[(WARM + 1) / 2]
end

local function is_flat(m)
  local growth = (median(m.field, STEPS - WARM) - median(m.field, WARM)) * 1024
  local calls = N * (STEPS - 2 * WARM) / STEPS
  local most_bytes = m.bytes_a_call * calls + m.scattered
  local text = ("%s: %+.1f KiB in %d calls, at most %.1f"):format(m.name, growth / 1024, calls, most_bytes / 1024)
  print(text)
  check(growth <= most_bytes, text)
end

print()
table.sort(kinds.names)
for _, name in ipairs(kinds.names) do print(("%8d  %s"):format(made[name] or 0, name)) end
print(("\n%d calls in %.1f s, %.1f s of it CPU, %d at once, seed %d"):format(N, wall, os.clock() - cpu, AT_ONCE, SEED))
is_flat(LUA)
is_flat(PROCESS)
check(most("pending") == 0, "something was still pending when all calls had ended")
local open = ("descriptors: %d before, at most %d between the calls"):format(before, most("fds"))
print(open)
check(most("fds") <= before + AT_ONCE + 10, open)

--- Without the library nothing of it is left.
for name in pairs(package.loaded) do
  if name:find("^litellm") or name == "kinds" then package.loaded[name] = nil end
end
litellm, kinds = nil, nil
for _ = 1, 3 do collectgarbage() end
local after = descriptors()
local left = ("descriptors: %d when the library is gone"):format(after)
print(left)
check(after == before, left)
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0 and 0 or 1)
