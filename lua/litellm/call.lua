--- Makes the attempts of a request, and waits for them: what is above knows answers,
--- what is below knows transfers.

local engine = require "litellm.engine"
local errors = require "litellm.errors"
local lazy = require "litellm.lazy"
local native = require "litellm.native"
local retry = require "litellm.retry"
local scheduler = require "litellm.scheduler"
local settings = require "litellm.settings"
local task = require "litellm.task"

local auth, head, pacing = lazy "litellm.auth", lazy "litellm.head", lazy "litellm.pacing"

-- What an answer may need that refuses: it may come when no descriptor is left to read a
-- file with, or in another directory. Inside of litelua there is no file to be read.
for _, name in ipairs{ "litellm.head", "litellm.refusal" } do
  if not package.preload[name] then require(name) end
end

local M = {
  --- What stands in for the engine while exchanges are recorded or replayed; see
  --- litellm.cassette.
  tape = nil,
}

local LONGEST_ERROR = 1024 * 1024
local REDIRECTS = 5
local NONE = {}

local function log(request, event, fields)
  local endpoint = request.endpoint
  fields.event, fields.name, fields.method, fields.url = event, endpoint.name, endpoint.method, request.url
  request.route.log(fields)
end

-- Time -------------------------------------------------------------------------------

--- Until when the whole call must be done, attempts and waits included.
local function due_of(request)
  local total = request.plan.timeouts.total
  return task.due(total and total > 0 and request.started + total or nil)
end

local function time_is_up(request)
  local limit = request.plan.timeouts.total
  local spent = native.now() - request.started
  if limit and limit > 0 and spent >= limit * 0.999 then
    return errors.from_transport("timeout", "total", request.route.host, request.plan.timeouts)
  end
  return errors.timeout(("the deadline passed while waiting for %s"):format(request.route.host))
end

-- One attempt ---------------------------------------------------------------------------

