-- Runs a table of named tests inside an editor, says how it went, and quits.
local M = {}


M.base = vim.env.SPEC_BASE

--- Lets the editor's loop run until the condition holds.
function M.wait(condition, milliseconds)
  if not vim.wait(milliseconds or 5000, condition, 2) then error("nothing came of it in time", 2) end
end

function M.equal(wanted, got)
  if wanted ~= got then
    error(("%s expected, got %s"):format(vim.inspect(wanted), vim.inspect(got)), 2)
  end
end

function M.matches(pattern, text)
  if not tostring(text):find(pattern) then
    error(("%s expected, got %s"):format(pattern, vim.inspect(text)), 2)
  end
end

function M.say(...)
  io.stdout:write(table.concat({ ... }, " "), "\n")
end

--- The text of a buffer.
function M.text(buffer)
  return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n")
end

M.messages = { { role = "user", content = "hi" } }

--- What vim.notify is told from now on.
function M.notes()
  local notes = {}
  vim.notify = function(text) notes[#notes + 1] = text end -- luacheck: ignore 122
  return notes
end

--- Runs { "name", f } after { "name", f } and quits with the fitting status.
function M.run(tests)
  local failed = 0
  for _, test in ipairs(tests) do
    local ok, problem = xpcall(test[2], debug.traceback)
    if not ok then
      failed = failed + 1
      M.say("FAILED:", test[1], "\n", tostring(problem))
    end
  end
  M.say(("%d passed, %d failed"):format(#tests - failed, failed))
  vim.cmd(failed == 0 and "qa!" or "cquit 1")
end

return M
