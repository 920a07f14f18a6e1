-- The specs' side of the loopback server (support/server.lua): one server
-- process for a whole run, a route of its own for each test.
--
--     local gw = require("support.gateway").start()
--     local s = gw:script{ { json = { ... } } }
--     ... s.base is an api_base ...
--     assert.equal("/chat/completions", s:last().path)
--
-- A step of a script answers one request; `repeats = true` on the last keeps it:
--
--   status, reason, version     200, its phrase, "HTTP/1.1"
--   headers                     { name = value } or { { name, value }, ... }
--   body | json | sse           bytes, a value, or a list of events
--   chunked                     true for sse; false: a body that ends at close
--   content_length              what to claim instead of the true length; false: no header
--   delay, delay_body           seconds before the status line, before the body
--   split, gap                  write N bytes at a time, `gap` seconds apart
--   close                       close afterwards, and say so
--   ending                      "close" | "reset" | "stall" afterwards, unsaid
--   early                       answer before the body was read
--   no_continue                 no 100 for an `Expect: 100-continue`
--   echo                        what stands for the seed of the request, in its length
--   raw                         a list of writes instead of all of the above
--
-- In `sse` and `raw` stand strings (bytes as they are), and { delay = seconds },
-- { wait = "gate" } (until s:open("gate")), "close", "reset" and "stall"; in
-- `sse` any other table is an event with that JSON.
local socket = require("socket")
local pack = require("support.pack")
local cjson = require("cjson").new()

local M = {}

