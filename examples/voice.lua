-- A spoken question, a spoken answer: transcribe, think, speak.
--
--     litelua --mock examples/voice.lua question.wav answer.wav
--
-- Without a recording it speaks the question itself first.

local litellm = require "litellm"

local CHAT, SPEECH, TRANSCRIPTION = "gpt-4o", "tts-1", "whisper-1"
local VOICE = "alloy"

local question, answer = arg[1], arg[2] or "answer.wav"

local function speak(text)
  return assert(litellm.speech{ model = SPEECH, voice = VOICE, input = text, response_format = "wav" })
end

local recording = question
if not recording then
  recording = litellm.file{ data = assert(speak("What is 6 * 7?"):bytes()), filename = "question.wav" }
end

local heard = assert(litellm.transcription{ model = TRANSCRIPTION, file = recording, response_format = "json" })
print("heard: " .. heard.text)

local res = assert(litellm.completion{
  model = CHAT,
  messages = {
    { role = "system", content = "You are heard, not read: one short sentence, no lists, no symbols." },
    { role = "user", content = heard.text },
  },
})
local text = res.choices[1].message.content
print("said:  " .. text)

local bytes = assert(speak(text):stream_to_file(answer))
print(("wrote: %s, %d bytes"):format(answer, bytes))
