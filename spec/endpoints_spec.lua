-- Everything reaches the wire: each endpoint with each documented field, with
-- fields nobody knows, and with each option of a call. Generated, so that no
-- endpoint can be forgotten.
local documented = require("support.fields")
local setup = require("support.setup")
local gw = setup.gw

--- Makes a call of this endpoint; returns the request that arrived.
local function wire(name, fields, settings, steps)
  local script, client = setup.script(steps or { setup.answer(name) }, settings)
  local result, message = client[name](client, setup.args(name, fields))
  assert(result ~= nil, message)
  if setup.endpoints[name].audio then
    result:bytes()
  end
  return script:last(), script
end

local function scalar_text(value)
  if type(value) == "number" and value % 1 == 0 then
    return ("%d"):format(value)
  end
  return tostring(value)
end

--- What a form must hold of a field: { name = { value, ... } }.
local function as_form(name, value)
  if type(value) ~= "table" then
    return { [name] = { scalar_text(value) } }
  end
  if #value > 0 then
    local list = {}
    for i, each in ipairs(value) do
      list[i] = scalar_text(each)
    end
    return { [name .. "[]"] = list }
  end
  local form = {}
  for key, each in pairs(value) do
    for inner, list in pairs(as_form(("%s[%s]"):format(name, key), each)) do
      form[inner] = list
    end
  end
  return form
end

--- Asserts that the request carries the field, as JSON or in its form.
local function assert_sent(request, form, name, value)
  if not form then
    assert.same(value, request.json[name])
    return
  end
  for part, values in pairs(as_form(name, value)) do
    assert.same(values, request.parts.by_name[part], part)
  end
end

local unknown = {
  x_text = "é\n\"q\"", x_integer = 7, x_float = 0.5, x_true = true, x_false = false, x_list = { "a", "b" },
  x_map = { deep = { deeper = 1 } },
}