local phrases = {
  [200] = "OK", [201] = "Created", [301] = "Moved Permanently", [302] = "Found", [303] = "See Other",
  [304] = "Not Modified", [307] = "Temporary Redirect", [308] = "Permanent Redirect", [400] = "Bad Request",
  [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found", [405] = "Method Not Allowed",
  [408] = "Request Timeout", [409] = "Conflict", [413] = "Content Too Large", [422] = "Unprocessable Entity",
  [425] = "Too Early", [429] = "Too Many Requests", [500] = "Internal Server Error", [501] = "Not Implemented",
  [502] = "Bad Gateway", [503] = "Service Unavailable", [504] = "Gateway Timeout",
}

local endings = { close = true, reset = true, stall = true }

-- Steps into writes -----------------------------------------------------------

local function event(item)
  if type(item) == "table" and not item.delay and not item.wait then
    return "data: " .. cjson.encode(item) .. "\n\n"
  end
  return item
end

local function add(writes, item)
  writes[#writes + 1] = endings[item] and { ending = item } or item
end

local function add_bytes(writes, bytes, step)
  local size = step.split or math.max(#bytes, 1)
  for at = 1, #bytes, size do
    add(writes, bytes:sub(at, at + size - 1))
    if step.gap and at + size <= #bytes then
      add(writes, { delay = step.gap })
    end
  end
end

local function head_of(step, fields)
  local status = step.status or 200
  local lines = { ("%s %d %s"):format(step.version or "HTTP/1.1", status, step.reason or phrases[status] or "") }
  local seen = {}
  local function put(name, value)
    seen[name:lower()] = true
    lines[#lines + 1] = name .. ": " .. tostring(value)
  end
  for name, value in pairs(step.headers or {}) do
    if type(value) == "table" then
      put(value[1], value[2])
    else
      put(name, value)
    end
  end
  for _, field in ipairs(fields) do
    if not seen[field[1]:lower()] then
      put(field[1], field[2])
    end
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

local function framing(step, pieces)
  if step.chunked or (step.chunked == nil and step.sse) then
    return { "Transfer-Encoding", "chunked" }, true
  elseif step.chunked == false or step.content_length == false then
    return nil, false
  end
  local length = 0
  for _, piece in ipairs(pieces) do
    length = length + (type(piece) == "string" and not endings[piece] and #piece or 0)
  end
  return { "Content-Length", step.content_length or length }, false
end

local function content_of(step)
  if step.sse then
    local pieces = {}
    for i, item in ipairs(step.sse) do
      pieces[i] = event(item)
    end
    return pieces, "text/event-stream; charset=utf-8"
  elseif step.json ~= nil then
    return { cjson.encode(step.json) }, "application/json"
  end
  return { step.body or "" }, "application/json"
end

local function render(step)
  local writes = {}
  local rendered = {
    writes = writes, repeats = step.repeats, early = step.early, no_continue = step.no_continue,
    ending = step.ending or (step.close and "close"), echo = step.echo,
  }
  if step.raw then
    for _, item in ipairs(step.raw) do
      add(writes, item)
    end
    return rendered
  end
  local pieces, content_type = content_of(step)
  local frame, chunked = framing(step, pieces)
  if not frame or step.version == "HTTP/1.0" then
    rendered.ending = rendered.ending or "close"
  end
  if step.delay then
    add(writes, { delay = step.delay })
  end
  local fields = { { "Content-Type", content_type } }
  fields[#fields + 1] = frame
  fields[#fields + 1] = step.close and { "Connection", "close" } or nil
  add_bytes(writes, head_of(step, fields), step)
  if step.delay_body then
    add(writes, { delay = step.delay_body })
  end
  local cut = false
  for _, piece in ipairs(pieces) do
    cut = cut or endings[piece] or false
    if type(piece) ~= "string" or endings[piece] then
      add(writes, piece)
    elseif chunked then
      add_bytes(writes, ("%x\r\n"):format(#piece) .. piece .. "\r\n", step)
    else
      add_bytes(writes, piece, step)
    end
  end
  if chunked and not cut then
    add(writes, "0\r\n\r\n")
  end
  if rendered.ending == "stall" then
    add(writes, "stall")
  end
  return rendered
end

-- What came -------------------------------------------------------------------

local function parse_headers(head)
  local list, map = {}, {}
  for line in head:gmatch("([^\r\n]+)\r\n") do
    local name, value = line:match("^([^:]+):[ \t]*(.-)[ \t]*$")
    if name and not line:find("^%u+ %S+ HTTP/") then
      list[#list + 1] = { name, value }
      local key = name:lower()
      map[key] = map[key] and map[key] .. ", " .. value or value
    end
  end
  return list, map
end

local function parse_part(bytes)
  local head, body = bytes:match("^\r\n(.-\r\n)\r\n(.*)\r\n$")
  local _, headers = parse_headers(head)
  local disposition = headers["content-disposition"]
  return {
    headers = headers, body = body, name = disposition:match('[; ]name="([^"]*)"'),
    filename = disposition:match('filename="(.-)"'), content_type = headers["content-type"],
  }
end

-- The parts in order, and the bodies of a name: parts.by_name.model[1].
local function parse_multipart(body, content_type)
  local boundary = content_type:match('boundary="?([^";]+)')
  local parts = { by_name = {} }
  local mark = "--" .. boundary
  local from = select(2, body:find(mark, 1, true)) + 1
  while body:sub(from, from + 1) ~= "--" do
    local next_from, next_to = body:find(mark, from, true)
    local part = parse_part(body:sub(from, next_from - 1))
    parts[#parts + 1] = part
    parts.by_name[part.name] = parts.by_name[part.name] or {}
    table.insert(parts.by_name[part.name], part.body)
    from = next_to + 1
  end
  return parts
end

local Request = {}

function Request.__index(request, key)
  local value
  if key == "parts" and (request.headers["content-type"] or ""):find("^multipart/form%-data") then
    value = parse_multipart(request.body, request.headers["content-type"])
  elseif key == "json" and request.body ~= "" then
    value = cjson.decode(request.body)
  end
  rawset(request, key, value)
  return value
end

local function parse_request(raw, prefix)
  local method, target, version = raw.head:match("^(%S+) (%S+) (%S+)\r\n")
  local path, query = target:gsub("^%a+://[^/]*", ""):match("^([^?]*)%??(.*)$")
  raw.method, raw.target, raw.version, raw.query = method, target, version, query
  raw.path = path:sub(1, #prefix) == prefix and path:sub(#prefix + 1) or path
  raw.header_list, raw.headers = parse_headers(raw.head)
  return setmetatable(raw, Request)
end

-- A script: one test's part of the server ----------------------------------------

local Script = {}
Script.__index = Script

--- Everything that came to this route, in order.
function Script:requests()
  local list = self.gateway:order({ order = "requests", id = self.id })
  for i, raw in ipairs(list) do
    list[i] = parse_request(raw, self.prefix)
  end
  return list
end

function Script:count()
  return #self:requests()
end

function Script:last()
  local list = self:requests()
  return list[#list]
end

--- { number, opened, closed, close, client_closed, client_close, requests }
function Script:connections()
  return self.gateway:order({ order = "connections", id = self.id })
end

--- Lets the steps that { wait = gate } go on.
function Script:open(gate)
  self.gateway:order({ order = "open", id = self.id, gate = gate })
end

--- Waits until condition(self) is true; returns what it returned, or nil.
function Script:wait_for(condition, seconds)
  local give_up = socket.gettime() + (seconds or 2)
  repeat
    local value = condition(self)
    if value then
      return value
    end
    socket.sleep(0.002)
  until socket.gettime() > give_up
end

--- True once every connection of this route is closed.
function Script:all_closed(seconds)
  return self:wait_for(function()
    local connections = self:connections()
    for _, connection in ipairs(connections) do
      if not (connection.client_closed or connection.closed) then
        return false
      end
    end
    return #connections > 0
  end, seconds)
end

function Script:forget()
  self.gateway:order({ order = "forget", id = self.id })
end

-- The gateway -----------------------------------------------------------------------

local Gateway = {}
Gateway.__index = Gateway

function Gateway:order(order)
  local bytes = pack.encode(order)
  assert(self.control:send(#bytes .. "\n" .. bytes))
  local length = assert(self.control:receive("*l"))
  return pack.decode(assert(self.control:receive(tonumber(length))))
end

function Gateway:new_id(letter)
  self.ids = self.ids + 1
  return letter .. self.ids
end

local function script_at(self, id, port, options)
  local scheme = options.tls and "https" or "http"
  local host = options.host or "127.0.0.1"
  local origin = ("%s://%s:%d"):format(scheme, host, port)
  return setmetatable({
    gateway = self, id = id, port = port, prefix = "/" .. id, origin = origin, base = origin .. "/" .. id,
  }, Script)
end

--- A route that answers with these steps. Options: `own = true`, a port of its
--- own; `tls = "good" | "wrong_name" | "expired" | "unknown" | "mutual" | "old"`
--- (of TLS 1.2);
--- `accept = "close" | "reset" | "stall"`, what happens before any request;
--- `host`, the name to put into `base`; `at`, the port; `log`, a file for the seeds
--- of the requests.
function Gateway:script(steps, options)
  options = options or {}
  local id = self:new_id("t")
  local rendered = {}
  for i, step in ipairs(steps) do
    rendered[i] = render(step)
  end
  self:order({ order = "script", id = id, steps = rendered })
  if options.log then
    self:order({ order = "log", id = id, path = options.log })
  end
  local port = self.port
  if options.own or options.accept then
    port = self:order({ order = "listen", id = id, own = true, accept = options.accept, at = options.at })
  elseif options.tls then
    port = self:tls():port(options.tls)
  end
  return script_at(self, id, port, options)
end

--- A forward proxy: CONNECT tunnels to that port of this machine, whatever the
--- host; http:// targets are answered by their route. `auth = "user:password"`
--- asks for it.
function Gateway:proxy(options)
  options = options or {}
  local id = self:new_id("p")
  local auth = options.auth and "Basic " .. require("mime").b64(options.auth)
  local port = self:order({ order = "listen", id = id, proxy = true, proxy_auth = auth })
  local proxy = script_at(self, id, port, {})
  proxy.url = proxy.origin
  return proxy
end

--- A port of this machine where nothing listens.
function Gateway:closed_port()
  return self:order({ order = "closed_port" })
end

--- A port that never completes a connection.
function Gateway:full_port()
  return self:order({ order = "listen", id = self:new_id("f"), full = true })
end

--- Certificates made on first use, and the listeners that show them.
function Gateway:tls()
  self.certificates = self.certificates or require("support.certificates").new(self)
  return self.certificates
end

--- Ends the process without a word, as the system does when memory is out.
function Gateway:kill()
  os.execute(("kill -KILL %d"):format(self:order({ order = "pid" })))
  self.control:close()
end

-- Starting ----------------------------------------------------------------------------

local command = [[
export LITELLM_SPEC_SERVER=1; unset LUA_PATH LUA_CPATH LUA_INIT LD_PRELOAD
for lua in lua5.4 lua5.3 luajit lua5.1 lua; do
  command -v $lua >/dev/null && exec $lua '%s' --control %d >/dev/null
done &]]

--- A server process, apart from that of the run.
function M.launch()
  local here = debug.getinfo(1, "S").source:match("^@(.*)gateway%.lua$")
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  os.execute(command:format(here .. "server.lua", port))
  listener:settimeout(10)
  local control = assert(listener:accept())
  listener:close()
  control:setoption("tcp-nodelay", true)
  local gateway = setmetatable({ control = control, ids = 0 }, Gateway)
  gateway.port = gateway:order({ order = "listen", id = "main" })
  return gateway
end

--- The gateway of this run. Busted gives each spec file fresh modules; the
--- registry is where the one process is remembered between them.
function M.start()
  local registry = debug.getregistry()
  local gateway = registry["litellm.spec.gateway"]
  if not gateway then
    gateway = M.launch()
    registry["litellm.spec.gateway"] = gateway
  end
  return gateway
end

M.now = socket.gettime
M.render = render

return M
