-- :checkhealth litellm
local t = require("nvim.harness")
local litellm = require("litellm")

local function report()
  vim.cmd("silent checkhealth litellm")
  local text = t.text(0)
  vim.cmd("bwipeout!")
  return text
end

t.run({
  { "without a gateway and a loop it says what to do", function()
    local text = report()
    t.matches("the compiled part is loaded: libcurl/", text)
    t.matches("no loop is attached", text)
    t.matches('require%("litellm.uv"%)%.attach', text)
    t.matches("LITELLM_PROXY_API_BASE", text)
  end },
  { "with both it asks the gateway", function()
    require("litellm.uv").attach()
    litellm.api_base, litellm.api_key = t.base, "sk-spec"
    local text = report()
    t.matches("calls run on the editor's loop", text)
    t.matches("http://127.0.0.1:%d+ answers with 2 models", text)
    t.equal(nil, text:find("sk%-spec"))
  end },
  { "a gateway that is not there is an error", function()
    litellm.api_base = "http://127.0.0.1:1"
    t.matches("ERROR.*127%.0%.0%.1", report())
  end },
})
