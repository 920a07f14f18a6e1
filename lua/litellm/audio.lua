--- Speech as it arrives: bytes, pieces, or straight into a file.

local errors = require "litellm.errors"
local meta = require "litellm.meta"
local native = require "litellm.native"
local scheduler = require "litellm.scheduler"
local usage = require "litellm.usage"

local M = {}

---@class litellm.Audio
local Audio = {}
Audio.__index = Audio
Audio.__name = "litellm.audio"

meta.marks(Audio)

local function finish(self, state, problem)
  local request, transfer, had_ended = self.request, self.transfer, self.ended
  self.ended, self.problem = state, problem
  if had_ended then return end
  request.elapsed = native.now() - request.started
  scheduler.leave(transfer)
  if state == "complete" then
    usage.record(request, usage.NONE, transfer:header("x-litellm-response-cost"))
  end
  transfer:close()
end

--- The next piece; nil at the end; nil, message, detail on failure.
local function read(self)
  local transfer = self.transfer
  while not self.ended do
    local piece = transfer:read()
    if piece then
      self.received = self.received + #piece
      return piece
    elseif piece == nil then
      scheduler.wait_for(transfer)
    else
      local kind, reason = transfer:failure()
      local problem = kind and errors.from_transport(kind, reason, self.request.route.host, self.request.plan.timeouts)
      finish(self, kind or "complete", problem)
    end
  end
  if self.problem then return errors.fail(self.problem) end
end

local function lost(self)
  local host, kind, reason = self.request.route.host, nil, nil
  if not self.ended then kind, reason = self.transfer:failure() end -- it may have been cancelled
  if kind then return errors.from_transport(kind, reason, host, self.request.plan.timeouts) end
  return errors.lost(host)
end

--- Where an error, as of memory, broke into the reading of all of it, what is left is
--- not all: that problem, or nil.
local function begin_whole(self)
  if self.in_pieces and not self.problem then
    local problem = lost(self)
    finish(self, problem.kind, problem)
  end
  self.in_pieces = true
  return self.problem
end

--- All of it as a string; nil, message, detail when it was cut off.
---@return string?
---@return string? message
---@return litellm.Error? detail
function Audio:bytes()
  local problem = begin_whole(self)
  if problem then return errors.fail(problem) end
  local pieces = {}
  while true do
    local piece, message, detail = read(self)
    if detail then return nil, message, detail end
    if not piece then break end
    pieces[#pieces + 1] = piece
  end
  local bytes = table.concat(pieces)
  self.in_pieces = false
  return bytes
end

-- A loop that closes its audio just ends; every other failure is raised.
local function next_piece(self)
  local piece, _, detail = read(self)
  if detail and self.closer ~= scheduler.runner() then error(detail, 0) end
  return piece
end

--- An iterator over the bytes as they arrive; raises the detail of a failure.
---@return fun(): string?
function Audio:chunks()
  return function() return next_piece(self) end, nil, nil, self
end

local function file_problem(path, message)
  if message:sub(1, #path) ~= path then message = path .. ": " .. message end -- Lua names it sometimes
  return errors.fail(errors.config("cannot write " .. message))
end

--- Writes it into a file as it arrives: the number of bytes. On failure the file
--- keeps what came, and the message says so.
---@param path string
---@return integer? bytes
---@return string? message
---@return litellm.Error? detail
function Audio:stream_to_file(path)
  local f, message = io.open(path, "wb")
  if not f then return file_problem(path, message) end
  begin_whole(self)
  local written = 0
  while true do
    local piece, text, detail = read(self)
    if not piece then
      local ok, close_message = f:close()
      if detail then
        detail.message = ("%s; %s holds the %d bytes that came"):format(text, path, written)
        return errors.fail(detail)
      end
      if not ok then return file_problem(path, close_message) end
      self.in_pieces = false
      return written
    end
    local ok, write_message = f:write(piece)
    if not ok then
      f:close()
      return file_problem(path, write_message)
    end
    written = written + #piece
  end
end

--- Ends it; the connection is closed if more was to come.
function Audio:close()
  if self.ended then return end
  self.closer = scheduler.runner()
  finish(self, "cancelled", errors.cancelled())
end

Audio.__close = Audio.close

function Audio:__tostring()
  return ("litellm.audio: %s, %d bytes"):format(self.ended or "open", self.received)
end

--- The audio of an answer whose head has come.
---@return litellm.Audio
function M.new(answer)
  return setmetatable({
    transfer = answer.transfer, request = answer, received = 0,
    content_type = answer.transfer:header("content-type"),
  }, Audio)
end

return M
