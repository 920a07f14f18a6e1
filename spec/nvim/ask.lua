-- The plugin in examples/nvim, as a user has it.
local t = require("nvim.harness")
local litellm = require("litellm")

vim.opt.runtimepath:append("examples/nvim")
vim.cmd("runtime plugin/ask.lua")
litellm.api_base, litellm.api_key = t.base, "sk-spec"

local function new_buffer(...)
  vim.cmd("enew!")
  vim.api.nvim_buf_set_lines(0, 0, -1, false, { ... })
  return vim.api.nvim_get_current_buf()
end

local function mapped()
  return vim.fn.maparg("<Esc>", "n") ~= ""
end

local function marks(buffer)
  return #vim.api.nvim_buf_get_extmarks(buffer, vim.api.nvim_create_namespace("ask"), 0, -1, {})
end

--- Asks and waits until it is over.
local function ask(command)
  vim.cmd(command)
  t.wait(function() return not mapped() end)
end

t.run({
  { "the answer comes to stand behind the cursor", function()
    local buffer = new_buffer("über", "end")
    vim.api.nvim_win_set_cursor(0, { 1, 0 })
    ask("Ask what?")
    t.equal("üone two threeber\nend", t.text(buffer))
    t.equal(0, marks(buffer))
  end },

  { "one undo takes all of it back", function()
    local buffer = new_buffer("text")
    vim.cmd("let &undolevels = &undolevels") -- what stands here is a step of its own
    ask("Ask what?")
    t.matches("three", t.text(buffer))
    vim.cmd("silent undo")
    t.equal("text", t.text(buffer))
  end },

  { "lines of a range are sent along and answered below", function()
    local buffer = new_buffer("a", "b", "c")
    ask("1,2Ask why?")
    t.equal("a\nb\none two three\nc", t.text(buffer))
  end },

  { "text that the user writes meanwhile stays where it is", function()
    local buffer = new_buffer("x")
    vim.cmd("Ask what?")
    t.wait(function() return t.text(buffer):find("one") end)
    vim.api.nvim_buf_set_lines(buffer, 0, 0, false, { "above" })
    t.wait(function() return not mapped() end)
    t.equal("above\nxone two three", t.text(buffer))
  end },

  { "<Esc> ends all answers of the buffer and keeps what came", function()
    local notes = t.notes()
    local buffer = new_buffer("x")
    litellm.api_base = vim.env.SPEC_SLOW_BASE
    vim.cmd("Ask what?")
    vim.cmd("Ask more?")
    t.wait(function() return t.text(buffer):find("slowly.*slowly") end)
    vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes("<Esc>", true, false, true), "mx", false)
    t.wait(function() return not mapped() end, 1000)
    t.equal(0, litellm.pending())
    t.equal(0, marks(buffer))
    t.equal(0, #notes)
  end },

  { "wiping the buffer out ends the request", function()
    local buffer = new_buffer("x")
    vim.cmd("Ask what?")
    t.wait(function() return t.text(buffer):find("slowly") end)
    new_buffer("other")
    vim.cmd("bwipeout! " .. buffer)
    t.wait(function() return litellm.pending() == 0 end)
  end },

  { "a failure is told once, and the buffer stays as it was", function()
    local notes = t.notes()
    local buffer = new_buffer("x")
    litellm.api_base, litellm.num_retries = "http://127.0.0.1:1", 0
    ask("Ask what?")
    t.equal(1, #notes)
    t.matches("^ask: .*127%.0%.0%.1", notes[1])
    t.equal("x", t.text(buffer))
  end },

  { "a buffer that cannot be changed is left alone", function()
    local notes = t.notes()
    new_buffer("x")
    vim.bo.modifiable = false
    vim.cmd("Ask what?")
    t.matches("cannot be changed", notes[1])
    t.equal(false, mapped())
  end },
})
