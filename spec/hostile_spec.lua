-- A gateway that means harm, through the whole path: whatever it sends, the call has
-- the right answer or an error that names the cause, in little time and memory.
local reply = require("support.reply")
local setup = require("support.setup")
local litellm = setup.litellm

local patience = tonumber(os.getenv("LITELLM_PATIENCE")) or 1
local MANY = math.floor(1000000 / patience)

local function peak_kb()
  local file = io.open("/proc/self/status")
  local text = file and file:read("*a") or ""
  if file then
    file:close()
  end
  return tonumber(text:match("VmHWM:%s*(%d+)") or 0)
end

--- Calls f within two seconds of this process's time and 256 MiB more memory than it
--- ever had: what grows with the square of what comes takes far more of either.
local function cheaply(f, ...)
  local kb, before = peak_kb(), os.clock()
  local a, b, c = f(...)
  assert.is_true(os.clock() - before < 2 * patience, os.clock() - before)
  assert.is_true(peak_kb() - kb < 256 * 1024, peak_kb() - kb)
  return a, b, c
end

--- A chat call that is answered with these bytes; limits may be given.
local function answered(bytes, settings)
  local script, client = setup.script({ { raw = { bytes, "close" } } }, settings)
  local result, message, detail = cheaply(client.completion, client, setup.chat())
  assert.equal(1, script:count())
  return result, message, detail
end

local function kind_of(...)
  return setup.failed(...).kind
end

--- A chat call with this JSON as its answer.
local function whole(json)
  local _, client = setup.script({ { body = json } })
  return cheaply(client.completion, client, setup.chat())
end

