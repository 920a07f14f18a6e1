-- Mistakes on our side of the wire: one clear line that names the cause and the
-- remedy, and nothing is sent.
local child = require("support.child")
local reply = require("support.reply")
local setup = require("support.setup")
local litellm = setup.litellm

local ok = { json = reply.chat(), repeats = true }

--- Asserts that the call fails without a request; returns the detail.
local function refused(name, fields, settings)
  local script, client = setup.script({ ok }, settings)
  local args = setup.args(name, fields)
  local detail = setup.failed(client[name](client, args))
  assert.equal("config", detail.kind)
  assert.equal(0, script:count())
  assert.equal(0, #script:connections())
  return detail.message
end

--- Asserts that the call raises, with a message that points at this file.
local function raises(f, pattern)
  local fine, message = pcall(f)
  assert.is_false(fine)
  assert.equal("string", type(message))
  assert.is_nil(message:find("[\r\n]"), message)
  assert.matches("input_spec%.lua:%d+: ", message)
  assert.matches(pattern, message)
end

describe("the base", function()
  it("that is nowhere given is asked for by name", function()
    local output = child.run([[
      local litellm = require("litellm")
      local res, err, detail = litellm.completion{ model = "m", messages = { { role = "user", content = "x" } } }
      print(res, detail.kind, err)
    ]], { LITELLM_PROXY_API_BASE = false })
    assert.matches("^nil\tconfig\t", output)
    assert.matches("api_base", output)
    assert.matches("LITELLM_PROXY_API_BASE", output)
  end)

  it("that is empty counts as not given", function()
    local output = child.run([[
      print(select(2, require("litellm").models{ api_base = "" }))
    ]], { LITELLM_PROXY_API_BASE = "" })
    assert.matches("LITELLM_PROXY_API_BASE", output)
  end)

  it("that cannot be one is quoted with what is wrong", function()
    for base, pattern in pairs({
      ["localhost:4000"] = "http://localhost:4000", ["ftp://h"] = "http", ["http://"] = "host", ["http:///v1"] = "host",
      ["http://h:4000/v1?x=1"] = "%?", ["http://h#x"] = "#", ["http://a b"] = "space", ["http://h\n/x"] = "control",
      ["http://h\r\nX-Evil: 1"] = "control", ["not a url"] = "space", ["http://h:port"] = "port",
      ["http://h:99999"] = "port", ["http://[::1"] = "http",
    }) do
      local message = refused("completion", { api_base = base })
      assert.matches(pattern, message)
      assert.matches("api_base", message)
    end
  end)

  it("never shows a password that somebody put into it", function()
    local message = refused("completion", { api_base = "http://user:hunter2@h:4000" })
    assert.is_nil(message:find("hunter2", 1, true))
    assert.matches("api_key", message)
  end)
end)

describe("the key", function()
  it("with a line break is refused without showing it", function()
    for _, key in ipairs({ "sk-1234\n", "sk\r\nX-Evil: 1", "sk\0", "\127sk" }) do
      local message = refused("completion", { api_key = key })
      assert.matches("api_key", message)
      assert.is_nil(message:find("1234", 1, true))
    end
  end)
end)

describe("options", function()
  it("that are unknown raise in new and with", function()
    raises(function() litellm.new({ api_bsae = "x" }) end, "api_bsae")
    raises(function() litellm.new({}):with({ tiemout = 1 }) end, "tiemout")
    raises(function() litellm.api_bsae = "x" end, "api_bsae")
    raises(function() litellm.new({}).api_bsae = "x" end, "api_bsae")
  end)

  it("of a wrong type raise and say which type is right", function()
    for name, value in pairs({
      api_base = 5, api_key = {}, timeout = "30", num_retries = "2", headers = "x", tls = true, proxy_auth = "x",
      max_budget = "1", log = "stderr", retry = 3, use_litellm_proxy = 1,
    }) do
      raises(function() litellm.new({ [name] = value }) end, name)
      raises(function() litellm[name] = value end, name)
      raises(function() litellm.completion(setup.chat({ [name] = value })) end, name)
    end
    assert.is_nil(litellm.timeout)
  end)

  it("that cannot be raise", function()
    for name, value in pairs({ timeout = -1, num_retries = -1 }) do
      raises(function() litellm.new({ [name] = value }) end, name)
    end
    raises(function() litellm.new({ num_retries = 1.5 }) end, "num_retries")
    raises(function() litellm.new({ timeout = 0 / 0 }) end, "timeout")
    raises(function() litellm.new({ timeout = { conect = 1 } }) end, "conect")
    raises(function() litellm.new({ timeout = { connect = "1" } }) end, "connect")
    raises(function() litellm.new({ tls = { cafile = "x" } }) end, "cafile")
    raises(function() litellm.new({ tls = { min_version = "2.0" } }) end, "min_version")
    raises(function() litellm.new({ retry = { bsae = 1 } }) end, "bsae")
    raises(function() litellm.new({ limits = { depth = 257 } }) end, "depth.*1 to 256")
    raises(function() litellm.new({ limits = { depth = 0 } }) end, "depth")
    raises(function() litellm.new("http://h") end, "table")
  end)

  it("of a call that are tables must be tables", function()
    for _, name in ipairs({ "extra_body", "extra_headers", "extra_query", "tags" }) do
      raises(function() litellm.completion(setup.chat({ [name] = "x" })) end, name)
    end
  end)

  it("that are unknown raise in map and request", function()
    raises(function() litellm.map({}, print, { concurency = 1 }) end, "concurency")
    raises(function() litellm.request({ path = "/x", jsn = {} }) end, "jsn")
    raises(function() litellm.request({ method = "GET" }) end, "path")
    raises(function() litellm.request({ path = "models" }) end, "path")
    raises(function() litellm.request({ path = "//evil.example/x" }) end, "path")
    raises(function() litellm.request({ path = "/x\r\nX-Evil: 1" }) end, "path")
    raises(function() litellm.request({ path = "/x", method = "GET /evil" }) end, "method")
  end)
end)

describe("arguments", function()
  it("that are no table, or lack a field, raise", function()
    for _, name in ipairs(setup.names) do
      raises(function() litellm[name]() end, "table expected")
      raises(function() litellm[name]("hello") end, "table expected")
      raises(function() litellm[name]({}) end, name)
      raises(function() litellm["a" .. name]({}) end, name)
    end
    raises(function() litellm.completion({ model = "m" }) end, "messages")
    raises(function() litellm.completion({ messages = {} }) end, "model")
    raises(function() litellm.completion({ model = "m", messages = "hi" }) end, "messages.*table expected, got string")
    raises(function() litellm.completion(setup.chat({ stream = "yes" })) end, "stream")
    raises(function() litellm.rerank({ model = "m", query = "q", documents = "d" }) end, "documents")
  end)

  it("that are empty are refused", function()
    assert.matches("messages", refused("completion", { messages = {} }))
    assert.matches("input", refused("embedding", { input = {} }))
    assert.matches("input", refused("embedding", { input = "" }))
    assert.matches("prompt", refused("text_completion", { prompt = "" }))
    assert.matches("input", refused("speech", { input = "" }))
  end)

  it("that JSON cannot say are refused with the path of the key", function()
    for _, case in ipairs({
      { { x = print }, "x" }, { { x = { y = { z = 0 / 0 } } }, "x%.y%.z" }, { { x = 1 / 0 }, "x" },
      { { x = { [1] = 1, [1000] = 2 } }, "x" }, { { x = coroutine.create(function() end) }, "x" },
      { { messages = { { role = "user", content = "\255" } } }, "messages" },
      { { x = { "ok", "\237\160\128" } }, "x" }, { { ["x\255"] = 1 }, "key" },
      { { x = { [{}] = 1 } }, "x" },
    }) do
      assert.matches(case[2], refused("completion", case[1]))
    end
  end)

  it("with a cycle are refused, not followed", function()
    local loop = {}
    loop.loop = loop
    assert.matches("x", refused("completion", { x = loop }))
  end)

  it("as tags must be text without commas where they go as a header", function()
    for _, tags in ipairs({ { "a,b" }, { "a\nb" }, { 5 }, { {} } }) do
      assert.matches("tags", refused("transcription", { tags = tags }))
    end
  end)
end)

describe("files", function()
  local function without(name, value, pattern)
    local field = name == "image_edit" and "image" or "file"
    local message = refused(name, { [field] = value })
    assert.matches(pattern, message)
    assert.matches(field, message)
  end

  it("that are missing are named", function()
    without("transcription", "/no/such/file.wav", "/no/such/file%.wav")
    without("image_edit", "/no/such/cat.png", "/no/such/cat%.png")
    without("image_edit", { "/no/such/cat.png" }, "/no/such/cat%.png")
    without("transcription", litellm.file("/no/such/file.wav"), "/no/such/file%.wav")
  end)

  it("that are folders are named", function()
    without("transcription", "/tmp", "directory")
  end)

  it("that cannot be read are named", function()
    local path = os.tmpname()
    os.execute("chmod 000 " .. path)
    local readable = io.open(path)
    if readable then
      readable:close() -- The specs run as root, whom nothing stops.
      os.remove(path)
      return
    end
    without("transcription", path, "ermission")
    os.remove(path)
  end)

  it("that are closed are refused", function()
    local path = os.tmpname()
    local handle = io.open(path)
    handle:close()
    os.remove(path)
    without("transcription", handle, "closed")
  end)

  it("of a wrong type raise", function()
    for _, value in ipairs({ 5, true, {}, { path = "x" } }) do
      local fine, message = pcall(litellm.transcription, { model = "m", file = value, api_base = "http://127.0.0.1:9" })
      assert.is_false(fine)
      assert.matches("file", message)
    end
    raises(function() litellm.file({ filename = "x" }) end, "data")
    raises(function() litellm.file({ data = "x", fname = "y" }) end, "fname")
    raises(function() litellm.file(5) end, "table")
  end)

  it("with a name that would break out of its header are made harmless", function()
    local script, client = setup.script({ { json = { text = "x" } } })
    local file = litellm.file({ data = "x", filename = 'a"\r\nX-Evil: 1\r\n\r\n.wav' })
    local result, message, detail = client:transcription({ model = "m", file = file })
    if not result then
      setup.failed(result, message, detail)
    else
      local request = script:last()
      assert.equal(2, #request.parts)
      assert.is_nil(request.parts[2].headers["x-evil"])
    end
  end)
end)

describe("tasks", function()
  it("take functions and numbers, and say so", function()
    raises(function() litellm.spawn() end, "function expected")
    raises(function() litellm.sleep("1") end, "number expected")
    raises(function() litellm.deadline("1", print) end, "number expected")
    raises(function() litellm.deadline(1) end, "function expected")
    raises(function() litellm.map(5, print) end, "table expected")
    raises(function() litellm.map({}, 5) end, "function expected")
    raises(function() litellm.map({}, print, { concurrency = 0 }) end, "concurrency")
    raises(function() litellm.all({ 1 }) end, "task")
    raises(function() litellm.all() end, "table expected")
  end)
end)

describe("a proxy", function()
  it("that is not there is named with the remedy", function()
    local port = setup.gw:closed_port()
    local client = litellm.new({ api_base = "http://127.0.0.1:" .. port, num_retries = 0 })
    local detail = setup.failed(client:completion(setup.chat()))
    assert.matches("127%.0%.0%.1:" .. port, detail.message)
    assert.matches("api_base", detail.message)
  end)
end)
