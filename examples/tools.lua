-- A model that calls functions of this program until it can answer.
--
--     litelua --mock examples/tools.lua "What is the weather in Paris?"

local litellm = require "litellm"

local MODEL = "gpt-4o"
local MOST_ROUNDS = 5

-- What the model may call: a description for it, a function for us.
local tools = {
  get_weather = {
    description = "The weather in a city",
    parameters = {
      type = "object", properties = { city = { type = "string" } }, required = litellm.array{ "city" },
    },
    call = function(a) return { city = a.city, sky = "clear", degrees = 21 } end,
  },
  get_time = {
    description = "The time of day in a city",
    parameters = {
      type = "object", properties = { city = { type = "string" } }, required = litellm.array{ "city" },
    },
    call = function(a) return { city = a.city, time = "14:05" } end,
  },
}

local offered = {}
for name, tool in pairs(tools) do
  table.insert(offered, { type = "function", ["function"] = {
    name = name, description = tool.description, parameters = tool.parameters,
  } })
end

-- The arguments are the model's text: it may be no JSON, and the tool may be none of ours.
local function perform(call)
  local tool = tools[call["function"].name]
  if not tool then return { error = "there is no such function" } end
  local arguments, message = litellm.json.decode(call["function"].arguments)
  if type(arguments) ~= "table" then return { error = "bad arguments: " .. (message or "no object") } end
  local ok, result = pcall(tool.call, arguments)
  return ok and result or { error = tostring(result) }
end

local messages = { { role = "user", content = arg[1] or "What is the weather in Paris?" } }
for _ = 1, MOST_ROUNDS do
  local res = assert(litellm.completion{ model = MODEL, messages = messages, tools = offered })
  local message = res.choices[1].message
  table.insert(messages, message)
  if not message.tool_calls then
    print(message.content)
    return
  end
  for _, call in ipairs(message.tool_calls) do
    local result = assert(litellm.json.encode(perform(call)))
    print(("%s(%s) -> %s"):format(call["function"].name, call["function"].arguments, result))
    table.insert(messages, { role = "tool", tool_call_id = call.id, content = result })
  end
end
error("the model still wants to call functions after " .. MOST_ROUNDS .. " rounds", 0)
