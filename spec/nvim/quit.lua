-- Leaves streams in the middle in one of several ways, and quits.
local t = require("nvim.harness")
local litellm = require("litellm")

require("litellm.uv").attach()
litellm.api_base, litellm.api_key = t.base, "sk-spec"

local streams, tasks, begun = {}, {}, 0
for i = 1, 5 do
  tasks[i] = litellm.spawn(function()
    local stream = assert(litellm.completion({ model = "m", messages = t.messages, stream = true }))
    streams[i] = stream
    for _ in stream:text() do begun = begun + 1 end
  end)
end
t.wait(function() return begun >= 10 end)

local ways = {
  quit = function() end,
  close = function()
    for _, stream in ipairs(streams) do stream:close() end
  end,
  cancel = function()
    for _, task in ipairs(tasks) do task:cancel() end
    t.wait(function() return litellm.pending() == 0 end, 1000)
  end,
  collect = function()
    streams, tasks = nil, nil
    for _ = 1, 3 do collectgarbage() end
    vim.wait(50)
    for _ = 1, 3 do collectgarbage() end
  end,
  detach = function() require("litellm.uv").detach() end,
}

ways[vim.env.SPEC_WAY]()
vim.cmd("qa!")
