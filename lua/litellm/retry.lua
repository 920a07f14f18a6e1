--- Whether and when a failed attempt is made again: one policy for all endpoints.
--- The rules are those of OpenAI's clients, with these differences: never past the
--- deadline, never for what cannot succeed, and what may have been done and cost
--- money is done again only when asked.

local M = {}

local BASE, CAP, JITTER = 0.5, 8, 0.25
local LONGEST_WAIT = 120 -- a server that asks for more is told no at once
local LONGEST_MEANT = 366 * 86400 -- and one that asks for a year has said nothing

local STATUSES = { [408] = true, [409] = true, [429] = true }

-- Failures of the transport after which another attempt makes sense.
local KINDS = { dns = true, connect = true, reset = true, timeout = true, truncated = true }

-- These never reached the server, whatever libcurl sent before.
local UNSENT = { dns = true, connect = true }

local function NO_HEADER() end

local HOPELESS = { budget_exceeded = true, insufficient_quota = true }

local function retry_status(status, policy)
  if policy and policy.statuses then
    for _, s in ipairs(policy.statuses) do
      if s == status then return true end
    end
    return false
  end
  return STATUSES[status] or status >= 500
end

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10,
  Nov = 11, Dec = 12 }
local DAYS = { Mon = true, Tue = true, Wed = true, Thu = true, Fri = true, Sat = true, Sun = true }

--- Days since 1970-01-01 of a date of the Gregorian calendar.
local function days(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  return 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
    + math.floor((153 * (month - 3) + 2) / 5) + day - 719469
end

--- Seconds since 1970 of an HTTP date (RFC 9110, IMF-fixdate); nil when it is none.
function M.parse_date(text)
  local weekday, day, month, year, h, m, s =
    text:match("^(%a%a%a), (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$")
  if not weekday or not DAYS[weekday] or not MONTHS[month] then return nil end
  day, year, h, m, s = tonumber(day), tonumber(year), tonumber(h), tonumber(m), tonumber(s)
  if day < 1 or day > 31 or h > 23 or m > 59 or s > 60 then return nil end
  return days(year, MONTHS[month], day) * 86400 + h * 3600 + m * 60 + s
end

--- A wait as a number of seconds; what nobody can mean is none.
local function seconds_of(text, unit)
  local n = text and not text:find("[xX]") and tonumber(text)
  if n and n > 0 and n * unit < LONGEST_MEANT then return n * unit end
end

--- The wait that the server asked for, in seconds, or nil.
---@param header fun(name: string): string?
function M.server_delay(header)
  local precise = seconds_of(header("retry-after-ms"), 0.001)
  if precise then return precise end
  local text = header("retry-after")
  if not text then return nil end
  local seconds = seconds_of(text, 1)
  if seconds then return seconds end
  local date = M.parse_date(text)
  local left = date and date - os.time()
  return left and left > 0 and left or nil
end

--- The nominal wait before attempt n + 1, n attempts having been made.
function M.backoff(n, policy, random)
  policy = policy or {}
  local delay = math.min((policy.base or BASE) * 2 ^ math.min(n - 1, 60), policy.cap or CAP)
  return delay * (1 - (policy.jitter or JITTER) * (random or math.random)())
end

local function may_repeat(request, outcome)
  local policy = request.route.retry
  if not request.endpoint.billed or not outcome.sent or UNSENT[outcome.kind] then return true end
  return policy and policy.unknown_outcome == true
end

--- Whether a failure that came without an answer is worth another attempt.
local function wants_transport(request, outcome)
  return KINDS[outcome.kind] and may_repeat(request, outcome)
end

local function wants_status(request, outcome, header)
  local said = header("x-should-retry")
  if said == "true" then return true end
  if said == "false" then return false end
  return retry_status(outcome.status, request.route.retry)
end

--- Whether another attempt makes sense at all.
---@param request table
---@param outcome { kind: string, status: integer?, sent: boolean, detail: table }
---@param header fun(name: string): string?
---@return boolean
function M.is_wanted(request, outcome, header)
  local detail = outcome.detail
  if HOPELESS[detail.code] or HOPELESS[detail.api_type] then return false end
  if outcome.status then return wants_status(request, outcome, header) end
  return wants_transport(request, outcome) or false
end

--- Whether the attempt is to be made again: the seconds to wait first, or nil and,
--- where it says more than "no", the reason.
---@param request table
---@param outcome { kind: string, status: integer?, sent: boolean, detail: table }
---@param attempts integer made so far
---@param left number? seconds until the deadline
---@param header fun(name: string): string?
---@return number? seconds
---@return string? reason
function M.delay(request, outcome, attempts, left, header)
  if attempts > request.route.retries then return nil end
  local server = outcome.status and M.server_delay(header)
  local too_long = server and server > LONGEST_WAIT
  if too_long and M.is_wanted(request, outcome, NO_HEADER) then
    return nil, ("the gateway asks to wait %.0f s"):format(math.ceil(server))
  end
  if too_long or not M.is_wanted(request, outcome, header) then return nil end
  local delay = server or M.backoff(attempts, request.route.retry)
  if left and delay >= left then
    return nil, ("another attempt in %.1f s would be past the time limit"):format(delay)
  end
  return delay
end

return M
