-- Transport: redirects, TLS, proxies, limits, and what HTTP can do.
local child = require("support.child")
local reply = require("support.reply")
local setup = require("support.setup")
local litellm = setup.litellm
local gw = setup.gw

local ok = { json = reply.chat(), repeats = true }

local function redirect(status, location)
  return { status = status, headers = { Location = location }, body = "" }
end

describe("a redirect", function()
  it("307 or 308 on the same origin is followed with method, body and key", function()
    for _, status in ipairs({ 307, 308 }) do
      local target = gw:script({ ok })
      for _, location in ipairs({ target.base .. "/x", "/" .. target.id .. "/x" }) do
        local _, client = setup.script({ redirect(status, location) })
        assert.equal("Hello", assert(client:completion(setup.chat())).choices[1].message.content)
        local request = target:last()
        assert.equal("POST", request.method)
        assert.equal("/x", request.path)
        assert.equal("Bearer sk-spec", request.headers.authorization)
        assert.equal("gpt-4o", request.json.model)
      end
    end
  end)

  it("to another origin is not followed; the error says where and what to do", function()
    local target = gw:script({ ok }, { own = true })
    for _, status in ipairs({ 301, 302, 303, 307, 308 }) do
      local _, client = setup.script({ redirect(status, target.base) })
      local detail = setup.failed(client:completion(setup.chat()))
      assert.equal(status, detail.status)
      assert.matches("127%.0%.0%.1:" .. target.port, detail.message)
      assert.matches("api_base", detail.message)
    end
    assert.equal(0, #target:connections())
  end)

  it("301, 302 or 303 of a POST is an error, not a GET", function()
    for _, status in ipairs({ 301, 302, 303 }) do
      local target = gw:script({ ok })
      local _, client = setup.script({ redirect(status, target.base) })
      local detail = setup.failed(client:completion(setup.chat()))
      assert.matches("api_base", detail.message)
      assert.equal(0, target:count())
    end
  end)

  it("of a GET is followed on the same origin", function()
    local target = gw:script({ { json = { object = "list", data = {} } } })
    local _, client = setup.script({ redirect(302, target.base .. "/models") })
    assert.equal("list", assert(client:models()).object)
  end)

  it("in a circle ends", function()
    local script = gw:script({ ok })
    local steps = redirect(307, "/" .. script.id)
    steps.repeats = true
    gw:order({ order = "script", id = script.id, steps = { require("support.gateway").render(steps) } })
    local detail = setup.failed(setup.client(script):completion(setup.chat()))
    assert.equal(307, detail.status)
    assert.is_true(script:count() <= 20)
  end)

  it("to no HTTP address, or to nowhere, is an error", function()
    for _, location in ipairs({ "ftp://h/x", "javascript:alert(1)", "file:///etc/passwd", "http://", "" }) do
      local _, client = setup.script({ redirect(307, location) })
      setup.failed(client:completion(setup.chat()))
    end
    local _, client = setup.script({ { status = 307, body = "" } })
    setup.failed(client:completion(setup.chat()))
  end)

  it("of a stream is followed, too", function()
    local target = gw:script({ reply.stream("a") })
    local _, client = setup.script({ redirect(307, target.base) })
    assert.equal("a", assert(assert(client:completion(setup.stream())):result()).choices[1].message.content)
  end)
end)

describe("TLS", function()
  local function call(certificate, settings, options)
    options = options or {}
    options.tls = certificate
    local script = gw:script({ ok }, options)
    return script, setup.client(script, settings):completion(setup.chat())
  end

  local function trusted(more)
    local tls = { ca_file = gw:tls().ca_file }
    for name, value in pairs(more or {}) do
      tls[name] = value
    end
    return { tls = tls }
  end

  it("works with a private authority", function()
    for _, host in ipairs({ "127.0.0.1", "localhost" }) do
      local _, result, message = call("good", trusted(), { host = host })
      assert(result, message)
    end
  end)

  it("fails closed: unknown authority, wrong name, expired", function()
    for _, case in ipairs({ { "good", {} }, { "unknown", trusted() }, { "wrong_name", trusted() },
      { "expired", trusted() } }) do
      local script, result, message, detail = call(case[1], case[2])
      setup.failed(result, message, detail)
      assert.equal("tls", detail.kind, case[1])
      assert.matches("ca_file", message)
      assert.equal(0, script:count())
    end
  end)

  it("is not verified where somebody said so", function()
    for _, certificate in ipairs({ "unknown", "wrong_name", "expired" }) do
      local _, result, message = call(certificate, { tls = { verify = false } })
      assert(result, message)
    end
  end)

  it("does not lend an unverified connection to a client that verifies", function()
    local script, result = call("unknown", { tls = { verify = false } })
    assert(result)
    local detail = setup.failed(setup.client(script):completion(setup.chat()))
    assert.equal("tls", detail.kind)
  end)

  it("shows the client's certificate", function()
    local _, result, message = call("mutual",
      trusted({ client_cert = gw:tls().client_cert, client_key = gw:tls().client_key }))
    assert(result, message)
    local _, none, text, detail = call("mutual", trusted())
    setup.failed(none, text, detail)
  end)

  it("trusts a folder of authorities", function()
    local _, result, message = call("good", { tls = { ca_path = gw:tls().ca_path } })
    assert(result, message)
    local _, none, text, detail = call("unknown", { tls = { ca_path = gw:tls().ca_path } })
    setup.failed(none, text, detail)
    assert.equal("tls", detail.kind)
  end)

  it("is no older than was asked for", function()
    local _, result, message = call("old", trusted({ min_version = "1.2" }))
    assert(result, message)
    for _, version in ipairs({ "1.3", 1.3 }) do
      local script, none, text, detail = call("old", trusted({ min_version = version }))
      setup.failed(none, text, detail)
      assert.equal("tls", detail.kind)
      assert.equal(0, script:count())
    end
  end)

  it("says which file is missing", function()
    local _, result, message, detail = call("good", { tls = { ca_file = "/no/such/ca.pem" } })
    setup.failed(result, message, detail)
    assert.matches("/no/such/ca%.pem", message)
  end)

  it("reads SSL_CERT_FILE", function()
    local script = gw:script({ ok }, { tls = "good" })
    local output = child.run(([[
      local res, err = require("litellm").completion{
        api_base = "%s", num_retries = 0, model = "m", messages = { { role = "user", content = "x" } } }
      print(err)
    ]]):format(script.base), { SSL_CERT_FILE = gw:tls().ca_file })
    assert.equal("nil", output)
  end)
end)

describe("a forward proxy", function()
  it("from the environment carries plain calls", function()
    local proxy, script = gw:proxy(), gw:script({ ok })
    local output = child.run(([[
      local res, err = require("litellm").completion{
        api_base = "http://gateway.test/%s", num_retries = 0, model = "m",
        messages = { { role = "user", content = "x" } } }
      print(err)
    ]]):format(script.id), { http_proxy = proxy.url })
    assert.equal("nil", output)
    assert.equal("http://gateway.test/" .. script.id .. "/chat/completions", proxy:last().target)
    assert.equal(1, script:count())
  end)

  it("from the environment tunnels TLS", function()
    local proxy, script = gw:proxy(), gw:script({ ok }, { tls = "good" })
    local output = child.run(([[
      local res, err = require("litellm").completion{ tls = { ca_file = "%s" },
        api_base = "%s", num_retries = 0, model = "m", messages = { { role = "user", content = "x" } } }
      print(err)
    ]]):format(gw:tls().ca_file, script.base:gsub("127%.0%.0%.1", "gateway.test")), { HTTPS_PROXY = proxy.url })
    assert.equal("nil", output)
    assert.equal("CONNECT", proxy:last().method)
    assert.equal("gateway.test:" .. script.port, proxy:last().target)
    assert.is_nil(proxy:last().headers.authorization)
    assert.equal(1, script:count())
  end)

  it("is passed by where NO_PROXY says so", function()
    local proxy, script = gw:proxy(), gw:script({ ok })
    for _, no_proxy in ipairs({ "127.0.0.1", "*", "other.test,127.0.0.1" }) do
      local output = child.run(([[
        local res, err = require("litellm").completion{
          api_base = "%s", num_retries = 0, model = "m", messages = { { role = "user", content = "x" } } }
        print(err)
      ]]):format(script.base), { http_proxy = proxy.url, no_proxy = no_proxy })
      assert.equal("nil", output)
    end
    assert.equal(0, proxy:count())
  end)

  it("may be a setting, with a password that shows nowhere", function()
    local proxy, script = gw:proxy({ auth = "user:hunter2" }), gw:script({ ok })
    local url = proxy.url:gsub("//", "//user:hunter2@")
    local client = setup.client(script, { proxy = url, no_proxy = "" })
    assert(client:completion(setup.chat()))
    assert.equal(1, proxy:count())
    local detail = setup.failed(client:with({ proxy = (url:gsub("hunter2", "hunter3")) }):completion(setup.chat()))
    assert.is_nil(detail.message:find("hunter3", 1, true))
    assert.is_nil(tostring(client):find("hunter", 1, true))
  end)

  it("that is not there is an error that names it", function()
    local port = gw:closed_port()
    local _, client = setup.script({ ok }, { proxy = "http://127.0.0.1:" .. port })
    local detail = setup.failed(client:completion(setup.chat()))
    assert.equal("connect", detail.kind)
    assert.matches(tostring(port), detail.message)
  end)
end)

describe("HTTP", function()
  it("informational answers come before the answer", function()
    local _, client = setup.script({ { raw = {
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n",
      'x-litellm-call-id: c\r\n\r\n{"id":1}',
    } } })
    local result = assert(client:completion(setup.chat()))
    assert.equal(1, result.id)
    assert.equal("c", litellm.meta(result).call_id)
    assert.equal(200, litellm.meta(result).status)
  end)

  it("1.0 ends the body with the connection, of a stream as well", function()
    local _, client = setup.script({ { version = "HTTP/1.0", json = reply.chat("old"), content_length = false } })
    assert.equal("old", assert(client:completion(setup.chat())).choices[1].message.content)
    local step = reply.stream("a")
    step.version, step.chunked = "HTTP/1.0", false
    _, client = setup.script({ step })
    assert.equal("a", assert(assert(client:completion(setup.stream())):result()).choices[1].message.content)
  end)

  it("chunks may be of any size, with extensions and trailers", function()
    local body = '{"id":"chunked"}'
    local chunks = {}
    for i = 1, #body do
      chunks[i] = "1;ext=1\r\n" .. body:sub(i, i) .. "\r\n"
    end
    local _, client = setup.script({ { raw = {
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
        .. table.concat(chunks) .. "0\r\nX-Trailer: 1\r\n\r\n",
    } } })
    assert.equal("chunked", assert(client:completion(setup.chat())).id)
  end)

  it("connections are kept and used again", function()
    local script, client = setup.script({ ok }, nil, { own = true })
    for _ = 1, 5 do
      assert(client:completion(setup.chat()))
    end
    assert.equal(1, #script:connections())
  end)

  it("a connection that the server has closed meanwhile is replaced without a word", function()
    local step = { json = reply.chat(), ending = "close" }
    local script, client = setup.script({ step, step, step }, nil, { own = true })
    for _ = 1, 3 do
      local result = assert(client:completion(setup.chat()))
      assert.equal(1, litellm.meta(result).attempts)
      litellm.sleep(0.01)
    end
    assert.equal(3, #script:connections())
  end)

  it("a connection of an error answer is used again", function()
    local step = reply.error(400, "no")
    step.repeats = true
    local script, client = setup.script({ step }, nil, { own = true })
    for _ = 1, 3 do
      client:completion(setup.chat())
    end
    assert.equal(1, #script:connections())
  end)

  it("an answer before the body was sent is taken", function()
    local script, client = setup.script({
      { status = 413, early = true, close = true, body = '{"detail":"too large"}' },
    })
    local result, message, detail = client:completion(setup.chat({ x = ("x"):rep(8 * 1024 * 1024) }))
    setup.failed(result, message, detail)
    assert.equal(1, script:count())
  end)

  it("a large answer comes whole", function()
    local text = ("0123456789"):rep(400000)
    local _, client = setup.script({ { json = reply.chat(text) } })
    assert.equal(text, assert(client:completion(setup.chat())).choices[1].message.content)
  end)
end)

describe("limits", function()
  it("of the body end the transfer with a typed error", function()
    local script, client = setup.script({ { json = reply.chat(("x"):rep(200000)) } }, { limits = { body = 100000 } })
    local detail = setup.failed(client:completion(setup.chat()))
    assert.equal("limit", detail.kind)
    assert.matches("limits", detail.message)
    assert.equal(1, script:count())
  end)

  it("of the head end the transfer with a typed error", function()
    local _, client = setup.script({ { json = reply.chat(), headers = { ["X-Huge"] = ("x"):rep(60000) } } },
      { limits = { head = 10000 } })
    assert.equal("limit", setup.failed(client:completion(setup.chat())).kind)
  end)

  it("of the head let a large one through", function()
    local _, client = setup.script({ { json = reply.chat(), headers = { ["X-Huge"] = ("x"):rep(60000) } } })
    local result = assert(client:completion(setup.chat()))
    assert.equal(60000, #litellm.meta(result).headers["x-huge"])
  end)

  it("of an event end the stream with a typed error", function()
    local _, client = setup.script({ { sse = { reply.text("a"), reply.text(("x"):rep(100000)), reply.finish(),
      reply.DONE } } }, { limits = { event = 10000 } })
    local stream = assert(client:completion(setup.stream()))
    local detail = setup.failed(stream:result())
    assert.equal("limit", detail.kind)
    assert.equal("error", stream:state())
    assert.equal("a", detail.partial.choices[1].message.content)
  end)

  it("of the depth refuse an answer, a stream and a JSON body in its place", function()
    local deep = '{"a":[{"b":[1]}],"choices":[]}'
    for depth, fine in pairs({ [3] = false, [4] = true }) do
      local settings = { limits = { depth = depth } }
      local _, client = setup.script({ { body = deep }, { sse = { "data: " .. deep .. "\n\n", reply.DONE } },
        { body = deep } }, settings)
      local result, message, detail = client:completion(setup.chat())
      for _ = 1, 3 do
        assert.equal(fine, result ~= nil, message)
        if not fine then
          assert.equal("parse", detail.kind)
          assert.matches("nested too deep", message)
        end
        result, message, detail = client:completion(setup.stream())
        if result then
          result, message, detail = result:result()
        end
      end
    end
  end)

  it("of an endless body without an end hold", function()
    local _, client = setup.script({ { raw = {
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" .. ("x"):rep(3 * 1024 * 1024), "stall",
    } } }, { limits = { body = 1024 * 1024 } })
    assert.equal("limit", setup.failed(client:completion(setup.chat())).kind)
  end)
end)

describe("hostile JSON", function()
  it("that is nested without end is a parse error", function()
    for _, text in ipairs({ ("["):rep(100000), ('{"a":'):rep(100000), ("["):rep(2000) .. ("]"):rep(2000) }) do
      local _, client = setup.script({ { body = text } })
      assert.equal("parse", setup.failed(client:completion(setup.chat())).kind)
      _, client = setup.script({ { sse = { "data: " .. text .. "\n\n" } } })
      setup.failed(assert(client:completion(setup.stream())):result())
    end
  end)
end)

describe("many at once", function()
  it("work, each with its own answer", function()
    local script, client = setup.script({ { delay = 0.01, json = reply.chat("x"), repeats = true } })
    local list = {}
    for i = 1, 100 do
      list[i] = i
    end
    local results, failures = litellm.map(list, function(i)
      return client:completion(setup.chat({ seed = i }))
    end, { concurrency = 25 })
    assert.same({}, failures)
    assert.equal(100, #results)
    assert.equal(100, script:count())
    local seeds = {}
    for _, request in ipairs(script:requests()) do
      seeds[request.json.seed] = true
    end
    assert.equal(100, #seeds)
  end)
end)

describe("a connection that ends before its answer", function()
  --- As many idle connections as calls at once, then one call that is reset.
  local function after(count, name, settings)
    local steps = {}
    for i = 1, count do
      steps[i] = { delay = 0.05, json = reply.chat() }
    end
    steps[count + 1] = { raw = { "reset" }, repeats = true }
    local script, client = setup.script(steps, settings, { own = true })
    local tasks = {}
    for i = 1, count do
      tasks[i] = client:acompletion(setup.chat())
    end
    assert(litellm.all(tasks))
    assert.equal(count, #script:connections())
    local detail = setup.failed(client[name](client, setup.args(name)))
    assert.same({ "reset", 1 }, { detail.kind, detail.attempts })
    return script:count() - count, #script:connections() - count
  end

  it("is replaced once by a new one, for nothing may have arrived", function()
    assert.same({ 2, 1 }, { after(8, "completion") })
  end)

  it("and not at all where that may cost twice", function()
    assert.same({ 1, 1 }, { after(8, "image_generation", { num_retries = 3 }) })
  end)
end)

describe("a server that is killed and started again", function()
  local SEEDS, AT_ONCE = 600, 200
  local SEED = "99999" -- stands for the call's own, which is as long
  local KINDS = { connect = true, reset = true, truncated = true }
  local path -- of the file where the processes note what arrived

  before_each(function() path = os.tmpname() end)
  after_each(function() os.remove(path) end)

  local function call(delay)
    return { delay = delay, json = reply.chat("a " .. SEED .. " z"), echo = SEED }
  end

  local function stream(delay)
    local step = reply.stream("a ", SEED, " z")
    table.insert(step.sse, 3, { delay = delay })
    step.echo = SEED
    return step
  end

  --- A process with a port for calls and one for streams, or one in its place. The
  --- first answers a hundred of each, and no other to its end.
  local function server(before)
    local process, scripts = setup.launch(), {}
    for which, step in ipairs({ call, stream }) do
      local steps = {}
      for i = 1, before and 0 or 100 do
        steps[i] = step(0.01)
      end
      steps[#steps + 1] = step(before and 0.01 or 60)
      steps[#steps].repeats = true
      scripts[which] = process:script(steps, { own = true, at = before and before[which].port, log = path })
    end
    return process, scripts
  end

  --- How often each seed reached one of the processes, and how many lines tell.
  local function arrivals()
    local times, lines = {}, 0
    for seed in io.lines(path) do
      times[tonumber(seed)] = (times[tonumber(seed)] or 0) + 1
      lines = lines + 1
    end
    return times, lines
  end

  local function wait_until(met)
    while not met() do
      litellm.sleep(0.005)
    end
  end

  --- Calls and streams, 200 at once, of a server that is killed when at least a
  --- hundred are under way, and away until some were refused: what each came to, by
  --- its seed, and how often it arrived.
  local function ordeal(settings, name)
    local results, failures, refused = {}, {}, 0
    local process, scripts = server()
    settings.timeout = 120
    function settings.log(event)
      local what = event.reason or event.message or ""
      refused = refused + (what:find("^cannot connect") and 1 or 0)
    end
    local function ask(i)
      local seed, streamed = 10000 + i, name == "completion" and i % 2 == 0
      local client = setup.client(scripts[streamed and 2 or 1], settings)
      local result, message, detail = client[name](client, setup.args(name, { seed = seed, stream = streamed or nil }))
      if result and streamed then
        result, message, detail = result:result()
      end
      results[seed], failures[seed] = result, result == nil and setup.failed(result, message, detail) or nil
      return true
    end
    local list = {}
    for i = 1, SEEDS do
      list[i] = i
    end
    litellm.run(function()
      local killer = litellm.spawn(function()
        wait_until(function()
          local _, lines = arrivals()
          return lines >= 300
        end)
        process:kill()
        wait_until(function() return refused >= 20 end)
        process = server(scripts)
        return true
      end)
      local _, raised = litellm.map(list, ask, { concurrency = AT_ONCE })
      assert.same({}, raised)
      assert(killer:await())
    end)
    process:kill()
    return results, failures, (arrivals())
  end

  --- Asserts that each call has its own answer or an error that says what happened,
  --- and that what was answered had arrived. Returns the numbers of both.
  local function account(results, failures, times)
    local answered, failed = 0, 0
    for seed = 10001, 10000 + SEEDS do
      local result, detail = results[seed], failures[seed]
      assert.is_true((result == nil) ~= (detail == nil), seed)
      if result then
        answered = answered + 1
        assert.equal(("a %d z"):format(seed), result.choices[1].message.content)
        assert.is_true((times[seed] or 0) >= 1, seed)
      else
        failed = failed + 1
        assert.is_true(KINDS[detail.kind], detail.kind)
        assert.equal("APIConnectionError", detail.type)
      end
    end
    return answered, failed
  end

  local function patient()
    return { num_retries = 100, retry = { base = 0.02, cap = 0.1 } }
  end

  it("loses no call: each has its answer or its error", function()
    local answered, failed = account(ordeal({ num_retries = 0 }, "completion"))
    assert.is_true(answered >= 100)
    assert.is_true(failed >= 100)
  end)

  it("is survived by calls that may be tried again, but for streams that had begun", function()
    local results, failures, times = ordeal(patient(), "completion")
    local answered = account(results, failures, times)
    assert.is_true(answered >= SEEDS - AT_ONCE)
    for seed, detail in pairs(failures) do
      assert.same({ 0, "truncated" }, { seed % 2, detail.kind }, seed)
    end
  end)

  it("has no paid call sent twice, unless it never arrived", function()
    local results, failures, times = ordeal(patient(), "image_generation")
    local answered, failed = account(results, failures, times)
    local again = 0
    for seed = 10001, 10000 + SEEDS do
      assert.is_true((times[seed] or 0) <= 1, seed)
      if failures[seed] then
        -- Under way when the server died, or connected while the system cleared up.
        assert.equal("reset", failures[seed].kind)
      elseif litellm.meta(results[seed]).attempts > 1 then
        again = again + 1
      end
    end
    assert.is_true(failed >= AT_ONCE and answered >= SEEDS - 2 * AT_ONCE)
    assert.is_true(again >= 20)
  end)
end)

describe("a mixture of faults", function()
  it("leaves every call with its own answer or a typed error, and no connection open", function()
    local steps = {}
    for i = 1, 300 do
      local kind = i % 10
      steps[i] = kind == 1 and { raw = { "reset" } } or kind == 2 and { raw = { "HTTP/1.1 200 OK\r\nCont", "close" } }
        or kind == 3 and { status = 500, body = "oops" } or kind == 4 and { status = 200, body = "{" }
        or kind == 5 and { sse = { reply.text("a"), "reset" } } or kind == 6 and { delay = 0.02, json = reply.chat() }
        or kind == 7 and { raw = { "garbage\r\n\r\n", "close" } } or { json = reply.chat() }
    end
    local script, client = setup.script(steps, nil, { own = true })
    local before = litellm.pending() -- In litelua the spec itself is a task.
    local list = {}
    for i = 1, 300 do
      list[i] = i
    end
    local results, failures = litellm.map(list, function(i)
      if i % 3 == 0 then
        local stream, message, detail = client:completion(setup.stream())
        if not stream then
          return nil, message, detail
        end
        return stream:result()
      end
      return client:completion(setup.chat())
    end, { concurrency = 30 })
    local kinds = {}
    for i = 1, 300 do
      assert.is_true((results[i] == nil) ~= (failures[i] == nil), i)
      if failures[i] then
        kinds[failures[i].kind] = (kinds[failures[i].kind] or 0) + 1
        assert.equal("string", type(failures[i].type))
      end
    end
    assert.is_nil(kinds.task)
    assert.is_true((kinds.http or 0) >= 20)
    assert.is_true((kinds.parse or 0) >= 1)
    assert.equal(before, litellm.pending())
    assert.is_true(script:count() >= 300)
  end)
end)
