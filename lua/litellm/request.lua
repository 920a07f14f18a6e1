--- Builds what goes over the wire from the table of a call: one builder for all
--- endpoints, so that fields, headers, keys, tags and limits behave alike.

local errors = require "litellm.errors"
local json = require "litellm.json"
local lazy = require "litellm.lazy"
local native = require "litellm.native"
local routes = require "litellm.route"
local settings = require "litellm.settings"
local tables = require "litellm.tables"

local multipart = lazy "litellm.multipart"

local M = {}

local rules = settings.rules

-- Mistakes of the programmer ------------------------------------------------------

local function names(kinds)
  return table.concat(tables.sorted_keys(kinds), " or ")
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

--- `litellm_proxy/x` is the SDK's way of saying x at the gateway.
local PREFIX = "^litellm_proxy/"

--- The fields of the body: everything that is not ours. Second, whether the call has
--- settings of its own.
local function body_fields(endpoint, args, level)
  local name, lists = endpoint.name, endpoint.lists
  local fields, overridden = {}, false
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
  if type(fields.model) == "string" then fields.model = fields.model:gsub(PREFIX, "", 1) end
  return fields, overridden
end

--- The first required field that is there but empty, if any.
local function check_needs(endpoint, args, level)
  local name, needs = endpoint.name, endpoint.needs
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

local function check_stream(endpoint, stream, level)
  if stream == nil or type(stream) == "boolean" then return end
  error(("bad field 'stream' of '%s' (boolean expected, got %s)"):format(endpoint.name, type(stream)), level + 1)
end

--- What the arguments of a call mean; raises when they cannot be meant. The fields of
--- the body, which are the arguments themselves where nothing else is among them;
--- whether the call has settings of its own; a field that must not be empty but is.
function M.begin(endpoint, args, level)
  if native.are_plain(args, rules, endpoint.shapes, endpoint.needed) then return args, false, nil end
  check_table(endpoint.name, args, level)
  check_stream(endpoint, args.stream, level)
  local empty = check_needs(endpoint, args, level)
  local fields, overridden = body_fields(endpoint, args, level)
  return fields, overridden, empty
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

local function set_body(request, fields)
  local endpoint, args = request.endpoint, request.args
  if endpoint.method == "GET" then return nil end
  -- What these add to comes with an option, so that the table is not the caller's.
  if args.tags and not endpoint.form then fields.tags = args.tags end
  if args.extra_body then merge(fields, args.extra_body) end
  if type(fields.model) == "string" then request.model = fields.model end
  local problem, message
  if endpoint.form then
    request.parts, problem = multipart.parts(fields, endpoint.files)
    return problem
  end
  request.body, message = json.encode(fields)
  return message and errors.config(("%s: %s"):format(endpoint.name, message))
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
local function set_tags(request, tags)
  if not tags or not request.parts or #tags == 0 then return nil end
  local list, problem = tag_list(tags)
  if not list then return errors.config(problem) end
  request.headers = { "x-litellm-tags: " .. list }
end

local function variant_of(request)
  if request.parts then return request.stream and "form_stream" or "form" end
  if request.stream then return "stream" end
  if request.endpoint.kind == "audio" then return "audio" end
  return request.body and "json" or "get"
end

M.variant_of = variant_of

--- Adds what the settings say: nil, or the problem.
local function complete(request, client, module, overridden)
  local args = request.args
  local route, problem = routes.get(args, client, module, overridden)
  if not route then return problem end
  local plan
  plan, problem = routes.plan(route, request.endpoint, variant_of(request))
  if not plan then return problem end
  request.route, request.plan, request.url = route, plan, plan.url
  if args.extra_query then request.url, problem = routes.with_query(plan.url, args.extra_query) end
  return problem or set_tags(request, args.tags)
end

local function new(endpoint, args, stream)
  return {
    endpoint = endpoint, args = args, stream = stream or false,
    -- Filled in later; named here so that the table is made in its size.
    route = false, plan = false, url = false, attempts = 0, started = 0, status = 0, model = nil, body = nil,
    idempotency_key = nil, due = nil, transfer = nil, elapsed = nil,
  }
end

--- The request of a call, with what `begin` found in its arguments: nil, detail when it
--- cannot be made.
function M.build(client, module, endpoint, args, fields, overridden, empty)
  if empty then
    return nil, errors.config(("%s: '%s' is empty; nothing was sent"):format(endpoint.name, empty))
  end
  local request = new(endpoint, args, fields.stream)
  local problem = set_body(request, fields) or complete(request, client, module, overridden)
  if problem then return nil, problem end
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

local function set_raw_body(request)
  local args = request.args
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

--- What the arguments of `request` mean; raises when they cannot be meant. An endpoint
--- of its own, and whether the call has settings of its own.
function M.begin_raw(_, args, level)
  check_table("request", args, level)
  local overridden = check_raw(args, level)
  local has_body = args.json ~= nil or args.body or args.form or args.files or args.extra_body
  local method = (args.method or (has_body and "POST" or "GET")):upper()
  return {
    name = "request", path = args.path, kind = "text", form = (args.form or args.files) and true,
    accumulate = "events", raw = true, method = method, billed = is_billed(method, args.path),
    content_type = args.content_type or (args.body and "application/octet-stream") or nil,
  }, overridden
end

--- As `build`, with what `begin_raw` found.
function M.build_raw(client, module, args, endpoint, overridden)
  local request = new(endpoint, args, args.stream)
  local problem = set_raw_body(request) or complete(request, client, module, overridden)
  if problem then return nil, problem end
  return request
end

return M
