-- litelua from outside: its command line, exit status, interrupts and prompt; and
-- the Lua files behind --env, --trace and the prompt, which any Lua runs.
local complete = require("litellm.host.complete")
local dotenv = require("litellm.host.dotenv")
local inspect = require("litellm.host.inspect").inspect
local system = require("support.system")
local trace = require("litellm.host.trace")

local quote = system.quote

local LITELUA = os.getenv("LITELUA") or "./litelua"

-- Runs a shell command: its output, both streams, and its status.
local function sh(command)
  local clean = "unset LITELLM_PROXY_API_BASE LITELLM_PROXY_API_KEY LITELLM_LUA_DIR LUA_INIT LUA_INIT_5_4; "
    .. "unset LUA_PATH LUA_CPATH LUA_PATH_5_4 LUA_CPATH_5_4; "
  return system.run(clean .. command)
end

local function litelua(arguments, input)
  return sh(("printf %%s %s | %s %s"):format(quote(input or ""), LITELUA, arguments))
end

local function run(code)
  return litelua("-e " .. quote(code))
end

local function temporary(text)
  local path = os.tmpname()
  system.write(path, text)
  finally(function() os.remove(path) end)
  return path
end

-- Interrupts the program after a moment: its output and status.
local function interrupted(code)
  local path = temporary(code)
  return sh(("%s %s & p=$!; sleep 0.3; kill -INT $p; wait $p"):format(LITELUA, path))
end

local built = io.open(LITELUA, "rb")
if built then built:close() end
local describe_binary = built and describe or pending

describe_binary("the command line of litelua", function()
  it("prints its version and its help", function()
    local text, status = litelua("--version")
    assert.matches("^litelua %d+%.%d+%.%d+ %(Lua 5%.4", text)
    assert.equal(0, status)
    text, status = litelua("-h")
    assert.matches("^usage: litelua", text)
    assert.equal(0, status)
  end)

  it("answers wrong usage with one line, a hint and status 2", function()
    local of_litelua = {
      ["--foo"] = "unknown option '--foo'", ["--env"] = "option '--env' wants a value",
      ["--mock=x"] = "'--mock=x' takes no value", ["-efoo"] = "unknown option '-efoo'",
    }
    local of_mock = {
      ["mock here"] = "mock takes no 'here'", ["mock --env x"] = "unknown option '--env'",
      ["mock --key"] = "option '--key' wants a value",
      ["mock --port ten"] = "--port wants a whole number from 0 to 65535, not 'ten'",
      ["mock --port 70000"] = "--port wants a whole number from 0 to 65535, not '70000'",
    }
    for help, wrong in pairs{ ["litelua --help"] = of_litelua, ["litelua mock --help"] = of_mock } do
      for arguments, message in pairs(wrong) do
        local text, status = litelua(arguments)
        assert.equal(("litelua: %s\ntry '%s'\n"):format(message, help), text)
        assert.equal(2, status)
      end
    end
  end)

  it("gives a script its arguments, and arg with what stood before it", function()
    local path = temporary("print(arg[0], arg[1], arg[-1], ...)")
    local text, status = litelua("--trace " .. path .. " one -e two")
    assert.equal(("%s\tone\t--trace\tone\t-e\ttwo\n"):format(path), text)
    assert.equal(0, status)
  end)

  it("runs standard input, asked or not", function()
    assert.equal("2\n", (litelua("", "print(1 + 1)")))
    assert.equal("2\tx\n", (litelua("- x", "print(1 + 1, ...)")))
  end)

  it("runs what -e says in order, then the script", function()
    local path = temporary("print(a + b)")
    assert.equal("3\n", (litelua("-e 'a = 1' -e 'b = 2' -- " .. path)))
  end)

  it("has litellm at hand for -e", function()
    assert.equal("table\n", (run("print(type(litellm))")))
  end)
end)

