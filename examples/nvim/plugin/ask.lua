if vim.g.loaded_ask then return end
vim.g.loaded_ask = true

vim.api.nvim_create_user_command("Ask", function(command)
  if command.range == 0 then return require("ask").ask(command.args) end
  require("ask").ask(command.args, command.line1, command.line2)
end, { nargs = "+", range = true, desc = "Stream the answer to a question into the buffer" })
