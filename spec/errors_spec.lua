-- Errors: every shape of body that the proxy was seen to send, the class of each,
-- and a message that a person can act on.
local child = require("support.child")
local reply = require("support.reply")
local setup = require("support.setup")
local litellm = setup.litellm

--- The detail of a chat call that is answered with this step.
local function detail_of(step, settings)
  local script, client = setup.script({ step }, settings)
  local detail = setup.failed(client:completion(setup.chat()))
  assert.equal(1, script:count())
  return detail
end

local function raw(status, body, headers)
  return detail_of({ status = status, body = body, headers = headers })
end

describe("the class", function()
  it("follows from the status", function()
    for status, class in pairs({
      [400] = "BadRequestError", [401] = "AuthenticationError", [403] = "PermissionDeniedError",
      [409] = "ConflictError", [300] = "APIError",
      [404] = "NotFoundError", [408] = "Timeout", [422] = "UnprocessableEntityError", [429] = "RateLimitError",
      [500] = "InternalServerError", [502] = "BadGatewayError", [503] = "ServiceUnavailableError", [504] = "Timeout",
      [529] = "InternalServerError", [402] = "APIError", [413] = "APIError", [451] = "APIError",
    }) do
      local detail = detail_of(reply.error(status, "broke"))
      assert.equal(class, detail.type, status)
      assert.equal(status, detail.status)
      assert.equal("http", detail.kind)
    end
  end)

  it("is refined by the code and the type", function()
    for code, class in pairs({
      context_length_exceeded = "ContextWindowExceededError",
      content_policy_violation = "ContentPolicyViolationError",
    }) do
      assert.equal(class, detail_of(reply.error(400, "x", { code = code })).type)
    end
    assert.equal("BudgetExceededError", detail_of(reply.error(429, "x", { type = "budget_exceeded" })).type)
  end)

  it("is refined by the class that the proxy names", function()
    for message, class in pairs({
      ["litellm.ContextWindowExceededError: litellm.BadRequestError: too long"] = "ContextWindowExceededError",
      ["litellm.ContentPolicyViolationError: no"] = "ContentPolicyViolationError",
      ["litellm.UnsupportedParamsError: no reasoning_effort"] = "UnsupportedParamsError",
      ["litellm.BadRequestError: OpenAIException - filtered due to the prompt triggering our content management "
        .. "policy."] = "ContentPolicyViolationError",
      ["litellm.BadRequestError: This model's maximum context length is 4097 tokens."] = "ContextWindowExceededError",
    }) do
      assert.equal(class, detail_of(reply.error(400, message)).type, message)
    end
  end)

  it("never follows from text against the status", function()
    assert.equal("AuthenticationError", detail_of(reply.error(401, "litellm.RateLimitError: x")).type)
    assert.equal("RateLimitError", detail_of(reply.error(429, "litellm.BadRequestError: invalid_request_error")).type)
    assert.equal("InternalServerError", detail_of(reply.error(500, "rate limit 429 invalid_request_error")).type)
    assert.equal("NotFoundError", detail_of(reply.error(404, "x", { type = "invalid_request_error" })).type)
  end)

  it("keeps what a wrapped class says where the status says nothing", function()
    assert.equal("APIConnectionError", detail_of(reply.error(500, "litellm.APIConnectionError: gone")).type)
  end)
end)

