--- Puts the chunks of a stream together into the answer as if it had not been
--- streamed. Choices are kept apart by index, tool calls by choice and index; a
--- different id on the same index begins another call. `add` and `as_chunk` raise where
--- fields have other types than they should; nothing else here raises.

local copy = require("litellm.tables").copy

local M = {}

-- Fields of a delta whose pieces are joined.
local JOINED = { content = true, reasoning_content = true, refusal = true, reasoning = true }

-- Fields of a delta whose lists are appended.
local APPENDED = { annotations = true, images = true, thinking_blocks = true, reasoning_items = true }

-- What makes all chunks look alike to who listens in.
local PADDING = "obfuscation"

-- Chat ----------------------------------------------------------------------------------

local Chat = { fast = true }
Chat.__index = Chat

local function new_choice(index)
  return { index = index, message = { role = "assistant" }, pieces = {}, calls = {}, started = false }
end

local function choice_of(self, index)
  index = index or 0
  if type(index) ~= "number" then error("the index of a choice is no number") end
  local choice = self.choices[index]
  if not choice then
    choice = new_choice(index)
    self.choices[index] = choice
  end
  return choice
end

local function check_text(value)
  if type(value) ~= "string" then error("a piece of text is no string") end
  return value
end

--- Keeps a piece of the text of a field.
local function join(texts, field, text)
  local pieces = texts[field]
  if not pieces then
    pieces = {}
    texts[field] = pieces
  end
  pieces[#pieces + 1] = check_text(text)
end

--- The texts kept so far, as fields of a table.
local function joined(texts, into)
  for field, pieces in pairs(texts) do
    local text = table.concat(pieces)
    texts[field] = { text }
    into[field] = text
  end
  return into
end

local function append(message, field, list)
  message[field] = message[field] or {}
  for _, item in ipairs(list) do table.insert(message[field], item) end
end

--- Begins a call, which replaces `last` on its index; those that were there are
--- found again by their ids.
local function new_call(choice, id, delta, last)
  local call = { id = id, type = delta.type or "function", name = nil, arguments = {}, siblings = nil }
  if last then
    call.siblings = last.siblings or { [last.id] = last }
    call.siblings[id], last.siblings = call, call.siblings
  end
  choice.order = choice.order or {}
  table.insert(choice.order, call)
  return call
end

local function call_at(choice, delta)
  local index = delta.index or 0
  local last = choice.calls[index]
  local id = delta.id ~= "" and delta.id or nil
  if last and not (id and last.id and id ~= last.id) then return last end
  local call = last and last.siblings and last.siblings[id] or new_call(choice, id, delta, last)
  choice.calls[index] = call
  return call
end

local function add_tool_call(choice, delta)
  local call = call_at(choice, delta)
  call.id = call.id or (delta.id ~= "" and delta.id or nil)
  local f = delta["function"]
  if type(f) ~= "table" then return end
  if f.name and f.name ~= "" then call.name = call.name or f.name end
  if f.arguments then table.insert(call.arguments, check_text(f.arguments)) end
end

-- Objects in a delta that come in pieces, and which of their fields are joined.
local INNER = { function_call = { arguments = true }, audio = { data = true, transcript = true } }

local function add_inner(choice, field, value)
  local message = choice.message
  message[field] = message[field] or { arguments = field == "function_call" and "" or nil }
  choice.inner = choice.inner or {}
  choice.inner[field] = choice.inner[field] or {}
  for key, each in pairs(value) do
    if INNER[field][key] then join(choice.inner[field], key, each) else message[field][key] = each end
  end
end

local function add_field(choice, field, value)
  local message = choice.message
  if JOINED[field] and type(value) == "string" then
    join(choice.pieces, field, value)
  elseif field == "tool_calls" and type(value) == "table" then
    for _, each in ipairs(value) do add_tool_call(choice, each) end
  elseif INNER[field] and type(value) == "table" then
    add_inner(choice, field, value)
  elseif APPENDED[field] and type(value) == "table" then
    append(message, field, value)
  elseif field ~= PADDING then
    message[field] = value
  end
end

local function add_logprobs(choice, logprobs)
  choice.logprobs = choice.logprobs or {}
  for field, list in pairs(logprobs) do
    if type(list) == "table" then append(choice.logprobs, field, list) end
  end
end

local function add_choice(self, each)
  local choice = choice_of(self, each.index)
  local delta = each.delta
  if type(delta) == "table" then
    for field, value in pairs(delta) do
      choice.started = true
      add_field(choice, field, value)
    end
  end
  if each.finish_reason then
    choice.started = true
    choice.finish_reason = each.finish_reason
  end
  if each.logprobs then add_logprobs(choice, each.logprobs) end
end

--- Takes a text of the first choice that came without its chunk.
function Chat:add_text(text)
  if text == "" then return end
  local choice = choice_of(self, 0)
  choice.started = true
  join(choice.pieces, "content", text)
end

local FALLBACK = "litellm-fallback-metadata"

local function add_head(self, chunk)
  for key, value in pairs(chunk) do
    if key ~= "choices" and key ~= PADDING then self.head[key] = value end
  end
  self.has_head = true
end

--- Takes a chunk.
function Chat:add(chunk)
  if chunk.id == FALLBACK then
    self.head.litellm_fallback = chunk.litellm_fallback or true
    return
  end
  local choices = chunk.choices
  local each = choices and choices[1]
  -- Most chunks bring nothing new beside their delta.
  if not self.has_head or not each or chunk.usage or chunk.provider_specific_fields or chunk.citations then
    add_head(self, chunk)
  end
  for i = 1, choices and #choices or 0 do add_choice(self, choices[i]) end
end

--- The text of a chunk, as `stream:text()` gives it: the first choice's.
function Chat.text_of(chunk)
  local each = type(chunk.choices) == "table" and chunk.choices[1]
  if type(each) ~= "table" or (each.index or 0) ~= 0 or type(each.delta) ~= "table" then return nil end
  return type(each.delta.content) == "string" and each.delta.content or nil
end

--- Whether every choice that began has a finish reason, one at least.
function Chat:finished()
  local any = false
  for _, choice in pairs(self.choices) do
    if choice.started and not choice.finish_reason then return false end
    any = any or choice.started
  end
  return any
end

local function build_calls(choice)
  if not choice.order then return nil end
  local calls = {}
  for i, call in ipairs(choice.order) do
    calls[i] = {
      id = call.id, type = call.type,
      ["function"] = { name = call.name, arguments = table.concat(call.arguments) },
    }
  end
  return calls
end

local function build_choice(choice)
  local message = joined(choice.pieces, copy(choice.message))
  for field, texts in pairs(choice.inner or {}) do
    if type(message[field]) == "table" then message[field] = joined(texts, copy(message[field])) end
  end
  message.tool_calls = build_calls(choice)
  if message.content == "" and message.tool_calls then message.content = nil end
  return { index = choice.index, message = message, finish_reason = choice.finish_reason, logprobs = choice.logprobs }
end

local function sorted(choices, build)
  local out = {}
  for _, choice in pairs(choices) do
    if choice.started then out[#out + 1] = build(choice) end
  end
  table.sort(out, function(a, b) return a.index < b.index end)
  return out
end

local function build(self, object, build_one)
  local out = copy(self.head)
  out.object = object
  out.choices = sorted(self.choices, build_one)
  return out
end

--- The answer as far as it came.
function Chat:result()
  return build(self, "chat.completion", build_choice)
end

--- What is known beside the choices: the model, the usage. Not to be changed.
function Chat:facts()
  return self.head
end

--- A chunk that says what a whole answer says.
function Chat.as_chunk(answer)
  local chunk = copy(answer)
  chunk.object, chunk.choices = "chat.completion.chunk", {}
  for i, each in ipairs(answer.choices or {}) do
    local delta = copy(each.message or {})
    for k, call in ipairs(delta.tool_calls or {}) do call.index = call.index or k - 1 end
    chunk.choices[i] = { index = each.index or i - 1, delta = delta, finish_reason = each.finish_reason,
      logprobs = each.logprobs }
  end
  return chunk
end

-- Legacy completions --------------------------------------------------------------------

local Text = {}
Text.__index = Text

function Text:add(chunk)
  local choices = chunk.choices
  if not self.has_head or not choices or not choices[1] or chunk.usage then add_head(self, chunk) end
  for _, each in ipairs(choices or {}) do
    local choice = choice_of(self, each.index)
    if each.text then
      choice.started = true
      join(choice.pieces, "text", each.text)
    end
    if each.finish_reason then choice.started, choice.finish_reason = true, each.finish_reason end
    if each.logprobs then add_logprobs(choice, each.logprobs) end
  end
end

function Text.text_of(chunk)
  local each = type(chunk.choices) == "table" and chunk.choices[1]
  return type(each) == "table" and (each.index or 0) == 0 and type(each.text) == "string" and each.text or nil
end

Text.finished, Text.facts = Chat.finished, Chat.facts

local function build_text(choice)
  return { index = choice.index, text = table.concat(choice.pieces.text or {}), finish_reason = choice.finish_reason,
    logprobs = choice.logprobs }
end

function Text:result()
  return build(self, "text_completion", build_text)
end

function Text.as_chunk(answer)
  return answer
end

-- Responses -------------------------------------------------------------------------------

local Responses = {}
Responses.__index = Responses

local LAST = { ["response.completed"] = true, ["response.incomplete"] = true }

function Responses:add(event)
  if event.type == "response.output_text.delta" and type(event.delta) == "string" then
    table.insert(self.texts, event.delta)
  elseif type(event.response) == "table" then
    self.response = event.response
  end
  if LAST[event.type] then self.last = true end
end

function Responses.text_of(event)
  return event.type == "response.output_text.delta" and type(event.delta) == "string" and event.delta or nil
end

function Responses:finished()
  return self.last == true
end

--- What the last event said of the response; before it, the text so far.
function Responses:result()
  local out = copy(self.response or {})
  if not self.last then
    local text = table.concat(self.texts)
    out.output = { { type = "message", role = "assistant", status = "incomplete",
      content = { { type = "output_text", text = text } } } }
  end
  return out
end

function Responses:facts()
  return self.response or {}
end

function Responses.as_chunk(answer)
  return { type = "response.completed", response = answer }
end

-- Events of any other endpoint --------------------------------------------------------------

local Events = {}
Events.__index = Events

function Events:add(event)
  self.last = event
end

function Events.text_of(event)
  if event.choices then return Chat.text_of(event) or Text.text_of(event) end
  return type(event.delta) == "string" and event.delta or nil
end

--- Such a stream has no mark of its own but [DONE] or the end of the body.
function Events:finished()
  return self.last ~= nil
end

function Events:result()
  return self.last
end

Events.facts = Events.result

function Events.as_chunk(answer)
  return answer
end

local KINDS = { chat = Chat, text = Text, responses = Responses, events = Events }

--- What is known of the streams of an endpoint: `text_of`, `as_chunk`, and whether
--- there is a `fast` way to read them.
---@param name string?
function M.kind(name)
  return KINDS[name] or Events
end

--- An accumulator for one of them.
function M.new(kind)
  return setmetatable({ head = {}, choices = {}, texts = {} }, kind)
end

return M
