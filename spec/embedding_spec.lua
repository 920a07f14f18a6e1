-- Embeddings: vectors from numbers and from base64 alike.
local reply = require("support.reply")
local setup = require("support.setup")

local function embed(step, fields)
  local script, client = setup.script({ step })
  local result, message, detail = client:embedding(setup.args("embedding", fields))
  return result, message, detail, script
end

describe("an embedding", function()
  it("is a vector, whether it came as numbers or as base64", function()
    for _, item in ipairs({ { 0.25, -1.5, 3 }, "AACAPgAAwL8AAEBA" }) do
      local result = assert((embed({ json = reply.embedding(item) })))
      local vector = result.data[1].embedding
      assert.equal(3, #vector)
      assert.equal(0.25, vector[1])
      assert.equal(-1.5, vector[2])
      assert.equal(3, vector[3])
      assert.is_nil(vector[4])
      assert.same({ 0.25, -1.5, 3 }, vector:totable())
    end
  end)

  it("may come in both forms in one answer", function()
    local result = assert((embed({ json = reply.embedding("AACAPgAAwL8AAEBA", { 1, 2, 3 }) })))
    assert.equal(0.25, result.data[1].embedding[1])
    assert.equal(2, result.data[2].embedding[2])
  end)

  it("keeps order, index, usage and model, and indexes as they came, from 0", function()
    local result = assert((embed({ json = reply.embedding({ 1 }, { 2 }, { 3 }) }, { input = { "a", "b", "c" } })))
    for i = 1, 3 do
      assert.equal(i - 1, result.data[i].index)
      assert.equal(i, result.data[i].embedding[1])
      assert.equal("embedding", result.data[i].object)
    end
    assert.equal(1, result.usage.total_tokens)
    assert.equal("text-embedding-3-small", result.model)
    if math.type then
      assert.equal("integer", math.type(result.data[2].index))
    end
  end)

  it("is not asked for as base64 unless the caller does", function()
    local _, _, _, script = embed({ json = reply.embedding({ 1 }) })
    assert.is_nil(script:last().json.encoding_format)
    _, _, _, script = embed({ json = reply.embedding({ 1 }) }, { encoding_format = "base64" })
    assert.equal("base64", script:last().json.encoding_format)
  end)

  it("takes all shapes of input", function()
    for _, input in ipairs({ "text", { "a", "b" }, { 1, 2, 3 }, { { 1, 2 }, { 3 } } }) do
      local _, _, _, script = embed({ json = reply.embedding({ 1 }) }, { input = input })
      assert.same(input, script:last().json.input)
    end
  end)

  it("of many numbers is exact to float32", function()
    local numbers = {}
    for i = 1, 1536 do
      numbers[i] = ((i * 7919) % 65536 - 32768) / 65536
    end
    local vector = assert((embed({ json = reply.embedding(numbers) }))).data[1].embedding
    assert.equal(1536, #vector)
    for i = 1, 1536 do
      assert.equal(numbers[i], vector[i])
    end
  end)

  it("reads numbers in every notation", function()
    local body = '{"data":[{"index":0,"embedding":[1,-0,1e2,-1.5E-1,0.0,3.4028235e38]}]}'
    local vector = assert((embed({ body = body }))).data[1].embedding
    assert.equal(6, #vector)
    assert.equal(100, vector[3])
    assert.is_true(math.abs(vector[4] + 0.15) < 1e-7)
  end)
end)

describe("no embedding", function()
  it("is an error: empty data, no data, null", function()
    for _, body in ipairs({ '{"object":"list","data":[]}', '{"object":"list"}', '{"object":"list","data":null}',
      '{"object":"list","data":{}}' }) do
      local detail = setup.failed(embed({ body = body }))
      assert.equal("parse", detail.kind)
      assert.matches("embedding", detail.message)
    end
  end)

  it("is an error: one of the list is empty or missing", function()
    for _, member in ipairs({ '"embedding":""', '"embedding":[]', '"embedding":null', '"object":"embedding"' }) do
      local detail = setup.failed(embed({ body = '{"data":[{"embedding":[1]},{' .. member .. "}]}" }))
      assert.equal("parse", detail.kind)
      assert.matches("the embedding of data[2] is empty or missing", detail.message, 1, true)
    end
    assert.equal("parse", setup.failed(embed({ body = '{"data":[1]}' })).kind)
    assert(embed({ body = '{"data":[{"embedding":{"int8":[1]}}]}' })) -- Not ours to judge.
  end)

  it("is an error: base64 that is none, or of no whole number of floats", function()
    for _, text in ipairs({ "A", "AACAP", "AACAPgA=", "!!!!", "AACAPgAAwL8AAEB", "AACAPg==AAAA" }) do
      local detail = setup.failed(embed({ json = reply.embedding(text) }))
      assert.equal("parse", detail.kind, text)
    end
  end)

  it("is an error: an array of other things than numbers", function()
    for _, array in ipairs({ '["a"]', "[1,null]", "[[1]]", "[true]", "[1,{}]" }) do
      local detail = setup.failed(embed({ body = '{"data":[{"index":0,"embedding":' .. array .. "}]}" }))
      assert.equal("parse", detail.kind, array)
    end
  end)

  it("is an error of the gateway told as such", function()
    local detail = setup.failed(embed(reply.error(400, "Missing required parameter: 'input'.")))
    assert.equal("BadRequestError", detail.type)
  end)
end)