for _, name in ipairs(setup.names) do
  local endpoint = setup.endpoints[name]
  describe(name, function()
    it("goes to " .. endpoint.path, function()
      local request = wire(name)
      assert.equal("POST", request.method)
      assert.equal(endpoint.path, request.path)
      assert.equal("", request.query)
      local kind = endpoint.form and "^multipart/form%-data; boundary=" or "^application/json"
      assert.matches(kind, request.headers["content-type"])
    end)

    it("sends its required fields", function()
      local request = wire(name)
      for field, value in pairs(endpoint.args) do
        if field ~= "image" and field ~= "file" then
          assert_sent(request, endpoint.form, field, value)
        end
      end
    end)

    it("sends each documented field as it is", function()
      local request = wire(name, documented[name])
      for field, value in pairs(documented[name]) do
        assert_sent(request, endpoint.form, field, value)
      end
    end)

    it("sends each documented field alone", function()
      for field, value in pairs(documented[name]) do
        assert_sent(wire(name, { [field] = value }), endpoint.form, field, value)
      end
    end)

    it("sends fields it does not know", function()
      local request = wire(name, unknown)
      for field, value in pairs(unknown) do
        assert_sent(request, endpoint.form, field, value)
      end
    end)

    it("sends user and metadata", function()
      local request = wire(name, { user = "u-1", metadata = { team = "search" } })
      assert_sent(request, endpoint.form, "user", "u-1")
      if endpoint.form then
        assert.same({ '{"team":"search"}' }, request.parts.by_name.metadata)
      else
        assert.same({ team = "search" }, request.json.metadata)
      end
    end)

    it("sends tags" .. (endpoint.form and " as a header" or ""), function()
      local request = wire(name, { tags = { "team:search", "job:7" } })
      if endpoint.form then
        assert.matches("^team:search, ?job:7$", request.headers["x-litellm-tags"])
        assert.is_nil(request.parts.by_name.tags)
        assert.is_nil(request.parts.by_name["tags[]"])
      else
        assert.same({ "team:search", "job:7" }, request.json.tags)
        assert.is_nil(request.headers["x-litellm-tags"])
      end
    end)

    it("merges extra_body last, and never sends it as such", function()
      local request = wire(name, {
        user = "mine", x_map = { a = 1, b = { c = 1 } }, x_list = { 1, 2 },
        extra_body = { user = "theirs", x_map = { b = { d = 2 } }, x_list = { 3 }, x_new = "new" },
      })
      assert_sent(request, endpoint.form, "user", "theirs")
      assert_sent(request, endpoint.form, "x_new", "new")
      assert_sent(request, endpoint.form, "x_map", { a = 1, b = { c = 1, d = 2 } })
      assert_sent(request, endpoint.form, "x_list", { 3 })
      if endpoint.form then
        assert.is_nil(request.parts.by_name.extra_body)
        assert.is_nil(request.body:match("extra_body"))
      else
        assert.is_nil(request.json.extra_body)
      end
    end)

    it("leaves the caller's tables as they were", function()
      local inner = { a = 1 }
      local fields = {
        x_map = inner, tags = { "t" }, extra_body = { x_map = { b = 2 } }, extra_headers = { ["X-A"] = "1" },
      }
      wire(name, fields)
      assert.same({ a = 1 }, inner)
      assert.same({ "t" }, fields.tags)
      assert.same({ x_map = { b = 2 } }, fields.extra_body)
      assert.same({ ["X-A"] = "1" }, fields.extra_headers)
    end)

    it("sends extra_headers, over the client's and its own", function()
      local request = wire(name, { extra_headers = { ["X-One"] = "call", ["User-Agent"] = "mine/1" } },
        { headers = { ["x-one"] = "client", ["X-Two"] = "client" } })
      assert.equal("call", request.headers["x-one"])
      assert.equal("client", request.headers["x-two"])
      assert.equal("mine/1", request.headers["user-agent"])
      assert.is_nil(request.body:match("X%-One"))
    end)

    it("lets extra_headers take a header away", function()
      local request = wire(name, { extra_headers = { ["X-Two"] = false, Authorization = false } },
        { headers = { ["X-Two"] = "client" } })
      assert.is_nil(request.headers["x-two"])
      assert.is_nil(request.headers.authorization)
    end)

    it("sends extra_query", function()
      local request = wire(name, { extra_query = { a = "1 & ü", b = { "x", "y" } } })
      assert.equal(endpoint.path, request.path)
      assert.equal("a=1%20%26%20%C3%BC&b=x&b=y", request.query)
      assert.is_nil(request.body:match("extra_query"))
    end)

    it("takes api_base and api_key per call", function()
      local elsewhere = gw:script({ setup.answer(name) })
      local script, client = setup.script({ setup.answer(name) })
      local result = assert(client[name](client, setup.args(name, { api_base = elsewhere.base, api_key = "sk-call" })))
      if endpoint.audio then
        result:bytes()
      end
      assert.equal(0, script:count())
      local request = elsewhere:last()
      assert.equal("Bearer sk-call", request.headers.authorization)
      for _, field in ipairs({ "api_base", "api_key", elsewhere.base }) do
        assert.is_nil(request.body:find(field, 1, true))
      end
    end)

    it("keeps our options out of the body", function()
      local request = wire(name, {
        timeout = 4, num_retries = 0, use_litellm_proxy = true, retry = { base = 0.001 }, max_budget = 1000,
      })
      for _, field in ipairs({ "timeout", "num_retries", "use_litellm_proxy", "max_budget" }) do
        assert.is_nil(request.body:match('"' .. field .. '"'))
      end
    end)

    it("takes timeout per call", function()
      local _, client = setup.script({ { raw = { "stall" } } })
      local before = setup.now()
      local detail = setup.failed(client[name](client, setup.args(name, { timeout = 0.05 })))
      assert.equal("Timeout", detail.type)
      assert.equal("timeout", detail.kind)
      assert.is_true(setup.now() - before < 1)
    end)

    it("takes num_retries per call", function()
      local script, client = setup.script({ { status = 500, body = "{}" }, { status = 500, body = "{}" },
        setup.answer(name) })
      assert(client[name](client, setup.args(name, { num_retries = 2 })))
      assert.equal(3, script:count())
      local again = setup.script({ { status = 500, body = "{}", repeats = true } })
      local detail = setup.failed(client[name](client, setup.args(name, { api_base = again.base, num_retries = 1 })))
      assert.equal(2, again:count())
      assert.equal(2, detail.attempts)
    end)

    it("has a twin that returns a task at once", function()
      local script, client = setup.script({ { wait = "go", delay = 0.01, body = setup.answer(name).body,
        headers = setup.answer(name).headers } })
      local task = client["a" .. name](client, setup.args(name))
      assert.is_false(task:done())
      assert.is_not_nil((task:await(2)))
      assert.equal(1, script:count())
    end)

    it("is a function of the module, too", function()
      local script = gw:script({ setup.answer(name) })
      local call = setup.litellm[name]
      assert(call(setup.args(name, { api_base = script.base, api_key = "sk-module" })))
      assert.equal("Bearer sk-module", script:last().headers.authorization)
    end)

    it("strips litellm_proxy/ once from the model", function()
      for given, sent in pairs({
        ["litellm_proxy/gpt-4o"] = "gpt-4o", ["litellm_proxy/litellm_proxy/x"] = "litellm_proxy/x",
        ["vertex_ai/gemini"] = "vertex_ai/gemini", ["gpt-4o"] = "gpt-4o",
        ["litellm_proxy/azure/gpt-4"] = "azure/gpt-4",
      }) do
        assert_sent(wire(name, { model = given }), endpoint.form, "model", sent)
      end
    end)
  end)
end

