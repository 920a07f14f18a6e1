--- Builds what goes over the wire from the table of a call: one builder for all
--- endpoints, so that fields, headers, keys, tags and limits behave alike.

local errors = require "litellm.errors"
local json = require "litellm.json"
local multipart = require "litellm.multipart"
local settings = require "litellm.settings"
local version = require "litellm.version"

local M = {}

-- Mistakes of the programmer ------------------------------------------------------

local function names(kinds)
  local out = {}
  for kind in pairs(kinds) do out[#out + 1] = kind end
  table.sort(out)
  return table.concat(out, " or ")
end

--- Raises when the arguments of a call cannot be meant.
function M.check(name, endpoint, args, level)
  if type(args) ~= "table" then
    error(("bad argument #1 to '%s' (table expected, got %s)"):format(name, type(args)), level)
  end
  settings.check_call(args, level)
  for _, need in ipairs(endpoint.needs) do
    local field, kinds = need[1], need[2]
    local value = args[field]
    if value == nil then error(("'%s' needs the field '%s'"):format(name, field), level) end
    if kinds and not kinds[type(value)] then
      error(("bad field '%s' of '%s' (%s expected, got %s)"):format(field, name, names(kinds), type(value)), level)
    end
  end
  if args.stream ~= nil and type(args.stream) ~= "boolean" then
    error(("bad field 'stream' of '%s' (boolean expected, got %s)"):format(name, type(args.stream)), level)
  end
end

--- A required field that is there but empty: the data's fault, so not raised.
local function check_filled(name, endpoint, args)
  for _, need in ipairs(endpoint.needs) do
    local value = args[need[1]]
    if need[3] and (value == "" or (type(value) == "table" and next(value) == nil)) then
      return errors.config(("%s: '%s' is empty; nothing was sent"):format(name, need[1]))
    end
  end
end

-- The body --------------------------------------------------------------------------

local function merge(into, from)
  for key, value in pairs(from) do
    local old = into[key]
    if type(value) == "table" and type(old) == "table" and #value == 0 and #old == 0 and next(value) ~= nil then
      local copy = {}
      for k, v in pairs(old) do copy[k] = v end
      into[key] = merge(copy, value)
    else
      into[key] = value
    end
  end
  return into
end

--- `litellm_proxy/x` is the SDK's way of saying x at the gateway.
local function wire_model(model)
  if type(model) ~= "string" then return model end
  return (model:gsub("^litellm_proxy/", "", 1))
end

--- The fields of the body: everything that is not ours, extra_body last.
local function body_fields(endpoint, args)
  local fields = {}
  for key, value in pairs(args) do
    if not settings.known[key] and not settings.call_options[key] then fields[key] = value end
  end
  if fields.model then fields.model = wire_model(fields.model) end
  if args.tags and not endpoint.form then fields.tags = args.tags end
  for _, name in ipairs(endpoint.lists or {}) do
    local value = fields[name]
    if type(value) == "table" and next(value) == nil then fields[name] = json.array{} end
  end
  if args.extra_body then merge(fields, args.extra_body) end
  return fields
end

local function set_body(request, name, endpoint, args)
  local fields = body_fields(endpoint, args)
  request.model = fields.model
  if endpoint.form then
    local parts, problem = multipart.parts(fields, endpoint.files)
    if not parts then return problem end
    request.parts = parts
    return nil
  end
  local body, message = json.encode(fields)
  if not body then return errors.config(("%s: %s"):format(name, message)) end
  request.body = body
end

-- The head ----------------------------------------------------------------------------

local USER_AGENT = "User-Agent: litellm-lua/" .. version
local ACCEPT = {
  json = "Accept: application/json", audio = "Accept: application/octet-stream", text = "Accept: application/json",
  stream = "Accept: text/event-stream",
}

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
  local prefix = name:lower() .. ":"
  for i = #lines, 1, -1 do
    if lines[i]:sub(1, #prefix):lower() == prefix then table.remove(lines, i) end
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

local function tag_list(tags)
  for i, tag in ipairs(tags) do
    if type(tag) ~= "string" then return nil, ("tags[%d]: string expected, got %s"):format(i, type(tag)) end
    if tag:find("[%c,]") then return nil, ("tags[%d] contains a comma or a control character"):format(i) end
  end
  return table.concat(tags, ",")
end

local function own_headers(request, endpoint, args, get)
  local lines = { USER_AGENT, ACCEPT[request.stream and "stream" or endpoint.kind or "json"] }
  if request.body then lines[3] = "Content-Type: application/json" end
  local agent, retries = get "user_agent", get "proxy_num_retries"
  if agent then lines[1] = "User-Agent: " .. agent end
  if retries then lines[#lines + 1] = ("x-litellm-num-retries: %d"):format(retries) end
  if args.tags and endpoint.form and #args.tags > 0 then
    local tags, problem = tag_list(args.tags)
    if not tags then return nil, problem end
    lines[#lines + 1] = "x-litellm-tags: " .. tags
  end
  return lines
end

local function set_headers(request, endpoint, args, client, module)
  local function get(name) return settings.get(name, args, client, module) end
  local lines, problem = own_headers(request, endpoint, args, get)
  if not lines then return problem end
  if module.headers and not problem then problem = add_headers(lines, module.headers) end
  if client and client.headers and not problem then problem = add_headers(lines, client.headers) end
  if args.headers and not problem then problem = add_headers(lines, args.headers) end
  if args.extra_headers and not problem then problem = add_headers(lines, args.extra_headers) end
  request.headers = lines
  return problem
end

-- The URL ---------------------------------------------------------------------------

local function escape(text)
  return (tostring(text):gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function query_string(query)
  local keys, out = {}, {}
  for key in pairs(query) do keys[#keys + 1] = tostring(key) end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local value = query[key]
    for _, each in ipairs(type(value) == "table" and value or { value }) do
      out[#out + 1] = escape(key) .. "=" .. escape(each)
    end
  end
  return table.concat(out, "&")
end

local function set_url(request, path, args, client, module)
  local base, problem = settings.base(args, client, module)
  if not base then return problem end
  request.base, request.host = base, settings.host_of(base)
  local url = base .. path
  if args.extra_query then
    local query = query_string(args.extra_query)
    if query ~= "" then url = url .. (path:find("?", 1, true) and "&" or "?") .. query end
  end
  request.url = url
end

-- All of it ---------------------------------------------------------------------------

local function set_limits(request, args, client, module)
  request.timeouts = settings.timeouts(args, client, module, request.stream or request.kind == "audio")
  request.limits = settings.get("limits", args, client, module)
  request.tls = settings.tls(args, client, module)
  request.proxy = settings.get("proxy", args, client, module)
  request.no_proxy = settings.get("no_proxy", args, client, module)
end

local function set_policy(request, args, client, module)
  request.retries = settings.get("num_retries", args, client, module) or 2
  request.retry = settings.get("retry", args, client, module)
  request.auth = settings.get("proxy_auth", args, client, module)
  request.log = settings.get("log", args, client, module)
  request.max_budget = settings.get("max_budget", args, client, module)
  request.pacing = settings.get("pacing", args, client, module)
end

local function set_key(request, args, client, module)
  if request.auth then return nil end
  local key, problem, source = settings.key(args, client, module)
  request.key, request.key_source = key, source
  return problem
end

local function describe(name, endpoint, args)
  return {
    name = name, endpoint = endpoint, kind = endpoint.kind or "json", method = endpoint.method or "POST",
    stream = args.stream == true,
  }
end

local function fill(request, endpoint, args, client, module, path)
  local _, problem = settings.check_route(args, client, module)
  problem = problem or set_url(request, path, args, client, module)
  if problem then return problem end
  set_policy(request, args, client, module)
  problem = set_key(request, args, client, module)
  if problem then return problem end
  problem = set_headers(request, endpoint, args, client, module)
  if problem and not errors.is(problem) then problem = errors.config(problem) end
  if problem then return problem end
  set_limits(request, args, client, module)
end

--- The request of a call to an endpoint: nil, detail when it cannot be made.
function M.build(name, endpoint, args, client, module)
  local request = describe(name, endpoint, args)
  local problem = check_filled(name, endpoint, args)
  if not problem and request.method ~= "GET" then problem = set_body(request, name, endpoint, args) end
  problem = problem or fill(request, endpoint, args, client, module, endpoint.path)
  if problem then return nil, problem end
  return request
end

-- Any path ------------------------------------------------------------------------------

local RAW_KEYS = { method = "string", path = "string", json = true, body = "string", form = "table", files = "table",
  content_type = "string", stream = "boolean" }

--- Raises when the arguments of `request` cannot be meant.
function M.check_raw(args, level)
  if type(args) ~= "table" then
    error(("bad argument #1 to 'request' (table expected, got %s)"):format(type(args)), level)
  end
  settings.check_call(args, level)
  for key, value in pairs(args) do
    local kind = RAW_KEYS[key]
    if not kind and not settings.known[key] and not settings.call_options[key] then
      error(("unknown option '%s' to 'request'"):format(tostring(key)), level)
    elseif kind and kind ~= true and type(value) ~= kind then
      error(("bad option '%s' to 'request' (%s expected, got %s)"):format(key, kind, type(value)), level)
    end
  end
  if not args.path then error("'request' needs a path, as in path = \"/models\"", level) end
  if not args.path:find("^/") or args.path:find("^//") or args.path:find("[%c ]") then
    error("bad option 'path' to 'request' (a path of the gateway that begins with one / expected)", level)
  end
end

local function set_raw_body(request, args)
  if args.form or args.files then
    local fields, specs = {}, {}
    for key, value in pairs(args.form or {}) do fields[key] = value end
    for key, value in pairs(args.files or {}) do
      fields[key] = value
      specs[#specs + 1] = { key, many = true }
    end
    local parts, problem = multipart.parts(merge(fields, args.extra_body or {}), specs)
    request.parts = parts
    return problem
  elseif args.body then
    request.body = args.body
  elseif args.json ~= nil or args.extra_body or args.tags then
    local fields = args.json
    if args.extra_body or args.tags then
      fields = merge({}, type(fields) == "table" and fields or {})
      fields.tags = args.tags or fields.tags
      merge(fields, args.extra_body or {})
    end
    if type(fields) == "table" and fields.stream == true then request.stream = true end
    local body, message = json.encode(fields)
    if not body then return errors.config("request: " .. message) end
    request.body = body
  end
end

--- The request of `litellm.request`.
function M.build_raw(args, client, module)
  local has_body = args.json ~= nil or args.body or args.form or args.files or args.extra_body
  local endpoint = {
    kind = "text", form = (args.form or args.files) and true, method = args.method or (has_body and "POST" or "GET"),
    accumulate = "events", needs = {}, raw = true,
  }
  endpoint.method = endpoint.method:upper()
  local request = describe("request", endpoint, args)
  local problem = set_raw_body(request, args)
  problem = problem or fill(request, endpoint, args, client, module, args.path)
  if problem then return nil, problem end
  if args.body then
    drop_header(request.headers, "content-type")
    table.insert(request.headers, "Content-Type: " .. (args.content_type or "application/octet-stream"))
  end
  return request
end

return M
