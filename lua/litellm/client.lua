--- The calls, as functions of the module (the default client) and as methods of
--- clients with settings of their own. Connections are shared by all of them.

local call = require "litellm.call"
local endpoints = require "litellm.endpoints"
local errors = require "litellm.errors"
local lazy = require "litellm.lazy"
local request = require "litellm.request"
local response = require "litellm.response"
local settings = require "litellm.settings"
local tables = require "litellm.tables"
local task = require "litellm.task"
local usage = require "litellm.usage"

local audio, stream = lazy "litellm.audio", lazy "litellm.stream"

local M = {
  --- The settings of the module.
  defaults = {},
}

---@class litellm.Client
local Client = {}

-- The settings of each client.
local stores = setmetatable({}, { __mode = "k" })

--- Sends a request that was built, and gives what the endpoint gives.
local function send(built)
  local budget = built.route.max_budget
  local problem = budget and usage.check_budget(budget)
  if problem then return errors.fail(problem) end
  local answer, message, detail = call.send(built)
  if not answer then return nil, message, detail end
  if built.stream then
    local s = stream.new(answer)
    return s, nil, nil, s
  end
  if built.endpoint.kind == "audio" then return audio.new(answer) end
  return response.read(answer)
end

local function invoke(client, endpoint, args, fields, overridden, empty)
  local built, problem = request.build(client, M.defaults, endpoint, args, fields, overridden, empty)
  if not built then return errors.fail(problem) end
  return send(built)
end

local function invoke_raw(client, _, args, endpoint, overridden)
  local built, problem = request.build_raw(client, M.defaults, args, endpoint, overridden)
  if not built then return errors.fail(problem) end
  return send(built)
end

--- The settings of the client that a method was called on.
local function store_of(self, name)
  local store = stores[self]
  if not store then error(("'%s' is a method: write client:%s, with a colon"):format(name, name), 3) end
  return store
end

--- A task may begin when its caller has changed the arguments already.
local function copy(args)
  return type(args) == "table" and tables.copy(args) or args
end

--- Adds a call and its twin, which returns a task at once, to the module's
--- functions and to the methods. `begin` raises what is the caller's mistake; what it
--- gives is for `invoke_it`.
local function define(functions, name, endpoint, begin, invoke_it)
  local none = endpoint and #endpoint.needs == 0 and {} or nil
  functions[name] = function(args)
    if args == nil then args = none end
    return invoke_it(nil, endpoint, args, begin(endpoint, args, 3))
  end
  functions["a" .. name] = function(args)
    if args == nil then args = none end
    args = copy(args)
    return task.spawn(invoke_it, nil, endpoint, args, begin(endpoint, args, 3))
  end
  Client[name] = function(self, args)
    local store = store_of(self, name)
    if args == nil then args = none end
    return invoke_it(store, endpoint, args, begin(endpoint, args, 3))
  end
  Client["a" .. name] = function(self, args)
    local store = store_of(self, "a" .. name)
    if args == nil then args = none end
    args = copy(args)
    return task.spawn(invoke_it, store, endpoint, args, begin(endpoint, args, 3))
  end
end

--- Adds all calls to a table of functions.
function M.define(functions)
  for name, endpoint in pairs(endpoints) do define(functions, name, endpoint, request.begin, invoke) end
  define(functions, "request", nil, request.begin_raw, invoke_raw)
  functions.explain = function(name, args)
    local shown, message, detail = require("litellm.explain").call(name, args, nil, M.defaults)
    return shown, message, detail
  end
  Client.explain = function(self, name, args)
    local store = store_of(self, "explain")
    local shown, message, detail = require("litellm.explain").call(name, args, store, M.defaults)
    return shown, message, detail
  end
end

local function check_settings(given, name)
  if type(given) ~= "table" then
    error(("bad argument #1 to '%s' (table of settings expected, got %s)"):format(name, type(given)), 3)
  end
  for key, value in pairs(given) do settings.check(key, value, 3) end
end

local function describe(self)
  local base = stores[self].api_base
  return "litellm.client: " .. (base and settings.host_of(base) or "the module's gateway")
end

local meta = {
  __name = "litellm.client",
  __tostring = describe,
  __names = { Client, settings.known },
  __index = function(self, name)
    local method = Client[name]
    if method ~= nil then return method end
    return stores[self][name]
  end,
  __newindex = function(self, name, value)
    settings.check(name, value, 2)
    stores[self][name] = value
    settings.touch()
  end,
}

local function make(...)
  local self, store = setmetatable({}, meta), {}
  for _, given in ipairs{ ... } do
    for name, value in pairs(given) do store[name] = value end
  end
  stores[self] = store
  return self
end

--- A client with settings of its own; what it does not set comes from the module.
---@param given litellm.Settings
---@return litellm.Client
function M.new(given)
  given = given or {}
  check_settings(given, "new")
  return make(given)
end

--- A copy of the client with other settings.
---@param given litellm.Settings
---@return litellm.Client
function Client:with(given)
  local store = store_of(self, "with")
  check_settings(given, "with")
  return make(store, given)
end

return M