describe_binary("the end of a program", function()
  it("is status 0, or what os.exit says, with the state closed or not", function()
    assert.equal(0, select(2, run("")))
    assert.equal(7, select(2, run("os.exit(7)")))
    assert.equal(1, select(2, run("os.exit(false, true)")))
  end)

  it("is status 1 with message and traceback after an error", function()
    local path = temporary("local function inner() error('boom') end\ninner()")
    local text, status = litelua(path)
    assert.equal(1, status)
    assert.matches("^litelua: " .. path .. ":1: boom\nstack traceback:\n", text)
    assert.matches(path .. ":2: in main chunk\n$", text)
  end)

  it("shows of a stack that is full both ends, and in no time", function()
    local text, status = run("local function down() return down() + 1 end down()")
    assert.equal(1, status)
    assert.matches("^litelua: %(%-e%):1: stack overflow", text)
    assert.matches("in local 'down'\n\t%(%-e%):1: in main chunk\n$", text)
  end)

  it("shows an error object by its __tostring, as a table, or by its type", function()
    local text = run("error(setmetatable({}, {__tostring = function() return 'a detail' end}))")
    assert.matches("^litelua: a detail\nstack", text)
    assert.matches("^litelua: error object { code = 1 }\n", (run("error({ code = 1 })")))
    assert.matches("^litelua: %(error object is a table value%)\n",
      (run("error(setmetatable({}, { __tostring = error }))")))
    assert.matches("^litelua: %(error object is a nil value%)\n", (run("error()")))
  end)

  it("shows a failed call by its message", function()
    local text, status = run("assert(litellm.models{})")
    assert.matches("^litelua: .*no gateway given", text)
    assert.equal(1, status)
  end)

  it("is status 1 after an error of syntax or a script that is not there", function()
    local text, status = run("x x")
    assert.matches("^litelua: %(%-e%):1: syntax error", text)
    assert.equal(1, status)
    text, status = litelua("/nonexistent.lua")
    assert.equal("litelua: cannot open /nonexistent.lua: No such file or directory\n", text)
    assert.equal(1, status)
  end)

  it("comes once the tasks are done, and at once when the script fails", function()
    local text = run("litellm.spawn(function() litellm.sleep(0.05) print('task') end) print('script')")
    assert.equal("script\ntask\n", text)
    local started = os.time()
    text = run("litellm.spawn(function() litellm.sleep(20) print('task') end) error('boom', 0)")
    assert.matches("^litelua: boom\n", text)
    assert.is_nil(text:find("\ntask\n", 1, true))
    assert.is_true(os.time() - started < 5)
  end)

  it("is 1 when a task failed that nobody awaited", function()
    local text, status = run("litellm.spawn(error, 'alone') print('script')")
    assert.matches("a task failed: .*alone", text)
    assert.equal(1, status)
    status = select(2, run("local t = litellm.spawn(error, 'awaited') print(t:await())"))
    assert.equal(0, status)
  end)
end)

describe_binary("Ctrl-C", function()
  it("ends a script that waits, computes or reads, quietly and with 130", function()
    for _, code in ipairs{
      "require('litellm').sleep(20)", "while true do end",
      "coroutine.wrap(function() while true do end end)()",
      "while true do pcall(function() while true do end end) end",
      "('a'):rep(40):find(('a?'):rep(40) .. ('a'):rep(40))",
    } do
      local text, status = interrupted(code)
      assert.equal("", text)
      assert.equal(130, status)
    end
  end)

  it("calls the handler that a program gave, which goes on", function()
    local text, status = interrupted([[
      local litellm, host = require "litellm", require "litellm.host"
      local task = litellm.spawn(litellm.sleep, 20)
      host.on_interrupt(function() task:cancel() end)
      local _, message = task:await()
      print(message)
      host.on_interrupt(nil)]])
    assert.equal("cancelled\n", text)
    assert.equal(0, status)
  end)

  it("raises what the handler raises", function()
    local text, status = interrupted([[
      require("litellm.host").on_interrupt(function() error("enough", 0) end)
      while true do end]])
    assert.matches("^litelua: enough\n", text)
    assert.equal(1, status)
  end)

  it("ends the program the second time when nobody took the first", function()
    local path = temporary([[
      require("litellm.host").on_interrupt(print);
      ("a"):rep(40):find(("a?"):rep(40) .. ("a"):rep(40))]])
    local started = os.time()
    local _, status = sh(("%s %s & p=$!; sleep 0.3; kill -INT $p; sleep 0.1; kill -INT $p; wait $p")
      :format(LITELUA, path))
    assert.equal(130, status)
    assert.is_true(os.time() - started < 5)
  end)
end)

