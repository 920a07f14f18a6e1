-- Files and commands of the machine the specs run on.
local M = {}

function M.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

function M.write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

--- A word of a shell command.
function M.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- What stands in front of a command that is to see these variables.
function M.variables(values)
  local words = {}
  for name, value in pairs(values) do
    words[#words + 1] = ("%s=%s "):format(name, M.quote(tostring(value)))
  end
  return table.concat(words)
end

--- What a shell command writes to standard output.
function M.output(command)
  local pipe = io.popen(command)
  local text = pipe:read("*a")
  pipe:close()
  return text
end

--- What it writes, to either stream, and its status.
function M.run(command)
  local text, status = M.output("{ " .. command .. "\n} 2>&1; printf '\\n%d' $?"):match("^(.*)\n(%d+)$")
  return text, tonumber(status)
end

return M
