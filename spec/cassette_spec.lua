-- Record and replay: that what comes from files is what came from the gateway, in
-- every way of reading it, that nobody is asked, and that no secret is in the files.
local cjson = require("cjson")
local document = require("litellm.document")
local native = require("litellm.native")
local reply = require("support.reply")
local secrets = require("litellm.secrets")
local setup = require("support.setup")
local system = require("support.system")
local litellm = setup.litellm
local cassette = litellm.cassette
local read, write = system.read, system.write

local directory

local function names()
  local out = {}
  for _, name in ipairs(assert(native.list_directory(directory))) do
    if not name:find("^%.") then
      out[#out + 1] = name
    end
  end
  table.sort(out)
  return out
end

local function all_files()
  local out = {}
  for i, name in ipairs(names()) do
    out[i] = read(directory .. "/" .. name)
  end
  return table.concat(out)
end

-- A client that can reach nobody, with no key.
local function offline(settings)
  local all = { api_base = "http://127.0.0.1:1/elsewhere", num_retries = 0, retry = { base = 0.001 } }
  for name, value in pairs(settings or {}) do
    all[name] = value
  end
  return litellm.new(all)
end

--- What `use(client)` returns against the script, recorded, and offline, replayed.
local function twice(steps, use, settings)
  -- a port of its own: a connection that was open before would be tried again by libcurl
  local script, client = setup.script(steps, settings, { own = true })
  assert(cassette.record(directory))
  local live = { use(client) }
  assert.same({}, cassette.stop())
  local count = script:count()
  assert(cassette.replay(directory))
  local again = { use(offline(settings)) }
  assert.same({}, assert(cassette.stop()))
  assert.equal(count, script:count())
  return live, again
end

before_each(function()
  directory = os.tmpname()
  os.remove(directory)
end)

after_each(function()
  cassette.stop()
  os.execute("rm -rf '" .. directory .. "'")
end)

describe("a replay gives what was recorded", function()
  for _, name in ipairs(setup.names) do
    if name ~= "speech" then
      it("of " .. name, function()
        local live, again = twice({ setup.answer(name) }, function(client)
          return assert(client[name](client, setup.args(name)))
        end)
        if name == "embedding" then
          assert.same({ 1, 2 }, again[1].data[1].embedding:totable())
        else
          assert.same(live[1], again[1])
        end
        assert.equal(200, litellm.meta(again[1]).status)
      end)
    end
  end

  it("of models and of any path", function()
    local live, again = twice({ { json = { data = {} } }, { json = { spend = 1.5 } }, { body = "fine",
      headers = { ["Content-Type"] = "text/plain" } } }, function(client)
        return assert(client:models()), assert(client:request({ path = "/key/info", extra_query = { full = "yes" } })),
          assert(client:request({ path = "/health", method = "PUT", body = "a\0\255" }))
      end)
    assert.equal("fine", again[3])
    assert.same(live, again)
  end)

  it("with headers, call id and cost", function()
    local _, again = twice({ { json = reply.chat(), headers = {
      ["x-litellm-call-id"] = "call-7", ["x-litellm-response-cost"] = "0.25",
    } } }, function(client)
      return assert(client:completion(setup.chat()))
    end)
    local meta = litellm.meta(again[1])
    assert.equal("call-7", meta.call_id)
    assert.equal(0.25, meta.cost)
  end)

  it("of streams, in every way of reading them", function()
    local ways = {
      function(stream)
        local pieces = {}
        for text in stream:text() do
          pieces[#pieces + 1] = text
        end
        return table.concat(pieces, "|"), stream:state()
      end,
      function(stream)
        local n = 0
        while stream:read() do
          n = n + 1
        end
        return n, stream:state()
      end,
      function(stream)
        return assert(stream:result()).choices[1].message.content, stream:state()
      end,
    }
    local step = reply.stream("Hel", "lo ", "wörld")
    table.insert(step.sse, 3, reply.PING)
    step.split = 7 -- not where events end
    for _, way in ipairs(ways) do
      local live, again = twice({ step }, function(client)
        return way(assert(client:completion(setup.stream())))
      end)
      assert.same(live, again)
      assert.equal("complete", again[2])
    end
  end)

  it("of streams that broke, with what came", function()
    for _, last in ipairs({ "reset", "close", { error = { message = "no more", code = "500" } } }) do
      local _, again = twice({ { sse = { reply.text("Hel"), reply.text("lo"), last } } }, function(client)
        local stream = assert(client:completion(setup.stream()))
        local _, message, detail = stream:result()
        return message, detail.type, stream:state(), detail.partial.choices[1].message.content
      end)
      assert.equal("Hello", again[4])
      assert.not_equal("complete", again[3])
    end
  end)

  it("of a stream that was closed on the way", function()
    local live, again = twice({ { sse = { reply.text("a"), reply.text("b"), "stall" } } }, function(client)
      local stream = assert(client:completion(setup.stream()))
      local first = stream:read()
      stream:close()
      return first, stream:state()
    end)
    assert.same(live, again)
  end)

  it("of audio, byte for byte", function()
    local bytes = {}
    for i = 0, 255 do
      bytes[#bytes + 1] = string.char(i)
    end
    local audio = table.concat(bytes):rep(40)
    local _, again = twice({ { body = audio, headers = { ["Content-Type"] = "audio/mpeg" } } }, function(client)
      local speech = assert(client:speech(setup.args("speech")))
      return assert(speech:bytes()), speech.content_type
    end)
    assert.is_true(again[1] == audio)
    assert.equal("audio/mpeg", again[2])
  end)

  it("of errors", function()
    local live, again = twice({ reply.error(400, "no such thing"), { status = 502, body = "<html>" } },
      function(client)
        local function both()
          local _, message, detail = client:completion(setup.chat())
          return { message, detail.type, detail.status }
        end
        return both(), both()
      end)
    assert.same(live, again)
    assert.equal("BadRequestError", again[1][2])
  end)

  it("of connections that failed", function()
    local _, again = twice({ { raw = { "reset" } } }, function(client)
      local _, _, detail = client:completion(setup.chat())
      return detail.kind, detail.type
    end)
    assert.same({ "reset", "APIConnectionError" }, again)
  end)

  it("of time limits that were reached", function()
    local _, again = twice({ { raw = { "stall" } } }, function(client)
      local _, message, detail = client:completion(setup.chat({ timeout = { first_byte = 0.05 } }))
      return detail.kind, message:match("%(.*%)")
    end)
    assert.same({ "timeout", "(timeout.first_byte)" }, again)
  end)

  it("of every attempt, without waiting between them", function()
    local steps = { reply.error(429, "later"), { raw = { "close" } }, { json = reply.chat("at last") } }
    steps[1].headers, steps[1].close = { ["retry-after-ms"] = "300" }, true
    local times = {}
    local _, again = twice(steps, function(client)
      local started = litellm.now()
      local result = assert(client:completion(setup.chat()))
      times[#times + 1] = litellm.now() - started
      return result.choices[1].message.content, litellm.meta(result).attempts
    end, { num_retries = 2 })
    assert.same({ "at last", 3 }, again)
    assert.is_true(times[1] > 0.29)
    assert.is_true(times[2] < 0.1, times[2])
  end)

  it("of billed calls, which are not tried again when their outcome is unknown", function()
    local _, again = twice({ { raw = { "close" } } }, function(client)
      local _, _, detail = client:image_generation(setup.args("image_generation"))
      return detail.attempts
    end, { num_retries = 2 })
    assert.same({ 1 }, again)
  end)

  it("of many calls at once", function()
    local steps = {}
    for i = 1, 8 do
      steps[i] = { json = reply.chat("x"), delay = 0.01 * (i % 3) }
    end
    local live, again = twice(steps, function(client)
      return litellm.map({ 1, 2, 3, 4, 5, 6, 7, 8 }, function(i)
        return assert(client:completion(setup.chat({ user = "user " .. i }))).choices[1].message.content
      end)
    end)
    assert.same(live, again)
    for i, name in ipairs(names()) do
      assert.matches("^000" .. i .. "%-chat%-completions%.json$", name)
      assert.truthy(read(directory .. "/" .. name):find("user " .. i, 1, true))
    end
  end)

  it("of the same request again and again, in order", function()
    local _, again = twice({ { json = reply.chat("one") }, { json = reply.chat("two") } }, function(client)
      return assert(client:completion(setup.chat())).choices[1].message.content,
        assert(client:completion(setup.chat())).choices[1].message.content
    end)
    assert.same({ "one", "two" }, again)
  end)
end)

describe("the time of a replay", function()
  local function record()
    local _, client = setup.script({ { sse = {
      reply.text("a"), { delay = 0.1 }, reply.text("b"), { delay = 0.1 }, reply.finish(), reply.DONE,
    } } })
    assert(cassette.record(directory))
    assert(assert(client:completion(setup.stream())):result())
    assert(cassette.stop())
  end

  local function replay(speed)
    assert(cassette.replay(directory, { speed = speed }))
    local started, first = litellm.now(), nil
    local stream = assert(offline():completion(setup.stream()))
    for _ in stream:text() do
      first = first or litellm.now() - started
    end
    assert(cassette.stop())
    return litellm.now() - started, first
  end

  it("is none, or what it was, or a part of that", function()
    record()
    assert.is_true(replay(0) < 0.05)
    local all, first = replay(1)
    assert.is_true(all > 0.18 and all < 0.35, all)
    assert.is_true(first < 0.09, first)
    all = replay(4)
    assert.is_true(all > 0.04 and all < 0.14, all)
  end)

  it("obeys limits, and ends when the stream is closed", function()
    record()
    assert(cassette.replay(directory, { speed = 0.2 }))
    local stream = assert(offline():completion(setup.stream({ timeout = { idle = 0.1 } })))
    local _, _, detail = stream:result()
    assert.equal("timeout", detail.kind)
    assert(cassette.stop())
    assert(cassette.replay(directory, { speed = 0.2 }))
    stream = assert(offline():completion(setup.stream()))
    assert(stream:read())
    stream:close()
    assert.equal(0, litellm.pending())
  end)
end)

describe("nobody is asked by a replay", function()
  it("for a base, a key or a token", function()
    local _, client = setup.script({ { json = reply.chat("one") } })
    assert(cassette.record(directory))
    assert(client:completion(setup.chat()))
    assert(cassette.stop())
    local function never()
      error("asked")
    end
    for _, settings in ipairs({ {}, { api_key = never }, { proxy_auth = never } }) do
      assert(cassette.replay(directory))
      assert(litellm.new(settings):completion(setup.chat()))
      assert(cassette.stop())
    end
    local _, message = litellm.new({}):completion(setup.chat())
    assert.matches("no gateway given", message)
  end)
end)

describe("a request without a recording", function()
  local function recorded(...)
    local calls = { ... }
    local _, client = setup.script({ { json = reply.chat(), repeats = true } })
    assert(cassette.record(directory))
    for _, args in ipairs(calls) do
      assert(client:completion(args))
    end
    assert(cassette.stop())
    assert(cassette.replay(directory))
    return offline({ num_retries = 2 })
  end

  local function message_of(...)
    local detail = setup.failed(...)
    assert.equal("config", detail.kind)
    assert.is_false(detail.retryable)
    assert.equal(1, detail.attempts)
    return detail.message
  end

  it("names the nearest, and the first difference", function()
    local client = recorded(setup.chat({ user = "a", temperature = 1 }), setup.chat({ user = "b" }))
    local message = message_of(client:completion(setup.chat({ user = "c" })))
    assert.matches("0002%-chat%-completions%.json, where user is \"b\", and here \"c\"$", message)
    message = message_of(client:completion({ model = "gpt-4o", user = "b", messages = {
      { role = "user", content = "ho" },
    } }))
    assert.matches("where messages%[1%]%.content is \"hi\", and here \"ho\"$", message)
    message = message_of(client:completion(setup.chat({ user = "b", stop = { "x" } })))
    assert.matches("where stop is absent, and here %[\"x\"%]$", message)
  end)

  it("says when there is none of that path", function()
    local client = recorded(setup.chat())
    assert.matches("has no recording of this POST /embeddings, nor another one of that path$",
      message_of(client:embedding(setup.args("embedding"))))
  end)

  it("says when all were used", function()
    local client = recorded(setup.chat(), setup.chat())
    assert(client:completion(setup.chat()))
    assert(client:completion(setup.chat()))
    assert.matches("has 2 recordings of this POST /chat/completions, and it is asked for once more",
      message_of(client:completion(setup.chat())))
  end)

  it("is one whose file differs, though its name does not", function()
    local _, client = setup.script({ { json = { text = "hi" }, repeats = true } })
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    local function transcribe(c, bytes)
      write(path, bytes)
      return c:transcription({ model = "m", file = litellm.file({ path = path, filename = "a.wav" }) })
    end
    assert(cassette.record(directory))
    assert(transcribe(client, "abc"))
    assert(cassette.stop())
    assert.is_nil(all_files():find("abc", 1, true))
    assert(cassette.replay(directory))
    assert.matches("parts%[2%]%.hash is", message_of(transcribe(offline(), "abd")))
    assert(transcribe(offline(), "abc"))
  end)

  it("is never one that differs in how it was written", function()
    local client = recorded(setup.chat({ temperature = 1, seed = 5 }))
    assert(client:request({ path = "/chat/completions", method = "POST",
      body = ' {"seed":5.0, "temperature":1e0,"messages":[{"content":"\\u0068i","role":"user"}],"model":"gpt-4o"} ' }))
  end)

  it("tells null from absent", function()
    local client = recorded(setup.chat({ user = litellm.null }))
    assert.matches("where user is null, and here absent$", message_of(client:completion(setup.chat())))
  end)
end)

describe("unused recordings", function()
  it("can be listed", function()
    local _, client = setup.script({ { json = reply.chat(), repeats = true } })
    assert(cassette.record(directory))
    for i = 1, 3 do
      assert(client:completion(setup.chat({ user = tostring(i) })))
    end
    assert.same({}, cassette.unused())
    assert.same({}, cassette.stop())
    assert(cassette.replay(directory))
    assert(offline():completion(setup.chat({ user = "2" })))
    local left = { "0001-chat-completions.json", "0003-chat-completions.json" }
    assert.same(left, cassette.unused())
    assert.same(left, cassette.stop())
    assert.same({}, cassette.unused())
    assert.same({}, cassette.stop())
  end)
end)

describe("no secret is recorded:", function()
  local KEY = "sk-very/secret\"key"

  --- Records what `use` does; returns all that was written.
  local function record(steps, settings, use)
    local _, client = setup.script(steps, settings)
    assert(cassette.record(directory))
    use(client)
    assert(cassette.stop())
    local text = all_files()
    assert.is_true(#text > 100)
    return text
  end

  local function has(text, secret)
    local escaped = secret:gsub('"', '\\"')
    return text:find(secret, 1, true) or text:find(escaped, 1, true)
      or text:find((secret:gsub("/", "\\/"):gsub('"', '\\"')), 1, true)
      or text:find(native.base64_encode(secret):gsub("=", ""), 1, true)
  end

  it("not the key, wherever it is repeated", function()
    for _, key in ipairs({ KEY, function() return KEY end }) do
      local text = record({
        reply.error(401, "wrong key: " .. KEY), { json = reply.chat("you said " .. KEY) },
        { body = '{"id":"sk-very/secret\\"key"}' },
        { sse = { reply.text(KEY), reply.finish(), reply.DONE }, split = 5, gap = 0.002 },
        { body = "\255" .. KEY .. "\0", headers = { ["Content-Type"] = "audio/mpeg", ["X-Echo"] = "is " .. KEY } },
      }, { api_key = key }, function(client)
        client:completion(setup.chat())
        for _ = 1, 2 do assert(client:completion(setup.chat({ user = "with " .. KEY }))) end
        assert(assert(client:completion(setup.stream())):result())
        assert(assert(client:speech(setup.args("speech"))):bytes())
      end)
      assert.is_nil(has(text, KEY))
      assert.is_nil(has(text, "very/secret"))
      assert.truthy(text:find("with ***", 1, true))
    end
  end)

  it("not the key in a form", function()
    local text = record({ { json = { text = "x" } } }, { api_key = KEY }, function(client)
      assert(client:transcription(setup.args("transcription", { prompt = "the key " .. KEY })))
    end)
    assert.is_nil(has(text, KEY))
    assert.truthy(text:find('"the key ***"', 1, true))
  end)

  it("not the token of a credential, nor what it is got with", function()
    local token_script = setup.gw:script({ { json = { access_token = "token-1234567", expires_in = 300 } } })
    local text = record({ { json = reply.chat("token-1234567") } }, {
      proxy_auth = litellm.ProxyAuthHandler({ credential = litellm.GenericOAuth2Credential({
        client_id = "me", client_secret = "client-secret-1", token_url = token_script.base .. "/token",
      }) }),
    }, function(client)
      assert(client:completion(setup.chat()))
    end)
    assert.equal(1, token_script:count())
    assert.is_nil(has(text, "token-1234567"))
    assert.is_nil(has(text, "client-secret-1"))
    assert.equal(1, #names())
  end)

  it("not what secret headers hold, in either direction", function()
    local text = record({ { json = reply.chat("other-secret and Zm9vOmJhcg=="), headers = {
      ["Set-Cookie"] = "session=abcdef", ["llm_provider-set-cookie"] = "cf=abcdef", ["X-Auth-Token"] = "abcdef",
    } } }, { headers = { ["X-Api-Key"] = "other-secret", Authorization = "Basic Zm9vOmJhcg==" } }, function(client)
      assert(client:completion(setup.chat({ extra_headers = { Cookie = "my-cookie" }, user = "my-cookie" })))
    end)
    for _, secret in ipairs({ "other-secret", "Zm9vOmJhcg==", "my-cookie", "abcdef" }) do
      assert.is_nil(has(text, secret), secret)
    end
  end)

  it("not secret fields of a query", function()
    local text = record({ { json = {} } }, nil, function(client)
      assert(client:request({ path = "/x", extra_query = { api_key = "in-query", page = "7" } }))
    end)
    assert.is_nil(has(text, "in-query"))
    assert.truthy(text:find("page=7", 1, true))
  end)

  it("not other keys and tokens that look like ones", function()
    local text = record({ { json = {
      key = "sk-abcdefghijklmnopqrstuvwxyz", token = "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0",
    } } }, nil, function(client)
      assert(client:request({ path = "/key/generate", json = { models = {} } }))
    end)
    assert.is_nil(has(text, "abcdefghijklmnopqrstuvwxyz"))
    assert.is_nil(has(text, "eyJzdWIiOi"))
  end)
end)

describe("what is secret", function()
  it("is told by names", function()
    for _, name in ipairs({ "Authorization", "proxy-authorization", "X-API-Key", "api-key", "Cookie", "set-cookie",
      "llm_provider-set-cookie", "X-Auth-Token", "Ocp-Apim-Subscription-Key", "client_secret", "sig", "apikey" }) do
      assert.is_true(secrets.is_secret(name), name)
    end
    for _, name in ipairs({ "x-litellm-key-spend", "x-ratelimit-api_key-remaining-requests", "x-litellm-cache-key",
      "x-ratelimit-limit-tokens", "Idempotency-Key", "content-type", "x-litellm-key-name", "x-monkey" }) do
      assert.is_false(secrets.is_secret(name), name)
    end
  end)

  it("is masked where it stands, and in place when asked", function()
    assert.equal("a *** b *** c", secrets.mask("a key1 b key1 c", { "key1" }))
    assert.equal("a **** b", secrets.mask("a key1 b", { "key1" }, true))
    assert.equal("task-force-sk-short", secrets.mask("task-force-sk-short", {}))
    local list = {}
    for _, secret in ipairs({ "abc", "key", "key-long", "key-long" }) do
      secrets.add(list, secret .. "x")
    end
    secrets.add(list, "no")
    secrets.add(list, nil)
    assert.equal("*** *** no", secrets.mask("key-longx keyx no", list))
  end)
end)

describe("the files", function()
  local function record(n)
    local _, client = setup.script({ { json = reply.chat(), repeats = true } })
    assert(cassette.record(directory))
    for _ = 1, n do
      assert(client:completion(setup.chat()))
    end
    assert(cassette.stop())
  end

  it("are JSON that reads well, in a fixed order", function()
    record(2)
    local text = read(directory .. "/0001-chat-completions.json")
    local value = cjson.decode(text)
    assert.equal("POST", value.request.method)
    assert.equal("/chat/completions", value.request.path)
    assert.equal("gpt-4o", value.request.json.model)
    assert.equal("HTTP/1.1 200 OK", value.answer.head[1])
    assert.equal("text", value.answer.pieces[1][2])
    assert.matches('^{\n  "format": 1,\n  "request": {\n    "method": "POST",\n', text)
    for line in text:gmatch("[^\n]+") do
      assert.is_nil(line:find("%s$"))
    end
  end)

  it("replace those of an earlier recording, and nothing else", function()
    record(3)
    write(directory .. "/notes.txt", "mine")
    write(directory .. "/0002.json.bak", "mine")
    record(1)
    assert.same({ "0001-chat-completions.json", "0002.json.bak", "notes.txt" }, names())
    assert(cassette.replay(directory .. "/"))
    assert(offline():completion(setup.chat()))
  end)

  it("may be changed by hand", function()
    record(1)
    local path = directory .. "/0001-chat-completions.json"
    write(path, (read(path):gsub("Hello", "Goodbye"):gsub("Content%-Length: %d+", "X-Hand: yes")))
    assert(cassette.replay(directory))
    assert.equal("Goodbye", assert(offline():completion(setup.chat())).choices[1].message.content)
  end)

  it("are written for what is under way when recording stops", function()
    local _, client = setup.script({ { sse = { reply.text("a"), "stall" } } })
    assert(cassette.record(directory))
    local stream = assert(client:completion(setup.stream()))
    assert(stream:read())
    assert.same({}, names())
    assert(cassette.stop())
    assert.same({ "0001-chat-completions.json" }, names())
    stream:close()
  end)

  it("are written for a stream that nobody closed, where tables are finalised", function()
    if _VERSION == "Lua 5.1" then
      return
    end
    local _, client = setup.script({ { sse = { reply.text("a"), "stall" } } })
    assert(cassette.record(directory))
    assert(assert(client:completion(setup.stream())):read())
    setup.collect()
    assert.same({ "0001-chat-completions.json" }, names())
  end)

  it("that cannot be written are an error of the next call, and of the end", function()
    local script, client = setup.script({ { json = reply.chat(), repeats = true } })
    assert(cassette.record(directory))
    os.execute("rm -rf '" .. directory .. "'")
    assert(client:completion(setup.chat()))
    assert.matches("^cannot record: ", setup.failed(client:completion(setup.chat())).message)
    assert.equal(1, script:count())
    assert.matches("^cannot record: ", setup.failed(cassette.stop()).message)
  end)
end)

describe("wrong use", function()
  it("of directories and files is an error", function()
    assert.matches("No such file", setup.failed(cassette.replay(directory)).message)
    assert.matches("No such file", setup.failed(cassette.record(directory .. "/a/b")).message)
    assert(native.make_directory(directory))
    assert.matches("there are none$", setup.failed(cassette.replay(directory)).message)
    assert.matches("Not a directory", setup.failed(cassette.record("/dev/null")).message)
    for text, message in pairs({
      ["{"] = "a name expected at byte", ["[]"] = "it is no recording of", ['{"format":2}'] = "it is no recording of",
      ['{"format":1}'] = "it is not what record", ['{"format":1,"request":{},"answer":{"pieces":[1]}}'] = "it is not",
      [""] = "a value expected",
    }) do
      write(directory .. "/0001-x.json", text)
      assert.truthy(setup.failed(cassette.replay(directory)).message:find(message, 1, true), text)
    end
  end)

  it("of functions raises", function()
    local function raises(message, f, ...)
      local args, n = { ... }, select("#", ...)
      local ok, text = pcall(function()
        local result = f((table.unpack or unpack)(args, 1, n)) -- luacheck: ignore 143
        return result
      end)
      assert.is_false(ok)
      assert.truthy(text:find(message, 1, true), text)
      assert.truthy(text:find("cassette_spec.lua:", 1, true), text)
    end
    raises("directory expected, got nil", cassette.record)
    raises("directory expected, got number", cassette.replay, 5)
    raises("unknown option 'sped'", cassette.replay, directory, { sped = 1 })
    raises("at least 0", cassette.replay, directory, { speed = -1 })
    raises("table expected, got number", cassette.replay, directory, 2)
    assert(cassette.record(directory))
    raises("litellm.cassette.stop()", cassette.replay, directory)
    raises("litellm.cassette.stop()", cassette.record, directory)
  end)
end)

describe("documents", function()
  it("are read as they are, and written in one form", function()
    local value = assert(document.read(
      [==[ { "b" : [1, 2.0, {"x":null}], "a":"q\/\"\u00e9\n\u0001", "c":[ ],"d":{}, "e":-1.5e300, "f":true }]==]))
    assert.equal('{"a":"q/\\"é\\n\\u0001","b":[1,2,{"x":null}],"c":[],"d":{},"e":-1.5e300,"f":true}',
      document.write(value))
    assert.equal(document.write(value), document.write(assert(document.read(document.write(value, "  ")))))
  end)

  it("that are none are told where", function()
    local texts = { "", "{", "[1", "[1,]", '{"a"}', '{"a":}', "{1:2}", '"a', '"\\x"', "nul", "1 2", "[1}", "0x" }
    for _, text in ipairs(texts) do
      local value, message = document.read(text)
      assert.is_nil(value, text)
      assert.matches("expected at byte %d+$", message)
    end
  end)

  it("are compared leaf by leaf", function()
    local a = document.read('{"a":[1,{"b":"x"}],"c":1}')
    local found = document.difference(a, document.read('{"a":[1,{"b":"y"},2],"d":1}'))
    assert.equal(4, found.count)
    assert.equal("a[2].b", found.path)
    assert.equal('"x"', found.first)
    assert.equal('"y"', found.second)
    assert.equal(0, document.difference(a, a).count)
  end)
end)

local LITELUA = os.getenv("LITELUA") or "./litelua"
local built = io.open(LITELUA, "rb")
if built then
  built:close()
end

describe("litelua", function()
  (built and it or pending)("records and replays", function()
    local script = os.tmpname()
    finally(function() os.remove(script) end)
    write(script, [[
      local litellm = require "litellm"
      local stream = assert(litellm.completion{ model = "gpt-4o", stream = true,
        messages = { { role = "user", content = "Say something." } } })
      for text in stream:text() do io.write(text) end
    ]])
    local function run(options)
      -- litelua has no part of a sanitizer that was loaded into this interpreter.
      local clean = "env -u LD_PRELOAD -u LITELLM_PROXY_API_BASE -u LITELLM_PROXY_API_KEY"
      return table.concat({ system.run(("%s %s %s %s"):format(clean, LITELUA, options, script)) }, " ")
    end
    local live = run("--mock --record " .. directory)
    assert.matches(" 0$", live)
    assert.same({ "0001-chat-completions.json" }, names())
    assert.equal(live, run("--replay " .. directory))
    assert.matches("^litelua: cannot use the recordings in /nowhere: No such file or directory\n 1$",
      run("--replay /nowhere"))
  end)
end)