describe_binary("what is inside", function()
  it("is not shadowed by a path, but replaced by LITELLM_LUA_DIR", function()
    local dir = os.tmpname()
    os.remove(dir)
    finally(function() os.execute("rm -rf " .. dir) end)
    os.execute(("mkdir -p %s/litellm && echo 'return \"other\"' > %s/litellm/version.lua"):format(dir, dir))
    local code = quote("print(require 'litellm.version')")
    local text = sh(("LUA_PATH='%s/?.lua;;' %s -e %s"):format(dir, LITELUA, code))
    assert.matches("^%d+%.%d+%.%d+\n$", text)
    os.execute(("cp -r lua/litellm/. %s/litellm; echo 'return \"other\"' > %s/litellm/version.lua"):format(dir, dir))
    text = sh(("LITELLM_LUA_DIR=%s %s -e %s"):format(dir, LITELUA, code))
    assert.equal("other\n", text)
  end)

  it("stands in a traceback by its name", function()
    assert.matches("litellm/task.lua:%d+:", (run("litellm.spawn(1)")) .. (run("error('x')")))
  end)

  it("leaves room for other C modules", function()
    assert.equal("function\n", (run("print(type(require('socket').tcp))")))
  end)
end)

describe_binary("its Lua state", function()
  -- Strings and tables of all sizes around those that the heap cuts from chunks.
  local CHURN = [[
    local function text(i) return (("%d,"):format(i)):rep(i % 90) end
    local function list(i) local t = {} for k = 1, i % 40 do t[k] = i + k end return t end
    math.randomseed(7)
    local texts, lists, wrong = {}, {}, 0
    for _ = 1, 60000 do
      local i = math.random(3000)
      local t, l = texts[i], lists[i]
      if t and t ~= text(i) then wrong = wrong + 1 end
      for k, v in ipairs(l or {}) do if v ~= i + k then wrong = wrong + 1 end end
      if t then texts[i], lists[i] = nil, nil else texts[i], lists[i] = text(i), list(i) end
    end
    collectgarbage()
    print(wrong, collectgarbage("count") < 4096)
  ]]

  it("keeps what is stored in it, whatever comes and goes", function()
    assert.equal("0\ttrue\n", (run(CHURN)))
    assert.equal("0\ttrue\n", (run("collectgarbage('generational')" .. CHURN)))
  end)

  it("has room that came back for blocks of any size", function()
    local text = run([[
      local f = io.open("/proc/self/status")
      if not f then print(0) return end
      f:close()
      local function peak()
        for line in io.lines("/proc/self/status") do
          local n = line:match("^VmHWM:%s+(%d+)")
          if n then return tonumber(n) end
        end
      end
      local before, first = peak(), nil
      for size = 30, 230, 20 do
        local kept = {}
        for i = 1, 8e6 // size do kept[i] = ("%d"):format(i) .. ("x"):rep(size) end
        kept = nil
        collectgarbage()
        first = first or peak() - before
      end
      print((peak() - before) / first)
    ]])
    assert.is_true(tonumber(text) < 2, text)
  end)

  it("has Lua's collector and warnings as lua has them", function()
    assert.equal("200\t100\n", (run("print(collectgarbage('setpause', 200), collectgarbage('setstepmul', 100))")))
    local text = run("warn('no') warn('@on') warn('a', 'b', 'c') warn('@off') warn('no') warn('@on') warn('@', 'd')")
    assert.equal("Lua warning: abc\nLua warning: @d\n", text)
  end)
end)

