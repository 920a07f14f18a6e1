-- What a gateway says, as the values that steps of a script are made of.
local M = {}

M.DONE = "data: [DONE]\n\n"
M.PING = ": ping\n\n"

--- A chat completion.
function M.chat(content, fields)
  local reply = {
    id = "chatcmpl-1", object = "chat.completion", created = 1700000000, model = "gpt-4o",
    choices = { { index = 0, finish_reason = "stop", message = { role = "assistant", content = content or "Hello" } } },
    usage = { prompt_tokens = 1, completion_tokens = 2, total_tokens = 3 },
  }
  for k, v in pairs(fields or {}) do
    reply[k] = v
  end
  return reply
end

--- A chunk with this delta; `fields` go into its choice.
function M.delta(delta, fields)
  local choice = { index = 0, delta = delta }
  for k, v in pairs(fields or {}) do
    choice[k] = v
  end
  return {
    id = "chatcmpl-1", object = "chat.completion.chunk", created = 1700000000, model = "gpt-4o",
    choices = { choice },
  }
end

function M.text(content, index)
  return M.delta({ content = content }, { index = index })
end

--- The chunk that ends a choice. cjson writes {} for an empty table, as is wanted.
function M.finish(reason, index)
  return M.delta({}, { finish_reason = reason or "stop", index = index })
end

function M.tool_call(fields, index)
  return M.delta({ tool_calls = { fields } }, { index = index })
end

function M.usage(prompt, completion)
  local chunk = M.delta({})
  chunk.usage = { prompt_tokens = prompt, completion_tokens = completion, total_tokens = prompt + completion }
  return chunk
end

--- The events of a whole stream with these pieces of text.
function M.stream(...)
  local events = { M.delta({ role = "assistant", content = "" }) }
  for _, piece in ipairs({ ... }) do
    events[#events + 1] = M.text(piece)
  end
  events[#events + 1] = M.finish()
  events[#events + 1] = M.DONE
  return { sse = events }
end

--- The same, with a gap of so many seconds behind each piece.
function M.slow_stream(gap, ...)
  local step = M.stream(...)
  for i = select("#", ...), 1, -1 do
    table.insert(step.sse, i + 2, { delay = gap })
  end
  return step
end

--- A step with the gateway's error body.
function M.error(status, message, fields)
  local body = { message = message or "it broke", code = tostring(status) }
  for k, v in pairs(fields or {}) do
    body[k] = v
  end
  return { status = status, json = { error = body } }
end

function M.embedding(...)
  local data = {}
  for i, vector in ipairs({ ... }) do
    data[i] = { object = "embedding", index = i - 1, embedding = vector }
  end
  return { object = "list", model = "text-embedding-3-small", data = data,
    usage = { prompt_tokens = 1, total_tokens = 1 } }
end

return M
