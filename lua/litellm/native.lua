--- The C core, `litellm.core`, loaded when it is first used: `require "litellm"`
--- must cost nothing in an editor or a game that may never make a call.

local function describe_lua()
  local jit = rawget(_G, "jit")
  return jit and jit.version or _VERSION
end

local function target()
  if rawget(_G, "jit") then return "luajit" end
  return (_VERSION:match("%d+%.%d+$"))
end

--- The file that `require` would take, so that a message can name it.
local function find_file()
  local search = package.searchpath
  if search then return (search("litellm.core", package.cpath)) end
  for pattern in package.cpath:gmatch("[^;]+") do
    local path = pattern:gsub("%?", "litellm/core")
    local f = io.open(path, "rb")
    if f then
      f:close()
      return path
    end
  end
end

--- Whether the system missed a function of Lua: on Linux, and as macOS words it. The
--- path may have a "lua_" of its own.
local function is_of_another_lua(problem)
  return problem:find("undefined symbol: lua", 1, true) or problem:find("[Ss]ymbol not found[^\n]*_luaL?_")
end

local function explain(problem)
  local path = find_file()
  local remedy = ("make module LUA=%s"):format(target())
  if not path then
    return ("the compiled part of litellm was not found for %s: run `%s` in its checkout, or install it with luarocks")
      :format(describe_lua(), remedy)
  end
  if is_of_another_lua(problem) then
    return ("%s was built for another Lua; you run %s: %s"):format(path, describe_lua(), remedy)
  end
  return ("%s could not be loaded: %s"):format(path, problem)
end

local function load_core()
  local ok, core = pcall(require, "litellm.core")
  if ok then return core end
  -- an interrupt can come just then: it is passed on
  local by_require = type(core) == "string" and core:find("module 'litellm.core'", 1, true)
  error(by_require and explain(core) or core, 0)
end

return setmetatable({}, {
  __index = function(self, name)
    local core = load_core()
    for k, v in pairs(core) do rawset(self, k, v) end
    setmetatable(self, nil)
    return core[name]
  end,
})
