-- The gateway and the key of one call alone, and a client that remembers its own.
--
--     litelua --mock examples/per_request.lua

local litellm = require "litellm"

local MODEL = "litellm_proxy/gpt-4o" -- the prefix is the SDK's; gpt-4o goes out
local BASE = os.getenv("LITELLM_PROXY_API_BASE") or "http://localhost:4000"
local KEY = os.getenv("LITELLM_PROXY_API_KEY") or "sk-1234"

local messages = { { role = "user", content = "Hello, how are you?" } }

-- For this call. What a call does not say comes from the client, then from the
-- module (litellm.api_base = ...), then from the environment.
local res = assert(litellm.completion{
  model = MODEL, messages = messages,
  api_base = BASE, api_key = KEY, timeout = 30, num_retries = 1,
})
print("a call:   " .. res.choices[1].message.content)

-- For all calls of a client. Clients share connections, so they cost nothing.
local client = litellm.new{ api_base = BASE, api_key = KEY, headers = { ["x-team"] = "search" } }
res = assert(client:completion{ model = MODEL, messages = messages })
print("a client: " .. res.choices[1].message.content)

-- A copy with another setting.
local patient = client:with{ timeout = { total = 600, idle = 60 } }
res = assert(patient:completion{ model = MODEL, messages = messages })
print("a copy:   " .. res.choices[1].message.content)
