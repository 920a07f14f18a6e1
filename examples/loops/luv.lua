-- On luv: the adapter polls the descriptor, and the loop ends with the last task.
local luv, litellm = require "luv", require "litellm"
require("litellm.uv").attach(luv)

local ticker = luv.new_timer()
ticker:start(20, 20, function() io.stderr:write(".") end)

litellm.spawn(function()
  local stream = assert(litellm.completion{
    model = "gpt-4o-mini", messages = { { role = "user", content = arg[1] or "Hello" } }, stream = true,
  })
  for text in stream:text() do io.write(text) end
  ticker:close()
end)
luv.run()
