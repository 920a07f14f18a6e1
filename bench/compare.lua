--- Prints one table: what each scenario costs through the library, as a ratio
--- to C on libcurl. All take turns, so that other work on the machine hits them
--- alike, and each must receive what C received.
package.path = "bench/?.lua;" .. package.path
local clients = require "clients"

local FILE, FILE_SIZE = "build/bench/upload.bin", 26214400

--- `of` is the number that counts; a scenario that C does in the same way as
--- another names it in `c`.
local SCENARIOS = {
  { "cold", "start, one call, exit", unit = "run", of = "all_cpu" },
  { "calls", "small calls, one after the other", args = { 1000, 200 }, unit = "call" },
  { "text", "a stream of 20,000 chunks, stream:text()", args = { 20000, 0 }, unit = "chunk" },
  { "tables", "the same, each chunk a table", c = "text", args = { 20000, 0 }, unit = "chunk" },
  { "first", "time to the first word of a stream", args = { 100, 1000 }, unit = "stream", of = "first", per = 1 },
  { "streams", "1,000 streams of 20 chunks at once", args = { 1000, 20, 50000 }, unit = "stream" },
  { "map", "1,000 calls, 100 at once, litellm.map", args = { 1000, 100, 50000 }, unit = "call" },
  { "embed", "64 embeddings of 1536, as numbers", args = { 10, 64, "float" }, unit = "call" },
  { "embed", "the same in base64", args = { 50, 64, "base64" }, unit = "call" },
  { "image", "a picture of 4 MiB to a file", args = { 4194304, "build/bench/image.bin" }, unit = "call" },
  { "upload", "an upload of 25 MiB from a file", args = { FILE, FILE_SIZE }, unit = "call" },
}

local function make_file()
  local file = assert(io.open(FILE, "wb"))
  assert(file:write(("0123456789abcdef"):rep(FILE_SIZE / 16)))
  assert(file:close())
end

--- A run that failed, or received something else than C did, ends it all.
local function run(client, s, reference)
  local numbers, output = clients.run(client, client == clients.BASELINE and s.c or s[1], s.args)
  if numbers and reference and (numbers.total ~= reference.total or numbers.check ~= reference.check) then
    numbers, output = nil, "received something else than C did"
  end
  if not numbers then
    io.stderr:write(("\n%s, %s: %s\n"):format(client.name, s[2], output))
    os.exit(1)
  end
  return numbers
end

--- name of the client -> list of what its runs cost, and of their peaks
local function measure(s, times)
  local cost, peak, all = {}, {}, { clients.BASELINE }
  for _, client in ipairs(clients.library) do table.insert(all, client) end
  for _ = 1, times do
    local reference
    for _, client in ipairs(all) do
      local numbers = run(client, s, reference)
      reference = reference or numbers
      cost[client.name] = cost[client.name] or {}
      peak[client.name] = peak[client.name] or {}
      table.insert(cost[client.name], numbers[s.of or "cpu"] / (s.per or numbers.count or 1))
      table.insert(peak[client.name], numbers.peak / 1024)
    end
  end
  return cost, peak
end

local function duration(seconds)
  if seconds < 1e-4 then return ("%.2f us"):format(seconds * 1e6) end
  if seconds < 1 then return ("%.2f ms"):format(seconds * 1e3) end
  return ("%.2f s"):format(seconds)
end

local function row(s, times)
  local cost, peak = measure(s, times)
  local c = cost.C
  local cells = { s[2], s.unit, duration(clients.median(c)) }
  local peaks = { ("%.0f"):format(clients.median(peak.C)) }
  for _, client in ipairs(clients.library) do
    local own = cost[client.name]
    table.insert(cells, ("%.2f (%.2f)"):format(clients.median(own) / clients.median(c),
      clients.minimum(own) / clients.minimum(c)))
    table.insert(peaks, ("%.0f"):format(clients.median(peak[client.name])))
  end
  table.insert(cells, table.concat(peaks, " / "))
  return "| " .. table.concat(cells, " | ") .. " |"
end

local function head()
  local cells, peaks = { "scenario", "per", "C on libcurl" }, { "C" }
  for _, client in ipairs(clients.library) do
    table.insert(cells, client.name)
    table.insert(peaks, client.name)
  end
  table.insert(cells, "peak MiB: " .. table.concat(peaks, " / "))
  return "| " .. table.concat(cells, " | ") .. " |\n|" .. ("---|"):rep(#cells)
end

--- Raises when there is no such scenario.
local function check_name(name)
  local known = {}
  for _, s in ipairs(SCENARIOS) do
    if s[1] == name then return end
    if known[#known] ~= s[1] then known[#known + 1] = s[1] end
  end
  error(("no scenario '%s'; there are %s"):format(name, table.concat(known, ", ")), 0)
end

local times, wanted = 5, {}
do
  local i = 1
  while arg[i] do
    if arg[i] == "-n" then
      times, i = assert(tonumber(arg[i + 1]), "-n needs a number"), i + 1
    else
      check_name(arg[i])
      wanted[arg[i]] = true
    end
    i = i + 1
  end
end

make_file()
print(("CPU time, and for the first word elapsed time: medians of %d runs, in brackets minima; of C the time itself,")
  :format(times))
print "of the others the ratio to C.\n"
print(head())
for _, s in ipairs(SCENARIOS) do
  if not next(wanted) or wanted[s[1]] then
    print(row(s, times))
    io.stdout:flush()
  end
end
