-- Texts as vectors, and which of them are near each other.
--
--     litelua --mock examples/embedding.lua

local litellm = require "litellm"

local MODEL = "text-embedding-3-small"

local texts = {
  "The cat sleeps on the warm windowsill.",
  "A cat that sleeps by a warm window.",
  "Interest rates rose by a quarter of a percent.",
}
local res = assert(litellm.embedding{ model = MODEL, input = texts })

-- An embedding is a vector: four bytes a number, and it counts from 1.
local first, second, third = res.data[1].embedding, res.data[2].embedding, res.data[3].embedding
print(("%d texts, %d numbers each, %d tokens"):format(#res.data, #first, res.usage.total_tokens))
print(("the two about a cat: %.3f"):format(first:cosine(second)))
print(("a cat and a rate:    %.3f"):format(first:cosine(third)))

-- The list by its cosine with a query: items of an answer will do, as well as vectors.
local query = assert(litellm.embedding{ model = MODEL, input = "a cat sleeps" })
for place, hit in ipairs(litellm.vector.top(query.data[1], res.data, 2)) do
  print(("%d. %.3f  %s"):format(place, hit.score, texts[hit.index]))
end

-- To keep them: base64 of little-endian floats, and back.
local kept = first:base64()
assert(litellm.vector(kept) == first)
print(("a vector is %d characters of base64"):format(#kept))
