--- Runs calls on a libuv loop: Neovim's, or that of luv. The loop polls the one
--- descriptor of the engine; a step is taken when it is readable.
---
--- In Neovim a step runs in the main loop, through `vim.schedule`, so that tasks
--- may use the whole API; however often the descriptor fires, one step at a time
--- is scheduled. Nothing is loaded before the first call.

local engine = require "litellm.engine"
local outcome = require "litellm.outcome"
local scheduler = require "litellm.scheduler"
local task = require "litellm.task"

local M = {}

-- Where the system has no descriptor to poll, a timer steps while tasks run.
local TICK_MS = 10

---@class litellm.UvAdapter
---@field uv table
---@field handle userdata? a poll handle, or the timer in its place
---@field polls boolean? it is a poll handle
---@field scheduled boolean? a step is on its way
---@field muted boolean? the handle is stopped until that step
---@field kept table what the module's fields were before
local Adapter = {}
Adapter.__index = Adapter

local attached

-- The handle of each libuv. It is stopped but never closed: luv 1.44 frees a closed
-- handle under its loop when the program ends before the loop has run again.
local handles = setmetatable({}, { __mode = "k" })

local function editor()
  local vim = rawget(_G, "vim")
  return type(vim) == "table" and vim.schedule and vim or nil
end

--- `vim.uv`, or what older editors call it, or luv.
local function find_uv()
  local vim = editor()
  if vim then return vim.uv or vim.loop end
  local ok, luv = pcall(require, "luv")
  if ok then return luv end
  error("no libuv here: litellm.uv needs Neovim or luv", 3)
end

-- Stepping --------------------------------------------------------------------------

--- Calls f soon, outside of libuv's callback where the host wants that.
function Adapter:defer(f)
  local vim = editor()
  if vim then return vim.schedule(f) end
  local timer = self.uv.new_timer()
  timer:start(0, 0, function()
    timer:close()
    f()
  end)
end

function Adapter:watch()
  local handle = self.handle
  if self.polls then
    handle:start("r", function() self:on_readable() end)
  else
    handle:start(TICK_MS, TICK_MS, function() self:on_readable() end)
  end
end

function Adapter:step()
  self.scheduled = false
  if attached ~= self then return end
  if self.muted then
    self.muted = false
    self:watch()
  end
  task.step()
end

function Adapter:schedule()
  if self.scheduled then return end
  self.scheduled = true
  self:defer(function() self:step() end)
end

--- The descriptor stays readable until a step was taken. An editor that is busy
--- with something else for a while must not be woken by it all the time.
function Adapter:on_readable()
  if not editor() then return self:step() end
  if not self.scheduled then return self:schedule() end
  self.handle:stop()
  self.muted = true
end

-- What the scheduler says --------------------------------------------------------------

--- The loop is kept alive by tasks that are not done, and by nothing else.
function Adapter:busy(flag)
  local handle = self.handle
  if not handle or handle:is_closing() then return end
  if flag then handle:ref() else handle:unref() end
end

function Adapter:opened(fd)
  local uv = self.uv
  local handle = handles[uv]
  if not handle or handle:is_closing() then handle = assert(fd and uv.new_poll(fd) or uv.new_timer()) end
  handles[uv] = handle
  self.handle, self.polls = handle, fd ~= nil
  self:watch()
end

local function host_of(self)
  return {
    opened = function(fd) self:opened(fd) end,
    busy = function(flag) self:busy(flag) end,
    poke = function() self:schedule() end,
  }
end

-- Attaching ------------------------------------------------------------------------------

local function notify(_, text)
  local vim = editor()
  vim.notify("litellm: " .. text, vim.log.levels.ERROR)
end

--- Lets the host's libuv loop run tasks. A call outside of a task raises from then
--- on, instead of blocking the host. Attaching twice to one loop does nothing.
---@param uv table? the `luv` module; Neovim's own, or luv's, when it is left out
function M.attach(uv)
  if uv ~= nil and (type(uv) ~= "table" or not uv.new_poll) then
    error(("bad argument #1 to 'attach' (libuv module expected, got %s)"):format(type(uv)), 2)
  end
  uv = uv or find_uv()
  if attached then
    if attached.uv == uv then return end
    M.detach()
  end
  attached = setmetatable({ uv = uv, kept = { blocking = scheduler.blocking, on_error = outcome.on_error } }, Adapter)
  scheduler.blocking = false
  if editor() and not outcome.on_error then outcome.on_error = notify end
  engine.adopt(host_of(attached))
end

--- Leaves the loop: calls block again. Tasks that are under way go on when something
--- else steps them.
function M.detach()
  local self = attached
  if not self then return end
  attached = nil
  engine.adopt(nil)
  scheduler.blocking = self.kept.blocking
  if outcome.on_error == notify then outcome.on_error = self.kept.on_error end
  if self.handle and not self.handle:is_closing() then self.handle:stop() end
end

--- Whether a loop is attached.
---@return boolean
function M.attached()
  return attached ~= nil
end

return M
