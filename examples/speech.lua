-- A text, spoken: into a file as it arrives, or piece by piece.
--
--     litelua --mock examples/speech.lua hello.wav "Hello from Lua."

local litellm = require "litellm"

local MODEL, VOICE = "tts-1", "alloy"

local path = arg[1] or "speech.wav"
local text = arg[2] or "Hello from Lua. This sentence was spoken by a gateway."

local audio, err = litellm.speech{ model = MODEL, voice = VOICE, input = text, response_format = "wav" }
if not audio then
  io.stderr:write(err, "\n")
  os.exit(1)
end
print(("%s: %d bytes, %s"):format(path, assert(audio:stream_to_file(path)), audio.content_type))

-- The bytes as they come: for a player that takes them on its standard input.
local pieces, size = 0, 0
for bytes in assert(litellm.speech{ model = MODEL, voice = VOICE, input = text }):chunks() do
  pieces, size = pieces + 1, size + #bytes
end
print(("as it arrives: %d bytes in %d pieces"):format(size, pieces))
