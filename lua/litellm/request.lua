--- Builds what goes over the wire from the table of a call: one builder for all
--- endpoints, so that fields, headers, keys, tags and limits behave alike.

local errors = require "litellm.errors"
local json = require "litellm.json"
local lazy = require "litellm.lazy"
local routes = require "litellm.route"
local settings = require "litellm.settings"

local multipart = lazy "litellm.multipart"

local M = {}

local rules = settings.rules

-- Mistakes of the programmer ------------------------------------------------------

local function names(kinds)
  local out = {}
  for kind in pairs(kinds) do out[#out + 1] = kind end
  table.sort(out)
  return table.concat(out, " or ")
end

local function check_table(name, args, level)
  if type(args) == "table" then return end
  error(("bad argument #1 to '%s' (table expected, got %s)"):format(name, type(args)), level + 1)
end

--- Whether an option makes the call differ from others of its client before its body
--- does.
local function overrides(name)
  return settings.known[name] ~= nil or name == "extra_headers"
end

--- An array stays one when it is empty.
local function as_list(name, field, value, level)
  if type(value) ~= "table" or value[1] ~= nil then return value end
  if next(value) == nil then return json.array{} end
  error(("bad field '%s' of '%s' (list expected, got a table without [1])"):format(field, name), level + 1)
end

--- The fields of the body: everything that is not ours. Second, whether the call has
--- settings of its own.
local function body_fields(name, lists, args, level)
  local fields = { model = nil, messages = nil, stream = nil, temperature = nil } -- made in a likely size
  local overridden = false
  for field, value in pairs(args) do
    local rule = rules[field]
    if rule then
      settings.check_option(field, rule, value, level + 1)
      overridden = overridden or overrides(field)
    elseif lists[field] then
      fields[field] = as_list(name, field, value, level + 1)
    else
      fields[field] = value
    end
  end
  return fields, overridden
end

--- The first required field that is there but empty, if any.
local function check_needs(name, needs, args, level)
  local empty
  for i = 1, #needs do
    local need = needs[i]
    local field, kinds = need[1], need[2]
    local value = args[field]
    if value == nil then error(("'%s' needs the field '%s'"):format(name, field), level + 1) end
    local kind = type(value)
    if kinds and not kinds[kind] then
      error(("bad field '%s' of '%s' (%s expected, got %s)"):format(field, name, names(kinds), kind), level + 1)
    end
    if need[3] and not empty and (value == "" or (kind == "table" and next(value) == nil)) then empty = field end
  end
  return empty
end

local function describe(name, endpoint, args)
  return {
    name = name, endpoint = endpoint, kind = endpoint.kind, method = endpoint.method, args = args, stream = false,
    -- Filled in later; named here so that the table is made in its size.
    fields = nil, overridden = nil, empty = nil, model = nil, body = nil, parts = nil, headers = nil, route = nil,
    url = nil, timeouts = nil, profile = nil, idempotency_key = nil, started = nil, due = nil, attempts = nil,
    transfer = nil, status = nil,
  }
end

--- The request that the arguments of a call mean; raises when they cannot be meant.
--- `build` makes it complete.
function M.begin(name, endpoint, args, level)
  check_table(name, args, level)
  local request, empty = describe(name, endpoint, args), check_needs(name, endpoint.needs, args, level)
  local fields, overridden = body_fields(name, endpoint.lists, args, level)
  request.fields, request.overridden, request.empty = fields, overridden, empty
  local stream = fields.stream
  if stream ~= nil then
    if type(stream) ~= "boolean" then
      error(("bad field 'stream' of '%s' (boolean expected, got %s)"):format(name, type(stream)), level)
    end
    request.stream = stream
  end
  return request
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

local function set_body(request)
  local args, fields = request.args, request.fields
  if fields.model then fields.model = wire_model(fields.model) end
  if args.tags and not request.endpoint.form then fields.tags = args.tags end
  if args.extra_body then merge(fields, args.extra_body) end
  request.model = fields.model
  if request.endpoint.form then
    local problem
    request.parts, problem = multipart.parts(fields, request.endpoint.files)
    return problem
  end
  local message
  request.body, message = json.encode(fields)
  return message and errors.config(("%s: %s"):format(request.name, message))
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

--- Adds what the settings say: nil, or the problem.
local function complete(request, client, module)
  local args = request.args
  local route, problem = routes.get(args, client, module, request.overridden)
  if not route then return problem end
  local plan
  plan, problem = routes.plan(route, request.endpoint, variant_of(request))
  if not plan then return problem end
  request.route, request.timeouts, request.profile, request.url = route, plan.timeouts, plan.profile, plan.url
  if args.extra_query then request.url, problem = routes.with_query(plan.url, args.extra_query) end
  return problem or set_tags(request, args)
end

--- Makes a request of `begin` complete: it, or nil, detail when it cannot be made.
function M.build(request, client, module)
  local problem
  if request.empty then
    problem = errors.config(("%s: '%s' is empty; nothing was sent"):format(request.name, request.empty))
  elseif request.method ~= "GET" then
    problem = set_body(request)
  end
  problem = problem or complete(request, client, module)
  if problem then return nil, problem end
  request.fields = nil
  return request
end

-- Any path ------------------------------------------------------------------------------

local RAW_KEYS = { method = "string", path = "string", json = true, body = "string", form = "table", files = "table",
  content_type = "string", stream = "boolean" }

local function check_raw(args, level)
  local overridden = false
  for key, value in pairs(args) do
    local kind = RAW_KEYS[key]
    if rules[key] then
      settings.check_option(key, rules[key], value, level + 1)
      overridden = overridden or overrides(key)
    elseif not kind then
      error(("unknown option '%s' to 'request'"):format(tostring(key)), level + 1)
    elseif kind ~= true and type(value) ~= kind then
      error(("bad option '%s' to 'request' (%s expected, got %s)"):format(key, kind, type(value)), level + 1)
    end
  end
  if args.method and not args.method:find("^%a+$") then
    error("bad option 'method' to 'request' (a word such as GET expected)", level + 1)
  end
  if not args.path then error("'request' needs a path, as in path = \"/models\"", level + 1) end
  if not args.path:find("^/") or args.path:find("^//") or args.path:find("[%c ]") then
    error("bad option 'path' to 'request' (a path of the gateway that begins with one / expected)", level + 1)
  end
  return overridden
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

-- What a second request after an unknown outcome may cost again.
local BILLED = { "/images/", "/audio/", "/batches" }

local function is_billed(method, path)
  for _, part in ipairs(BILLED) do
    if method == "POST" and path:find(part, 1, true) then return true end
  end
  return false
end

--- What the arguments of `request` mean; raises when they cannot be meant.
function M.begin_raw(args, level)
  check_table("request", args, level)
  local overridden = check_raw(args, level)
  local has_body = args.json ~= nil or args.body or args.form or args.files or args.extra_body
  local method = (args.method or (has_body and "POST" or "GET")):upper()
  local request = describe("request", {
    path = args.path, kind = "text", form = (args.form or args.files) and true, accumulate = "events", raw = true,
    content_type = args.content_type or (args.body and "application/octet-stream") or nil,
    method = method, billed = is_billed(method, args.path),
  }, args)
  request.stream, request.overridden = args.stream == true, overridden
  return request
end

--- Makes a request of `begin_raw` complete: it, or nil, detail.
function M.build_raw(request, client, module)
  local args = request.args
  local problem = set_raw_body(request, args) or complete(request, client, module)
  if problem then return nil, problem end
  return request
end

return M
