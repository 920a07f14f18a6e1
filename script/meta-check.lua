-- Compares lua/litellm/types.lua with the code: every public function, method and
-- setting has its entry there, and every entry is something that exists. Prints what
-- differs and fails; says nothing else. Also fails when doc/api.md is stale.
--
--     LUA_PATH="lua/?.lua;lua/?/init.lua" LUA_CPATH="build/5.4/?.so" lua script/meta-check.lua [types.lua]

local here = arg[0]:gsub("[^/]*$", "")
local root = here .. "../"
package.path = root .. "lua/?.lua;" .. root .. "lua/?/init.lua;" .. package.path
local abi = rawget(_G, "jit") and "luajit" or _VERSION:match("%d.%d")
package.cpath = ("%sbuild/%s/?.so;%s"):format(root, abi, package.cpath)

local path = arg[1] or root .. "lua/litellm/types.lua"
local interface = dofile(here .. "read-types.lua")(path)
local litellm = require "litellm"

local problems = {}
local function problem(form, ...) problems[#problems + 1] = form:format(...) end

local function upvalue(f, name)
  for i = 1, 100 do
    local found, value = debug.getupvalue(f, i)
    if not found then return nil end
    if found == name then return value end
  end
end

local function functions_of(t)
  local out = {}
  for name, value in pairs(t) do
    if type(value) == "function" and not name:find("^__") then out[name] = true end
  end
  return out
end

-- Both ways: what the code has, and what the file names.
local function compare(what, real, documented)
  for name in pairs(real) do
    if not documented[name] then problem("%s.%s has no entry", what, name) end
  end
  for name in pairs(documented) do
    if not real[name] then problem("%s.%s does not exist", what, name) end
  end
end

local function methods_in(class)
  local out = {}
  for name in pairs(class.methods) do out[name] = true end
  for _, field in ipairs(class.fields) do
    if field.type:find("^fun%(self:") then out[field.name] = true end
  end
  return out
end

-- The functions of the module, and what is loaded when it is first used.
local module = functions_of(litellm)
for name, from in pairs(upvalue(getmetatable(litellm).__index, "LAZY")) do
  local file = io.open(root .. "lua/" .. from:gsub("%.", "/") .. ".lua")
  if file then
    file:close()
    module[name] = true
  end
end
local documented = {}
for name in pairs(interface.functions) do
  local plain = name:match("^litellm%.([%w_]+)$")
  local inside = name:match("^litellm%.([%w_]+)%.[%w_]+$")
  if plain then documented[plain] = true end
  if inside and module[inside] then documented[inside] = true end
end
for _, field in ipairs(interface.classes.litellm.fields) do
  if field.type:find("^fun%(") and field.name ~= "on_error" then documented[field.name] = true end
end
compare("litellm", module, documented)

-- The modules beside it.
local function compare_module(name, real, prefix)
  local names = {}
  for full in pairs(interface.functions) do
    local last = full:match("^" .. prefix:gsub("%.", "%%.") .. "%.([%w_]+)$")
    if last then names[last] = true end
  end
  compare(name, real, names)
end
local json = functions_of((require "litellm.json"))
json.array = nil -- litellm.array has the entry
compare_module("litellm.vector", functions_of((require "litellm.vector")), "litellm.vector")
compare_module("litellm.json", json, "litellm.json")
compare_module("litellm.cassette", functions_of((require "litellm.cassette")), "litellm.cassette")
compare_module("litellm.uv", functions_of((require "litellm.uv")), "litellm.uv")
compare_module("litellm.love", functions_of((require "litellm.love")), "litellm.love")
local host = {}
for name in io.open(root .. "src/host/hostlib.c"):read("*a"):gmatch('{"([%w_]+)", host_') do host[name] = true end
compare_module("litellm.host", host, "litellm.host")

-- The methods.
-- The documented methods that an object has: where Lua shows nothing of a C
-- function, as 5.1, what is not documented cannot be found.
local function methods_had(object, class)
  local found = {}
  for method in pairs(class.methods) do
    local ok, value = pcall(function() return object[method] end)
    found[method] = ok and value or nil
  end
  return found
end

-- Where __index is a function, the methods are in a table that it knows.
local function methods_of(metatable, class, object)
  local index = metatable.__index
  if type(index) == "table" then return index end
  if object and not debug.getupvalue(index, 1) then return methods_had(object, class) end
  for i = 1, 100 do
    local name, value = debug.getupvalue(index, i)
    if not name then return {} end
    for method in pairs(type(value) == "table" and class.methods or {}) do
      if type(rawget(value, method)) == "function" then return value end
    end
  end
end

local function compare_class(name, metatable, object)
  local class = interface.classes[name]
  compare(name, functions_of(methods_of(metatable, class, object)), methods_in(class))
end
local errors = require "litellm.errors"
local handler = litellm.ProxyAuthHandler{ credential = function() return "token" end }
local credential = litellm.GenericOAuth2Credential{
  client_id = "id", client_secret = "secret", token_url = "https://example.org/token",
}
compare_class("litellm.Client", getmetatable(litellm.new{}))
compare_class("litellm.Stream", upvalue(require("litellm.stream").new, "Stream"))
compare_class("litellm.Audio", upvalue(require("litellm.audio").new, "Audio"))
compare_class("litellm.Task", getmetatable(litellm.spawn(function() end)))
local vector = litellm.vector{ 1 }
compare_class("litellm.vector", getmetatable(vector), vector)
compare_class("litellm.Error", getmetatable(errors.new{}))
compare_class("litellm.File", getmetatable(litellm.file{ data = "" }))
compare_class("litellm.ProxyAuthHandler", getmetatable(handler))
compare_class("litellm.Credential", getmetatable(credential))

-- The settings and the options of calls, and the fields of those that are tables.
local settings = require "litellm.settings"
local function names_of(class)
  local out = {}
  for _, field in ipairs(interface.classes[class].fields) do out[field.name] = true end
  return out
end
compare("setting", settings.known, names_of "litellm.Settings")
local options = names_of "litellm.CallOptions"
options.metadata, options.user, options["[string]"] = nil, nil, nil -- fields of the body
compare("option", settings.call_options, options)
local tables = { timeout = "Timeout", retry = "Retry", tls = "TLS", limits = "Limits" }
for name, class in pairs(tables) do
  local rule = settings.known[name]
  local known = upvalue(rule, "known") or upvalue(upvalue(rule, "TIMEOUT") or print, "known")
  compare("setting " .. name, known, names_of("litellm." .. class))
end

-- Types that are named must be there.
local function check_types(text, where)
  for name in text:gmatch("litellm%.[%a]%w*") do
    if not interface.classes[name] and name ~= "litellm.Upload" then problem("%s: unknown type %s", where, name) end
  end
end
for name, class in pairs(interface.classes) do
  if class.parent then check_types(class.parent, name) end
  for _, field in ipairs(class.fields) do check_types(field.type, name .. "." .. field.name) end
end
for name, f in pairs(interface.functions) do
  local given = {}
  for arg_name in f.args:gmatch("[%w_.]+") do given[#given + 1] = arg_name end
  for i, param in ipairs(f.params) do
    check_types(param.type, name)
    if param.name ~= given[i] then problem("%s: argument %d is not named %s", name, i, param.name) end
  end
  if #given ~= #f.params then problem("%s: %d arguments, %d of them described", name, #given, #f.params) end
  for _, each in ipairs(f.returns) do check_types(each.type, name) end
  if f.text == "" then problem("%s has no description", name) end
end

-- The reference that is made of it.
if not arg[1] then
  local reference = dofile(here .. "make-reference.lua")
  local file = io.open(root .. "doc/api.md", "rb")
  if not file or file:read("*a") ~= reference then
    problem("doc/api.md is stale: run lua script/make-reference.lua > doc/api.md")
  end
end

table.sort(problems)
for _, each in ipairs(problems) do io.stderr:write("types.lua: ", each, "\n") end
os.exit(#problems == 0 and 0 or 1)
