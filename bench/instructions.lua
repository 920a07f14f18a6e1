--- Counts instructions: they repeat where times do not. Each figure is the
--- difference between a long and a short run, by what the long one does more,
--- so that the start does not count. Only user space is counted.
local GATEWAY = os.getenv "GATEWAY"
local FIGURES, TOLERANCE = "bench/instructions.txt", 1.05
local OUT = "build/bench/callgrind.out"

--- name, command, a short and a long run
local READERS, CLIENT = "build/bench/readers ", "lua5.4 bench/client.lua " .. GATEWAY .. " "
local COUNTED = {
  { "sse", READERS .. "sse %d", 1000, 5000, "an event found by the SSE reader" },
  { "text", READERS .. "text %d", 1000, 5000, "and the text in its chunk" },
  { "json", READERS .. "json %d", 1000, 5000, "an event found, and each token of its JSON read" },
  { "table", "lua5.4 bench/decode.lua %d", 1000, 5000, "a Lua table made of a chunk (Lua 5.4)" },
  { "stream text", CLIENT .. "text %d 0", 2000, 10000, "a chunk in stream:text(), with libcurl's part" },
  { "stream tables", CLIENT .. "tables %d 0", 2000, 10000, "a chunk in `for chunk in stream`, with libcurl's part" },
  { "call", CLIENT .. "calls %d 200", 100, 300, "a small call, with libcurl's part" },
}

local function output_of(command)
  local pipe = assert(io.popen(command .. " 2>/dev/null"))
  local text = pipe:read "*a"
  pipe:close()
  return (text:gsub("%s+$", ""))
end

--- What the figures depend on beside this project.
local function machine()
  return table.concat({
    output_of "uname -m",
    "cc " .. output_of "cc -dumpfullversion -dumpversion",
    "libcurl " .. output_of "pkg-config --modversion libcurl",
    output_of "lua5.4 -v":match "^Lua %S+" or "no Lua",
  }, ", ")
end

--- Adds up callgrind's file: object -> instructions. The line behind `calls=` is
--- what was called, which is counted where it happened.
local function by_object(path)
  local sums, names, object, called = {}, {}, nil, false
  for line in io.lines(path) do
    local id, name = line:match "^ob=%((%d+)%)%s*(.*)"
    local cob, cob_name = line:match "^cob=%((%d+)%)%s*(.*)"
    if cob and cob_name ~= "" then names[cob] = cob_name end
    if id then
      if name ~= "" then names[id] = name end
      object = names[id]:match "[^/]*$"
    elseif line:find "^calls=" then
      called = true
    elseif line:find "^[%d+*-]" then
      local cost = line:match "^%S+ (%d+)$"
      if cost and not called then sums[object] = (sums[object] or 0) + tonumber(cost) end
      called = false
    end
  end
  return sums
end

local function count(command)
  local ok = os.execute(("valgrind --tool=callgrind --callgrind-out-file=%s %s >%s.log 2>&1"):format(OUT, command, OUT))
  if ok ~= true and ok ~= 0 then error(("failed: %s (see %s.log)"):format(command, OUT), 0) end
  return by_object(OUT)
end

--- Instructions of one, in all and by object.
local function measure(c)
  local short, long = count(c[2]:format(c[3])), count(c[2]:format(c[4]))
  local total, split = 0, {}
  for object, n in pairs(long) do
    local each = (n - (short[object] or 0)) / (c[4] - c[3])
    total = total + each
    if each >= 1 then table.insert(split, { object = object, count = each }) end
  end
  table.sort(split, function(a, b) return a.count > b.count end)
  return total, split
end

local function read_figures()
  local figures, on = {}, nil
  for line in io.lines(FIGURES) do
    on = on or line:match "^# counted with (.*)"
    local n, name = line:match "^(%d+)%s+(.-)%s*$"
    if n then figures[name] = tonumber(n) end
  end
  return figures, on
end

local function save()
  local file = assert(io.open(FIGURES, "w"))
  file:write("# Instructions of each, by bench/instructions --save\n# counted with ", machine(), "\n")
  for _, c in ipairs(COUNTED) do
    local total = measure(c)
    print(("%9.0f  %-14s %s"):format(total, c[1], c[5]))
    file:write(("%-9.0f %s\n"):format(total, c[1]))
  end
  file:close()
end

local function split()
  for _, c in ipairs(COUNTED) do
    local total, parts = measure(c)
    print(("%9.0f  %s"):format(total, c[5]))
    for _, part in ipairs(parts) do print(("%9.0f    %s"):format(part.count, part.object)) end
  end
end

local function check()
  local figures, on = read_figures()
  if on ~= machine() then
    print(("skipped: the figures were counted with %s, and this is %s"):format(on, machine()))
    return true
  end
  local passed, failed = 0, 0
  for _, c in ipairs(COUNTED) do
    local total, figure = measure(c), figures[c[1]] or 0
    local good = total <= figure * TOLERANCE
    passed, failed = passed + (good and 1 or 0), failed + (good and 0 or 1)
    print(("  %-4s  %-14s %8.0f, was %8.0f (%+.1f %%)"):format(good and "ok" or "FAIL", c[1], total, figure,
      (total / figure - 1) * 100))
  end
  print(("%d passed, %d failed"):format(passed, failed))
  return failed == 0
end

if arg[1] == "--save" then save()
elseif arg[1] == "--split" then split()
else os.exit(check())
end
