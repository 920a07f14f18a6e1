--- A token from the `az` command, of whoever is logged in there. It is run with
--- `io.popen`, which blocks: this is for programs on a developer's own machine.

local native = require "litellm.native"

local M = {}

local ON_WINDOWS = package.config:sub(1, 1) == "\\"

-- From a folder of the system: `az` must not be found in the one we are in.
local COMMAND = 'cd / && AZURE_CORE_NO_COLOR=true $(command -v timeout >/dev/null && echo timeout 10) '
  .. 'az account get-access-token --output json --resource %s 2>&1 </dev/null'
local COMMAND_WINDOWS = 'cd /d %%SYSTEMROOT%% && az account get-access-token --output json --resource %s 2>&1 <NUL'

--- Nothing that a shell, or the command's own options, could understand.
local function is_plain(text)
  return text:find("^%w[%w.:/_-]*$") ~= nil
end

local function command_for(resource, tenant)
  local arguments = resource .. (tenant and " --tenant " .. tenant or "")
  return (ON_WINDOWS and COMMAND_WINDOWS or COMMAND):format(arguments)
end

local function run(command)
  local ok, pipe = pcall(io.popen, command, "r")
  if not ok or not pipe then return nil end
  local output = pipe:read("*a")
  pipe:close()
  return output or ""
end

--- Older versions give local time alone.
local function local_time(text)
  local year, month, day, hour, min, sec = tostring(text):match("^(%d+)-(%d+)-(%d+)[ T](%d+):(%d+):(%d+)")
  if not year then return nil end
  return os.time{ year = tonumber(year), month = tonumber(month), day = tonumber(day), hour = tonumber(hour),
    min = tonumber(min), sec = tonumber(sec) }
end

local function parse(output)
  local text = output:match("%b{}")
  local json = text and native.json_decode(text)
  if type(json) ~= "table" or type(json.accessToken) ~= "string" then return nil end
  return json.accessToken, tonumber(json.expires_on) or local_time(json.expiresOn)
end

-- What shells, and `timeout`, say of a command that is not there.
local MISSING = { "az'?: [%w ]*not found", "failed to run command", "not recognized" }

--- Why there is no token: false where `az` cannot be used here at all, else nil.
local function explain(output)
  for _, sign in ipairs(MISSING) do
    if output:find(sign) then return false, "az is not installed" end
  end
  if not output:find("AADSTS", 1, true) and (output:find("az login", 1, true) or output:find("az account set", 1, true))
  then
    return false, "az is not logged in (run `az login`)"
  end
  if output:find("accessToken", 1, true) then return nil, "the answer of az cannot be read" end
  local line = output:match("ERROR: ([^\r\n]+)") or output:match("[^\r\n]+")
  return nil, "az gave no token" .. (line and ": " .. line or " within 10 s")
end

--- A token and when it expires; nil, or false where this way is not open, and why.
---@param resource string
---@param tenant string?
---@return string|false|nil token
---@return number|string|nil expires_on seconds since 1970, or the reason
function M.token(resource, tenant)
  if not is_plain(resource) then return nil, "the scope cannot be given to az" end
  if tenant and not is_plain(tenant) then return nil, "the tenant cannot be given to az" end
  local output = run(command_for(resource, tenant))
  if not output then return false, "this program cannot run az" end
  local token, expires_on = parse(output)
  if token then return token, expires_on end
  return explain(output)
end

return M
