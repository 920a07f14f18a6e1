--- The calls of the soak: what each does, and what it must come to. Every text is
--- that call's own, so that no answer can be taken for another's.
local litellm = require("litellm")

local M = { names = {}, run = {} }

local NOBODY = "http://127.0.0.1:1" -- no system listens there
local FOREVER = 30                  -- seconds that no call may last

--- What the faults share: quick to try again, never out of time by accident.
local SETTINGS = {
  api_key = "sk-soak", num_retries = 0, retry = { base = 0.002, cap = 0.01 }, timeout = { total = 2 * FOREVER },
}

local client, nobody, vectors

local function with(name)
  return function(run)
    table.insert(M.names, name)
    M.run[name] = run
  end
end

-- Expectations --------------------------------------------------------------------

local function expect(what, wanted, got)
  if wanted ~= got then
    error(("%s: expected %s, got %s"):format(what, tostring(wanted), tostring(got)), 0)
  end
end

local function expect_failure(wanted, got, _, detail)
  expect("result", nil, got)
  for field, value in pairs(wanted) do expect("detail." .. field, value, detail[field]) end
end

--- Asserts, with the message alone.
local function need(value, message)
  if not value then error(tostring(message), 0) end
  return value
end

local function content(response) return response.choices[1].message.content end

-- Calls ---------------------------------------------------------------------------

local function chat(c, fields)
  local args = { model = "gpt-4o", messages = { { role = "user", content = "Reply with exactly: " .. c.text } } }
  for name, value in pairs(fields or {}) do args[name] = value end
  return args
end

local function faulty(c, fault, fields)
  local args = chat(c, fields)
  args.extra_headers = { ["x-mock-fault"] = fault }
  return client:completion(args)
end

--- A stream with a fault behind its first events: those are a role and n - 1 words.
local function faulty_stream(c, fault, n, fields)
  fields = fields or {}
  fields.stream = true
  return need(faulty(c, ("%s=%d"):format(fault, n), fields))
end

