--- `litellm.explain`: what a call would send, and where each setting comes from.
--- Nothing is sent, no function that gives a key or a token is called, and no file is
--- read.

local document = require "litellm.document"
local endpoints = require "litellm.endpoints"
local errors = require "litellm.errors"
local files = require "litellm.files"
local json = require "litellm.json"
local request = require "litellm.request"
local routes = require "litellm.route"
local secrets = require "litellm.secrets"
local settings = require "litellm.settings"
local tables = require "litellm.tables"

local M = {}

---@class litellm.Explanation
local Explanation = {}
Explanation.__index = Explanation
Explanation.__name = "litellm.explanation"

-- A call like the one that is meant, without what it would do --------------------------------------

local OPEN_FILE = "an open file, read when it is sent"
local KEY_FUNCTION = "a function, called on first use"

local function harmless_value(value)
  if io.type(value) == "file" then return files.file{ data = OPEN_FILE } end
  if type(value) ~= "table" or getmetatable(value) ~= nil then return value end
  local out
  for key, each in pairs(value) do
    local safe = io.type(each) == "file" and harmless_value(each) or each
    if safe ~= each then
      if not out then
        out = {}
        for k, v in pairs(value) do out[k] = v end
      end
      out[key] = safe
    end
  end
  return out or value
end

local function harmless(args, client, module)
  local out = {}
  for name, value in pairs(args) do out[name] = harmless_value(value) end
  if type(settings.get("api_key", args, client, module)) == "function" then out.api_key = KEY_FUNCTION end
  return out
end

local function build(name, args, client, module)
  local endpoint = endpoints[name]
  if not endpoint then return request.build_raw(client, module, args, request.begin_raw(nil, args, 1)) end
  return request.build(client, module, endpoint, args, request.begin(endpoint, args, 1))
end

-- What is sent -------------------------------------------------------------------------------------------

local function parse_line(line)
  local name, value = line:match("^([^:;]+): ?(.*)$")
  if name then return name, value ~= "" and value or nil end -- "Name:" leaves it out
  return line:match("^([^;]+);"), ""
end

