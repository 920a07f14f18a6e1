-- types.lua against the code, spec/README.md against the specs, and the checks
-- themselves: each way to go wrong must fail them.
local child = require("support.child")
local system = require("support.system")

local read = system.read

local TYPES = "lua/litellm/types.lua"

local function check(argument)
  return system.run(("%s script/meta-check.lua %s"):format(child.interpreter(), argument or ""))
end

-- What the check says of a types.lua in which `from` became `to`.
local function changed(from, to)
  local text = read(TYPES)
  local first, last = text:find(from, 1, true)
  assert(first, from .. " is not in " .. TYPES)
  local path = os.tmpname()
  finally(function() os.remove(path) end)
  local file = assert(io.open(path, "wb"))
  file:write(text:sub(1, first - 1), to, text:sub(last + 1))
  file:close()
  return check(path)
end

describe("types.lua", function()
  it("has what the code has, and doc/api.md is made of it", function()
    local text, status = check()
    assert.equal("", text)
    assert.equal(0, status)
  end)

  local cases = {
    { "a function that is missing", "function litellm.spawn(f, ...) end", "", "litellm.spawn has no entry" },
    { "a function that does not exist", "function litellm.spawn(f, ...) end",
      "function litellm.spawn(f, ...) end\n\n--- No.\nfunction litellm.fork() end", "litellm.fork does not exist" },
    { "a twin that is missing", "---@field aspeech fun(args: litellm.SpeechArgs): litellm.Task\n", "",
      "litellm.aspeech has no entry" },
    { "a method that is missing", "function Stream:partial() end", "", "litellm.Stream.partial has no entry" },
    { "a method that does not exist", "function Task:done() end",
      "function Task:done() end\n\n--- No.\nfunction Task:kill() end", "litellm.Task.kill does not exist" },
    { "a method of a vector that is missing", "function vector:norm() end", "", "litellm.vector.norm has no entry" },
    { "a setting that is missing", "---@field max_budget? number", "---@field budget? number",
      "setting.max_budget has no entry" },
    { "a setting that does not exist", "---@field max_budget? number", "---@field budget? number",
      "setting.budget does not exist" },
    { "a field of a setting that is missing", "---@field idle? number", "---@field idel? number",
      "setting timeout.idle has no entry" },
    { "an unknown type", "---@return litellm.Usage", "---@return litellm.Usages", "unknown type litellm.Usages" },
    { "an argument that is not described", "---@param seconds number\nfunction litellm.sleep", "function litellm.sleep",
      "litellm.sleep: 1 arguments, 0 of them described" },
    { "a function without a description", "--- Begins to count anew.\n", "", "litellm.reset_usage has no description" },
  }
  for _, case in ipairs(cases) do
    local hidden = _VERSION == "Lua 5.1" and not jit and case[1]:find("of a vector", 1, true)
    local test = hidden and pending or it
    test("is refused for " .. case[1], function()
      local text, status = changed(case[2], case[3])
      assert.equal(1, status)
      assert.is_truthy(text:find(case[4], 1, true), text)
    end)
  end

  it("is not loaded by the library", function()
    local output, status = child.run([[require "litellm" print(package.loaded["litellm.types"])]])
    assert.equal(0, status)
    assert.equal("nil", output)
  end)
end)

describe("spec/README.md", function()
  --- Where the tests of "name: title" are.
  local function file_of(name)
    return name:find("%.c$") and "spec/core/" .. name or ("spec/%s_spec.lua"):format(name)
  end

  local function holds(path, title)
    local file = io.open(path, "rb")
    if not file then
      return false
    end
    local text = file:read("*a")
    file:close()
    return title == nil or text:find(('("%s"'):format(title), 1, true) ~= nil
      or text:find(("static void %s("):format(title), 1, true) ~= nil
  end

  --- The tests in its tables that do not exist, and how many there are in all.
  local function missing(text)
    local out, count = {}, 0
    for cell in text:gmatch("| [^\n|]+ | ([^\n|]+) |") do
      for item in (cell .. " · "):gmatch("(.-) · ") do
        local name, title = item:match("^([%w_/.]+): (.+)$")
        local found = name and holds(file_of(name), title) or not name and holds(item)
        if item ~= "tests" and not found then
          out[#out + 1] = item
        end
        count = count + 1
      end
    end
    return out, count
  end

  it("names tests that exist", function()
    local tables = system.read("spec/README.md"):match("## What is tested where(.*)$")
    local none, count = missing(tables)
    assert.same({}, none)
    assert.is_true(count > 300, count)
  end)

  it("is refused for a test that is gone, in a file that is there or not", function()
    for _, item in ipairs({ "stream: has no such test", "nothing: is complete with a finish reason and [DONE]",
      "test_sse.c: test_nothing", "script/check-nothing", "stream gives the text alone" }) do
      local row = "| x | stream: gives the text alone · " .. item .. " |\n"
      assert.same({ item }, (missing(row)))
    end
  end)
end)
