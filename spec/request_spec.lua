-- How a request is built: the URL from any form of base, the headers, the key, the
-- switches, and where each setting comes from.
local child = require("support.child")
local reply = require("support.reply")
local setup = require("support.setup")
local litellm = setup.litellm
local gw = setup.gw

--- What arrives of a chat call with this client.
local function sent(script, client, fields)
  assert(client:completion(setup.chat(fields)))
  return script:last()
end

local ok = { json = reply.chat(), repeats = true }

describe("the URL", function()
  it("is the base and the path, for every form of base and every endpoint", function()
    for _, name in ipairs(setup.names) do
      local answer = setup.answer(name)
      answer.repeats = true
      local script = gw:script({ answer })
      for given, want in pairs({ [""] = "", ["/"] = "", ["//"] = "", ["/v1"] = "/v1", ["/v1/"] = "/v1",
        ["/deep/p"] = "/deep/p", ["/deep/p/"] = "/deep/p", ["/deep/p/v1"] = "/deep/p/v1" }) do
        local client = setup.client(script, { api_base = script.base .. given })
        local result = assert(client[name](client, setup.args(name)))
        if setup.endpoints[name].audio then
          result:bytes()
        end
        assert.equal(want .. setup.endpoints[name].path, script:last().path, name .. " at " .. given)
      end
    end
  end)

  it("works where the base has no path at all", function()
    local script = gw:script({ ok }, { own = true })
    for _, base in ipairs({ script.origin, script.origin .. "/", script.origin .. "/v1" }) do
      assert(setup.client(script, { api_base = base }):completion(setup.chat()))
    end
    local requests = script:requests()
    assert.equal("/chat/completions", requests[1].path)
    assert.equal("/chat/completions", requests[2].path)
    assert.equal("/v1/chat/completions", requests[3].path)
  end)

  it("takes spaces around the base and an upper-case scheme", function()
    local script = gw:script({ ok })
    local base = " " .. script.base:gsub("^http", "HTTP") .. "/ "
    assert.equal("/chat/completions", sent(script, setup.client(script, { api_base = base })).path)
  end)

  it("is each call's own, however often and wherever those before it went", function()
    local script, client = setup.script({ ok })
    for round = 1, 4 do
      for i = 1, 12 do
        local args = setup.chat({ extra_query = i % 3 > 0 and { at = i } or nil })
        assert(client:completion(args))
        assert.equal(i % 3 > 0 and "at=" .. i or "", script:last().query, ("round %d, %d"):format(round, i))
        assert(client:request({ path = "/p" .. i, json = { round } }))
        assert.equal("/p" .. i, script:last().path)
      end
    end
  end)

  it("escapes extra_query and sorts it, so that a call is always the same", function()
    local script, client = setup.script({ ok })
    local request = sent(script, client, { extra_query = { b = "&=?#", a = 1, ["c d"] = true, e = { 1, 2 } } })
    assert.equal("a=1&b=%26%3D%3F%23&c%20d=true&e=1&e=2", request.query)
  end)
end)