--- A stream of these events, read in one of the three ways: its text or nil, message, detail.
local ways = {
  result = function(stream)
    local response, message, detail = stream:result()
    local choice = response and response.choices[1]
    return response and (choice and choice.message.content or ""), message, detail
  end,
  read = function(stream)
    repeat
      local chunk, message, detail = stream:read()
      if message then
        return nil, message, detail
      end
    until not chunk
    local choice = stream:partial().choices[1]
    return choice and choice.message.content or ""
  end,
  text = function(stream)
    local pieces = {}
    local ok, detail = pcall(function()
      for piece in stream:text() do
        pieces[#pieces + 1] = piece
      end
    end)
    if ok then
      return table.concat(pieces)
    end
    return nil, detail.message, detail
  end,
}

--- Calls check(text, message, detail, stream) for each way of reading these events.
local function streamed(events, check, settings)
  for way, read in pairs(ways) do
    local _, client = setup.script({ { sse = events } }, settings)
    local stream = assert(client:completion(setup.stream()))
    local text, message, detail = cheaply(read, stream)
    check(text, message, detail, stream, way)
  end
end

local function text_is(expected)
  return function(text, message, _, stream, way)
    assert.equal(expected, text, ("%s: %s"):format(way, tostring(message)))
    assert.equal("complete", stream:state())
  end
end

local function fails_as(kind, partial)
  return function(text, message, detail, stream)
    assert.equal(kind, kind_of(text, message, detail))
    assert.not_equal("complete", stream:state())
    assert.equal(partial, detail.partial.choices[1] and detail.partial.choices[1].message.content)
  end
end

local function content(json)
  return 'data: {"choices":[{"index":0,"delta":{"content":' .. json .. "}}]}\n\n"
end

describe("hostile JSON", function()
  it("has numbers of any length", function()
    local digits = ("9"):rep(MANY)
    local result = assert(whole('{"a":' .. digits .. ',"b":0.' .. digits .. ',"c":1e' .. digits .. ',"d":1e-' .. digits
      .. ',"e":-' .. digits .. "}"))
    assert.equal(math.huge, result.a)
    assert.equal(1, result.b)
    assert.equal(math.huge, result.c)
    assert.equal(0, result.d)
    assert.equal(-math.huge, result.e)
  end)

  it("has one member a million times: the last counts, in all ways of reading", function()
    local result = assert(whole("{" .. ('"a":1,'):rep(MANY) .. '"a":2}'))
    assert.equal(2, result.a)
    streamed({ reply.text("x"), content('"a","content":"b"'), content('"c","content":"d"'), reply.finish(),
      reply.DONE }, text_is("xbd"))
  end)

  it("has a million members and a million tables", function()
    local members = {}
    for i = 1, MANY / 5 do
      members[i] = '"k' .. i .. '":[{}]'
    end
    local result = assert(whole("{" .. table.concat(members, ",") .. "}"))
    assert.same({ {} }, result.k777)
  end)

  it("has half a surrogate pair, which becomes the replacement character", function()
    local r = "\239\191\189"
    assert.equal(r .. "x", assert(whole('{"a":"\\ud800x"}')).a)
    streamed({ content('"\\ud83d"'), content('"\\ude00"'), reply.finish(), reply.DONE }, text_is(r .. r))
  end)

  it("has bytes that are no UTF-8, which come through as they are", function()
    assert.equal("\255\237\160\128", assert(whole('{"a":"\255\237\160\128"}')).a)
    streamed({ content('"\255"'), content('"\192\128"'), reply.finish(), reply.DONE }, text_is("\255\192\128"))
  end)

  it("ends anywhere", function()
    local text = '{"id":"\\u00e9\\ud83d\\ude00","n":[-1.5e+3,true,false,null,{}],"choices":[]}'
    assert(whole(text))
    for length = 1, #text - 1 do
      assert.equal("parse", kind_of(whole(text:sub(1, length))), text:sub(1, length))
    end
  end)

  it("ends anywhere in a stream, which is then an error with what came before", function()
    local event = content('"\\u00e9b"'):sub(1, -3)
    for length = #"data: {", #event - 1, 3 do
      local _, client = setup.script({ { sse = { reply.text("x"), event:sub(1, length) .. "\n\n", reply.DONE } } })
      local detail = setup.failed(assert(client:completion(setup.stream())):result())
      assert.equal("parse", detail.kind)
      assert.equal("x", detail.partial.choices[1].message.content)
    end
  end)

  it("has choices and calls at any index", function()
    local choices = {}
    for i = 1, MANY / 50 do
      choices[i] = ('{"index":%d,"delta":{"content":"x"}}'):format(i * 1000)
    end
    choices[#choices + 1] = '{"index":0,"delta":{"content":"first","tool_calls":[{"index":1e300},{"index":-1}]}}'
    choices[#choices + 1] = '{"index":1e999,"delta":{"content":"last"}},{"index":-0.5,"delta":{}}'
    local _, client = setup.script({ { sse = { 'data: {"choices":[' .. table.concat(choices, ",") .. "]}\n\n",
      reply.DONE } } })
    local stream = assert(client:completion(setup.stream()))
    local response = assert(cheaply(stream.result, stream))
    assert.equal(#choices, #response.choices)
    assert.equal("first", response.choices[1].message.content)
    assert.equal("last", response.choices[#choices].message.content)
    assert.equal(2, #response.choices[1].message.tool_calls)
  end)
end)

describe("a hostile event stream", function()
  local before, limits = reply.text("a"), { limits = { event = 100000 } }

  it("has a line, an event, a field or a comment without end", function()
    local long = ("x"):rep(1000000)
    for _, endless in ipairs({ "data: " .. long, ("data: x\n"):rep(100000), "id: " .. long, "event: " .. long,
      ": " .. long, long }) do
      streamed({ before, endless, reply.finish(), reply.DONE }, fails_as("limit", "a"), limits)
    end
  end)

  it("has a million events, comments or lines that say nothing", function()
    for _, nothing in ipairs({ "data:\n\n", "data\n\n", ": ping\n\n", "\n", "\r", ":\n", "event: x\n\n", "foo: bar\n",
      "retry: 1\n", "id: 1\n" }) do
      streamed({ before, nothing:rep(MANY / 4), reply.text("b"), reply.finish(), reply.DONE }, text_is("ab"))
    end
  end)

  it("has NUL bytes", function()
    for _, harmless in ipairs({ ": \0\n", "id: \0\n", "event: \0\n\n", "\0: x\n", "\0\n" }) do
      streamed({ before, harmless, reply.text("b"), reply.finish(), reply.DONE }, text_is("ab"))
    end
    for _, broken in ipairs({ "data: \0\n\n", content('"\0"'), "data: {}\0\n\n" }) do
      streamed({ before, broken, reply.text("b"), reply.finish(), reply.DONE }, fails_as("parse", "a"))
    end
  end)

  it("has a byte order mark in its middle, where it is part of a field's name, or of no JSON", function()
    local mark = "\239\187\191"
    streamed({ before, mark .. content('"lost"'), reply.text("b"), reply.finish(), reply.DONE }, text_is("ab"))
    streamed({ before, "data: " .. mark .. "{}\n\n", reply.finish(), reply.DONE }, fails_as("parse", "a"))
  end)

  it("never ends", function()
    local event = "data: " .. ('{"choices":[{"index":0,"delta":{"content":"%s"}}]}'):format(("x"):rep(1000)) .. "\n\n"
    for way, read in pairs(ways) do
      local _, client = setup.script({ { sse = { event:rep(2000) }, ending = "stall" } },
        { limits = { body = 1000000 } })
      local stream = assert(client:completion(setup.stream()))
      local detail = setup.failed(cheaply(read, stream))
      assert.equal("limit", detail.kind, way)
      local kept = #detail.partial.choices[1].message.content
      assert.is_true(kept > 100000 and kept < 1000000, kept)
    end
  end)

  it("brings its audio and its arguments in thousands of pieces", function()
    local piece, events = ("A"):rep(1000), {}
    for i = 1, 8000 / patience do
      events[i] = reply.delta({ audio = { id = "a", data = piece }, function_call = { arguments = piece } })
    end
    local pieces = #events
    events[#events + 1] = reply.finish()
    events[#events + 1] = reply.DONE
    local _, client = setup.script({ { sse = events } })
    local stream = assert(client:completion(setup.stream()))
    local message = assert(cheaply(stream.result, stream)).choices[1].message
    assert.equal(piece:rep(pieces), message.audio.data)
    assert.equal("a", message.audio.id)
    assert.equal(piece:rep(pieces), message.function_call.arguments)
  end)
end)

local OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
local BODY = 'Content-Length: 8\r\n\r\n{"id":1}'

describe("a hostile head", function()
  it("has lines without end", function()
    local long = ("x"):rep(2000000)
    for _, head in ipairs({ OK .. "X: " .. long .. "\r\n" .. BODY, OK .. long, "HTTP/1.1 200 " .. long }) do
      local detail = setup.failed(answered(head))
      assert.equal("limit", detail.kind)
      assert.matches("head", detail.message)
    end
  end)

  it("has lines without number", function()
    for _, head in ipairs({ OK .. ("X: y\r\n"):rep(MANY / 4) .. BODY,
      ("HTTP/1.1 103 Early Hints\r\n\r\n"):rep(MANY / 10) .. OK .. BODY }) do
      assert.equal("limit", kind_of(answered(head, { limits = { head = 50000 } })))
    end
  end)

  it("has a thousand lines, of which each is there", function()
    local lines = {}
    for i = 1, 1000 do
      lines[i] = "X-" .. i .. ": " .. i .. "\r\n"
    end
    local headers = litellm.meta(assert(answered(OK .. table.concat(lines) .. BODY))).headers
    for i = 1, 1000 do
      assert.equal(tostring(i), headers["x-" .. i])
    end
  end)

  it("has lines that are folded: one value", function()
    local meta = litellm.meta(assert(answered(OK
      .. "x-litellm-call-id: a\r\n b\r\n\tx-litellm-model-id: c\r\nx-other: d\r\n" .. BODY)))
    assert.matches("^a%s+b%s+x%-litellm%-model%-id: c$", meta.call_id)
    assert.is_nil(meta.model_id)
    assert.equal("d", meta.headers["x-other"])
  end)

  it("has bytes that are no ASCII, which come through as they are", function()
    local meta = litellm.meta(assert(answered(OK .. "x-litellm-call-id: \255\195\188\r\n\195\188: 1\r\n" .. BODY)))
    assert.equal("\255\195\188", meta.call_id)
  end)

  it("is no head", function()
    for _, head in ipairs({ OK .. "X: a\0b\r\n" .. BODY, OK .. "Content-Length: -5\r\n\r\n{}",
      OK .. "Content-Length: five\r\n\r\n{}", "HTTP/1.1 099 No\r\n" .. BODY, '{"id":1}', "\0\0\0\0" }) do
      local detail = setup.failed(answered(head))
      assert.equal("protocol", detail.kind)
      assert.matches("does not speak HTTP as it should: %w", detail.message)
    end
  end)

  it("promises more than comes", function()
    assert.equal("truncated", kind_of(answered(OK .. "Content-Length: 9000000000000000000\r\n\r\n{}")))
  end)

  it("may announce much in many answers and send nothing of it: no memory is taken for that", function()
    local head = OK .. "Content-Type: application/json\r\nContent-Length: 8388608\r\n\r\n"
    local script, client = setup.script({ { raw = { head .. "{", { wait = "close" }, "close" }, repeats = true } })
    cheaply(function()
      local tasks = {}
      for i = 1, 100 do tasks[i] = client:acompletion(setup.chat()) end
      litellm.sleep(0.1 * patience)
      script:open("close")
      for _, task in ipairs(tasks) do assert.equal("truncated", kind_of(task:await())) end
    end)
  end)
end)

describe("a hostile chunked encoding", function()
  local CHUNKED = OK .. "Transfer-Encoding: chunked\r\n\r\n"

  it("that is none is named as such, and is no reason to ask again", function()
    for _, garbage in ipairs({ "zz\r\n{}\r\n", "-1\r\n{}", "\r\n\r\n", "fffffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
      "5\r\n{}\r\n0\r\n\r\n", "2\r\n{}X0\r\n\r\n", "0x2\r\n{}\r\n0\r\n\r\n" }) do
      local detail = setup.failed(answered(CHUNKED .. garbage, { num_retries = 2 }))
      assert.equal("protocol", detail.kind, garbage)
      assert.matches("chunked", detail.message)
    end
  end)

  it("that is none makes a stream truncated", function()
    local _, client = setup.script({ { raw = {
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
      ("%x\r\n%s\r\nzz\r\n"):format(#content('"a"'), content('"a"')), "close",
    } } })
    local stream = assert(client:completion(setup.stream()))
    local detail = setup.failed(stream:result())
    assert.equal("truncated", detail.kind)
    assert.matches("chunked", detail.message)
    assert.equal("a", detail.partial.choices[1].message.content)
  end)

  it("has extensions and trailers without end, which nobody keeps", function()
    assert(answered(CHUNKED .. "2;" .. ("x"):rep(1000000) .. "\r\n{}\r\n0\r\n\r\n"))
    assert(answered(CHUNKED .. "2\r\n{}\r\n0\r\n" .. ("x: y\r\n"):rep(MANY / 10) .. "\r\n"))
    assert.equal("limit", kind_of(answered(CHUNKED .. "2\r\n{}\r\n0\r\nx: " .. ("y"):rep(1000000) .. "\r\n\r\n")))
  end)

  it("ends in a chunk that is larger than all the rest", function()
    assert.equal("truncated", kind_of(answered(CHUNKED .. "7fffffffffffffff\r\n{}")))
  end)
end)

describe("compression", function()
  it("is not asked for", function()
    local script, client = setup.script({ { json = reply.chat() } })
    assert(client:completion(setup.chat()))
    assert.is_nil(script:last().headers["accept-encoding"])
  end)

  it("that comes all the same is named", function()
    local gzip = "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\31\139\8\0"
    local detail = setup.failed(answered(OK .. gzip))
    assert.equal("parse", detail.kind)
    assert.matches("encoded as gzip, which was not asked for$", detail.message)
    local _, client = setup.script({ { raw = { "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" .. gzip } } })
    detail = setup.failed(assert(client:completion(setup.stream())):result())
    assert.matches("encoded as gzip, which was not asked for$", detail.message)
  end)

  local function bomb(bytes, head)
    local path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    file:write(bytes)
    file:close()
    local pipe = io.popen("gzip -9 <" .. path)
    local packed = pipe:read("*a")
    pipe:close()
    os.remove(path)
    return head .. "Transfer-Encoding: gzip, chunked\r\n\r\n" .. ("%x\r\n"):format(#packed) .. packed .. "\r\n0\r\n\r\n"
  end

  -- libcurl undoes an encoding of the transfer by itself.
  it("as an encoding of the transfer is bounded by what comes out of it", function()
    local spaces = (" "):rep(30000000)
    local kind = kind_of(answered(bomb(spaces, OK), { limits = { body = 1000000 } }))
    assert.is_true(kind == "limit" or kind == "protocol", kind) -- Newer ones refuse it.
    local _, client = setup.script({ { raw = {
      bomb("data: " .. spaces, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"), "close",
    } } }, { limits = { event = 1000000 } })
    local stream, message, detail = cheaply(client.completion, client, setup.stream())
    if stream then
      stream, message, detail = cheaply(stream.result, stream)
    end
    kind = kind_of(stream, message, detail)
    assert.is_true(kind == "limit" or kind == "truncated" or kind == "protocol", kind)
  end)
end)

describe("a limit beyond all numbers", function()
  it("is none", function()
    local _, client = setup.script({ reply.stream("a") }, { limits = { head = 1e300, body = 1e300, event = 1e300 } })
    assert.equal("a", assert(client:completion(setup.stream())):result().choices[1].message.content)
  end)
end)

describe("a hostile refusal", function()
  it("repeats the key a million times, of which none is shown", function()
    local keys = ("sk-spec "):rep(MANY / 5)
    for _, body in ipairs({ keys, '{"error":{"message":"' .. keys .. '"}}',
      '{"error":{"sk-spec":["' .. keys .. '"]}}' }) do
      local _, client = setup.script({ { status = 500, body = body } })
      local detail = setup.failed(cheaply(client.completion, client, setup.chat()))
      assert.is_nil(detail.message:find("sk-spec", 1, true))
      assert.is_true(#detail.message < 2000)
    end
  end)

  it("has no end: a megabyte of it is read", function()
    local head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n"
    local _, client = setup.script({ { raw = { head, ("x"):rep(2 * 1024 * 1024), { wait = "never" } } } })
    local detail = setup.failed(cheaply(client.completion, client, setup.chat()))
    assert.equal("BadRequestError", detail.type)
    assert.is_true(#detail.body > 1000)
  end)

  it("is nested, huge or endless", function()
    for _, body in ipairs({ ("["):rep(MANY), '{"error":' .. ("["):rep(200) .. ("]"):rep(200) .. "}",
      '{"error":{"message":"' .. ("x"):rep(MANY), '{"detail":[' .. ("{},"):rep(MANY / 10) .. "{}]}",
      "litellm." .. ("A"):rep(MANY), (" "):rep(MANY), ("1"):rep(MANY) .. "{'error': '" }) do
      local _, client = setup.script({ { status = 400, body = body } })
      local detail = setup.failed(cheaply(client.completion, client, setup.chat()))
      assert.equal("BadRequestError", detail.type)
      assert.is_true(#detail.message < 2000)
    end
  end)
end)
