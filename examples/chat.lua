-- A chat in the terminal. Ctrl-C stops the answer, not the program; Ctrl-D leaves.
--
--     litelua --mock examples/chat.lua [model]
--
-- Under plain Lua it works as well, but there Ctrl-C ends it.

local litellm = require "litellm"

local MODEL = arg[1] or "gpt-4o"

-- litelua's own: line editing with history, and Ctrl-C as a function.
local is_litelua, host = pcall(require, "litellm.host")

local function read_line(prompt)
  if is_litelua then return host.readline(prompt) end
  io.write(prompt)
  io.flush()
  return io.read()
end

-- Streams the answer, and keeps in the history what was said of it, however it ends.
local function answer(messages)
  local stream
  local task = litellm.spawn(function()
    local err
    stream, err = litellm.completion{ model = MODEL, messages = messages, stream = true }
    if not stream then error(err, 0) end
    for text in stream:text() do
      io.write(text)
      io.flush()
    end
  end)
  if is_litelua then host.on_interrupt(function() task:cancel() end) end
  local _, err, detail = task:await()
  if is_litelua then host.on_interrupt(nil) end
  if err then io.write(detail.kind == "cancelled" and " [stopped]" or "\n[" .. err .. "]") end
  print()
  local choice = stream and stream:partial().choices[1]
  return choice and choice.message.content
end

litellm.run(function()
  local messages = { { role = "system", content = "You are a helpful assistant." } }
  while true do
    local line, why = read_line("> ")
    if not line and why ~= "interrupted" then break end
    if line and line:find("%S") then
      table.insert(messages, { role = "user", content = line })
      local said = answer(messages)
      if said then
        table.insert(messages, { role = "assistant", content = said })
      else
        table.remove(messages) -- nothing came: the question can be asked again
      end
    end
  end
  print()
end)
