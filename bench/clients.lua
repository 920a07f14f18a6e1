--- Who takes part in the benchmarks, and how one of them is run.
local M = {}

local BASE = assert(os.getenv "GATEWAY", "bench/with-gateway starts the gateway and this")

local function runs(command)
  local ok, _, status = os.execute("{ " .. command .. "; } >/dev/null 2>&1")
  return ok == true or ok == 0 or status == 0
end

local function on(lua, build)
  return ("LUA_PATH='lua/?.lua;lua/?/init.lua;;' LUA_CPATH='build/%s/?.so;;' build/bench/measure %s bench/client.lua")
    :format(build, lua)
end

M.BASELINE = { name = "C", command = "build/bench/measure build/bench/baseline" }

--- Those that are built here, in the order of the columns.
M.library = {}
for _, client in ipairs{
  { name = "litelua", command = "build/bench/measure ./litelua bench/client.lua", built = "./litelua -e ''" },
  { name = "lua5.4", command = on("lua5.4", "5.4"), built = "lua5.4 -v && test -f build/5.4/litellm/core.so" },
  { name = "luajit", command = on("luajit", "luajit"), built = "luajit -v && test -f build/luajit/litellm/core.so" },
} do
  if runs(client.built) then table.insert(M.library, client) end
end

--- Runs one scenario once: the numbers that it printed, or nil and what it
--- printed instead.
function M.run(client, scenario, args)
  local command = ("%s %s %s %s 2>&1"):format(client.command, BASE, scenario, table.concat(args or {}, " "))
  local pipe = assert(io.popen(command))
  local output = pipe:read "*a"
  pipe:close()
  local numbers = {}
  for name, value in output:gmatch "([%w_]+)=(%S+)" do numbers[name] = tonumber(value) end
  if scenario ~= "cold" and not numbers.cpu then return nil, output end
  return numbers
end

function M.median(list)
  table.sort(list)
  local middle = math.floor((#list + 1) / 2)
  return #list % 2 == 1 and list[middle] or (list[middle] + list[middle + 1]) / 2
end

function M.minimum(list)
  return math.min((table.unpack or unpack)(list))
end

return M