describe_binary("--mock", function()
  it("answers on a port of its own and is gone with the script", function()
    local text, status = litelua("--mock -e " .. quote([[
      print(os.getenv("LITELLM_PROXY_API_BASE"))
      print(assert(litellm.completion{ model = "m", messages = { { role = "user", content = "Hello" } } }).object)]]))
    assert.equal(0, status)
    local base, object = text:match("^(http://127%.0%.0%.1:%d+)\n(.-)\n$")
    assert.equal("chat.completion", object)
    text = run(("print((select(3, litellm.models{ api_base = %q, num_retries = 0 })).kind)"):format(base))
    assert.equal("connect\n", text)
  end)

  it("is gone as soon as the script is killed", function()
    local path = temporary("print(os.getenv('LITELLM_PROXY_API_BASE')) io.stdout:flush() while true do end")
    local text = sh(("%s --mock %s & p=$!; sleep 0.3; kill -KILL $p; wait $p; sleep 0.6"):format(LITELUA, path))
    local base = text:match("http://127%.0%.0%.1:%d+")
    text = run(("print((select(3, litellm.models{ api_base = %q, num_retries = 0 })).kind)"):format(base))
    assert.equal("connect\n", text)
  end)

  it("keeps a key that is there, and wins over a base that is there", function()
    local code = "print(os.getenv('LITELLM_PROXY_API_KEY'), (os.getenv('LITELLM_PROXY_API_BASE'):gsub('%d+$', '')))"
    local text = sh(("LITELLM_PROXY_API_BASE=http://nowhere LITELLM_PROXY_API_KEY=sk-mine %s --mock -e %s")
      :format(LITELUA, quote(code)))
    assert.equal("sk-mine\thttp://127.0.0.1:\n", text)
  end)

  it("alone serves until it is told to stop, and names a port that is taken", function()
    local text, status = sh(LITELUA .. " mock --port 0 & p=$!; sleep 0.3; kill -TERM $p; wait $p")
    local url = "http://127%.0%.0%.1:%d+"
    assert.matches("^mock gateway: LITELLM_PROXY_API_BASE=" .. url .. " LITELLM_PROXY_API_KEY=sk%-any\n$", text)
    assert.equal(0, status)
    text = litelua("--mock -e " .. quote([[
      local port = os.getenv("LITELLM_PROXY_API_BASE"):match("%d+$")
      os.execute(arg[0] .. " mock --port " .. port)]]))
    assert.matches("^litelua: mock: cannot listen on 127%.0%.0%.1 port %d+: Address already in use\n$", text)
  end)
end)

describe_binary("--trace", function()
  it("shows each request and answer, and no secret", function()
    local text = litelua("--mock --trace -e " .. quote("litellm.models{ api_key = 'sk-very-secret' }"))
    assert.matches("%] GET http://127%.0%.0%.1:%d+/models %.%.%.\n", text)
    assert.matches("%] GET http://127%.0%.0%.1:%d+/models 200 after %d+ ms\n", text)
    assert.is_nil(text:find("secret", 1, true))
  end)
end)

describe_binary("--record and --replay", function()
  local CODE = quote([[
    local s = litellm.completion{ model = "m", stream = true, messages = { { role = "user", content = "Hello" } } }
    print(s:read().object)]])

  it("keep what was answered, a stream that stayed open too, and give it again", function()
    local dir = os.tmpname()
    os.remove(dir)
    finally(function() os.execute("rm -rf " .. dir) end)
    assert.equal("chat.completion.chunk\n", (litelua("--mock --record " .. dir .. " -e " .. CODE)))
    local text, status = sh(("LITELLM_PROXY_API_BASE=http://nowhere.invalid %s --replay %s -e %s")
      :format(LITELUA, dir, CODE))
    assert.equal("chat.completion.chunk\n", text)
    assert.equal(0, status)
  end)

  it("end the program when the folder cannot be used", function()
    local text, status = litelua("--replay /nonexistent -e 'print(1)'")
    assert.matches("^litelua: [^\n]*/nonexistent: No such file or directory\n$", text)
    assert.equal(1, status)
  end)
end)

