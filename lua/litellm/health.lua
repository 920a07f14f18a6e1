--- `:checkhealth litellm`: what is loaded, whether the loop is attached, and what the
--- gateway answers.

local native = require "litellm.native"
local settings = require "litellm.settings"
local uv = require "litellm.uv"

local M = {}

local SECONDS = 3

-- What the functions are called since Neovim 0.10, and before.
local function reporter()
  local vim = rawget(_G, "vim")
  local health = vim.health
  if health and health.start then return health end
  health = require "health"
  return {
    start = health.report_start, ok = health.report_ok, info = health.report_info, warn = health.report_warn,
    error = health.report_error,
  }
end

local function check_core(report)
  local ok, version, certificates = pcall(function() return native.curl_info() end)
  if not ok then
    report.error(tostring(version), { "`make plugin` in litellm's folder builds it" })
    return false
  end
  report.ok("the compiled part is loaded: " .. version)
  report.info("certificates: " .. (certificates or "libcurl's own"))
  return true
end

local function check_loop(report)
  if uv.attached() then return report.ok("calls run on the editor's loop") end
  report.warn("no loop is attached: a call blocks the editor", {
    "`require(\"litellm.uv\").attach()` in the plugin that makes calls",
  })
end

--- The gateway's list of models, waiting for it here: this is a check of the user's.
local function ask_models(litellm)
  local task = litellm.spawn(litellm.models, { timeout = SECONDS, num_retries = 0 })
  local answer
  litellm.spawn(function() answer = { task:await() } end)
  while not answer do litellm.wait(20) end
  return answer[1], answer[2]
end

local function check_gateway(report)
  local litellm = require "litellm"
  local base, problem = settings.base({}, nil, litellm)
  if not base then
    return report.warn(problem.message, { "a plugin may have settings of its own; see its help" })
  end
  local models, message = ask_models(litellm)
  if not models then return report.error(message) end
  report.ok(("%s answers with %d models"):format(settings.host_of(base), #models.data))
end

function M.check()
  local report = reporter()
  report.start("litellm " .. require "litellm.version")
  if not check_core(report) then return end
  check_loop(report)
  check_gateway(report)
end

return M
