--- decode.lua COUNT: makes a table of the same chunk of a stream, so often.
local json = require "litellm.json"

local CHUNK = '{"id":"chatcmpl-7d1e","created":1795360262,"model":"gpt-4o","object":"chat.completion.chunk",'
  .. '"system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{"content":" words"}}],'
  .. '"service_tier":"default"}'

for _ = 1, tonumber(arg[1]) do assert(json.decode(CHUNK)) end
