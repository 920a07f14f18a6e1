-- Tokens that expire, at a real LiteLLM proxy that takes nothing else. Started by
-- tokens.sh, which says where the issuer of tokens is. The key that script/proxy names is
-- none that this proxy takes.
local litellm = require("litellm")
local socket = require("socket")

local PROXY, ISSUER = os.getenv("LITELLM_PROXY_API_BASE"), os.getenv("ISSUER")
local MESSAGES = { { role = "user", content = "What is a token?" } }

local function issuer(method, path)
  return assert(litellm.request({ api_base = ISSUER, api_key = "none", method = method, path = path }))
end

local function count()
  return issuer("GET", "/count").count
end

-- Each spec has a scope of its own, so that none finds the tokens of another.
local scopes = 0

local function auth(extra, options)
  scopes = scopes + 1
  local all = {
    client_id = "cid", client_secret = "c/secret+", token_url = ISSUER .. "/token", extra = extra,
    scope = "scope " .. scopes,
  }
  for name, value in pairs(options or {}) do all[name] = value end
  return litellm.ProxyAuthHandler({ credential = litellm.GenericOAuth2Credential(all) })
end

local function client(extra, options)
  return litellm.new({ api_base = PROXY, num_retries = 0, timeout = 60, proxy_auth = auth(extra, options) })
end

local function chat(c, fields)
  local args = { model = "chat", messages = MESSAGES }
  for name, value in pairs(fields or {}) do args[name] = value end
  return c:completion(args)
end

describe("the proxy", function()
  it("takes no key, not even its own", function()
    local res, _, detail = chat(litellm.new({ api_base = PROXY, api_key = "sk-master", num_retries = 0 }))
    assert.is_nil(res)
    assert.equal(401, detail.status)
  end)

  it("takes a token on every endpoint", function()
    local before, c = count(), client()
    assert(chat(c))
    assert.is_truthy(#assert(assert(chat(c, { stream = true })):result()).choices[1].message.content > 0)
    assert(c:text_completion({ model = "text", prompt = "Once" }))
    assert(c:embedding({ model = "embed", input = "x" }))
    local image = assert(c:image_generation({ model = "gpt-image-1", prompt = "a cat" }))
    local path = os.tmpname()
    assert(litellm.save(image.data[1], path))
    assert(c:image_edit({ model = "gpt-image-1", prompt = "a hat", image = path }))
    os.remove(path)
    local audio = assert(assert(c:speech({ model = "tts-1", input = "hello", voice = "alloy" })):bytes())
    assert(c:transcription({ model = "whisper-1", file = litellm.file({ data = audio, filename = "a.wav" }) }))
    assert(c:rerank({ model = "rerank", query = "q", documents = { "a", "b" } }))
    assert(c:moderation({ model = "omni-moderation-latest", input = "x" }))
    assert(c:responses({ model = "chat", input = "hi" }))
    assert(c:models())
    assert.equal(1, count() - before)
  end)

  it("takes one that was asked for with HTTP Basic", function()
    assert(chat(client(nil, { client_auth = "basic" })))
  end)
end)

describe("tokens of two seconds", function()
  it("serve tasks for six without a refusal", function()
    local c, calls = client({ ttl = 2 }), 0
    local before, ends = count(), socket.gettime() + 6
    local function work()
      while socket.gettime() < ends do
        local res = assert(chat(c))
        assert.equal(1, litellm.meta(res).attempts)
        calls = calls + 1
        litellm.sleep(0.05)
      end
      return true
    end
    litellm.run(function()
      local tasks = {}
      for n = 1, 4 do tasks[n] = litellm.spawn(work) end
      assert(litellm.all(tasks))
    end)
    local given = count() - before
    assert.is_true(given >= 4 and given <= 8, given .. " tokens")
    assert.is_true(calls >= 40, calls .. " calls")
  end)
end)

describe("a token that ends before its time", function()
  it("is renewed once for all calls that it was refused to", function()
    local c = client({ ttl = 1, claim = 3600 })
    assert(chat(c))
    local before = count()
    socket.sleep(2.1) -- a token of one second ends with the next whole one
    litellm.run(function()
      local tasks = {}
      for n = 1, 6 do tasks[n] = litellm.spawn(chat, c) end
      for _, res in ipairs(assert(litellm.all(tasks))) do assert.is_true(litellm.meta(res).attempts <= 2) end
    end)
    assert.equal(1, count() - before)
  end)

  it("is renewed for a stream, an upload and a list", function()
    local calls = {
      function(c) return assert(chat(c, { stream = true })):result() end,
      function(c)
        return c:transcription({ model = "whisper-1", file = litellm.file({ data = "RIFF", filename = "a.wav" }) })
      end,
      function(c) return c:models() end,
    }
    local clients = {}
    for i in ipairs(calls) do
      clients[i] = client({ ttl = 1, claim = 3600 })
      assert(clients[i]:models())
    end
    socket.sleep(2.1) -- a token of one second ends with the next whole one
    for i, call in ipairs(calls) do
      local before = count()
      assert(call(clients[i]))
      assert.equal(1, count() - before)
    end
  end)
end)

describe("a token for someone else", function()
  it("is renewed once, then the refusal is the answer", function()
    local before = count()
    local res, message, detail = chat(client({ audience = "another" }))
    assert.is_nil(res)
    assert.equal("AuthenticationError", detail.type)
    assert.equal(401, detail.status)
    assert.equal(2, detail.attempts)
    assert.is_truthy(message:find("Audience", 1, true), message)
    assert.equal(2, count() - before)
  end)
end)

describe("the provider's own 401", function()
  it("renews nothing", function()
    local before = count()
    local res, _, detail = chat(client(), { model = "chat-wrong-key" })
    assert.is_nil(res)
    assert.equal(401, detail.status)
    assert.equal(1, detail.attempts)
    assert.equal(1, count() - before)
  end)
end)

describe("an issuer that fails", function()
  it("is asked twice", function()
    issuer("POST", "/fail?times=1&status=503")
    assert(chat(client()))
  end)

  it("is an error that names it", function()
    issuer("POST", "/fail?times=2&status=503")
    local res, message, detail = chat(client())
    assert.is_nil(res)
    assert.equal("auth", detail.kind)
    assert.equal(("no token from %s: temporarily_unavailable (503)"):format(ISSUER), message)
  end)

  it("cannot make us say the secret", function()
    local res, message, detail = chat(client(nil, { client_secret = "wrong secret" }))
    assert.is_nil(res)
    assert.equal("auth", detail.kind)
    assert.is_truthy(message:find("invalid_client: client authentication failed for cid with ***", 1, true), message)
  end)
end)
