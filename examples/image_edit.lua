-- Changes a picture, and makes one out of two.
--
--     litelua --mock examples/image_edit.lua cat.png out.png "Give the cat a hat"
--
-- Without a picture it has one drawn first.

local litellm = require "litellm"

local MODEL = "gpt-image-1"

local source, target = arg[1], arg[2] or "edited.png"
local prompt = arg[3] or "The same at night, under a full moon"

if not source then
  source = target:gsub("%.png$", "") .. "-before.png"
  local drawn = assert(litellm.image_generation{ model = MODEL, prompt = "A cat on a red roof, morning sun" })
  assert(litellm.save(drawn.data[1], source))
  print("drawn:    " .. source)
end

-- A field that takes a file takes a path (read from disk while it is sent),
-- litellm.file{ data = bytes, filename = name }, or a file that io.open gave.
local edited = assert(litellm.image_edit{ model = MODEL, image = source, prompt = prompt })
assert(litellm.save(edited.data[1], target))
print("edited:   " .. target)

-- Several pictures are a list.
local both = assert(litellm.image_edit{
  model = MODEL, image = { source, litellm.file(target) }, prompt = "Both of them side by side",
})
local combined = target:gsub("%.png$", "") .. "-both.png"
assert(litellm.save(both.data[1], combined))
print("combined: " .. combined)
