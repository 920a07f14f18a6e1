-- A picture from a text, saved as a file.
--
--     litelua --mock examples/image_generation.lua "A red boat on a calm sea" boat.png

local litellm = require "litellm"

local MODEL = "gpt-image-1"

local prompt = arg[1] or "A beautiful sunset over mountains"
local path = arg[2] or "picture.png"

local res, err = litellm.image_generation{ model = MODEL, prompt = prompt, size = "1024x1024", n = 1 }
if not res then
  io.stderr:write(err, "\n")
  os.exit(1)
end

-- Whether the gateway sent the picture itself or says where it is.
assert(litellm.save(res.data[1], path))
print(("%s: %s"):format(path, res.data[1].revised_prompt or prompt))
