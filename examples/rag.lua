-- Answers a question from documents: embed, find, rerank, and a streamed answer
-- that cites its sources.
--
--     litelua --mock examples/rag.lua "What happens when a stream is cut off?" README.md
--
-- Without a file it reads this project's README.

local litellm = require "litellm"

local CHAT, EMBEDDING, RERANK = "gpt-4o", "text-embedding-3-small", "rerank-english-v3.0"
local BATCH = 32 -- texts to embed in one call

local question = arg[1] or "What happens when a stream is cut off?"
local paths = { (table.unpack or unpack)(arg, 2) }
if #paths == 0 then paths = { arg[0]:gsub("[^/]*$", "") .. "../README.md" } end

-- The paragraphs of a text that are prose: no code, no tables, no headings.
local function paragraphs(path, into)
  local text = assert(io.open(path)):read("*a"):gsub("```.-```", "")
  for paragraph in (text .. "\n\n"):gmatch("(.-)\n%s*\n") do
    paragraph = paragraph:gsub("%s+", " "):gsub("^ ", "")
    if #paragraph > 40 and not paragraph:find("^[#|<]") then
      into[#into + 1] = { text = paragraph, path = path }
    end
  end
end

-- One batch of documents gets its vectors.
local function embed(batch)
  local texts = {}
  for i, document in ipairs(batch) do texts[i] = document.text end
  local res, err, detail = litellm.embedding{ model = EMBEDDING, input = texts }
  if not res then return nil, err, detail end
  for i, item in ipairs(res.data) do batch[i].embedding = item.embedding end
  return true
end

local documents, batches = {}, {}
for _, path in ipairs(paths) do paragraphs(path, documents) end
for i, document in ipairs(documents) do
  local n = math.floor((i - 1) / BATCH) + 1
  batches[n] = batches[n] or {}
  table.insert(batches[n], document)
end
local _, failures = litellm.map(batches, embed, { concurrency = 4 })
if next(failures) then error(select(2, next(failures)), 0) end

-- The twenty nearest by their vectors, then the best three by a closer look.
local asked = assert(litellm.embedding{ model = EMBEDDING, input = question })
local near, texts = {}, {}
for i, hit in ipairs(litellm.vector.top(asked.data[1], documents, 20)) do
  near[i] = documents[hit.index]
  texts[i] = near[i].text
end
local ranked = assert(litellm.rerank{ model = RERANK, query = question, documents = texts, top_n = 3 })

local sources = {}
for i, result in ipairs(ranked.results) do
  sources[i] = ("[%d] %s"):format(i, texts[result.index + 1]) -- the gateway counts from 0
end
local stream = assert(litellm.completion{
  model = CHAT, stream = true, temperature = 0,
  messages = {
    { role = "system", content = "Answer from the sources alone, and cite them as in [1]." },
    { role = "user", content = table.concat(sources, "\n\n") .. "\n\nQuestion: " .. question },
  },
})
print(question .. "\n")
for text in stream:text() do
  io.write(text)
  io.flush()
end
print "\n"
for i, result in ipairs(ranked.results) do
  local source = near[result.index + 1]
  local excerpt = source.text:sub(1, 60):match("^(.*) ") or source.text
  print(("[%d] %s (%.2f): %s..."):format(i, source.path:match("[^/]+$"), result.relevance_score, excerpt))
end
