--- Tokens of Microsoft Entra ID (Azure AD), from whatever this machine has: a client
--- secret, a workload identity, a managed identity, or the login of the `az` command.

local azure_cli = require "litellm.azure_cli"
local credential = require "litellm.credential"
local settings = require "litellm.settings"
local tables = require "litellm.tables"
local token_endpoint = require "litellm.token_endpoint"

local CLASS = "AzureADCredential"
local AUTHORITY = "login.microsoftonline.com"
local IMDS = "http://169.254.169.254"
local ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

---@class litellm.AzureADOptions
---@field tenant_id string? else AZURE_TENANT_ID
---@field client_id string? else AZURE_CLIENT_ID; for a managed identity, which one
---@field client_secret string? else AZURE_CLIENT_SECRET; when given here, no other way is tried
---@field token_file string? else AZURE_FEDERATED_TOKEN_FILE; when given here, no other way is tried
---@field authority string? else AZURE_AUTHORITY_HOST, else login.microsoftonline.com
---@field scope string? when none is asked for
---@field credential litellm.Credential|function|nil one that does the work instead of all this

local KNOWN = {
  tenant_id = "string", client_id = "string", client_secret = "string", token_file = "string", authority = "string",
  scope = "string", credential = "table function",
}

-- Settings ----------------------------------------------------------------------------------

local VARIABLES = {
  tenant_id = "AZURE_TENANT_ID", client_id = "AZURE_CLIENT_ID", client_secret = "AZURE_CLIENT_SECRET",
  token_file = "AZURE_FEDERATED_TOKEN_FILE",
}

local function variable(name)
  local value = os.getenv(name)
  if value ~= nil and value ~= "" then return value end
end

local function setting(options, name)
  return options[name] or variable(VARIABLES[name])
end

--- The values of settings that are needed together, or nil and the first that is
--- missing.
local function settings_of(options, ...)
  local out = {}
  for _, name in ipairs{ ... } do
    local value = setting(options, name)
    if not value then return nil, ("%s is not set"):format(VARIABLES[name]) end
    out[name] = value
  end
  return out
end

--- The address at which a tenant's tokens are asked for, or nil and what is wrong.
local function tenant_url(options, tenant)
  if not tenant:find("^[%w.-]+$") then return nil, ("'%s' is no name of a tenant"):format(tenant) end
  local authority = options.authority or variable("AZURE_AUTHORITY_HOST") or AUTHORITY
  if not authority:find("://", 1, true) then authority = "https://" .. authority end
  local problem = credential.url_problem(authority)
  if problem then return nil, "the authority cannot be used: " .. problem end
  return ("%s/%s/oauth2/v2.0/token"):format(authority:gsub("/+$", ""), tenant)
end

--- Managed identities and `az` know resources, not scopes.
local function resource_of(scope)
  return (scope:gsub("/%.default$", ""))
end

local function failed(message)
  return nil, credential.failure("AzureADCredential: " .. message)
end

-- Ways to a token ----------------------------------------------------------------------------
-- Each gives a token and when it expires; nil and a typed error; or false and why
-- this way is not open here.

local function client_secret(options, scope, context)
  local has, missing = settings_of(options, "tenant_id", "client_id", "client_secret")
  if not has then return false, missing end
  local url, problem = tenant_url(options, has.tenant_id)
  if not url then return failed(problem) end
  return token_endpoint.ask({ url = url, secrets = { has.client_secret }, form = {
    grant_type = "client_credentials", client_id = has.client_id, client_secret = has.client_secret, scope = scope,
  } }, context)
end

--- Read anew each time: the file's owner changes it every hour.
local function read_assertion(path)
  local file, problem = io.open(path, "rb")
  if not file then return nil, problem end
  local text = file:read("*a")
  file:close()
  text = text and text:match("^%s*(.-)%s*$") or ""
  if text == "" then return nil, path .. " is empty" end
  return text
end

local function workload_identity(options, scope, context)
  local has, missing = settings_of(options, "token_file", "tenant_id", "client_id")
  if not has then return false, missing end
  local url, problem = tenant_url(options, has.tenant_id)
  if not url then return failed(problem) end
  local assertion
  assertion, problem = read_assertion(has.token_file)
  if not assertion then return failed("the federated token cannot be read: " .. problem) end
  return token_endpoint.ask({ url = url, secrets = { assertion }, form = {
    grant_type = "client_credentials", client_id = has.client_id, scope = scope,
    client_assertion_type = ASSERTION_TYPE, client_assertion = assertion,
  } }, context)
end

local function identity_query(options, version, scope)
  return token_endpoint.form{
    ["api-version"] = version, resource = resource_of(scope), client_id = setting(options, "client_id"),
  }
end

