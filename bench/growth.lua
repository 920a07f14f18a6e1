--- Measures how costs grow: with the chunks of a stream, the streams at once,
--- the bytes of an answer, the bytes of an event, the length of a list.
package.path = "bench/?.lua;" .. package.path
local clients = require "clients"

local TIMES, OUT = 3, "build/bench/growth.csv"
local KIB, MIB = 1024, 1048576

--- `args` makes the arguments for a point, `per` what its cost is divided by.
--- Small points are repeated within a run, for the sake of the clock.
local function repeats(bytes) return math.max(1, math.min(200, math.floor(16 * MIB / bytes))) end

local SERIES = {
  { "chunks", "tables", c = "text", points = { 1000, 10000, 100000, 1000000 },
    args = function(n) return { n, 0 } end, per = function(n) return n end },
  { "text", "text", points = { 1000, 10000, 100000, 1000000 },
    args = function(n) return { n, 0 } end, per = function(n) return n end },
  { "streams", "streams", points = { 1, 10, 100, 1000, 10000 }, memory = true,
    args = function(n) return { n, 10, n < 5000 and 100000 or 400000 } end, per = function(n) return n end },
  { "answers", "calls", points = { KIB, 16 * KIB, 256 * KIB, 4 * MIB, 64 * MIB },
    args = function(n) return { repeats(n), n } end, per = function(n) return repeats(n) * n / KIB end },
  { "events", "tables", c = "text", points = { KIB, 16 * KIB, 256 * KIB, 4 * MIB, 16 * MIB },
    args = function(n) return { repeats(n), n } end, per = function(n) return repeats(n) * n / KIB end },
  { "lists", "map", points = { 10, 100, 1000, 10000, 100000 },
    args = function(n) return { n, math.min(n, 100), 0 } end, per = function(n) return n end },
}

local all = { clients.BASELINE }
for _, client in ipairs(clients.library) do
  if client.name ~= "litelua" then table.insert(all, client) end
end
--- Others need not know all scenarios, and run once.
for name, command in (os.getenv "PEERS" or ""):gmatch "([^;=%s]+)=([^;]+)" do
  table.insert(all, { name = name, command = command, peer = true })
end

--- The least of a few runs, in turns: what is left when nobody disturbs.
local function measure(s, n, tired)
  local best = {}
  for turn = 1, TIMES do
    for _, client in ipairs(all) do
      if not tired[client] and (turn == 1 or not client.peer) then
        local numbers, output = clients.run(client, client == clients.BASELINE and s.c or s[2], s.args(n))
        if not numbers and not client.peer then error(output, 0) end
        tired[client] = not numbers or numbers.cpu > 10
        if numbers and (not best[client] or numbers.cpu < best[client].cpu) then best[client] = numbers end
      end
    end
  end
  return best
end

local wanted = {}
for _, name in ipairs(arg) do wanted[name] = true end
local function is_wanted(series) return not next(wanted) or wanted[series] end

--- What was measured before stays, but for what is measured anew.
local function old_lines()
  local lines, old = {}, io.open(OUT)
  for text in old and old:lines() or function() end do
    local series = text:match "^(.-),"
    if series ~= "series" and not is_wanted(series) then table.insert(lines, text) end
  end
  if old then old:close() end
  return lines
end

local kept = old_lines()
local file = assert(io.open(OUT, "w"))
local function line(...)
  local text = table.concat({ ... }, ",")
  print(text)
  file:write(text, "\n")
end

line("series", "n", "client", "microseconds of each", "KiB of each")
for _, text in ipairs(kept) do line(text) end
for _, s in ipairs(SERIES) do
  local tired = {}
  for _, n in ipairs(is_wanted(s[1]) and s.points or {}) do
    local best = measure(s, n, tired)
    for _, client in ipairs(all) do
      local b = best[client]
      if b then
        line(s[1], ("%d"):format(n), client.name, ("%.4g"):format(b.cpu / s.per(n) * 1e6),
          ("%.4g"):format(s.memory and (b.each or 0) / KIB or (b.peak or 0)))
      end
    end
  end
end
file:close()
