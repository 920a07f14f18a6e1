-- The loopback gateway of the specs, a process of its own:
--
--     lua spec/support/server.lua [--control PORT]
--
-- It answers what a script tells it to, byte for byte, and remembers what came.
-- A script belongs to a route (`/t17`); each request below the route takes the
-- next step of the script. With --control it connects to that port of the spec
-- run, takes orders there (see `orders` below) and ends when that connection
-- does, so that it never outlives its parent. It knows nothing of LiteLLM.
local here = arg[0]:match("^(.*)support/server%.lua$") or "spec/"
package.path = here .. "?.lua;" .. package.path

local socket = require("socket")
local pack = require("support.pack")

local now = socket.gettime

-- Fibers --------------------------------------------------------------------
-- A fiber is a coroutine that yields what it waits for: a socket to read, a
-- socket to write, a time, or a condition. What comes first wakes it.

local fibers = {}

local function resume(fiber, reason)
  local ok, want = coroutine.resume(fiber, reason)
  if not ok then
    io.stderr:write("spec server: ", debug.traceback(fiber, tostring(want)), "\n")
  end
  fibers[fiber] = coroutine.status(fiber) ~= "dead" and want or nil
end

local function spawn(body, ...)
  local arguments = { ... }
  resume(coroutine.create(function()
    body((table.unpack or unpack)(arguments))
  end))
end

-- Returns "read", "write", "time" or "met".
local function wait(want)
  return coroutine.yield(want)
end

local function ready(want, readable, writable, time)
  if want.met and want.met() then
    return "met"
  elseif want.write and writable[want.write] then
    return "write"
  elseif want.read and readable[want.read] then
    return "read"
  elseif want.at and want.at <= time then
    return "time"
  end
end

