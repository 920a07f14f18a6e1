-- A storyboard: a model writes the scenes, all pictures are drawn at the same time,
-- and the last one is edited.
--
--     litelua --mock examples/storyboard.lua "a lighthouse in a storm" directory

local litellm = require "litellm"

local CHAT, IMAGE = "gpt-4o", "gpt-image-1"
local SCENES = 4

local subject = arg[1] or "a lighthouse in a storm"
local folder = arg[2] or io.popen("mktemp -d"):read()

local PROMPT = "Write %d scenes of a picture story about %s. One scene a line, numbered, no other text."

local function write_scenes()
  local res = assert(litellm.completion{
    model = CHAT, messages = { { role = "user", content = PROMPT:format(SCENES, subject) } },
  })
  local scenes = {}
  for line in res.choices[1].message.content:gmatch("[^\n]+") do
    scenes[#scenes + 1] = line:match("^%s*%d+[.)]%s*(.-)%s*$")
  end
  return scenes
end

local function draw(scene, number)
  local res, err, detail = litellm.image_generation{ model = IMAGE, prompt = scene .. " Watercolour." }
  if not res then return nil, err, detail end
  local path = ("%s/scene-%d.png"):format(folder, number)
  local saved
  saved, err, detail = litellm.save(res.data[1], path)
  if not saved then return nil, err, detail end
  return path
end

litellm.run(function()
  local started = litellm.now()
  local text = assert(io.open(folder .. "/scenes.txt", "w")) -- before a picture is paid for
  local scenes = write_scenes()
  assert(#scenes > 0, "the model wrote no numbered scenes")
  assert(text:write(table.concat(scenes, "\n"), "\n"))
  text:close()

  local paths, failures = litellm.map(scenes, draw, { concurrency = SCENES })
  for number, scene in ipairs(scenes) do
    print(("%d. %s\n   %s"):format(number, scene, paths[number] or "not drawn: " .. tostring(failures[number])))
  end
  if next(failures) then os.exit(1) end

  local ending = folder .. "/scene-ending.png"
  local edited = assert(litellm.image_edit{
    model = IMAGE, image = paths[#paths], prompt = "The same place years later: overgrown, quiet, blue dusk",
  })
  assert(litellm.save(edited.data[1], ending))
  print(("   years later\n   %s"):format(ending))
  print(("%d pictures in %.2f s"):format(#paths + 1, litellm.now() - started))
end)
