-- Tokens: who is asked, how often, and what happens when nobody answers.
local S = require("support.setup")
local child = require("support.child")
local native = require("litellm.native")
local litellm = S.litellm

local SECRET = "s3cr3t/+&= x"
local CHAT = { json = { id = "1", object = "chat.completion", choices = {} } }
local EXPIRED = {
  status = 401, json = { error = { message = "Token Expired", type = "expired_key", code = "401" } },
}
local PROVIDERS_401 = {
  status = 401, body = '{"error":{"message":"litellm.AuthenticationError: no","type":null,"param":null,"code":"401"}}',
}

local function with(step, fields)
  local out = {}
  for name, value in pairs(step) do out[name] = value end
  for name, value in pairs(fields) do out[name] = value end
  return out
end

local CHATS = with(CHAT, { repeats = true })

local function token_step(token, fields)
  local answer = { access_token = token, token_type = "Bearer", expires_in = 3600 }
  for name, value in pairs(fields or {}) do answer[name] = value end
  return { json = answer }
end

--- Tokens t1, t2 … in this order; the last for ever.
local function provider(count, fields, options)
  local steps = {}
  for i = 1, count do steps[i] = token_step("t" .. i, fields) end
  steps[count].repeats = true
  return S.gw:script(steps, options)
end

local function oauth(idp, fields)
  local options = { client_id = "cid", client_secret = SECRET, token_url = idp.base .. "/token" }
  for name, value in pairs(fields or {}) do options[name] = value end
  return litellm.GenericOAuth2Credential(options)
end

local function handler(credential, scope)
  return litellm.ProxyAuthHandler({ credential = credential, scope = scope })
end

local function bearer(script, n)
  return script:requests()[n].headers.authorization
end

