--- `litelua --trace`: a line on standard error for each thing that happens to a
--- request. Headers and bodies are not shown, so that no secret can be.

local native = require "litellm.native"
local secrets = require "litellm.secrets"

local M = {}

--- The URL without what may be a secret in it.
M.redact = secrets.url

local function time(seconds)
  if seconds < 1 then return ("%.0f ms"):format(seconds * 1000) end
  return ("%.2f s"):format(seconds)
end

local describe = {}

function describe.request(e)
  if (e.attempt or 1) > 1 then return ("attempt %d"):format(e.attempt) end
  return "..."
end

function describe.response(e)
  return ("%s after %s"):format(tostring(e.status), time(e.elapsed or 0))
end

function describe.failure(e)
  local status = e.status and e.status ~= 0 and ("%d "):format(e.status) or ""
  return ("%safter %s: %s"):format(status, time(e.elapsed or 0), e.message or "failed")
end

function describe.retry(e)
  return ("again in %s"):format(time(e.delay or 0))
end

function describe.pacing(e)
  return ("waits up to %s for its turn"):format(time(e.delay or 0))
end

--- The event of `litellm.log` in one line.
---@param e table
---@param now number seconds since the start
function M.format(e, now)
  local known = describe[e.event]
  return ("[%8.3f] %s %s %s"):format(now, e.method or "?", M.redact(e.url or "?"), known and known(e) or e.event)
end

--- Traces every request of the program.
function M.start()
  local started = native.now()
  require("litellm").log = function(e)
    io.stderr:write(M.format(e, native.now() - started), "\n")
  end
end

return M
