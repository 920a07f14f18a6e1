--- Makes the attempts of a request, and waits for them: what is above knows answers,
--- what is below knows transfers.

local errors = require "litellm.errors"
local lazy = require "litellm.lazy"
local meta = require "litellm.meta"
local native = require "litellm.native"
local retry = require "litellm.retry"
local settings = require "litellm.settings"
local task = require "litellm.task"

local auth, pacing = lazy "litellm.auth", lazy "litellm.pacing"

local M = {
  --- What stands in for the engine while exchanges are recorded or replayed; see
  --- litellm.cassette.
  tape = nil,
}

local LONGEST_ERROR = 1024 * 1024
local REDIRECTS = 5
local NONE = {}

local function log(request, event, fields)
  fields.event, fields.name, fields.method, fields.url = event, request.name, request.method, request.url
  request.route.log(fields)
end

-- Time -------------------------------------------------------------------------------

--- Until when the whole call must be done, attempts and waits included.
local function due_of(request, started)
  local total = request.timeouts.total
  local due = total and total > 0 and started + total or nil
  local outer = task.due()
  if outer and (not due or outer < due) then return outer end
  return due
end

local function time_is_up(request, started)
  local limit = request.timeouts.total
  local spent = native.now() - started
  if limit and limit > 0 and spent >= limit * 0.999 then
    return errors.from_transport("timeout", "total", request.route.host, request.timeouts)
  end
  return errors.timeout(("the deadline passed while waiting for %s"):format(request.route.host))
end

-- One attempt ---------------------------------------------------------------------------

