--- What a call needs beside its fields, from the settings: where to, with which
--- headers, limits and policy. It changes rarely, so it is kept from call to call and
--- made anew when a setting, or one of the environment's variables, has changed.

local errors = require "litellm.errors"
local json = require "litellm.json"
local native = require "litellm.native"
local settings = require "litellm.settings"
local tables = require "litellm.tables"
local version = require "litellm.version"

local M = {}

-- Headers --------------------------------------------------------------------------

local USER_AGENT = "User-Agent: litellm-lua/" .. version

local function check_header(name, value)
  if type(name) ~= "string" or not name:find("^[%w!#$%%&'*+%-.^_`|~]+$") then
    return ("'%s' is no name of a header"):format(errors.one_line(tostring(name)))
  end
  if value == false then return nil end
  if type(value) ~= "string" and type(value) ~= "number" then
    return ("header '%s': string expected, or false to leave it out, got %s"):format(name, type(value))
  end
  if tostring(value):find("[%z\1-\8\10-\31\127]") then
    return ("header '%s' contains a line break or another control character"):format(name)
  end
end

-- libcurl's notation: "Name:" leaves its own header out, "Name;" sends an empty one.
local function header_line(name, value)
  if value == false then return name .. ":" end
  if value == "" then return name .. ";" end
  return name .. ": " .. tostring(value)
end

local function drop_header(lines, name)
  name = name:lower()
  for i = #lines, 1, -1 do
    if lines[i]:match("^[^:;]*"):lower() == name then table.remove(lines, i) end
  end
end

