-- A Lua program in a process of its own, for what one process cannot try on
-- itself: its environment, its descriptors, its end.
local system = require("support.system")

local M = {}

local interpreter

--- The interpreter that runs the specs.
function M.interpreter()
  if not interpreter then
    interpreter = system.output("readlink /proc/$PPID/exe"):gsub("\n", "")
    if not interpreter:find("/[lL]ua[%w.]*$") and not interpreter:find("/litelua$") then
      interpreter = jit and "luajit" or _VERSION:lower():gsub(" ", "") -- Under valgrind, say.
    end
  end
  return interpreter
end

--- Runs the code with these variables set (false: unset). Returns standard output
--- with standard error, and the exit status.
function M.run(code, environment)
  local words = { "env" }
  for _, name in ipairs({ "LITELLM_PROXY_API_BASE", "LITELLM_PROXY_API_KEY", "USE_LITELLM_PROXY", "LUA_INIT" }) do
    words[#words + 1] = "-u " .. name
  end
  local set = {}
  for name, value in pairs(environment or {}) do
    if value then
      set[#set + 1] = system.quote(name .. "=" .. value)
    else
      words[#words + 1] = "-u " .. name
    end
  end
  words[#words + 1] = table.concat(set, " ")
  local path = os.tmpname()
  system.write(path, code)
  words[#words + 1] = M.interpreter() .. " " .. path
  local text, status = system.run(table.concat(words, " "))
  os.remove(path)
  return (text:gsub("\n$", "")), status
end

return M
