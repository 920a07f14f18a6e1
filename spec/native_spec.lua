-- How the core is found and loaded, and what is said when it cannot be.
local CORE = "litellm.core"

-- Calls f with the module as if it were required for the first time; `loader`,
-- if any, stands for the compiled part.
local function with_core(loader, f)
  local loaded, core, preload = package.loaded["litellm.native"], package.loaded[CORE], package.preload[CORE]
  package.loaded["litellm.native"], package.loaded[CORE], package.preload[CORE] = nil, nil, loader
  local native = require("litellm.native")
  local results = { pcall(f, native) }
  package.loaded["litellm.native"], package.loaded[CORE], package.preload[CORE] = loaded, core, preload
  return (table.unpack or unpack)(results)
end

local function use(native)
  return native.now
end

describe("random", function()
  local native = require("litellm.native")

  it("gives so many bytes, as digits, and never the same", function()
    local seen = {}
    for i = 1, 2000 do
      local text = native.random(i % 24 + 9)
      assert.matches("^%x+$", text)
      assert.equal(2 * (i % 24 + 9), #text)
      assert.is_nil(seen[text:sub(1, 18)])
      seen[text:sub(1, 18)] = true
    end
    assert.equal("", native.random(0))
    assert.has_error(function() native.random(33) end, "bad argument #1 to 'random' (at most 32 bytes)")
  end)
end)

describe("the core", function()
  it("is loaded when it is first used, once", function()
    local loads = 0
    local ok, same = with_core(function()
      loads = loads + 1
      return { now = use, other = with_core }
    end, function(native)
      assert.equal(0, loads)
      return native.now == use and native.other == with_core and native.missing == nil
    end)
    assert.is_true(ok)
    assert.is_true(same)
    assert.equal(1, loads)
  end)

  it("that is not found names what builds it", function()
    local path, cpath = package.path, package.cpath
    package.path, package.cpath = "lua/?.lua", "/nowhere/?.so"
    local ok, problem = with_core(nil, use)
    package.path, package.cpath = path, cpath
    assert.is_false(ok)
    assert.matches("^the compiled part of litellm was not found for .+: run `make module LUA=[%w.]+`", problem)
  end)

  it("lets an interrupt through that comes while it is loaded", function()
    local ok, problem = with_core(function() error("interrupted", 0) end, use)
    assert.is_false(ok)
    assert.equal("interrupted", problem)
  end)
end)
