--- The calls, as functions of the module (the default client) and as methods of
--- clients with settings of their own. Connections are shared by all of them.

local call = require "litellm.call"
local endpoints = require "litellm.endpoints"
local errors = require "litellm.errors"
local lazy = require "litellm.lazy"
local request = require "litellm.request"
local response = require "litellm.response"
local settings = require "litellm.settings"
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
  local problem = usage.check_budget(built.route.max_budget)
  if problem then return errors.fail(problem) end
  local answer, message, detail = call.send(built)
  if not answer then return nil, message, detail end
  if built.stream then
    local s = stream.new(answer)
    return s, nil, nil, s
  end
  if built.kind == "audio" then return audio.new(answer) end
  return response.read(answer)
end

local function invoke(begun, client)
  local built, problem = request.build(begun, client, M.defaults)
  if not built then return errors.fail(problem) end
  return send(built)
end

local function invoke_raw(begun, client)
  local built, problem = request.build_raw(begun, client, M.defaults)
  if not built then return errors.fail(problem) end
  return send(built)
end

--- The settings of the client that a method was called on.
local function store_of(self, name)
  local store = stores[self]
  if not store then error(("'%s' is a method: write client:%s, with a colon"):format(name, name), 3) end
  return store
end

--- Adds a call and its twin, which returns a task at once, to the module's
--- functions and to the methods. `begin` raises what is the caller's mistake.
local function define(functions, name, begin, invoke_it)
  functions[name] = function(args)
    return invoke_it(begin(args, 3), nil)
  end
  functions["a" .. name] = function(args)
    return task.spawn(invoke_it, begin(args, 3), nil)
  end
  Client[name] = function(self, args)
    local store = store_of(self, name)
    return invoke_it(begin(args, 3), store)
  end
  Client["a" .. name] = function(self, args)
    local store = store_of(self, "a" .. name)
    return task.spawn(invoke_it, begin(args, 3), store)
  end
end

--- Adds all calls to a table of functions.
function M.define(functions)
  for name, endpoint in pairs(endpoints) do
    local optional = #endpoint.needs == 0
    define(functions, name, function(args, level)
      if args == nil and optional then args = {} end
      return (request.begin(name, endpoint, args, level + 1)) -- no tail call: levels count
    end, invoke)
  end
  define(functions, "request", request.begin_raw, invoke_raw)
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
