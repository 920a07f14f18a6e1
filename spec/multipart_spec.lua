-- Multipart bodies: how fields are written, what counts as a file,
-- and that a file is streamed from disk.
local setup = require("support.setup")
local litellm = setup.litellm

local function temporary(bytes, suffix)
  local path = os.tmpname()
  os.remove(path)
  path = path .. (suffix or "")
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  return path
end

--- What arrives of an image edit with these fields.
local function edit(fields)
  local script, client = setup.script({ { json = { created = 1, data = {} } } })
  local result, message = client:image_edit(setup.args("image_edit", fields))
  assert(result, message)
  return script:last()
end

local function transcribe(file, fields)
  local script, client = setup.script({ { json = { text = "x" } } })
  local result, message = client:transcription(setup.args("transcription", fields and fields or { file = file }))
  assert(result, message)
  return script:last()
end

local function part(request, name)
  for _, each in ipairs(request.parts) do
    if each.name == name then
      return each
    end
  end
end

describe("fields", function()
  it("are text: numbers, booleans, and what UTF-8 there is", function()
    local by_name = edit({ n = 2, seed = 0, strength = 0.5, big = 9007199254740991, yes = true, no = false,
      negative = -1, user = "Zoë ☃" }).parts.by_name
    assert.same({ "2" }, by_name.n)
    assert.same({ "0" }, by_name.seed)
    assert.same({ "0.5" }, by_name.strength)
    assert.same({ "9007199254740991" }, by_name.big)
    assert.same({ "true" }, by_name.yes)
    assert.same({ "false" }, by_name.no)
    assert.same({ "-1" }, by_name.negative)
    assert.same({ "Zoë ☃" }, by_name.user)
  end)

  it("that are lists repeat name[] in order, and maps are name[key]", function()
    local by_name = edit({ l = { "b", "a", "c" }, m = { k = { deep = 1 }, list = { 1, 2 } } }).parts.by_name
    assert.same({ "b", "a", "c" }, by_name["l[]"])
    assert.same({ "1" }, by_name["m[k][deep]"])
    assert.same({ "1", "2" }, by_name["m[list][]"])
  end)

  it("that are lists of maps are name[][key], in order", function()
    local by_name = edit({ d = { { k = "a", l = { 1 } }, { k = "b" } } }).parts.by_name
    assert.same({ "a", "b" }, by_name["d[][k]"])
    assert.same({ "1" }, by_name["d[][l][]"])
  end)

  it("of metadata are one JSON text, as the proxy reads it", function()
    assert.same({ '{"tags":["a"]}' }, edit({ metadata = { tags = { "a" } } }).parts.by_name.metadata)
  end)

  it("that are null are left out; empty text is sent", function()
    local by_name = edit({ user = litellm.null, style = "" }).parts.by_name
    assert.is_nil(by_name.user)
    assert.same({ "" }, by_name.style)
  end)

  it("keep line breaks, quotes and boundaries in their bytes", function()
    local text = 'a\r\n--boundary\r\nb "q" \\ \n\n--'
    assert.same({ text }, edit({ prompt = text }).parts.by_name.prompt)
  end)

  it("have no filename and no content type", function()
    local prompt = part(edit(), "prompt")
    assert.is_nil(prompt.filename)
    assert.is_nil(prompt.content_type)
  end)

  it("come before the files", function()
    local request = edit({ mask = litellm.file({ data = "M", filename = "m.png" }), zzz = "last" })
    local order, seen_file = {}, false
    for i, each in ipairs(request.parts) do
      order[i] = each.name
      assert.is_false(seen_file and each.filename == nil, table.concat(order, " "))
      seen_file = seen_file or each.filename ~= nil
    end
  end)
end)