local function add_line(headers, line, hidden)
  local name, value = parse_line(line)
  if not value then return end
  if secrets.is_secret(name) then
    local scheme = value:match("^(%a+) .")
    headers[name] = scheme and scheme .. " ***" or "***"
    secrets.add(hidden, value)
    secrets.add(hidden, scheme and value:sub(#scheme + 2))
  else
    headers[name] = value
  end
end

local function headers_of(built, hidden)
  local route, headers = built.route, {}
  for _, line in ipairs(routes.header_lines(route, request.variant_of(built), built.endpoint.content_type)) do
    add_line(headers, line, hidden)
  end
  for _, line in ipairs(built.headers or {}) do add_line(headers, line, hidden) end
  if route.auth and not route.own_authorization then headers.Authorization = "Bearer ***" end
  if built.endpoint.method == "POST" and not route.own_idempotency then headers["Idempotency-Key"] = "(random)" end
  if built.parts then headers["Content-Type"] = "multipart/form-data" end
  for name, value in pairs(headers) do headers[name] = secrets.mask(value, hidden) end
  return headers
end

local function part_of(part, hidden)
  if not part.filename and not part.path then return { name = part.name, value = secrets.mask(part.data, hidden) } end
  local out = { name = part.name, filename = part.filename, content_type = part.content_type, path = part.path }
  if part.data == OPEN_FILE then
    out.open = true
  elseif part.data then
    out.bytes = #part.data
  end
  return out
end

local function parts_of(built, hidden)
  if not built.parts then return nil end
  local out = {}
  for i, part in ipairs(built.parts) do out[i] = part_of(part, hidden) end
  return out
end

-- Where it comes from ------------------------------------------------------------------------------------

local ENVIRONMENT = {
  api_base = "LITELLM_PROXY_API_BASE", api_key = "LITELLM_PROXY_API_KEY", use_litellm_proxy = "USE_LITELLM_PROXY",
}

local PROXIES = {
  http = { "http_proxy", "all_proxy", "ALL_PROXY" },
  https = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" },
}

local LIMITS = { "connect", "first_byte", "idle", "total", "count_pings" }

--- The name of the first variable that is set.
local function first_set(names)
  for _, name in ipairs(names) do
    local value = os.getenv(name)
    if value and value ~= "" then return "environment " .. name end
  end
end

local function limits_in(timeout)
  return type(timeout) == "number" and { total = timeout } or timeout or {}
end

--- Names of limits and of headers are found in all layers, the first one that has
--- it counts.
local function add_merged(sources, layers, timeouts)
  for _, name in ipairs(LIMITS) do
    if timeouts[name] ~= nil then sources["timeout." .. name] = "default" end
  end
  for i = #layers, 1, -1 do
    local layer = layers[i]
    for name in pairs(limits_in(layer.values.timeout)) do sources["timeout." .. name] = layer.name end
    for _, field in ipairs{ "headers", "extra_headers" } do
      for name in pairs(layer.values[field] or {}) do sources["headers." .. tostring(name):lower()] = layer.name end
    end
  end
end

local function source_of(name, layers)
  for _, layer in ipairs(layers) do
    local value = layer.values[name]
    if value ~= nil then
      return name == "api_key" and type(value) == "function" and layer.name .. ": " .. KEY_FUNCTION or layer.name
    end
  end
  return ENVIRONMENT[name] and first_set{ ENVIRONMENT[name] }
end

local function add_outside(sources, route)
  if sources.proxy == nil then sources.proxy = first_set(PROXIES[route.base:match("^%a+"):lower()]) end
  if sources.no_proxy == nil then sources.no_proxy = first_set{ "no_proxy", "NO_PROXY" } end
  if route.tls.ca_file and route.tls.ca_file == os.getenv("SSL_CERT_FILE") then
    sources["tls.ca_file"] = sources.tls or "environment SSL_CERT_FILE"
  end
end

local function sources_of(built, args, client, module)
  local layers = { { name = "call", values = args }, { name = "module", values = module } }
  if client then table.insert(layers, 2, { name = "client", values = client }) end
  local sources = {}
  for name in pairs(settings.known) do
    if name ~= "timeout" and name ~= "headers" then sources[name] = source_of(name, layers) end
  end
  if built.route.auth then sources.api_key = nil end -- it does not count then
  sources.num_retries = sources.num_retries or "default"
  add_merged(sources, layers, built.plan.timeouts)
  add_outside(sources, built.route)
  return sources
end

-- As a text ------------------------------------------------------------------------------------------------

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function form_option(part)
  if part.value then return "--form-string " .. quote(part.name .. "=" .. part.value) end
  local from = part.path and "@" .. part.path or part.bytes and ("<%d bytes>"):format(part.bytes) or "<open file>"
  local text = ("%s=%s"):format(part.name, from)
  if part.content_type then text = text .. ";type=" .. part.content_type end
  return "-F " .. quote(text .. (part.filename and ";filename=" .. part.filename or ""))
end

local function body_option(self)
  local body = document.is_text(self.body) and self.body or ("(%d bytes)"):format(#self.body)
  local value = body:find("^%s*[%[{]") and document.read(body)
  return "--data-raw " .. quote(value and document.write(value, "  ") or body)
end

local function time_text(self)
  local out = {}
  for _, name in ipairs(LIMITS) do
    local n = self.timeouts[name]
    if type(n) == "number" then out[#out + 1] = ("%s %s"):format(name, n > 0 and ("%g s"):format(n) or "none") end
  end
  return "# timeout: " .. table.concat(out, ", ")
end

function Explanation:__tostring()
  local lines = { ("curl -X %s %s"):format(self.method, quote(self.url)) }
  for _, name in ipairs(tables.sorted_keys(self.headers)) do
    lines[#lines + 1] = "-H " .. quote(self.headers[name] == "" and name .. ";" or name .. ": " .. self.headers[name])
  end
  for _, part in ipairs(self.parts or {}) do lines[#lines + 1] = form_option(part) end
  if self.body then lines[#lines + 1] = body_option(self) end
  local text = { table.concat(lines, " \\\n  "), time_text(self), ("# retries: %d"):format(self.num_retries) }
  local by_source = {}
  for _, name in ipairs(tables.sorted_keys(self.sources)) do
    local source = self.sources[name]
    by_source[source] = (by_source[source] and by_source[source] .. ", " or "") .. name
  end
  for _, source in ipairs(tables.sorted_keys(by_source)) do
    text[#text + 1] = ("# from %s: %s"):format(source, by_source[source])
  end
  return table.concat(text, "\n")
end

-- What programs call -------------------------------------------------------------------------------------------

local function explain(name, args, client, module)
  local built, problem = build(name, harmless(args, client, module), client, module)
  if not built then return errors.fail(problem) end
  local hidden, route = {}, built.route
  if route.key ~= KEY_FUNCTION then secrets.add(hidden, route.key) end
  local headers = headers_of(built, hidden)
  return setmetatable({
    endpoint = name, method = built.endpoint.method, url = secrets.mask(secrets.url(built.url), hidden),
    headers = headers, body = built.body and secrets.mask(built.body, hidden), parts = parts_of(built, hidden),
    timeouts = built.plan.timeouts, num_retries = route.retries, stream = built.stream,
    sources = sources_of(built, args, client, module),
  }, Explanation)
end

--- `explain(name, args)`, or `explain{ endpoint = name, ... }`: "completion" when none
--- is named.
local function arguments(name, args)
  if type(name) ~= "table" then return name, args or {} end
  local out = {}
  for key, value in pairs(name) do out[key] = value end
  out.endpoint = nil
  return name.endpoint or "completion", out
end

--- What a call would send: a table of its `method`, `url`, `headers`, `body` or
--- `parts`, `timeouts`, `num_retries` and `sources`, secrets hidden; its tostring is a
--- command of curl. nil, message, detail where the call itself would fail so.
---@param name string|table
---@param args table?
---@param client table? the settings of the client
---@param module table those of the module
---@return litellm.Explanation?
---@return string? message
---@return litellm.Error? detail
function M.call(name, args, client, module)
  name, args = arguments(name, args)
  if endpoints[name] then
    request.begin(endpoints[name], args, 4)
  elseif name == "request" then
    request.begin_raw(nil, args, 4)
  else
    error(("bad argument #1 to 'explain' (the name of a call expected, such as \"completion\", got %s)")
      :format(type(name) == "string" and json.encode(name) or type(name)), 3)
  end
  return explain(name, args, client, module)
end

return M
