-- On poll(2), here by luaposix: the engine's descriptor beside one's own, which is
-- standard input; what is typed there is a question.
local poll, read = require("posix.poll").poll, require("posix.unistd").read
local litellm = require "litellm"
litellm.blocking = false

local function ask(question)
  local stream = assert(litellm.completion{
    model = "gpt-4o-mini", messages = { { role = "user", content = question } }, stream = true,
  })
  for text in stream:text() do io.write(text) end
end

local engine, open = litellm.fd(), true
local fds = { [engine] = { events = { IN = true } }, [0] = { events = { IN = true } } }
while litellm.step() > 0 or open do
  poll(fds, -1)
  if open and (fds[0].revents.IN or fds[0].revents.HUP) then
    local typed = read(0, 4096)
    open = typed ~= "" and typed ~= nil
    if open then litellm.spawn(ask, typed) else fds[0] = nil end
  end
end
