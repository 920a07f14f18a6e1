--- Record and replay: what the gateway answers is kept in files, and given again
--- without it, so that scripts can be tested offline against what a real gateway
--- said. No key, token or cookie is in the files.

local call = require "litellm.call"
local engine = require "litellm.engine"
local errors = require "litellm.errors"
local native = require "litellm.native"
local document = require "litellm.document"
local recording = require "litellm.recording"
local secrets = require "litellm.secrets"
local settings = require "litellm.settings"

local M = {}

-- Recording ---------------------------------------------------------------------------------

--- A transfer that is recorded: it is written down when it is let go.
local Recorded = {}

local methods = setmetatable({}, {
  __index = function(all, name)
    local function forward(self, ...)
      local transfer = self.transfer
      return transfer[name](transfer, ...)
    end
    all[name] = forward
    return forward
  end,
})
Recorded.__index = methods

local function keep(self)
  local recorder = self.recorder
  if not recorder then return end
  self.recorder = false -- nil would be looked up as a method
  recorder.open[self] = nil
  local ok, message = recording.save(recorder.directory .. "/" .. self.name, self.request,
    recording.answer(self.transfer, recorder.secrets))
  if not ok then recorder.problem = recorder.problem or message end
end

function methods:close()
  keep(self)
  self.transfer:close()
end

function methods:release()
  keep(self)
  self.transfer:release()
end

-- Where Lua finalises tables, what nobody closed is kept too.
Recorded.__gc = methods.close

local Recorder = { pace = 1 }
Recorder.__index = Recorder

local function note_secret_headers(list, lines)
  for _, line in ipairs(lines) do
    local name, value = line:match("^([^:]+):%s*(.*)$")
    if name and secrets.is_secret(name) then
      secrets.add(list, value)
      secrets.add(list, value:match("^%a+ +(.+)$")) -- without its scheme
    end
  end
end

local function note_secrets(list, request, token, lines)
  secrets.add(list, request.route.key)
  secrets.add(list, token)
  note_secret_headers(list, lines)
  for _, headers in ipairs(request.route.layers) do
    for name, value in pairs(headers) do note_secret_headers(list, { ("%s: %s"):format(name, tostring(value)) }) end
  end
end

--- As the engine's `transfer`; nil, detail when it cannot be recorded.
function Recorder:transfer(request, token, body, left, lines)
  if self.problem then return nil, errors.config("cannot record: " .. self.problem) end
  note_secrets(self.secrets, request, token, lines)
  local described, problem = recording.describe(request, self.secrets)
  if not described then return nil, problem end
  local plan = request.plan
  local transfer = engine.get():transfer(plan.profile, plan.method, request.url, body, left, lines, true)
  self.count = self.count + 1
  local recorded = setmetatable({
    transfer = transfer, recorder = self, request = described, name = recording.name(self.count, described),
  }, Recorded)
  self.open[recorded] = true
  return recorded
end

local function by_name(a, b)
  return a.name < b.name
end

