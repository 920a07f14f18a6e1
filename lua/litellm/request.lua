--- Builds what goes over the wire from the table of a call: one builder for all
--- endpoints, so that fields, headers, keys, tags and limits behave alike.

local errors = require "litellm.errors"
local json = require "litellm.json"
local lazy = require "litellm.lazy"
local routes = require "litellm.route"
local settings = require "litellm.settings"

local multipart = lazy "litellm.multipart"

local M = {}

local NONE = {}

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
  for _, field in ipairs(endpoint.lists or NONE) do
    local value = args[field]
    if type(value) == "table" and value[1] == nil and next(value) ~= nil then
      error(("bad field '%s' of '%s' (list expected, got a table without [1])"):format(field, name), level)
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
  local fields = { model = nil, messages = nil, stream = nil, temperature = nil } -- made in a likely size
  for key, value in pairs(args) do
    if not settings.known[key] and not settings.call_options[key] then fields[key] = value end
  end
  if fields.model then fields.model = wire_model(fields.model) end
  if args.tags and not endpoint.form then fields.tags = args.tags end
  for _, name in ipairs(endpoint.lists or NONE) do
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

-- All of it ---------------------------------------------------------------------------

local function tag_list(tags)
  for i, tag in ipairs(tags) do
    if type(tag) ~= "string" then return nil, ("tags[%d]: string expected, got %s"):format(i, type(tag)) end
    if tag:find("[%c,]") then return nil, ("tags[%d] contains a comma or a control character"):format(i) end
  end
  return table.concat(tags, ",")
end

--- The gateway does not read tags in a multipart body.
local function set_tags(request, args)
  if not args.tags or not request.parts or #args.tags == 0 then return nil end
  local tags, problem = tag_list(args.tags)
  if not tags then return errors.config(problem) end
  request.headers = { "x-litellm-tags: " .. tags }
end

local function variant_of(request)
  if request.parts then return request.stream and "form_stream" or "form" end
  if request.stream then return "stream" end
  if request.kind == "audio" then return "audio" end
  return request.body and "json" or "get"
end

M.variant_of = variant_of

local function overrides(args)
  for key in pairs(args) do
    if settings.known[key] or key == "extra_headers" then return true end
  end
  return false
end

--- Adds what the settings say: nil, or the problem.
local function complete(request, args, client, module, path, content_type)
  local route, problem = routes.get(args, client, module, overrides(args))
  if not route then return problem end
  local variant = variant_of(request)
  request.route, request.timeouts = route, routes.timeouts(route, variant)
  request.url = routes.url(route, path, args.extra_query)
  local profile
  profile, problem = routes.profile(route, variant, content_type, request.endpoint.billed)
  request.profile = profile
  return problem or set_tags(request, args)
end

local function describe(name, endpoint, args)
  return {
    name = name, endpoint = endpoint, kind = endpoint.kind or "json", method = endpoint.method or "POST",
    stream = args.stream == true,
    -- Filled in later; named here so that the table is made in its size.
    model = nil, body = nil, parts = nil, url = nil, route = nil, timeouts = nil, profile = nil, headers = nil,
    idempotency_key = nil,
  }
end

--- The request of a call to an endpoint: nil, detail when it cannot be made.
function M.build(name, endpoint, args, client, module)
  local request = describe(name, endpoint, args)
  local problem = check_filled(name, endpoint, args)
  if not problem and request.method ~= "GET" then problem = set_body(request, name, endpoint, args) end
  problem = problem or complete(request, args, client, module, endpoint.path)
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
  if args.method and not args.method:find("^%a+$") then
    error("bad option 'method' to 'request' (a word such as GET expected)", level)
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
  local content_type = args.content_type or (args.body and "application/octet-stream") or nil
  problem = problem or complete(request, args, client, module, args.path, content_type)
  if problem then return nil, problem end
  return request
end

return M
