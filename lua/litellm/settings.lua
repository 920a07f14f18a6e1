--- The settings: their names, their types, and where a value comes from. One
--- precedence everywhere: the call, the client, the module, the environment.

local errors = require "litellm.errors"

local M = {}

local function is(...)
  local wanted = { ... }
  return function(value)
    for _, name in ipairs(wanted) do
      if type(value) == name then return nil end
    end
    return table.concat(wanted, " or ") .. " expected, got " .. type(value)
  end
end

local function check_fields(value, known)
  for key, each in pairs(value) do
    local rule = known[key]
    if not rule then return ("unknown field '%s'"):format(tostring(key)) end
    local problem = rule(each)
    if problem then return ("%s: %s"):format(key, problem) end
  end
end

local function fields(known)
  return function(value)
    if type(value) ~= "table" then return "table expected, got " .. type(value) end
    return check_fields(value, known)
  end
end

local function seconds(value)
  if type(value) ~= "number" then return "number of seconds expected, got " .. type(value) end
  if value ~= value or value < 0 then return "a number of seconds of at least 0 expected" end
end

local function count(value)
  if type(value) ~= "number" then return "number expected, got " .. type(value) end
  if value < 0 or value % 1 ~= 0 then return "a whole number of at least 0 expected" end
end

local DEEPEST = 256 -- as deep as the core reads

local function depth(value)
  local problem = count(value)
  if not problem and (value < 1 or value > DEEPEST) then return ("a number from 1 to %d expected"):format(DEEPEST) end
  return problem
end

local function credential(value)
  if type(value) == "function" then return nil end
  if type(value) == "table" and type(value.get_token) == "function" then return nil end
  return "a ProxyAuthHandler, a credential or a function expected, got " .. type(value)
end

local TIMEOUT = fields{
  connect = seconds, first_byte = seconds, idle = seconds, total = seconds, count_pings = is "boolean",
}

local function per_minute(value)
  if type(value) ~= "number" then return "number a minute expected, got " .. type(value) end
  if value ~= value or value <= 0 then return "a number a minute of more than 0 expected" end
end

local PACING = fields{ requests = per_minute, tokens = per_minute }

local function pacing(value)
  if type(value) == "boolean" then return nil end
  if type(value) ~= "table" then return "boolean or table expected, got " .. type(value) end
  return PACING(value)
end

local TLS_VERSIONS = { ["1.0"] = 10, ["1.1"] = 11, ["1.2"] = 12, ["1.3"] = 13 }

local function tls_version(value)
  if not TLS_VERSIONS[tostring(value)] then return "'1.2' or '1.3' expected, got " .. tostring(value) end
end

--- The settings and how each is checked: a function that returns what is wrong.
M.known = {
  api_base = is "string",
  api_key = is("string", "function"),
  use_litellm_proxy = is("boolean", "string"),
  timeout = function(value)
    if type(value) == "table" then return TIMEOUT(value) end
    if type(value) ~= "number" then return "number of seconds or table of limits expected, got " .. type(value) end
    return seconds(value)
  end,
  num_retries = count,
  proxy_num_retries = count,
  retry = fields{
    base = seconds, cap = seconds, jitter = is "number", statuses = is "table", unknown_outcome = is "boolean",
  },
  proxy_auth = credential,
  headers = is "table",
  tls = fields{
    ca_file = is "string", ca_path = is "string", client_cert = is "string", client_key = is "string",
    min_version = tls_version, verify = is "boolean",
  },
  proxy = is "string",
  no_proxy = is "string",
  limits = fields{ head = count, body = count, event = count, depth = depth },
  max_budget = is "number",
  pacing = pacing,
  user_agent = is "string",
  log = is "function",
}

--- Options of a call that are neither settings nor the body's.
M.call_options = {
  extra_body = is "table", extra_headers = is "table", extra_query = is "table", tags = is "table",
}