local function add_headers(lines, headers)
  for name, value in pairs(headers) do
    local problem = check_header(name, value)
    if problem then return problem end
    drop_header(lines, name)
    lines[#lines + 1] = header_line(name, value)
  end
end

-- Making a route ----------------------------------------------------------------------

-- Headers of the user, the weakest first.
local function header_layers(args, client, module)
  local layers = {}
  for _, layer in ipairs{ module.headers or false, client and client.headers or false, args.headers or false,
    args.extra_headers or false } do
    if layer then layers[#layers + 1] = layer end
  end
  return layers
end

local function names(layers, wanted)
  for _, headers in ipairs(layers) do
    for name in pairs(headers) do
      if tostring(name):lower() == wanted then return true end
    end
  end
  return false
end

local POLICY = { "retry", "log", "max_budget", "pacing", "limits", "proxy", "no_proxy", "user_agent",
  "proxy_num_retries" }

local function set_policy(route, args, client, module)
  for _, name in ipairs(POLICY) do route[name] = settings.get(name, args, client, module) end
  route.retries = settings.get("num_retries", args, client, module) or 2
  route.auth = settings.get("proxy_auth", args, client, module) or nil
  route.tls = settings.tls(args, client, module)
  route.timeouts = settings.timeouts(args, client, module, false)
  route.stream_timeouts = settings.timeouts(args, client, module, true)
end

local function make(args, client, module)
  local _, problem = settings.check_route(args, client, module)
  if problem then return nil, problem end
  local route = { profiles = {}, plans = {} }
  route.base, problem = settings.base(args, client, module)
  if problem then return nil, problem end
  route.host = settings.host_of(route.base)
  set_policy(route, args, client, module)
  route.layers = header_layers(args, client, module)
  route.own_authorization = names(route.layers, "authorization")
  route.own_idempotency = names(route.layers, "idempotency-key")
  if not route.auth then
    route.key, problem, route.key_source = settings.key(args, client, module)
    if problem then return nil, problem end
  end
  return route
end

-- Keeping it ----------------------------------------------------------------------------

local ENVIRONMENT = { "LITELLM_PROXY_API_BASE", "LITELLM_PROXY_API_KEY", "USE_LITELLM_PROXY", "SSL_CERT_FILE" }

local kept = setmetatable({}, { __mode = "k" })

local function count_of(t)
  local n = 0
  for _ in pairs(t) do n = n + 1 end
  return n
end

--- Tables among the settings, which the user may change in place.
local function watch(stores)
  local watched = {}
  for _, store in ipairs(stores) do
    for _, value in pairs(store) do
      if type(value) == "table" then
        watched[#watched + 1] = { now = value, was = tables.copy(value), count = count_of(value) }
      end
    end
  end
  return watched
end

local function environment()
  local out = {}
  for i, name in ipairs(ENVIRONMENT) do out[i] = os.getenv(name) or false end
  return out
end

local function is_current(entry)
  if entry.generation ~= settings.generation or not native.same_environment(ENVIRONMENT, entry.environment) then
    return false
  end
  local watched = entry.watched
  for i = 1, #watched do
    if not native.same_fields(watched[i].now, watched[i].was, watched[i].count) then return false end
  end
  return true
end

local NONE = {}

--- The route of a call: nil, detail when there is none. `overridden`: the call has
--- settings of its own, so that the route serves it alone.
function M.get(args, client, module, overridden)
  if overridden then return make(args, client, module) end
  local owner = client or module
  local entry = kept[owner]
  if entry and is_current(entry) then return entry.route end
  local route, problem = make(NONE, client, module)
  if not route then return nil, problem end
  kept[owner] = {
    route = route, generation = settings.generation, environment = environment(),
    watched = watch(client and { client, module } or { module }),
  }
  return route
end

-- Profiles ---------------------------------------------------------------------------------

local ACCEPT = {
  json = "application/json", get = "application/json", form = "application/json", audio = "application/octet-stream",
  stream = "text/event-stream", form_stream = "text/event-stream",
}

local SENDS_JSON = { json = true, stream = true, audio = true }
local IS_FORM = { form = true, form_stream = true }
local STREAMS = { stream = true, form_stream = true, audio = true }

local function header_lines(route, variant, content_type)
  local lines = { route.user_agent and "User-Agent: " .. route.user_agent or USER_AGENT, "Accept: " .. ACCEPT[variant] }
  if content_type or SENDS_JSON[variant] then
    lines[#lines + 1] = "Content-Type: " .. (content_type or "application/json")
  end
  if route.key then lines[#lines + 1] = "Authorization: Bearer " .. route.key end
  if route.proxy_num_retries then
    lines[#lines + 1] = ("x-litellm-num-retries: %d"):format(route.proxy_num_retries)
  end
  for _, headers in ipairs(route.layers) do
    local problem = add_headers(lines, headers)
    if problem then return nil, problem end
  end
  if IS_FORM[variant] then drop_header(lines, "content-type") end -- libcurl's own names the boundary
  return lines
end

M.header_lines = header_lines

local function make_profile(route, variant, content_type, fresh)
  local lines, problem = header_lines(route, variant, content_type)
  if not lines then return nil, errors.config(problem) end
  local timeouts, limits = M.timeouts(route, variant), route.limits or NONE
  return native.profile{
    headers = lines, collect = not STREAMS[variant], fresh = fresh, connect = timeouts.connect,
    first_byte = timeouts.first_byte, idle = timeouts.idle, pings_count = timeouts.count_pings,
    head_bytes = limits.head, body_bytes = limits.body,
    event_bytes = limits.event, json_depth = limits.depth,
    tls = route.tls, proxy = route.proxy, no_proxy = route.no_proxy,
  }
end

--- The time limits for a kind of request.
function M.timeouts(route, variant)
  return STREAMS[variant] and route.stream_timeouts or route.timeouts
end

--- The core's profile for requests of one kind: "json", "form", "get", "stream",
--- "form_stream" or "audio". nil, detail when the headers cannot be sent. `billed`:
--- the request may cost twice when it is sent twice, even by libcurl.
function M.profile(route, variant, content_type, billed)
  local fresh = billed and not (route.retry and route.retry.unknown_outcome)
  local key = content_type and variant .. content_type or variant
  if fresh then key = key .. "!" end
  local profile = route.profiles[key]
  if profile then return profile end
  local made, problem = make_profile(route, variant, content_type, fresh)
  route.profiles[key] = made
  return made, problem
end

-- URLs ---------------------------------------------------------------------------------------

--- Percent-encodes all that could mean something in a form or a query.
local function escape(text)
  return (tostring(text):gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

M.escape = escape

local SCALAR = { string = true, number = true, boolean = true }
local DEEPEST = 32

--- Adds a field: a list repeats its name, a map is name[key]. Returns what is wrong
--- with it, or nil.
local function add_field(out, name, value, depth)
  if SCALAR[type(value)] then
    out[#out + 1] = escape(name) .. "=" .. escape(value)
    return nil
  elseif value == json.null then
    return nil
  elseif type(value) ~= "table" then
    return ("extra_query: %s: a %s cannot be sent"):format(name, type(value))
  elseif depth > DEEPEST then
    return "extra_query: nested too deep"
  end
  for _, each in ipairs(value) do
    local problem = add_field(out, name, each, depth + 1)
    if problem then return problem end
  end
  for _, key in ipairs(#value == 0 and tables.sorted_keys(value) or NONE) do
    local problem = add_field(out, ("%s[%s]"):format(name, tostring(key)), value[key], depth + 1)
    if problem then return problem end
  end
end

local function query_string(query)
  local out = {}
  for _, key in ipairs(tables.sorted_keys(query)) do
    local problem = add_field(out, tostring(key), query[key], 1)
    if problem then return nil, problem end
  end
  return table.concat(out, "&")
end

--- The URL with a query added to it, if there is anything in it; nil, detail when that
--- cannot be sent.
function M.with_query(url, query)
  local text, problem = query_string(query)
  if problem then return nil, errors.config(problem) end
  if text == "" then return url end
  return url .. (url:find("?", 1, true) and "&" or "?") .. text
end

-- Plans --------------------------------------------------------------------------------------

--- What requests of one kind to an endpoint have in common: `timeouts`, `profile`,
--- `method` and `url`. nil, detail when the headers cannot be sent.
function M.plan(route, endpoint, variant)
  local plans = route.plans[variant]
  local plan = plans and plans[endpoint]
  if plan then return plan end
  local problem
  plan = { timeouts = M.timeouts(route, variant), method = endpoint.method, url = route.base .. endpoint.path }
  plan.profile, problem = M.profile(route, variant, endpoint.content_type, endpoint.billed)
  if problem then return nil, problem end
  if endpoint.raw then return plan end -- such an endpoint is met once
  route.plans[variant] = plans or {}
  route.plans[variant][endpoint] = plan
  return plan
end

return M
