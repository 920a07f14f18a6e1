std = "max"
max_line_length = 120
unused_secondaries = false
files["spec"] = { std = "+busted" }
files["lua/litellm/types.lua"] = { ignore = { "2..", "6.." } }
exclude_files = { "build", ".deps" }
