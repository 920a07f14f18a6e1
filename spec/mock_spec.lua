-- The offline gateway, as its users see it: through the client, and for what the
-- client hides, on a socket. It runs in a process of its own.
local litellm = require "litellm"
local json = require "litellm.json"
local socket = require "socket"

local LITELUA = os.getenv("LITELUA") or "./litelua"

--- A running gateway: its URL, its process id, and the pipe that holds it.
local function start(options)
  local command = LITELUA .. " mock --port 0 --delay 0 " .. (options or "")
  local pipe = assert(io.popen("echo $$; exec " .. command .. " 2>&1"))
  local pid = assert(pipe:read("*l"))
  local line = pipe:read("*l") or "nothing"
  local url = assert(line:match("(http://%S+)"), LITELUA .. " mock said: " .. line)
  return { url = url, pid = pid, pipe = pipe, port = tonumber(url:match(":(%d+)$")) }
end

local function stop(gateway)
  os.execute("kill " .. gateway.pid)
  gateway.pipe:close()
end

describe("the mock gateway", function()
  local gateway, client

  setup(function()
    gateway = start()
    client = litellm.new({ api_base = gateway.url, api_key = "sk-any", num_retries = 0 })
  end)

  teardown(function()
    stop(gateway)
  end)

  --- One exchange, byte for byte; the connection closes behind it.
  local function exchange(head, body)
    local s = assert(socket.connect("127.0.0.1", gateway.port))
    s:settimeout(5)
    body = body or ""
    s:send(head .. "\r\nHost: x\r\nConnection: close\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body)
    local answer, err, partial = s:receive("*a")
    s:close()
    return answer or partial, err
  end

  local function say(prompt, fields)
    local options = { model = "gpt-4o", messages = prompt }
    if type(prompt) == "string" then
      options.messages = { { role = "user", content = prompt } }
    end
    for name, value in pairs(fields or {}) do
      options[name] = value
    end
    return client:completion(options)
  end

  local function text_of(prompt, fields)
    return assert(say(prompt, fields)).choices[1].message.content
  end

  describe("as a server", function()
    it("answers the health routes without a key", function()
      assert.matches("I'm alive!", exchange("GET /health/liveliness HTTP/1.1"), 1, true)
      assert.matches('{"status":"healthy","db":"Not connected"}', exchange("GET /health/readiness HTTP/1.1"), 1, true)
    end)

    it("says 404, 405 and 307 as the proxy does", function()
      local missing = exchange("POST /v1/nope HTTP/1.1", "{}")
      assert.matches("^HTTP/1.1 404 Not Found", missing)
      assert.matches('{"detail":"Not Found"}', missing, 1, true)
      assert.matches("^HTTP/1.1 404", (exchange("POST /v1/v1/rerank HTTP/1.1", "{}")))

      local wrong = exchange("PUT /v1/chat/completions HTTP/1.1", "{}")
      assert.matches("^HTTP/1.1 405 Method Not Allowed", wrong)
      assert.matches("\nallow: POST\r", wrong)
      assert.matches('{"detail":"Method Not Allowed"}', wrong, 1, true)

      local slash = exchange("POST /v1/embeddings/ HTTP/1.1", "{}")
      assert.matches("^HTTP/1.1 307", slash)
      assert.matches("location: " .. gateway.url .. "/v1/embeddings", slash, 1, true)
    end)

    it("has the same endpoint with and without /v1", function()
      local body = '{"model":"e","input":"a","dimensions":4}'
      local with = exchange("POST /v1/embeddings HTTP/1.1", body):match("\r\n\r\n(.*)")
      local without = exchange("POST /embeddings HTTP/1.1", body):match("\r\n\r\n(.*)")
      assert.matches('"embedding":%[', with)
      assert.equal(with, without)
      local query = '{"model":"r","query":"a","documents":["a"]}'
      assert.matches("^HTTP/1.1 200", (exchange("POST /v2/rerank HTTP/1.1", query)))
    end)

    it("names what is wrong with a body", function()
      local broken = exchange("POST /v1/chat/completions HTTP/1.1", '{"model":')
      assert.matches("^HTTP/1.1 400", broken)
      assert.matches("Invalid JSON payload: .-byte %d+", broken)
      assert.matches('"param":"request_body","code":"400"', broken, 1, true)
      local list = exchange("POST /v1/chat/completions HTTP/1.1", "[1]")
      assert.matches("an object is expected", list, 1, true)
      local deep = exchange("POST /v1/chat/completions HTTP/1.1", '{"a":' .. ("["):rep(100000))
      assert.matches("^HTTP/1.1 400", deep)
    end)

    it("refuses the models that do not exist", function()
      local _, message, detail = say("hi", { model = "no-such-model" })
      assert.matches("Invalid model name passed in model=no-such-model", message, 1, true)
      assert.equal(400, detail.status)
      assert.equal("400", detail.code)
    end)

    it("carries the headers of the proxy", function()
      local meta = litellm.meta(assert(say("hello")))
      assert.is_true(meta.cost > 0)
      assert.matches("^%x+%-%x+%-4%x+%-8%x+%-%x+$", meta.call_id)
      local again = litellm.meta(assert(say("hello")))
      assert.are_not.equal(meta.call_id, again.call_id)
      assert.is_true(again.ratelimit.remaining_requests > 0 and again.ratelimit.limit_tokens > 0)
      local answer = exchange('POST /v1/chat/completions HTTP/1.1\r\nx-litellm-call-id: mine',
        '{"model":"gpt","messages":[]}')
      assert.matches("x-litellm-call-id: mine\r", answer, 1, true)
      assert.matches("x-litellm-model-group: gpt\r", answer, 1, true)
      assert.matches("x-litellm-version: 1.100.5\r", answer, 1, true)
    end)

    it("answers the same request the same way", function()
      local function answer()
        local res = assert(say("Write 3 scenes about a whale"))
        return res.id .. res.choices[1].message.content
      end
      assert.equal(answer(), answer())
    end)
  end)

  describe("with a key", function()
    local locked

    setup(function()
      locked = start("--key sk-right")
    end)

    teardown(function()
      stop(locked)
    end)

    local function status(headers)
      local s = assert(socket.connect("127.0.0.1", locked.port))
      s:settimeout(5)
      s:send("GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" .. headers .. "\r\n")
      local answer, _, partial = s:receive("*a")
      s:close()
      answer = answer or partial
      return tonumber(answer:match("^HTTP/1.1 (%d+)")), answer
    end

    it("takes it from every header that the proxy reads", function()
      assert.equal(200, (status("Authorization: Bearer sk-right\r\n")))
      assert.equal(200, (status("Authorization: bearer sk-right\r\n")))
      assert.equal(200, (status("api-key: sk-right\r\n")))
      assert.equal(200, (status("x-litellm-api-key: sk-right\r\nAuthorization: Bearer wrong\r\n")))
      assert.equal(401, (status("x-litellm-api-key: wrong\r\nAuthorization: Bearer sk-right\r\n")))
    end)

    it("says why a key will not do", function()
      local code, answer = status("")
      assert.equal(401, code)
      assert.matches("No api key passed in.", answer, 1, true)
      code, answer = status("Authorization: sk-right\r\n")
      assert.equal(401, code)
      assert.matches("Malformed API Key passed in", answer, 1, true)
      code, answer = status("Authorization: Bearer sk-wrong\r\n")
      assert.equal(401, code)
      assert.matches('"type":"token_not_found_in_db"', answer, 1, true)
    end)

    it("shows pictures without one", function()
      local drawn = assert(litellm.image_generation({
        api_base = locked.url, api_key = "sk-right", model = "dall-e-2", prompt = "a boat", response_format = "url",
      }))
      local path = os.tmpname()
      assert(litellm.save(drawn.data[1], path))
      local file = assert(io.open(path, "rb"))
      assert.equal("\137PNG", file:read(4))
      file:close()
      os.remove(path)
      -- save sends the key to the gateway itself; another program has none
      local s = assert(socket.connect("127.0.0.1", locked.port))
      s:settimeout(5)
      s:send("GET " .. drawn.data[1].url:match("://[^/]+(/.*)") .. " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      assert.matches("^HTTP/1.1 200", (s:receive("*a")))
      s:close()
    end)
  end)

  describe("in a chat", function()
    local documents = table.concat({
      "Answer from the documents alone and cite them.", "",
      "[1] Embeddings are float32 vectors of 256 numbers.",
      "[2] To cancel a stream, call its close method. The connection ends with it.",
      "[3] The gateway listens on port 4000.", "",
    }, "\n")

    it("answers from the documents and cites them", function()
      local answer = text_of(documents .. "Question: How do I stop streams early, by cancelling?")
      assert.matches("^To cancel a stream, call its close method %[2%]%.", answer)
      assert.matches("port 4000 %[3%]", text_of(documents .. "Question: On which port does it listen?"))
    end)

    it("finds the question and the documents in two messages", function()
      local answer = text_of({
        { role = "system", content = documents }, { role = "user", content = "How many numbers has a vector?" },
      })
      assert.matches("256 numbers %[1%]", answer)
    end)

    it("says as much as it is asked for", function()
      local numbered = "[1] There are 9 ways to tell one: list them.\n[2] A way is a path.\n\nQuestion: What is a way?"
      assert.not_matches("^1%.", text_of(numbered))
      local short = { { role = "system", content = "Answer in one sentence." }, { role = "user", content = numbered } }
      assert.equal("A way is a path [2].", text_of(short))
    end)

    it("says so when the documents say nothing", function()
      assert.matches("say nothing about", text_of(documents .. "Question: Who painted Guernica?"))
    end)

    it("does not take manners for documents, nor a greeting for a question", function()
      local manners = ("Ada is a patient teacher who likes short words and never shouts. "):rep(4)
      local function teach(prompt, system)
        return text_of({ { role = "system", content = system or manners }, { role = "user", content = prompt } })
      end
      assert.not_matches("say nothing about", teach("Explain recursion"))
      assert.matches("^Hello!", teach("Hello", documents))
      assert.matches("port 4000 %[3%]", teach("Hello, which port should I test?", documents))
    end)

    it("lists what the documents say", function()
      local answer = text_of(documents .. "Question: List two facts about vectors and streams.")
      assert.matches("^1%. [^\n]+ %[%d%]%.\n2%. [^\n]+ %[%d%]%.$", answer)
    end)

    it("writes as many lines as it is asked for", function()
      local lines = {}
      for line in text_of("Write 4 one-line scenes about a lighthouse."):gmatch("[^\n]+") do
        lines[#lines + 1] = line
      end
      assert.equal(4, #lines)
      assert.matches("^1%. .*a lighthouse", lines[1])
      assert.matches("^4%. ", lines[4])
      assert.are_not.equal(lines[1]:sub(4), lines[2]:sub(4))
    end)

    it("repeats, reckons and remembers", function()
      assert.equal("pong", text_of("Say pong"))
      assert.equal("a b", text_of('Reply with exactly: "a b"'))
      assert.equal("12 * (3 + 4) = 84", text_of("What is 12 * (3 + 4)?"))
      assert.equal("You said: My cat is named Felix.", text_of({
        { role = "user", content = "My cat is named Felix." }, { role = "assistant", content = "Good." },
        { role = "user", content = "Say, which name has the cat?" },
      }))
    end)

    it("gives n choices, stops and counts", function()
      local res = assert(say("hello", { n = 3 }))
      assert.equal(3, #res.choices)
      assert.are_not.equal(res.choices[1].message.content, res.choices[2].message.content)
      res = assert(say("hello", { max_tokens = 2 }))
      assert.equal("length", res.choices[1].finish_reason)
      assert.equal(2, res.usage.completion_tokens)
      assert.equal("Hello! What can", res and text_of("hello", { stop = { " I do" } }))
    end)

    it("calls the tools that the prompt asks for", function()
      local function tool(name, properties, required)
        return { type = "function", ["function"] = { name = name, description = "does " .. name,
          parameters = { type = "object", properties = properties, required = required } } }
      end
      local tools = {
        tool("get_weather", { city = { type = "string" }, unit = { type = "string", enum = { "celsius", "kelvin" } },
          days = { type = "integer" } }, { "city" }),
        tool("send_mail", { to = { type = "string" } }, { "to" }),
      }
      local choice = assert(say("What is the weather in New York in celsius?", { tools = tools })).choices[1]
      assert.equal("tool_calls", choice.finish_reason)
      assert.is_nil(choice.message.content)
      assert.equal(1, #choice.message.tool_calls)
      local call = choice.message.tool_calls[1]
      assert.equal("get_weather", call["function"].name)
      assert.same({ city = "New York", unit = "celsius" }, json.decode(call["function"].arguments))

      assert.is_nil(assert(say("hello", { tools = tools })).choices[1].message.tool_calls)
      assert.is_nil(assert(say("the weather?", { tools = tools, tool_choice = "none" })).choices[1].message.tool_calls)
      assert.matches("21", text_of({
        { role = "user", content = "the weather in Rome?" },
        { role = "assistant", tool_calls = { call } },
        { role = "tool", tool_call_id = call.id, content = '{"degrees":21}' },
      }, { tools = tools }))
    end)

    it("fills a JSON schema", function()
      local text = text_of("Describe a person named Ada Lovelace, 36 years old.", { response_format = {
        type = "json_schema", json_schema = { name = "p", schema = { type = "object", properties = {
          name = { type = "string" }, age = { type = "integer", maximum = 30 },
          tags = { type = "array", items = { ["$ref"] = "#/$defs/tag" }, minItems = 4 },
        }, ["$defs"] = { tag = { type = "string", enum = { "x", "y" } } } } },
      } })
      local person = assert(json.decode(text))
      assert.equal("Ada Lovelace", person.name)
      assert.equal(30, person.age)
      assert.same({ "x", "x", "x", "x" }, person.tags)
      local plain = text_of("Give me a recipe as JSON with the keys `title` and `minutes`")
      assert.is_truthy(json.decode(plain).title)
    end)

    it("looks at a picture", function()
      local drawn = assert(client:image_generation({ model = "m", prompt = "red", size = "64x32" }))
      local text = text_of({ { role = "user", content = {
        { type = "text", text = "What is this?" },
        { type = "image_url", image_url = { url = "data:image/png;base64," .. drawn.data[1].b64_json } },
      } } })
      assert.matches("PNG of 64 by 32 pixels, mostly red", text)
    end)

    it("streams its words and the usage", function()
      local whole = text_of("Tell me a joke")
      local stream = assert(say("Tell me a joke", { stream = true, stream_options = { include_usage = true } }))
      local pieces, usage = {}, nil
      for chunk in stream do
        local delta = chunk.choices[1] and chunk.choices[1].delta
        pieces[#pieces + 1] = delta and delta.content
        usage = chunk.usage or usage
      end
      assert.equal(whole, table.concat(pieces))
      assert.is_true(#pieces > 10)
      assert.equal(#pieces - 1, usage.completion_tokens) -- the first piece is empty
      assert.equal("complete", stream:state())
    end)

    it("streams several choices, tool calls and reasoning", function()
      local res = assert(assert(say("hello", { stream = true, n = 2 })):result())
      assert.matches("^Hello!", res.choices[1].message.content)
      assert.equal("stop", res.choices[2].finish_reason)
      res = assert(assert(say("Add 12 and 30", { stream = true, tools = { { type = "function", ["function"] = {
        name = "add", parameters = { type = "object", required = { "a", "b" }, properties = {
          a = { type = "number" }, b = { type = "number" } } } } } } })):result())
      local arguments = json.decode(res.choices[1].message.tool_calls[1]["function"].arguments)
      assert.equal(42, arguments.a + arguments.b)
      res = assert(assert(say("hello", { stream = true, reasoning_effort = "low" })):result())
      assert.matches("question is about", res.choices[1].message.reasoning_content)
    end)

    it("continues a text", function()
      local res = assert(client:text_completion({ model = "i", prompt = { "hello", "ping" }, echo = true }))
      assert.matches("^hello Hello!", res.choices[1].text)
      assert.equal("ping pong", res.choices[2].text)
      res = assert(assert(client:text_completion({ model = "i", prompt = "hello", stream = true })):result())
      assert.matches("^ Hello!", res.choices[1].text)
    end)

    it("answers by way of /responses too", function()
      local res = assert(client:responses({ model = "gpt", input = "Say pong" }))
      assert.equal("pong", res.output[1].content[1].text)
      assert.equal("completed", res.status)
      local types, text = {}, ""
      for event in assert(client:responses({ model = "gpt", input = { { role = "user", content = {
        { type = "input_text", text = "Say ping pong" } } } }, stream = true })) do
        types[#types + 1] = event.type
        if event.type == "response.output_text.delta" then
          text = text .. event.delta
        end
      end
      assert.equal("response.created", types[1])
      assert.equal("response.completed", types[#types])
      assert.equal("ping pong", text)
    end)
  end)

  describe("with responses", function()
    it("goes on from an earlier one", function()
      local first = assert(client:responses({ model = "m", input = "My cat is named Felix." }))
      local second = assert(client:responses({ model = "m", input = "Which name has the cat?",
        previous_response_id = first.id }))
      assert.equal("You said: My cat is named Felix.", second.output[1].content[1].text)
      assert.equal(first.id, second.previous_response_id)
      local _, message, detail = client:responses({ model = "m", input = "x", previous_response_id = "resp_none" })
      assert.equal(400, detail.status)
      assert.matches("resp_none", message, 1, true)
    end)

    it("keeps and deletes them", function()
      local made = assert(client:responses({ model = "m", input = "Say pong", stream = true }))
      made = assert(made:result())
      local function ask(method)
        return client:request({ method = method, path = "/responses/" .. made.id })
      end
      assert.equal("pong", assert(ask("GET")).output[1].content[1].text)
      assert.is_true(assert(ask("DELETE")).deleted)
      local _, _, detail = ask("GET")
      assert.equal(404, detail.status)
    end)
  end)

  describe("with texts", function()
    local corpus = {
      "A stream is cancelled with its close method.",
      "The default port of the gateway is 4000.",
      "Pictures are PNG files of 256 by 256 pixels.",
      "Bees dance to tell each other where flowers are.",
    }

    it("puts similar texts near", function()
      local inputs = { "how do I cancel a stream" }
      for _, text in ipairs(corpus) do
        inputs[#inputs + 1] = text
      end
      local data = assert(client:embedding({ model = "e", input = inputs })).data
      assert.equal(256, #data[1].embedding)
      assert.is_true(math.abs(data[1].embedding:dot(data[1].embedding) - 1) < 1e-5)
      local vectors = {}
      for i = 2, #data do
        vectors[i - 1] = data[i].embedding
      end
      local best = litellm.vector.top(data[1].embedding, vectors, 1)[1]
      assert.equal(1, best.index or best[1])
    end)

    it("gives the same vector in both encodings, in any size", function()
      local function embed(format)
        return assert(client:embedding({ model = "e", input = "one two", dimensions = 100, encoding_format = format }))
          .data[1].embedding
      end
      local float, base64 = embed("float"), embed("base64")
      assert.equal(100, #float)
      assert.is_true(float:cosine(base64) > 0.99999)
      local ids = assert(client:embedding({ model = "e", input = { { 1, 2 }, { 1, 2 }, { 3 } } })).data
      assert.is_true(ids[1].embedding:cosine(ids[2].embedding) > 0.99999)
      assert.is_true(ids[1].embedding:cosine(ids[3].embedding) < 0.9)
      local _, message = client:embedding({ model = "e", input = "a", dimensions = 5000 })
      assert.matches("dimensions must be from 1 to 4096", message)
    end)

    it("ranks by what the documents say", function()
      local documents = { corpus[2], { text = corpus[1] }, corpus[3] }
      local res = assert(client:rerank({ model = "r", query = "cancelling streams", documents = documents,
        top_n = 2, return_documents = true }))
      assert.equal(2, #res.results)
      assert.equal(1, res.results[1].index)
      assert.equal(corpus[1], res.results[1].document.text)
      assert.is_true(res.results[1].relevance_score <= 1)
      assert.is_true(res.results[1].relevance_score > res.results[2].relevance_score)
      local empty = assert(client:rerank({ model = "r", query = "x", documents = litellm.array({}) }))
      assert.equal(0, #empty.results)
    end)

    it("moderates", function()
      local res = assert(client:moderation({ model = "m", input = { "I want to murder him", "a good day" } }))
      assert.is_true(res.results[1].flagged)
      assert.is_true(res.results[1].categories.violence)
      assert.is_true(res.results[1].category_scores.violence > 0.5)
      assert.is_false(res.results[2].flagged)
    end)

    it("lists its models", function()
      local names = {}
      for _, model in ipairs(assert(client:models()).data) do
        names[model.id] = true
      end
      assert.is_true(names["gpt-4o"])
      assert.is_true(names["mock-429"])
    end)
  end)

  describe("with pictures", function()
    local function draw(prompt, fields)
      local options = { model = "gpt-image-1", prompt = prompt, size = "64x64" }
      for name, value in pairs(fields or {}) do
        options[name] = value
      end
      return assert(client:image_generation(options))
    end

    local function decode(b64)
      return (require("mime").unb64(b64))
    end

    local function edit(prompt, picture, fields)
      local options = { model = "gpt-image-1", prompt = prompt,
        image = litellm.file({ data = picture, filename = "a.png" }) }
      for name, value in pairs(fields or {}) do
        options[name] = value
      end
      return client:image_edit(options)
    end

    it("draws what the prompt says, the same every time", function()
      local cat, again = draw("a cat").data[1].b64_json, draw("a cat").data[1].b64_json
      assert.equal(cat, again)
      assert.are_not.equal(cat, draw("a dog").data[1].b64_json)
      local png = decode(cat)
      assert.equal("\137PNG\r\n\26\n", png:sub(1, 8))
      assert.equal("\0\0\0\64\0\0\0\64", png:sub(17, 24))
      assert.equal(2, #draw("a cat", { n = 2 }).data)
      local _, message = client:image_generation({ model = "m", prompt = "x", size = "9x9" })
      assert.matches("WIDTHxHEIGHT", message)
    end)

    it("gives a URL that serves the picture", function()
      local as_bytes, as_url = draw("a boat"), draw("a boat", { response_format = "url" })
      local path = as_url.data[1].url:match("^" .. gateway.url:gsub("%p", "%%%0") .. "(/.+)$")
      local answer = exchange("GET " .. path .. " HTTP/1.1")
      assert.matches("content%-type: image/png", answer)
      assert.equal(decode(as_bytes.data[1].b64_json), answer:match("\r\n\r\n(.*)$"))
    end)

    it("edits the picture that it is given", function()
      local cat, boat = decode(draw("a cat").data[1].b64_json), decode(draw("a boat").data[1].b64_json)
      local dark_cat = assert(edit("make it night", cat)).data[1].b64_json
      assert.are_not.equal(cat, decode(dark_cat))
      assert.are_not.equal(dark_cat, assert(edit("make it night", boat)).data[1].b64_json)
      assert.are_not.equal(dark_cat, assert(edit("add a frame", cat)).data[1].b64_json)
      assert.are_not.equal(dark_cat, assert(client:image_variation({ model = "m",
        image = litellm.file({ data = cat, filename = "a.png" }) })).data[1].b64_json)
    end)

    it("leaves alone what an opaque mask covers", function()
      local cat = decode(draw("a cat").data[1].b64_json)
      local opaque = litellm.file({ data = cat, filename = "mask.png" })
      local edited = assert(edit("make it night", cat, { mask = opaque })).data[1].b64_json
      assert.equal(cat, decode(edited))
    end)

    it("says what is no picture", function()
      local _, message, detail = edit("x", "GIF89a")
      assert.equal(400, detail.status)
      assert.matches("a.png of 6 bytes is not a PNG picture", message, 1, true)
    end)
  end)

  describe("with sound", function()
    local function hear(audio, fields)
      local options = { model = "whisper-1", file = litellm.file({ data = audio, filename = "talk.wav" }) }
      for name, value in pairs(fields or {}) do
        options[name] = value
      end
      return assert(client:transcription(options))
    end

    it("hears exactly what it has spoken, in every voice", function()
      local text = 'Grüße, 漢字 and "quotes".\nA second line: 100 %.'
      for _, voice in ipairs({ "alloy", "nova", "echo", "onyx" }) do
        for _, speed in ipairs({ 0.25, 1, 4 }) do
          local audio = assert(client:speech({ model = "tts-1", input = text, voice = voice, speed = speed })):bytes()
          assert.equal("RIFF", audio:sub(1, 4))
          assert.equal(text, hear(audio).text)
        end
      end
    end)

    it("is quick to say something", function()
      local text = ("word "):rep(40)
      local audio = assert(client:speech({ model = "tts-1", input = text, voice = "alloy" })):bytes()
      assert.is_true(#audio < 120000)
    end)

    it("puts the text into the format asked for", function()
      local audio = assert(client:speech({ model = "tts-1", input = "One. Two.", voice = "alloy" })):bytes()
      local verbose = hear(audio, { response_format = "verbose_json", language = "german" })
      assert.equal("german", verbose.language)
      assert.equal(2, #verbose.segments)
      assert.equal("Two.", verbose.words[2].word)
      assert.matches("^1\n00:00:00,000 %-%-> 00:00:00,%d+\nOne%.", hear(audio, { response_format = "srt" }).text)
      assert.matches("^WEBVTT\n", hear(audio, { response_format = "vtt" }).text)
    end)

    it("describes a sound that is not its own", function()
      assert.matches("A recording of 8 bytes, named talk.wav", hear("RIFFWAVE").text, 1, true)
      local _, _, detail = client:request({ method = "POST", path = "/audio/transcriptions", json = {} })
      assert.is_truthy(detail)
    end)
  end)

  describe("with faults", function()
    local function with(fault, fields)
      local options = { extra_headers = { ["x-mock-fault"] = fault } }
      for name, value in pairs(fields or {}) do
        options[name] = value
      end
      return say("hello " .. fault, options)
    end

    it("fails by the name of the model", function()
      local _, _, detail = say("hi", { model = "mock-503" })
      assert.equal(503, detail.status)
      _, _, detail = say("hi", { model = "gpt-4o-mock-context" })
      assert.equal("ContextWindowExceededError", detail.type)
      assert.is_truthy(say("hi", { model = "mock-large" })) -- no fault, so a model like others
    end)

    it("fails by header and by query", function()
      local _, _, detail = with("status=429; retry-after=7")
      assert.equal(429, detail.status)
      assert.equal(7, detail.retry_after)
      _, _, detail = say("hi", { extra_query = { mock = "status=500" } })
      assert.equal(500, detail.status)
    end)

    it("names a fault that it does not know", function()
      local _, message = with("statsu=429")
      assert.matches("unknown fault `statsu=429`: expected status=N", message, 1, true)
    end)

    it("fails so many times and no more", function()
      local key = { ["x-mock-fault"] = "503x2", ["idempotency-key"] = tostring(socket.gettime()) }
      local statuses = {}
      for i = 1, 3 do
        local _, _, detail = say("again " .. i, { extra_headers = key })
        statuses[i] = detail and detail.status or 200
      end
      assert.same({ 503, 503, 200 }, statuses)
      local res = assert(with("503x1", { num_retries = 1 }))
      assert.matches("^Hello", res.choices[1].message.content)
    end)

    it("remembers how often each of a thousand requests came", function()
      local statuses = {}
      for turn = 1, 2 do
        local list = {}
        for i = 1, 1000 do
          list[i] = "time and again " .. i
        end
        local answers, failures = litellm.map(list, function(prompt)
          return say(prompt, { model = "mock-503x1", extra_headers = { ["idempotency-key"] = prompt } })
        end, { concurrency = 50 })
        for i = 1, 1000 do
          local status = failures[i] and failures[i].status or answers[i] and 200
          statuses[status] = (statuses[status] or 0) + turn
        end
      end
      assert.same({ [503] = 1000, [200] = 2000 }, statuses)
    end)

    it("answers with what is no answer", function()
      for fault, status in pairs({ html = 502, login = 200, ["bad-json"] = 200, empty = 200 }) do
        local _, _, detail = with(fault)
        assert.equal(status, detail.status, fault)
        assert.equal(status == 200 and "parse" or "http", detail.kind, fault)
      end
    end)

    it("cuts, resets and stalls", function()
      for _, fault in ipairs({ "cut", "cut=0", "reset", "reset=1" }) do
        local res, message = with(fault)
        assert.is_nil(res, fault)
        assert.is_truthy(message)
      end
      local _, _, detail = with("stall", { timeout = 0.3 })
      assert.equal("timeout", detail.kind)
      local started = socket.gettime()
      assert(with("delay=0.2"))
      assert.is_true(socket.gettime() - started >= 0.2)
    end)

    it("ends a stream as a failing proxy does", function()
      local function last(fault)
        local stream = assert(with(fault, { stream = true, timeout = { idle = 0.3 } }))
        local _, _, detail = stream:result()
        return stream:state(), detail, stream:partial()
      end
      local state, detail, partial = last("cut=3")
      assert.equal("truncated", state)
      assert.equal("Hello! What ", partial.choices[1].message.content)
      state, detail = last("error-event=2")
      assert.same({ "error", "api" }, { state, detail.kind })
      state, detail, partial = last("bad-event=3")
      assert.same({ "error", "parse" }, { state, detail.kind })
      assert.equal("Hello! What ", partial.choices[1].message.content)
      state, detail, partial = last("stall=2")
      assert.same({ "error", "timeout" }, { state, detail.kind })
      assert.equal("Hello! ", partial.choices[1].message.content)
    end)

    it("leaves out [DONE]", function()
      local head = "POST /chat/completions HTTP/1.1\r\nx-mock-fault: words=2"
      local body = '{"model":"m","stream":true,"messages":[]}'
      assert.matches("[DONE]", (exchange(head, body)), 1, true)
      assert.not_matches("[DONE]", (exchange(head .. ";no-done", body)), 1, true)
    end)

    it("splits the bytes anywhere and makes long answers", function()
      local res = assert(assert(with("split=5; words=300", { stream = true })):result())
      local _, words = res.choices[1].message.content:gsub("%S+", "")
      assert.equal(300, words)
    end)

    it("sends what is no answer at all", function()
      for _, fault in ipairs({ "html", "bad-json", "empty" }) do
        local res, message = with(fault)
        assert.is_nil(res)
        assert.is_truthy(message)
      end
    end)

    it("lives on when clients leave in the middle", function()
      for i = 1, 20 do
        local s = assert(socket.connect("127.0.0.1", gateway.port))
        local body = '{"model":"mock-' .. (i % 2 == 0 and "stall" or "slow0.02") ..
          '","stream":true,"messages":[{"role":"user","content":"Tell me a joke"}]}'
        s:send("POST /chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body)
        s:receive(100)
        s:close()
      end
      assert.equal("pong", text_of("Say pong"))
    end)
  end)
end)
