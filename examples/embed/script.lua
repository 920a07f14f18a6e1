-- What examples/embed/host.c runs: the answer, as it comes.
local litellm = require "litellm"

local stream = assert(litellm.completion{
  model = "gpt-4o-mini", stream = true,
  messages = { { role = "user", content = arg[1] or "What is a lighthouse?" } },
})
for text in stream:text() do
  io.write(text)
  io.flush()
end
io.write("\n")
