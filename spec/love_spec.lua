-- The library inside LÖVE: the scenes of examples/love, played headless.
if not rawget(_G, "jit") then
  return
end

local reply = require("support.reply")
local setup = require("support.setup")
local system = require("support.system")
local gw = setup.gw

if system.output("command -v love") == "" then
  return
end

--- Plays spec/love/main.lua: what it printed, and its status.
local function play(name, variables, scene)
  variables.SPEC_PLAY, variables.SDL_VIDEODRIVER, variables.SDL_AUDIODRIVER = name, "dummy", "dummy"
  local text, status = system.run(('LUA_PATH="examples/love/%s/?.lua;$LUA_PATH" %stimeout 60 love spec/love </dev/null')
    :format(scene or "npc", system.variables(variables)))
  assert(status == 0, ("status %s\n%s"):format(status, text))
  return text
end

-- A PNG of 2 by 2 pixels.
local PNG = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=="

describe("in LÖVE", function()
  it("raises instead of freezing the game", function()
    play("blocking", { SPEC_BASE = gw:script({}).base })
  end)

  it("a character answers in a stream, is interrupted, and fails with grace", function()
    local script = gw:script({
      reply.slow_stream(0.04, "Under ", "the ", "old ", "boat."),
      reply.slow_stream(0.2, "It ", "is ", "dark ", "there."),
    })
    play("npc", { SPEC_BASE = script.base, SPEC_ANSWER = "Under the old boat." })
    assert.is_true(script:all_closed())
    local second = script:last().json.messages
    assert.same({ "system", "user", "assistant", "user" }, {
      second[1].role, second[2].role, second[3].role, second[4].role,
    })
  end)

  it("a painter shows the picture that came", function()
    local script = gw:script({
      { json = { data = { { b64_json = PNG } } } }, { json = { data = {} }, delay = 5 },
    })
    play("painter", { SPEC_BASE = script.base, SPEC_SIZE = 2 }, "painter")
    assert.is_true(script:all_closed())
  end)

  it("a painter fetches the picture that came as a URL", function()
    local picture = gw:script({ { body = require("mime").unb64(PNG), headers = { ["Content-Type"] = "image/png" } } })
    local script = gw:script({
      { json = { data = { { url = picture.base .. "/p.png" } } } }, { json = { data = {} }, delay = 5 },
    })
    play("painter", { SPEC_BASE = script.base, SPEC_SIZE = 2 }, "painter")
    assert.equal(1, picture:count())
    assert.is_nil(picture:last().headers.authorization)
  end)

  it("no step waits while ten streams flow", function()
    local pieces = {}
    for i = 1, 60 do pieces[i] = "word" .. i .. " " end
    local step = reply.slow_stream(0.02, (table.unpack or unpack)(pieces))
    step.repeats = true
    local told = play("frames", { SPEC_BASE = gw:script({ step }).base, SPEC_ANSWER = table.concat(pieces) })
    io.write(told:match("step: [^\n]*"), "\n")
  end)

  it("a game ships the library, as a folder and as a .love file", function()
    if not io.open("lua/litellm/init.lua") then
      return pending("the library is taken from a checkout")
    end
    local output = system.output([[
      set -e
      core=${LUA_CPATH%%\?*}
      game=$(mktemp -d)
      trap 'rm -rf "$game"' EXIT
      export XDG_DATA_HOME=$game/home SDL_VIDEODRIVER=dummy SDL_AUDIODRIVER=dummy
      cp -r spec/love/ship "$game/ship"
      cp -r lua/litellm "$game/ship"
      cp "${core}litellm/core.so" "$game/ship/litellm"
      unset LUA_PATH LUA_CPATH
      cd "$game"
      timeout 60 love ship 2>&1 </dev/null
      if command -v python3 >/dev/null; then
        (cd ship && python3 -m zipfile -c ../ship.love ./*)
        timeout 60 love ship.love 2>&1 </dev/null
      else
        echo works
      fi
    ]])
    assert.equal(2, select(2, output:gsub("works\n", "")), output)
  end)
end)
