--- Settings from a .env file: `litelua --env FILE`. A line is KEY=VALUE, with an
--- optional `export` in front, a comment or nothing. In double quotes \n \r \t \" \\
--- and \$ are escapes; single quotes keep everything; without quotes a comment starts
--- at ` #`. A quoted value may span lines. No variable is expanded.

local M = {}

local ESCAPES = { n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["$"] = "$" }

local function unescape(text)
  return (text:gsub("\\(.)", function(c) return ESCAPES[c] or "\\" .. c end))
end

-- Where the double-quoted text that starts behind `from` ends.
local function closing_quote(text, from)
  local i = from
  while true do
    i = text:find('["\\]', i)
    if not i or text:sub(i, i) == '"' then return i end
    i = i + 2
  end
end

local function line_end(text, from)
  return text:find("\n", from, true) or #text + 1
end

-- The value at `from`, and where its line ends; or nil and what is wrong.
local function read_value(text, from)
  local q = text:sub(from, from)
  if q ~= '"' and q ~= "'" then
    local stop = line_end(text, from)
    local value = (" " .. text:sub(from, stop - 1)):gsub("%s#.*$", ""):gsub("^%s+", ""):gsub("%s+$", "")
    return value, stop
  end
  local close = q == '"' and closing_quote(text, from + 1) or q == "'" and text:find(q, from + 1, true)
  if not close then return nil, "the quote is not closed" end
  local stop = line_end(text, close)
  local rest = text:sub(close + 1, stop - 1)
  if rest:find("%S") and not rest:find("^%s+#") then return nil, "text after the closing quote" end
  local value = text:sub(from + 1, close - 1)
  return q == '"' and unescape(value) or value, stop
end

local function read_name(text, from)
  local line = text:sub(from, line_end(text, from) - 1)
  local prefix = line:match("^%s*export%s+") or line:match("^%s*")
  local name, equals = line:match("^([%a_][%w_]*)%s*=[ \t]*()", #prefix + 1)
  if name then return name, from + equals - 1 end
  return nil, "expected KEY=VALUE"
end

--- The variables of a text as a list of { name, value }, or nil and a message.
---@param text string
---@param name string what a message calls the text
function M.parse(text, name)
  text = text:gsub("^\239\187\191", ""):gsub("\r\n", "\n")
  local out, at, line = {}, 1, 1
  while at <= #text do
    local stop = line_end(text, at)
    local content = text:sub(at, stop - 1)
    if content:find("%S") and not content:find("^%s*#") then
      local key, value_at = read_name(text, at)
      if not key then return nil, ("%s:%d: %s"):format(name, line, value_at) end
      local value, ends = read_value(text, value_at)
      if not value then return nil, ("%s:%d: %s"):format(name, line, ends) end
      out[#out + 1] = { key, value }
      stop = ends
    end
    local _, newlines = text:sub(at, stop):gsub("\n", "")
    line, at = line + newlines, stop + 1
  end
  return out
end

--- Sets the variables of the file that are not set; raises what is wrong with it.
---@param path string
function M.load(path)
  local host = require "litellm.host"
  local file, message = io.open(path, "rb")
  if not file then error("--env: " .. message, 0) end
  local text
  text, message = file:read("*a")
  file:close()
  if not text then error(("--env: %s: %s"):format(path, message), 0) end
  local variables, problem = M.parse(text, path)
  if not variables then error("--env: " .. problem, 0) end
  -- The first file or line that names a variable wins, as the environment does.
  for _, v in ipairs(variables) do assert(host.setenv(v[1], v[2]) ~= nil) end
end

return M
