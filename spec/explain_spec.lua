-- litellm.explain: that it says what the call then sends, and tells no secret.
local child = require("support.child")
local cjson = require("cjson")
local reply = require("support.reply")
local setup = require("support.setup")
local litellm = setup.litellm

local function explain(...)
  return assert(setup.litellm.explain(...))
end

local BASE = { api_base = "http://gateway:4000", api_key = "sk-explained" }

local function with(fields)
  local args = setup.chat(BASE)
  for name, value in pairs(fields or {}) do
    args[name] = value
  end
  return args
end

describe("explain says what the call sends:", function()
  for _, name in ipairs(setup.names) do
    it(name, function()
      local script, client = setup.script({ setup.answer(name) })
      local args = setup.args(name, {
        tags = { "team:a" }, extra_query = { x = "1 2" }, extra_headers = { ["X-A"] = "b" },
      })
      local told = assert(client:explain(name, args))
      assert(client[name](client, args))
      local sent = script:last()
      local parts = sent.parts
      assert.equal(name, told.endpoint)
      assert.equal(sent.method, told.method)
      assert.equal(script.base .. sent.path .. "?" .. sent.query, told.url)
      for header, value in pairs(told.headers) do
        local came = assert(sent.headers[header:lower()], header)
        if header == "Authorization" then
          assert.equal("Bearer ***", value)
        elseif header == "Content-Type" then
          assert.equal(value, came:sub(1, #value))
        elseif header ~= "Idempotency-Key" then
          assert.equal(came, value)
        end
        sent.headers[header:lower()] = nil
      end
      sent.headers.host, sent.headers["content-length"] = nil, nil
      assert.same({}, sent.headers)
      if told.parts then
        assert.is_nil(told.body)
        assert.equal(#parts, #told.parts)
        for i, part in ipairs(told.parts) do
          assert.equal(parts[i].name, part.name)
          assert.equal(parts[i].filename, part.filename)
          assert.equal(part.value or parts[i].body, parts[i].body)
          assert.equal(part.bytes or #part.value, #parts[i].body)
        end
      else
        assert.same(sent.json, cjson.decode(told.body))
      end
    end)
  end

  it("a stream, models, and any path", function()
    local told = explain("completion", with({ stream = true }))
    assert.is_true(told.stream)
    assert.equal("text/event-stream", told.headers.Accept)
    assert.is_nil(told.timeouts.total)
    told = explain("models", BASE)
    assert.equal("GET", told.method)
    assert.equal("http://gateway:4000/models", told.url)
    assert.is_nil(told.body)
    told = explain("request", { path = "/x", body = "a\255", method = "put", api_base = BASE.api_base })
    assert.equal("PUT", told.method)
    assert.equal("application/octet-stream", told.headers["Content-Type"])
    assert.equal("a\255", told.body)
    assert.truthy(tostring(told):find("(2 bytes)", 1, true))
  end)
end)

describe("explain can be asked", function()
  it("with the endpoint among the arguments; a completion when there is none", function()
    local args = with({ endpoint = "text_completion", prompt = "x" })
    args.messages = nil
    local told = explain(args)
    assert.equal("http://gateway:4000/completions", told.url)
    assert.equal("text_completion", args.endpoint)
    assert.is_nil(told.body:find("endpoint", 1, true))
    assert.equal("http://gateway:4000/chat/completions", explain(with()).url)
  end)

  it("of a client, with its settings", function()
    local told = assert(litellm.new(BASE):explain("models"))
    assert.equal("http://gateway:4000/models", told.url)
    assert.equal("client", told.sources.api_base)
  end)
end)

describe("explain does nothing:", function()
  it("it sends nothing and calls no function", function()
    local script, client = setup.script({ { json = reply.chat() } })
    local function never()
      error("called")
    end
    assert(client:explain("completion", setup.chat()))
    local told = assert(client:explain("completion", setup.chat({ api_key = never })))
    assert.equal("Bearer ***", told.headers.Authorization)
    assert.matches("^call: a function", told.sources.api_key)
    told = assert(client:explain("completion", setup.chat({ proxy_auth = never })))
    assert.equal("Bearer ***", told.headers.Authorization)
    assert.equal("call", told.sources.proxy_auth)
    assert.is_nil(told.sources.api_key)
    assert.equal(0, script:count())
  end)

  it("it reads no file, and does not use an open one up", function()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    local file = assert(io.open(path, "w+"))
    file:write("RIFF")
    file:seek("set")
    local told = explain("transcription", { model = "m", file = file, api_base = BASE.api_base })
    assert.is_true(told.parts[2].open)
    assert.equal("RIFF", file:read("*a"))
    told = explain("image_edit", { prompt = "p", image = { file, path }, api_base = BASE.api_base })
    assert.is_true(told.parts[2].open)
    assert.equal(path, told.parts[3].path)
    file:close()
    local detail = setup.failed(litellm.explain("transcription", { model = "m", file = "/nowhere.wav",
      api_base = BASE.api_base }))
    assert.matches("cannot read /nowhere.wav", detail.message)
  end)

  it("it does not change what the call is made of", function()
    local args = with({ stop = {}, tags = { "a" } })
    local before = cjson.encode(args)
    explain("completion", args)
    assert.equal(before, cjson.encode(args))
  end)
end)

describe("explain names where a setting comes from:", function()
  it("the call, the client, the module, a default", function()
    finally(function()
      litellm.num_retries, litellm.headers, litellm.timeout = nil, nil, nil
    end)
    litellm.num_retries, litellm.headers = 1, { ["X-Module"] = "1", ["X-Team"] = "m" }
    litellm.timeout = { idle = 9, connect = 2 }
    local client = litellm.new({ api_base = "http://c", headers = { ["X-Team"] = "c" }, timeout = { idle = 8 } })
    local told = assert(client:explain("completion", setup.chat({ api_key = "sk-of-call", timeout = 5 })))
    local sources = told.sources
    assert.equal("client", sources.api_base)
    assert.equal("call", sources.api_key)
    assert.equal("module", sources.num_retries)
    assert.equal(1, told.num_retries)
    assert.equal("call", sources["timeout.total"])
    assert.equal("client", sources["timeout.idle"])
    assert.equal("module", sources["timeout.connect"])
    assert.equal("default", sources["timeout.first_byte"])
    assert.same({ 5, 8, 2, 600 },
      { told.timeouts.total, told.timeouts.idle, told.timeouts.connect, told.timeouts.first_byte })
    assert.equal("module", sources["headers.x-module"])
    assert.equal("client", sources["headers.x-team"])
    assert.equal("c", told.headers["X-Team"])
  end)

  it("the environment", function()
    local text = child.run([[
      local told = assert(require("litellm").explain("models"))
      print(told.url, told.sources.api_base, told.sources.api_key, told.sources.proxy, told.sources["tls.ca_file"])
      print((tostring(told):find("sk-of-environment", 1, true)))
    ]], { LITELLM_PROXY_API_BASE = "https://e/", LITELLM_PROXY_API_KEY = "sk-of-environment",
      HTTPS_PROXY = "http://p", https_proxy = false, SSL_CERT_FILE = "/ca.pem" })
    assert.equal("https://e/models\tenvironment LITELLM_PROXY_API_BASE\tenvironment LITELLM_PROXY_API_KEY\t"
      .. "environment HTTPS_PROXY\tenvironment SSL_CERT_FILE\nnil", text)
  end)
end)

describe("explain hides", function()
  it("every secret, in all it gives and says", function()
    local told = explain("completion", with({
      api_key = "sk-of-call", user = "sk-of-call it is", extra_query = { api_key = "in-query" },
      extra_headers = { ["X-Api-Key"] = "in-header", ["X-Other"] = "say in-header and sk-of-call" },
    }))
    local function walk(value)
      if type(value) == "table" then
        for k, v in pairs(value) do
          walk(k)
          walk(v)
        end
        return
      end
      for _, secret in ipairs({ "sk-of-call", "in-query", "in-header" }) do
        assert.is_nil(tostring(value):find(secret, 1, true), value)
      end
    end
    walk(told)
    walk(tostring(told))
    assert.equal("say *** and ***", told.headers["X-Other"])
    assert.equal("***", told.headers["X-Api-Key"])
  end)
end)

local found = os.execute("command -v curl >/dev/null 2>&1")
local has_curl = found == true or found == 0

describe("what explain says as a text", function()
  (has_curl and it or pending)("is a command that sends the same", function()
    local script = setup.gw:script({ { json = reply.chat() }, { json = { text = "x" } } })
    local function run(told)
      -- A sanitizer that was loaded into this interpreter is not curl's business.
      local command = tostring(told):gsub("^curl", "curl -s")
      local pipe = io.popen("export http_proxy=\nunset LD_PRELOAD\n" .. command .. "\necho; echo $?")
      local text = pipe:read("*a")
      pipe:close()
      assert.matches("\n0\n$", text)
      return script:last()
    end
    local sent = run(explain("completion", with({ api_base = script.base, user = "it's \"so\"\n$x `y` @z" })))
    assert.equal("it's \"so\"\n$x `y` @z", sent.json.user)
    assert.equal("application/json", sent.headers["content-type"])
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    sent = run(explain("transcription", { model = "@m", file = path, api_base = script.base }))
    assert.equal("@m", sent.parts[1].body)
    assert.equal("file", sent.parts[2].name)
  end)

  it("ends with limits and sources", function()
    local text = tostring(explain("completion", with({ timeout = { total = 0 } })))
    assert.matches("^curl %-X POST 'http://gateway:4000/chat/completions' \\\n", text)
    assert.matches("\n# timeout: connect 10 s, first_byte 600 s, idle 120 s, total none\n# retries: 2\n", text)
    assert.matches("\n# from call: api_base, api_key, timeout%.total\n", text)
  end)
end)

describe("explain fails as the call does:", function()
  it("with an error for what the data or the settings lack", function()
    local detail = setup.failed(litellm.explain("completion", with({ messages = {} })))
    assert.matches("'messages' is empty", detail.message)
    detail = setup.failed(litellm.new({ api_base = "nonsense" }):explain("models"))
    assert.matches("must begin with http", detail.message)
  end)

  it("raising for what the programmer got wrong, where it stands", function()
    local function raises(message, ...)
      local args = { ... }
      local ok, text = pcall(function()
        local result = litellm.explain(args[1], args[2])
        return result
      end)
      assert.is_false(ok)
      assert.matches("explain_spec%.lua:%d+: ", text)
      assert.truthy(text:find(message, 1, true), text)
    end
    raises("'completion' needs the field 'messages'", "completion", { model = "m" })
    raises('got "complete"', "complete", {})
    raises("got nil", nil)
    raises("unknown option 'nope' to 'request'", "request", { path = "/x", nope = 1 })
    raises("bad option 'timeout'", "completion", with({ timeout = "x" }))
  end)
end)