--- Reads a stream to its failure, as words, and says what it was.
local function words_until_failure(stream)
  local words = {}
  local ok, detail = pcall(function()
    for word in stream:text() do words[#words + 1] = word end
  end)
  expect("a loop over a failing stream", false, ok)
  return table.concat(words), detail
end

local function expect_prefix(c, got)
  expect("the first words", c.text:sub(1, #got), got)
end

-- All is well -----------------------------------------------------------------------

with "a call" (function(c)
  expect("answer", c.text, content(need(client:completion(chat(c)))))
end)

with "a stream as text" (function(c)
  local words, stream = {}, need(client:completion(chat(c, { stream = true })))
  for word in stream:text() do words[#words + 1] = word end
  expect("text", c.text, table.concat(words))
  expect("state", "complete", stream:state())
end)

with "a stream as tables" (function(c)
  local words, stream = {}, need(client:completion(chat(c, { stream = true })))
  while true do
    local chunk, message = stream:read()
    if not chunk then
      expect("failure", nil, message)
      break
    end
    words[#words + 1] = chunk.choices[1].delta.content
  end
  expect("text", c.text, table.concat(words))
  expect("state", "complete", stream:state())
end)

with "a stream as a whole" (function(c)
  local stream = need(client:completion(chat(c, { stream = true, stream_options = { include_usage = true } })))
  local response = need(stream:result())
  expect("text", c.text, content(response))
  expect("tokens", #c.words, response.usage.completion_tokens)
end)

with "a stream in small pieces" (function(c)
  expect("text", c.text, content(need(faulty_stream(c, "split", 1 + c.random(40)):result())))
end)

with "a stream without [DONE]" (function(c)
  expect("text", c.text, content(need(need(faulty(c, "no-done", { stream = true })):result())))
end)

with "a twin" (function(c)
  local task = client:acompletion(chat(c))
  expect("answer", c.text, content(need(task:await())))
end)

with "an embedding" (function(c)
  local i = c.random(#vectors)
  local args = { model = "m", input = "text " .. i, encoding_format = c.random(2) == 1 and "float" or "base64" }
  local vector = need(client:embedding(args)).data[1].embedding
  expect("vector is equal", true, vector == vectors[i])
end)

with "a ranking" (function(c)
  local response = need(client:rerank{ model = "m", query = c.words[1], documents = { "none", c.text, "other" } })
  expect("the best", 1, response.results[1].index)
end)

with "speech" (function(c)
  local spoken = c.words[1]
  local bytes = need(need(client:speech{ model = "tts-1", input = spoken, voice = "nova" }):bytes())
  local file = litellm.file{ data = bytes, filename = "a.wav" }
  expect("what was heard", spoken, need(client:transcription{ model = "whisper-1", file = file }).text)
end)

-- Answers that are errors -------------------------------------------------------------

with "status 500" (function(c)
  expect_failure({ type = "InternalServerError", kind = "http", status = 500, attempts = 1 }, faulty(c, "500"))
end)

with "status 429 to the end" (function(c)
  expect_failure({ type = "RateLimitError", kind = "http", attempts = 2, retry_after = 0.01 },
    faulty(c, "429; retry-after=0.01", { num_retries = 1 }))
end)

with "status 429, then an answer" (function(c)
  local response = need(faulty(c, "429x2; retry-after=0.01", { num_retries = 2 }))
  expect("answer", c.text, content(response))
  expect("attempts", 3, litellm.meta(response).attempts)
end)

with "status 503, then a stream" (function(c)
  local stream = need(faulty(c, "503x1", { num_retries = 1, stream = true }))
  expect("text", c.text, content(need(stream:result())))
  expect("attempts", 2, litellm.meta(stream).attempts)
end)

with "a wait past the time limit" (function(c)
  local started = litellm.now()
  expect_failure({ type = "ServiceUnavailableError", attempts = 1 },
    faulty(c, "503; retry-after=50", { num_retries = 5, timeout = FOREVER }))
  expect("given up at once", true, litellm.now() - started < FOREVER)
end)

with "the context is too long" (function(c)
  expect_failure({ type = "ContextWindowExceededError", attempts = 1 }, faulty(c, "context", { num_retries = 3 }))
end)

for fault, status in pairs{ html = 502, login = 200, ["bad-json"] = 200, empty = 200 } do
  with("an answer that is none: " .. fault) (function(c)
    expect_failure({ kind = status == 200 and "parse" or "http", status = status, attempts = 1 }, faulty(c, fault))
  end)
end

-- The connection breaks ------------------------------------------------------------------

with "nobody listens" (function(c)
  expect_failure({ type = "APIConnectionError", kind = "connect", attempts = 2 }, nobody:completion(chat(c)))
end)

for _, fault in ipairs{ "reset=0", "cut=0" } do
  with("no answer: " .. fault) (function(c)
    expect_failure({ type = "APIConnectionError", kind = "reset", attempts = 1 }, faulty(c, fault))
  end)
end

--- On a connection that had been used before, libcurl makes the second attempt.
with "no answer, then one" (function(c)
  local response = need(faulty(c, "reset=0; times=1", { num_retries = 1 }))
  expect("answer", c.text, content(response))
end)

with "no answer to a call that costs money" (function(c)
  expect_failure({ type = "APIConnectionError", kind = "reset", attempts = 1 }, client:image_generation{
    model = "m", prompt = c.text, size = "64x64", num_retries = 3, extra_headers = { ["x-mock-fault"] = "cut=0" },
  })
end)

with "half an answer" (function(c)
  expect_failure({ type = "APIConnectionError", kind = "truncated", attempts = 1 }, faulty(c, "cut=1"))
end)

with "half an answer, then a whole one" (function(c)
  expect("answer", c.text, content(need(faulty(c, "cut=1; times=1", { num_retries = 1 }))))
end)

--- The stream, which the fault has ended, and its text.
local function expect_break(c, fault, kind, state)
  local n = 1 + c.random(#c.words)
  local stream = faulty_stream(c, fault, n)
  local text, detail = words_until_failure(stream)
  expect("text", c.first(n - 1), text)
  expect("kind", kind, detail.kind)
  expect("state", state, stream:state())
  return stream, text
end

with "a stream that is cut" (function(c)
  local stream, text = expect_break(c, "cut", "truncated", "truncated")
  expect("partial", text, content(stream:partial()))
end)

with "a stream that is reset" (function(c)
  local stream = faulty_stream(c, "reset", 1 + c.random(#c.words))
  local text, detail = words_until_failure(stream)
  expect_prefix(c, text) -- a reset may overtake what was sent
  expect("type", "APIConnectionError", detail.type)
  expect("state", "truncated", stream:state())
end)

with "an error in a stream" (function(c)
  expect_break(c, "error-event", "api", "error")
end)

with "an event that is no JSON" (function(c)
  local n = 1 + c.random(#c.words)
  local _, _, detail = faulty_stream(c, "bad-event", n):result()
  expect("kind", "parse", detail and detail.kind)
  expect("partial", c.first(n - 1), content(detail.partial))
end)

-- Time is up, or nobody waits any more ---------------------------------------------------

local SLOW = "delay=" .. FOREVER

with "no first byte in time" (function(c)
  expect_failure({ type = "Timeout", kind = "timeout", phase = "first_byte", attempts = 1 },
    faulty(c, SLOW, { timeout = { first_byte = 0.03 } }))
end)

with "a deadline" (function(c)
  expect_failure({ type = "Timeout", kind = "timeout" }, litellm.deadline(0.03, faulty, c, SLOW, { num_retries = 3 }))
end)

with "a stream that falls silent" (function(c)
  local stream = faulty_stream(c, "stall", 1 + c.random(#c.words), { timeout = { idle = 0.05 } })
  local text, detail = words_until_failure(stream)
  expect_prefix(c, text)
  expect("type", "Timeout", detail.type)
  expect("phase", "idle", detail.phase)
end)

with "a task that is cancelled" (function(c)
  local task = litellm.spawn(faulty, c, SLOW)
  litellm.sleep(0.001 * c.random(10))
  expect("cancelled", true, task:cancel())
  expect_failure({ type = "Cancelled", kind = "cancelled" }, task:await())
end)

with "a stream that is closed" (function(c)
  local stream, got = faulty_stream(c, "stall", 3), ""
  while got == "" do got = need(stream:read()).choices[1].delta.content end
  expect("first word", c.first(1), got)
  stream:close()
  expect("state", "cancelled", stream:state())
end)

with "a stream that is forgotten" (function(c)
  local stream = faulty_stream(c, "stall", 2 + c.random(#c.words - 1))
  for _ = 1, 2 do need(stream:read()) end
  expect("state", "open", stream:state())
end)

with "audio that is forgotten" (function(c)
  local audio = need(client:speech{
    model = "tts-1", input = c.words[1], voice = "nova", extra_headers = { ["x-mock-fault"] = "stall=1" },
  })
  expect("there is some", true, #audio:chunks()() > 0)
end)

-- All of them -----------------------------------------------------------------------------

--- Says where the gateway is, and asks for the vectors that are compared.
function M.start(url)
  client = litellm.new(SETTINGS):with{ api_base = url }
  nobody = client:with{ api_base = NOBODY, num_retries = 1 }
  vectors = {}
  for i = 1, 16 do
    vectors[i] = need(client:embedding{ model = "m", input = "text " .. i }).data[1].embedding
  end
end

return M
