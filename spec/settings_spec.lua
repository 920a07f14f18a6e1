-- Settings: how limits add up over the layers, and that a change counts from the
-- next call on, however it was made.
local reply = require("support.reply")
local settings = require("litellm.settings")
local setup = require("support.setup")
local litellm = setup.litellm
local gw = setup.gw

local ok = { json = reply.chat(), repeats = true }

describe("the limits of a call", function()
  local function limits(call, client, module, stream)
    return settings.timeouts({ timeout = call }, client ~= nil and { timeout = client } or nil, { timeout = module },
      stream)
  end

  it("have defaults; a stream has no total", function()
    assert.same({ connect = 10, first_byte = 600, idle = 120, total = 600 }, limits())
    assert.same({ connect = 10, first_byte = 600, idle = 120 }, limits(nil, nil, nil, true))
  end)

  it("take a number for the total", function()
    assert.equal(30, limits(30).total)
    assert.equal(30, limits(30, nil, nil, true).total)
    assert.equal(120, limits(30).idle)
  end)

  it("are taken one by one from the call, the client, the module", function()
    local all = limits({ idle = 1 }, { idle = 2, first_byte = 2 }, { idle = 3, first_byte = 3, connect = 3 })
    assert.same({ idle = 1, first_byte = 2, connect = 3, total = 600 }, all)
    assert.equal(5, limits({ idle = 1 }, 5).total)
    assert.equal(0, limits(0, 5).total)
  end)
end)

describe("a change of settings", function()
  local script, client

  before_each(function()
    script, client = setup.script({ ok })
  end)

  after_each(function()
    litellm.headers, litellm.api_base, litellm.api_key = nil, nil, nil
  end)

  local function headers(with)
    assert((with or client):completion(setup.chat()))
    return script:last().headers
  end

  it("by assignment counts", function()
    assert.is_nil(headers()["x-a"])
    client.headers = { ["X-A"] = "1" }
    assert.equal("1", headers()["x-a"])
    client.headers = nil
    assert.is_nil(headers()["x-a"])
    client.api_key = "sk-2"
    assert.equal("Bearer sk-2", headers().authorization)
  end)

  it("inside a table counts, too", function()
    client.headers = { ["X-A"] = "1" }
    assert.equal("1", headers()["x-a"])
    client.headers["X-A"] = "2"
    assert.equal("2", headers()["x-a"])
    client.headers["X-B"] = "3"
    assert.equal("3", headers()["x-b"])
    client.headers["X-A"] = nil
    assert.is_nil(headers()["x-a"])
  end)

  it("of the module reaches clients that do not set it themselves", function()
    assert.is_nil(headers()["x-a"])
    litellm.headers = { ["X-A"] = "module" }
    assert.equal("module", headers()["x-a"])
    litellm.headers["X-A"] = "changed"
    assert.equal("changed", headers()["x-a"])
  end)

  it("of the base counts", function()
    local other = gw:script({ ok })
    headers()
    client.api_base = other.base
    assert(client:completion(setup.chat()))
    assert.equal(1, script:count())
    assert.equal(1, other:count())
    litellm.api_base = script.base
    assert(litellm.completion(setup.chat()))
    litellm.api_base = other.base
    assert(litellm.completion(setup.chat()))
    assert.equal(2, script:count())
    assert.equal(2, other:count())
  end)

  it("of a limit counts", function()
    local stall = gw:script({ { raw = { "stall" }, repeats = true } })
    local slow = setup.client(stall, { timeout = { first_byte = 0.05 } })
    assert.equal("timeout", setup.failed(slow:completion(setup.chat())).kind)
    slow.timeout.first_byte = 0.1
    local before = setup.now()
    setup.failed(slow:completion(setup.chat()))
    assert.is_true(setup.now() - before > 0.09)
  end)

  it("in a copy leaves the original alone, and the other way round", function()
    local copy = client:with({ headers = { ["X-A"] = "copy" } })
    assert.equal("copy", headers(copy)["x-a"])
    assert.is_nil(headers()["x-a"])
    client.headers = { ["X-A"] = "original" }
    assert.equal("copy", headers(copy)["x-a"])
    assert.equal("original", headers()["x-a"])
  end)

  it("for one call leaves the next alone", function()
    assert(client:completion(setup.chat({ extra_headers = { ["X-A"] = "once" }, api_key = "sk-once" })))
    assert.equal("once", script:last().headers["x-a"])
    assert.is_nil(headers()["x-a"])
    assert.equal("Bearer sk-spec", script:last().headers.authorization)
  end)
end)

describe("a client", function()
  it("never gives another client's key or headers to a request", function()
    local script = gw:script({ ok })
    local clients = {}
    for i = 1, 20 do
      clients[i] = setup.client(script, { api_key = "sk-" .. i, headers = { ["X-N"] = tostring(i) } })
    end
    local list = {}
    for i = 1, 200 do
      list[i] = i
    end
    local _, failures = litellm.map(list, function(i)
      return clients[i % 20 + 1]:completion(setup.chat({ seed = i % 20 + 1 }))
    end, { concurrency = 20 })
    assert.same({}, failures)
    for _, request in ipairs(script:requests()) do
      local n = ("%d"):format(request.json.seed)
      assert.equal("Bearer sk-" .. n, request.headers.authorization)
      assert.equal(n, request.headers["x-n"])
    end
  end)

  it("says when its methods are called with a dot", function()
    local client = litellm.new({ api_base = "http://127.0.0.1:1" })
    for _, name in ipairs({ "completion", "acompletion", "models", "request", "with" }) do
      local fine, message = pcall(function() client[name]({}) end)
      assert.is_false(fine)
      assert.matches(("settings_spec.lua:%%d+: '%s' is a method: write client:%s,"):format(name, name), message)
    end
  end)

  it("without settings is the module", function()
    local script = gw:script({ ok })
    litellm.api_base = script.base
    assert(litellm.new({}):completion(setup.chat()))
    assert(litellm.new():completion(setup.chat()))
    litellm.api_base = nil
    assert.equal(2, script:count())
  end)
end)