--- The header lines that are this attempt's own.
local function own_lines(request, token)
  if not token and not request.headers and not M.tape then return request.idempotency_key end
  local lines = { request.idempotency_key }
  if token and not request.route.own_authorization then lines[#lines + 1] = "Authorization: Bearer " .. token end
  for _, line in ipairs(request.headers or NONE) do lines[#lines + 1] = line end
  return lines
end

local function open_transfer(request, token, left)
  local plan, lines = request.plan, own_lines(request, token)
  local body = request.parts or request.body or (plan.method == "POST" and "" or nil)
  if M.tape then return M.tape:transfer(request, token, body, left, lines) end
  return engine.get():transfer(plan.profile, plan.method, request.url, body, left, lines)
end

--- The body of a refusal, when it was not collected anyway.
local function read_body(transfer)
  local pieces, size = {}, 0
  while size < LONGEST_ERROR do
    local piece = transfer:read()
    if piece == false then break end
    if piece then
      pieces[#pieces + 1] = piece
      size = size + #piece
    else
      scheduler.wait_for(transfer)
    end
  end
  return table.concat(pieces)
end

local function secrets_of(request, token)
  local out = {}
  if request.route.key then out[#out + 1] = request.route.key end
  if token then out[#out + 1] = token end
  return out
end

local function redact_value(value, secrets)
  if type(value) == "string" then return errors.redact(value, secrets) end
  if type(value) ~= "table" then return value end
  for k, v in pairs(value) do value[k] = redact_value(v, secrets) end
  return value
end

local function decode_quietly(text)
  if not text:find("^%s*[%[{]") then return nil end
  return (native.json_decode(text))
end

--- The typed error of an answer whose status is none of success.
local function refusal(request, transfer, token)
  local text = transfer:done() and transfer:body() or read_body(transfer)
  local secrets = secrets_of(request, token)
  text = errors.redact(text, secrets)
  local headers = redact_value(head.parse(transfer:head()), secrets)
  local fields = {
    headers = headers, call_id = headers["x-litellm-call-id"], request_id = headers["x-request-id"],
    retry_after = retry.server_delay(function(name) return headers[name] end),
  }
  return errors.from_answer(transfer:status(), redact_value(decode_quietly(text), secrets), text, fields)
end

local function transport_failure(request, transfer)
  local kind, reason = transfer:failure()
  if kind == "timeout" and reason == "total" then return kind, time_is_up(request) end
  return kind, errors.from_transport(kind, reason, request.route.host, request.plan.timeouts)
end

--- Waits for what the caller will read from: the head of a stream, all of a body.
--- The status, if there is any, and whether it is an answer.
local function await_answer(request, transfer)
  local status, readable = transfer:answered()
  while status == nil do
    scheduler.wait_for(transfer)
    status, readable = transfer:answered()
  end
  if request.route.pacing then pacing.learn(request, transfer) end
  return status, readable
end

--- One attempt: the transfer when it succeeded, else nil and the outcome.
local function attempt(request, token, left)
  local transfer, problem = open_transfer(request, token, left)
  if not transfer then return nil, { kind = problem.kind, sent = false, detail = problem } end
  local status, readable = await_answer(request, transfer)
  if readable then
    request.status = status
    return transfer
  end
  if status and (status < 200 or status >= 300) then
    local detail = refusal(request, transfer, token)
    return nil, { kind = detail.kind, status = status, sent = true, detail = detail }, transfer
  end
  local kind, detail = transport_failure(request, transfer)
  local _, _, _, sent = transfer:timing()
  return nil, { kind = kind, sent = sent, detail = detail }, transfer
end

-- Redirects -------------------------------------------------------------------------------

local function origin(url)
  local scheme, authority = url:match("^(%a+)://([^/?#]*)")
  if not scheme then return nil end
  scheme, authority = scheme:lower(), authority:lower()
  if not authority:find(":%d+$") then authority = authority .. (scheme == "https" and ":443" or ":80") end
  return scheme .. "://" .. authority
end

--- Where a redirect leads, or nil and why it is not followed: the key and the body
--- go to no other origin, and a POST becomes no GET.
local function redirect_target(request, status, location)
  if not location then return nil, "the redirect names no location" end
  if location:find("^/[^/]") or location == "/" then location = origin(request.url) .. location end
  if location:find("%c") or not location:find("^https?://") then return nil, "the redirect leads to no HTTP address" end
  if status ~= 307 and status ~= 308 and request.endpoint.method ~= "GET" then
    return nil, ("it redirects to %s, which would lose the request; set api_base to that address")
      :format(settings.host_of(location))
  end
  if origin(location) ~= origin(request.url) then
    return nil, ("it redirects to %s, where the key must not go; set api_base to that address")
      :format(settings.host_of(location))
  end
  return location
end

local function follow(request, outcome, hops)
  local status = outcome.status
  if not status or status < 300 or status >= 400 or status == 304 then return nil end
  local location, why = redirect_target(request, status, outcome.detail.headers.location)
  if location and hops < REDIRECTS then return location end
  why = why or "too many redirects"
  outcome.detail.message = ("%s answered with status %d: %s"):format(request.route.host, status, why)
end

-- All attempts ---------------------------------------------------------------------------

local function finish_error(detail, request)
  detail.attempts, detail.elapsed = request.attempts, native.now() - request.started
  detail.endpoint = request.endpoint.name
  return detail
end

--- Whether a token is to be asked for anew, once.
local function note_refused(request, outcome, token)
  if outcome.status == 401 and request.route.key_source then settings.forget_key(request.route.key_source) end
  if not token or request.renewed or not auth.is_about_token(outcome.detail) then return false end
  request.renewed, request.refused = true, token
  return true
end

local function set_reason(detail, reason)
  if reason then detail.message = detail.message .. "; " .. reason end
end

--- Whether another attempt is to be made, after its wait.
local function again(request, outcome, token)
  local target = follow(request, outcome, request.hops or 0)
  if target then
    request.hops = (request.hops or 0) + 1
    request.url = target
    return true
  end
  if note_refused(request, outcome, token) then return true end
  local function header(name) return outcome.detail.headers and outcome.detail.headers[name] end
  outcome.detail.retryable = retry.is_wanted(request, outcome, header)
  local left = request.due and request.due - native.now()
  local delay, reason = retry.delay(request, outcome, request.attempts, left, header)
  if not delay then
    set_reason(outcome.detail, reason)
    return false
  end
  if M.tape then delay = delay * M.tape.pace end
  if request.route.log then
    log(request, "retry", { attempt = request.attempts, delay = delay, reason = outcome.detail.message })
  end
  task.sleep(delay)
  return true
end

local function check_time(request)
  local left = request.due and request.due - native.now()
  if left and left <= 0 then return nil, time_is_up(request) end
  return left
end

--- Waits as the setting `pacing` wants, and gives the time left then.
local function await_turn(request)
  local problem = pacing.enter(request, request.due, function(seconds)
    if request.route.log then log(request, "pacing", { delay = seconds }) end
  end)
  if problem then return nil, problem end
  return check_time(request)
end

--- The token of an attempt, and the time left after waiting for it.
local function await_token(request, left)
  local token, problem = auth.token(request.route.auth, request.route, request.refused, left)
  request.refused = nil
  if problem then return nil, nil, problem end
  left, problem = check_time(request)
  return token, left, problem
end

--- Waits for what has to be there before an attempt is made: the token, if any, and
--- the time left.
local function prepare(request)
  local left, problem = check_time(request)
  local route = request.route
  if problem or settings.offline then return nil, left, problem end
  if route.pacing then
    left, problem = await_turn(request)
    if problem then return nil, nil, problem end
  end
  if route.auth then return await_token(request, left) end
  return nil, left
end

local function note_success(request, transfer)
  request.transfer = transfer
  request.body, request.parts, request.args = nil, nil, nil -- there will be no other attempt
  if request.route.log then
    log(request, "response", { status = request.status, elapsed = native.now() - request.started })
  end
  return request
end

local function note_failure(request, outcome)
  log(request, "failure", { status = outcome.status, elapsed = native.now() - request.started,
    message = outcome.detail.message })
end

--- Makes the request: with its `transfer`, `status`, `attempts` and `started` it is the
--- answer. nil, message, detail when there is none.
function M.send(request)
  scheduler.check_wait()
  local route = request.route
  request.started, request.attempts = native.now(), 0
  request.due = due_of(request)
  if request.endpoint.method == "POST" and not route.own_idempotency then
    request.idempotency_key = "Idempotency-Key: " .. native.random(16)
  end
  while true do
    local token, left, problem = prepare(request)
    if problem then return errors.fail(finish_error(problem, request)) end
    request.attempts = request.attempts + 1
    if route.log then log(request, "request", { attempt = request.attempts }) end
    local transfer, outcome, failed = attempt(request, token, left)
    if transfer then return note_success(request, transfer) end
    if route.log then note_failure(request, outcome) end
    if failed then failed:close() end -- the connection must not wait with us
    if not again(request, outcome, token) then return errors.fail(finish_error(outcome.detail, request)) end
  end
end

--- Whether a content type is one of JSON.
function M.is_json(content_type)
  if content_type == "application/json" then return true end
  content_type = content_type:lower()
  return content_type:find("json", 1, true) ~= nil and content_type:find("[/+]json") ~= nil
end

--- What to say of an answer that cannot be read because it is compressed: nothing
--- asked for that.
function M.encoding_of(transfer)
  local encoding = transfer:header("content-encoding")
  if not encoding or encoding:lower() == "identity" then return nil end
  return ("it is encoded as %s, which was not asked for"):format(errors.one_line(encoding))
end

return M
