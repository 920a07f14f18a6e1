--- litellm: every endpoint of a LiteLLM Proxy as a Lua function. `types.lua` holds
--- the signatures; this file only puts the parts together.

local client = require "litellm.client"
local json = require "litellm.json"
local meta = require "litellm.meta"
local native = require "litellm.native"
local outcome = require "litellm.outcome"
local scheduler = require "litellm.scheduler"
local settings = require "litellm.settings"
local task = require "litellm.task"
local usage = require "litellm.usage"

---@class litellm
local M = {
  _VERSION = require "litellm.version",
  new = client.new,
  -- tasks
  run = task.run, spawn = task.spawn, sleep = task.sleep, deadline = task.deadline,
  -- for hosts with a loop of their own
  step = task.step, wait = task.wait, fd = task.fd, pending = task.pending,
  -- values
  array = json.array, null = json.null, meta = meta.of, usage = usage.totals,
  reset_usage = usage.reset,
  --- Seconds on a clock that nobody sets: for differences.
  now = function() return native.now() end,
}

client.define(M)

-- Loaded when they are first used: modules, or functions of that name in them.
local LAZY = {
  map = "litellm.many", all = "litellm.many", first = "litellm.many", file = "litellm.files",
  ProxyAuthHandler = "litellm.auth",
  json = "litellm.json", vector = "litellm.vector", save = "litellm.save", cassette = "litellm.cassette",
  GenericOAuth2Credential = "litellm.oauth2", AzureADCredential = "litellm.azure",
}

-- Fields that belong to no call: whose they are, and their types.
local HOST_FIELDS = { blocking = scheduler, on_error = outcome }
local HOST_TYPES = { blocking = "boolean", on_error = "function" }

local defaults = client.defaults

return setmetatable(M, {
  __names = { LAZY, HOST_FIELDS, settings.known },
  __index = function(self, name)
    if HOST_FIELDS[name] then return HOST_FIELDS[name][name] end
    local value = defaults[name]
    if value ~= nil or not LAZY[name] then return value end
    value = require(LAZY[name])
    if type(value) == "table" and value[name] then value = value[name] end
    rawset(self, name, value)
    return value
  end,
  __newindex = function(_, name, value)
    local owner, kind = HOST_FIELDS[name], HOST_TYPES[name]
    if not owner then
      settings.check(name, value, 2)
      defaults[name] = value
      settings.touch()
    elseif value ~= nil and type(value) ~= kind then
      error(("bad setting '%s' (%s expected, got %s)"):format(name, kind, type(value)), 2)
    else
      owner[name] = value
    end
  end,
})
