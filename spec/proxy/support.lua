-- What the specs of the real proxy share. They run against any LiteLLM proxy that
-- LITELLM_PROXY_API_BASE and LITELLM_PROXY_API_KEY name and that has the models of
-- config.yaml; what only `litelua mock` would say is asked for where it is behind.
local litellm = require("litellm")
local system = require("support.system")

local M = {
  base = assert(os.getenv("LITELLM_PROXY_API_BASE"), "LITELLM_PROXY_API_BASE names the proxy"),
  key = assert(os.getenv("LITELLM_PROXY_API_KEY"), "LITELLM_PROXY_API_KEY is its key"),
}

--- A client without retries, so that each spec sees the answer that it provokes.
function M.client(settings)
  local all = { api_base = M.base, api_key = M.key, num_retries = 0, timeout = 30 }
  for name, value in pairs(settings or {}) do
    all[name] = value
  end
  return litellm.new(all)
end

M.default = M.client()

local function merged(args, fields)
  for name, value in pairs(fields or {}) do
    args[name] = value
  end
  return args
end

--- The arguments of a chat call.
function M.ask(prompt, fields)
  return merged({ model = "gpt-4o", messages = { { role = "user", content = prompt } } }, fields)
end

--- A chat call on the default client.
function M.chat(prompt, fields)
  return M.default:completion(M.ask(prompt, fields))
end

--- A streamed one.
function M.stream(prompt, fields)
  local args = M.ask(prompt, fields)
  args.stream = true
  return M.default:completion(args)
end

local asked = 0

--- A text that was never asked before: the mock counts equal requests.
function M.fresh(text)
  asked = asked + 1
  return ("%s (%d.%d.%d)"):format(text or "Say hello.", os.time(), math.floor(litellm.now() * 1e6) % 1e9, asked)
end

--- Whether `litelua mock` is the provider, whose words are known.
function M.on_mock()
  if M.mock == nil then
    local res = assert(M.chat("ping"))
    M.mock = litellm.meta(res).headers["llm_provider-server"] == "litelua-mock"
  end
  return M.mock
end

--- Asserts what the mock says where the mock is the provider; elsewhere, that there is a text.
function M.says(expected, text)
  assert(type(text) == "string" and text ~= "", "a text expected")
  if M.on_mock() then
    assert(text:find(expected), ("%q is not in %q"):format(expected, text))
  end
end

--- Asserts that a call failed and returns its detail, with the fields that are given.
function M.failed(fields, result, message, detail)
  assert(result == nil, "a failure expected, got " .. tostring(result))
  assert(type(message) == "string" and not message:find("%c"), "one line expected: " .. tostring(message))
  assert(type(detail) == "table" and detail.message == message, "the detail has another message")
  for name, value in pairs(fields) do
    if name == "says" then
      assert(message:find(value, 1, true), ("%q is not in %q"):format(value, message))
    else
      assert(detail[name] == value, ("%s: %s expected, got %s in: %s"):format(
        name, tostring(value), tostring(detail[name]), message))
    end
  end
  return detail
end

--- The path of a new file with these bytes.
function M.file(bytes)
  local path = os.tmpname()
  system.write(path, bytes)
  return path
end

M.read = system.read

M.PNG, M.WAV = "^\137PNG\r\n\26\n", "^RIFF....WAVE"

--- The bytes of a picture that an answer holds.
function M.picture(item)
  local path = os.tmpname()
  assert(litellm.save(item, path))
  local bytes = M.read(path)
  os.remove(path)
  return bytes
end

return M
