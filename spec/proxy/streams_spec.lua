-- Streams through a real LiteLLM proxy: whole, concurrent, cut off and stalled.
local litellm = require("litellm")
local proxy = require("proxy.support")

local client = proxy.default

local function collect(stream)
  local chunks = {}
  local chunk, message, detail = stream:read()
  while chunk do
    chunks[#chunks + 1] = chunk
    chunk, message, detail = stream:read()
  end
  return chunks, message, detail
end

local function text_of(stream)
  local pieces = {}
  for piece in stream:text() do
    pieces[#pieces + 1] = piece
  end
  return table.concat(pieces)
end

describe("a stream", function()
  local STORY = "Write a short story about a fox."

  it("says the same in chunks, as text, as a result and unstreamed", function()
    local whole = assert(proxy.chat(STORY)).choices[1].message.content
    local pieces = {}
    for _, chunk in ipairs(collect(assert(proxy.stream(STORY)))) do
      assert.equal("chat.completion.chunk", chunk.object)
      pieces[#pieces + 1] = chunk.choices[1].delta.content
    end
    assert.is_true(#pieces > 10)
    assert.equal(whole, table.concat(pieces))
    assert.equal(whole, text_of(assert(proxy.stream(STORY))))
    local res = assert(assert(proxy.stream(STORY)):result())
    assert.equal(whole, res.choices[1].message.content)
    assert.equal("assistant", res.choices[1].message.role)
    assert.equal("stop", res.choices[1].finish_reason)
    assert.equal("gpt-4o", res.model)
  end)

  it("is complete at its end", function()
    local stream = assert(proxy.stream(STORY))
    assert.equal("open", stream:state())
    text_of(stream)
    assert.equal("complete", stream:state())
    assert.is_nil(stream:read())
    assert.equal(200, litellm.meta(stream).status)
  end)

  it("has its usage in an event of its own when it is asked for", function()
    local options = { include_usage = true }
    local chunks = collect(assert(proxy.stream(STORY, { stream_options = options })))
    local last = chunks[#chunks]
    assert.is_true(last.usage.total_tokens > 10)
    assert.is_nil(last.choices[1] and last.choices[1].delta.content)
    local res = assert(assert(proxy.stream(STORY, { stream_options = options })):result())
    assert.same(last.usage.total_tokens, res.usage.total_tokens)
    assert.equal(1, #res.choices)
    assert.is_nil(assert(assert(proxy.stream(STORY)):result()).usage)
  end)

  it("of n answers keeps them apart", function()
    local whole = assert(proxy.chat(STORY, { n = 2 }))
    local res = assert(assert(proxy.stream(STORY, { n = 2 })):result())
    assert.equal(2, #res.choices)
    for i = 1, 2 do
      assert.equal(i - 1, res.choices[i].index)
      assert.equal(whole.choices[i].message.content, res.choices[i].message.content)
    end
  end)

  it("of tool calls puts their arguments together", function()
    local function tool(name)
      return { type = "function", ["function"] = { name = name, parameters = {
        type = "object", properties = { city = { type = "string" } },
      } } }
    end
    local fields = { tools = { tool("get_weather"), tool("get_time") } }
    local prompt = "What is the weather in Paris, and the time in Rome? #tool"
    local whole = assert(proxy.chat(prompt, fields)).choices[1]
    local streamed = assert(assert(proxy.stream(prompt, fields)):result()).choices[1]
    assert.equal("tool_calls", streamed.finish_reason)
    assert.equal(#whole.message.tool_calls, #streamed.message.tool_calls)
    for i, call in ipairs(whole.message.tool_calls) do
      local other = streamed.message.tool_calls[i]
      assert.is_string(other.id)
      assert.equal(call["function"].name, other["function"].name)
      assert.same(litellm.json.decode(call["function"].arguments),
        (assert(litellm.json.decode(other["function"].arguments))))
    end
  end)

  it("of a model that thinks has its thoughts apart", function()
    local res = assert(assert(proxy.stream("What is 6 * 7? #reason", { model = "mock-reason" })):result())
    local message = res.choices[1].message
    assert.is_true(#message.reasoning_content > 10)
    assert.is_nil(message.content:find(message.reasoning_content, 1, true))
  end)

  it("carries every character", function()
    local text = "Grüße, \226\130\172, \240\159\152\128, \"quoted\", back\\slash"
    local got = text_of(assert(proxy.stream("Say: " .. text)))
    if proxy.on_mock() then
      assert.equal(text, got)
    end
  end)

  it("ends at once when it is closed", function()
    local stream = assert(proxy.stream("Write a story about a fox.", { model = "mock-slow0.1" }))
    for _ = 1, 3 do
      assert(stream:read())
    end
    local begun = litellm.now()
    stream:close()
    assert.equal("cancelled", stream:state())
    assert.is_true(litellm.now() - begun < 0.1)
    assert.is_string(stream:partial().choices[1].message.content)
  end)

  it("arrives as it is written", function()
    local stream = assert(proxy.stream("Say: one two three four five six", { model = "mock-slow0.1" }))
    local first, last
    for _ in stream:text() do
      last = litellm.now()
      first = first or last
    end
    assert.is_true(not proxy.on_mock() or last - first > 0.3)
  end)

  it("is one of many", function()
    local texts = {}
    litellm.run(function()
      local tasks = {}
      for i = 1, 30 do
        tasks[i] = litellm.spawn(function()
          return assert(assert(proxy.stream(("Say: this is number %d of many"):format(i))):result())
        end)
      end
      for i, res in ipairs(assert(litellm.all(tasks))) do
        texts[i] = res.choices[1].message.content
      end
    end)
    assert.equal(30, #texts)
    for i, text in ipairs(texts) do
      proxy.says(("number %d of"):format(i), text)
    end
  end)
end)

describe("a stream of text_completion", function()
  local MODEL = "gpt-3.5-turbo-instruct"

  it("says the same as unstreamed", function()
    local whole = assert(client:text_completion({ model = MODEL, prompt = "Once upon a time" })).choices[1].text
    local function stream(fields)
      return assert(client:text_completion({ model = MODEL, prompt = "Once upon a time", stream = true,
        stream_options = fields }))
    end
    assert.equal(whole, text_of(stream()))
    local res = assert(stream():result())
    assert.equal(whole, res.choices[1].text)
    assert.equal("stop", res.choices[1].finish_reason)
    assert.is_true(assert(stream({ include_usage = true }):result()).usage.total_tokens > 0)
  end)
end)

describe("a stream of responses", function()
  it("says the same as unstreamed", function()
    local whole = assert(client:responses({ model = "gpt-4o", input = "What is 6 * 7?" }))
    local function stream()
      return assert(client:responses({ model = "gpt-4o", input = "What is 6 * 7?", stream = true }))
    end
    assert.equal(whole.output[1].content[1].text, text_of(stream()))
    local res = assert(stream():result())
    assert.equal("completed", res.status)
    assert.equal(whole.output[1].content[1].text, res.output[1].content[1].text)
    local types = {}
    for _, event in ipairs(collect(stream())) do
      types[event.type] = true
    end
    assert.is_true(types["response.created"] and types["response.output_text.delta"] and types["response.completed"])
  end)
end)

-- What was written until then, and no more, is in the detail and in the stream.
local function check_partial(stream, detail)
  local partial = stream:partial().choices[1]
  assert.is_true(#partial.message.content > 0)
  assert.equal(partial.message.content, detail.partial.choices[1].message.content)
  assert.is_nil(partial.finish_reason)
end

describe("a stream that fails", function()
  for _, model in ipairs({ "mock-cut3", "mock-reset3", "mock-error-event3" }) do
    it("in the middle never looks complete: " .. model, function()
      local stream = assert(proxy.stream("Write a story about a fox.", { model = model }))
      local chunks, message, detail = collect(stream)
      assert.is_true(#chunks > 0)
      assert.equal("error", stream:state())
      proxy.failed({ kind = "api", type = "APIConnectionError", status = 500 }, nil, message, detail)
      assert.is_string(detail.call_id)
      check_partial(stream, detail)

      stream = assert(proxy.stream("Write a story about a fox.", { model = model }))
      local ok, raised = pcall(text_of, stream)
      assert.is_false(ok)
      assert.equal("api", raised.kind)

      local res
      res, message, detail = assert(proxy.stream("Write a story about a fox.", { model = model })):result()
      check_partial(stream, proxy.failed({ kind = "api" }, res, message, detail))
    end)
  end

  it("before it begins is an ordinary failure", function()
    for model, fields in pairs({
      ["mock-429"] = { status = 429, type = "RateLimitError", kind = "http" },
      ["mock-cut0"] = { status = 500, type = "InternalServerError", kind = "http" },
      ["mock-error-event0"] = { status = 500, kind = "http" },
      ["no-such-model"] = { status = 400, type = "BadRequestError", kind = "http" },
    }) do
      proxy.failed(fields, proxy.stream("hello", { model = model }))
    end
  end)

  it("before it begins is tried again", function()
    local stream = assert(client:with({ num_retries = 1 }):completion(
      proxy.ask(proxy.fresh("Say hello."), { model = "mock-429x1", stream = true })))
    assert.equal(2, litellm.meta(stream).attempts)
    assert.is_true(#text_of(stream) > 0)
  end)

  it("by the proxy's limit is an error", function()
    local stream = assert(proxy.stream("Write a story about a fox.", {
      model = "mock-stall3", extra_headers = { ["x-litellm-stream-timeout"] = 0.5 },
    }))
    local _, message, detail = stream:result()
    proxy.failed({ kind = "api" }, nil, message, detail)
    check_partial(stream, detail)
  end)

  it("by our limit is a timeout", function()
    local stream = assert(proxy.stream("Write a story.", { model = "mock-stall3", timeout = { idle = 0.4 } }))
    local begun = litellm.now()
    local _, message, detail = stream:result()
    proxy.failed({ kind = "timeout", type = "Timeout", phase = "idle" }, nil, message, detail)
    assert.is_true(litellm.now() - begun < 2)
    check_partial(stream, detail)
  end)

  -- The proxy makes up an end where the provider said none; what came is all there.
  it("only at its very end is complete for the proxy", function()
    local stream = assert(proxy.stream("Write a story about a fox.", { model = "mock-no-done" }))
    assert.equal("stop", assert(stream:result()).choices[1].finish_reason)
    assert.equal("complete", stream:state())
  end)

  it("of responses is an error, and [DONE] behind it changes nothing", function()
    local stream = assert(client:responses({
      model = "mock-error-event3", input = "Write a story about a fox.", stream = true,
    }))
    local res, message, detail = stream:result()
    proxy.failed({ kind = "api" }, res, message, detail)
    assert.equal("error", stream:state())
  end)

  it("of text_completion is an error", function()
    local stream = assert(client:text_completion({
      model = "mock-cut3", prompt = "Write a story about a fox.", stream = true,
    }))
    proxy.failed({ kind = "api" }, stream:result())
    assert.equal("error", stream:state())
  end)
end)
