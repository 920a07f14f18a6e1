-- Streams: what the parser makes of bytes, what the states say, what every way of
-- reading gives, and that a stream let go closes its connection.
local reply = require("support.reply")
local setup = require("support.setup")
local litellm = setup.litellm
local gw = setup.gw

local DONE = reply.DONE

--- A stream over these events.
local function open(events, settings, fields)
  local script, client = setup.script({ { sse = events } }, settings)
  return assert(client:completion(setup.stream(fields))), script
end

--- A stream over these bytes of an event stream, cut at these places.
local function open_bytes(...)
  return (open({ ... }))
end

local function chunks_of(stream)
  local chunks = {}
  while true do
    local chunk, message, detail = stream:read()
    if not chunk then
      return chunks, message, detail
    end
    chunks[#chunks + 1] = chunk
  end
end

local function text_of(stream)
  local pieces = {}
  for piece in stream:text() do
    pieces[#pieces + 1] = piece
  end
  return table.concat(pieces), #pieces
end

--- The loop over text as a function, for the steps between which a test acts.
local function texts_of(stream)
  local iterate, state = stream:text()
  return function()
    return iterate(state)
  end
end

local function content(json)
  return '{"choices":[{"index":0,"delta":{"content":' .. json .. "}}]}"
end

local FINISH = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'

--- The texts of a stream whose events are these bytes; the end is added.
local function texts(bytes)
  local stream = open_bytes(bytes, FINISH, DONE)
  local list = {}
  for piece in stream:text() do
    list[#list + 1] = piece
  end
  return list
end

describe("reading a stream", function()
  it("gives decoded chunks as they came", function()
    local stream = open(reply.stream("Hel", "lo").sse)
    local chunks = chunks_of(stream)
    assert.equal(4, #chunks)
    assert.equal("assistant", chunks[1].choices[1].delta.role)
    assert.equal("Hel", chunks[2].choices[1].delta.content)
    assert.equal("lo", chunks[3].choices[1].delta.content)
    assert.equal("stop", chunks[4].choices[1].finish_reason)
    assert.equal("complete", stream:state())
  end)

  it("gives nil again after the end", function()
    local stream = open(reply.stream("a").sse)
    chunks_of(stream)
    assert.same({}, { stream:read() })
    assert.same({}, { stream:read() })
  end)

  it("iterates with for, on the main thread", function()
    local script, client = setup.script({ reply.stream("a", "b") })
    local seen = {}
    for chunk in assert(client:completion(setup.stream())) do
      seen[#seen + 1] = chunk.choices[1].delta.content
    end
    assert.same({ "", "a", "b" }, seen)
    assert.equal(1, script:count())
  end)

  it("gives the text alone", function()
    local stream = open(reply.stream("Hel", "lo ", "wörld").sse)
    local text, pieces = text_of(stream)
    assert.equal("Hello wörld", text)
    assert.equal(3, pieces)
    assert.equal("complete", stream:state())
  end)

  it("gives the response as if it had not been a stream", function()
    local stream = open({
      reply.delta({ role = "assistant", content = "" }), reply.text("Hel"), reply.text("lo"), reply.finish("length"),
      reply.usage(3, 2), DONE,
    })
    local response = assert(stream:result())
    assert.equal("chat.completion", response.object)
    assert.equal("chatcmpl-1", response.id)
    assert.equal("gpt-4o", response.model)
    assert.equal(1700000000, response.created)
    assert.equal(1, #response.choices)
    local choice = response.choices[1]
    assert.equal(0, choice.index)
    assert.equal("length", choice.finish_reason)
    assert.same({ role = "assistant", content = "Hello" }, choice.message)
    assert.equal(5, response.usage.total_tokens)
  end)

  it("gives the whole response after some of it was read", function()
    local stream = open(reply.stream("a", "b", "c").sse)
    stream:read()
    stream:read()
    assert.equal("abc", stream:result().choices[1].message.content)
    assert.equal("abc", stream:result().choices[1].message.content)
  end)

  it("gives the whole response after text() read some of it", function()
    local stream = open(reply.stream("a", "b", "c").sse)
    assert.equal("a", texts_of(stream)())
    assert.equal("b", texts_of(stream)())
    assert.equal("abc", stream:result().choices[1].message.content)
  end)

  it("gives each piece when it comes, not when all is there", function()
    local stream, script = open({ reply.text("a"), { wait = "more" }, reply.text("b"), reply.finish(), DONE })
    local next_text = texts_of(stream)
    assert.equal("a", next_text())
    assert.equal("open", stream:state())
    script:open("more")
    assert.equal("b", next_text())
    assert.is_nil(next_text())
    assert.equal("complete", stream:state())
  end)

  it("asks for a stream and for events", function()
    local _, script = open(reply.stream("a").sse)
    local request = script:last()
    assert.equal(true, request.json.stream)
    assert.matches("text/event%-stream", request.headers.accept)
  end)

  it("knows the headers before the first chunk", function()
    local script, client = setup.script({
      { headers = { ["x-litellm-call-id"] = "call-7" }, sse = { { wait = "never" } } },
    })
    local stream = assert(client:completion(setup.stream()))
    assert.equal("call-7", litellm.meta(stream).call_id)
    stream:close()
    assert.truthy(script:all_closed())
  end)
end)

describe("the event parser", function()
  it("takes LF, CRLF and CR for line endings, also mixed", function()
    for _, ending in ipairs({ "\n", "\r\n", "\r" }) do
      assert.same({ "a", "b" }, texts("data: " .. content('"a"') .. ending .. ending
        .. "data: " .. content('"b"') .. ending .. ending))
    end
    assert.same({ "a", "b" }, texts("data: " .. content('"a"') .. "\r\n\n" .. "data: " .. content('"b"') .. "\n\r\n"))
  end)

  it("gives the same events wherever the bytes are split", function()
    local bytes = ": hi\r\nid: 1\r\ndata: " .. content('"é\\u00e9\\n😀"') .. "\r\n\r\n"
    local client_steps, at = {}, {}
    for cut = 1, #bytes - 1, 7 do
      at[#at + 1] = cut
      client_steps[#client_steps + 1] = {
        sse = { bytes:sub(1, cut), { delay = 0.001 }, bytes:sub(cut + 1), FINISH, DONE },
      }
    end
    local _, client = setup.script(client_steps)
    for _, cut in ipairs(at) do
      local stream = assert(client:completion(setup.stream()))
      assert.equal("éé\n😀", (text_of(stream)), "cut at " .. cut)
    end
  end)

  it("gives the same events byte by byte", function()
    local bytes = "data: " .. content('"añb"') .. "\r\n\r\n" .. FINISH .. DONE
    local _, client = setup.script({ { sse = { bytes }, split = 1 } })
    assert.equal("añb", (text_of(assert(client:completion(setup.stream())))))
  end)

  it("skips comments, pings and unknown fields", function()
    assert.same({ "a", "b" }, texts(
      ": ping\n\n:\n\nfoo: bar\ndata: " .. content('"a"') .. "\n\n: ping\n\nretry: 10\nevent: x\n\n"
      .. "data:" .. content('"b"') .. "\nnonsense\n\n"))
  end)

  it("removes one space after the colon and no more", function()
    assert.same({ "a" }, texts('data:  {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'))
  end)

  it("skips a byte order mark at the start", function()
    assert.same({ "a" }, texts("\239\187\191data: " .. content('"a"') .. "\n\n"))
  end)

  it("joins the data lines of one event", function()
    assert.same({ "a" }, texts('data: {"choices":[{"index":0,\ndata: "delta":\ndata\ndata:{"content":"a"}}]}\n\n'))
  end)

  it("skips events without data", function()
    assert.same({ "a" }, texts("event: ping\n\ndata\n\ndata:\n\ndata: " .. content('"a"') .. "\n\n"))
  end)

  it("leaves line separators of Unicode inside data alone", function()
    assert.same({ "a\226\128\168b\226\128\169c\194\133d" },
      texts("data: " .. content('"a\226\128\168b\226\128\169c\194\133d"') .. "\n\n"))
  end)

  it("takes a last event that lacks its blank line, when it is complete JSON", function()
    local stream = open_bytes("data: " .. content('"a"') .. "\n\n",
      'data: {"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}')
    assert.equal("ab", (text_of(stream)))
    assert.equal("complete", stream:state())
  end)

  it("drops a last event that is cut off: the stream is then truncated", function()
    for _, rest in ipairs({ 'data: {"choices":[{"ind', "data: nonsense", "data: [DO",
      'data: {"choices":[{"index":0,"delta":{"content":"b"}}]}\nda' }) do
      local stream = open_bytes("data: " .. content('"a"') .. "\n\n" .. rest)
      local detail = setup.failed(stream:result())
      assert.equal("truncated", detail.kind)
      assert.equal(rest:find("\n") and "ab" or "a", detail.partial.choices[1].message.content)
    end
  end)

  it("knows [DONE] by its beginning", function()
    assert.equal("complete", (function()
      local stream = open_bytes("data: " .. content('"a"') .. "\n\ndata: [DONE] bye\n\nnonsense\n\n")
      text_of(stream)
      return stream:state()
    end)())
  end)

  it("ignores what follows [DONE]", function()
    local stream = open_bytes("data: " .. content('"a"') .. "\n\n" .. FINISH .. DONE
      .. "data: " .. content('"b"') .. "\n\n")
    assert.equal("a", (text_of(stream)))
    assert.equal("complete", stream:state())
  end)

  it("takes a large event and many events in one write", function()
    local big = ("x"):rep(1024 * 1024)
    assert.same({ big }, texts("data: " .. content('"' .. big .. '"') .. "\n\n"))
    local one = "data: " .. content('"ab"') .. "\n\n"
    local list = texts(one:rep(2000))
    assert.equal(("ab"):rep(2000), table.concat(list))
  end)

  it("keeps the Anthropic form of a stream readable through request", function()
    local _, client = setup.script({ { sse = {
      'event: message_start\ndata: {"type":"message_start"}\n\n', 'event: ping\ndata: {"type":"ping"}\n\n',
      'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    } } })
    local stream = assert(client:request({ method = "POST", path = "/v1/messages", json = { x = 1 }, stream = true }))
    local types = {}
    for _, chunk in ipairs((chunks_of(stream))) do
      types[#types + 1] = chunk.type
    end
    assert.same({ "message_start", "ping", "message_stop" }, types)
    assert.equal("complete", stream:state())
  end)
end)

describe("the state of a stream", function()
  local function state_after(events)
    local stream = open(events)
    local chunks, message, detail = chunks_of(stream)
    return stream:state(), message, detail, stream, chunks
  end

  it("is complete with a finish reason and [DONE]", function()
    assert.equal("complete", (state_after({ reply.text("a"), reply.finish(), DONE })))
  end)

  it("is complete with a finish reason but no [DONE]", function()
    assert.equal("complete", (state_after({ reply.text("a"), reply.finish() })))
  end)

  it("is complete with [DONE] though one choice never finished, as the proxy does for n = 2", function()
    assert.equal("complete", (state_after({ reply.text("a", 0), reply.text("b", 1), reply.finish("stop", 0), DONE })))
  end)

  it("is truncated when neither came", function()
    local state, message, detail, stream = state_after({ reply.text("Hel"), reply.text("lo") })
    assert.equal("truncated", state)
    setup.failed(nil, message, detail)
    assert.equal("truncated", detail.kind)
    assert.equal("Hello", detail.partial.choices[1].message.content)
    assert.equal("Hello", stream:partial().choices[1].message.content)
  end)

  it("is truncated when a second choice has no finish and there is no [DONE]", function()
    local state = state_after({ reply.text("a", 0), reply.text("b", 1), reply.finish("stop", 0) })
    assert.equal("truncated", state)
  end)

  it("is truncated after an empty stream", function()
    local state, message, detail = state_after({})
    assert.equal("truncated", state)
    setup.failed(nil, message, detail)
  end)

  it("is truncated when the connection ends inside a chunk of HTTP", function()
    local script, client = setup.script({ { raw = {
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
      "40\r\ndata: " .. content('"a"') .. "\n\n", "close",
    } } })
    local stream = assert(client:completion(setup.stream()))
    local _, message, detail = chunks_of(stream)
    setup.failed(nil, message, detail)
    assert.equal("truncated", stream:state())
    assert.equal("truncated", detail.kind)
    assert.equal(1, script:count())
  end)

  it("is truncated when the last chunk of HTTP is missing, finish reason or not", function()
    for _, events in ipairs({ { reply.text("a"), "close" }, { reply.text("a"), reply.finish(), "close" } }) do
      local state, message, detail = state_after(events)
      setup.failed(nil, message, detail)
      assert.equal("truncated", state)
    end
  end)

  it("is truncated, with what came before, when the connection is reset", function()
    local _, client = setup.script({ { sse = { reply.text("a"), { delay = 0.02 }, "reset" } } })
    local stream = assert(client:completion(setup.stream()))
    local chunks, message, detail = chunks_of(stream)
    setup.failed(nil, message, detail)
    assert.equal(1, #chunks)
    assert.matches("^truncated$", stream:state())
    assert.equal("a", detail.partial.choices[1].message.content)
  end)

  it("is error after an error event, whatever follows", function()
    local state, message, detail, stream, chunks = state_after({
      reply.text("Hel"),
      'data: {"error": {"message": "litellm.RateLimitError: too fast", "type": "None", "param": "None", '
        .. '"code": "429"}}\n\n',
      reply.text("lo"), reply.finish(), DONE,
    })
    assert.equal("error", state)
    setup.failed(nil, message, detail)
    assert.equal(1, #chunks)
    assert.equal("RateLimitError", detail.type)
    assert.equal("429", tostring(detail.code))
    assert.is_nil(detail.param)
    assert.matches("too fast", message)
    assert.equal("Hel", detail.partial.choices[1].message.content)
    assert.equal("Hel", stream:partial().choices[1].message.content)
  end)

  it("is error after an error event of any shape, which has a reason to show", function()
    for shape, reason in pairs({
      ['"text"'] = "text", ["{}"] = "gave no reason", ['""'] = "gave no reason", ["true"] = "true",
      ['{"message":"","type":"None"}'] = "gave no reason", ['{"message":"None","code":"500"}'] = "500",
      ['{"message":null,"type":"server_error"}'] = "server_error", ['{"message":{"deep":"x"}}'] = "deep",
    }) do
      local state, message, detail = state_after({ reply.text("a"), 'data: {"error":' .. shape .. "}\n\n", DONE })
      assert.equal("error", state, shape)
      setup.failed(nil, message, detail)
      assert.matches(": .*" .. reason, message)
      assert.is_nil(message:find("None", 1, true))
    end
  end)

  it("is none after an error that is null or false", function()
    for _, nothing in ipairs({ "null", "false" }) do
      local event = ('data: {"error":%s,"choices":[]}\n\n'):format(nothing)
      assert.equal("complete", (state_after({ reply.text("a"), event, reply.finish(), DONE })))
    end
  end)

  it("is error after an event that is no JSON, with its text", function()
    local state, message, detail = state_after({ reply.text("a"), "data: Internal Server Error\n\n" })
    assert.equal("error", state)
    setup.failed(nil, message, detail)
    assert.equal("parse", detail.kind)
    assert.matches("Internal Server Error", message)
  end)

  it("is error after a chunk whose fields have other types than they should", function()
    for _, broken in ipairs({
      '"choices":5', '"choices":"x"', '"choices":[1]', '"choices":[{"index":"0","delta":{"content":"b"}}]',
      '"choices":[{"logprobs":5}]', '"choices":[{"delta":{"audio":{"data":{}}}}]',
      '"choices":[{"delta":{"function_call":{"arguments":{}}}}]', '"choices":[{"delta":{"tool_calls":[1]}}]',
      '"choices":[{"delta":{"tool_calls":[{"function":{"arguments":{}}}]}}]',
    }) do
      local event = "data: {" .. broken .. "}\n\n"
      local state, message, detail = state_after({ reply.text("a"), event, reply.finish(), DONE })
      assert.equal("error", state, broken)
      setup.failed(nil, message, detail)
      assert.equal("parse", detail.kind)
      assert.equal("a", detail.partial.choices[1].message.content)
    end
  end)

  it("is cancelled after close", function()
    local stream, script = open({ reply.text("a"), { wait = "never" } })
    stream:read()
    stream:close()
    assert.equal("cancelled", stream:state())
    assert.truthy(script:all_closed())
    assert.equal("a", stream:partial().choices[1].message.content)
  end)

  it("ends the loop that closes it, and is cancelled", function()
    local chat = { reply.text("a"), reply.text("b"), { wait = "never" } }
    local events = { 'data: {"type":"response.output_text.delta","delta":"a"}\n\n', { wait = "never" } }
    for call, steps in pairs({ completion = chat, responses = events }) do
      for _, way in ipairs({ "__call", "text" }) do
        local script, client = setup.script({ { sse = steps } })
        local stream = assert(client[call](client, setup.args(call, { stream = true })))
        local turns = 0
        for _ in way == "text" and stream:text() or stream do
          turns = turns + 1
          stream:close()
        end
        assert.equal(1, turns)
        assert.equal("cancelled", stream:state())
        assert.truthy(script:all_closed())
        assert.equal("cancelled", setup.failed(stream:read()).kind)
        assert.equal("cancelled", setup.failed(stream:result()).kind)
      end
    end
  end)

  it("raises in a loop when it was another that closed it", function()
    for _, way in ipairs({ "__call", "text" }) do
      local stream = open({ reply.text("a"), reply.text("b"), { wait = "never" } })
      local ok, detail = pcall(function()
        for _ in way == "text" and stream:text() or stream do
          litellm.spawn(stream.close, stream)
        end
      end)
      assert.is_false(ok)
      assert.equal("cancelled", detail.kind)
    end
  end)

  it("stays complete when it is closed afterwards, as often as one likes", function()
    local stream = open(reply.stream("a").sse)
    stream:result()
    stream:close()
    stream:close()
    assert.equal("complete", stream:state())
  end)
end)

describe("an event that is JSON and no object", function()
  for _, json in ipairs{ "null", "false", "5", '"text"' } do
    it("is an error: " .. json, function()
      for _, read in ipairs{ chunks_of, texts_of } do
        local stream = open{ reply.text("a"), "data: " .. json .. "\n\n", reply.finish(), DONE }
        local next_piece = read == texts_of and texts_of(stream)
        while next_piece and stream:state() == "open" do pcall(next_piece) end
        local _, message, detail = chunks_of(stream)
        assert.equal("parse", detail.kind)
        assert.match("an object was expected", message)
      end
    end)
  end
end)

describe("a failure in mid-stream", function()
  local events = { reply.text("Hel"), 'data: {"error":{"message":"broke","code":"500"}}\n\n' }

  it("is raised by for, as the typed detail", function()
    local stream = open(events)
    local seen = 0
    local ok, detail = pcall(function()
      for _ in stream do
        seen = seen + 1
      end
    end)
    assert.is_false(ok)
    assert.equal(1, seen)
    assert.equal("table", type(detail))
    assert.equal("InternalServerError", detail.type)
    assert.matches("broke", tostring(detail))
    assert.equal("Hel", detail.partial.choices[1].message.content)
  end)

  it("is raised by the loop over text", function()
    local stream = open(events)
    local pieces = {}
    local ok, detail = pcall(function()
      for piece in stream:text() do
        pieces[#pieces + 1] = piece
      end
    end)
    assert.is_false(ok)
    assert.same({ "Hel" }, pieces)
    assert.equal("InternalServerError", detail.type)
  end)

  it("is returned by read, and again by the next read", function()
    local stream = open(events)
    assert.truthy(stream:read())
    local first = setup.failed(stream:read())
    local second = setup.failed(stream:read())
    assert.equal(first.message, second.message)
  end)

  it("is returned by result", function()
    local detail = setup.failed(open(events):result())
    assert.equal("Hel", detail.partial.choices[1].message.content)
  end)

  it("is returned by result for a truncated stream: cut off never looks complete", function()
    local stream = open({ reply.text("a") })
    local detail = setup.failed(stream:result())
    assert.equal("truncated", detail.kind)
  end)
end)

describe("a failure before the stream", function()
  it("is the failure of the call", function()
    local _, client = setup.script({ reply.error(400, "no such model") })
    local detail = setup.failed(client:completion(setup.stream()))
    assert.equal(400, detail.status)
    assert.equal("BadRequestError", detail.type)
  end)
end)

describe("an answer that is no stream", function()
  it("becomes a stream of one", function()
    local _, client = setup.script({ { json = reply.chat("All at once") }, { json = reply.chat("All at once"),
      headers = { ["Content-Type"] = "Application/JSON; charset=utf-8" } } })
    assert.equal("All at once", (text_of(assert(client:completion(setup.stream())))))
    local stream = assert(client:completion(setup.stream()))
    assert.equal("All at once", (text_of(stream)))
    assert.equal("complete", stream:state())
    local response = assert(stream:result())
    assert.equal("All at once", response.choices[1].message.content)
    assert.equal(3, response.usage.total_tokens)
  end)

  it("is the error in it", function()
    local _, client = setup.script({ { json = { error = { message = "quota", code = "429" } } } })
    local stream, message, detail = client:completion(setup.stream())
    if stream then
      stream, message, detail = stream:read()
    end
    assert.equal("RateLimitError", setup.failed(stream, message, detail).type)
  end)

  it("is truncated when it was cut off, and a timeout when it stopped", function()
    local cut = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    for ending, kind in pairs({ close = "truncated", stall = "timeout" }) do
      local _, client = setup.script({ { raw = { cut, ending } } }, { timeout = { idle = 0.1 } })
      local stream = assert(client:completion(setup.stream()))
      assert.equal(kind, setup.failed(stream:result()).kind)
    end
  end)

  it("is an error when its fields have other types than they should", function()
    for _, body in ipairs({ '{"choices":5}', '{"choices":[1]}', '{"choices":[{"message":{"tool_calls":[1]}}]}' }) do
      local _, client = setup.script({ { body = body, headers = { ["Content-Type"] = "application/json" } } })
      local stream = assert(client:completion(setup.stream()))
      assert.equal("parse", setup.failed(stream:result()).kind)
    end
  end)
end)

describe("the accumulator", function()
  it("keeps choices apart", function()
    local stream = open({
      reply.text("A", 0), reply.text("B", 1), reply.text("a", 0), reply.text("b", 1), reply.text("C", 2),
      reply.finish("stop", 1), reply.finish("length", 0), reply.finish("stop", 2), DONE,
    })
    local response = assert(stream:result())
    assert.equal(3, #response.choices)
    for i, want in ipairs({ { "Aa", "length" }, { "Bb", "stop" }, { "C", "stop" } }) do
      assert.equal(i - 1, response.choices[i].index)
      assert.equal(want[1], response.choices[i].message.content)
      assert.equal(want[2], response.choices[i].finish_reason)
    end
  end)

  it("puts tool calls together by index, arguments absent at times", function()
    local stream = open({
      reply.delta({ role = "assistant" }),
      reply.tool_call({
        index = 0, id = "call_a", type = "function", ["function"] = { name = "weather", arguments = "" },
      }),
      reply.tool_call({ index = 0, ["function"] = { arguments = '{"city"' } }),
      reply.tool_call({ index = 1, id = "call_b", type = "function", ["function"] = { name = "time" } }),
      reply.tool_call({ index = 0, ["function"] = { arguments = ':"Oslo"}' } }),
      reply.tool_call({ index = 1, ["function"] = { arguments = "{}" } }),
      'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":null}}]}}]}\n\n',
      reply.finish("tool_calls"), DONE,
    })
    local message = assert(stream:result()).choices[1].message
    assert.is_nil(message.content)
    assert.equal(2, #message.tool_calls)
    assert.equal("call_a", message.tool_calls[1].id)
    assert.equal("function", message.tool_calls[1].type)
    assert.same({ name = "weather", arguments = '{"city":"Oslo"}' }, message.tool_calls[1]["function"])
    assert.equal("call_b", message.tool_calls[2].id)
    assert.same({ name = "time", arguments = "{}" }, message.tool_calls[2]["function"])
  end)

  it("takes another id on one index for another call", function()
    local stream = open({
      reply.tool_call({ index = 0, id = "call_a", ["function"] = { name = "f", arguments = "{1" } }),
      reply.tool_call({ index = 0, id = "call_a", ["function"] = { arguments = "}" } }),
      reply.tool_call({ index = 0, id = "call_b", ["function"] = { name = "g", arguments = "{2}" } }),
      reply.finish("tool_calls"), DONE,
    })
    local calls = assert(stream:result()).choices[1].message.tool_calls
    assert.equal(2, #calls)
    assert.equal("{1}", calls[1]["function"].arguments)
    assert.equal("{2}", calls[2]["function"].arguments)
  end)

  it("puts calls that take turns on one index together by their ids", function()
    local function piece(id, text)
      return reply.tool_call({ index = 0, id = id, ["function"] = { name = "f" .. id, arguments = text } })
    end
    local stream = open({ piece("a", "1"), piece("b", "2"), piece("a", "3"), piece("c", "4"), piece("b", "5"),
      piece("", "6"), reply.finish("tool_calls"), DONE })
    local seen = {}
    for i, call in ipairs(assert(stream:result()).choices[1].message.tool_calls) do
      seen[i] = call.id .. call["function"].arguments
    end
    assert.same({ "a13", "b256", "c4" }, seen)
  end)

  it("joins the log probabilities of a choice", function()
    local stream = open({
      reply.delta({ content = "a" }, { logprobs = { content = { { token = "a", logprob = -0.5 } } } }),
      reply.delta({ content = "b" }, { logprobs = { content = { { token = "b", logprob = -1 } } } }),
      reply.finish(), DONE,
    })
    local list = assert(stream:result()).choices[1].logprobs.content
    assert.same({ "a", "b" }, { list[1].token, list[2].token })
    assert.equal(2, #list)
  end)

  it("leaves padding in the chunks that brought it", function()
    local first = reply.text("a")
    first.obfuscation = "xxxx"
    local events = { first, reply.delta({ content = "b", obfuscation = "yy" }), reply.finish(), DONE }
    local stream = open(events)
    assert.equal("xxxx", stream:read().obfuscation)
    local response = assert(stream:result())
    assert.is_nil(response.obfuscation)
    assert.is_nil(response.choices[1].message.obfuscation)
    assert.equal("ab", response.choices[1].message.content)
  end)

  it("keeps tool calls of different choices apart", function()
    local stream = open({
      reply.tool_call({ index = 0, id = "a", ["function"] = { name = "f", arguments = "1" } }, 0),
      reply.tool_call({ index = 0, id = "b", ["function"] = { name = "g", arguments = "2" } }, 1),
      reply.finish("tool_calls", 0), reply.finish("tool_calls", 1), DONE,
    })
    local choices = assert(stream:result()).choices
    assert.equal("f", choices[1].message.tool_calls[1]["function"].name)
    assert.equal("g", choices[2].message.tool_calls[1]["function"].name)
  end)

  it("collects reasoning, refusal and unknown text beside the content", function()
    local stream = open({
      reply.delta({ reasoning_content = "think" }), reply.delta({ reasoning_content = "ing" }), reply.text("Yes"),
      reply.delta({ refusal = "no" }), reply.finish(), DONE,
    })
    local message = assert(stream:result()).choices[1].message
    assert.equal("thinking", message.reasoning_content)
    assert.equal("Yes", message.content)
    assert.equal("no", message.refusal)
  end)

  it("keeps a finish reason that came with content", function()
    local stream = open({ reply.delta({ content = "end" }, { finish_reason = "stop" }), DONE })
    local chunks = chunks_of(stream)
    assert.equal("end", chunks[1].choices[1].delta.content)
    assert.equal("stop", chunks[1].choices[1].finish_reason)
    assert.equal("end", stream:result().choices[1].message.content)
  end)

  it("takes usage wherever it comes, empty choices included", function()
    for _, event in ipairs({
      'data: {"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":5,"total_tokens":9}}\n\n',
      reply.usage(4, 5),
    }) do
      local stream = open({ reply.text("a"), reply.finish(), event, DONE })
      assert.equal(9, assert(stream:result()).usage.total_tokens)
      assert.equal("complete", stream:state())
    end
  end)

  it("takes the cost from usage when no header says it", function()
    local stream = open({
      reply.text("a"), reply.finish(),
      'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2,"cost":0.25}}\n\n', DONE,
    })
    local response = assert(stream:result())
    assert.equal(0.25, litellm.meta(response).cost)
  end)

  it("takes the fallback event for no content", function()
    local stream = open({
      'data: {"id":"litellm-fallback-metadata","choices":[],"litellm_fallback":{"model":"b"}}\n\n',
      reply.text("a"), reply.finish(), DONE,
    })
    local response = assert(stream:result())
    assert.equal("a", response.choices[1].message.content)
    assert.equal("b", response.litellm_fallback.model)
  end)

  it("has everything so far in partial, tool calls and usage included", function()
    local stream = open({
      reply.text("a"), reply.tool_call({ index = 0, id = "c", ["function"] = { name = "f", arguments = "{" } }),
      reply.usage(1, 1), 'data: {"error":{"message":"broke"}}\n\n',
    })
    local detail = setup.failed(stream:result())
    for _, partial in ipairs({ detail.partial, stream:partial() }) do
      assert.equal("a", partial.choices[1].message.content)
      assert.equal("{", partial.choices[1].message.tool_calls[1]["function"].arguments)
      assert.equal(2, partial.usage.total_tokens)
      assert.is_nil(partial.choices[1].finish_reason)
    end
  end)

  it("reads completions, whose last chunk has no text", function()
    local script, client = setup.script({ { sse = {
      'data: {"id":"c","object":"text_completion","choices":[{"index":0,"text":" one"}]}\n\n',
      'data: {"id":"c","object":"text_completion","choices":[{"index":0,"text":" two"}]}\n\n',
      'data: {"id":"c","object":"text_completion","choices":[{"index":0,"finish_reason":"stop"}]}\n\n', DONE,
    } } })
    local stream = assert(client:text_completion({ model = "m", prompt = "x", stream = true }))
    local response = assert(stream:result())
    assert.equal(" one two", response.choices[1].text)
    assert.equal("stop", response.choices[1].finish_reason)
    assert.equal("/completions", script:last().path)
  end)

  it("gives the text of completions", function()
    local _, client = setup.script({ { sse = {
      'data: {"choices":[{"index":0,"text":" one"}]}\n\n',
      'data: {"choices":[{"index":0,"text":" two","finish_reason":"stop"}]}\n\n', DONE,
    } } })
    assert.equal(" one two", (text_of(assert(client:text_completion({ model = "m", prompt = "x", stream = true })))))
  end)

  it("reads responses: text, and the response of the last event", function()
    local events = {
      'data: {"type":"response.created","response":{"id":"r","status":"in_progress","output":[]}}\n\n',
      'data: {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hel"}\n\n',
      'data: {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"lo"}\n\n',
      'data: {"type":"response.completed","response":{"id":"r","status":"completed","output":[{"type":"message",'
        .. '"content":[{"type":"output_text","text":"Hello"}]}],"usage":{"total_tokens":3}}}\n\n', DONE,
    }
    local _, client = setup.script({ { sse = events, repeats = true } })
    local args = { model = "m", input = "x", stream = true }
    assert.equal("Hello", (text_of(assert(client:responses(args)))))
    local stream = assert(client:responses(args))
    local response = assert(stream:result())
    assert.equal("completed", response.status)
    assert.equal("Hello", response.output[1].content[1].text)
    assert.equal("complete", stream:state())
  end)

  it("reads the streams of transcriptions and pictures", function()
    local script, client = setup.script({
      { sse = { 'data: {"type":"transcript.text.delta","delta":"he"}\n\n',
        'data: {"type":"transcript.text.delta","delta":"y"}\n\n',
        'data: {"type":"transcript.text.done","text":"hey"}\n\n' } },
      { sse = { 'data: {"type":"image_generation.partial_image","partial_image_index":0}\n\n',
        'data: {"type":"image_generation.completed","b64_json":"AA=="}\n\n' } },
    })
    local stream = assert(client:transcription(setup.args("transcription", { stream = true })))
    assert.equal("hey", (text_of(stream)))
    assert.equal("complete", stream:state())
    assert.same({ "true" }, script:last().parts.by_name.stream)
    stream = assert(client:image_generation(setup.args("image_generation", { stream = true })))
    assert.equal(0, stream:read().partial_image_index)
    assert.equal("AA==", assert(stream:result()).b64_json)
  end)

  it("takes a stream of responses without its last event for truncated", function()
    local _, client = setup.script({ { sse = {
      'data: {"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hel"}\n\n',
    } } })
    local stream = assert(client:responses({ model = "m", input = "x", stream = true }))
    assert.equal("truncated", setup.failed(stream:result()).kind)
  end)
end)

describe("leaving a stream", function()
  local endless = { reply.text("a"), reply.text("b"), { wait = "never" } }

  local breaks = _VERSION == "Lua 5.4" and it or pending

  breaks("by break closes it at once (5.4)", function()
    local script, client = setup.script({ { sse = endless } })
    for _ in client:completion(setup.stream()) do -- luacheck: ignore
      break
    end
    assert.truthy(script:all_closed())
  end)

  breaks("by break from the loop over text closes it at once (5.4)", function()
    local stream, script = open(endless)
    for _ in stream:text() do -- luacheck: ignore
      break
    end
    assert.equal("cancelled", stream:state())
    assert.truthy(script:all_closed())
  end)

  breaks("by an error closes it at once (5.4)", function()
    local script, client = setup.script({ { sse = endless } })
    pcall(function()
      for _ in client:completion(setup.stream()) do
        error("enough")
      end
    end)
    assert.truthy(script:all_closed())
  end)

  it("to the collector closes it", function()
    local script, client = setup.script({ { sse = endless } })
    local stream = assert(client:completion(setup.stream()))
    stream:read()
    stream = nil -- luacheck: ignore
    setup.collect()
    assert.truthy(script:all_closed())
  end)

  it("before its first byte closes the connection, too", function()
    local script, client = setup.script({ { delay = 5, sse = endless } })
    local task = client:acompletion(setup.stream())
    assert.truthy(script:wait_for(function()
      litellm.wait(1)
      return script:count() == 1
    end))
    task:cancel()
    litellm.step()
    assert.truthy(script:all_closed())
  end)

  it("returns the connection to use again after a complete stream", function()
    local step = reply.stream("a")
    step.repeats = true
    local script, client = setup.script({ step }, nil, { own = true })
    for _ = 1, 3 do
      assert(client:completion(setup.stream())):result()
      litellm.sleep(0.02) -- the last bytes of the body may come after [DONE]
    end
    assert.equal(1, #script:connections())
  end)
end)

describe("a stream that nobody reads", function()
  it("is paused, and loses nothing when reading goes on", function()
    local events, piece = {}, ("x"):rep(64 * 1024)
    for i = 1, 200 do
      events[i] = reply.text(piece)
    end
    events[#events + 1] = reply.finish()
    events[#events + 1] = DONE
    local script, client = setup.script({ { sse = events } })
    local stream = assert(client:completion(setup.stream()))
    for _ = 1, 20 do
      litellm.wait(2)
    end
    -- 13 MB are on their way; the server cannot have got rid of them all.
    assert.is_nil(script:connections()[1].closed)
    assert.equal(200 * #piece, #assert(stream:result()).choices[1].message.content)
  end)
end)

describe("streams in tasks", function()
  it("run side by side", function()
    local script, client = setup.script({
      { sse = { reply.text("a"), { wait = "two" }, reply.finish(), DONE } },
      { sse = { reply.text("b"), { wait = "two" }, reply.finish(), DONE } },
    })
    local results = {}
    litellm.run(function()
      local open_count = 0
      local function read_one(i)
        local stream = assert(client:completion(setup.stream()))
        local pieces = { stream:read().choices[1].delta.content }
        open_count = open_count + 1
        if open_count == 2 then
          script:open("two")
        end
        while stream:read() do
          pieces[#pieces + 1] = "."
        end
        results[i] = table.concat(pieces)
      end
      litellm.spawn(read_one, 1)
      litellm.spawn(read_one, 2)
    end)
    table.sort(results)
    assert.same({ "a.", "b." }, results)
  end)

  it("may see the end of one while another ends", function()
    local script, client = setup.script({
      { sse = { reply.text("a"), { wait = "two" }, reply.finish(), DONE } },
      { sse = { reply.text("b"), reply.finish(), DONE, { wait = "never" } } },
    })
    litellm.run(function()
      local other = litellm.spawn(function()
        return assert(client:completion(setup.stream())):result()
      end)
      script:wait_for(function()
        litellm.step()
        return script:count() == 1
      end)
      local stream = assert(client:completion(setup.stream()))
      stream:read()
      stream:read()
      script:open("two")
      os.execute("sleep 0.1") -- What the other waits for has come when this one ends.
      assert.is_nil((stream:read()))
      assert.equal("complete", stream:state())
      assert.equal("a", assert(other:await()).choices[1].message.content)
    end)
  end)

  local iterates = setup.yields_anywhere and it or pending

  iterates("iterate with for and with text()", function()
    local step = reply.stream("a", "b")
    step.repeats = true
    local _, client = setup.script({ step })
    local texts_seen, chunks = {}, 0
    litellm.run(function()
      for text in assert(client:completion(setup.stream())):text() do
        texts_seen[#texts_seen + 1] = text
      end
      for _ in assert(client:completion(setup.stream())) do
        chunks = chunks + 1
      end
    end)
    assert.same({ "a", "b" }, texts_seen)
    assert.equal(4, chunks)
  end)
end)

describe("the fast way and its twin", function()
  local accumulator = require("litellm.accumulator")
  local native = require("litellm.native")
  local random = require("support.random")

  local function choice(inside)
    return '{"id":"c","model":"m","choices":[{' .. inside .. "}]}"
  end

  -- Most of them the core keeps unread; the others make Lua look.
  local KINDS = {
    choice '"index":0,"delta":{"content":"a"}', choice '"index":0,"delta":{"content":"b\\n"}',
    choice '"delta":{"content":"c"},"finish_reason":null', choice '"index":0,"delta":{"content":""}',
    choice '"index":0,"delta":{"content":null}', choice '"index":0,"delta":{}',
    choice '"index":0,"delta":{"role":"assistant"}', choice '"index":0,"delta":{"role":"user","content":"d"}',
    choice '"index":0,"delta":{"role":"assistant","content":""}',
    choice '"index":0,"delta":{},"finish_reason":"length"',
    choice '"index":0,"delta":{"content":"e"},"finish_reason":"stop"',
    choice '"index":1,"delta":{"content":"f"}', choice '"index":0,"delta":{"reasoning_content":"g"}',
    choice '"index":0,"delta":{"content":"h","refusal":"i"}',
    choice '"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","function":{"name":"n","arguments":"{}"}}]}',
    '{"id":[],"model":{"a":[1,null,3],"b":[[],{}]},"choices":[{"index":0,"delta":{"content":"k","role":null}}]}',
    '{"id":"u","choices":[],"usage":{"total_tokens":3}}', '{"citations":["x"],"choices":[{"delta":{"content":"j"}}]}',
  }

  -- What a reader that decodes every chunk makes of them.
  local function plainly(chunks)
    local kind = accumulator.kind("chat")
    local all, said = accumulator.new(kind), {}
    for _, json in ipairs(chunks) do
      local chunk = native.json_decode(json)
      all:add(chunk)
      said[#said + 1] = kind.text_of(chunk)
    end
    return all:result(), table.concat(said)
  end

  local function sequence(pick)
    local chunks = {}
    for _ = 1, pick(8) do
      local kind = KINDS[pick(#KINDS)]
      for _ = 1, pick(5) do chunks[#chunks + 1] = kind end
    end
    return chunks
  end

  -- Whoever gets a chunk may do with it as he likes.
  local function spoil(chunk)
    chunk.id = "spoilt"
    for _, each in ipairs(chunk.choices) do each.delta.content, each.index = "spoilt", nil end
  end

  local function check_chunks(stream, chunks)
    for _, json in ipairs(chunks) do
      local chunk, plain = stream:read(), native.json_decode(json)
      assert.same(plain, chunk)
      assert.equal(getmetatable(plain.id), getmetatable(chunk.id)) -- of an empty array
      spoil(chunk)
    end
    assert.is_nil((stream:read()))
  end

  local function events_of(chunks)
    local events = {}
    for i, json in ipairs(chunks) do events[i] = "data: " .. json .. "\n\n" end
    events[#events + 1] = DONE
    return events
  end

  it("agree on random chunks, read as texts, as chunks, in turns, and not at all", function()
    local pick = random.new(7)
    for round = 1, 150 do
      local chunks = sequence(pick)
      local answer, said = plainly(chunks)
      local function check(stream)
        assert.same(answer, stream:result(), ("round %d: %s"):format(round, table.concat(chunks, "\n")))
      end
      local stream = open(events_of(chunks))
      assert.equal(said, (text_of(stream)))
      check(stream)
      stream = open(events_of(chunks))
      check_chunks(stream, chunks)
      check(stream)
      stream = open(events_of(chunks))
      local next_text = texts_of(stream)
      while stream:state() == "open" do
        local way = pick(3)
        if way == 1 then next_text() elseif way == 2 then stream:read() else stream() end
        if pick(3) == 1 then stream:partial() end
      end
      check(stream)
      check(open(events_of(chunks)))
    end
  end)
end)

describe("a stream that memory runs out in", function()
  -- What fails while a chunk is taken in, as where its table cannot grow.
  local function fail_once(stream)
    local accumulator = require("litellm.accumulator").new(stream.kind)
    function accumulator:add()
      self.add = nil
      error("not enough memory", 0)
    end
    stream.accumulator = accumulator
  end

  local function all_texts(stream)
    local next_text = texts_of(stream)
    while next_text() do end -- luacheck: ignore 542
  end

  for name, read in pairs{ chunks = chunks_of, text = all_texts } do
    it("is never complete without what was in hand then: " .. name, function()
      local stream = open{ reply.text("a"), reply.text("b"), reply.usage(1, 2), reply.finish(), DONE }
      fail_once(stream)
      assert.same({ false, "not enough memory" }, { pcall(read, stream) })
      pcall(read, stream)
      assert.equal("error", stream:state())
      local _, message, detail = stream:read()
      assert.equal("memory", detail.kind)
      assert.match("a part of the answer of .* is lost", message)
    end)
  end

  it("is not complete where that is when its chunks are put together", function()
    local stream = open{ reply.text("a"), reply.text("b"), reply.finish(), DONE }
    assert.equal("ab", (text_of(stream)))
    assert.equal("complete", stream:state())
    fail_once(stream)
    assert.same({ false, "not enough memory" }, { pcall(stream.result, stream) })
    assert.equal("error", stream:state())
    assert.equal("memory", setup.failed(stream:result()).kind)
    assert.equal("memory", select(3, stream:read()).kind)
  end)
end)

describe("a server that is slow on purpose", function()
  it("may send pings for as long as it likes before and between chunks", function()
    local stream = open({
      reply.PING, { delay = 0.01 }, reply.PING, reply.text("a"), reply.PING, { delay = 0.01 }, reply.PING,
      reply.text("b"),
      reply.finish(), DONE,
    }, { timeout = { idle = 5 } })
    assert.equal("ab", (text_of(stream)))
  end)
end)

it("a gateway of the specs is running", function()
  assert.truthy(gw.port)
end)
