-- What nearly every spec begins with: the gateway of the run, a client of one
-- script, and the calls of all endpoints with the least they need.
local litellm = require("litellm")
local gateway = require("support.gateway")

local M = { gw = gateway.start(), launch = gateway.launch, litellm = litellm, now = gateway.now }

M.messages = { { role = "user", content = "hi" } }

--- A client whose base is this script's route. It retries only when asked, then
--- at once, and gives up after five seconds whatever happens.
function M.client(script, settings)
  local all = {
    api_base = script.base, api_key = "sk-spec", num_retries = 0, retry = { base = 0.001, cap = 0.004 }, timeout = 5,
  }
  for name, value in pairs(settings or {}) do
    all[name] = value
  end
  return litellm.new(all)
end

--- A script and its client.
function M.script(steps, settings, options)
  local script = M.gw:script(steps, options)
  return script, M.client(script, settings)
end

--- The arguments of a chat call; `fields` are added.
function M.chat(fields)
  local args = { model = "gpt-4o", messages = M.messages }
  for name, value in pairs(fields or {}) do
    args[name] = value
  end
  return args
end

function M.stream(fields)
  local args = M.chat(fields)
  args.stream = true
  return args
end

--- The least that each endpoint needs, and where it goes.
M.endpoints = {
  completion = { path = "/chat/completions", args = { model = "m", messages = M.messages } },
  text_completion = { path = "/completions", args = { model = "m", prompt = "Once" } },
  embedding = { path = "/embeddings", args = { model = "m", input = "x" } },
  image_generation = { path = "/images/generations", args = { model = "m", prompt = "a cat" } },
  image_edit = {
    path = "/images/edits", form = true,
    args = { model = "m", prompt = "a hat", image = litellm.file({ data = "PNG", filename = "cat.png" }) },
  },
  image_variation = {
    path = "/images/variations", form = true,
    args = { model = "m", image = litellm.file({ data = "PNG", filename = "cat.png" }) },
  },
  speech = { path = "/audio/speech", audio = true, args = { model = "m", input = "hi", voice = "alloy" } },
  transcription = {
    path = "/audio/transcriptions", form = true,
    args = { model = "m", file = litellm.file({ data = "RIFF", filename = "a.wav" }) },
  },
  translation = {
    path = "/audio/translations", form = true,
    args = { model = "m", file = litellm.file({ data = "RIFF", filename = "a.wav" }) },
  },
  rerank = { path = "/rerank", args = { model = "m", query = "q", documents = { "a", "b" } } },
  moderation = { path = "/moderations", args = { model = "m", input = "x" } },
  responses = { path = "/responses", args = { model = "m", input = "hi" } },
}

--- An answer that each endpoint accepts.
function M.answer(name)
  if name == "speech" then
    return { body = "AUDIO", headers = { ["Content-Type"] = "audio/mpeg" } }
  elseif name == "embedding" then
    return { body = '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,2]}]}' }
  end
  return { body = '{"object":"x","id":"1"}' }
end

--- The arguments of an endpoint's least call, with more fields.
function M.args(name, fields)
  local args = {}
  for key, value in pairs(M.endpoints[name].args) do
    args[key] = value
  end
  for key, value in pairs(fields or {}) do
    args[key] = value
  end
  return args
end

--- Collects all that nobody holds. On LuaJIT a compiled trace holds the functions and
--- tables that it was compiled for, and what finalizers held goes in the next round.
function M.collect()
  if jit then
    jit.flush()
  end
  for _ = 1, 3 do
    collectgarbage()
  end
end

M.names = {}
for name in pairs(M.endpoints) do
  M.names[#M.names + 1] = name
end
table.sort(M.names)

--- Asserts that a call failed and returns its detail: one line of text that is
--- the detail's message, and fields every error has.
function M.failed(result, message, detail)
  assert(result == nil, "a failure expected, got " .. tostring(result))
  assert(type(message) == "string", "a message expected, got " .. type(message))
  assert(not message:find("[%c]"), "the message is not one line: " .. message)
  assert(message ~= "", "the message is empty")
  assert(type(detail) == "table", "a detail expected, got " .. type(detail))
  assert(detail.message == message and tostring(detail) == message, "message and detail differ")
  assert(type(detail.type) == "string" and type(detail.kind) == "string", "type and kind expected")
  return detail
end

--- Whether a yield may cross what lies between here and the coroutine; false on
--- PUC 5.1 for pcall, iterators and metamethods.
M.yields_anywhere = coroutine.wrap(function()
  return pcall(coroutine.yield, true) and true
end)() == true

return M
