-- The whole path in one script, and what `make demo` runs: embed a small corpus,
-- find, rerank, answer in a stream, draw and edit a picture, speak and listen.
--
--     litelua --mock examples/demo.lua [directory for the files]
--
-- The same script runs against a LiteLLM proxy that has models of these names:
-- set LITELLM_PROXY_API_BASE and LITELLM_PROXY_API_KEY and leave out --mock.

local litellm = require "litellm"

local CHAT, EMBEDDING, RERANK = "gpt-4o", "text-embedding-3-small", "rerank-english-v3.0"
local IMAGE, SPEECH, TRANSCRIPTION = "gpt-image-1", "tts-1", "whisper-1"

local QUESTION = "How do bees tell each other where flowers are, and how far?"

local NOTES = {
  "Honey bees tell each other where flowers are by dancing on the comb.",
  "The waggle leans away from the vertical as the flowers lie away from the sun.",
  "How long a bee waggles tells how far away the flowers are.",
  "A queen lays up to two thousand eggs on a day in May.",
  "Young bees make the wax of the comb from glands under the abdomen.",
  "Bumble bees nest in the ground and keep little honey.",
  "A lighthouse is known by the rhythm of its light.",
  "Ants find their way home by the sun, under clouds too.",
}

local folder = arg and arg[1] or io.popen("mktemp -d"):read()

-- A step of the output: its name, what came of it, how long it took.
local begun
local function begin(name)
  io.write(("  %-10s"):format(name))
  io.flush()
  begun = litellm.now()
end

local function done(text)
  print(("%-37s %5.0f ms"):format(text, (litellm.now() - begun) * 1000))
end

-- Writes a piece of a text, as it comes in a stream, in lines that fit in 60 columns.
local INDENT, column = "\n" .. (" "):rep(12), 0
local function write_piece(piece)
  for space, word in piece:gmatch("(%s*)(%S*)") do
    if space:find("\n") or space ~= "" and column + #word > 42 then space, column = INDENT, 0 end
    io.write(space, word)
    column = column + #word + 1
  end
  io.flush()
end

print(("\n%s\n"):format(QUESTION))
local started = litellm.now()

begin "embed"
local notes = assert(litellm.embedding{ model = EMBEDDING, input = NOTES })
done(("%d notes, %d numbers each"):format(#notes.data, #notes.data[1].embedding))

begin "find"
local question = assert(litellm.embedding{ model = EMBEDDING, input = QUESTION })
local near, documents = litellm.vector.top(question.data[1], notes.data, 5), {}
for i, hit in ipairs(near) do documents[i] = NOTES[hit.index] end
done(("the %d nearest, cosines %.2f to %.2f"):format(#near, near[1].score, near[#near].score))

begin "rerank"
local ranked = assert(litellm.rerank{ model = RERANK, query = QUESTION, documents = documents, top_n = 3 })
local sources = {}
for i, result in ipairs(ranked.results) do
  sources[i] = ("[%d] %s"):format(i, documents[result.index + 1]) -- the gateway counts from 0
end
done(("the best %d of them, relevance %.2f"):format(#sources, ranked.results[1].relevance_score))

begin "answer"
local stream = assert(litellm.completion{
  model = CHAT, stream = true,
  messages = {
    { role = "system", content = "Answer from the sources alone and cite them, as in [1]." },
    { role = "user", content = table.concat(sources, "\n") .. "\n\nQuestion: " .. QUESTION },
  },
})
for text in stream:text() do write_piece(text) end
local answer = assert(stream:result()).choices[1].message.content
print()
for i, source in ipairs(sources) do
  if answer:find(("[%d]"):format(i), 1, true) then write_piece("\n" .. source) end
end
io.write(INDENT)
done "streamed, with its sources"

begin "draw"
local drawn = assert(litellm.image_generation{ model = IMAGE, prompt = "A meadow with flowers at dawn, hills" })
assert(litellm.save(drawn.data[1], folder .. "/meadow.png"))
done "meadow.png"

begin "edit"
local edited = assert(litellm.image_edit{
  model = IMAGE, prompt = "The same at night, under a blue moon", image = folder .. "/meadow.png",
})
assert(litellm.save(edited.data[1], folder .. "/meadow-at-night.png"))
done "meadow-at-night.png"

begin "speak"
local spoken = answer:gsub("%s*%[%d+%]", "")
local audio = assert(litellm.speech{ model = SPEECH, voice = "alloy", input = spoken, response_format = "wav" })
local bytes = assert(audio:stream_to_file(folder .. "/answer.wav"))
done(("answer.wav, %d bytes"):format(bytes))

begin "listen"
local heard = assert(litellm.transcription{ model = TRANSCRIPTION, file = folder .. "/answer.wav" })
local words, found, at, text = 0, 0, 1, heard.text:lower() -- in their order
for word in spoken:lower():gmatch("%w+") do
  local _, last = text:find(word, at, true)
  words = words + 1
  if last then found, at = found + 1, last + 1 end
end
done(("%d of the %d words that were spoken"):format(found, words))

local usage = litellm.usage()
print(("\n%d calls, %d tokens, $%.6f, %.2f s\nthe files are in %s")
  :format(usage.calls, usage.total_tokens, usage.cost, litellm.now() - started, folder))