--- The rules for all names in the arguments of a call that are not the body's.
M.rules = {}
for _, names in ipairs{ M.known, M.call_options } do
  for name, rule in pairs(names) do M.rules[name] = rule end
end

--- True while nothing is to be asked of anybody: recordings need neither a gateway
--- nor a key.
M.offline = nil

local OFFLINE_BASE = "http://offline.invalid"

--- Changes whenever a setting of the module or of a client does.
M.generation = 0

--- Says that a setting has changed.
function M.touch()
  M.generation = M.generation + 1
end

--- Raises unless `name` is a setting and `value` fits it.
function M.check(name, value, level)
  local rule = M.known[name]
  if not rule then error(("unknown setting '%s'"):format(tostring(name)), level + 1) end
  local problem = value ~= nil and rule(value)
  if problem then error(("bad setting '%s' (%s)"):format(name, problem), level + 1) end
end

--- Raises unless an option among the arguments of a call fits.
function M.check_option(name, rule, value, level)
  local problem = rule(value)
  if problem then error(("bad option '%s' (%s)"):format(name, problem), level + 1) end
end

--- The value of a setting for a call. false is a value; nil is none.
function M.get(name, call, client, module)
  local value = call[name]
  if value == nil and client then value = client[name] end
  if value == nil then value = module[name] end
  return value
end

-- Where to -----------------------------------------------------------------------

local WORDS = {
  ["1"] = true, ["true"] = true, yes = true, on = true, ["0"] = false, ["false"] = false, no = false, off = false,
}

local function boolean(value, origin)
  if type(value) == "boolean" then return value end
  local parsed = WORDS[tostring(value):lower():match("^%s*(.-)%s*$")]
  if parsed == nil then
    return nil, errors.config(("%s is '%s'; it must be true or false"):format(origin, tostring(value)))
  end
  return parsed
end

--- Whether the call may go to the gateway: nil, detail when it was ruled out.
function M.check_route(call, client, module)
  local value, origin = M.get("use_litellm_proxy", call, client, module), "use_litellm_proxy"
  if value == nil then
    value, origin = os.getenv("USE_LITELLM_PROXY"), "USE_LITELLM_PROXY"
    if value == nil or value == "" then return true end
  end
  local use, problem = boolean(value, origin)
  if problem then return nil, problem end
  if use then return true end
  return nil, errors.config(origin .. " is false, but there is no other route than the LiteLLM proxy; leave it out")
end

local normal = { given = nil, base = nil }

--- The base without trailing slashes, or nil and what is wrong with it.
local function normalise(given)
  if normal.given == given then return normal.base end
  local base = given:match("^%s*(.-)%s*$")
  if base:find("[%c ]") then return nil, "contains a space or a control character" end
  if not base:find("^[Hh][Tt][Tt][Pp][Ss]?://") then
    if base:find("://", 1, true) then return nil, "must begin with http:// or https://" end
    return nil, ("must begin with http:// or https://, as in http://%s"):format(base)
  end
  if not base:find("^%a+://[^/?#]") then return nil, "names no host" end
  if base:find("^%a+://[^/]*@") then return nil, "must not contain a password; see api_key" end
  local port = base:match("^%a+://%[[^%]]*%]:([^/?#]*)") or base:match("^%a+://[^/?#:%[]*:([^/?#]*)")
  if port and (not port:find("^%d+$") or tonumber(port) > 65535) then return nil, "names no valid port" end
  if base:find("^%a+://%[") and not base:find("^%a+://%[[%x:.%%]+%]") then return nil, "names no valid address" end
  if base:find("[?#]") then return nil, "must not contain ? or #; see extra_query" end
  base = base:gsub("/+$", "")
  normal.given, normal.base = given, base
  return base
end

