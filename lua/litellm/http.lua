--- Requests of the library's own, to those who hand out tokens: small, answered
--- whole, tried again when nobody answered. They wait as calls do, in a task or
--- outside of one.

local engine = require "litellm.engine"
local head = require "litellm.head"
local native = require "litellm.native"
local scheduler = require "litellm.scheduler"
local settings = require "litellm.settings"
local task = require "litellm.task"
local version = require "litellm.version"

local M = {}

local LONGEST_BODY = 1024 * 1024
local LONGEST_WAIT = 5
local NO_TIMEOUTS = { connect = 10 }

-- Failures after which the other side may well answer the next time.
local KINDS = { dns = true, connect = true, reset = true, truncated = true }

---@class litellm.HttpRequest
---@field url string
---@field method string
---@field headers string[]? header lines
---@field body string?
---@field tries integer how often it is sent at most
---@field backoff number seconds before the second try; then twice as long each time
---@field limit number seconds for all of it
---@field unanswered_once boolean? who does not answer is not asked again
---@field connect number? seconds for a connection, where the client's own limit is too long
---@field direct boolean? past any proxy

--- Why there was no answer.
---@class litellm.HttpFailure
---@field kind string
---@field phase string? which limit was reached
---@field message string

---@class litellm.HttpAnswer
---@field status integer
---@field headers table<string, string>
---@field body string

--- What may be written down of a URL: not its query, nor a password in it.
local function shown(url)
  return settings.host_of(url) .. (url:match("^%a+://[^/?#]*([^?#]*)") or "")
end

local function log(context, spec, fields)
  if not context.log then return end
  fields.name, fields.method, fields.url = "token", spec.method, shown(spec.url)
  context.log(fields)
end

local function header_lines(spec)
  local lines = { "User-Agent: litellm-lua/" .. version, "Accept: application/json" }
  for _, line in ipairs(spec.headers or {}) do lines[#lines + 1] = line end
  return lines
end

local function limits_of(spec, context, left)
  local timeouts = context.timeouts or NO_TIMEOUTS
  local connect = timeouts.connect
  if spec.connect and (not connect or connect == 0 or connect > spec.connect) then connect = spec.connect end
  return { connect = connect, first_byte = timeouts.first_byte, idle = timeouts.idle, total = left }
end

local function answer_of(transfer)
  return { status = transfer:status(), headers = head.parse(transfer:head()), body = transfer:body() }
end

local PHASE = { connect = "no connection within %g s", first_byte = "no answer within %g s", idle = "silent for %g s",
  total = "no answer within %.3g s" }

local function failure_of(kind, reason, limits)
  if kind == "timeout" then
    return { kind = kind, phase = reason, message = (PHASE[reason] or PHASE.total):format(limits[reason] or 0) }
  end
  local remedy = kind == "tls" and "; a private authority goes in tls.ca_file" or ""
  return { kind = kind, message = reason .. remedy }
end

--- Sends it once: an answer, or nil and why there is none.
local function send(spec, context, left)
  local limits = limits_of(spec, context, left)
  local profile = native.profile{
    headers = header_lines(spec), collect = true, connect = limits.connect, first_byte = limits.first_byte,
    idle = limits.idle, body_bytes = LONGEST_BODY, tls = context.tls,
    proxy = context.proxy, no_proxy = spec.direct and "*" or context.no_proxy,
  }
  local transfer = engine.get():transfer(profile, spec.method, spec.url, spec.body, limits.total)
  while not transfer:done() do scheduler.wait_for(transfer) end
  local kind, reason = transfer:failure()
  local answer = not kind and answer_of(transfer) or nil
  transfer:close()
  if answer then return answer end
  return nil, failure_of(kind, reason, limits)
end

local function is_passing(spec, answer, failure)
  if not answer then return not spec.unanswered_once and (KINDS[failure.kind] or failure.phase == "connect") end
  return answer.status == 429 or answer.status == 410 or answer.status >= 500
end

local function wait_before(spec, answer, try)
  local asked = answer and tonumber(answer.headers["retry-after"])
  if asked and asked >= 0 and asked <= LONGEST_WAIT then return asked end
  return spec.backoff * 2 ^ (try - 1)
end

--- The answer, whatever its status, or nil and why there is none.
---@param spec litellm.HttpRequest
---@param context litellm.TokenContext
---@return litellm.HttpAnswer?
---@return litellm.HttpFailure?
function M.fetch(spec, context)
  local ends = native.now() + spec.limit
  if context.due and context.due < ends then ends = context.due end
  for try = 1, spec.tries do
    local started = native.now()
    log(context, spec, { event = "request", attempt = try })
    local answer, failure = send(spec, context, math.max(ends - started, 0.001))
    local elapsed = native.now() - started
    if answer then
      log(context, spec, { event = "response", status = answer.status, elapsed = elapsed })
    else
      log(context, spec, { event = "failure", message = failure.message, elapsed = elapsed })
    end
    local wait = wait_before(spec, answer, try)
    if try == spec.tries or not is_passing(spec, answer, failure) or native.now() + wait >= ends then
      return answer, failure
    end
    task.sleep(wait)
  end
end

return M
