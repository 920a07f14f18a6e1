-- One question, one answer.
--
--     litelua --mock examples/completion.lua
--     litelua --mock examples/completion.lua "What is 6 * 7?"

local litellm = require "litellm"

local MODEL = "gpt-4o"

local res, err, detail = litellm.completion{
  model = MODEL,
  messages = {
    { role = "system", content = "Answer in one sentence." },
    { role = "user", content = arg[1] or "Say hello to Lua." },
  },
}
if not res then -- err is one line to print; detail says more: its class, the status, the gateway's call id
  io.stderr:write(("%s (call %s)\n"):format(err, detail.call_id or "without an id"))
  os.exit(1)
end

print(res.choices[1].message.content)

-- What else is known of an answer, by the gateway's own figures.
local meta = litellm.meta(res)
print(("%s: %d tokens, %s, %.0f ms, attempt %d"):format(
  res.model, res.usage.total_tokens, meta.cost and ("$%.7f"):format(meta.cost) or "no cost given",
  meta.elapsed * 1000, meta.attempts))
