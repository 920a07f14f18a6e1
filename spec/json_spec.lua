local core = require("litellm.native")
local json = require("litellm.json")
local cjson = require("cjson").new()
local lfs = require("lfs")
local random = require("support.random")

local integers = math.type ~= nil
local NAN, HUGE = 0 / 0, math.huge
local DOCUMENTS = "spec/json/"

cjson.decode_max_depth(1000)

local function files(folder)
  local names = {}
  for name in lfs.dir(DOCUMENTS .. folder) do
    if name:find("%.json$") then names[#names + 1] = name end
  end
  table.sort(names)
  return coroutine.wrap(function()
    for _, name in ipairs(names) do
      local f = assert(io.open(DOCUMENTS .. folder .. "/" .. name, "rb"))
      local text = f:read("*a")
      f:close()
      coroutine.yield(name, text)
    end
  end)
end

--- lua-cjson's null is an absent field here.
local function without_nulls(value)
  if value == cjson.null then return nil end
  if type(value) ~= "table" then return value end
  local t = {}
  for k, v in pairs(value) do
    t[k] = without_nulls(v)
  end
  return t
end

--- Numbers are compared by value: the oracle has floats where we have integers.
local function same(expected, got)
  if type(expected) ~= "table" or type(got) ~= "table" then
    return expected == got or (expected ~= expected and got ~= got)
  end
  for k, v in pairs(expected) do
    if not same(v, got[k]) then return false end
  end
  for k in pairs(got) do
    if expected[k] == nil then return false end
  end
  return true
end

local function decode(text)
  local value, message = json.decode(text)
  assert.is_nil(message)
  return value
end

local function encode(value)
  return (assert(json.encode(value)))
end

describe("json.decode", function()
  describe("accepts", function()
    for name, text in files("valid") do
      it(name, function()
        local value, message = json.decode(text)
        assert.is_nil(message)
        assert.is_true(same(without_nulls(cjson.decode(text)), value))
      end)
    end
  end)

  describe("refuses", function()
    for name, text in files("invalid") do
      it(name, function()
        local value, message = json.decode(text)
        assert.is_nil(value)
        assert.matches("^invalid JSON at byte %d+: %l", message)
      end)
    end
  end)

  it("says at which byte the text is wrong, counted from 1", function()
    local function message(text) return (select(2, json.decode(text))) end
    assert.equal("invalid JSON at byte 1: value expected, got the end", message(""))
    assert.equal("invalid JSON at byte 4: value expected", message("[1,]"))
    assert.equal("invalid JSON at byte 3: end expected", message("1 2"))
    assert.equal("invalid JSON at byte 257: nested too deep", message(("["):rep(300)))
  end)

  it("refuses what is no string", function()
    assert.has_error(function() json.decode(nil) end)
    assert.has_error(function() json.decode({}) end)
  end)

  it("reads the null document as nil, without a message", function()
    assert.equal(1, select("#", json.decode("null")))
    assert.is_nil(json.decode("null"))
  end)

  it("leaves out members that are null", function()
    assert.same({ b = 1 }, decode('{"a":null,"b":1}'))
    assert.is_nil(next(decode('{"a":null}')))
    assert.is_nil(next(decode('{"a":1,"a":null}')))
    assert.same({ a = 2 }, decode('{"a":null,"a":2}'))
  end)

  it("leaves the place of a null in an array empty", function()
    local t = decode("[1,null,3,null]")
    assert.equal(1, t[1])
    assert.is_nil(t[2])
    assert.equal(3, t[3])
    assert.is_nil(t[4])
  end)

  it("reads integers as integers", function()
    local t = decode("[7,-0,9007199254740993,2e2]")
    assert.equal("7", tostring(t[1]))
    assert.equal("0", tostring(t[2]))
    if not integers then return end
    assert.equal("integer", math.type(t[1]))
    assert.equal("9007199254740993", tostring(t[3]))
    assert.equal(math.maxinteger, decode("9223372036854775807"))
    assert.equal(math.mininteger, decode("-9223372036854775808"))
    assert.equal("float", math.type(decode("9223372036854775808")))
  end)

  it("reads numbers as the Lua that runs does", function()
    local pick = random.new(11)
    for _ = 1, 3000 do
      local digits = {}
      for i = 1, pick(20) do digits[i] = pick(10) - 1 end
      local text = ("%d.%se%d"):format(pick(1000), table.concat(digits), pick(60) - 30)
      assert.equal(tonumber(text), decode(text))
    end
    assert.equal(HUGE, decode("1e999"))
    assert.equal(-HUGE, decode("-1e999"))
    assert.equal(0, decode("1e-999"))
  end)

  it("takes every escape, in keys too", function()
    assert.equal('"\\/\b\f\n\r\t', decode('"\\"\\\\\\/\\b\\f\\n\\r\\t"'))
    assert.equal("a\0b", decode('"a\\u0000b"'))
    assert.equal("\240\159\152\128", decode('"\\ud83d\\ude00"'))
    assert.same({ ["a\n"] = 1 }, decode('{"a\\n":1}'))
  end)

  it("makes half a surrogate pair the replacement character", function()
    local r = "\239\191\189"
    assert.equal(r, decode('"\\ud83d"'))
    assert.equal(r, decode('"\\ude00"'))
    assert.equal(r .. "A", decode('"\\ud83d\\u0041"'))
    assert.equal(r .. "\240\159\152\128", decode('"\\ud83d\\ud83d\\ude00"'))
  end)

  it("takes escapes out of strings of every size", function()
    for _, n in ipairs { 1, 7, 8, 9, 250, 256, 257, 511, 512, 513, 5000, 100000 } do
      assert.equal(("x"):rep(n) .. "\n", decode('"' .. ("x"):rep(n) .. '\\n"'))
      assert.equal(("\n"):rep(n), decode('"' .. ("\\n"):rep(n) .. '"'))
    end
  end)

  it("marks empty arrays, so that they are written as they came", function()
    local text = '{"a":[]}'
    assert.equal(text, encode(decode(text)))
    assert.equal("[[],{}]", encode(decode("[[],{}]")))
    assert.is_nil(getmetatable(decode("[1]")))
    assert.is_nil(getmetatable(decode("{}")))
  end)

  it("reads 256 levels and no more", function()
    local value = decode(("["):rep(256) .. ("]"):rep(256))
    for _ = 1, 255 do value = value[1] end
    assert.is_nil(next(value))
    assert.is_nil(json.decode(("["):rep(257) .. ("]"):rep(257)))
    assert.is_nil(json.decode(('{"a":'):rep(100000)))
  end)

  it("reads large objects and arrays", function()
    local list, map = {}, {}
    for i = 1, 20000 do
      list[i] = i
      map["k" .. i] = i
    end
    assert.is_true(same(list, decode(cjson.encode(list))))
    assert.is_true(same(map, decode(cjson.encode(map))))
  end)

  it("reads random documents as lua-cjson does", function()
    local pick = random.new(7)
    local strings = {
      "", "a", "content", "caf\195\169", "\240\159\152\128", 'q"\\/\b\f\n\r\t', "x\0y", ("long "):rep(30),
    }
    local numbers = { 0, 1, -1, 0.5, 1e10, -123456, 1 / 1024, 2 ^ 40, 1e-5 }
    local function value(depth)
      local kind = pick(depth > 4 and 4 or 6)
      if kind == 1 then return strings[pick(#strings)] end
      if kind == 2 then return numbers[pick(#numbers)] end
      if kind == 3 then return pick(2) == 1 end
      if kind == 4 then return cjson.null end
      local t = {}
      for i = 1, pick(8) do
        t[kind == 5 and i or strings[pick(#strings)] .. pick(30)] = value(depth + 1)
      end
      return t
    end
    for _ = 1, 400 do
      local text = cjson.encode(value(1))
      assert.is_true(same(without_nulls(cjson.decode(text)), decode(text)), text)
      assert.is_nil(json.decode(text:sub(1, -2) .. "\1"))
    end
  end)

  it("knows the names of members from one another, however many there are", function()
    local pick = random.new(20261128)
    local function name()
      local letters = {}
      for i = 1, pick(45) - 1 do letters[i] = string.char(96 + pick(3)) end
      return table.concat(letters)
    end
    local texts = {}
    for i = 1, 500 do texts[i] = ('{"%s":{"%s":%d,"\\u0061%s":2}}'):format(name(), name(), i, name()) end
    for round = 1, 4 do
      if round == 3 then collectgarbage() end
      for _, text in ipairs(texts) do assert.is_true(same(cjson.decode(text), decode(text)), text) end
    end
  end)

  it("is right while the collector runs all the time", function()
    local text = '{"choices":[{"delta":{"content":"a\\nb' .. ("x"):rep(600) .. '"}}],"embedding":[1,2,3],"e":[]}'
    local expected = cjson.decode(text)
    collectgarbage("setpause", 0)
    collectgarbage("setstepmul", 10000)
    for _ = 1, 30 do
      local value = decode(text)
      assert.equal(expected.choices[1].delta.content, value.choices[1].delta.content)
    end
    collectgarbage("setpause", 200)
    collectgarbage("setstepmul", 200)
  end)

  it("may be called by a finalizer that runs while it reads", function()
    if _VERSION == "Lua 5.1" then return end
    local seen = 0
    for _ = 1, 2000 do
      setmetatable({}, { __gc = function() seen = seen + decode('{"n":[1]}').n[1] end })
      assert.equal("v", decode('{"k":["v"],"other":{}}').k[1])
    end
    collectgarbage()
    assert.equal(2000, seen)
  end)
end)

describe("an embedding", function()
  local function read(text) return core.json_decode(text, true) end

  it("of numbers is a vector", function()
    local v = read('{"embedding":[1, -2.5 ,3e1,4]}').embedding
    assert.equal(4, #v)
    assert.same({ 1, -2.5, 30, 4 }, v:totable())
    assert.equal(0, #read('{"embedding":[]}').embedding)
  end)

  it("of base64 is a vector, escaped slashes or not", function()
    assert.same({ 1, 2 }, read('{"embedding":"AACAPwAAAEA="}').embedding:totable())
    local plain = read('{"embedding":"////Pw=="}').embedding
    local escaped = read('{"embedding":"\\/\\/\\/\\/Pw=="}').embedding
    assert.equal(1, #plain)
    assert.equal(plain[1], escaped[1])
  end)

  it("of base64 is the same vector, or none, however its characters are written", function()
    local found = 0
    for _ = 1, 2000 do
      local size = math.random(0, 12) * 4
      local text = core.base64_encode(("x"):rep(size):gsub(".", function() return string.char(math.random(0, 255)) end))
      if math.random(3) == 1 then
        local at = math.random(0, #text)
        text = text:sub(1, at) .. ("-_ !=A\195"):sub(math.random(7)):sub(1, 1) .. text:sub(at + 2)
      end
      local v = read('{"embedding":"' .. text .. '"}')
      local escaped = text:gsub("[^\195]", function(c) return ("\\u%04x"):format(c:byte()) end)
      local w = read('{"embedding":"' .. escaped .. '"}')
      assert.equal(v == nil, w == nil)
      assert.equal(v and v.embedding:base64(), w and w.embedding:base64())
      if v then found = found + 1 end
    end
    assert.is_true(found > 1000 and found < 2000)
  end)

  it("is one wherever it is, and next to anything", function()
    local t = read('{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2],"object":"embedding"}],'
      .. '"embedding":{"x":[3]}}')
    assert.equal(2, t.data[2].embedding[1])
    assert.equal("embedding", t.data[2].object)
    assert.same({ x = { 3 } }, t.embedding)
    assert.is_nil(read('{"embedding":null}').embedding)
    assert.equal(5, read('{"embedding":5}').embedding)
  end)

  it("stays what it is unless vectors are asked for", function()
    assert.same({ 1, 2 }, decode('{"embedding":[1,2]}').embedding)
    assert.equal("x", decode('{"embedding":"x"}').embedding)
  end)

  for text, message in pairs {
    ['{"embedding":[1,"2"]}'] = "invalid embedding at byte %d+: neither numbers nor base64 of 32%-bit floats",
    ['{"embedding":[1,null]}'] = "invalid embedding at byte",
    ['{"embedding":[[1]]}'] = "invalid embedding at byte",
    ['{"embedding":"AACAP"}'] = "invalid embedding at byte 15",
    ['{"embedding":"AAC!PwAA"}'] = "invalid embedding at byte 15",
    ['{"embedding":"AACAPwA="}'] = "invalid embedding at byte 15",
    ['{"embedding":"AACAPw\nAAAA"}'] = "invalid JSON at byte 21: control character",
    ['{"embedding":"AACAPwAA'] = "invalid JSON at byte 23: unfinished string",
    ['{"embedding":[1,}'] = "invalid JSON at byte 17: value expected",
    ['{"embedding":[1,2'] = "invalid JSON at byte 18",
    ['{"embedding":'] = "invalid JSON at byte 14",
  } do
    it("is refused: " .. text, function()
      local value, problem = read(text)
      assert.is_nil(value)
      assert.matches(message, problem)
    end)
  end
end)

describe("json.encode", function()
  it("writes what lua-cjson writes, but for slashes and DEL", function()
    local values = { { 1, 2, 3 }, { a = "b" }, "text", 'q"\\/\n\0\27\127', true, 12, 0.5, {}, { { {} } }, { false } }
    for _, value in ipairs(values) do
      assert.equal(cjson.encode(value):gsub("\\/", "/"):gsub("\\u007f", "\127"), encode(value))
    end
  end)

  it("writes in the core what it would write by way of lua-cjson", function()
    local quick, pick = core.json_plain, random.new(20261129)
    local TEXTS = { "", "a", "caf\195\169", "\195", "\237\160\128", 'q"\\/\b\f\n\r\t', "x\0y\127\27",
      ("long / "):rep(400), "\240\159\152\128", "1" }
    local NUMBERS = { 0, -0.0, 1, -1, 0.1, 1 / 3, 1e-5, 1e-7, 123456.5, 99999999999999, 1e14, 1e15, -1e15, 1e16, 2 ^ 53,
      2 ^ 63, 1e300, 5e-324, HUGE, -HUGE, NAN, math.maxinteger or 7, math.mininteger or 8 }
    local OTHERS = { true, false, json.null, json.array {}, core.vector { 1, 0.5 }, print, setmetatable({ a = 1 }, {}) }
    local function scalar()
      local kind = pick(12)
      if kind == 1 then return OTHERS[pick(#OTHERS)] end
      if kind < 7 then return TEXTS[pick(#TEXTS)] end
      if kind < 9 then return pick(2000) - 1000 end
      if kind == 9 then return (pick(2147483646) / 2147483647) * 10 ^ (pick(40) - 20) end
      return kind == 10 and NUMBERS[pick(#NUMBERS)] or pick(2) == 1
    end
    local function value(depth)
      if depth > 4 or pick(3) == 1 then return scalar() end
      local t, mixed, n = {}, pick(20) == 1, pick(5) - 1
      local list = pick(2) == 1
      for i = n, 1, -1 do -- a list from its end is one of the other part of a table
        local at = list and (pick(2) == 1 and i or n + 1 - i) or TEXTS[pick(#TEXTS)] .. i
        if mixed and i == 1 then at = pick(2) == 1 and 1 or "x" end
        t[at] = value(depth + 1)
      end
      return pick(20) == 1 and list and json.array(t) or t
    end
    local taken, left = 0, 0
    for _ = 1, 4000 do
      local v = value(1)
      local short = quick(v)
      core.json_plain = function() end
      local long = json.encode(v)
      core.json_plain = quick
      if short then
        taken = taken + 1
        long = long:gsub("\\/", "/"):gsub("\\u007f", "\127")
        assert.equal(#long, #short) -- the fields may come in another order
        assert.is_true(same(decode(long), decode(short)), short)
      else
        left = left + 1
      end
    end
    assert.is_true(taken > 1000 and left > 200)
    local deep = {}
    for _ = 1, 200 do deep = { deep } end
    assert.is_nil(quick(deep))
    assert.equal(("["):rep(200) .. "{}" .. ("]"):rep(200), encode(deep))
  end)

  it("writes numbers exactly and as short as that allows", function()
    local function write(v) return (encode({ v }):sub(2, -2)) end
    assert.equal("0.1", write(0.1))
    assert.equal("0.7", write(0.7))
    assert.equal("0.3333333333333333", write(1 / 3))
    assert.equal("0.30000000000000004", write(0.1 + 0.2))
    assert.equal("9007199254740992", write(2 ^ 53))
    assert.equal("-9007199254740991", write(-(2 ^ 53 - 1)))
    assert.equal("100000000000000", write(1e14))
    assert.equal("99999999999999", write(99999999999999))
    assert.equal("256", write(256.0))
    if not integers then return end
    assert.equal("9223372036854775807", write(math.maxinteger))
    assert.equal("-9223372036854775808", write(math.mininteger))
    assert.equal("9007199254740993", write(9007199254740992 + 1))
  end)

  it("writes numbers that read back the same", function()
    local pick = random.new(3)
    local list = {}
    for i = 1, 2000 do
      list[i] = (pick(2147483646) / 2147483647 + pick(2147483646)) * 10 ^ (pick(60) - 30)
    end
    local back = decode(encode(list))
    for i, v in ipairs(list) do
      assert.equal(v, back[i])
    end
  end)

  it("writes an empty table as an object, an array as []", function()
    assert.equal("{}", encode({}))
    assert.equal("[]", encode(json.array {}))
    assert.equal("[]", encode(json.array()))
    assert.equal('{"tools":[]}', encode({ tools = json.array {} }))
    assert.equal("[[],[[]],{}]", encode({ json.array {}, { json.array {} }, {} }))
    assert.equal("[1,2]", encode(json.array { 1, 2 }))
  end)

  it("marks the very table it is given", function()
    local t = {}
    assert.equal(t, json.array(t))
    assert.equal(t, json.array(t))
    t[1] = "x"
    assert.equal('["x"]', encode(t))
  end)

  it("writes null", function()
    assert.equal('{"a":null}', encode({ a = json.null }))
    assert.equal("[1,null,3]", encode({ 1, json.null, 3 }))
    assert.equal("null", encode(json.null))
    assert.equal("[null]", encode({ cjson.null }))
    assert.equal("null", tostring(json.null))
    assert.has_error(function() json.null.x = 1 end)
  end)

  it("writes a vector as the array of its numbers", function()
    assert.equal("[1,0.1,-2.5]", encode(core.vector { 1, 0.1, -2.5 }))
    assert.equal('{"input":[]}', encode({ input = core.vector {} }))
  end)

  it("tells text from what it puts in for other values", function()
    local body = { x = 1 / 3, s = '"[]"', t = "\194\128[]", u = json.array {} }
    local back = decode(encode(body))
    assert.equal(body.s, back.s)
    assert.equal(body.t, back.t)
    assert.equal(body.x, back.x)
    assert.equal("[]", encode(body):match('"u":(%[%])'))
  end)

  it("does not change what it writes", function()
    local inner = json.array {}
    local body = { a = inner, b = { 1 / 3 }, n = json.null }
    encode(body)
    assert.equal(inner, body.a)
    assert.equal(1 / 3, body.b[1])
    assert.equal(json.null, body.n)
  end)

  it("ignores metatables", function()
    local t = setmetatable({ a = 1 }, { __index = { b = 2 }, __pairs = function() error("called") end })
    assert.equal('{"a":1}', encode(t))
  end)

  it("writes a table twice when it stands in two places", function()
    local t = { 1 }
    assert.equal("[[1],[1]]", encode({ t, t }))
  end)

  it("leaves the settings of the host's lua-cjson alone", function()
    local host = require("cjson")
    local before = { host.encode_number_precision(), host.encode_max_depth(), host.encode_sparse_array() }
    encode({ 1 / 3, json.array {} })
    assert.same(before, { host.encode_number_precision(), host.encode_max_depth(), host.encode_sparse_array() })
    host.encode_number_precision(3)
    local text = encode({ 0.123456 })
    host.encode_number_precision(before[1])
    assert.equal("[0.123456]", text)
  end)

  local function refused(value, message)
    local text, problem = json.encode(value)
    assert.is_nil(text)
    assert.equal(message, problem)
  end

  it("refuses invalid UTF-8, and says where it is", function()
    refused("caf\233", "invalid UTF-8 at byte 4")
    refused({ messages = { { content = "x" }, { content = "hello \255" } } },
      "messages[2].content: invalid UTF-8 at byte 7")
    refused({ metadata = { ["k\128"] = 1 } }, "metadata: invalid UTF-8 at byte 2 of a key")
    refused({ s = "\237\160\128" }, "s: invalid UTF-8 at byte 1")
    refused({ s = "\192\128" }, "s: invalid UTF-8 at byte 1")
  end)

  it("refuses what has no JSON form", function()
    refused({ a = { print } }, "a[1]: a function has no JSON form")
    refused({ f = io.stdout }, "f: a userdata has no JSON form")
    refused({ co = coroutine.create(function() end) }, "co: a thread has no JSON form")
    refused({ x = NAN }, "x: NaN and infinity have no JSON form")
    refused({ x = HUGE }, "x: NaN and infinity have no JSON form")
    refused(-HUGE, "NaN and infinity have no JSON form")
    refused({ v = core.vector { 1, HUGE } }, "v: NaN and infinity have no JSON form")
  end)

  it("refuses tables that are neither list nor object", function()
    refused({ a = { 1, 2, x = 3 } }, "a: both a list and named fields: use string keys only")
    refused({ a = { [1] = 1, [3] = 3 } },
      "a: a list with holes: fill them with litellm.null, or use string keys")
    refused({ [5] = 1 }, "a list with holes: fill them with litellm.null, or use string keys")
    refused({ a = { [0] = 1 } }, "a: the key 0 is no place in a list: use string keys")
    refused({ a = { [1.5] = 1 } }, "a: the key 1.5 is no place in a list: use string keys")
    refused({ [true] = 1 }, "a key is a boolean: use string keys")
    refused({ a = json.array { x = 1 } }, "a: an array with named fields")
  end)

  it("shows keys that are no names in brackets", function()
    refused({ ["a b"] = { ["c-d"] = { print } } }, '["a b"]["c-d"][1]: a function has no JSON form')
    refused({ _x1 = { [""] = print } }, '_x1[""]: a function has no JSON form')
  end)

  it("refuses a table that contains itself, at the place where it does", function()
    local t = { a = { b = {} } }
    t.a.b.c = t.a
    refused(t, "a.b.c: the table contains itself")
    local self = {}
    self[1] = self
    refused(self, "[1]: the table contains itself")
  end)

  it("refuses what is nested too deep", function()
    local t = {}
    for _ = 1, 255 do t = { t } end
    assert.equal(("["):rep(255) .. "{}" .. ("]"):rep(255), encode(t))
    refused({ t }, ("[1]"):rep(8) .. "...: nested too deep")
  end)

  it("refuses to mark what cannot be marked", function()
    assert.error_matches(function() json.array(1) end, "table expected, got number")
    assert.error_matches(function() json.array(json.null) end, "table expected, got null")
    assert.error_matches(function() json.array(setmetatable({}, {})) end, "without a metatable")
  end)
end)

describe("json in a locale with a decimal comma", function()
  local names = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", "nl_NL.UTF-8" }
  local before

  before_each(function() before = os.setlocale(nil, "numeric") end)
  after_each(function() os.setlocale(before, "numeric") end)

  local function set()
    for _, name in ipairs(names) do
      if os.setlocale(name, "numeric") then return true end
    end
  end

  it("reads and writes a point", function()
    if not set() then return pending("no such locale is installed") end
    local t = decode("[0.5,1.25e-3,0.500000000000000166533453693773481063544750213623046875]")
    local text = encode({ 0.5, 0.1, 1 / 3, core.vector { 0.5 } })
    os.setlocale(before, "numeric")
    assert.equal(0.5, t[1])
    assert.equal(0.00125, t[2])
    assert.is_true(t[3] > 0.5)
    assert.equal("[0.5,0.1,0.3333333333333333,[0.5]]", text)
  end)
end)