local function decode(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function form_of(text)
  local out = {}
  for name, value in text:gmatch("([^&=]+)=([^&]*)") do out[decode(name)] = decode(value) end
  return out
end

local function auth_failure(result, message, detail)
  S.failed(result, message, detail)
  assert.equal("AuthenticationError", detail.type)
  assert.equal("auth", detail.kind)
  return detail
end

--- The library's clock, some seconds later from now on.
local real_now = native.now
local function later(seconds)
  native.now = function() return real_now() + seconds end
end

after_each(function() native.now = real_now end)

describe("a token", function()
  for _, name in ipairs(S.names) do
    it("goes with " .. name, function()
      local idp, gateway = provider(1), S.gw:script({ with(S.answer(name), { repeats = true }) })
      local client = S.client(gateway, { api_key = "sk-other", proxy_auth = handler(oauth(idp)) })
      local result = assert(client[name](client, S.args(name)))
      if name == "speech" then result:bytes() end
      assert.equal("Bearer t1", bearer(gateway, 1))
      assert.equal(1, idp:count())
    end)
  end

  it("goes with streams, models and any path", function()
    local idp = provider(1)
    local gateway, client = S.script({ { sse = { CHAT.json, "data: [DONE]\n\n" } }, with(CHAT, { repeats = true }) },
      { proxy_auth = handler(oauth(idp)) })
    assert(assert(client:completion(S.stream())):result())
    assert(client:models())
    assert(client:request({ path = "/health" }))
    for n = 1, 3 do assert.equal("Bearer t1", bearer(gateway, n)) end
    assert.equal(1, idp:count())
  end)

  it("may be asked of a credential without a handler, for one call", function()
    local idp = provider(1)
    local gateway, client = S.script({ CHATS })
    assert(client:completion(S.chat({ proxy_auth = oauth(idp) })))
    assert(client:completion(S.chat()))
    assert.equal("Bearer t1", bearer(gateway, 1))
    assert.equal("Bearer sk-spec", bearer(gateway, 2))
  end)
end)

describe("GenericOAuth2Credential", function()
  it("posts a form", function()
    local idp = provider(1)
    local _, client = S.script({ CHATS },
      { proxy_auth = handler(oauth(idp, { extra = { audience = "a&b", n = 2 } }), "one two") })
    assert(client:completion(S.chat()))
    local request = idp:last()
    assert.equal("POST", request.method)
    assert.equal("/token", request.path)
    assert.equal("application/x-www-form-urlencoded", request.headers["content-type"])
    assert.is_nil(request.headers.authorization)
    assert.same({
      grant_type = "client_credentials", client_id = "cid", client_secret = SECRET, scope = "one two", audience = "a&b",
      n = "2",
    }, form_of(request.body))
  end)

  it("authenticates with HTTP Basic, its parts encoded", function()
    local idp = provider(1)
    local _, client = S.script({ CHATS }, { proxy_auth = oauth(idp, { client_auth = "basic", client_id = "c:d" }) })
    assert(client:completion(S.chat()))
    local request = idp:last()
    local pair = require("mime").unb64(request.headers.authorization:match("^Basic (.*)$"))
    assert.equal("c%3Ad:s3cr3t%2F%2B%26%3D%20x", pair)
    assert.same({ grant_type = "client_credentials" }, form_of(request.body))
  end)

  it("has a scope of its own for when none is asked for", function()
    local idp = provider(2)
    local credential = oauth(idp, { scope = "own" })
    local gateway, client = S.script({ CHATS }, { proxy_auth = credential })
    assert(client:completion(S.chat()))
    assert(client:completion(S.chat({ proxy_auth = handler(credential, "other") })))
    assert(client:completion(S.chat({ proxy_auth = handler(credential) })))
    assert.equal("own", form_of(idp:requests()[1].body).scope)
    assert.equal("other", form_of(idp:requests()[2].body).scope)
    assert.equal("Bearer t1", bearer(gateway, 3))
  end)

  it("gives a token to whoever calls it", function()
    local token, expires_on = oauth(provider(1)):get_token("x")
    assert.equal("t1", token)
    assert.is_true(math.abs(expires_on - os.time() - 3600) <= 1)
  end)

  it("is not changed by later changes of the options", function()
    local idp = provider(1)
    local options = { client_id = "cid", client_secret = SECRET, token_url = idp.base, extra = { a = "1" } }
    local credential = litellm.GenericOAuth2Credential(options)
    options.client_id, options.extra.a = "other", "2"
    assert(credential:get_token())
    local form = form_of(idp:last().body)
    assert.equal("cid", form.client_id)
    assert.equal("1", form.a)
  end)

  local good = { client_id = "c", client_secret = "s", token_url = "https://idp.test/token" }
  local mistakes = {
    { nil, "table expected, got nil" },
    { { client_id = "c", client_secret = "s" }, "needs the option 'token_url'" },
    { { client_id = 1 }, "string expected, got number" },
    { { client_secret = "" }, "it is empty" },
    { { client_secret = "a\nb" }, "control character" },
    { { token_url = "idp.test" }, "must begin with https://" },
    { { token_url = "https://u:p@idp.test" }, "must not contain a password" },
    { { client_auth = "jwt" }, "'post' or 'basic' expected" },
    { { extra = { client_secret = "x" } }, "'client_secret' does not belong there" },
    { { extra = { "x" } }, "strings or numbers by name" },
    { { tokenurl = "x" }, "unknown option 'tokenurl'" },
  }
  for _, mistake in ipairs(mistakes) do
    it("raises: " .. mistake[2], function()
      local options = mistake[1]
      if options and not options.client_id then options = with(good, options) end
      local ok, message = pcall(litellm.GenericOAuth2Credential, options)
      assert.is_false(ok)
      assert.is_truthy(message:find(mistake[2], 1, true), message)
      assert.is_nil(message:find("a\nb", 1, true))
    end)
  end

  it("raises where it was called", function()
    local _, message = pcall(function() litellm.GenericOAuth2Credential({ nope = 1 }) end)
    assert.is_truthy(message:find("auth_spec.lua:%d+: unknown option 'nope'"), message)
  end)
end)

describe("one flight", function()
  it("serves all tasks that wait", function()
    local idp = S.gw:script({ with(token_step("t1"), { delay = 0.1 }), with(token_step("t2"), { repeats = true }) })
    local gateway, client = S.script({ CHATS }, { proxy_auth = handler(oauth(idp)) })
    litellm.run(function()
      local _, errs = litellm.map({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, function()
        return client:completion(S.chat())
      end, { concurrency = 10 })
      assert.is_nil(next(errs))
    end)
    assert.equal(1, idp:count())
    assert.equal(10, gateway:count())
  end)

  it("serves a call outside of any task too", function()
    local idp = S.gw:script({ with(token_step("t1"), { delay = 0.05 }) })
    local _, client = S.script({ CHATS }, { proxy_auth = handler(oauth(idp)) })
    local one = client:acompletion(S.chat())
    assert(client:completion(S.chat()))
    assert(one:await())
    assert.equal(1, idp:count())
  end)

  it("goes on when the task that began it is cancelled", function()
    local idp = S.gw:script({ with(token_step("t1"), { delay = 0.1 }) })
    local gateway, client = S.script({ CHATS }, { proxy_auth = handler(oauth(idp)) })
    local one, two = client:acompletion(S.chat()), client:acompletion(S.chat())
    one:cancel()
    assert(two:await())
    assert.equal(1, idp:count())
    assert.equal(1, gateway:count())
  end)

  it("shares its failure", function()
    local idp = S.gw:script({ { status = 400, json = { error = "invalid_scope" }, delay = 0.05, repeats = true } })
    local gateway, client = S.script({ CHATS }, { proxy_auth = handler(oauth(idp)) })
    local one, two = client:acompletion(S.chat()), client:acompletion(S.chat())
    local first, second = auth_failure(one:await()), auth_failure(two:await())
    assert.are_not.equal(first, second)
    assert.equal(1, idp:count())
    assert.equal(0, gateway:count())
  end)
end)

describe("the store", function()
  it("is shared by handlers of one credential, a scope apart", function()
    local idp = provider(3)
    local credential = oauth(idp)
    local gateway, client = S.script({ CHATS })
    assert(client:completion(S.chat({ proxy_auth = handler(credential, "a") })))
    assert(client:completion(S.chat({ proxy_auth = handler(credential, "a") })))
    assert(client:completion(S.chat({ proxy_auth = handler(credential, "b") })))
    assert.equal("Bearer t1", bearer(gateway, 2))
    assert.equal("Bearer t2", bearer(gateway, 3))
  end)

  it("is shared by equal credentials, and by no others", function()
    local idp = provider(4)
    local gateway, client = S.script({ CHATS })
    local function call(fields) assert(client:completion(S.chat({ proxy_auth = oauth(idp, fields) }))) end
    call()
    call()
    call({ client_secret = "another" })
    call({ extra = { audience = "x" } })
    call({ extra = { audience = "x" } })
    local tokens = {}
    for n = 1, 5 do tokens[n] = bearer(gateway, n):sub(8) end
    assert.same({ "t1", "t1", "t2", "t3", "t3" }, tokens)
  end)

  it("keeps functions apart, and does not keep them alive", function()
    local gateway, client = S.script({ CHATS })
    local kept = setmetatable({}, { __mode = "k" })
    for n = 1, 2 do
      local function f() return "f" .. n end
      kept[f] = true
      assert(client:completion(S.chat({ proxy_auth = f })))
    end
    assert.equal("Bearer f1", bearer(gateway, 1))
    assert.equal("Bearer f2", bearer(gateway, 2))
    S.collect()
    assert.is_nil(next(kept))
  end)
end)

describe("the memory of a program that makes credentials without end", function()
  it("is bounded", function()
    local idp = provider(1, { expires_in = 0 })
    local size = 200 * 1024
    collectgarbage()
    local before = collectgarbage("count")
    for n = 1, 20 do assert(handler(oauth(idp, { client_secret = n .. ("x"):rep(size) })):get_token()) end
    for _ = 1, 4 do collectgarbage() end -- what finalizers held goes in the next round
    assert.is_true((collectgarbage("count") - before) * 1024 < 5 * size)
  end)
end)

describe("renewal", function()
  local function renewed_after(lifetime, seconds)
    native.now = real_now
    local idp = provider(2, { expires_in = lifetime })
    local _, client = S.script({ CHATS }, { proxy_auth = handler(oauth(idp)) })
    assert(client:completion(S.chat()))
    later(seconds)
    assert(client:completion(S.chat()))
    return idp:count() == 2
  end

  it("comes 60 s before the end", function()
    assert.is_false(renewed_after(3600, 3538))
    assert.is_true(renewed_after(3600, 3541))
    assert.is_false(renewed_after(120, 58))
    assert.is_true(renewed_after(120, 61))
  end)

  it("comes at half of a short life", function()
    assert.is_false(renewed_after(100, 48))
    assert.is_true(renewed_after(100, 51))
    assert.is_true(renewed_after(1, 0.6))
  end)

  it("takes lifetimes as they come", function()
    assert.is_false(renewed_after("3600", 3538))
    assert.is_true(renewed_after("3600", 3541))
    assert.is_true(renewed_after(0, 0.01))
    assert.is_true(renewed_after(-5, 0.01))
    assert.is_false(renewed_after("soon", 3538))
    assert.is_true(renewed_after("soon", 3542))
  end)

  it("takes expires_on where there is no expires_in", function()
    local idp = S.gw:script({
      { json = { access_token = "t1", expires_on = tostring(os.time() + 1000) } },
      with(token_step("t2"), { repeats = true }),
    })
    local _, client = S.script({ CHATS }, { proxy_auth = oauth(idp) })
    assert(client:completion(S.chat()))
    later(930)
    assert(client:completion(S.chat()))
    assert.equal(1, idp:count())
    later(945)
    assert(client:completion(S.chat()))
    assert.equal(2, idp:count())
  end)

  it("that fails leaves the old token for as long as it serves", function()
    local idp = S.gw:script({ token_step("t1", { expires_in = 100 }), { status = 400, repeats = true } })
    local gateway, client = S.script({ CHATS }, { proxy_auth = handler(oauth(idp)) })
    assert(client:completion(S.chat()))
    later(60)
    assert(client:completion(S.chat()))
    assert(client:completion(S.chat()))
    assert.equal("Bearer t1", bearer(gateway, 3))
    assert.equal(2, idp:count())
    later(66)
    assert(client:completion(S.chat()))
    assert.equal(3, idp:count())
    later(101)
    auth_failure(client:completion(S.chat()))
    assert.equal(4, gateway:count())
  end)
end)

describe("a 401", function()
  it("about the token renews it once and sends the call again", function()
    local idp = provider(3)
    local gateway, client = S.script({ EXPIRED, CHATS }, { proxy_auth = handler(oauth(idp)) })
    local res = assert(client:completion(S.chat()))
    assert.equal(2, litellm.meta(res).attempts)
    assert.equal("Bearer t1", bearer(gateway, 1))
    assert.equal("Bearer t2", bearer(gateway, 2))
    assert(client:completion(S.chat()))
    assert.equal("Bearer t2", bearer(gateway, 3))
  end)

  it("about the new token too ends the call", function()
    local idp = provider(3)
    local gateway, client = S.script({ with(EXPIRED, { repeats = true }) }, { proxy_auth = handler(oauth(idp)) })
    local detail = S.failed(client:completion(S.chat()))
    assert.equal("AuthenticationError", detail.type)
    assert.equal(401, detail.status)
    assert.equal(2, gateway:count())
    assert.equal(2, idp:count())
  end)

  it("before a stream is met as well", function()
    local idp = provider(2)
    local _, client = S.script({ EXPIRED, { sse = { CHAT.json, "data: [DONE]\n\n" } } }, { proxy_auth = oauth(idp) })
    assert(assert(client:completion(S.stream())):result())
    assert.equal(2, idp:count())
  end)

  it("that comes to many tasks renews once", function()
    local idp = provider(3)
    local steps = {}
    for n = 1, 8 do steps[n] = with(EXPIRED, { delay = n * 0.005 }) end
    steps[9] = CHATS
    local gateway, client = S.script(steps, { proxy_auth = handler(oauth(idp)) })
    litellm.run(function()
      local tasks = {}
      for n = 1, 8 do tasks[n] = client:acompletion(S.chat()) end
      assert(litellm.all(tasks))
    end)
    assert.equal(2, idp:count())
    assert.equal(16, gateway:count())
    for n = 9, 16 do assert.equal("Bearer t2", bearer(gateway, n)) end
  end)

  it("of the provider behind the gateway renews nothing", function()
    local idp = provider(2)
    local gateway, client = S.script({ with(PROVIDERS_401, { repeats = true }) }, { proxy_auth = handler(oauth(idp)) })
    S.failed(client:completion(S.chat()))
    assert.equal(1, gateway:count())
    assert.equal(1, idp:count())
  end)

  it("tells a function which token was refused", function()
    local refused = {}
    local gateway, client = S.script({ EXPIRED, CHATS }, { proxy_auth = function(_, context)
      refused[#refused + 1] = context.refused or "none"
      return "f" .. #refused
    end })
    assert(client:completion(S.chat()))
    assert.same({ "none", "f1" }, refused)
    assert.equal("Bearer f2", bearer(gateway, 2))
  end)

  it("is an error of the provider of tokens when that fails then", function()
    local idp = S.gw:script({ token_step("t1"), { status = 400, json = { error = "invalid_client" } } })
    local gateway, client = S.script({ with(EXPIRED, { repeats = true }) }, { proxy_auth = handler(oauth(idp)) })
    auth_failure(client:completion(S.chat()))
    assert.equal(1, gateway:count())
  end)
end)

describe("a provider of tokens that fails", function()
  local function fails(steps, fields, options)
    local idp = S.gw:script(steps, options)
    local gateway, client = S.script({ CHATS }, { api_key = "sk-other", proxy_auth = handler(oauth(idp, fields)) })
    local detail = auth_failure(client:completion(S.chat()))
    assert.equal(0, gateway:count())
    assert.is_truthy(detail.message:find(idp.origin, 1, true), detail.message)
    assert.is_nil(detail.message:find("s3cr3t", 1, true), detail.message)
    return detail, idp
  end

  it("says why, in one line", function()
    local detail, idp = fails({ { status = 401, json = {
      error = "invalid_client", error_description = "Client\r\nauthentication failed",
    } } })
    local wanted = "no token from %s: invalid_client: Client authentication failed (401)"
    assert.equal(wanted:format(idp.origin), detail.message)
    assert.equal("invalid_client", detail.code)
    assert.equal(1, idp:count())
  end)

  it("cannot make us repeat a secret", function()
    local basic = require("litellm.token_endpoint").basic("cid", SECRET)
    local detail = fails({ { status = 400, json = {
      error = "bad " .. SECRET, error_description = "you sent s3cr3t%2F%2B%26%3D%20x and Basic " .. basic,
    } } }, { client_auth = "basic" })
    for _, secret in ipairs({ SECRET, "s3cr3t", basic }) do
      for _, value in pairs(detail) do assert.is_nil(tostring(value):find(secret, 1, true)) end
    end
  end)

  it("is asked twice where that may help", function()
    for _, step in ipairs({ { status = 503 }, { status = 500 }, { raw = { "close" } }, { status = 429 } }) do
      local _, idp = fails({ with(step, { repeats = true }) }, nil, { own = true })
      assert.equal(2, idp:count())
    end
  end)

  it("is asked once where it does not", function()
    for _, step in ipairs({ { status = 403 }, { status = 200, body = "<html>" }, { status = 200, json = {} },
      { status = 302, headers = { Location = "http://127.0.0.1:9/" } }, { json = { error = "x" } },
      { json = { access_token = "" } }, { json = { access_token = 5 } } }) do
      local _, idp = fails({ with(step, { repeats = true }) })
      assert.equal(1, idp:count())
    end
  end)

  it("may recover", function()
    local idp = S.gw:script({ { status = 503, headers = { ["Retry-After"] = "0" } }, token_step("t2") })
    local gateway, client = S.script({ CHATS }, { proxy_auth = handler(oauth(idp)) })
    assert(client:completion(S.chat()))
    assert.equal("Bearer t2", bearer(gateway, 1))
  end)

  it("may not be there at all", function()
    local port = S.gw:closed_port()
    local gateway, client = S.script({ CHATS }, { proxy_auth = litellm.GenericOAuth2Credential({
      client_id = "c", client_secret = SECRET, token_url = ("http://127.0.0.1:%d/token?secret=q"):format(port) }) })
    local detail = auth_failure(client:completion(S.chat()))
    assert.is_truthy(detail.message:find("http://127.0.0.1:" .. port .. ": ", 1, true))
    assert.is_nil(detail.message:find("secret=q", 1, true))
    assert.equal(0, gateway:count())
  end)

  it("may send a token that is none", function()
    local idp = S.gw:script({ token_step("a\nb") })
    local gateway, client = S.script({ CHATS }, { proxy_auth = handler(oauth(idp)) })
    local detail = auth_failure(client:completion(S.chat()))
    assert.is_truthy(detail.message:find("line break", 1, true))
    assert.equal(0, gateway:count())
  end)

  it("cannot flood us", function()
    local detail = fails({ { body = ("x"):rep(2 * 1024 * 1024), repeats = true } })
    assert.is_true(#detail.message < 700)
  end)
end)

describe("the time for a token", function()
  local function stalled()
    return S.gw:script({ { raw = { "stall" }, repeats = true } })
  end

  it("is part of the call's", function()
    local gateway, client = S.script({ CHATS }, { proxy_auth = handler(oauth(stalled())), timeout = 0.2 })
    local started = S.now()
    local detail = S.failed(client:completion(S.chat()))
    assert.equal("timeout", detail.kind)
    assert.is_true(S.now() - started < 1)
    assert.equal(0, gateway:count())
  end)

  it("is part of a deadline", function()
    local _, client = S.script({ CHATS }, { proxy_auth = handler(oauth(stalled())) })
    local started = S.now()
    litellm.run(function()
      local detail = S.failed(litellm.deadline(0.2, function() return client:completion(S.chat()) end))
      assert.equal("timeout", detail.kind)
    end)
    assert.is_true(S.now() - started < 1)
  end)

  it("of one call is not that of another", function()
    local idp = S.gw:script({ { raw = { "stall" } }, with(token_step("t2"), { repeats = true }) })
    local _, client = S.script({ CHATS }, { proxy_auth = handler(oauth(idp)) })
    local short = client:acompletion(S.chat({ timeout = 0.2 }))
    local long = client:acompletion(S.chat())
    assert.equal("timeout", S.failed(short:await()).kind)
    assert(long:await())
    assert.equal(2, idp:count())
  end)

  it("obeys the client's own limits", function()
    local _, client = S.script({ CHATS },
      { proxy_auth = handler(oauth(stalled())), timeout = { first_byte = 0.1, total = 5 } })
    local detail = auth_failure(client:completion(S.chat()))
    assert.is_truthy(detail.message:find("no answer within 0.1 s", 1, true), detail.message)
  end)
end)

describe("a request for a token", function()
  it("obeys the client's TLS settings", function()
    local idp = provider(1, nil, { tls = "good" })
    local _, client = S.script({ CHATS }, { proxy_auth = handler(oauth(idp)) })
    local detail = auth_failure(client:completion(S.chat()))
    assert.is_truthy(detail.message:find("tls.ca_file", 1, true), detail.message)
    assert(client:completion(S.chat({ tls = { ca_file = S.gw:tls().ca_file } })))
  end)

  it("obeys the client's proxy", function()
    local idp, proxy = provider(1), S.gw:proxy()
    local _, client = S.script({ CHATS }, { proxy_auth = handler(oauth(idp)), proxy = proxy.url })
    assert(client:completion(S.chat()))
    local seen = false
    for _, request in ipairs(proxy:requests()) do seen = seen or request.target:find("/token", 1, true) end
    assert.is_truthy(seen)
  end)

  it("is in the log, without what is secret", function()
    local idp, lines, names = S.gw:script({ token_step("the-token") }), {}, {}
    local _, client = S.script({ CHATS }, { proxy_auth = handler(oauth(idp)), log = function(event)
      names[#names + 1] = event.name .. " " .. event.event
      for name, value in pairs(event) do lines[#lines + 1] = ("%s=%s"):format(name, tostring(value)) end
    end })
    assert(client:completion(S.chat()))
    assert.same({ "token request", "token response" }, { names[1], names[2] })
    local text = table.concat(lines, "\n")
    assert.is_truthy(text:find(idp.base .. "/token", 1, true))
    assert.is_nil(text:find("s3cr3t", 1, true))
    assert.is_nil(text:find("the-token", 1, true))
  end)
end)

describe("a function", function()
  local function calls(f, steps)
    local gateway, client = S.script(steps or { CHATS }, { proxy_auth = f })
    return client, gateway
  end

  it("gives a token and when it expires", function()
    local count = 0
    local client, gateway = calls(function()
      count = count + 1
      return "f" .. count, os.time() + 100
    end)
    assert(client:completion(S.chat()))
    assert(client:completion(S.chat()))
    assert.equal(1, count)
    later(52)
    assert(client:completion(S.chat()))
    assert.equal("Bearer f2", bearer(gateway, 3))
  end)

  it("that says nothing of expiry is asked again after an hour", function()
    local count = 0
    local client = calls(function()
      count = count + 1
      return "f"
    end)
    assert(client:completion(S.chat()))
    later(3538)
    assert(client:completion(S.chat()))
    assert.equal(1, count)
    later(3542)
    assert(client:completion(S.chat()))
    assert.equal(2, count)
  end)

  it("gets the scope and may make calls and wait", function()
    local other = S.gw:script({ { body = '{"key":"from-afar"}' } })
    local scopes = {}
    local client, gateway = calls(handler(function(scope)
      scopes[#scopes + 1] = scope
      litellm.sleep(0.01)
      local res = assert(litellm.request({ api_base = other.base, api_key = "k", path = "/key" }))
      return assert((type(res) == "table" and (res.json or res).key) or "from-afar")
    end, "the scope"))
    assert(client:completion(S.chat()))
    assert.same({ "the scope" }, scopes)
    assert.equal("Bearer from-afar", bearer(gateway, 1))
  end)

  it("may be a table with get_token, and may give a table", function()
    local credential = { get_token = function(self, scope)
      return { token = self.prefix .. tostring(scope), expires_on = tostring(os.time() + 600) }
    end, prefix = "p-" }
    local client, gateway = calls(handler(credential, "s"))
    assert(client:completion(S.chat()))
    assert.equal("Bearer p-s", bearer(gateway, 1))
    assert(client:completion(S.chat({ proxy_auth = credential })))
    assert.equal("Bearer p-nil", bearer(gateway, 2))
  end)

  local failures = {
    { "returns nil and a message", function() return nil, "the vault is shut" end, "the vault is shut" },
    { "returns nothing", function() end, "gave no token" },
    { "returns false", function() return false end, "gave no token" },
    { "raises", function() error("boom") end, "boom" },
    { "raises a table", function() error({}) end, "proxy_auth" },
    { "gives an empty token", function() return "" end, "empty token" },
    { "gives a token with a line break", function() return "tok\r\nX-Evil: 1" end, "line break" },
    { "gives a number", function() return 5 end, "gave a number" },
    { "gives an expiry that is none", function() return "t", "tomorrow" end, "expires_on must be" },
    { "gives a table without a token", function() return {} end, "gave a nil" },
  }
  for _, case in ipairs(failures) do
    it("that " .. case[1] .. " is an auth error", function()
      local client, gateway = calls(case[2])
      local detail = auth_failure(client:completion(S.chat()))
      assert.is_truthy(detail.message:find(case[3], 1, true), detail.message)
      assert.is_nil(detail.message:find("Evil", 1, true))
      assert.equal(0, gateway:count())
      auth_failure(client:acompletion(S.chat()):await())
    end)
  end

  it("that needs its own token says so", function()
    local client
    client = calls(function()
      local _, message = client:completion(S.chat())
      return nil, message
    end)
    local detail = auth_failure(client:completion(S.chat()))
    assert.is_truthy(detail.message:find("without proxy_auth", 1, true), detail.message)
  end)
end)

describe("ProxyAuthHandler", function()
  it("gives the header to other programs", function()
    local idp = provider(2)
    local h = handler(oauth(idp))
    assert.same({ Authorization = "Bearer t1" }, h:get_auth_headers())
    assert.equal("t1", h:get_token())
    auth_failure(handler(function() return nil, "no" end):get_auth_headers())
  end)

  it("shows no secret, and nothing inside", function()
    local credential = oauth(provider(1))
    local h = handler(credential)
    assert(h:get_token())
    for _, object in ipairs({ h, credential }) do
      assert.is_nil(next(object))
      assert.is_nil(tostring(object):find("s3cr3t", 1, true))
    end
    assert.is_truthy(tostring(h):find("ProxyAuthHandler: litellm.GenericOAuth2Credential: cid at http://", 1, true))
    assert.equal("litellm.ProxyAuthHandler: a function", tostring(handler(function() end)))
  end)

  it("raises on mistakes", function()
    for message, options in pairs({
      ["needs the option 'credential'"] = {}, ["unknown option 'scopes'"] = { scopes = "x" },
      ["table or function expected, got string"] = { credential = "x" },
      ["no method get_token"] = { credential = {} },
    }) do
      local ok, problem = pcall(litellm.ProxyAuthHandler, options)
      assert.is_false(ok)
      assert.is_truthy(problem:find(message, 1, true), problem)
    end
  end)
end)

-- Azure ---------------------------------------------------------------------------------

local AZURE = {
  "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST",
  "AZURE_POD_IDENTITY_AUTHORITY_HOST", "AZURE_TOKEN_CREDENTIALS", "IDENTITY_ENDPOINT", "IDENTITY_HEADER",
}

describe("AzureADCredential", function()
  local SCOPE = "api://app/.default"
  local getenv, popen = os.getenv, io.popen
  local environment, commands, az_says

  before_each(function()
    environment = { AZURE_POD_IDENTITY_AUTHORITY_HOST = "http://127.0.0.1:" .. S.gw:closed_port() }
    commands, az_says = {}, "sh: 1: az: not found"
    local ours = {}
    for _, name in ipairs(AZURE) do ours[name] = true end
    os.getenv = function(name) -- luacheck: ignore
      if ours[name] then return environment[name] end
      return getenv(name)
    end
    io.popen = function(command) -- luacheck: ignore
      commands[#commands + 1] = command
      return { read = function() return az_says end, close = function() end }
    end
  end)

  after_each(function()
    os.getenv, io.popen = getenv, popen -- luacheck: ignore
  end)

  local function get(options, scope)
    return litellm.AzureADCredential(options):get_token(scope or SCOPE)
  end

  local function set(variables)
    for name, value in pairs(variables) do environment[name] = value end
  end

  it("sends a client secret", function()
    local idp = provider(1)
    assert.equal("t1", get({ tenant_id = "ten-1.x", client_id = "cid", client_secret = SECRET, authority = idp.base }))
    local request = idp:last()
    assert.equal("/ten-1.x/oauth2/v2.0/token", request.path)
    assert.same({ grant_type = "client_credentials", client_id = "cid", client_secret = SECRET, scope = SCOPE },
      form_of(request.body))
  end)

  it("finds it in the environment", function()
    local idp = provider(1)
    set({ AZURE_TENANT_ID = "ten", AZURE_CLIENT_ID = "cid", AZURE_CLIENT_SECRET = "x",
      AZURE_AUTHORITY_HOST = idp.base .. "/" })
    assert.equal("t1", get())
    assert.equal("/ten/oauth2/v2.0/token", idp:last().path)
  end)

  it("fails where a secret is refused, and tries nothing else", function()
    local idp = S.gw:script({ { status = 401, json = {
      error = "invalid_client", error_description = "AADSTS7000215: Invalid client secret " .. SECRET } } })
    set({ AZURE_TENANT_ID = "ten", AZURE_CLIENT_ID = "cid", AZURE_CLIENT_SECRET = SECRET,
      AZURE_AUTHORITY_HOST = idp.base })
    local detail = auth_failure(get())
    assert.is_truthy(detail.message:find("invalid_client: AADSTS7000215", 1, true))
    assert.is_nil(detail.message:find("s3cr3t", 1, true))
    assert.same({}, commands)
  end)

  it("tries nothing but the secret that it was given", function()
    local detail = auth_failure(get({ client_secret = "x" }))
    assert.is_truthy(detail.message:find("AZURE_TENANT_ID is not set", 1, true), detail.message)
    assert.same({}, commands)
  end)

  it("sends a workload's assertion, as its file is now", function()
    local path = os.tmpname()
    local function write(text)
      local file = assert(io.open(path, "w"))
      file:write(text)
      file:close()
    end
    local idp = provider(2, { expires_in = 0 })
    set({ AZURE_TENANT_ID = "ten", AZURE_CLIENT_ID = "cid", AZURE_FEDERATED_TOKEN_FILE = path,
      AZURE_AUTHORITY_HOST = idp.base })
    write("assertion-1\n")
    assert.equal("t1", get())
    write("assertion-2")
    assert.equal("t2", get())
    assert.same({
      grant_type = "client_credentials", client_id = "cid", scope = SCOPE, client_assertion = "assertion-2",
      client_assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }, form_of(idp:last().body))
    assert.equal("assertion-1", form_of(idp:requests()[1].body).client_assertion)
    os.remove(path)
    local detail = auth_failure(get())
    assert.is_truthy(detail.message:find(path, 1, true))
  end)

  it("asks App Service", function()
    local idp = S.gw:script({ { json = { access_token = "m1", expires_on = tostring(os.time() + 500) } } })
    set({ IDENTITY_ENDPOINT = idp.base .. "/msi/token", IDENTITY_HEADER = "h3ader", AZURE_CLIENT_ID = "mine" })
    assert.equal("m1", get())
    local request = idp:last()
    assert.equal("GET", request.method)
    assert.equal("/msi/token", request.path)
    assert.equal("h3ader", request.headers["x-identity-header"])
    assert.same({ ["api-version"] = "2019-08-01", resource = "api://app", client_id = "mine" }, form_of(request.query))
  end)

  it("repeats nothing secret that App Service says", function()
    local idp = S.gw:script({ { status = 400, json = { statusCode = 400, message = "bad header h3ader" } } })
    set({ IDENTITY_ENDPOINT = idp.base, IDENTITY_HEADER = "h3ader" })
    local detail = auth_failure(get())
    assert.is_truthy(detail.message:find("bad header ***", 1, true), detail.message)
  end)

  it("asks the machine, past any proxy", function()
    local idp = S.gw:script({ { json = { access_token = "i1", expires_in = "500", expires_on = "1" } } })
    set({ AZURE_POD_IDENTITY_AUTHORITY_HOST = idp.base .. "/" })
    local proxy = S.gw:proxy()
    local gateway, client = S.script({ CHATS },
      { proxy_auth = handler(litellm.AzureADCredential(), "https://x//.default"), proxy = proxy.url })
    assert(client:completion(S.chat()))
    assert.equal(1, proxy:count())
    assert.equal("Bearer i1", bearer(gateway, 1))
    local request = idp:last()
    assert.equal("/metadata/identity/oauth2/token", request.path)
    assert.equal("true", request.headers.metadata)
    assert.same({ ["api-version"] = "2018-02-01", resource = "https://x/" }, form_of(request.query))
  end)

  it("goes on to az where the machine knows no identity, or is none of Azure's", function()
    az_says = ('WARNING: old\n{ "accessToken": "c1", "expires_on": %d }\n'):format(os.time() + 500)
    for _, step in ipairs({ { status = 400, json = { error = "invalid_request" } }, { status = 404, body = "<html>" },
      { status = 403, body = "unreachable" } }) do
      local idp = S.gw:script({ step })
      set({ AZURE_POD_IDENTITY_AUTHORITY_HOST = idp.base })
      assert.equal("c1", (litellm.AzureADCredential():get_token(SCOPE)))
      assert.equal(1, idp:count())
    end
    assert.is_truthy(commands[1]:find("az account get-access-token --output json --resource api://app 2>&1", 1, true))
  end)

  it("waits for a machine that is busy", function()
    local idp = S.gw:script({ { status = 429, headers = { ["Retry-After"] = "0" } },
      { status = 410, headers = { ["Retry-After"] = "0" } }, token_step("i1") })
    set({ AZURE_POD_IDENTITY_AUTHORITY_HOST = idp.base })
    assert.equal("i1", (litellm.AzureADCredential():get_token(SCOPE)))
  end)

  it("stays with the way that worked", function()
    az_says = ('{"accessToken":"c1","expiresOn":"%s.000000"}'):format(os.date("%Y-%m-%d %H:%M:%S", os.time() + 500))
    local credential = litellm.AzureADCredential()
    local token, expires_on = credential:get_token(SCOPE)
    assert.equal("c1", token)
    assert.is_true(math.abs(expires_on - os.time() - 500) <= 2)
    local idp = provider(1)
    set({ AZURE_POD_IDENTITY_AUTHORITY_HOST = idp.base })
    assert.equal("c1", (credential:get_token(SCOPE)))
    assert.equal(0, idp:count())
  end)

  it("names every way that was closed", function()
    local detail = auth_failure(litellm.AzureADCredential():get_token(SCOPE))
    for _, part in ipairs({ "AZURE_TENANT_ID is not set", "AZURE_FEDERATED_TOKEN_FILE is not set",
      environment.AZURE_POD_IDENTITY_AUTHORITY_HOST, "az is not installed" }) do
      assert.is_truthy(detail.message:find(part, 1, true), detail.message)
    end
  end)

  it("explains what az says", function()
    local cases = {
      ["ERROR: Please run 'az login' to setup account."] = "az is not logged in",
      ["ERROR: AADSTS50076: use az login --scope"] = "az gave no token: AADSTS50076",
      ["timeout: failed to run command 'az': No such file or directory"] = "az is not installed",
      ["'az' is not recognized as an internal or external command"] = "az is not installed",
      [""] = "within 10 s",
      ['{"accessToken": "top-secret'] = "cannot be read",
    }
    for said, wanted in pairs(cases) do
      az_says = said
      local detail = auth_failure(litellm.AzureADCredential():get_token(SCOPE))
      assert.is_truthy(detail.message:find(wanted, 1, true), detail.message)
      assert.is_nil(detail.message:find("top-secret", 1, true))
    end
  end)

  it("gives no shell anything to understand", function()
    for _, scope in ipairs({ "x; touch y", "$(id)", "a b", "-x", "a'b", "x\ny", "`id`" }) do
      set({ AZURE_TOKEN_CREDENTIALS = "dev" })
      local detail = auth_failure(litellm.AzureADCredential():get_token(scope))
      assert.is_truthy(detail.message:find("cannot be given to az", 1, true), detail.message)
    end
    auth_failure(litellm.AzureADCredential({ tenant_id = "x;id" }):get_token("ok"))
    assert.same({}, commands)
  end)

  it("obeys AZURE_TOKEN_CREDENTIALS", function()
    local idp = provider(1)
    az_says = '{"accessToken":"c1"}'
    set({ AZURE_POD_IDENTITY_AUTHORITY_HOST = idp.base, AZURE_TOKEN_CREDENTIALS = "AzureCliCredential" })
    assert.equal("c1", (litellm.AzureADCredential({ tenant_id = "ten" }):get_token(SCOPE)))
    assert.is_truthy(commands[1]:find("--resource api://app --tenant ten ", 1, true))
    environment.AZURE_TOKEN_CREDENTIALS = "prod"
    assert.equal("t1", (litellm.AzureADCredential():get_token(SCOPE)))
    environment.AZURE_TOKEN_CREDENTIALS = "nonsense"
    assert.is_truthy(auth_failure(litellm.AzureADCredential():get_token(SCOPE)).message:find("'nonsense'", 1, true))
  end)

  it("runs the az that is there", function()
    os.getenv, io.popen = getenv, popen -- luacheck: ignore
    local folder = os.tmpname()
    os.remove(folder)
    os.execute("mkdir " .. folder)
    local file = assert(io.open(folder .. "/az", "w"))
    file:write("#!/bin/sh\necho '{\"accessToken\":\"'$*'\"}'\n")
    file:close()
    os.execute(("chmod +x %s/az"):format(folder))
    local out = child.run([[
      local litellm = require "litellm"
      print((litellm.AzureADCredential():get_token("api://app/.default")))
    ]], { PATH = folder .. ":" .. getenv("PATH"), AZURE_TOKEN_CREDENTIALS = "dev" })
    os.execute(("rm %s/az && rmdir %s"):format(folder, folder))
    assert.equal("account get-access-token --output json --resource api://app", out)
  end)

  it("may hand the work to another credential", function()
    local gateway, client = S.script({ CHATS })
    local function inner(scope) return "inner-" .. scope end
    assert(client:completion(S.chat({ proxy_auth = handler(litellm.AzureADCredential({ credential = inner }), "s") })))
    assert.equal("Bearer inner-s", bearer(gateway, 1))
  end)

  it("needs a scope", function()
    local detail = auth_failure(litellm.AzureADCredential({ client_secret = "x" }):get_token())
    assert.is_truthy(detail.message:find("a scope is needed", 1, true))
  end)

  it("refuses a tenant or an authority that would change the address", function()
    for _, options in ipairs({ { tenant_id = "a/b" }, { tenant_id = "t", authority = "https://x@evil.test" } }) do
      options.client_id, options.client_secret = "c", SECRET
      auth_failure(get(options))
    end
  end)

  it("shows no secret", function()
    local credential = litellm.AzureADCredential({ tenant_id = "t", client_id = "cid", client_secret = SECRET })
    assert.equal("litellm.AzureADCredential: cid at Azure", tostring(credential))
    assert.is_nil(next(credential))
  end)

  it("raises on mistakes", function()
    for message, options in pairs({
      ["unknown option 'tenant'"] = { tenant = "x" }, ["string expected, got number"] = { client_id = 5 },
      ["no method get_token"] = { credential = {} },
    }) do
      local ok, problem = pcall(litellm.AzureADCredential, options)
      assert.is_false(ok)
      assert.is_truthy(problem:find(message, 1, true), problem)
    end
  end)
end)
