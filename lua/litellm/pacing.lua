--- Waiting before the gateway has to refuse: calls that share a gateway and a key wait
--- for their turn, in the order in which they came, whatever task they are in.
---
--- Two gates stand in a row. One, for each model, learns from answers: it is closed
--- after a 429, or when nothing remains of a limit, until the gateway said it is over.
--- Then one call goes as a scout, and its answer tells how many may follow. The other
--- keeps to so many requests and tokens a minute as the setting says.

local errors = require "litellm.errors"
local head = require "litellm.head"
local native = require "litellm.native"
local retry = require "litellm.retry"
local scheduler = require "litellm.scheduler"
local settings = require "litellm.settings"
local timers = require "litellm.timers"

local M = {}

local MINUTE = 60
local SCOUT = 3       -- seconds after which an unanswered scout is given up
local LONGEST = 600   -- nobody waits longer for a gate to open

-- Gates: a queue before a condition -----------------------------------------------------------

local Gate = {}
Gate.__index = Gate

local function new_gate(kind, fields)
  fields.queue, fields.first, fields.last = {}, 1, 0
  return setmetatable(fields, kind)
end

local function refuse(waiter, moment, now)
  waiter.refused = moment - now
  scheduler.wake(waiter.sleeper)
end

--- Tells those who cannot wait so long.
local function refuse_hopeless(self, moment, now)
  for i = self.first, self.last do
    local waiter = self.queue[i]
    if not waiter.gone and moment > math.min(waiter.due or math.huge, waiter.since + LONGEST) then
      waiter.gone = true
      refuse(waiter, moment, now)
    end
  end
end

--- Lets pass who may, and sets the alarm for the others.
local function serve(self)
  local now = native.now()
  if self.timer then timers.remove(self.timer) end
  self.timer = nil
  while self.first <= self.last do
    local waiter = self.queue[self.first]
    local moment, at_most
    if not waiter.gone then moment, at_most = self:opens(now) end
    if moment then
      self.timer = scheduler.at(moment, function() serve(self) end)
      if not at_most then refuse_hopeless(self, moment, now) end
      return
    end
    self.queue[self.first] = nil
    self.first = self.first + 1
    if not waiter.gone then
      waiter.passed = true
      self:pass(now, waiter.request)
      scheduler.wake(waiter.sleeper)
    end
  end
end

local function await(self, request, due)
  local waiter = { request = request, due = due, since = native.now() }
  local late = due and scheduler.at(due, function()
    waiter.gone = true
    refuse(waiter, due, native.now())
  end)
  self.last = self.last + 1
  self.queue[self.last] = waiter
  local function leave()
    waiter.gone = true
    if late then timers.remove(late) end
  end
  while not waiter.passed and not waiter.refused do
    scheduler.pause(function(sleeper)
      waiter.sleeper = sleeper
      if not self.timer then self.timer = scheduler.at(native.now(), function() serve(self) end) end
    end, leave)
  end
  leave()
  return waiter.refused
end

--- Waits for the turn of a request: nil, or after how many seconds it might have come.
function Gate:enter(request, due, tell)
  local now = native.now()
  local moment, at_most = self:opens(now)
  if not moment and self.first > self.last then return self:pass(now, request) end
  local wait = (moment or now) - now
  if not at_most and (wait > LONGEST or (due and now + wait > due)) then return wait end
  tell(wait)
  return await(self, request, due)
end

-- What the gateway says -----------------------------------------------------------------------

local Learned = setmetatable({}, { __index = Gate })
Learned.__index = Learned

--- When it will open; nil: it is open. Second, true when it may be sooner.
function Learned:opens(now)
  if self.closed_until and self.closed_until > now then return self.closed_until end
  if self.scout and self.scout_until > now then return self.scout_until, true end
end

--- `credit`: how many may go before there is an answer; nil while nothing is known.
--- The last of them is the scout.
function Learned:pass(now, request)
  if not self.credit then return end
  self.credit = math.max(self.credit - 1, 0)
  if self.credit == 0 then self.scout, self.scout_until = request, now + SCOUT end
end

function Learned:close(seconds, now)
  self.credit = 0
  if seconds then self.closed_until = math.max(self.closed_until or 0, now + seconds) end
end

