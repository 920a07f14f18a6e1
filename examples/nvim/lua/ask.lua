--- `:Ask question` streams the answer into the buffer at the cursor; `<Esc>` ends it.
--- `:'<,'>Ask question` sends those lines along and answers below them.

local litellm = require "litellm"

local api = vim.api

local M = {
  --- Change what you like: require("ask").options.model = "…"
  options = { model = "gpt-4o-mini", system = "Answer briefly, as plain text for a text editor." },
}

local namespace = api.nvim_create_namespace "ask"
local HINT = { { " asking, <Esc> ends it", "Comment" } }

local running = {} -- buffer -> its answers that are on their way

require("litellm.uv").attach()

-- An answer on its way into a buffer -------------------------------------------------

local Answer = {}
Answer.__index = Answer

local function new_answer(buffer, row, col)
  -- The mark stands behind what was written and moves with the text around it.
  local mark = api.nvim_buf_set_extmark(buffer, namespace, row, col, { virt_text = HINT })
  return setmetatable({ buffer = buffer, mark = mark, pieces = {} }, Answer)
end

--- The text becomes part of the step for undo that wrote the text before it, unless
--- the user has changed something since.
function Answer:write(text)
  if self.tick == api.nvim_buf_get_changedtick(self.buffer) then vim.cmd "undojoin" end
  local row, col = unpack(api.nvim_buf_get_extmark_by_id(self.buffer, namespace, self.mark, {}))
  api.nvim_buf_set_text(self.buffer, row, col, row, col, vim.split(text, "\n", { plain = true }))
  self.tick = api.nvim_buf_get_changedtick(self.buffer)
end

function Answer:flush()
  local text = table.concat(self.pieces)
  self.pieces = {}
  if text == "" or not api.nvim_buf_is_valid(self.buffer) then return end
  api.nvim_buf_call(self.buffer, function() self:write(text) end)
end

--- However many pieces come in one turn of the loop, the buffer changes once.
function Answer:append(text)
  if #self.pieces == 0 then vim.schedule(function() self:flush() end) end
  table.insert(self.pieces, text)
end

function Answer:stream(messages)
  local stream, _, detail = litellm.completion{ model = M.options.model, messages = messages, stream = true }
  if not stream then error(detail, 0) end
  for text in stream:text() do
    if not api.nvim_buf_is_valid(self.buffer) then return stream:close() end
    self:append(text)
  end
end

-- What runs in a buffer, and <Esc> -----------------------------------------------------

--- Ends all answers that are on their way into the buffer.
---@param buffer integer
function M.cancel(buffer)
  for answer in pairs(running[buffer] or {}) do answer.task:cancel() end
end

local function add(answer)
  local buffer = answer.buffer
  running[buffer] = running[buffer] or {}
  running[buffer][answer] = true
  vim.keymap.set("n", "<Esc>", function() M.cancel(buffer) end, { buffer = buffer, nowait = true })
end

local function remove(answer)
  local buffer = answer.buffer
  running[buffer][answer] = nil
  local valid = api.nvim_buf_is_valid(buffer)
  if valid then api.nvim_buf_del_extmark(buffer, namespace, answer.mark) end
  if next(running[buffer]) then return end
  running[buffer] = nil
  if valid then vim.keymap.del("n", "<Esc>", { buffer = buffer }) end
end

-- The command ------------------------------------------------------------------------

local function messages_of(question, lines)
  if #lines > 0 then question = question .. "\n\n" .. table.concat(lines, "\n") end
  return { { role = "system", content = M.options.system }, { role = "user", content = question } }
end

--- Behind the character under the cursor.
local function behind_cursor()
  local row, col = unpack(api.nvim_win_get_cursor(0))
  local character = vim.fn.strpart(api.nvim_get_current_line(), col, 1, true)
  return row - 1, col + #character
end

local function new_line_below(buffer, last)
  api.nvim_buf_set_lines(buffer, last, last, false, { "" })
  return last, 0
end

local function run(answer, messages)
  local ok, problem = pcall(answer.stream, answer, messages)
  answer:flush()
  remove(answer)
  if not ok and problem.kind ~= "cancelled" then
    vim.notify("ask: " .. tostring(problem), vim.log.levels.ERROR)
  end
end

--- Asks, about the lines `first` to `last` where they are given.
---@param question string
---@param first integer?
---@param last integer?
---@return table? task task:cancel() ends it
function M.ask(question, first, last)
  local buffer = api.nvim_get_current_buf()
  if not vim.bo[buffer].modifiable then
    return vim.notify("ask: this buffer cannot be changed", vim.log.levels.WARN)
  end
  local lines = first and api.nvim_buf_get_lines(buffer, first - 1, last, false) or {}
  local row, col = behind_cursor()
  if last then row, col = new_line_below(buffer, last) end
  local answer = new_answer(buffer, row, col)
  add(answer)
  answer.task = litellm.spawn(run, answer, messages_of(question, lines))
  return answer.task
end

return M
