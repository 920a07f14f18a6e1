-- The adapter to the editor's loop.
local t = require("nvim.harness")
local uv = require("litellm.uv")

uv.attach()
local untouched = package.loaded["litellm.core"] == nil

local litellm = require("litellm")
litellm.api_base, litellm.api_key = t.base, "sk-spec"

local function stream()
  return assert(litellm.completion({ model = "m", messages = t.messages, stream = true }))
end

t.run({
  { "nothing is loaded before the first call", function()
    t.equal(true, untouched)
    t.equal(nil, package.loaded["litellm.core"])
  end },

  { "a task that fails at once is reported, though there is no engine", function()
    local notes = t.notes()
    litellm.spawn(function() error("at once") end)
    t.wait(function() return notes[1] end)
    t.matches("litellm: .*at once.*traceback", notes[1])
    t.equal(nil, package.loaded["litellm.core"])
  end },

  { "a blocking call raises and says what to write", function()
    local ok, message = pcall(litellm.completion, { model = "m", messages = t.messages })
    t.equal(false, ok)
    t.matches("would block.*litellm%.spawn", message)
  end },

  { "text is handed over where the API may be used", function()
    local buffer, fast = vim.api.nvim_create_buf(false, true), false
    local task = litellm.spawn(function()
      for text in stream():text() do
        fast = fast or vim.in_fast_event()
        local last = vim.api.nvim_buf_get_lines(buffer, 0, 1, false)[1]
        vim.api.nvim_buf_set_lines(buffer, 0, 1, false, { last .. text })
      end
    end)
    t.wait(function() return task:done() end)
    t.equal("one two three", t.text(buffer))
    t.equal(false, fast)
  end },

  { "however often the descriptor fires, one step is scheduled at a time", function()
    local scheduled, most, schedule = 0, 0, vim.schedule
    vim.schedule = function(f) -- luacheck: ignore 122
      scheduled = scheduled + 1
      most = math.max(most, scheduled)
      schedule(function()
        scheduled = scheduled - 1
        f()
      end)
    end
    local task = litellm.spawn(function() litellm.all({ litellm.spawn(stream), litellm.spawn(stream) }) end)
    local loop = vim.uv or vim.loop
    local ends = loop.now() + 30
    while loop.now() < ends do loop.run("nowait") end -- fires, and nothing scheduled can run
    t.wait(function() return task:done() end)
    vim.schedule = schedule -- luacheck: ignore 122
    t.equal(1, most)
  end },

  { "an error in a task reaches vim.notify", function()
    local notes = t.notes()
    litellm.spawn(function()
      stream():close()
      error("later")
    end)
    t.wait(function() return notes[1] end)
    t.matches("later", notes[1])
  end },

  { "sleeping and deadlines work without other traffic", function()
    local ended
    litellm.spawn(function()
      litellm.sleep(0.02)
      local _, _, detail = litellm.deadline(0.02, litellm.sleep, 5)
      ended = detail.kind
    end)
    t.wait(function() return ended end, 500)
    t.equal("timeout", ended)
  end },

  { "a cancelled task ends at once, whatever is started after it", function()
    local task = litellm.spawn(litellm.sleep, 60)
    task:cancel()
    litellm.spawn(litellm.sleep, 60)
    t.wait(function() return task:done() end, 500)
  end },

  { "detaching gives blocking calls back, attaching takes them again", function()
    uv.detach()
    t.equal(false, uv.attached())
    t.equal("one two three", stream():result().choices[1].message.content)
    uv.attach()
    uv.attach()
    local task = litellm.spawn(function() return stream():result() end)
    t.wait(function() return task:done() end)
  end },
})