describe("a file", function()
  it("is a path: its name, its type by its extension, its bytes", function()
    for suffix, kind in pairs({ [".png"] = "image/png", [".WAV"] = "audio/wav", [".mp3"] = "audio/mpeg",
      [".bin"] = "application/octet%-stream", [""] = "application/octet%-stream" }) do
      local bytes = "\0\1\r\n\255" .. suffix
      local path = temporary(bytes, suffix)
      local file = part(transcribe(path), "file")
      os.remove(path)
      assert.equal(path:match("[^/]+$"), file.filename)
      assert.matches(kind, file.content_type)
      assert.equal(bytes, file.body)
    end
  end)

  it("is litellm.file of a path", function()
    local path = temporary("bytes", ".png")
    local file = part(transcribe(litellm.file(path)), "file")
    os.remove(path)
    assert.equal("bytes", file.body)
  end)

  it("is bytes with a name and a type", function()
    local file = part(transcribe(litellm.file({ data = "\0x", filename = "a.wav", content_type = "audio/x" })), "file")
    assert.equal("a.wav", file.filename)
    assert.equal("audio/x", file.content_type)
    assert.equal("\0x", file.body)
  end)

  it("is bytes alone, with the name upload", function()
    local file = part(transcribe(litellm.file({ data = "x" })), "file")
    assert.equal("upload", file.filename)
    assert.equal("application/octet-stream", file.content_type)
  end)

  it("is an open Lua file, read from where it stands", function()
    local path = temporary("0123456789", ".wav")
    local handle = io.open(path, "rb")
    handle:read(4)
    local file = part(transcribe(handle), "file")
    handle:close()
    os.remove(path)
    assert.equal("456789", file.body)
    assert.truthy(file.filename)
  end)

  it("may be empty", function()
    local path = temporary("", ".wav")
    local file = part(transcribe(path), "file")
    os.remove(path)
    assert.equal("", file.body)
    assert.truthy(file.filename)
  end)

  it("is sent whole when it is large, and not through memory", function()
    local path = temporary(("0123456789abcdef"):rep(1024 * 1024), ".wav") -- 16 MiB
    collectgarbage()
    local before = collectgarbage("count")
    local script, client = setup.script({ { json = { text = "x" } } })
    assert(client:transcription({ model = "m", file = path }))
    assert.is_true(collectgarbage("count") - before < 4096)
    os.remove(path)
    local request = script:last()
    assert.equal(16 * 1024 * 1024, #request.parts.by_name.file[1])
    assert.is_nil(request.headers.expect)
    assert.truthy(request.headers["content-length"])
  end)

  it("keeps a name that is not ASCII", function()
    local file = part(transcribe(litellm.file({ data = "x", filename = "Größe ☃.wav" })), "file")
    assert.equal("Größe ☃.wav", file.filename)
  end)
end)

describe("image_edit", function()
  local function image(name)
    return litellm.file({ data = "PNG " .. name, filename = name })
  end

  it("sends one image as image, with a filename", function()
    local request = edit({ image = image("one.png") })
    local sent = part(request, "image")
    assert.equal("one.png", sent.filename)
    assert.equal("image/png", sent.content_type)
  end)

  it("sends several as repeated image parts, in order", function()
    local request = edit({ image = { image("one.png"), image("two.png"), image("three.png") } })
    assert.same({ "PNG one.png", "PNG two.png", "PNG three.png" }, request.parts.by_name.image)
    assert.is_nil(request.parts.by_name["image[]"])
  end)

  it("takes paths and files in one list", function()
    local path = temporary("PNG path", ".png")
    local request = edit({ image = { path, image("two.png") } })
    os.remove(path)
    assert.same({ "PNG path", "PNG two.png" }, request.parts.by_name.image)
  end)

  it("sends the mask", function()
    assert.equal("m.png", part(edit({ mask = litellm.file({ data = "M", filename = "m.png" }) }), "mask").filename)
  end)
end)

describe("the boundary", function()
  it("is that of the body, whatever content type the headers want", function()
    for _, kind in ipairs({ "application/json", "multipart/form-data; boundary=mine", false }) do
      local script, client = setup.script({ { json = { text = "x" } } }, { headers = { ["Content-type"] = kind } })
      assert(client:transcription(setup.args("transcription")))
      assert.matches("^multipart/form%-data; boundary=%-+%x+$", script:last().headers["content-type"])
      assert.same({ "RIFF" }, script:last().parts.by_name.file)
    end
  end)

  it("is another in every request", function()
    local a = edit().headers["content-type"]
    local b = edit().headers["content-type"]
    assert.not_equal(a, b)
  end)
end)

describe("request", function()
  it("sends forms and files to any path", function()
    local script, client = setup.script({ { json = { id = "f" } } })
    assert(client:request({
      method = "POST", path = "/v1/files", form = { purpose = "batch" },
      files = { file = litellm.file({ data = "{}", filename = "b.jsonl" }) },
    }))
    local request = script:last()
    assert.equal("/v1/files", request.path)
    assert.same({ "batch" }, request.parts.by_name.purpose)
    assert.same({ "{}" }, request.parts.by_name.file)
    assert.equal("b.jsonl", part(request, "file").filename)
  end)
end)
