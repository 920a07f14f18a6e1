-- What a real LiteLLM proxy answered, given to the client: spec/wire holds the
-- bytes, spec/wire/index.lua says what each must give.
local setup = require("support.setup")
local wire = require("support.wire")
local litellm = setup.litellm

local index = assert(loadfile(wire.folder .. "index.lua"))()

local function member(value, path)
  for key in path:gmatch("[^.]+") do
    if value == nil then
      return nil
    end
    value = value[tonumber(key) or key]
  end
  return value
end

local function check(table_of, wanted)
  for path, want in pairs(wanted) do
    local got = member(table_of, path)
    if want == "absent" then
      assert.is_nil(got, path)
    else
      assert.equal(want, got, path)
    end
  end
end

local function check_error(detail, want)
  for field, value in pairs(want) do
    if field == "message" then
      assert.matches(value, detail.message)
    elseif value == "absent" then
      assert.is_nil(detail[field], field)
    elseif value ~= "any" then
      assert.equal(value, detail[field], field)
    end
  end
end

--- The three values of the call that the index describes.
local function perform(name, entry, steps)
  local _, client = setup.script({ steps or wire.step(name) })
  if entry.path then
    return client:request({ path = entry.path, stream = entry.stream, json = entry.stream and { x = 1 } or nil })
  end
  local args = entry.call == "models" and {} or setup.args(entry.call)
  args.stream = entry.stream
  return client[entry.call](client, args)
end

local function check_call(name, entry)
  local result, message, detail = perform(name, entry)
  if entry.error then
    setup.failed(result, message, detail)
    return check_error(detail, entry.error)
  end
  assert(result ~= nil, message)
  if entry.text then
    assert.equal(entry.text, result)
  elseif entry.bytes then
    local bytes = assert(result:bytes())
    assert.equal(entry.bytes[1], #bytes)
    assert.equal(entry.bytes[2], bytes:sub(1, #entry.bytes[2]))
  else
    check(result, entry.gives or {})
    check(litellm.meta(result), entry.meta or {})
  end
end

local function open(name, entry, step)
  local stream, message = perform(name, entry, step)
  return assert(stream, message)
end

local function check_chunks(name, entry)
  local stream, count = open(name, entry), 0
  local chunk, message, detail = stream:read()
  while chunk do
    count = count + 1
    chunk, message, detail = stream:read()
  end
  assert.equal(entry.state or "complete", stream:state())
  if entry.error then
    setup.failed(nil, message, detail)
    check_error(detail, entry.error)
  else
    assert.is_nil(message)
  end
  if entry.chunks then
    assert.equal(entry.chunks, count)
  end
end

local function check_text(name, entry)
  local pieces = {}
  local ok, problem = pcall(function()
    local iterate, state = open(name, entry):text()
    local piece = iterate(state)
    while piece do
      pieces[#pieces + 1] = piece
      piece = iterate(state)
    end
  end)
  assert.equal(not entry.error, ok, tostring(problem))
  if entry.text or entry.partial then
    assert.equal(entry.text or entry.partial, table.concat(pieces))
  end
end

local function check_result(name, entry)
  local stream = open(name, entry)
  local result, message, detail = stream:result()
  if entry.error then
    setup.failed(result, message, detail)
    check_error(detail, entry.error)
    if entry.partial then
      assert.equal(entry.partial, detail.partial.choices[1].message.content)
    end
  else
    assert(result, message)
    check(result, entry.gives or {})
    check(litellm.meta(result) or {}, entry.meta or {})
  end
end

--- The same bytes in small writes must give the same.
local function check_split(name, entry)
  local step = wire.step(name)
  step.raw = wire.pieces(step.raw[1], 97)
  local stream = open(name, entry, step)
  stream:result()
  assert.equal(entry.state or "complete", stream:state())
end

local names = {}
for name in pairs(index) do
  names[#names + 1] = name
end
table.sort(names)

describe("the captured answer", function()
  for _, name in ipairs(names) do
    local entry = index[name]
    if entry.stream then
      it(name .. ", chunk by chunk", function() check_chunks(name, entry) end)
      it(name .. ", its text", function()
        if not entry.path then
          check_text(name, entry)
        end
      end)
      it(name .. ", its result", function()
        if not entry.path then
          check_result(name, entry)
        end
      end)
      it(name .. ", in small pieces", function() check_split(name, entry) end)
    else
      it(name, function() check_call(name, entry) end)
    end
  end
end)

describe("the index", function()
  it("names every capture", function()
    for file in wire.files() do
      assert.truthy(index[file], file)
    end
  end)
end)
