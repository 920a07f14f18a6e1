-- The three switches that the SDK has for "send everything to the proxy". This
-- client knows no other way, so they are there for scripts that were ported: true
-- changes nothing, false is an error, anything else is an error that names it.
--
--     USE_LITELLM_PROXY=true litelua --mock examples/use_litellm_proxy.lua

local litellm = require "litellm"

local MODEL = "vertex_ai/gemini-2.0-flash-001" -- goes out as it is; the proxy knows what it means

local messages = { { role = "user", content = "Hello, how are you?" } }

-- 1. The environment: USE_LITELLM_PROXY.
print("USE_LITELLM_PROXY is " .. (os.getenv("USE_LITELLM_PROXY") or "not set"))

-- 2. The module.
litellm.use_litellm_proxy = true
local res = assert(litellm.completion{ model = MODEL, messages = messages })
print("module: " .. res.model)

-- 3. One call.
res = assert(litellm.completion{ model = MODEL, messages = messages, use_litellm_proxy = true })
print("call:   " .. res.model)

-- There is nothing else to go to.
local _, err = litellm.completion{ model = MODEL, messages = messages, use_litellm_proxy = false }
print("false:  " .. err)