describe("a line of the trace", function()
  it("hides what may be secret in a URL", function()
    assert.equal("http://***@h/p?api_key=***&x=1&access_token=***",
      trace.redact("http://u:p@h/p?api_key=1&x=1&access_token=2"))
    assert.equal("http://h/a@b", trace.redact("http://h/a@b"))
  end)

  it("says what happened", function()
    local e = { event = "failure", method = "POST", url = "http://h/x", status = 429, elapsed = 0.25 }
    e.message = "slow down"
    assert.equal("[   1.500] POST http://h/x 429 after 250 ms: slow down", trace.format(e, 1.5))
    e = { event = "retry", method = "POST", url = "http://h/x", delay = 1.5 }
    assert.equal("[   0.000] POST http://h/x again in 1.50 s", trace.format(e, 0))
    e = { event = "request", method = "POST", url = "http://h/x", attempt = 2 }
    assert.equal("[   0.000] POST http://h/x attempt 2", trace.format(e, 0))
  end)
end)

describe("a .env file", function()
  local function parsed(text)
    local list = assert(dotenv.parse(text, "file"))
    local out = {}
    for i, v in ipairs(list) do out[i] = v[1] .. "=" .. v[2] end
    return out
  end

  it("has variables, comments and blank lines", function()
    assert.same({ "A=1", "B=two words", "C=", "D=x#y", "_E2=a=b" },
      parsed("\239\187\191# head\n\nA=1\r\n  B = two words   # note\nexport C=\nD=x#y\n\texport  _E2=a=b"))
  end)

  it("has quotes: double with escapes, single without, over lines", function()
    assert.same({ 'A=a\n"b" \\x $c', "B=raw\\n # $x", "C=one\ntwo", "D=" },
      parsed([[A="a\n\"b\" \x \$c"
B='raw\n # $x' # note
C="one
two"
D=""]]))
  end)

  it("is refused with file and line where it is wrong", function()
    local function message(text)
      return select(2, dotenv.parse(text, "my.env"))
    end
    assert.equal("my.env:2: expected KEY=VALUE", message("A=1\nnonsense\n"))
    assert.equal("my.env:1: expected KEY=VALUE", message("1A=2"))
    assert.equal("my.env:4: the quote is not closed", message("A='1\n2'\n\nB=\"x\n"))
    assert.equal("my.env:1: text after the closing quote", message("A='1'2"))
  end)
end)

describe_binary("--env", function()
  it("sets what is not set", function()
    local path = temporary("HOST_SPEC_A=file\nHOST_SPEC_B='file'\n")
    local text = sh(("HOST_SPEC_A=shell %s --env %s -e %s"):format(LITELUA, path,
      quote("print(os.getenv('HOST_SPEC_A'), os.getenv('HOST_SPEC_B'))")))
    assert.equal("shell\tfile\n", text)
  end)

  it("ends the program when the file is wrong or not there", function()
    local path = temporary("A=1\nB\n")
    local text, status = litelua("--env " .. path .. " -e 'print(1)'")
    assert.equal(("litelua: --env: %s:2: expected KEY=VALUE\n"):format(path), text)
    assert.equal(1, status)
    text, status = litelua("--env=/nonexistent -e 'print(1)'")
    assert.equal("litelua: --env: /nonexistent: No such file or directory\n", text)
    assert.equal(1, status)
  end)
end)

