-- Every example and every Lua snippet of the documents, run as a reader would run it:
-- by litelua and by the interpreter of the specs, on the offline gateway (or on the
-- one that LITELLM_EXAMPLES_BASE and LITELLM_EXAMPLES_KEY name).
local child = require("support.child")
local system = require("support.system")

local LITELUA = os.getenv("LITELUA") or "./litelua"

local output_of, quote, read = system.output, system.quote, system.read

local function exists(path)
  local file = io.open(path, "rb")
  if file then
    file:close()
  end
  return file ~= nil
end

if not exists(LITELUA) then
  pending("the examples need " .. LITELUA)
  return
end

local root = output_of("pwd"):gsub("\n", "")
local litelua = LITELUA:gsub("^%./", root .. "/")
local lua = child.interpreter()
local is_51 = _VERSION == "Lua 5.1" and not rawget(_G, "jit")

local function absolute(path)
  return (path:gsub("[^;]+", function(each)
    return each:sub(1, 1) == "/" and each or root .. "/" .. each
  end))
end

-- A directory for the files of all runs, and the gateway.
local folder, mock, gateway, key

-- Runs a program there: its standard output, what else it said, and its status.
local function run(words, options)
  options = options or {}
  local variables = {
    LITELLM_PROXY_API_BASE = options.base or gateway, LITELLM_PROXY_API_KEY = key, USE_LITELLM_PROXY = "True",
    LUA_PATH = absolute(package.path), LUA_CPATH = absolute(package.cpath),
  }
  local command = { ("cd %s; unset LUA_INIT LUA_PATH_5_4 LUA_CPATH_5_4; "):format(folder) }
  command[#command + 1] = system.variables(variables) .. "timeout 30"
  for _, word in ipairs(words) do
    command[#command + 1] = " " .. quote(word)
  end
  command[#command + 1] = " 2>stderr <" .. (options.input or "/dev/null") .. "; printf '\\n%d' $?"
  local text, status = output_of(table.concat(command)):match("^(.*)\n(%d+)$")
  return text, read(folder .. "/stderr"), tonumber(status)
end

local function write(name, text)
  system.write(folder .. "/" .. name, text)
end

local function assert_has(text, patterns)
  for _, pattern in ipairs(patterns) do
    assert.is_truthy(text:find(pattern), ("%q is not in:\n%s"):format(pattern, text))
  end
end

local PNG, WAV = "^\137PNG\r\n\26\n", "^RIFF....WAVE"

-- What each example is given and says, and the files it leaves.
local examples = {
  completion = { says = { "^hello to Lua\n", "gpt%-4o: %d+ tokens, %$0%.%d+, %d+ ms, attempt 1" } },
  per_request = { says = { "a call:   All endpoints", "a client: All endpoints", "a copy:   All endpoints" } },
  streaming = {
    says = { "It begins with a lighthouse", "%-%- complete, stop, %d+ tokens", "%[one ?%]", "%-%- 4 chunks with text",
      "%-%- cancelled after 5 chunks" },
  },
  embedding = { says = { "3 texts, 256 numbers each", "a cat and a rate:%s+0%.0", "1%. 0%.%d+  The cat sleeps" } },
  image_generation = {
    args = { "a red boat", "boat.png" }, says = { "boat.png: a red boat" }, files = { ["boat.png"] = PNG },
  },
  image_edit = {
    args = {}, says = { "drawn:    edited%-before.png", "edited:   edited.png", "combined: edited%-both.png" },
    files = { ["edited-before.png"] = PNG, ["edited.png"] = PNG, ["edited-both.png"] = PNG },
  },
  transcription = { says = { "^The quick brown fox jumps over the lazy dog%.\n" } },
  speech = {
    args = { "said.wav", "Hello from Lua." },
    says = { "said.wav: %d%d%d%d+ bytes", "as it arrives: %d+ bytes in %d+ pieces" },
    files = { ["said.wav"] = WAV },
  },
  rerank = { says = { "^0%.%d+  Machine learning is a field" } },
  use_litellm_proxy = {
    says = { "USE_LITELLM_PROXY is True", "module: %S+", "call:   %S+", "false:  use_litellm_proxy is false" },
  },
  tags = {
    says = { "completion:       6 %* 7 = 42", "extra_body:       6 %* 7 = 42", "embedding:        256",
      "image_edit:       done", "acompletion:      6 %* 7 = 42" },
  },
  async = {
    says = { "meanwhile.*twin:     pong", "both:     6 %* 7 = 42, 2 %+ 3 = 5",
      "map:      20 answers, the last is 20 %* 20 = 400", "first:    pong, by number 2",
      "deadline: the deadline of 0.05 s has passed", "cancel:   cancelled" },
  },
  rag = {
    args = { "How many eggs does a queen lay?", "bees.txt" },
    says = { "eggs on a day in May %[1%]", "%[1%] bees.txt %(%d.%d+%): A queen lays" },
  },
  storyboard = {
    args = { "a boat", "." },
    says = { "1%. Dawn over a boat", "4%. .-boat.-scene%-4.png", "years later", "5 pictures in" },
    files = { ["scene-1.png"] = PNG, ["scene-4.png"] = PNG, ["scene-ending.png"] = PNG },
  },
  voice = {
    args = {}, says = { "heard: What is 6 %* 7", "said:  6 %* 7 = 42", "wrote: answer.wav, %d+ bytes" },
    files = { ["answer.wav"] = WAV },
  },
  chat = {
    input = "typed", not_51 = true, -- it reads a stream with `for` inside a task
    says = { "6 %* 7 = 42", "You said: My name is Ada" },
  },
  batch = {
    args = { "prompts.jsonl", "results.jsonl", "3" },
    says = { "3 answers in results.jsonl, 1 failed: see results.jsonl.failed" },
    files = {
      ["results.jsonl"] = "3 %* 3 = 9.*4 %* 4 = 16.*5 %* 5 = 25", ["results.jsonl.failed"] = "there is no prompt",
    },
  },
  tools = { says = { "get_weather%({.*Paris.*}%) %-> {.*clear.*}", "clear" } },
  demo = {
    args = { "." },
    says = { "embed +8 notes, 256 numbers", "find +the 5 nearest", "rerank +the best 3", "answer +%u[^\n]+bee",
      "%[2%] ", "draw +meadow.png", "edit +meadow%-at%-night.png", "speak +answer.wav",
      "listen +(%d+) of the %1 words", "\n8 calls, %d+ tokens" },
    files = { ["meadow.png"] = PNG, ["meadow-at-night.png"] = PNG },
  },
}

setup(function()
  folder = output_of("mktemp -d"):gsub("\n", "")
  write("prompts.jsonl", '{"id":1,"prompt":"What is 3 * 3?"}\n{"id":2,"prompt":"What is 4 * 4?"}\n\n{"id":3}\n'
    .. '{"id":4,"prompt":"What is 5 * 5?"}\n')
  write("typed", "What is 6 * 7?\nMy name is Ada.\nWhat is my name?\n")
  write("bees.txt", "Wax is made by young bees from glands under the abdomen.\n\n"
    .. "A queen lays up to two thousand eggs on a day in May.\n\nBumble bees nest in the ground.\n")
  gateway, key = os.getenv("LITELLM_EXAMPLES_BASE"), os.getenv("LITELLM_EXAMPLES_KEY") or "sk-mock"
  if gateway then
    return
  end
  mock = output_of(("%s mock --port 0 >%s/mock 2>&1 & echo $!"):format(litelua, folder)):match("%d+")
  output_of(("for i in 1 2 3 4 5 6 7 8 9; do grep -q http %s/mock && break; sleep 0.1; done"):format(folder))
  gateway = assert(read(folder .. "/mock"):match("http://%S+"))
end)

teardown(function()
  if mock then
    output_of("kill " .. mock)
  end
  output_of("rm -r " .. quote(folder))
end)

describe("example", function()
  for name, example in pairs(examples) do
    for which, interpreter in pairs({ litelua = litelua, lua = lua }) do
      local skipped = which == "lua" and is_51 and example.not_51
      if not skipped then
        it(("%s, run by %s"):format(name, which), function()
          for path in pairs(example.files or {}) do
            os.remove(folder .. "/" .. path)
          end
          local words = { interpreter, ("%s/examples/%s.lua"):format(root, name) }
          for _, word in ipairs(example.args or {}) do
            words[#words + 1] = word
          end
          local text, stderr, status = run(words, example)
          assert.equal("", stderr)
          assert.equal(0, status)
          assert_has(text, example.says)
          for path, pattern in pairs(example.files or {}) do
            assert_has(read(folder .. "/" .. path), { pattern })
          end
        end)
      end
    end
  end

  it("has a test for each", function()
    for path in output_of("ls examples/*.lua"):gmatch("examples/([^\n]+)%.lua") do
      assert.is_table(examples[path], path)
    end
  end)

  it("ends with one clear line when there is no gateway", function()
    local text, stderr, status = run({ lua, root .. "/examples/rerank.lua" }, { base = "http://127.0.0.1:9" })
    assert.equal("", text)
    assert.is_truthy(stderr:find("^cannot connect to http://127.0.0.1:9[^\n]+\n$"), stderr)
    assert.equal(1, status)
  end)

  it("is not longer than a page", function()
    for path in output_of("ls examples/*.lua"):gmatch("[^\n]+") do
      local _, lines = read(path):gsub("\n", "\n")
      assert.is_true(lines <= 120, ("%s has %d lines"):format(path, lines))
    end
  end)
end)

describe("chat", function()
  it("keeps on after Ctrl-C in the middle of an answer", function()
    write("typed-slowly", "")
    local text = output_of(([[cd %s; export LITELLM_PROXY_API_BASE=%s LITELLM_PROXY_API_KEY=%s
      { echo 'Write a story about a fox.'; sleep 1.2; echo 'What is 6 * 7?'; } |
      { exec 3<&0; %s %s/examples/chat.lua mock-slow0.1 <&3 2>&1 & p=$!
        sleep 0.7; kill -INT $p; wait $p; echo "status $?"; }
    ]]):format(folder, gateway, key, litelua, root))
    assert_has(text, { "It begins with.- %[stopped%]\n", "6 %* 7 = 42", "status 0" })
    assert.is_nil(text:find("In the end", 1, true))
  end)
end)

-- Documents ------------------------------------------------------------------------------

-- The Lua fences of a document, each with the heading above it.
local function snippets_of(path)
  local list, heading, code = {}, nil, nil
  for line in (read(path) .. "\n"):gmatch("(.-)\n") do
    if line:find("^```") then
      if code then
        list[#list + 1] = { heading = heading, code = table.concat(code, "\n") .. "\n" }
        code = nil
      else
        code = line == "```lua" and {} or nil
      end
      if line:find("^```%a") and line ~= "```lua" then
        code = nil
      end
    elseif code then
      code[#code + 1] = line
    else
      heading = line:match("^#+ (.*)$") or heading
    end
  end
  return list
end

-- A game of one scene: runs until the answer is there, and shows it.
local GAME = [[
local shown
love = { graphics = { print = function(text) shown = text end } }
%s
love.load()
repeat
  love.update()
  love.draw()
until litellm.pending() == 0
print(shown)
]]

local EDITOR = [[
%s
assert(vim.wait(10000, function() return litellm.pending() == 0 end, 5))
io.stdout:write(table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), "\n"), "\n")
vim.cmd("qall!")
]]

local function run_snippet(snippet)
  local code = snippet.code
  if not code:find('litellm = require "litellm"', 1, true) then
    code = 'local litellm = require "litellm"\n' .. code
  end
  local words = { lua, "snippet.lua" }
  if code:find("love%.") then
    code = GAME:gsub("%%s", function() return code end)
  elseif code:find("vim%.") then
    code = EDITOR:gsub("%%s", function() return code end)
    words = { "nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n", "-c", "luafile snippet.lua" }
  end
  write("snippet.lua", code)
  return run(words)
end

-- What the snippets under a heading say, in their order.
local said = {
  ["README.md"] = {
    ["The first script"] = { "^hello to Lua\n$" },
    Streaming = { "^It begins with a lighthouse.*than it had looked" },
    ["Many at once"] = { "What is 2 %* 2%?\t2 %* 2 = 4\n.*4 %* 4 = 16" },
    ["When it fails"] = { "^RateLimitError %(429%).-\nRateLimitError\nhttp\n429\t1\t" },
    Settings = { "^$" },
    Neovim = { "It begins with a lighthouse" },
    ["LÖVE"] = { "What can I do for you" },
  },
  ["doc/api.md"] = {
    ["litellm.completion(args)"] = { "^6 %* 7 = 42\n$" },
    ["litellm.request(args)"] = { "^gpt%-4o\n$" },
    ["litellm.explain(name, args)"] = { "^curl %-X POST 'http.-\n# from default: " },
    ["stream:text()"] = { "^It begins with a fox" },
    ["litellm.vector.top(query, list, k)"] = { "^0%.%d+\tthe cat sleeps\n" },
  },
}

describe("snippet", function()
  for path, headings in pairs(said) do
    local counts = {}
    for _, snippet in ipairs(exists(path) and snippets_of(path) or {}) do
      local heading = snippet.heading
      counts[heading] = (counts[heading] or 0) + 1
      local number = counts[heading]
      local name = ("%s, %s, %d"):format(path, heading, number)
      local editor, game = snippet.code:find("vim%."), snippet.code:find("love%.")
      if editor and not (rawget(_G, "jit") and output_of("command -v nvim") ~= "") then
        pending(name .. " needs LuaJIT and nvim")
      elseif not (game and is_51) then -- LÖVE has LuaJIT
        it(name, function()
          local expected = headings[heading] and headings[heading][number]
          assert.is_string(expected, "no test says what this snippet prints")
          local text, stderr, status = run_snippet(snippet)
          assert.equal("", stderr)
          assert.equal(0, status)
          assert_has(text, { expected })
        end)
      end
    end
  end
end)

describe("document", function()
  local documents = output_of("ls *.md doc/*.md 2>/dev/null")

  it("names files that exist", function()
    for path in documents:gmatch("[^\n]+") do
      local base = path:match("^.*/") or ""
      for target in read(path):gmatch("%]%(([^)#%s]+)[^)]*%)") do
        if not target:find("^%a+://") then
          assert.is_true(os.execute(("test -e '%s%s'"):format(base, target)) == true
            or os.execute(("test -e '%s%s'"):format(base, target)) == 0, ("%s: %s"):format(path, target))
        end
      end
    end
  end)

  it("names targets of make and options of litelua that exist", function()
    local makefile, help = read("Makefile"), output_of(litelua .. " --help; " .. litelua .. " mock --help")
    for path in documents:gmatch("[^\n]+") do
      for block in read(path):gmatch("```sh\n(.-)```") do
        for target in block:gsub("luarocks make", ""):gmatch("make (%l[%l-]*)") do
          assert.is_truthy(makefile:find("\n" .. target:gsub("%-", "%%-") .. ":"), ("%s: make %s"):format(path, target))
        end
        for option in block:gmatch("litelua %a* ?(%-%-%l+)") do
          assert.is_truthy(help:find(option, 1, true), ("%s: %s"):format(path, option))
        end
      end
    end
  end)
end)