local function app_service(options, scope, context)
  local endpoint, secret = variable("IDENTITY_ENDPOINT"), variable("IDENTITY_HEADER")
  if not endpoint or not secret then return false, "IDENTITY_ENDPOINT is not set" end
  local problem = credential.url_problem(endpoint)
  if problem then return failed("IDENTITY_ENDPOINT cannot be used: " .. problem) end
  if secret:find("%c") then return failed("IDENTITY_HEADER contains a control character") end
  local mark = endpoint:find("?", 1, true) and "&" or "?"
  return token_endpoint.ask({
    url = endpoint .. mark .. identity_query(options, "2019-08-01", scope), secrets = { secret },
    headers = { "X-IDENTITY-HEADER: " .. secret }, direct = true,
  }, context)
end

--- The service of a virtual machine. Elsewhere nobody is at its address, or another
--- cloud's service that answers something else.
local function machine(options, scope, context)
  local base = (variable("AZURE_POD_IDENTITY_AUTHORITY_HOST") or IMDS):gsub("/+$", "")
  local problem = credential.url_problem(base)
  if problem then return failed("AZURE_POD_IDENTITY_AUTHORITY_HOST cannot be used: " .. problem) end
  local token, second, status, is_json = token_endpoint.ask({
    url = ("%s/metadata/identity/oauth2/token?%s"):format(base, identity_query(options, "2018-02-01", scope)),
    headers = { "Metadata: true" }, secrets = {}, direct = true, connect = 1, unanswered_once = true,
    tries = 4, backoff = 0.8,
  }, context)
  if token then return token, second end
  if not status or status == 400 or not is_json then return false, second.message end
  return nil, second
end

local function managed_identity(options, scope, context)
  local token, second = app_service(options, scope, context)
  if token ~= false then return token, second end
  return machine(options, scope, context)
end

local function cli(options, scope)
  local token, second = azure_cli.token(resource_of(scope), options.tenant_id)
  if token == nil then return failed(second) end
  return token, second
end

-- The chain -------------------------------------------------------------------------------------

local PRODUCTION = { client_secret, workload_identity, managed_identity }

-- AZURE_TOKEN_CREDENTIALS, as Azure's own libraries read it.
local NAMED = {
  prod = PRODUCTION, dev = { cli }, environmentcredential = { client_secret },
  workloadidentitycredential = { workload_identity }, managedidentitycredential = { managed_identity },
  azureclicredential = { cli },
}

local function ways_for(options)
  if options.client_secret then return { client_secret } end
  if options.token_file then return { workload_identity } end
  local name = variable("AZURE_TOKEN_CREDENTIALS")
  if not name then return { client_secret, workload_identity, managed_identity, cli } end
  local ways = NAMED[name:lower()]
  if ways then return ways end
  return nil, ("AZURE_TOKEN_CREDENTIALS is '%s'; prod, dev, EnvironmentCredential, WorkloadIdentityCredential, "
    .. "ManagedIdentityCredential or AzureCliCredential expected"):format(name)
end

--- Tries the ways in order: the first that is open decides, and is the one that is
--- taken from then on.
local function through(options, state, scope, context)
  local ways, problem = ways_for(options)
  if not ways then return failed(problem) end
  if state.way then ways = { state.way } end
  local closed = {}
  for _, way in ipairs(ways) do
    local token, second = way(options, scope, context)
    if token then state.way = way end
    if token ~= false then return token, second end
    closed[#closed + 1] = second
  end
  state.way = nil
  return failed("no way to a token: " .. table.concat(closed, "; "))
end

local function shown(options)
  local who = options.client_id and options.client_id .. " at " or ""
  local where = options.authority and settings.host_of(options.authority) or "Azure"
  return ("litellm.%s: %s%s"):format(CLASS, who, where)
end

--- A credential of Microsoft Entra ID. Without options it is found as Azure's own
--- libraries find it: a client secret in the environment, a workload identity, a
--- managed identity (App Service or virtual machine), and last the login of `az`,
--- which blocks the program for as long as that command takes, ten seconds at most
--- where the system has `timeout`.
---@param options litellm.AzureADOptions?
---@return litellm.Credential
return function(options)
  options = options or {}
  credential.check_options(CLASS, options, KNOWN, {}, 2)
  if options.credential and not credential.is(options.credential) then
    error("bad option 'credential' to 'AzureADCredential' (the table has no method get_token)", 2)
  end
  options = tables.copy(options)
  local state = {}
  return credential.new{
    scope = options.scope, shown = shown(options),
    identity = not options.credential and credential.identity_of(CLASS, options) or nil,
    fetch = function(scope, context)
      if options.credential then return credential.ask(options.credential, scope, context) end
      if not scope then return failed("a scope is needed, as in scope = \"api://<application>/.default\"") end
      return through(options, state, scope, context)
    end,
  }
end
