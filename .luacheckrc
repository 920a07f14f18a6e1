std = "max"
max_line_length = 120
unused_secondaries = false
files["spec"] = { std = "+busted" }
files["spec/nvim"] = { globals = { "vim" } }
files["examples/nvim"] = { globals = { "vim" } }
files["examples/love"] = { globals = { "love" } }
files["spec/love"] = { globals = { "love" } }
files["lua/litellm/types.lua"] = { ignore = { "2..", "6.." } }
exclude_files = { "build", ".deps" }
