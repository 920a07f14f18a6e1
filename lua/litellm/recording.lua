--- One exchange with the gateway as a file: what was asked, what came and when, and
--- no secret in it.

local document = require "litellm.document"
local errors = require "litellm.errors"
local native = require "litellm.native"
local secrets = require "litellm.secrets"

local M = {}

local unpack = table.unpack or unpack
local array, object, literal = document.array, document.object, document.literal

-- What was asked --------------------------------------------------------------------------

--- The path behind the base, which another gateway need not have.
local function path_of(request)
  local url, base = request.url, request.route.base
  local path = url:sub(1, #base) == base and url:sub(#base + 1) or url:match("^%a+://[^/?#]*(.*)$")
  return secrets.url(path)
end

--- Bytes as a member: `name`, or `base64` when they are no text.
local function add_bytes(members, name, bytes)
  if document.is_text(bytes) then members[name] = bytes else members.base64 = native.base64_encode(bytes) end
end

local function add_file(members, part)
  local data = part.data
  if not data then
    local file, message = io.open(part.path, "rb")
    if not file then return errors.config(("cannot read %s"):format(message)) end
    data = file:read("*a")
    file:close()
  end
  members.filename, members.content_type = part.filename, part.content_type
  members.bytes, members.hash = literal(#data), native.hash(data)
end

local function describe_part(part, hidden)
  local members = { name = part.name }
  if part.filename or part.path then
    local problem = add_file(members, part)
    if problem then return nil, problem end
  else
    add_bytes(members, "value", secrets.mask(part.data, hidden))
  end
  return object(members, { "name" })
end

local function describe_body(members, request, hidden)
  if not request.body then return end
  local text = secrets.mask(request.body, hidden)
  local json = text:find("^%s*[%[{]") and document.read(text)
  if json then members.json = json elseif text ~= "" then add_bytes(members, "body", text) end
end

--- The request as a document; nil, detail when a file of it cannot be read.
function M.describe(request, hidden)
  local members = { method = request.endpoint.method, path = secrets.mask(path_of(request), hidden) }
  if request.parts then
    local parts = {}
    for i, part in ipairs(request.parts) do
      local problem
      parts[i], problem = describe_part(part, hidden)
      if problem then return nil, problem end
    end
    members.parts = array(parts)
  else
    describe_body(members, request, hidden)
  end
  return object(members, { "method", "path" })
end

-- What came ------------------------------------------------------------------------------------

local function describe_head(head, hidden)
  local lines = {}
  for line in head:gmatch("[^\r\n]+") do
    local name = line:match("^([^:]+):")
    if not name or not secrets.is_secret(name) then lines[#lines + 1] = secrets.mask(line, hidden) end
  end
  return array(lines)
end

--- Neighbours of the same millisecond are one piece. Secrets are masked in the
--- whole, for a piece may end inside of one.
local function describe_pieces(recorded, hidden)
  local times, ends, bytes = {}, {}, {}
  for i, piece in ipairs(recorded) do
    bytes[i] = piece[2]
    local at = ("%.3f"):format(piece[1])
    if times[#times] ~= at then times[#times + 1] = at end
    ends[#times] = (ends[#times] or ends[#times - 1] or 0) + #piece[2]
  end
  local text, pieces = secrets.mask(table.concat(bytes), hidden, true), {}
  for i, at in ipairs(times) do
    local piece = text:sub((ends[i - 1] or 0) + 1, ends[i])
    local form = document.is_text(piece) and "text" or "base64"
    if form == "base64" then piece = native.base64_encode(piece) end
    pieces[i] = array{ document.seconds(tonumber(at)), form, piece }
  end
  return array(pieces)
end

--- The answer of a transfer, as far as it has come, as a document.
function M.answer(transfer, hidden)
  local recorded = transfer:recorded() or {}
  local first_byte, total, _, sent = transfer:timing()
  local failure, message = transfer:failure()
  local last = recorded[#recorded]
  local members = { ended = document.seconds(total or (last and last[1]) or first_byte or 0) }
  if first_byte then
    members.head, members.head_at = describe_head(transfer:head(), hidden), document.seconds(first_byte)
    members.pieces = describe_pieces(recorded, hidden)
  end
  if failure then
    members.failure, members.message, members.sent = failure, secrets.mask(message, hidden), literal(sent)
  end
  return object(members, { "head", "head_at", "pieces", "ended" })
end

-- Files ---------------------------------------------------------------------------------------

local FORMAT = "1"
local FILE = "^%d%d%d%d+[%w-]*%.json$"

--- The name of the n-th recording.
function M.name(n, request)
  local slug = request.object.path:gsub("%?.*$", ""):gsub("[^%w]+", "-"):gsub("^-+", ""):gsub("-+$", ""):lower()
  return ("%04d-%s.json"):format(n, slug:sub(1, 40))
end

--- The names of the recordings in a directory, in order; nil and a message.
function M.list(directory)
  local all, message = native.list_directory(directory)
  if not all then return nil, message end
  local names = {}
  for _, name in ipairs(all) do
    if name:find(FILE) then names[#names + 1] = name end
  end
  table.sort(names, function(a, b)
    local m, n = tonumber(a:match("^%d+")), tonumber(b:match("^%d+"))
    if m ~= n then return m < n end
    return a < b
  end)
  return names
end

--- Writes a recording: true, or nil and a message.
function M.save(path, request, answer)
  local file, message = io.open(path, "wb")
  if not file then return nil, message end
  local text = document.write(object({ format = literal(FORMAT), request = request, answer = answer },
    { "format", "request", "answer" }), "")
  local ok, write_message = file:write(text, "\n")
  local closed, close_message = file:close()
  if ok and closed then return true end
  return nil, write_message or close_message
end

local function number(value, otherwise)
  return type(value) == "table" and tonumber(value.literal) or otherwise
end

local function bytes_of(form, piece)
  if form == "base64" then return native.base64_decode(piece) end
  return piece
end

--- The answer as the core plays it; times are multiplied by `pace`.
local function tape_of(answer, pace)
  local tape = { ended = number(answer.ended, 0) * pace, head_at = number(answer.head_at, 0) * pace,
    failure = answer.failure, message = answer.message,
    sent = not (type(answer.sent) == "table" and answer.sent.literal == "false") }
  if answer.head then tape.head = table.concat(answer.head.array, "\r\n") .. "\r\n\r\n" end
  for i, piece in ipairs(answer.pieces and answer.pieces.array or {}) do
    local at, form, bytes = unpack(piece.array, 1, 3)
    tape[i] = { number(at) * pace, assert(bytes_of(form, bytes)) }
  end
  return tape
end

local function read_file(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local text
  text, message = file:read("*a")
  file:close()
  return text, message
end

--- A recording: { request = document, tape = }; nil and a message.
function M.load(path, pace)
  local text, message = read_file(path)
  if not text then return nil, message end
  local all
  all, message = document.read(text)
  if not all then return nil, ("%s: %s"):format(path, message) end
  local members = type(all) == "table" and all.object or {}
  if number(members.format) ~= tonumber(FORMAT) then
    return nil, ("%s: it is no recording of this version's format %s"):format(path, FORMAT)
  end
  local ok, tape = pcall(tape_of, members.answer and members.answer.object, pace)
  if tape == "not enough memory" then error(tape, 0) end
  if not ok or not members.request then return nil, path .. ": it is not what record() writes" end
  return { request = members.request, tape = tape }
end

return M