describe("models", function()
  it("is a GET without a body", function()
    local script, client = setup.script({ { json = { object = "list", data = { { id = "gpt-4o" } } } } })
    local models = assert(client:models({ extra_query = { x = 1 }, extra_headers = { ["X-A"] = "1" } }))
    assert.equal("gpt-4o", models.data[1].id)
    local request = script:last()
    assert.equal("GET", request.method)
    assert.equal("/models", request.path)
    assert.equal("x=1", request.query)
    assert.equal("1", request.headers["x-a"])
    assert.equal("Bearer sk-spec", request.headers.authorization)
    assert.is_nil(request.headers["content-type"])
    assert.equal("", request.body)
  end)

  it("needs no arguments", function()
    local _, client = setup.script({ { json = { object = "list", data = { { id = "gpt-4o" } } } } })
    assert.equal("list", assert(client:models()).object)
  end)
end)

describe("extra_query", function()
  local function query(extra, path)
    local script, client = setup.script({ { json = {} } })
    assert(client:request({ path = path or "/x", extra_query = extra }))
    return script:last().query
  end

  it("takes lists in order, maps, and maps in them", function()
    local list = {}
    for i = 1, 11 do
      list[i] = i
    end
    assert.equal("a=1&a=2&a=3&a=4&a=5&a=6&a=7&a=8&a=9&a=10&a=11", query({ a = list }))
    assert.equal("f%5Bkind%5D=x&f%5Bof%5D%5Bdeep%5D=1&f%5Bof%5D%5Bdeep%5D=2",
      query({ f = { kind = "x", of = { deep = { 1, 2 } } } }))
  end)

  it("leaves out null and what is empty", function()
    assert.equal("b=", query({ a = setup.litellm.null, b = "", c = {}, d = { setup.litellm.null } }))
    assert.equal("", query({}))
  end)

  it("goes behind the query that the path has", function()
    assert.equal("a=1&a=2&b=3", query({ a = 2, b = 3 }, "/x?a=1"))
  end)

  it("that cannot be sent is an error with its place, and nothing is sent", function()
    local loop = {}
    loop.loop = loop
    for _, value in ipairs({ { deep = print }, loop }) do
      local script, client = setup.script({ { json = {} } })
      local detail = setup.failed(client:request({ path = "/x", extra_query = { a = value } }))
      assert.equal("config", detail.kind)
      assert.matches("extra_query", detail.message)
      assert.equal(0, script:count())
    end
  end)
end)

describe("request", function()
  it("goes to any path of the gateway with all the options", function()
    local script, client = setup.script({ { json = { total_tokens = 3 } } })
    local result = assert(client:request({
      method = "POST", path = "/utils/token_counter", json = { model = "m", prompt = "x" }, tags = { "t" },
      extra_headers = { ["X-A"] = "1" }, extra_query = { q = 2 },
    }))
    assert.equal(3, result.total_tokens)
    local request = script:last()
    assert.equal("/utils/token_counter", request.path)
    assert.equal("q=2", request.query)
    assert.equal("x", request.json.prompt)
    assert.equal("1", request.headers["x-a"])
  end)

  it("is a GET by default, and takes other methods", function()
    local script, client = setup.script({ { json = { ok = true }, repeats = true } })
    assert(client:request({ path = "/health/liveliness" }))
    assert(client:request({ path = "/v1/files/f", method = "DELETE" }))
    local requests = script:requests()
    assert.equal("GET", requests[1].method)
    assert.equal("DELETE", requests[2].method)
    assert.equal("", requests[1].body)
  end)

  it("gives text and JSON values as they are", function()
    local _, client = setup.script({
      { body = '"I\'m alive!"' }, { body = "plain", headers = { ["Content-Type"] = "text/plain" } },
    })
    assert.equal("I'm alive!", (client:request({ path = "/health/liveliness" })))
    assert.equal("plain", (client:request({ path = "/metrics" })))
  end)
end)

describe("empty lists", function()
  it("of documents go out as []", function()
    assert.matches('"documents":%[%]', wire("rerank", { documents = {} }).body)
  end)

  it("of tools and stop go out as []", function()
    local body = wire("completion", { tools = {}, stop = {} }).body
    assert.matches('"tools":%[%]', body)
    assert.matches('"stop":%[%]', body)
  end)

  it("go out as [] anywhere when they are litellm.array", function()
    local body = wire("completion", { x = { required = setup.litellm.array({}) } }).body
    assert.matches('"required":%[%]', body)
  end)
end)

describe("numbers", function()
  it("stay exact", function()
    local body = wire("completion", { seed = 9007199254740991, temperature = 0.1, n = 1, x = 1 / 3 }).body
    assert.matches('"seed":9007199254740991[,}]', body)
    assert.matches('"n":1[,}]', body)
    assert.equal(0.1, tonumber(body:match('"temperature":([%d.e-]+)')))
    assert.equal(1 / 3, tonumber(body:match('"x":([%d.e-]+)')))
  end)
end)
