-- The core's look at the arguments of a call, and its twin in Lua, which says what is
-- wrong: they must agree on what can be sent as it is.
local endpoints = require("litellm.endpoints")
local litellm = require("litellm")
local native = require("litellm.native")
local random = require("support.random")
local request = require("litellm.request")

local function plain(name, args)
  local endpoint = endpoints[name]
  return native.are_plain(args, { timeout = true, tags = true }, endpoint.shapes, endpoint.needed)
end

describe("the arguments of a call", function()
  local messages = { { role = "user", content = "hi" } }

  it("are plain when nothing but right fields of the body is among them", function()
    assert.is_true(plain("completion", { model = "m", messages = messages, temperature = 0.5, stop = "x" }))
    assert.is_true(plain("completion", { model = "m", messages = messages, tools = { {} }, stream = true }))
    assert.is_true(plain("embedding", { model = "m", input = "text" }))
    assert.is_true(plain("embedding", { model = "m", input = { "text" } }))
    assert.is_true(plain("transcription", { model = "m", file = io.stdin }))
    assert.is_true(plain("models", {}))
  end)

  it("are not with an option, without a needed field, or with one of another type", function()
    assert.is_false(plain("completion", { model = "m", messages = messages, timeout = 1 }))
    assert.is_false(plain("completion", { messages = messages }))
    assert.is_false(plain("completion", { model = 1, messages = messages }))
    assert.is_false(plain("completion", { model = "m", messages = "hi" }))
  end)

  it("are not with a model that has the prefix of the SDK, nor with a stream that is no boolean", function()
    assert.is_false(plain("completion", { model = "litellm_proxy/m", messages = messages }))
    assert.is_true(plain("completion", { model = "litellm_proxy", messages = messages }))
    assert.is_false(plain("moderation", { model = "litellm_proxy/m", input = "x" }))
    assert.is_true(plain("moderation", { model = "m", input = "x" }))
    assert.is_false(plain("completion", { model = "m", messages = messages, stream = "yes" }))
    assert.is_false(plain("completion", nil))
    assert.is_false(plain("completion", "text"))
  end)

  it("are not with a metatable, which may have them look otherwise", function()
    local args = setmetatable({ model = "m", messages = messages }, {})
    assert.is_false(plain("completion", args))
  end)

  it("are not with what is empty, which is refused or must be written as an array", function()
    assert.is_false(plain("completion", { model = "m", messages = {} }))
    assert.is_false(plain("completion", { model = "m", messages = messages, tools = {} }))
    assert.is_false(plain("completion", { model = "m", messages = messages, tools = { x = 1 } }))
    assert.is_false(plain("embedding", { model = "m", input = "" }))
    assert.is_false(plain("rerank", { model = "m", query = "q", documents = {} }))
  end)

  it("are a table, or none at all where none are needed", function()
    for _, name in ipairs({ "completion", "acompletion", "models", "amodels" }) do
      local ok, message = pcall(litellm[name], false)
      assert.is_false(ok)
      assert.matches("table expected, got boolean", message)
    end
  end)
end)

describe("the look of the core and its twin", function()
  local quick = native.are_plain
  after_each(function() native.are_plain = quick end)

  local NAMES = { "model", "messages", "input", "prompt", "query", "documents", "file", "image", "tools", "stop",
    "temperature", "stream", "timeout", "tags", "extra_headers", "num_retries", 1 }
  local VALUES = { "", "text", "litellm_proxy/m", 7, true, false, {}, { "a" }, { a = 1 }, { {} }, { [2] = 1 }, print }

  local function arguments(pick)
    local args = {}
    for _ = 1, pick(7) do args[NAMES[pick(#NAMES)]] = VALUES[pick(#VALUES)] end
    return args
  end

  -- Nothing but what a caller sees: the fields by value, for a copy is as good.
  local function outcome(endpoint, args)
    local ok, fields, overridden, empty = pcall(request.begin, endpoint, args, 1)
    return { ok = ok, fields = fields, overridden = ok and overridden, empty = ok and empty or nil }
  end

  it("agree on random arguments of every call", function()
    local pick = random.new(20261123)
    local taken = 0
    for name, endpoint in pairs(endpoints) do
      for _ = 1, 4000 do
        local args = arguments(pick)
        native.are_plain = function(...)
          local answer = quick(...)
          if answer then taken = taken + 1 end
          return answer
        end
        local short = outcome(endpoint, args)
        native.are_plain = function() return false end
        assert.same(outcome(endpoint, args), short, name)
      end
    end
    assert.is_true(taken > 1000)
  end)
end)
