-- Tags, for the gateway's spend reports and its routing: the same on every call.
--
--     litelua --mock examples/tags.lua

local litellm = require "litellm"

local CHAT, EMBEDDING, IMAGE = "gpt-4o", "text-embedding-3-small", "gpt-image-1"

local TAGS = { "user:ishaan", "department:engineering", "priority:high" }
local messages = { { role = "user", content = "What is 6 * 7?" } }

local res = assert(litellm.completion{ model = CHAT, messages = messages, tags = TAGS })
print("completion:       " .. res.choices[1].message.content)

-- As the SDK has it. extra_body is merged into the body last of all.
res = assert(litellm.completion{ model = CHAT, messages = messages, extra_body = { tags = TAGS } })
print("extra_body:       " .. res.choices[1].message.content)

-- metadata and user go into the gateway's logs, on every endpoint.
res = assert(litellm.embedding{
  model = EMBEDDING, input = "Paris", tags = TAGS, user = "ishaan", metadata = { session = "tags.lua" },
})
print("embedding:        " .. #res.data[1].embedding .. " numbers")

-- Forms too: there they travel as a header, which is what the gateway reads.
local drawn = assert(litellm.image_generation{ model = IMAGE, prompt = "The Eiffel Tower", tags = TAGS })
local picture = os.tmpname()
assert(litellm.save(drawn.data[1], picture))
assert(litellm.image_edit{ model = IMAGE, image = picture, prompt = "At night", tags = TAGS })
os.remove(picture)
print("image_edit:       done")

-- A twin with the prefix `a` returns a task at once.
local task = litellm.acompletion{ model = CHAT, messages = messages, tags = { "user:ishaan" } }
res = assert(task:await())
print("acompletion:      " .. res.choices[1].message.content)
