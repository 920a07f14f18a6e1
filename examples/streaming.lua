-- An answer as it is written: its text, its chunks, or all of it at the end.
--
--     litelua --mock examples/streaming.lua

local litellm = require "litellm"

local MODEL = "gpt-4o"

local function ask(question)
  return assert(litellm.completion{
    model = MODEL, stream = true, messages = { { role = "user", content = question } },
    stream_options = { include_usage = true },
  })
end

-- 1. The text alone: the fast way. A failure in mid-stream is raised here, so that
-- an answer which was cut off never looks complete.
local stream = ask "Write a short story about a lighthouse."
for text in stream:text() do
  io.write(text)
  io.flush()
end
local res = assert(stream:result())
print(("\n-- %s, %s, %d tokens\n"):format(stream:state(), res.choices[1].finish_reason, res.usage.total_tokens))

-- 2. The chunks as they came.
local chunks = 0
for chunk in ask "Say: one two three four" do
  local choice = chunk.choices[1]
  local piece = choice and choice.delta.content
  if piece and piece ~= "" then
    chunks = chunks + 1
    io.write(("[%s]"):format(piece))
  end
end
print(("\n-- %d chunks with text\n"):format(chunks))

-- 3. Without raising: nil at the end; nil, message, detail on a failure.
stream = ask "Write a short story about the sea."
local received = 0
while received < 5 do
  local chunk, err, detail = stream:read()
  if err then
    print("failed after: " .. detail.partial.choices[1].message.content)
    os.exit(1)
  end
  if not chunk then break end
  received = received + 1
end
stream:close() -- enough: the connection is closed, the gateway stops to write
print(("-- %s after %d chunks"):format(stream:state(), received))
