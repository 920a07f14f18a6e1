local core = require "litellm.native"
local vector = require "litellm.vector"

local v51 = _VERSION == "Lua 5.1"

local function near(expected, got, tolerance)
  assert.is_true(math.abs(expected - got) <= (tolerance or 1e-6), ("expected %.9g, got %.9g"):format(expected, got))
end

--- Numbers that are the same in every run, between -1 and 1.
local function numbers(n, seed)
  local t = {}
  for i = 1, n do
    seed = (seed * 16807) % 2147483647
    t[i] = seed / 2147483647 * 2 - 1
  end
  return t
end

local function temp_name()
  local name = os.tmpname()
  os.remove(name)
  return name
end

local function contents(path)
  local f = io.open(path, "rb")
  if not f then return nil end
  local s = f:read("*a")
  f:close()
  return s
end

describe("vector", function()
  it("is made from numbers", function()
    local v = vector.new { 1, -2.5, 0 }
    assert.equal(3, #v)
    assert.equal(1, v[1])
    assert.equal(-2.5, v[2])
    assert.equal(0, v[3])
  end)

  it("is made by calling the module", function()
    assert.equal(vector.new { 1, 2 }, vector { 1, 2 })
  end)

  it("may be empty", function()
    local v = vector {}
    assert.equal(0, #v)
    assert.is_nil(v[1])
    assert.equal("vector(0) []", tostring(v))
    assert.equal(0, v:norm())
    assert.same({}, v:totable())
    assert.equal("", v:base64())
    assert.equal(v, vector(""))
  end)

  it("keeps 32 bits of a component", function()
    assert.are_not.equal(0.1, vector({ 0.1 })[1])
    near(0.1, vector({ 0.1 })[1], 1e-8)
    assert.equal(0.5, vector({ 0.5 })[1])
  end)

  it("has nothing beyond its ends or between components", function()
    local v = vector { 1, 2 }
    for _, i in ipairs { 0, -1, 3, 1.5, 2 ^ 31, 2 ^ 32 + 1, 2 ^ 53, -2 ^ 63, 2 ^ 64, math.huge, -math.huge, 0 / 0 } do
      assert.is_nil(v[i])
    end
    assert.is_nil(v.nothing)
    assert.is_nil(v[true])
    assert.is_nil(v["1"])
    assert.equal(2, v[2.0])
  end)

  it("cannot be changed", function()
    local v = vector { 1 }
    assert.error_matches(function() v[1] = 2 end, "a vector cannot be changed: v:totable%(%) is a copy")
    assert.equal(1, v[1])
  end)

  it("refuses what is no number and says where", function()
    assert.error_matches(function() vector { 1, 2, "3" } end, "component 3 of the vector is a string, not a number")
    assert.error_matches(function() vector { 1, {} } end, "component 2 of the vector is a table")
    assert.error_matches(function() vector(3) end, "bad argument #1")
    assert.error_matches(function() vector(nil) end, "bad argument #1")
    assert.error_matches(function() vector(io.stdout) end, "bad argument #1")
  end)

  it("returns a vector as it is", function()
    local v = vector { 1, 2 }
    assert.is_true(rawequal(v, vector(v)))
  end)

  it("iterates with each", function()
    local seen = {}
    for i, x in vector({ 5, 6, 7 }):each() do seen[#seen + 1] = i .. "=" .. x end
    assert.equal(3, #seen)
    assert.equal(1, tonumber((seen[1]:match "^(%d+)=")))
    assert.equal(7, tonumber((seen[3]:match "=(.+)$")))
    for _ in vector({}):each() do error "an empty vector has no component" end
  end)

  it("iterates with ipairs where Lua allows it", function()
    local v, sum = vector { 5, 6, 7 }, 0
    if v51 and not pcall(ipairs, v) then
      return assert.error_matches(function() ipairs(v) end, "table expected")
    end
    for i, x in ipairs(v) do sum = sum + i * x end
    assert.equal(5 + 12 + 21, sum)
  end)

  it("becomes a table", function()
    assert.same({ 1, -0.5, 4 }, vector({ 1, -0.5, 4 }):totable())
  end)

  it("shows its size and its beginning", function()
    assert.equal("vector(2) [0.5, -0.25]", tostring(vector { 0.5, -0.25 }))
    assert.equal("vector(4) [0.0123, -0.4, 1, ...]", tostring(vector { 0.0123, -0.4, 1, 2 }))
    assert.equal("vector(1) [-3.403e+38]", tostring(vector { -3.4028e38 }))
  end)

  it("compares by components", function()
    assert.is_true(vector { 1, 2 } == vector { 1, 2 })
    assert.is_false(vector { 1, 2 } == vector { 1, 3 })
    assert.is_false(vector { 1, 2 } == vector { 1 })
    assert.is_false(vector { 0 / 0 } == vector { 0 / 0 })
    assert.is_false(vector { 1 } == io.stdout)
    assert.is_false(vector { 1 } == 1)
  end)

  it("checks the self of its methods", function()
    local v = vector { 1 }
    assert.error_matches(function() v.dot(io.stdout, v) end, "litellm.vector expected")
    assert.error_matches(function() v.norm {} end, "litellm.vector expected")
    assert.error_matches(function() v.each {} end, "litellm.vector expected")
    local index = getmetatable(v).__index
    assert.error_matches(function() index(io.stdout, 1) end, "litellm.vector expected")
    assert.error_matches(function() index(nil, 1) end, "litellm.vector expected")
  end)
end)

describe("vector arithmetic", function()
  local a, b = numbers(1536, 7), numbers(1536, 8)
  local dot, aa, bb = 0, 0, 0
  for i = 1, #a do
    dot, aa, bb = dot + a[i] * b[i], aa + a[i] * a[i], bb + b[i] * b[i]
  end

  it("agrees with plain Lua", function()
    local v, w = vector(a), vector(b)
    near(dot, v:dot(w), 1e-3)
    near(math.sqrt(aa), v:norm(), 1e-4)
    near(dot / math.sqrt(aa) / math.sqrt(bb), v:cosine(w))
    near(1, v:cosine(v))
  end)

  it("counts every component, whatever the size", function()
    for n = 1, 40 do
      local ones = {}
      for i = 1, n do ones[i] = i end
      assert.equal(n * (n + 1) * (2 * n + 1) / 6, vector(ones):dot(vector(ones)))
    end
  end)

  it("has cosines of one, minus one and zero", function()
    assert.equal(1, vector({ 3, 4 }):cosine(vector { 3, 4 }))
    assert.equal(-1, vector({ 3, 4 }):cosine(vector { -3, -4 }))
    assert.equal(0, vector({ 1, 0 }):cosine(vector { 0, 1 }))
    assert.equal(0, vector({ 0, 0 }):cosine(vector { 1, 1 }))
  end)

  it("survives components whose squares no float can hold", function()
    for _, scale in ipairs { 1e30, 1e-30 } do
      local v, w = vector { 3 * scale, 4 * scale }, vector { 4 * scale, 3 * scale }
      near(1, v:norm() / (5 * scale))
      near(0.96, v:cosine(w))
      near(24, v:dot(w) / scale / scale, 1e-4)
    end
  end)

  it("names both sizes when they differ", function()
    local v, w = vector { 1, 2, 3 }, vector { 1, 2 }
    assert.error_matches(function() v:dot(w) end, "3 and 2 components")
    assert.error_matches(function() v:cosine(w) end, "3 and 2 components")
  end)
end)

describe("vector.base64", function()
  it("reads what the gateway sends", function()
    assert.same({ 1, -2, 0.5 }, vector("AACAPwAAAMAAAAA/"):totable())
    assert.same({ 1 }, vector("AACAPw=="):totable())
    assert.same({ 1 }, vector("AACAPw"):totable())
  end)

  it("makes the same again", function()
    for n = 0, 20 do
      local v = vector(numbers(n, n + 1))
      assert.equal(v, vector(v:base64()))
    end
    assert.equal("AACAPwAAAMAAAAA/", vector({ 1, -2, 0.5 }):base64())
  end)

  it("is a failure, not a mistake, when the text is bad", function()
    for _, text in ipairs { "AACAP", "AAC", "AACAPw=A", "AACA Pw==", "****", "AACAPwAA" } do
      local v, err = vector(text)
      assert.is_nil(v)
      assert.equal("not a vector: expected base64 of 32-bit floats", err)
    end
  end)
end)

describe("vector.top", function()
  local east, north, west = vector { 1, 0 }, vector { 0, 1 }, vector { -1, 0 }
  local northeast = vector { 1, 1 }

  it("ranks by cosine, the best first", function()
    local hits = vector.top(vector { 2, 0.1 }, { west, northeast, north, east })
    local order = {}
    for i, hit in ipairs(hits) do order[i] = hit.index end
    assert.same({ 4, 2, 3, 1 }, order)
    near(east:cosine(vector { 2, 0.1 }), hits[1].score)
    near(-1, hits[4].score, 1e-2)
  end)

  it("gives only as many as asked for", function()
    local list = { west, northeast, north, east }
    assert.equal(2, #vector.top(east, list, 2))
    assert.equal(4, vector.top(east, list, 1)[1].index)
    assert.same({}, vector.top(east, list, 0))
    assert.equal(4, #vector.top(east, list, 99))
    assert.same({}, vector.top(east, {}, 3))
  end)

  it("takes the entries of a response", function()
    local data = { { index = 0, embedding = north }, { index = 1, embedding = east } }
    assert.equal(2, vector.top({ embedding = east }, data, 1)[1].index)
  end)

  it("prefers the earlier of equals", function()
    local list = {}
    for i = 1, 50 do list[i] = i % 2 == 0 and east or north end
    local hits = vector.top(east, list, 30)
    for i = 1, 25 do assert.equal(2 * i, hits[i].index) end
    for i = 26, 30 do assert.equal(2 * (i - 25) - 1, hits[i].index) end
  end)

  it("agrees with a full sort", function()
    local query, list, order = vector(numbers(64, 3)), {}, {}
    for i = 1, 200 do
      list[i] = vector(numbers(64, 100 + i))
      order[i] = i
    end
    table.sort(order, function(x, y) return query:cosine(list[x]) > query:cosine(list[y]) end)
    for _, k in ipairs { 1, 2, 7, 100, 199, 200 } do
      local hits = vector.top(query, list, k)
      assert.equal(k, #hits)
      for i = 1, k do assert.equal(order[i], hits[i].index) end
    end
  end)

  it("puts what is no number last", function()
    local hits = vector.top(east, { vector { 0 / 0, 1 }, west, east })
    assert.same({ 3, 2, 1 }, { hits[1].index, hits[2].index, hits[3].index })
  end)

  it("refuses what it cannot rank and says where", function()
    assert.error_matches(function() vector.top(east, { north, vector { 1, 2, 3 } }) end, "2 and 3 components")
    assert.error_matches(function() vector.top(east, { north, "x" }) end, "list%[2%] is neither a vector nor")
    assert.error_matches(function() vector.top(east, { { 1, 2 } }) end, "list%[1%] is neither a vector nor")
    assert.error_matches(function() vector.top({ 1, 0 }, { north }) end, "bad argument #1.*vector")
    assert.error_matches(function() vector.top(east, north) end, "bad argument #2")
    assert.error_matches(function() vector.top(east, {}, -1) end, "bad argument #3.*negative")
    assert.error_matches(function() vector.top(east, {}, "x") end, "bad argument #3")
  end)
end)

describe("base64", function()
  it("encodes the examples of RFC 4648", function()
    local plain = { "", "f", "fo", "foo", "foob", "fooba", "foobar" }
    local coded = { "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" }
    for i, s in ipairs(plain) do
      assert.equal(coded[i], core.base64_encode(s))
      assert.equal(s, core.base64_decode(coded[i]))
      assert.equal(s, core.base64_decode((coded[i]:gsub("=", ""))))
    end
  end)

  it("is its own inverse at every size around a block", function()
    local bytes = {}
    for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
    local all = table.concat(bytes):rep(200)
    for _, n in ipairs { 255, 767, 768, 769, 1023, 1024, 1025, 6143, 6144, 6145, 49152, 49153, 51200 } do
      local s = all:sub(1, n)
      assert.is_true(s == core.base64_decode(core.base64_encode(s)))
    end
  end)

  it("takes the URL-safe alphabet", function()
    assert.equal("\251\255\254", core.base64_decode "-__-")
    assert.equal("\251\255\254", core.base64_decode "+//+")
  end)

  it("refuses anything else", function()
    local long = ("A"):rep(100000)
    for _, s in ipairs { "A", "A===", "=", "Zg=", "Zg==Zg==", "Zm9v\n", " Zm9v", "Zm\0v", "Zm9\255", "Z=9v",
      long .. "*", "*" .. long, long .. "=" .. long .. "===" } do
      local out, err = core.base64_decode(s)
      assert.is_nil(out)
      assert.matches("^not base64: ", err)
    end
  end)
end)

describe("base64_to_file", function()
  local name
  before_each(function() name = temp_name() end)
  after_each(function() os.remove(name) end)

  it("writes the bytes", function()
    for _, n in ipairs { 0, 1, 3, 49151, 49152, 49153, 200000 } do
      local s = ("\0\1\254"):rep(n):sub(1, n)
      assert.is_true(core.base64_to_file(core.base64_encode(s), name))
      assert.is_true(s == contents(name))
    end
  end)

  it("replaces what was there", function()
    assert.is_true(core.base64_to_file(core.base64_encode(("x"):rep(1000)), name))
    assert.is_true(core.base64_to_file(core.base64_encode("y"), name))
    assert.equal("y", contents(name))
  end)

  it("leaves no file behind when the text is bad", function()
    local ok, err, code = core.base64_to_file(("A"):rep(70000) .. "*", name)
    assert.is_nil(ok)
    assert.matches("^not base64: ", err)
    assert.is_nil(code)
    assert.is_nil(contents(name))
  end)

  it("names the path and the reason", function()
    local path = name .. "/none/x.png"
    local ok, err, code = core.base64_to_file("Zg==", path)
    assert.is_nil(ok)
    assert.equal(("cannot write '%s': No such file or directory"):format(path), err)
    assert.equal(2, code)
  end)

  it("reports a full disk and leaves the device alone", function()
    local full = io.open("/dev/full", "wb")
    if not full then return end
    full:close()
    local ok, err, code = core.base64_to_file("Zg==", "/dev/full")
    assert.is_nil(ok)
    assert.equal("cannot write '/dev/full': No space left on device", err)
    assert.equal(28, code)
    full = assert(io.open("/dev/full", "rb"))
    assert.equal("\0", full:read(1))
    full:close()
  end)
end)