--- The header lines that are this attempt's own.
local function own_lines(request, token)
  local lines = { request.idempotency_key }
  if token and not request.route.own_authorization then lines[#lines + 1] = "Authorization: Bearer " .. token end
  for _, line in ipairs(request.headers or NONE) do lines[#lines + 1] = line end
  return lines
end

local function open_transfer(request, token, left)
  local body = request.parts or request.body or (request.method == "POST" and "" or nil)
  local lines = own_lines(request, token)
  if M.tape then return M.tape:transfer(request, token, body, left, lines) end
  return task.engine():transfer(request.profile, request.method, request.url, body, left, lines)
end

local function await_head(transfer)
  while not transfer:status() and not transfer:done() do task.wait_for(transfer) end
end

local function await_end(transfer)
  while not transfer:done() do task.wait_for(transfer) end
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
      task.wait_for(transfer)
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
  local headers = redact_value(meta.parse_head(transfer:head()), secrets)
  local fields = {
    headers = headers, call_id = headers["x-litellm-call-id"],
    retry_after = retry.server_delay(function(name) return headers[name] end),
  }
  return errors.from_answer(transfer:status(), redact_value(decode_quietly(text), secrets), text, fields)
end

local function transport_failure(request, transfer, started)
  local kind, reason = transfer:failure()
  if kind == "timeout" and reason == "total" then return kind, time_is_up(request, started) end
  return kind, errors.from_transport(kind, reason, request.route.host, request.timeouts)
end

local function is_success(status)
  return status >= 200 and status < 300
end

--- Waits for what the caller will read from: the head of a stream, all of a body.
local function await_answer(request, transfer)
  await_head(transfer)
  if request.route.pacing then pacing.learn(request, transfer) end
  local status = transfer:status()
  if not status or not is_success(status) then return end
  if not request.stream and request.kind ~= "audio" then await_end(transfer) end
end

--- One attempt: the transfer when it succeeded, else nil and the outcome.
local function attempt(request, token, left, started)
  local transfer, problem = open_transfer(request, token, left)
  if not transfer then return nil, { kind = problem.kind, sent = false, detail = problem } end
  await_answer(request, transfer)
  local status = transfer:status()
  -- What a stream brought before it broke is its reader's.
  local readable = request.stream or request.kind == "audio" or not transfer:failure()
  if status and is_success(status) and readable then return transfer end
  if status and not is_success(status) then
    local detail = refusal(request, transfer, token)
    return nil, { kind = detail.kind, status = status, sent = true, detail = detail }, transfer
  end
  local kind, detail = transport_failure(request, transfer, started)
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
  if status ~= 307 and status ~= 308 and request.method ~= "GET" then
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

local function finish_error(detail, request, state)
  detail.attempts, detail.elapsed = state.attempts, native.now() - state.started
  detail.endpoint = request.name
  return detail
end

--- Whether a token is to be asked for anew, once.
local function note_refused(request, outcome, state, token)
  if outcome.status == 401 and request.route.key_source then settings.forget_key(request.route.key_source) end
  if not token or state.renewed or not auth.is_about_token(outcome.detail) then return false end
  state.renewed, state.refused = true, token
  return true
end

local function set_reason(detail, reason)
  if reason then detail.message = detail.message .. "; " .. reason end
end

--- Whether another attempt is to be made, after its wait.
local function again(request, state, outcome, token)
  local target = follow(request, outcome, state.hops)
  if target then
    state.hops = state.hops + 1
    request.url = target
    return true
  end
  if note_refused(request, outcome, state, token) then return true end
  local function header(name) return outcome.detail.headers and outcome.detail.headers[name] end
  outcome.detail.retryable = retry.is_wanted(request, outcome, header)
  local left = state.due and state.due - native.now()
  local delay, reason = retry.delay(request, outcome, state.attempts, left, header)
  if not delay then
    set_reason(outcome.detail, reason)
    return false
  end
  if M.tape then delay = delay * M.tape.pace end
  if request.route.log then
    log(request, "retry", { attempt = state.attempts, delay = delay, reason = outcome.detail.message })
  end
  task.sleep(delay)
  return true
end

local function check_time(request, state)
  local left = state.due and state.due - native.now()
  if left and left <= 0 then return nil, time_is_up(request, state.started) end
  return left
end

--- Waits as the setting `pacing` wants, and gives the time left then.
local function await_turn(request, state)
  local problem = pacing.enter(request, state.due, function(seconds)
    if request.route.log then log(request, "pacing", { delay = seconds }) end
  end)
  if problem then return nil, problem end
  return check_time(request, state)
end

--- The token of an attempt, and the time left after waiting for it.
local function await_token(request, state, left)
  local token, problem = auth.token(request.route.auth, request.route, state.refused, left)
  state.refused = nil
  if problem then return nil, nil, problem end
  left, problem = check_time(request, state)
  return token, left, problem
end

local function note_success(request, state, transfer)
  state.transfer, state.request, state.status = transfer, request, transfer:status()
  request.body, request.parts = nil, nil -- there will be no other attempt
  if request.route.log then
    log(request, "response", { status = state.status, elapsed = native.now() - state.started })
  end
  return state
end

--- Makes the request: an answer { transfer, request, status, attempts, started }, or
--- nil, message, detail.
function M.send(request)
  task.check_wait()
  local state = {
    started = native.now(), attempts = 0, hops = 0, due = nil, transfer = nil, request = nil, status = nil,
  }
  state.due = due_of(request, state.started)
  if request.method == "POST" and not request.route.own_idempotency then
    request.idempotency_key = "Idempotency-Key: " .. native.random(16)
  end
  while true do
    local token
    local left, problem = check_time(request, state)
    if not settings.offline then
      if not problem and request.route.pacing then left, problem = await_turn(request, state) end
      if not problem and request.route.auth then token, left, problem = await_token(request, state, left) end
    end
    if problem then return errors.fail(finish_error(problem, request, state)) end
    state.attempts = state.attempts + 1
    if request.route.log then log(request, "request", { attempt = state.attempts }) end
    local transfer, outcome, failed = attempt(request, token, left, state.started)
    if transfer then return note_success(request, state, transfer) end
    if request.route.log then
      log(request, "failure", { status = outcome.status, elapsed = native.now() - state.started,
        message = outcome.detail.message })
    end
    if failed then failed:close() end -- the connection must not wait with us
    if not again(request, state, outcome, token) then
      return errors.fail(finish_error(outcome.detail, request, state))
    end
  end
end

--- What to say of an answer that cannot be read because it is compressed: nothing
--- asked for that.
function M.encoding_of(transfer)
  local encoding = transfer:header("content-encoding")
  if not encoding or encoding:lower() == "identity" then return nil end
  return ("it is encoded as %s, which was not asked for"):format(errors.one_line(encoding))
end

--- The record that `litellm.meta` gives for an answer.
function M.meta_of(answer)
  return meta.new{
    transfer = answer.transfer, status = answer.status, attempts = answer.attempts,
    elapsed = native.now() - answer.started, url = answer.request.url, endpoint = answer.request.name,
  }
end

return M
