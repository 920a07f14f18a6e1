--- A streamed answer. Reading it waits as a call does. It ends in one of the states
--- complete, truncated, error or cancelled, and never looks complete when it is not.

local accumulator = require "litellm.accumulator"
local call = require "litellm.call"
local errors = require "litellm.errors"
local meta = require "litellm.meta"
local native = require "litellm.native"
local scheduler = require "litellm.scheduler"
local usage = require "litellm.usage"

local M = {}

---@class litellm.Stream
local Stream = {}
Stream.__index = Stream
Stream.__name = "litellm.stream"

meta.marks(Stream)

local wait_for = scheduler.wait_for

local NONE = {}

-- Ending ------------------------------------------------------------------------------

--- What puts the answer together, with all that came in it. A fast stream has none
--- until somebody asks for it: the transfer keeps what was said.
local function collected(self)
  local all = self.accumulator
  if not self.fast then return all end
  local before = self.unsure
  self.unsure = true
  all = all or accumulator.new(self.kind)
  self.accumulator = all
  for _, chunk in ipairs(self.transfer:whole()) do all:add(chunk) end
  all:add_text(self.transfer:said())
  self.unsure = before
  return all
end

--- Adds to the detail of a failure what is known of the stream.
local function fill(self, detail)
  local request = self.request
  detail.partial = detail.partial or self:partial()
  detail.attempts, detail.endpoint = request.attempts, request.endpoint.name
  detail.call_id = detail.call_id or self.transfer:header("x-litellm-call-id")
end

local function finish(self, state, detail)
  local request = self.request
  self.ended, self.problem = state, detail
  scheduler.leave(self.transfer)
  request.elapsed = native.now() - request.started
  if state == "complete" then
    -- A chunk with usage was collected when it came.
    local facts = self.accumulator and self.accumulator:facts() or usage.NONE
    usage.record(request, facts, self.transfer:header("x-litellm-response-cost"))
    request.usage = facts.usage
    -- The bytes that end the body may be there already: the connection is free then.
    if not self.transfer:done() then scheduler.peek() end
    self.transfer:release()
  else
    self.transfer:close()
  end
  if detail then fill(self, detail) end
end

local function truncated(self, reason)
  return errors.new{
    type = "APIConnectionError", kind = "truncated",
    message = ("the answer of %s was cut off: %s"):format(self.request.route.host, reason),
  }
end

local CUT = { reset = true, truncated = true, protocol = true }

--- The body came to its end without [DONE].
local function finish_body(self)
  local kind, reason = self.transfer:failure()
  if kind == "cancelled" then
    return finish(self, "cancelled", errors.cancelled())
  elseif kind and CUT[kind] then
    return finish(self, "truncated", truncated(self, reason))
  elseif kind then
    local request = self.request
    return finish(self, "error", errors.from_transport(kind, reason, request.route.host, request.plan.timeouts))
  elseif collected(self):finished() then
    return finish(self, "complete")
  end
  local why = call.encoding_of(self.transfer) or "it ended without a finish reason and without [DONE]"
  return finish(self, "truncated", truncated(self, why))
end

local function bad_event(self, data, message)
  local encoded = call.encoding_of(self.transfer)
  return errors.new{
    type = "APIError", kind = "parse", body = data:sub(1, 4096),
    message = ("%s sent an event that is not JSON: %s (%s)")
      :format(self.request.route.host, encoded or errors.one_line(data):sub(1, 200), message),
  }
end

local function bad_chunk(self, chunk)
  return errors.new{
    type = "APIError", kind = "parse", body = chunk,
    message = ("%s sent a chunk with a field of the wrong type"):format(self.request.route.host),
  }
end

local function too_large(self)
  return errors.from_transport("limit", "an event is over the limit", self.request.route.host, {})
end

local function stop(self, why, data, message)
  if why == "done" then return finish(self, "complete") end
  if why == "end" then return finish_body(self) end
  if why == "memory" then return finish(self, "error", errors.lost(self.request.route.host)) end
  if why == "bad" then return finish(self, "error", bad_event(self, data, message)) end
  return finish(self, "error", too_large(self))
end

--- The error that an event brings, in one of its forms.
local function error_in(event)
  if event.error then return event end
  if event.type == "error" then return { error = event } end
  local response = event.type == "response.failed" and event.response
  return type(response) == "table" and response.error and { error = response.error } or nil
end

-- Reading -----------------------------------------------------------------------------

--- pcall for what raises where fields have other types than they should.
local function understood(f, ...)
  local ok, result = pcall(f, ...)
  if not ok and result == "not enough memory" then error(result, 0) end
  return ok, result
end

--- Takes a chunk in: the chunk, or nil when it was an error or no chunk at all.
local function take(self, chunk)
  if type(chunk) ~= "table" then
    local problem = bad_event(self, tostring(chunk), "an object was expected")
    finish(self, "error", problem)
    return nil
  end
  local problem = error_in(chunk)
  if problem then
    finish(self, "error", errors.from_answer(200, problem, ""))
    return nil
  end
  local all = collected(self)
  if not understood(all.add, all, chunk) then
    finish(self, "error", bad_chunk(self, chunk))
    return nil
  end
  return chunk
end

--- A stream that came to its end well, but lost something when it was put together.
local function lose(self)
  self.ended, self.problem = "error", errors.lost(self.request.route.host)
  fill(self, self.problem)
end