describe("a value at the prompt", function()
  it("is quoted, and shown in lines where it has lines", function()
    assert.equal('"a\\"b\\\\c\\t\\000"', inspect('a"b\\c\t\0'))
    assert.equal("[[\na\nb]]", inspect("a\nb"))
    assert.equal("[=[\na]]\nb]=]", inspect("a]]\nb"))
    assert.equal("nil", inspect(nil))
    assert.equal("12", inspect(12))
  end)

  it("is a table on one line, or indented", function()
    assert.equal("{}", inspect({}))
    assert.equal('{ 1, "x", a = true, ["b c"] = { 2 }, ["end"] = 3 }',
      inspect({ 1, "x", a = true, ["b c"] = { 2 }, ["end"] = 3 }))
    local long = ("x"):rep(50)
    assert.equal(('{\n  a = {\n    "%s",\n    "%s",\n  },\n}'):format(long, long), inspect({ a = { long, long } }))
  end)

  it("is cut where it is deep, long, wide or comes again", function()
    local t = {}
    t.self = t
    assert.equal("{ self = <above> }", inspect(t))
    assert.equal("{ { { { { { {...} } } } } } }", inspect({ { { { { { { 1 } } } } } } }))
    local many = {}
    for i = 1, 50 do many[i] = i end
    assert.matches("  40,\n  %.%.%. and 10 more,\n}$", inspect(many))
    assert.equal(('{ "%s"... (401 bytes) }'):format(("x"):rep(399) .. "\195"):gsub("\195", ""),
      (inspect({ ("x"):rep(399) .. "\195\169" }):gsub("\n%s*", " "):gsub(", }", " }")))
  end)

  it("is cut where all its tables have too many items", function()
    local wide = {}
    for i = 1, 40 do
      wide[i] = {}
      for k = 1, 40 do wide[i][k] = { k } end
    end
    local _, shown = inspect(wide):gsub("{ %d+ }", "")
    assert.is_true(shown < 1000)
    assert.matches("%.%.%. and %d+ more,\n}$", inspect(wide))
  end)

  it("is not trusted: only raw access", function()
    local function touched() error("touched") end
    assert.equal("{ 1 }", inspect(setmetatable({ 1 }, { __index = touched, __len = touched, __pairs = touched })))
  end)

  it("is its own text where it has one", function()
    assert.equal("<an object>", inspect(setmetatable({}, { __tostring = function() return "an object" end })))
  end)
end)