local function turn()
  local reads, writes, nearest = {}, {}, nil
  for _, want in pairs(fibers) do
    reads[#reads + 1] = want.read
    writes[#writes + 1] = want.write
    local at = want.met and want.met() and 0 or want.at
    nearest = at and math.min(at, nearest or at) or nearest
  end
  local timeout = nearest and math.max(0, nearest - now())
  local readable, writable = socket.select(reads, writes, timeout)
  local time, woken = now(), {}
  for fiber, want in pairs(fibers) do
    local reason = ready(want, readable, writable, time)
    if reason then
      woken[#woken + 1] = { fiber, reason }
    end
  end
  for _, pair in ipairs(woken) do
    resume(pair[1], pair[2])
  end
end

-- Routes and what they remember ----------------------------------------------

local routes = {}
local connection_count = 0

local function route_named(id)
  local route = routes[id]
  if not route then
    route = { steps = {}, taken = 0, requests = {}, connections = {}, gates = {} }
    routes[id] = route
  end
  return route
end

local script_ended = {
  writes = { "HTTP/1.1 400 Script Ended\r\nConnection: close\r\n\r\nthe script of the spec has ended" },
  ending = "close",
}

local function next_step(route)
  route.taken = route.taken + 1
  local last = route.steps[#route.steps]
  return route.steps[route.taken] or (last and last.repeats and last) or script_ended
end

-- Connections -----------------------------------------------------------------

local Connection = {}
Connection.__index = Connection

local function connection(sock, listener)
  connection_count = connection_count + 1
  sock:settimeout(0)
  sock:setoption("tcp-nodelay", true)
  local record = { number = connection_count, opened = now(), requests = 0 }
  return setmetatable({ sock = sock, listener = listener, record = record, inbox = "" }, Connection)
end

function Connection:belongs_to(route)
  for _, record in ipairs(route.connections) do
    if record == self.record then
      return
    end
  end
  table.insert(route.connections, self.record)
end

function Connection:gone(reason)
  if not self.eof then
    self.eof = true
    self.record.client_closed = now()
    self.record.client_close = reason
  end
end

-- Takes what has arrived, without waiting; returns it or nil.
function Connection:pull()
  if self.eof then
    return nil
  end
  local data, err, partial = self.sock:receive(65536)
  data = data or partial
  if err and err ~= "timeout" and err ~= "wantread" and err ~= "wantwrite" then
    self:gone(err)
  end
  if data and data ~= "" then
    return data
  end
end

-- Waits for more bytes; false once the client has closed.
function Connection:fill()
  while not self.eof do
    local data = self:pull()
    if data then
      self.inbox = self.inbox .. data
      return true
    end
    if not self.eof then
      wait({ read = self.sock })
    end
  end
  return false
end

function Connection:read(count)
  local pieces, have = { self.inbox }, #self.inbox
  self.inbox = ""
  while have < count and not self.eof do
    local data = self:pull()
    if data then
      pieces[#pieces + 1] = data
      have = have + #data
    elseif not self.eof then
      wait({ read = self.sock })
    end
  end
  local all = table.concat(pieces)
  self.inbox = all:sub(count + 1)
  return all:sub(1, count)
end

function Connection:read_until(mark)
  while true do
    local _, to = self.inbox:find(mark, 1, true)
    if to then
      local head = self.inbox:sub(1, to)
      self.inbox = self.inbox:sub(to + 1)
      return head
    end
    if not self:fill() then
      return nil
    end
  end
end

function Connection:write(bytes)
  local sent = 0
  while sent < #bytes do
    local last, err, partial = self.sock:send(bytes, sent + 1)
    sent = last or partial or sent
    if not last then
      if err == "timeout" or err == "wantwrite" then
        wait({ write = self.sock })
      elseif err == "wantread" then
        wait({ read = self.sock })
      else
        self:gone(err)
        return false
      end
    end
  end
  return true
end

-- Waits for a time or a condition while it listens for the client's close;
-- false once the client has closed.
function Connection:pause(seconds, met)
  local at = seconds and now() + seconds
  while not self.eof do
    local reason = wait({ at = at, met = met, read = self.sock })
    if reason ~= "read" then
      return true
    end
    local data = self:pull()
    self.inbox = self.inbox .. (data or "")
    if data and #self.inbox > 1048576 then
      return true -- Whoever pipelines that much waits for no answer.
    end
  end
  return false
end

function Connection:finish(how)
  if how == "reset" then
    self.sock:setoption("linger", { on = true, timeout = 0 })
  elseif not self.eof and not self.listener.tls then
    -- Close in order: unread bytes would turn the close into a reset.
    self.sock:shutdown("send")
    local until_then = now() + 0.2
    while not self.eof and now() < until_then do
      if not self:pull() and not self.eof then
        wait({ read = self.sock, at = until_then })
      end
    end
  end
  self.sock:close()
  self.record.closed = now()
  self.record.close = how
end

-- Performs a step's list of bytes and pauses. Returns how the connection ends,
-- or nil to keep it.
function Connection:perform(step, route, seed)
  for _, item in ipairs(step.writes) do
    local alive
    if type(item) == "string" then
      alive = self:write(step.echo and item:gsub(step.echo, seed) or item)
    elseif item.delay then
      alive = self:pause(item.delay)
    elseif item.wait then
      alive = self:pause(nil, function()
        return route.gates[item.wait]
      end)
    elseif item.ending == "stall" then
      self:pause(nil)
      alive = false
    else
      return item.ending
    end
    if not alive then
      return "client"
    end
  end
  return step.ending
end

-- HTTP, as little as is needed to know where a request ends --------------------

local function header(head, name)
  for field, value in head:gmatch("\n([^:\r\n]+):[ \t]*([^\r\n]*)") do
    if field:lower() == name then
      return value
    end
  end
end

function Connection:read_chunked()
  local pieces = {}
  while true do
    local line = self:read_until("\r\n")
    local size = line and tonumber(line:match("^%x+"), 16)
    if not size or size == 0 then
      local trailer = size and self:read_until("\r\n")
      return table.concat(pieces), trailer ~= nil
    end
    pieces[#pieces + 1] = self:read(size)
    self:read(2)
  end
end

function Connection:read_body(head)
  if (header(head, "transfer-encoding") or ""):lower():find("chunked", 1, true) then
    return self:read_chunked()
  end
  local length = tonumber(header(head, "content-length") or 0)
  local body = length > 0 and self:read(length) or ""
  return body, #body == length
end

-- The route of a request: `/t17/v1/x` and `http://any.host/t17/v1/x` alike.
local function find_route(head, listener)
  local target = head:match("^%S+ (%S+)") or ""
  local path = target:gsub("^%a+://[^/]*", "")
  local id = path:match("^/(%w+)")
  return id and routes[id] or route_named(listener.id), target
end

local function tunnel(conn, target)
  local port = tonumber(target:match(":(%d+)$"))
  local far = assert(socket.tcp())
  if not port or not far:connect("127.0.0.1", port) then
    conn:write("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
    return "close"
  end
  conn:write("HTTP/1.1 200 Connection established\r\n\r\n")
  local back = connection(far, conn.listener)
  spawn(function()
    while back:fill() do
      local data = back.inbox
      back.inbox = ""
      if not conn:write(data) then
        break
      end
    end
    conn.sock:shutdown("send")
    far:close()
  end)
  repeat
    local data = conn.inbox
    conn.inbox = ""
  until not back:write(data) or not conn:fill()
  far:shutdown("both") -- Its own fiber sees the end and closes it.
  return "close"
end

-- Does a proxy's part: nil where the request is to be answered by its route.
local function serve_proxy(conn, request, target)
  local head, want = request.head, conn.listener.proxy_auth
  table.insert(route_named(conn.listener.id).requests, request)
  if want and header(head, "proxy-authorization") ~= want then
    conn:write("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n"
      .. "Proxy-Authenticate: Basic realm=\"spec\"\r\nConnection: close\r\n\r\n")
    return "close"
  elseif head:find("^CONNECT ") then
    return tunnel(conn, target)
  end
end

local function wants_close(head)
  return (header(head, "connection") or ""):lower() == "close" or head:find("^[^\r]* HTTP/1%.0\r")
end

local no_http = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
  .. "Invalid HTTP request received."

local function serve_request(conn)
  if conn.inbox == "" and not conn:fill() then
    return "client"
  elseif not conn.inbox:find("^%a") then
    conn:write(no_http) -- A TLS greeting, most likely.
    return "close"
  end
  local head = conn:read_until("\r\n\r\n")
  if not head then
    return "client"
  end
  local route, target = find_route(head, conn.listener)
  local request = { head = head, connection = conn.record.number, time = now(), body = "" }
  conn.record.requests = conn.record.requests + 1
  local ending = conn.listener.proxy and serve_proxy(conn, request, target)
  if ending then
    return ending
  end
  conn:belongs_to(route)
  table.insert(route.requests, request)
  local step = next_step(route)
  if not step.early then
    if (header(head, "expect") or ""):lower() == "100-continue" and not step.no_continue then
      conn:write("HTTP/1.1 100 Continue\r\n\r\n")
    end
    request.body, request.complete = conn:read_body(head)
    request.body_time = now()
  end
  local seed = request.complete and request.body:match('"seed":(%d+)')
  if seed and route.log then
    route.log:write(seed, "\n")
  end
  return conn:perform(step, route, seed) or (wants_close(head) and "close")
end

local function handshake(conn)
  local ssl = require("ssl")
  conn.sock = assert(ssl.wrap(conn.sock, conn.listener.tls))
  conn.sock:settimeout(0)
  while true do
    local done, err = conn.sock:dohandshake()
    if done then
      return true
    elseif err == "wantread" or err == "timeout" then
      wait({ read = conn.sock })
    elseif err == "wantwrite" then
      wait({ write = conn.sock })
    else
      conn.record.tls_error = err
      return false
    end
  end
end

local function serve(conn)
  local listener = conn.listener
  if listener.own then
    conn:belongs_to(route_named(listener.id))
  end
  if listener.accept then
    if listener.accept == "stall" then
      conn:pause(nil)
    end
    return conn:finish(listener.accept)
  end
  if listener.tls and not handshake(conn) then
    return conn:finish("tls")
  end
  local ending
  repeat
    ending = serve_request(conn)
  until ending
  conn:finish(ending)
end

-- Listeners ---------------------------------------------------------------------

local listeners = {} -- none is to be collected

-- Nobody accepts here: once the queue is full a new connect just waits.
local function fill_queue(listener, port)
  listener.queue = {}
  for i = 1, 3 do
    listener.queue[i] = socket.tcp()
    listener.queue[i]:settimeout(0)
    listener.queue[i]:connect("127.0.0.1", port)
  end
end

local function accept_all(listener)
  while true do
    wait({ read = listener.sock })
    local client = listener.sock:accept()
    if client then
      spawn(serve, connection(client, listener))
    end
  end
end

local function listen(listener, port)
  local sock = assert((socket.tcp4 or socket.tcp)()) -- LuaSocket 3 makes no socket for tcp() yet
  assert(sock:setoption("reuseaddr", true))
  assert(sock:bind("127.0.0.1", port or 0))
  assert(sock:listen(listener.full and 0 or 1024))
  sock:settimeout(0)
  listener.sock = sock
  local _, bound = sock:getsockname()
  listener.port = tonumber(bound)
  table.insert(listeners, listener)
  if listener.full then
    fill_queue(listener, listener.port)
  else
    spawn(accept_all, listener)
  end
  return listener.port
end

-- Orders from the spec run ---------------------------------------------------------

local orders = {}

function orders.listen(order)
  return listen(order, order.at)
end

function orders.pid()
  local file = io.open("/proc/self/stat")
  local pid = file:read("*n")
  file:close()
  return pid
end

-- Each seed goes to the file as soon as its request is there: it may be killed.
function orders.log(order)
  local log = assert(io.open(order.path, "a"))
  log:setvbuf("no")
  route_named(order.id).log = log
end

-- A port at which nothing listens: taken here, so that nobody else gets it.
function orders.closed_port()
  local sock = assert(socket.tcp())
  assert(sock:bind("127.0.0.1", 0))
  orders.reserved = orders.reserved or {}
  table.insert(orders.reserved, sock)
  local _, port = sock:getsockname()
  return tonumber(port)
end

function orders.script(order)
  local route = route_named(order.id)
  route.steps, route.taken = order.steps, 0
end

function orders.requests(order)
  return route_named(order.id).requests
end

function orders.connections(order)
  return route_named(order.id).connections
end

function orders.open(order)
  route_named(order.id).gates[order.gate] = true
end

function orders.forget(order)
  routes[order.id] = nil
end

-- Only a folder of the specs' own making: /tmp/lua_XXXXXX with keys inside.
function orders.remove_at_exit(order)
  orders.folder = order.folder
end

local function end_of_run()
  if orders.folder then
    os.execute(("cd '%s' && rm -f *.pem *.key *.csr *.ext *.0 log && rmdir '%s'"):format(orders.folder, orders.folder))
  end
  os.exit(0)
end

local function take_orders(port)
  local sock = assert(socket.connect("127.0.0.1", port))
  local conn = connection(sock, {})
  while true do
    local length = conn:read_until("\n")
    if not length then
      end_of_run()
    end
    local order = pack.decode(conn:read(tonumber(length)))
    local answer = pack.encode(orders[order.order](order))
    conn:write(#answer .. "\n" .. answer)
  end
end

local port = listen({ id = "main" })
if arg[1] == "--control" then
  spawn(take_orders, tonumber(arg[2]))
end
print("PORT " .. port)
io.stdout:flush()
while true do
  turn()
end
