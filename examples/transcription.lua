-- What is said in a recording.
--
--     litelua --mock examples/transcription.lua talk.wav
--
-- Without a recording it speaks one first.

local litellm = require "litellm"

local MODEL, SPEECH = "whisper-1", "tts-1"

local recording = arg[1]
if not recording then
  local audio = assert(litellm.speech{
    model = SPEECH, voice = "alloy", response_format = "wav", input = "The quick brown fox jumps over the lazy dog.",
  })
  recording = litellm.file{ data = assert(audio:bytes()), filename = "fox.wav" }
end

local res, err = litellm.transcription{ model = MODEL, file = recording, response_format = "json", language = "en" }
if not res then
  io.stderr:write(err, "\n")
  os.exit(1)
end
print(res.text)

-- With the times at which something is said. A LiteLLM proxy gives them as JSON.
local verbose = assert(litellm.transcription{
  model = MODEL, file = recording, response_format = "verbose_json", timestamp_granularities = { "segment" },
})
for _, segment in ipairs(verbose.segments or {}) do
  print(("%6.2f s  %s"):format(segment.start, segment.text))
end
