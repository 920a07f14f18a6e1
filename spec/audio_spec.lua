-- Audio: speech as it arrives, transcription by what the answer is;
-- and pictures into files.
local setup = require("support.setup")
local litellm = setup.litellm
local gw = setup.gw

local audio_type = { ["Content-Type"] = "audio/mpeg" }

local function speech(step, settings)
  local script, client = setup.script({ step }, settings)
  return assert(client:speech(setup.args("speech"))), script, client
end

local function temporary()
  local path = os.tmpname()
  os.remove(path)
  return path
end

local function read(path)
  local file = io.open(path, "rb")
  local bytes = file and file:read("*a")
  if file then
    file:close()
  end
  os.remove(path)
  return bytes
end

local all_bytes = {}
for i = 0, 255 do
  all_bytes[i + 1] = string.char(i)
end
all_bytes = table.concat(all_bytes):rep(100)

describe("speech", function()
  it("gives its bytes", function()
    local audio = speech({ body = all_bytes, headers = audio_type, chunked = true })
    assert.equal(all_bytes, (audio:bytes()))
  end)

  it("is never whole without what memory had no room for", function()
    for _, all in ipairs({ "bytes", "stream_to_file" }) do
      local audio = speech({ body = all_bytes, headers = audio_type, chunked = true })
      local path, concat, open = temporary(), table.concat, io.open
      local function fail() error("not enough memory", 0) end
      rawset(table, "concat", fail)
      rawset(io, "open", function() return { write = fail } end)
      local ok, message = pcall(audio[all], audio, path)
      rawset(table, "concat", concat)
      rawset(io, "open", open)
      assert.same({ false, "not enough memory" }, { ok, message })
      for _, again in ipairs({ "bytes", "stream_to_file" }) do
        local got, text, detail = audio[again](audio, path)
        assert.is_nil(got)
        assert.equal("memory", detail.kind)
        assert.match("a part of the answer of .* is lost", text)
      end
      os.remove(path)
    end
  end)

  it("knows its meta and its content type", function()
    local audio = speech({ body = "x", headers = { ["Content-Type"] = "audio/mpeg", ["x-litellm-call-id"] = "c" } })
    assert.equal("audio/mpeg", audio.content_type)
    assert.equal("c", litellm.meta(audio).call_id)
    audio:bytes()
  end)

  it("is asked for as bytes", function()
    local _, script = speech({ body = "x", headers = audio_type })
    assert.equal("application/octet-stream", script:last().headers.accept)
  end)

  it("streams to a file", function()
    local path = temporary()
    local audio = speech({ body = all_bytes, headers = audio_type, split = 1000 })
    assert.equal(#all_bytes, (audio:stream_to_file(path)))
    assert.equal(all_bytes, read(path))
  end)

  it("gives pieces as they arrive", function()
    local audio, script = speech({ raw = {
      "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 4\r\n\r\nab", { wait = "rest" }, "cd",
    } })
    local iterate, state = audio:chunks()
    assert.equal("ab", iterate(state))
    script:open("rest")
    assert.equal("cd", iterate(state))
    assert.is_nil(iterate(state))
  end)

  it("is available at once: the call returns with the head", function()
    local audio, script = speech({ raw = {
      "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 4\r\n\r\n", { wait = "body" }, "abcd",
    } })
    script:open("body")
    assert.equal("abcd", (audio:bytes()))
  end)

  local cut = { body = "half", content_length = 100, headers = audio_type, ending = "close" }

  it("that was cut off is an error, never less audio", function()
    assert.equal("truncated", setup.failed(speech(cut):bytes()).kind)
    local ok, detail = pcall(function()
      for _ in speech(cut):chunks() do end -- luacheck: ignore
    end)
    assert.is_false(ok)
    assert.equal("truncated", detail.kind)
  end)

  it("that was cut off says what the file holds", function()
    local path = temporary()
    local detail = setup.failed(speech(cut):stream_to_file(path))
    assert.equal("truncated", detail.kind)
    assert.matches("4 bytes", detail.message)
    assert.equal("half", read(path))
  end)

  it("that cannot be written says so before it reads", function()
    local detail = setup.failed(speech({ body = "x", headers = audio_type }):stream_to_file("/no/such/folder/x.mp3"))
    assert.equal("cannot write /no/such/folder/x.mp3: No such file or directory", detail.message)
    assert.equal("config", detail.kind)
  end)

  it("ends the loop that closes it; that of another is told", function()
    local endless = { body = "half", content_length = 100, headers = audio_type, ending = "stall" }
    local audio, script = speech(endless)
    local pieces = {}
    for piece in audio:chunks() do
      pieces[#pieces + 1] = piece
      audio:close()
    end
    assert.same({ "half" }, pieces)
    assert.truthy(script:all_closed())
    assert.equal("cancelled", setup.failed(audio:bytes()).kind)
    local ok, detail = pcall(function()
      audio = speech(endless)
      for _ in audio:chunks() do
        litellm.spawn(audio.close, audio)
      end
    end)
    assert.is_false(ok)
    assert.equal("cancelled", detail.kind)
  end)

  it("that is left closes its connection", function()
    local audio, script = speech({ raw = {
      "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 4\r\n\r\nab", "stall",
    } })
    audio:close()
    assert.truthy(script:all_closed())
    audio, script = speech({ raw = {
      "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 4\r\n\r\nab", "stall",
    } })
    audio = nil -- luacheck: ignore
    setup.collect()
    assert.truthy(script:all_closed())
  end)

  it("leaves its connection open when it was read to the end", function()
    local script, client = setup.script({ { body = "x", headers = audio_type } }, nil, { own = true })
    assert(client:speech(setup.args("speech"))):bytes()
    litellm.step()
    assert.is_nil(script:connections()[1].client_closed)
  end)

  it("that the gateway refuses is an error with its text", function()
    local _, client = setup.script({ { status = 400,
      body = '{"detail":{"error":"/audio/speech: Invalid model name passed in model=nope."}}' } })
    assert.matches("Invalid model name", setup.failed(client:speech(setup.args("speech"))).message)
  end)
end)

describe("a transcription", function()
  local function transcribe(step, fields)
    local _, client = setup.script({ step })
    return client:transcription(setup.args("transcription", fields))
  end

  it("is a table where the answer is JSON, whatever was asked for", function()
    local result = assert(transcribe({ json = { text = "hello" } }, { response_format = "srt" }))
    assert.equal("hello", result.text)
  end)

  it("keeps fields nobody expects, and misses none", function()
    local result = assert(transcribe({ json = { text = "x", words = { { word = "x", start = 0 } }, extra = { 1 } } }))
    assert.equal("x", result.words[1].word)
    assert.equal(1, result.extra[1])
    assert.is_nil(assert(transcribe({ body = "{}" })).text)
  end)

  it("is a string where the answer is text, subtitles or the like", function()
    local srt = "1\n00:00:00,000 --> 00:00:01,000\nhello\n"
    for _, kind in ipairs({ "text/plain; charset=utf-8", "application/x-subrip", "text/vtt" }) do
      assert.equal(srt, (transcribe({ body = srt, headers = { ["Content-Type"] = kind } })))
    end
  end)

  it("is an error where the answer says so", function()
    assert.equal("BadRequestError", setup.failed(transcribe({ status = 400, body = '{"detail":"no file"}' })).type)
  end)
end)

describe("save", function()
  local picture = "\137PNG\r\n\26\n\0\0\0\rIHDR"

  it("writes base64", function()
    local path = temporary()
    assert.is_true((litellm.save({ b64_json = "iVBORw0KGgoAAAANSUhEUg==" }, path)))
    assert.equal(picture, read(path))
  end)

  it("writes a data: URL", function()
    local path = temporary()
    assert.is_true((litellm.save({ url = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==" }, path)))
    assert.equal(picture, read(path))
  end)

  it("fetches a URL, without the key", function()
    local script = gw:script({ { body = picture, headers = { ["Content-Type"] = "image/png" } } })
    local path = temporary()
    litellm.api_key = "sk-module"
    local ok, message = litellm.save({ url = script.base .. "/picture.png" }, path)
    litellm.api_key = nil
    assert.is_true(ok, message)
    assert.equal(picture, read(path))
    assert.equal("GET", script:last().method)
    assert.is_nil(script:last().headers.authorization)
  end)

  it("fails in one line: no such picture, half a picture, no folder, no picture at all", function()
    local missing = gw:script({ { status = 404, body = "gone" } })
    local half = gw:script({ { body = "half", content_length = 100, ending = "close" } })
    local path = temporary()
    for _, case in ipairs({
      { { url = missing.base }, path }, { { url = half.base }, path }, { { b64_json = "AAAA" }, "/no/such/folder/x" },
      { { b64_json = "!!" }, path }, { {}, path }, { { url = "file:///etc/passwd" }, path },
    }) do
      setup.failed(litellm.save(case[1], case[2]))
      assert.is_nil(io.open(path))
    end
  end)

  it("names the path once", function()
    local _, message = litellm.save({ b64_json = "AAAA" }, "/no/such/folder/x")
    assert.equal("cannot write '/no/such/folder/x': No such file or directory", message)
    local path = temporary()
    _, message = litellm.save({ b64_json = "!!" }, path)
    assert.matches("^cannot write '" .. path:gsub("%p", "%%%0") .. "': not base64: ", message)
  end)
end)