describe("the body", function()
  it("of the proxy is taken apart", function()
    local detail = detail_of({
      status = 400, headers = { ["x-litellm-call-id"] = "call-1", ["x-request-id"] = "req-1", ["x-other"] = "y" },
      json = { error = { message = "Unsupported value", type = "invalid_request_error", param = "temperature",
        code = "400" } },
    })
    assert.equal("400", detail.code)
    assert.equal("temperature", detail.param)
    assert.equal("call-1", detail.call_id)
    assert.equal("req-1", detail.request_id)
    assert.equal("completion", detail.endpoint)
    assert.is_true(detail.elapsed >= 0 and detail.elapsed < 5)
    assert.equal("y", detail.headers["x-other"])
    assert.equal("Unsupported value", detail.body.error.message)
    assert.equal(1, detail.attempts)
    assert.is_false(detail.retryable)
    assert.matches("Unsupported value", detail.message)
  end)

  it("with the string None has nothing there", function()
    local detail = detail_of({ status = 400, json = { error = { message = "x", type = "None", param = "None",
      code = "None" } } })
    assert.is_nil(detail.param)
    assert.is_nil(detail.code)
    assert.is_nil(detail.message:find("None", 1, true))
  end)

  it("of FastAPI gives its detail", function()
    assert.matches("Not Found; the gateway has no such path; is api_base right%?",
      raw(404, '{"detail":"Not Found"}').message)
    assert.matches("Method Not Allowed", raw(405, '{"detail":"Method Not Allowed"}', { allow = "POST" }).message)
    local detail = raw(422,
      '{"detail":[{"type":"missing","loc":["body","file"],"msg":"Field required","input":null}]}')
    assert.matches("Field required", detail.message)
    assert.matches("file", detail.message)
    assert.matches("Cannot specify both",
      raw(422, '{"detail":"Cannot specify both \'image\' and \'image[]\'"}').message)
    assert.matches("Invalid model name",
      raw(400, '{"detail":{"error":"/audio/speech: Invalid model name passed in model=nope."}}').message)
  end)

  it("without code or with a bare text is understood", function()
    assert.matches("Internal server error",
      raw(500, '{"error":{"message":"Internal server error","type":"internal_server_error"}}').message)
    assert.matches("just text", raw(500, '{"error":"just text"}').message)
    assert.matches("top level", raw(500, '{"message":"top level"}').message)
  end)

  it("that is text, HTML, empty or half a JSON is quoted", function()
    local text = { ["Content-Type"] = "text/plain" }
    assert.matches("Invalid HTTP request received", raw(400, "Invalid HTTP request received.", text).message)
    assert.matches("502 Bad Gateway", raw(502, "<html><body><h1>502 Bad Gateway</h1></body></html>",
      { ["Content-Type"] = "text/html" }).message)
    assert.matches("503", raw(503, "").message)
    assert.matches("half", raw(500, '{"error":{"message":"half').message)
    assert.matches("array", raw(500, '["array"]').message)
    assert.equal("InternalServerError", raw(500, "null").type)
  end)

  it("that is large or full of control characters gives one line of bounded length", function()
    for _, body in ipairs({
      ("word "):rep(100000), '{"error":{"message":"' .. ("line\\n\\u0000\\u001b"):rep(1000) .. '"}}',
      ("\0\1\2\27"):rep(999), ("ä"):rep(5000), ("\255"):rep(5000),
    }) do
      local detail = raw(500, body)
      assert.is_true(#detail.message < 2000)
    end
  end)

  it("of a wrong shape is no crash", function()
    for _, body in ipairs({
      '{"error":{}}', '{"error":[]}', '{"error":null}', '{"error":7}', '{"error":{"message":{"deep":1}}}',
      '{"error":{"message":7,"code":500,"type":{},"param":[]}}', '{"detail":null}', '{"detail":[]}', '{"detail":[1]}',
      '{"detail":[{"msg":1}]}', '{"detail":[{"msg":"m","loc":[{}]}]}', "{}", "[]", "7", '""', "true",
      '{"detail":{"error":{"error":{"error":"deep"}}}}', '{"error":{"message":true}}', '{"error":false}',
    }) do
      local detail = raw(400, body)
      assert.equal("BadRequestError", detail.type, body)
    end
  end)

  it("with an error and status 200 is an error", function()
    local detail = detail_of({ json = { error = { message = "quota is out", code = "429" } } })
    assert.equal("RateLimitError", detail.type)
    assert.equal("api", detail.kind)
    assert.matches("quota is out", detail.message)
  end)

  it("of 200 that is no JSON is a parse error", function()
    for _, step in ipairs({
      { body = "<html>hello</html>", headers = { ["Content-Type"] = "text/html" } }, { body = '{"id":' }, { body = "" },
      { body = "null" }, { body = "7" }, { body = '"text"' }, { body = '{"a":1} trailing' },
    }) do
      local detail = detail_of(step)
      assert.equal("parse", detail.kind, step.body)
      assert.equal(200, detail.status)
    end
  end)
end)

describe("the message", function()
  it("starts with the class and the status, and says it once", function()
    local detail = detail_of(reply.error(429, "litellm.RateLimitError: RateLimitError: OpenAIException - slow down"))
    assert.matches("^RateLimitError %(429%): ", detail.message)
    local _, count = detail.message:gsub("RateLimitError", "")
    assert.equal(1, count)
  end)

  it("takes off what the gateway wraps around its own", function()
    for _, wrapped in ipairs({ "400: {'error': '/rerank: no such model'}", "{'error': '/rerank: no such model'}" }) do
      assert.equal("BadRequestError (400): /rerank: no such model", detail_of(reply.error(400, wrapped)).message)
    end
  end)

  it("says what to do about a key", function()
    local detail = detail_of(reply.error(401, "Authentication Error, No api key passed in."))
    assert.matches("LITELLM_PROXY_API_KEY", detail.message)
  end)

  it("tells a gateway's own refusal of the key from others", function()
    local remedy = "is the key right?"
    local function about(status, message, kind)
      return detail_of(reply.error(status, message, { type = kind })).message
    end
    assert.matches(remedy, about(400, "No connected db.", "no_db_connection"), 1, true)
    assert.matches(remedy, about(401, "Authentication Error, No api key passed in.", "auth_error"), 1, true)
    for _, message in ipairs({
      "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided.",
      "Not allowed to access model due to tags configuration. Passed model=m and tags=['nope']",
      "Authentication Error, Rejected Request: api_base is not allowed in request body.",
    }) do
      assert.is_nil(about(401, message):find(remedy, 1, true), message)
    end
  end)

  it("works with assert, with print and with ..", function()
    local script = setup.script({ reply.error(400, "no such model") })
    -- A child, because busted's assert is not Lua's.
    local output = child.run(([[
      local litellm = require("litellm")
      local args = { api_base = "%s", model = "m", messages = { { role = "user", content = "x" } } }
      local ok, message = pcall(function() return assert(litellm.completion(args)) end)
      print(ok, "<" .. message .. ">")
    ]]):format(script.base))
    assert.matches("^false\t<.*BadRequestError %(400%): no such model>$", output)
  end)

  it("and everything else hide the key, also when the gateway repeats it", function()
    local detail = detail_of({
      status = 401, headers = { ["x-echo"] = "Bearer sk-spec" },
      json = { error = { message = "bad key sk-spec given", param = "sk-spec", code = "401" } },
    })
    local seen = {}
    local function walk(value)
      if type(value) == "table" and not seen[value] then
        seen[value] = true
        for k, v in pairs(value) do
          walk(k)
          walk(v)
        end
      elseif type(value) == "string" then
        assert.is_nil(value:find("sk-spec", 1, true), value)
      end
    end
    walk(detail)
    assert.matches("bad key", detail.message)
  end)
end)

describe("failures of the transport", function()
  local function transport(fields, settings)
    local client = litellm.new({ num_retries = 0, timeout = 5, api_key = "sk-spec" })
    for name, value in pairs(settings or {}) do
      client[name] = value
    end
    return setup.failed(client:completion(setup.chat(fields)))
  end

  it("name the host and the cause: nobody listens", function()
    local port = setup.gw:closed_port()
    local detail = transport({ api_base = "http://127.0.0.1:" .. port })
    assert.equal("connect", detail.kind)
    assert.equal("APIConnectionError", detail.type)
    assert.matches("127%.0%.0%.1:" .. port, detail.message)
    assert.matches("running", detail.message)
    assert.is_nil(detail.status)
  end)

  it("name the host and the cause: no such host", function()
    local detail = transport({ api_base = "http://nowhere.invalid:4000" })
    assert.equal("dns", detail.kind)
    assert.matches("nowhere%.invalid", detail.message)
  end)

  it("tell a closed connection from a reset one, and both from an answer", function()
    for _, raw_answer in ipairs({ { "close" }, { "reset" }, { "HTTP/1.1 100 Continue\r\n\r\n", "close" } }) do
      local script, client = setup.script({ { raw = raw_answer } }, nil, { own = true })
      local detail = setup.failed(client:completion(setup.chat()))
      assert.equal("reset", detail.kind)
      assert.equal("APIConnectionError", detail.type)
      assert.equal(1, script:count())
    end
  end)

  it("know an answer that was cut off", function()
    for _, step in ipairs({
      { body = '{"id":1', content_length = 100, ending = "close" },
      { raw = { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\"", "close" } },
      { raw = { "HTTP/1.1 200 OK\r\nContent-Le", "close" } },
      { raw = { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", "close" } },
    }) do
      local detail = detail_of(step)
      assert.equal("truncated", detail.kind)
    end
  end)

  it("know what is no HTTP", function()
    assert.equal("protocol", detail_of({ raw = { "SSH-2.0-OpenSSH_9\r\n", "close" } }).kind)
    assert.equal("protocol", detail_of({ raw = { "HTTP/1.1 abc nonsense\r\n\r\n", "close" } }).kind)
  end)

  it("know TLS where there is none", function()
    local script = setup.gw:script({ { json = {} } })
    local detail = transport({ api_base = (script.base:gsub("^http", "https")) })
    assert.equal("tls", detail.kind)
    assert.matches("does it speak http, not https%?$", detail.message)
  end)
end)

describe("the detail", function()
  it("is a table whose tostring is the message", function()
    local detail = detail_of(reply.error(500, "x"))
    assert.equal(detail.message, tostring(detail))
  end)

  it("says whether trying again makes sense", function()
    assert.is_false(detail_of(reply.error(400, "x")).retryable)
    assert.is_true(detail_of(reply.error(503, "x")).retryable)
    assert.is_true(detail_of(reply.error(429, "x")).retryable)
    assert.is_false(detail_of(reply.error(429, "x", { type = "budget_exceeded" })).retryable)
  end)

  it("says how long the gateway asks to wait", function()
    local step = reply.error(429, "x")
    step.headers = { ["retry-after"] = "60" }
    assert.equal(60, detail_of(step).retry_after)
  end)

  it("needs no file that cannot be read any more", function()
    local step = reply.error(429, "slow down")
    step.repeats = true
    local script = setup.script({ step })
    local output = child.run(([[
      local litellm = require "litellm"
      package.path = "nowhere/?.lua" -- as after chdir, or where no descriptor is left
      local res, _, detail = litellm.completion{ model = "m", messages = { { role = "user", content = "hi" } },
        api_base = "%s", api_key = "sk-spec", num_retries = 0 }
      print(res, detail.type, detail.status)
    ]]):format(script.base))
    assert.equal("nil\tRateLimitError\t429", output)
  end)
end)
