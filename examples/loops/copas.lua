-- On copas: something that looks like a socket and has the engine's descriptor. Its
-- first receive has nothing yet, so that copas waits for it; its second has.
local copas, litellm = require "copas", require "litellm"
litellm.blocking = false -- a call in a thread of copas would hold up the others

local engine = { getfd = litellm.fd, dirty = function() return false end }
function engine:receive()
  self.waited = not self.waited
  if self.waited then return nil, "timeout" end
  return ""
end

copas.addthread(function()
  while true do
    litellm.step()
    copas.receive(engine)
  end
end)

litellm.spawn(function()
  local stream = assert(litellm.completion{
    model = "gpt-4o-mini", messages = { { role = "user", content = arg[1] or "Hello" } }, stream = true,
  })
  for text in stream:text() do io.write(text) end
end)
while litellm.pending() > 0 do copas.step(1) end