--- Whether there may be more. Where a chunk is still in hand an error broke in, and
--- where all of them are, too.
local function is_open(self)
  if self.unsure and self.ended == "complete" then lose(self) end
  if self.unsure and not self.ended then stop(self, "memory") end
  return not self.ended
end

--- The next chunk, waiting for it; nil at the end, whatever its state.
local function next_chunk(self)
  local transfer = self.transfer
  while is_open(self) do
    self.unsure = true
    local chunk, why, data, message = transfer:chunk()
    if chunk and not why then chunk = take(self, chunk) end -- why: nothing but text
    if chunk == false then stop(self, why, data, message) end
    self.unsure = false
    if chunk or self.ended then return chunk or nil end
    wait_for(transfer)
  end
end

--- One chunk; nil at the end; nil, message, detail when the stream failed.
---@return table? chunk
---@return string? message
---@return litellm.Error? detail
function Stream:read()
  local first = self.first
  if first and not self.ended then
    self.first, self.unsure = nil, true
    local chunk = take(self, first)
    self.unsure = false
    if chunk then
      self.whole = true
      return chunk
    end
  elseif self.whole and not self.ended then
    finish(self, "complete")
  end
  local chunk = next_chunk(self)
  if chunk then return chunk end
  if self.problem then return errors.fail(self.problem) end
end

--- Raises what a loop must not pass over: all but a close by the loop's own code.
local function end_loop(self)
  if self.problem and self.closer ~= scheduler.runner() then error(self.problem, 0) end
end

local function iterate(self)
  local chunk, _, detail = self:read()
  if detail then return end_loop(self) end
  return chunk
end

--- The next piece of text, without a table where the chunk is nothing but text.
local function next_text(self)
  local transfer, text_of = self.transfer, self.kind.text_of
  while is_open(self) do
    self.unsure = true
    local piece, why, data, message = transfer:text()
    if type(piece) == "table" then piece = text_of(take(self, piece) or NONE) or "" end
    if piece == false then stop(self, why, data, message) end
    self.unsure = false
    if piece == nil then wait_for(transfer) elseif piece and piece ~= "" then return piece end
  end
end

local function slow_text(self)
  while true do
    local chunk = iterate(self)
    if not chunk then return nil end
    local text = self.kind.text_of(chunk)
    if text and text ~= "" then return text end
  end
end

local function fast_text(self)
  local text = next_text(self)
  if not text then return end_loop(self) end
  return text
end

--- Makes a stream its own iterator: chunks as they came; raises the detail of a
--- failure, so that a cut-off answer never looks complete. A loop that closes its
--- stream just ends.
Stream.__call = native.chunks(iterate)

--- An iterator over the text of the answer (of its first choice): the fast way.
--- Raises the detail of a failure.
---@return fun(): string?
function Stream:text()
  local reader = self.fast and not self.ended and self.transfer:texts(fast_text, self)
  if not reader then
    local slow = self.fast and fast_text or slow_text
    reader = function() return slow(self) end
  end
  return reader, nil, nil, self
end

--- Drains the stream: the response as if it had not been streamed; nil, message,
--- detail when it failed, with what came in detail.partial.
---@return table? response
---@return string? message
---@return litellm.Error? detail
function Stream:result()
  if self.fast then
    while next_text(self) do end -- luacheck: ignore 542
  else
    while self:read() do end -- luacheck: ignore 542
  end
  if self.problem then return errors.fail(self.problem) end
  return self:partial()
end

--- What came so far, in the form of the response: text, tool calls, usage.
---@return table
function Stream:partial()
  return meta.attach(collected(self):result() or {}, self.request)
end

--- open, complete, truncated, error or cancelled.
---@return string
function Stream:state()
  if self.ended == "complete" then is_open(self) end
  return self.ended or "open"
end

--- Ends the stream: the connection is closed at once if it still brings something.
function Stream:close()
  if self.ended then return end
  self.closer = scheduler.runner()
  finish(self, "cancelled", errors.cancelled())
end

Stream.__close = Stream.close

function Stream:__tostring()
  return ("litellm.stream: %s"):format(self:state())
end

-- A JSON body where a stream was asked for -------------------------------------------------

local function collect(transfer)
  local pieces = {}
  while true do
    local piece = transfer:read()
    if piece == false then return table.concat(pieces) end
    if piece then pieces[#pieces + 1] = piece else wait_for(transfer) end
  end
end

local function prepare_whole(self)
  local body = collect(self.transfer)
  if self.transfer:failure() then return finish_body(self) end
  local limits = self.request.route.limits
  local answer, message = native.json_decode(body, false, limits and limits.depth)
  if type(answer) ~= "table" then
    return finish(self, "error", bad_event(self, body, message or "an object was expected"))
  end
  local fits, chunk = true, answer
  if not answer.error then fits, chunk = understood(self.kind.as_chunk, answer) end
  if not fits then return finish(self, "error", bad_chunk(self, answer)) end
  self.first, self.fast, self.accumulator = chunk, false, accumulator.new(self.kind)
end

--- The stream of an answer whose head has come.
---@param answer table
---@return litellm.Stream
function M.new(answer)
  local kind, transfer = accumulator.kind(answer.endpoint.accumulate), answer.transfer
  local self = setmetatable({
    transfer = transfer, request = answer, kind = kind, fast = kind.fast, unsure = false, ended = nil, problem = nil,
  }, Stream)
  if kind.fast then transfer:shorten() else self.accumulator = accumulator.new(kind) end
  local content_type = transfer:header("content-type")
  if content_type and call.is_json(content_type) then prepare_whole(self) end
  return self
end

return M