describe("completion", function()
  local function touched() error("touched") end
  local globals = {
    litellm = setmetatable({ chat = 1, check = print, _hidden = 1, ["not a name"] = 1, ["end"] = 1, [1] = "x" },
      { __index = touched, __pairs = touched, __len = touched }),
    lib = { list = { { first = 1 }, { second = { third = 1 } } }, text = "x" },
    object = setmetatable({ field = 1 }, {
      __index = setmetatable({ method = print }, { __index = { base = print } }),
    }),
    lazy = setmetatable({}, {
      __names = { { inner = true, broken = true } },
      __index = function(_, key) return key == "inner" and { deep = print } or error("broken") end,
    }),
    odd = setmetatable({}, { __names = 5 }),
  }
  globals.loop = setmetatable({ x = 1 }, {})
  getmetatable(globals.loop).__index = globals.loop

  local function names(text)
    local list, typed = complete.names(text, globals)
    return list and table.concat(list, " "), typed
  end

  it("knows globals and keywords", function()
    assert.equal("lazy lib litellm local loop", (names("l")))
    assert.equal("lib litellm", (names("print(li")))
    assert.equal("litellm", (names("x = 1 + lit")))
    assert.equal("litellm", (names("a..lit")))
    assert.equal("repeat return", (names("if x then re")))
    assert.equal("", (names("nothing_like_this")))
    assert.equal("li", select(2, names("print(li")))
  end)

  it("knows the fields of tables, and what is behind a path", function()
    assert.equal("chat check", (names("litellm.ch")))
    assert.equal("chat check", (names("litellm.")))
    assert.equal("_hidden", (names("f(litellm._")))
    assert.equal("first", (names("lib.list[1].")))
    assert.equal("third", (names("x[lib.list[2].second.")))
    assert.equal("third", (names('y, lib["list"][2].second.th')))
    assert.equal("x", (names("loop.")))
    assert.equal("", (names("odd.")))
  end)

  it("knows methods behind a colon, inherited ones and those of strings", function()
    assert.equal("check", (names("litellm:")))
    assert.equal("base method", (names("object:")))
    assert.equal("base field method", (names("object.")))
    assert.equal("upper", (names("lib.text:up")))
  end)

  it("asks only where the metatable lists its names", function()
    assert.equal("broken inner", (names("lazy.")))
    assert.equal("deep", (names("lazy.inner:d")))
    assert.has_error(function() names("lazy.broken.x") end)
    assert.equal("", (names("litellm.missing.x")))
  end)

  it("has nothing to say of what it would have to run", function()
    for _, text in ipairs({ "f().", "f{}.x", "('x'):up", "t[i].", "5.", "nothing.x", "a.b:c", "litellm.chat.x" }) do
      assert.equal("", (names(text)), text)
    end
  end)

  it("leaves strings, comments and indentation alone", function()
    for _, text in ipairs({ "", "  ", "f(", "x = 12", "print('li", 'print("li', [[print("a\"li]], "[[li", "[==[ ]] li",
      "-- li", "x = 1 --[[ li", "goto ::" }) do
      assert.is_nil(names(text), text)
      assert.equal("\t", (complete.complete(text, globals, 80)))
    end
    assert.equal("lib litellm", (names("'it\\'s' .. [[x]] .. \"y\" - li")))
  end)

  it("types what is sure and shows what is not", function()
    assert.same({ "ellm" }, { complete.complete("lit", globals, 80) })
    assert.same({ "h" }, { complete.complete("litellm.c", globals, 80) })
    assert.same({ "", "chat   check" }, { complete.complete("litellm.ch", globals, 80) })
    assert.same({ "" }, { complete.complete("litellm.nope", globals, 80) })
    assert.same({ "" }, { complete.complete("litellm.chat", globals, 80) })
  end)

  it("shows columns that fit, and not without end", function()
    local list = { "a", "bb", "ccc", "d", "e" }
    assert.equal("a    d\nbb   e\nccc", complete.columns(list, 9))
    assert.equal("a    bb   ccc  d    e", complete.columns(list, 24))
    assert.equal("a\nbb\nccc\nd\ne", complete.columns(list, 1))
    local many = {}
    for i = 1, 300 do many[i] = "n" .. i end
    assert.matches("\n%.%.%. and 100 more$", complete.columns(many, 80))
  end)

  it("knows what is in this library", function()
    local litellm = require("litellm")
    local all = { litellm = litellm, client = litellm.new{}, v = litellm.vector.new and litellm.vector.new({ 1 }) }
    local function first(text) return complete.complete(text, all, 80) end
    assert.equal("letion", first("litellm.comp"))
    assert.equal("sette", first("litellm.cas"))
    assert.equal("ase", first("litellm.api_b"))
    assert.equal("letion", first("client:comp"))
    assert.equal("sine", first("v:co"))
  end)
end)

-- The prompt, on a terminal that `script` makes, where it can.
local has_script = built and os.execute("script -qefc true /dev/null >/dev/null 2>&1")
local describe_prompt = (has_script == true or has_script == 0) and describe or pending

describe_prompt("the prompt", function()
  -- A session of pairs: what has to stand on the screen first, and what is then
  -- typed. Returns all that stood there, the status and the state folder. The
  -- program takes the place of the shell: some shells end by a signal that their
  -- child has caught.
  local function session(steps)
    local folder = os.tmpname()
    os.remove(folder)
    finally(function() os.execute("rm -rf " .. folder) end)
    assert.equal("", (sh(("mkdir %s && mkfifo %s/keys && : >%s/screen"):format(folder, folder, folder))))
    local command = ("TERM=dumb XDG_STATE_HOME=%s exec %s"):format(folder, LITELUA)
    local pipe = io.popen(("exec 2>&1; script -qefc %s %s/screen <%s/keys >/dev/null; printf %%d $?")
      :format(quote(command), folder, folder))
    local keys = assert(io.open(folder .. "/keys", "wb"))
    local function screen()
      local file = assert(io.open(folder .. "/screen", "rb"))
      local text = file:read("*a"):gsub("\r", "")
      file:close()
      return text
    end
    local at, deadline = 1, os.time() + 20
    for i = 1, #steps, 2 do
      local _, to = screen():find(steps[i], at, true)
      while not to do
        if os.time() > deadline then
          keys:write("\3") -- A program that goes on would be waited for.
          keys:flush()
          os.execute("sleep 0.3")
          keys:write("\4")
          keys:close()
          error(("%q never came, but:\n%s"):format(steps[i], screen()))
        end
        os.execute("sleep 0.01")
        _, to = screen():find(steps[i], at, true)
      end
      at = to + 1
      keys:write(steps[i + 1])
      keys:flush()
    end
    local status = pipe:read("*a")
    pipe:close()
    keys:close()
    return screen(), tonumber(status), folder
  end

  it("prints results readably and keeps errors out of the way", function()
    local text, status = session{
      "> ", "1+1\n", "\n2\n> ", "= 'a', {1}\n", "> ", "error('boom')\n", "> ", "nil + 1\n", "> ", "x x\n",
      "> ", "error({ code = 7 })\n", "> ", "error(setmetatable({}, { __tostring = error }))\n",
      "> ", "print('on')\n", "\n> ", "\4",
    }
    assert.equal(0, status)
    assert.matches("litelua %d+%.%d+%.%d+, Lua 5%.4", text)
    assert.matches("> 1%+1\n2\n", text)
    assert.matches('\n"a"\n{ 1 }\n', text)
    assert.matches("\nstdin:1: boom\nstack traceback:\n", text)
    assert.is_nil(text:find("repl.lua", 1, true))
    assert.matches("\nstdin:1: syntax error near 'x'\n", text)
    assert.matches("\nerror object { code = 7 }\nstack traceback:\n", text)
    assert.matches("\n%(error object is a table value%)\nstack traceback:\n", text)
    assert.matches("\non\n", text)
  end)

  it("completes a name at Tab, or shows what there is", function()
    local text, status = session{
      "> ", "litellm.comp\t\n", "\nfunction: ", "litellm.sp\t", "spawn   speech", "e\t ~= nil\n", "\ntrue\n",
      "\t'still here'\n", '\n"still here"\n', "\4",
    }
    assert.equal(0, status, text)
  end)

  it("takes a chunk of several lines", function()
    local text = session{ "> ", "for i = 3, 3 do\n", ">> ", "print(i)\n", ">> ", "end\n", "\n> ", "\4" }
    assert.matches(">> end\n3\n", text)
  end)

  it("cancels the line under way, or the call, at Ctrl-C", function()
    local text, status = session{
      "> ", "abc", "abc", "\3", "> ", "for i = 1, 2 do\n", ">> ", "\3",
      "> ", "print('waits') litellm.sleep(20)\n", "\nwaits\n", "\3",
      "> ", "print('turns') while true do end\n", "\nturns\n", "\3",
      "> ", "'still here'\n", "\n> ", "\4",
    }
    assert.equal(0, status)
    assert.equal(2, select(2, text:gsub("interrupted\n", "")))
    assert.matches('\n"still here"\n', text)
  end)

  it("lets tasks go on while nothing is typed", function()
    local text = session{
      "> ", "t = litellm.spawn(function() litellm.sleep(0.05) print('from a ' .. 'task') end)\n",
      "from a task\n", "t:done()\n", "\ntrue\n", "\4",
    }
    assert.matches("from a task\n", text)
    assert.matches("\ntrue\n", text)
  end)

  it("says what failed in one line", function()
    local text = session{ "> ", "litellm.models{}\n", "\n> ", "\4" }
    assert.matches("\nno gateway given[^\n]* %(%a+%)\n", text)
  end)

  it("keeps its history in the state folder, for its owner alone", function()
    local _, _, state = session{ "> ", "x = 42\n", "\n> ", "\4" }
    local text = sh("cat " .. state .. "/litelua/history; stat -c %a " .. state .. "/litelua/history")
    assert.matches("x\\040=\\04042", text)
    assert.matches("\n600\n$", text)
  end)

  it("is not there when lines come from a pipe", function()
    assert.equal("2\n", (litelua("-i", "1+1\n")))
  end)
end)