--- The base URL of a call: nil, detail when there is none or it cannot be one.
function M.base(call, client, module)
  local given, origin = M.get("api_base", call, client, module), "api_base"
  if given == nil then given, origin = os.getenv("LITELLM_PROXY_API_BASE"), "LITELLM_PROXY_API_BASE" end
  if given == nil or given == "" then
    if M.offline then return OFFLINE_BASE end
    return nil, errors.config("no gateway given: set litellm.api_base or LITELLM_PROXY_API_BASE, "
      .. "for example to http://localhost:4000")
  end
  local base, problem = normalise(given)
  if base then return base end
  local shown = errors.one_line(given):gsub("//[^/]*@", "//***@")
  return nil, errors.config(("%s '%s' %s"):format(origin, shown, problem))
end

local function check_key(key, origin)
  if type(key) ~= "string" then
    return nil, errors.config(("%s gave a %s, not a string"):format(origin, type(key)),
      { type = "AuthenticationError" })
  end
  if key:find("[%c]") then
    return nil, errors.config(("%s contains a line break or another control character; remove it"):format(origin),
      { type = "AuthenticationError" })
  end
  return key
end

-- What a key function gave, until the gateway refuses it.
local keys = setmetatable({}, { __mode = "k" })

--- Forgets what a key function gave: the next call asks it again.
function M.forget_key(f)
  keys[f] = nil
  M.touch()
end

local function call_key(f)
  if keys[f] then return keys[f] end
  local ok, key, message = pcall(f)
  if ok and key then
    keys[f] = key
    return key
  end
  local reason = errors.one_line(ok and message or key)
  return nil, errors.new{ type = "AuthenticationError", kind = "auth", message = "api_key: " .. reason }
end

--- The key of a call; nil without a detail when there is none. Third, the function
--- that gave it.
function M.key(call, client, module)
  local key, origin = M.get("api_key", call, client, module), "api_key"
  if key == nil then key, origin = os.getenv("LITELLM_PROXY_API_KEY"), "LITELLM_PROXY_API_KEY" end
  if key == nil or key == "" then return nil end
  local source = type(key) == "function" and key or nil
  if source and M.offline then return nil end
  if source then
    local problem
    key, problem = call_key(source)
    if problem then return nil, problem end
  end
  local problem
  key, problem = check_key(key, origin)
  return key, problem, source
end

-- How long, how often -----------------------------------------------------------

local DEFAULT_TIMEOUT = { connect = 10, first_byte = 600, idle = 120, total = 600 }
local LIMIT_NAMES = { "connect", "first_byte", "idle", "total", "count_pings" }

local function timeout_layer(out, value)
  if type(value) == "number" then value = { total = value } end
  if type(value) ~= "table" then return end
  for _, name in ipairs(LIMIT_NAMES) do
    if value[name] ~= nil and out[name] == nil then out[name] = value[name] end
  end
end

--- The time limits of a call in seconds, 0 for none. A stream has no total limit
--- unless one is given.
function M.timeouts(call, client, module, stream)
  local out = {}
  timeout_layer(out, call.timeout)
  if client then timeout_layer(out, client.timeout) end
  timeout_layer(out, module.timeout)
  for name, value in pairs(DEFAULT_TIMEOUT) do
    if out[name] == nil and not (stream and name == "total") then out[name] = value end
  end
  return out
end

--- The TLS settings as the core takes them, SSL_CERT_FILE among them; nil when
--- nothing is to be changed.
function M.tls(call, client, module)
  local given = M.get("tls", call, client, module) or {}
  local out = {
    ca_file = given.ca_file or (not given.ca_path and os.getenv("SSL_CERT_FILE")) or nil,
    ca_path = given.ca_path, client_cert = given.client_cert, client_key = given.client_key,
    min_version = given.min_version and TLS_VERSIONS[tostring(given.min_version)],
    insecure = given.verify == false,
  }
  return out
end

--- What may be shown of a URL.
function M.host_of(url)
  return (url:match("^(%a+://[^/?#]*)") or url):gsub("//[^/]*@", "//")
end

return M
