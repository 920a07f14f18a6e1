--- What torture.c plays while memory fails. Called with a directory for files, gives
--- { names =, prepare =, attempt =, judge = }. A scenario is a function that returns a
--- string, the same at every run, or nil, message, detail; or raises.

local directory = ...
package.path = "lua/?.lua;lua/?/init.lua"

-- Lua's own buffers need a metatable, made at the first large one. Where memory runs
-- out just then, they are of no use ever after.
local _ = ("x"):rep(1e4):upper()

local scenarios, names = {}, {}

local function scenario(name)
  return function(run)
    names[#names + 1] = name
    scenarios[name] = run
  end
end

local GREETING = { { role = "user", content = "hi" } }

--- libcurl says of some of its failures that the host cannot be found, or that a
--- chunked body cannot be read.
local LIBCURLS = { memory = true, dns = true, truncated = true }

local function is_about_memory(problem)
  if type(problem) == "table" and LIBCURLS[problem.kind] then return true end
  local text = tostring(problem)
  return text:find("no memory", 1, true) ~= nil or text:find("not enough memory", 1, true) ~= nil
end

--- A failure that is what should come, as an answer; any other as it is.
local function failure(kind, ok, message, detail)
  if not ok and detail and detail.kind == kind then return ("%s: %s"):format(kind, detail.type) end
  if ok then return "no failure" end
  return nil, message, detail
end

local function content_of(path)
  local f = io.open(path, "rb")
  if not f then return nil end
  local content = f:read("a")
  f:close()
  return content
end

-- Calls -------------------------------------------------------------------------------

scenario "load" (function()
  local litellm = require "litellm"
  return litellm._VERSION
end)

scenario "chat" (function(litellm)
  local res, message, detail = litellm.completion{ model = "m", messages = GREETING }
  if not res then return nil, message, detail end
  return res.choices[1].message.content
end)

scenario "retry" (function(litellm)
  local res, message, detail = litellm.completion{ model = "mock-503x1", messages = GREETING,
    retry = { base = 0.001 } }
  if not res then return nil, message, detail end
  return res.choices[1].message.content
end)

scenario "refused" (function(litellm)
  return failure("http", litellm.completion{ model = "mock-429", messages = GREETING, num_retries = 0 })
end)

local function embed(encoding)
  return function(litellm)
    local res, message, detail = litellm.embedding{ model = "m", input = { "sun", "moon" },
      encoding_format = encoding, dimensions = 64 }
    if not res then return nil, message, detail end
    local a, b = res.data[1].embedding, res.data[2].embedding
    return ("%d %d %.6f %s"):format(#a, #b, a:dot(b), a:base64())
  end
end

scenario "floats" (embed "float")
scenario "base64" (embed "base64")

scenario "upload" (function(litellm)
  local res, message, detail = litellm.transcription{ model = "m", file = litellm.file("LICENSE") }
  if not res then return nil, message, detail end
  return res.text
end)

scenario "image" (function(litellm)
  local path = directory .. "/cat.png"
  os.remove(path)
  local res, message, detail = litellm.image_generation{ model = "m", prompt = "a cat", size = "32x32" }
  if not res then return nil, message, detail end
  local saved
  saved, message, detail = litellm.save(res.data[1], path)
  if not saved then return nil, message, detail end
  return content_of(path)
end)

scenario "speech" (function(litellm)
  local audio, message, detail = litellm.speech{ model = "m", voice = "alloy", input = "a word" }
  if not audio then return nil, message, detail end
  local path = directory .. "/word.mp3"
  os.remove(path)
  local saved
  saved, message, detail = audio:stream_to_file(path)
  if not saved then return nil, message, detail end
  return content_of(path)
end)

-- Streams -------------------------------------------------------------------------------

local open_stream

local function stream_of(litellm, args)
  args.messages, args.stream = GREETING, true
  local stream, message, detail = litellm.completion(args)
  open_stream = stream
  return stream, message, detail
end

local function result_of(stream)
  local res, message, detail = stream:result()
  if not res then return nil, message, detail end
  return res.choices[1].message.content
end

scenario "text" (function(litellm)
  local stream, message, detail = stream_of(litellm, { model = "m" })
  if not stream then return nil, message, detail end
  local pieces = {}
  for piece in stream:text() do pieces[#pieces + 1] = piece end
  local text, whole = table.concat(pieces), result_of(stream)
  return text == whole and text or ("'%s' is not '%s'"):format(text, whole)
end)

scenario "chunks" (function(litellm)
  local stream, message, detail = stream_of(litellm, { model = "m", stream_options = { include_usage = true } })
  if not stream then return nil, message, detail end
  local part
  while true do
    local chunk
    chunk, message, detail = stream:read()
    if detail then return nil, message, detail end
    if not chunk then break end
    part = stream:partial()
  end
  return part.choices[1].message.content .. part.usage.total_tokens
end)

scenario "cut" (function(litellm)
  local stream, message, detail = stream_of(litellm, { model = "mock-cut3" })
  if not stream then return nil, message, detail end
  return failure("truncated", stream:result())
end)

--- More comes than is kept unread: libcurl is paused, and holds some back.
scenario "paused" (function(litellm)
  local stream, message, detail = litellm.completion{ model = "mock-words3000", messages = GREETING, stream = true }
  if not stream then return nil, message, detail end
  litellm.sleep(0.02)
  return result_of(stream)
end)

--- A stream whose reading failed may be read on. Where that comes to its end as a
--- complete one, nothing is missing in it.
local function read_on(stream)
  for _ = 1, 100 do
    if stream:state() ~= "open" then break end
    pcall(stream.read, stream)
  end
  if stream:state() == "open" then return "it has no end" end
  if stream:state() ~= "complete" then return nil end
  local text = result_of(stream)
  local want = "Hello! What can I do for you?"
  if text ~= want then return ("read on, it is complete with '%s'"):format(text) end
end

-- Tasks ---------------------------------------------------------------------------------

scenario "tasks" (function(litellm)
  return litellm.run(function()
    local tasks = {}
    for i = 1, 3 do tasks[i] = litellm.acompletion{ model = "m" .. i, messages = GREETING } end
    local out = {}
    for i, task in ipairs(tasks) do
      local res, message, detail = task:await()
      if not res then return nil, message, detail end
      out[i] = res.model .. res.choices[1].message.content
    end
    return table.concat(out, "\n")
  end)
end)

scenario "cancel" (function(litellm)
  local task = litellm.acompletion{ model = "mock-stall0", messages = GREETING }
  litellm.sleep(0.001)
  task:cancel()
  return failure("cancelled", task:await())
end)

scenario "deadline" (function(litellm)
  return failure("timeout", litellm.deadline(0.02, function()
    return litellm.completion{ model = "mock-stall0", messages = GREETING }
  end))
end)

-- Settings --------------------------------------------------------------------------------

scenario "tls" (function(litellm)
  local client = litellm.new{ api_base = litellm.api_base:gsub("^http:", "https:"), num_retries = 0,
    tls = { ca_file = "/etc/ssl/certs/ca-certificates.crt", min_version = "1.2" }, timeout = { connect = 5 } }
  return failure("tls", client:completion{ model = "m", messages = GREETING })
end)

scenario "token" (function(litellm)
  local client = litellm.new{ proxy_auth = function() return "a token" end, headers = { ["X-Team"] = "blue" } }
  local res, message, detail = client:completion{ model = "m", messages = GREETING }
  if not res then return nil, message, detail end
  return res.choices[1].message.content
end)

local function record_and_replay(litellm)
  local cassette = litellm.cassette
  local ok, message, detail = cassette.record(directory .. "/tape")
  if not ok then return nil, message, detail end
  local said
  said, message, detail = scenarios.chat(litellm)
  if not said then return nil, message, detail end
  ok, message, detail = cassette.stop()
  if not ok then return nil, message, detail end
  ok, message, detail = cassette.replay(directory .. "/tape")
  if not ok then return nil, message, detail end
  local again
  again, message, detail = scenarios.chat(litellm)
  if not again then return nil, message, detail end
  ok, message, detail = cassette.stop()
  if not ok then return nil, message, detail end
  return said == again and said or "the replay says something else"
end

scenario "cassette" (record_and_replay)

-- The run -----------------------------------------------------------------------------------

local M = { names = names }

local current, litellm

local function load()
  litellm = require "litellm"
  litellm.api_base = os.getenv("LITELLM_PROXY_API_BASE")
end

function M.prepare(name, warm)
  current = scenarios[name]
  if name ~= "load" then load() end
  if warm then
    M.attempt()
    open_stream = nil
  end
end

function M.attempt()
  return current(litellm)
end

--- What came of the attempt: a complaint, or nil.
local function check_outcome(good, answer, message, detail)
  if good and answer ~= nil then return nil end
  local problem = answer
  if good then problem = detail or message end
  if is_about_memory(problem) then return nil end
  return ("the failure says nothing of memory: %s"):format(tostring(problem))
end

--- Ends tasks whose spawn failed, or that nobody waits for any more.
local function end_tasks()
  litellm.on_error = function() end
  pcall(litellm.run, function() error("the end", 0) end)
end

--- The same, now that there is memory: a complaint, or nil and the answer.
local function play_again()
  load()
  if package.loaded["litellm.cassette"] then litellm.cassette.stop() end
  end_tasks()
  local good, answer, message = pcall(current, litellm)
  if not good then return ("then a good call raises: %s"):format(tostring(answer)) end
  if not answer then return ("then a good call fails: %s"):format(message) end
  end_tasks()
  collectgarbage() -- what nobody holds is closed then
  if litellm.pending() > 0 then return ("%d tasks are left"):format(litellm.pending()) end
  return nil, answer
end

--- Judges an attempt by the right answer, where that is known already: a complaint, or
--- nil and the answer of a good call.
function M.judge(right, good, answer, message, detail)
  local complaint = check_outcome(good, answer, message, detail) or open_stream and read_on(open_stream)
  if complaint then return complaint end
  local again
  complaint, again = play_again()
  if complaint then return complaint end
  right = right or again
  if again ~= right then return ("then a good call gives '%s' and not '%s'"):format(again, right) end
  if good and answer and answer ~= right then return ("'%s' came, not '%s'"):format(answer, right) end
  return nil, again
end

return M