--- Writes down what is still under way, as far as it has come.
function Recorder:finish()
  local left = {}
  for recorded in pairs(self.open) do left[#left + 1] = recorded end
  table.sort(left, by_name)
  for _, recorded in ipairs(left) do keep(recorded) end
  if self.problem then return errors.fail(errors.config("cannot record: " .. self.problem)) end
  return {}
end

-- Replaying -----------------------------------------------------------------------------------

local Player = { offline = true }
Player.__index = Player

local function add_recording(self, name, entry)
  local key = document.write(entry.request)
  local same = self.by_request[key] or { taken = 0 }
  entry.name = name
  self.by_request[key] = same
  same[#same + 1] = entry
  self.all[#self.all + 1] = entry
end

local function title(request)
  return ("%s %s"):format(request.object.method, request.object.path)
end

--- The recording that is most like a request, one that was not used before all.
local function nearest(self, request)
  local best, best_found
  for _, entry in ipairs(self.all) do
    if title(entry.request) == title(request) then
      local found = document.difference(entry.request, request)
      if entry.used then found.count = found.count + 0.5 end
      if not best or found.count < best_found.count then best, best_found = entry, found end
    end
  end
  return best, best_found
end

local function no_recording(self, request)
  local what = ("%s has no recording of this %s"):format(self.directory, title(request))
  local best, found = nearest(self, request)
  if not best then return what .. ", nor another one of that path" end
  return ("%s: the nearest is %s, where %s is %s, and here %s")
    :format(what, best.name, found.path:gsub("^json%.", ""), found.first, found.second)
end

local function find(self, request)
  local same = self.by_request[document.write(request)]
  if not same then return nil, no_recording(self, request) end
  local entry = same[same.taken + 1]
  if not entry then
    return nil, ("%s has %d recording%s of this %s, and it is asked for once more; the last is %s")
      :format(self.directory, #same, #same == 1 and "" or "s", title(request), same[#same].name)
  end
  same.taken = same.taken + 1
  entry.used = true
  return entry
end

--- As the engine's `transfer`, with nobody at the other end; nil, detail when there
--- is no recording of the request.
function Player:transfer(request, _, _, left, lines)
  local hidden = {}
  note_secrets(hidden, request, nil, lines)
  local described, problem = recording.describe(request, hidden)
  if not described then return nil, problem end
  local entry, message = find(self, described)
  if not entry then return nil, errors.config(message, { type = "APIError" }) end
  local plan, body = request.plan, nil
  if plan.method == "POST" then body = "" end
  return engine.get():transfer(plan.profile, plan.method, request.url, body, left, nil, entry.tape)
end

function Player:unused()
  local names = {}
  for _, entry in ipairs(self.all) do
    if not entry.used then names[#names + 1] = entry.name end
  end
  return names
end

Player.finish = Player.unused

-- What programs call ---------------------------------------------------------------------------------

local function use(tape)
  call.tape = tape
  settings.offline = tape and tape.offline or nil
  settings.touch()
end

local function check_directory(directory, name)
  if type(directory) ~= "string" or directory == "" then
    error(("bad argument #1 to '%s' (directory expected, got %s)"):format(name, type(directory)), 3)
  end
  if call.tape then error(("'%s' while %s is in use; call litellm.cassette.stop() first"):format(name,
    call.tape.directory), 3) end
  return directory == "/" and directory or (directory:gsub("/+$", ""))
end

local function failure(directory, message)
  return errors.fail(errors.config(("cannot use the recordings in %s: %s"):format(directory, message)))
end

--- Records every exchange with the gateway from now on: a file for each in the
--- directory, which is made if need be; recordings that are there already are
--- replaced. Token endpoints are not recorded. A stream is written when it has been
--- read or closed.
---@param directory string
---@return true?
---@return string? message
---@return litellm.Error? detail
function M.record(directory)
  directory = check_directory(directory, "record")
  local ok, message = native.make_directory(directory)
  if not ok then return failure(directory, message) end
  local old
  old, message = recording.list(directory)
  if not old then return failure(directory, message) end
  for _, name in ipairs(old) do
    ok, message = os.remove(directory .. "/" .. name)
    if not ok then return failure(directory, message) end
  end
  use(setmetatable({
    directory = directory, count = 0, secrets = {}, open = setmetatable({}, { __mode = "k" }),
  }, Recorder))
  return true
end

local function check_options(options)
  if options == nil then return 0 end
  if type(options) ~= "table" then
    error(("bad argument #2 to 'replay' (table expected, got %s)"):format(type(options)), 3)
  end
  for name in pairs(options) do
    if name ~= "speed" then error(("unknown option '%s' to 'replay'"):format(tostring(name)), 3) end
  end
  local speed = options.speed or 0
  if type(speed) ~= "number" or speed < 0 then
    error("bad option 'speed' to 'replay' (a number of at least 0 expected)", 3)
  end
  return speed == 0 and 0 or 1 / speed
end

--- Answers every request from the recordings in the directory from now on, and opens
--- no connection. A request is answered by the recording of the same method, path and
--- body; the same request again by the next such recording. `speed`: 1 as recorded, 2
--- twice as fast; 0, the default: at once, and no wait before another attempt.
---@param directory string
---@param options { speed: number? }?
---@return true?
---@return string? message
---@return litellm.Error? detail
function M.replay(directory, options)
  directory = check_directory(directory, "replay")
  local pace = check_options(options)
  local names, message = recording.list(directory)
  if not names then return failure(directory, message) end
  if #names == 0 then return failure(directory, "there are none") end
  local player = setmetatable({ directory = directory, pace = pace, all = {}, by_request = {} }, Player)
  for _, name in ipairs(names) do
    local entry
    entry, message = recording.load(directory .. "/" .. name, pace)
    if not entry then return failure(directory, message) end
    add_recording(player, name, entry)
  end
  use(player)
  return true
end

--- The names of the recordings that no request has asked for yet.
---@return string[]
function M.unused()
  return call.tape and call.tape.unused and call.tape:unused() or {}
end

--- Ends recording or replaying: the names of the recordings that were not used; nil,
--- message, detail when something could not be written.
---@return string[]? unused
---@return string? message
---@return litellm.Error? detail
function M.stop()
  local tape = call.tape
  if not tape then return {} end
  use(nil)
  return tape:finish()
end

return M