--- The fewest requests that remain of any limit. Third, the longest wait where
--- nothing remains.
local function scan(limits, found)
  for _, unit in ipairs{ "requests", "tokens" } do
    local remaining, reset = limits["remaining_" .. unit], limits["reset_" .. unit]
    if remaining and remaining <= 0 then
      found.exhausted = true
      found.reset = math.max(found.reset or 0, reset or 0)
    elseif remaining and unit == "requests" then
      found.remaining = math.min(found.remaining or remaining, remaining)
    end
  end
  for _, scope in pairs(limits) do
    if type(scope) == "table" then scan(scope, found) end
  end
  return found
end

local NOTHING = {}

function Learned:learn(request, status, headers)
  local now, scouted = native.now(), self.scout == request
  if scouted then self.scout = nil end
  if status == 429 then
    self:close(retry.server_delay(function(name) return headers[name] end), now)
  elseif status then
    local limits = head.ratelimit(headers)
    local found = limits and scan(limits, {}) or NOTHING
    if found.exhausted then
      self:close(found.reset > 0 and found.reset or nil, now)
    elseif found.remaining then
      self.credit = scouted and found.remaining or math.min(self.credit or found.remaining, found.remaining)
    elseif self.credit then
      self.credit = self.credit + 2 -- so that twice as many go after each answer
    end
  end
  serve(self)
end

-- What the setting says --------------------------------------------------------------------------

--- Amounts of the last minute, the oldest first.
local function new_window()
  return { first = 1, last = 0, sum = 0 }
end

local function add(window, now, amount)
  window.last = window.last + 1
  window[window.last] = { now, amount }
  window.sum = window.sum + amount
end

local function forget_old(window, now)
  while window.first <= window.last and window[window.first][1] <= now - MINUTE do
    window.sum = window.sum - window[window.first][2]
    window[window.first] = nil
    window.first = window.first + 1
  end
end

--- When less than `limit` stands in the window; nil: now.
local function room_at(window, now, limit)
  if not limit then return nil end
  forget_old(window, now)
  local sum = window.sum
  if sum < limit then return nil end
  for i = window.first, window.last do
    sum = sum - window[i][2]
    if sum < limit then return window[i][1] + MINUTE end
  end
end

local Asked = setmetatable({}, { __index = Gate })
Asked.__index = Asked

function Asked:opens(now)
  local a, b = room_at(self.requests, now, self.limits.requests), room_at(self.tokens, now, self.limits.tokens)
  return a and b and math.max(a, b) or a or b
end

function Asked:pass(now)
  add(self.requests, now, 1)
end

-- Which gates --------------------------------------------------------------------------------------

local known = {}

--- The gates of a gateway and a key (or a credential, which is not kept alive).
local function gates_of(route)
  if route.gates then return route.gates end
  local keys = known[route.base] or setmetatable({}, { __mode = "k" })
  known[route.base] = keys
  local key = route.auth or route.key or ""
  keys[key] = keys[key] or {
    models = {}, asked = new_gate(Asked, { requests = new_window(), tokens = new_window() }),
  }
  route.gates = keys[key]
  return route.gates
end

local function learned_of(request)
  local models, name = gates_of(request.route).models, request.model or request.endpoint.name
  models[name] = models[name] or new_gate(Learned, {})
  return models[name]
end

local function refusal(request, seconds)
  return errors.new{
    type = "RateLimitError", kind = "timeout", retry_after = seconds, retryable = true,
    message = ("the rate limit of %s leaves no room before the time limit of this call: %.1f s were to be waited")
      :format(request.route.host, seconds),
  }
end

--- Waits for the turn of a request; a typed error when it would come too late.
---@param request table
---@param due number? until when the call must be done
---@param tell fun(seconds: number) called before a wait, with what is known of it
---@return litellm.Error?
function M.enter(request, due, tell)
  local wait = learned_of(request):enter(request, due, tell)
  local limits = request.route.pacing
  if not wait and type(limits) == "table" then
    local asked = gates_of(request.route).asked
    asked.limits = limits
    wait = asked:enter(request, due, tell)
  end
  return wait and refusal(request, wait)
end

--- What an attempt's answer says of the limits; also to be called when none came.
function M.learn(request, transfer)
  if settings.offline then return end
  local status = transfer:status()
  learned_of(request):learn(request, status, status and head.parse(transfer:head()) or NOTHING)
end

--- Notes the tokens of an answer.
function M.spent(request, tokens)
  if type(request.route.pacing) ~= "table" or not tokens then return end
  add(gates_of(request.route).asked.tokens, native.now(), tokens)
end

return M
