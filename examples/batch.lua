-- A file of prompts, many at a time: the results in order, failures in a file of
-- their own, which can be given to this script again.
--
--     litelua --mock examples/batch.lua prompts.jsonl results.jsonl [concurrency]
--
-- A line of prompts.jsonl is an object with a prompt; what else it has is kept:
--
--     {"id": 17, "prompt": "What is 6 * 7?"}

local litellm = require "litellm"
local json = litellm.json

local MODEL = "gpt-4o"

local source, target, concurrency = arg[1], arg[2], tonumber(arg[3] or 16)
if not source or not target or not concurrency then
  io.stderr:write("usage: batch.lua prompts.jsonl results.jsonl [concurrency]\n")
  os.exit(2)
end

local items = {}
for line in assert(io.open(source)):lines() do
  if line:find("%S") then
    local item, message = json.decode(line)
    if type(item) ~= "table" then
      error(("%s, item %d: %s"):format(source, #items + 1, message or "not an object"), 0)
    end
    items[#items + 1] = item
  end
end

local results = assert(io.open(target, "w"))
local failures = assert(io.open(target .. ".failed", "w"))

-- What is done is written at once, as soon as everything before it is done too.
local finished, written = {}, 0
local function keep(index, file, item)
  finished[index] = { file = file, line = assert(json.encode(item)) }
  while finished[written + 1] do
    written = written + 1
    finished[written].file:write(finished[written].line, "\n")
    finished[written] = false
  end
end

-- A progress bar, if somebody is looking.
local terminal = os.execute("test -t 2")
local watched, done, failed = terminal == true or terminal == 0, 0, 0
local function progress()
  if not watched then return end
  local filled = math.floor(30 * done / #items)
  io.stderr:write(("\r[%s%s] %d of %d, %d failed "):format(
    ("#"):rep(filled), ("."):rep(30 - filled), done, #items, failed))
end

local function ask(prompt)
  if type(prompt) ~= "string" then return nil, "there is no prompt" end
  local res, err = litellm.completion{ model = MODEL, messages = { { role = "user", content = prompt } } }
  return res and res.choices[1].message.content, err
end

litellm.run(function()
  litellm.map(items, function(item, index)
    item.answer, item.error = ask(item.prompt)
    done, failed = done + 1, failed + (item.error and 1 or 0)
    keep(index, item.error and failures or results, item)
    progress()
  end, { concurrency = concurrency })
end)
if watched then io.stderr:write("\n") end

assert(results:close())
assert(failures:close())
if failed == 0 then os.remove(target .. ".failed") end
print(("%d answers in %s%s; $%.6f"):format(done - failed, target,
  failed > 0 and (", %d failed: see %s.failed"):format(failed, target) or "", litellm.usage().cost))