describe("the headers", function()
  it("are what a gateway wants, and no others", function()
    local script, client = setup.script({ ok })
    local request = sent(script, client)
    assert.equal("POST", request.method)
    assert.equal("HTTP/1.1", request.version)
    assert.equal("application/json", request.headers["content-type"])
    assert.equal("application/json", request.headers.accept)
    assert.equal("Bearer sk-spec", request.headers.authorization)
    assert.matches("^litellm%-lua/%d", request.headers["user-agent"])
    assert.equal(tostring(#request.body), request.headers["content-length"])
    assert.is_nil(request.headers.expect)
    local allowed = { "host", "accept", "authorization", "content-length", "content-type", "user-agent",
      "idempotency-key", "accept-encoding" }
    for _, name in ipairs(allowed) do
      request.headers[name] = nil
    end
    assert.same({}, request.headers)
  end)

  it("have no Authorization when there is no key", function()
    local script = gw:script({ ok })
    local code = ([[
      local litellm = require("litellm")
      assert(litellm.completion{ api_base = "%s", model = "m", messages = { { role = "user", content = "x" } } })
    ]]):format(script.base)
    for _, key in ipairs({ false, "" }) do
      local output, status = child.run(code, { LITELLM_PROXY_API_KEY = key })
      assert.equal(0, status, output)
      assert.is_nil(script:last().headers.authorization)
      assert.is_nil(script:last().head:lower():find("bearer", 1, true))
    end
  end)

  it("never send Expect, large bodies neither", function()
    local script, client = setup.script({ ok })
    local request = sent(script, client, { x = ("x"):rep(2 * 1024 * 1024) })
    assert.is_nil(request.headers.expect)
    assert.is_true(request.complete)
  end)

  it("of a call win over the client's, the client's over the module's, whatever their case", function()
    local script, client = setup.script({ ok }, { headers = { ["X-A"] = "client", ["x-b"] = "client" } })
    litellm.headers = { ["X-a"] = "module", ["X-B"] = "module", ["X-C"] = "module" }
    local request = sent(script, client, { extra_headers = { ["x-A"] = "call" } })
    litellm.headers = nil
    assert.equal("call", request.headers["x-a"])
    assert.equal("client", request.headers["x-b"])
    assert.equal("module", request.headers["x-c"])
  end)

  it("that were empty are replaced, too", function()
    local script, client = setup.script({ ok }, { headers = { ["X-A"] = "" } })
    local request = sent(script, client, { extra_headers = { ["x-a"] = "call" } })
    assert.equal("call", request.headers["x-a"])
    assert.is_nil(request.head:find("X-A", 1, true))
  end)

  it("may replace Authorization, once", function()
    local script, client = setup.script({ ok })
    local request = sent(script, client, { extra_headers = { authorization = "Basic x" } })
    assert.equal("Basic x", request.headers.authorization)
  end)

  it("may carry the key under another name beside it", function()
    local script, client = setup.script({ ok })
    local request = sent(script, client, { extra_headers = { ["x-litellm-api-key"] = "Bearer sk-2" } })
    assert.equal("Bearer sk-2", request.headers["x-litellm-api-key"])
  end)

  it("may be empty, and numbers", function()
    local script, client = setup.script({ ok })
    local request = sent(script, client, { extra_headers = { ["X-Empty"] = "", ["X-Number"] = 7 } })
    assert.equal("", request.headers["x-empty"])
    assert.equal("7", request.headers["x-number"])
  end)

  it("set the retries of the gateway in one place", function()
    local script, client = setup.script({ ok }, { proxy_num_retries = 0 })
    assert.equal("0", sent(script, client).headers["x-litellm-num-retries"])
    assert.is_nil(sent(script, client).json.proxy_num_retries)
  end)

  it("carry the user agent that was set", function()
    local script, client = setup.script({ ok }, { user_agent = "game/2" })
    assert.equal("game/2", sent(script, client).headers["user-agent"])
  end)

  it("are refused with a line break in name or value", function()
    local script, client = setup.script({ ok })
    for _, headers in ipairs({
      { ["X-A"] = "a\r\nX-Evil: 1" }, { ["X-A"] = "a\nb" }, { ["X-A: b\r\nX-B"] = "c" }, { ["X A"] = "b" },
      { ["X-A"] = "a\0b" }, { [""] = "x" },
    }) do
      local detail = setup.failed(client:completion(setup.chat({ extra_headers = headers })))
      assert.equal("config", detail.kind)
    end
    assert.equal(0, script:count())
  end)
end)

describe("the key", function()
  it("may come from a function, called when it is needed", function()
    local calls = 0
    local script, client = setup.script({ ok }, {
      api_key = function()
        calls = calls + 1
        return "sk-made"
      end,
    })
    assert.equal(0, calls)
    assert.equal("Bearer sk-made", sent(script, client).headers.authorization)
    sent(script, client)
    assert.equal("Bearer sk-made", script:last().headers.authorization)
  end)

  it("from a function that fails is an error, and nothing is sent", function()
    for _, f in ipairs({
      function() error("vault is sealed") end, function() return nil, "vault is sealed" end,
      function() return "sk\nevil" end, function() return 5 end,
    }) do
      local script, client = setup.script({ ok }, { api_key = f })
      local detail = setup.failed(client:completion(setup.chat()))
      assert.equal("AuthenticationError", detail.type)
      assert.equal(0, script:count())
    end
  end)

  it("is never in the URL or the body", function()
    local script, client = setup.script({ ok })
    local request = sent(script, client)
    assert.is_nil(request.target:find("sk-spec", 1, true))
    assert.is_nil(request.body:find("sk-spec", 1, true))
  end)
end)

describe("settings", function()
  it("win in the order call, client, module, environment", function()
    local scripts = {}
    for i = 1, 4 do
      scripts[i] = gw:script({ ok })
    end
    local code = ([[
      local litellm = require("litellm")
      local args = { model = "m", messages = { { role = "user", content = "x" } } }
      assert(litellm.completion(args))
      litellm.api_base, litellm.api_key = "%s", "sk-module"
      assert(litellm.completion(args))
      local client = litellm.new{ api_base = "%s", api_key = "sk-client" }
      assert(client:completion(args))
      assert(client:with{ api_key = "sk-with" }:completion(args))
      args.api_base, args.api_key = "%s", "sk-call"
      assert(client:completion(args))
      assert(litellm.completion(args))
    ]]):format(scripts[2].base, scripts[3].base, scripts[4].base)
    local output, status = child.run(code,
      { LITELLM_PROXY_API_BASE = scripts[1].base, LITELLM_PROXY_API_KEY = "sk-environment" })
    assert.equal(0, status, output)
    local keys = {}
    for i, script in ipairs(scripts) do
      keys[i] = {}
      for j, request in ipairs(script:requests()) do
        keys[i][j] = request.headers.authorization
      end
    end
    assert.same({ { "Bearer sk-environment" }, { "Bearer sk-module" }, { "Bearer sk-client", "Bearer sk-with" },
      { "Bearer sk-call", "Bearer sk-call" } }, keys)
  end)

  it("of vendors are not read", function()
    local script = gw:script({ ok })
    local code = [[
      local res, err = require("litellm").completion{ model = "m", messages = { { role = "user", content = "x" } } }
      print(err)
    ]]
    local output = child.run(code, {
      OPENAI_API_KEY = "sk-vendor", OPENAI_BASE_URL = script.base, OPENAI_API_BASE = script.base,
      COHERE_API_KEY = "sk-vendor", COHERE_API_BASE = script.base,
    })
    assert.matches("LITELLM_PROXY_API_BASE", output)
    assert.equal(0, script:count())
    assert.equal("nil", child.run(code, {
      LITELLM_PROXY_API_BASE = script.base, OPENAI_API_KEY = "sk-vendor", OPENAI_ORG_ID = "vendor",
      OPENAI_PROJECT_ID = "vendor", OPENAI_CUSTOM_HEADERS = "X-Vendor: vendor", CO_API_KEY = "sk-vendor",
    }))
    assert.is_nil(script:last().head:lower():find("vendor", 1, true))
    assert.is_nil(script:last().headers.authorization)
  end)

  it("a copy keeps what it does not change, and leaves the original alone", function()
    local script, client = setup.script({ ok }, { headers = { ["X-A"] = "1" } })
    local copy = client:with({ api_key = "sk-copy" })
    assert.equal("1", sent(script, copy).headers["x-a"])
    assert.equal("Bearer sk-copy", script:last().headers.authorization)
    assert.equal("Bearer sk-spec", sent(script, client).headers.authorization)
    assert.equal(1, #script:connections())
  end)

  it("can be assigned to a client afterwards", function()
    local script, client = setup.script({ ok })
    client.api_key = "sk-later"
    assert.equal("Bearer sk-later", sent(script, client).headers.authorization)
  end)
end)

describe("use_litellm_proxy", function()
  local function outcome(environment, code)
    local script = gw:script({ ok })
    local text = ([[
      local litellm = require("litellm")
      local args = { model = "vertex_ai/gemini", messages = { { role = "user", content = "x" } } }
      %s
      local res, err = litellm.completion(args)
      print(err)
    ]]):format(code or "")
    local variables = { LITELLM_PROXY_API_BASE = script.base, USE_LITELLM_PROXY = environment or false }
    local output = child.run(text, variables)
    return output, script
  end

  it("is yes in many words, and then the model goes out whole", function()
    for _, word in ipairs({ "1", "true", "TRUE", " yes ", "on", "" }) do
      local output, script = outcome(word)
      assert.equal("nil", output, word)
      assert.equal("vertex_ai/gemini", script:last().json.model)
    end
  end)

  it("is no in many words: an error that says there is no other route", function()
    for _, word in ipairs({ "0", "false", "No", "off" }) do
      local output, script = outcome(word)
      assert.matches("USE_LITELLM_PROXY", output)
      assert.matches("no other route", output)
      assert.equal(0, script:count())
    end
  end)

  it("that is no boolean is an error that names it", function()
    local output, script = outcome("maybe")
    assert.matches("USE_LITELLM_PROXY", output)
    assert.matches("maybe", output)
    assert.equal(0, script:count())
  end)

  it("of the call wins over the module's, the module's over the environment", function()
    assert.equal("nil", (outcome("0", "litellm.use_litellm_proxy = true")))
    assert.equal("nil", (outcome("0", "args.use_litellm_proxy = true")))
    assert.equal("nil", (outcome(nil, "litellm.use_litellm_proxy = false args.use_litellm_proxy = true")))
    local output, script = outcome("1", "args.use_litellm_proxy = false")
    assert.matches("use_litellm_proxy", output)
    assert.equal(0, script:count())
  end)
end)

describe("require", function()
  it("adds no globals, prints nothing, reads nothing and contacts nobody", function()
    local script = gw:script({ ok }, { own = true })
    local output, status = child.run([[
      local before = {}
      for name in pairs(_G) do before[name] = true end
      local open = io.open
      io.open = function(...) print("opened", ...) return open(...) end
      require("litellm")
      for name in pairs(_G) do if not before[name] then print("global", name) end end
    ]], { LITELLM_PROXY_API_BASE = script.base, LITELLM_PROXY_API_KEY = "sk-x" })
    assert.equal("", output)
    assert.equal(0, status)
    assert.equal(0, #script:connections())
  end)
end)
