-- On cqueues: any table with a `pollfd` can be polled.
local cqueues, litellm = require "cqueues", require "litellm"
litellm.blocking = false -- a call in a coroutine of cqueues would hold up the others

local queue, engine = cqueues.new(), { pollfd = litellm.fd(), events = "r" }
queue:wrap(function()
  while litellm.step() > 0 do cqueues.poll(engine) end
end)
queue:wrap(function()
  while litellm.pending() > 0 do
    cqueues.sleep(0.02)
    io.stderr:write(".")
  end
end)

litellm.spawn(function()
  local stream = assert(litellm.completion{
    model = "gpt-4o-mini", messages = { { role = "user", content = arg[1] or "Hello" } }, stream = true,
  })
  for text in stream:text() do io.write(text) end
end)
assert(queue:loop())
