--- The scenarios of the benchmarks through the public API, as a program would
--- write them. baseline.c does the same, prints the same line, and lists the
--- arguments.
local litellm = require "litellm"

local MESSAGES = {
  { role = "system", content = "You are terse." },
  { role = "user", content = "Say something about gateways." },
}

litellm.api_base, litellm.api_key, litellm.num_retries = arg[1], "sk-1234", 0

local function number(i) return assert(tonumber(arg[2 + i])) end

local function chat(model)
  return assert(litellm.completion{ model = model, messages = MESSAGES }).choices[1].message.content
end

local function chat_stream(model)
  return assert(litellm.completion{ model = model, messages = MESSAGES, stream = true })
end

local function texts(model)
  local parts = {}
  for text in chat_stream(model):text() do parts[#parts + 1] = text end
  return table.concat(parts)
end

local function tables(model)
  local parts = {}
  for chunk in chat_stream(model) do
    local text = chunk.choices[1].delta.content
    if text then parts[#parts + 1] = text end
  end
  return table.concat(parts)
end

local function memory(name)
  for line in io.lines "/proc/self/status" do
    local kib = line:match("^" .. name .. ":%s+(%d+)")
    if kib then return tonumber(kib) end
  end
end

local function hash(s)
  local h = 0
  for i = 1, #s, math.floor(#s / 4096) + 1 do h = (h * 31 + s:byte(i)) % 4294967296 end
  return h
end

local wall, cpu, resident

local function begin()
  collectgarbage() collectgarbage()
  resident = memory "VmRSS"
  wall, cpu = litellm.now(), os.clock()
end

--- What it came to. `stop` before whatever is done only to check the result.
local function stop() wall, cpu = litellm.now() - wall, os.clock() - cpu end

local function report(count, total, check)
  io.write(("wall=%.6f cpu=%.6f count=%d total=%d check=%.15g "):format(wall, cpu, count, total, check))
end

local S = {}

function S.cold()
  print(chat "chat-0-200")
end

function S.calls()
  local n, total, last = number(1), 0, chat "chat-0-200"
  local model = "chat-0-" .. arg[4]
  begin()
  for _ = 1, n do
    last = chat(model)
    total = total + #last
  end
  stop()
  report(n, total, hash(last))
end

local function one_stream(read)
  read "stream-10-0"
  begin()
  local text = read(("stream-%s-0-%s"):format(arg[3], arg[4]))
  stop()
  report(number(1), #text, hash(text))
end

function S.text() one_stream(texts) end
function S.tables() one_stream(tables) end

function S.first()
  local n, pace, times, text = number(1), number(2), {}, nil
  local model = "stream-3-" .. arg[4]
  texts(model)
  begin()
  for i = 1, n do
    local start = litellm.now()
    text = ""
    for part in chat_stream(model):text() do
      times[i] = times[i] or litellm.now() - start - pace * 1e-6
      text = text .. part
    end
  end
  stop()
  report(n, #text, hash(text))
  table.sort(times)
  io.write(("first=%.7f "):format(times[math.floor(n / 2) + 1]))
end

function S.streams()
  local n, total, tasks, all = number(1), 0, {}, {}
  local model = "stream-" .. arg[4] .. "-" .. arg[5]
  texts "stream-3-0"
  begin()
  litellm.run(function()
    for i = 1, n do tasks[i] = litellm.spawn(texts, model) end
    for i = 1, n do all[i] = assert(tasks[i]:await()) end
  end)
  stop()
  local grown = memory "VmHWM" - resident
  for i = 1, n do total = total + #all[i] end
  report(n, total, hash(all[n]))
  io.write(("each=%.0f "):format(grown * 1024 / n))
end

function S.map()
  local n, total, list = number(1), 0, {}
  for i = 1, n do list[i] = "chat-" .. arg[5] .. "-200" end
  chat "chat-0-200"
  begin()
  local out = litellm.map(list, chat, { concurrency = number(2) })
  for i = 1, n do total = total + #out[i] end
  stop()
  report(n, total, hash(out[n]))
end

function S.embed()
  local n, total, input, last = number(1), 0, {}, nil
  for i = 1, number(2) do input[i] = "a sentence to be embedded, number " .. i end
  local function embed()
    last = assert(litellm.embedding{ model = "embed-" .. arg[4], input = input, encoding_format = arg[5] })
  end
  embed()
  begin()
  for _ = 1, n do
    embed()
    for _, item in ipairs(last.data) do total = total + #item.embedding end
  end
  stop()
  local sum = 0
  for _, item in ipairs(last.data) do
    for i = 1, #item.embedding do sum = sum + item.embedding[i] end
  end
  report(n, total, sum)
end

function S.image()
  begin()
  local res = assert(litellm.image_generation{ model = "image-" .. arg[3], prompt = "A cat" })
  assert(litellm.save(res.data[1], arg[4]))
  stop()
  local file = assert(io.open(arg[4], "rb"))
  local bytes = file:read "*a"
  file:close()
  report(1, #bytes, hash(bytes))
end

function S.upload()
  begin()
  local res = assert(litellm.transcription{ model = "whisper-1", file = arg[3] })
  stop()
  report(1, math.min(res.bytes, number(2)), 0)
end

S[arg[2]]()
