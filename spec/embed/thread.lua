-- What each state of spec/embed/threads.c runs.
local litellm = require "litellm"

local MESSAGES = { { role = "user", content = "Say lighthouse" } }

local function open()
  return assert(litellm.completion{ model = "gpt-4o", messages = MESSAGES, stream = true })
end

local answers, failures = litellm.map({ 1, 2, 3 }, function()
  return open():result().choices[1].message.content
end)
assert(next(failures) == nil, tostring(failures[1]))
for _, answer in ipairs(answers) do assert(answer:lower():find("lighthouse", 1, true), answer) end

-- The state is closed in the middle of these: one that is read, one that nobody
-- holds, and a task.
Stream = open() -- luacheck: ignore 111
assert(Stream:read()) -- luacheck: ignore 113
open()
litellm.spawn(function() open():result() end)
litellm.step()
