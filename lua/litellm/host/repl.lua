--- The prompt of litelua. Each line runs as a task: Ctrl-C cancels it and nothing
--- else, and the tasks it leaves behind go on while the next line is typed.

local complete = require "litellm.host.complete"
local host = require "litellm.host"
local inspect = require "litellm.host.inspect"
local litellm = require "litellm"

local M = {}

local PROMPT, MORE = "> ", ">> "

local function history_path()
  local state = os.getenv("XDG_STATE_HOME")
  if state and state:sub(1, 1) == "/" then return state .. "/litelua/history" end
  local home = os.getenv("HOME")
  return home and home .. "/.local/state/litelua/history"
end

local function complete_global(text, width)
  return complete.complete(text, _G, width)
end

-- The tasks in the background go on meanwhile.
local function read_line(prompt)
  local fd, step
  if litellm.pending() > 0 then fd, step = litellm.fd(), litellm.step end
  return host.readline(prompt, fd, step, complete_global)
end

local function incomplete(message)
  return message:sub(-5) == "<eof>"
end

-- An expression needs no `return`; a leading `=` is an old habit.
local function compile(text)
  local expression = text:gsub("^%s*=", "", 1)
  local f = load("return " .. expression, "=stdin", "t")
  if f then return f end
  return load(text, "=stdin", "t")
end

--- Reads lines until they are a chunk: the function; nil and what is wrong with
--- it; or nil at the end of the input.
local function read_chunk()
  local text, message = read_line(PROMPT)
  while text do
    local f, problem = compile(text)
    if f or not incomplete(problem) then return f, problem end
    local line
    line, message = read_line(MORE)
    if not line then
      if not message then return nil, problem end
      break
    end
    text = text .. "\n" .. line
  end
  if message then return nil, "" end
end

local function say_failure(message, detail)
  local facts = { detail.type }
  if detail.status then facts[#facts + 1] = "status " .. detail.status end
  io.stderr:write(("%s (%s)\n"):format(message, table.concat(facts, ", ")))
end

local function is_failure(value, message, detail)
  return value == nil and type(message) == "string" and type(detail) == "table" and detail.kind ~= nil
end

-- The results of a chunk, without the nils that a stream brings for `for`.
local function show(n, ...)
  if is_failure(...) then return say_failure(select(2, ...)) end
  local results = { ... }
  if n > 1 and results[n] == results[1] then n = 1 end
  for i = 1, n do print(inspect.inspect(results[i])) end
end

local function describe(problem)
  if type(problem) == "table" and problem.kind == "cancelled" then return "interrupted" end
  if type(problem) == "string" and problem:find("interrupted$") then return "interrupted" end
  local ok, text = pcall(inspect.problem, problem)
  if not ok then text = ("(error object is a %s value)"):format(type(problem)) end
  -- what called the chunk is of no interest
  return (debug.traceback(text, 2):gsub("\n%s*%[C%]: in function 'xpcall'.*$", ""))
end

local function report(ok, ...)
  if ok then return show(select("#", ...), ...) end
  io.stderr:write(tostring((...)), "\n")
end

-- Between two lines there is nothing to cancel.
local function ignore_interrupt() end

--- Runs the chunk as a task and prints what came of it.
local function run_chunk(f)
  local task, thread
  -- It may be called in the chunk's own code, or while that waits.
  local function interrupt()
    if coroutine.running() == thread or not task then error("interrupted", 0) end
    task:cancel()
  end
  task = litellm.spawn(function()
    thread = coroutine.running()
    host.on_interrupt(interrupt)
    report(xpcall(f, describe))
  end)
  local _, message = task:await()
  if message then io.stderr:write(message, "\n") end
end

--- Reads and runs until the end of the input.
function M.run()
  local terminal = host.isatty(io.stdin)
  if terminal then
    print(("litelua %s, %s: `litellm` is loaded, Ctrl-D leaves"):format(host.version, _VERSION))
    local path = history_path()
    if path then host.history(path) end
  end
  while true do
    host.on_interrupt(terminal and ignore_interrupt or nil)
    local f, message = read_chunk()
    if f then
      run_chunk(f)
    elseif not message then
      break
    elseif message ~= "" then
      io.stderr:write(message, "\n")
    end
  end
end

return M
