--- The server of the fault matrix:   luajit spec/faults/server.lua [certificate key]
-- A program on cqueues. It prints its ports as one line of JSON and takes orders, lines of JSON, at its control port:
--   { "order": "set", "fault": name, "operation": …, "at": n, "times": n, "done": bool, "deployments": { id: status } }
--       begins a new journal; the next `times` requests of that operation get the fault, and take effect if `done`
--   { "order": "journal" }  what was received, and what has happened
--   { "order": "down" } / { "order": "up" }   nobody listens, until somebody does again
-- A fault is a list of steps (faults.lua). The journal counts a request when all of it has arrived.

local cjson = require "cjson"
local cqueues = require "cqueues"
local faults = require "spec.faults.faults"
local ffi = require "ffi"
local h2 = require "spec.faults.h2"
local socket = require "cqueues.socket"
local world = require "spec.faults.world"

ffi.cdef [[ int setsockopt(int fd, int level, int name, const void *value, unsigned length); ]]

local controller = cqueues.new()
local now = { world = world.new {}, times = 0 }
local ports = {}
local connections = {} -- those that are open

-- Steps --------------------------------------------------------------------------------------------

local SOL_SOCKET, SO_LINGER = 1, 13
local IPPROTO_TCP, TCP_NODELAY = 6, 1

--- Small pieces are not held back.
local function hurry(connection)
  ffi.C.setsockopt(connection:pollfd(), IPPROTO_TCP, TCP_NODELAY, ffi.new("int[1]", 1), 4)
end

--- Ends a connection without a farewell: the peer gets a RST.
local function reset(connection)
  ffi.C.setsockopt(connection:pollfd(), SOL_SOCKET, SO_LINGER, ffi.new("int[2]", 1, 0), 8)
end

local ENDLESS = 1000000 -- of those who do not go away by themselves; far beyond every limit

--- Until the peer has had enough.
local function wait_for_end(connection)
  connection:read(-4096)
  while connection:read(-4096) do
  end
end

local STEPS = {
  close = function() end,
  reset = reset,
  stall = wait_for_end,
  endless = function(connection, step)
    for _ = 1, ENDLESS do
      if not connection:write(step.endless) then
        return
      end
    end
  end,
  drip = function(connection, step)
    for i = 1, #step.drip do
      if not connection:write(step.drip:sub(i, i)) then
        return
      end
      cqueues.sleep(step.seconds)
    end
  end,
}

--- Returns whether the connection may be used again.
local function play(connection, steps)
  for _, step in ipairs(steps) do
    if type(step) == "string" then
      if not connection:write(step) then
        return false
      end
    else
      STEPS[step[1]](connection, step)
      return false
    end
  end
  return true
end

-- HTTP/1.1 -----------------------------------------------------------------------------------------

local function read_request(connection)
  local first = connection:read "*l"
  local method, target = (first or ""):match "^(%S+) (%S+) HTTP/1%.1"
  if not method then
    return nil
  end
  local request = { text = first .. "\n" }
  local length = 0
  for line in connection:lines "*l" do
    line = line:gsub("\r$", "")
    request.text = request.text .. line .. "\n"
    length = tonumber(line:lower():match "^content%-length:%s*(%d+)") or length
    if line == "" then
      break
    end
  end
  request.body = length > 0 and connection:read(length) or ""
  if #request.body < length then
    return nil
  end
  request.text = request.text .. request.body
  request.operation, request.id, request.skip = world.route(method, target)
  return request.operation and request
end

--- Notes a request; returns the fault that it is to get.
local function receive(request)
  local received = now.world.journal.received
  received[request.operation] = (received[request.operation] or 0) + 1
  local order = now
  if order.times == 0 or order.operation ~= request.operation or order.fault.accept then
    return nil
  end
  order.times = order.times - 1
  return order.fault, order
end

--- What the fault's steps are made of: the answer that would be right.
local function right_answer(request, happens)
  if not happens then -- it is made up on a copy of the world, and nothing has happened
    local copy = cjson.decode(cjson.encode(now.world))
    copy.journal.created = {}
    return world.act(copy, request)
  end
  return world.act(now.world, request)
end

local function serve(connection)
  while true do
    local request = read_request(connection)
    if not request then
      return
    end
    local fault, order = receive(request)
    local status, body = right_answer(request, not fault or order.done)
    local answer = faults.dress(status, body, order and order.dress)
    answer.request, answer.ports, answer.at = request, ports, order and order.at
    if not play(connection, fault and fault.steps(answer) or { answer.text }) then
      return
    end
  end
end

-- Listening ----------------------------------------------------------------------------------------

--- Does a fault strike before anything is read?
local function strikes_at_once()
  if now.times ~= 0 and now.fault and now.fault.accept then
    now.times = now.times - 1
    return now.fault.accept
  end
end

local function guarded(connection, act)
  connections[connection] = true
  local ok, message = pcall(act, connection)
  if not ok and not tostring(message):find "closed" then
    io.stderr:write("fault server: ", tostring(message), "\n")
  end
  connections[connection] = nil
  connection:close()
end

local function listen(name, port, act)
  local listener = assert(socket.listen { host = "127.0.0.1", port = port or 0, reuseaddr = true })
  listener:onerror(function(_, _, code)
    return code
  end)
  local _, _, number = listener:localname()
  ports[name] = number
  local function accept()
    for connection in listener:clients() do
      connection:setmode("bn", "bn")
      hurry(connection)
      connection:onerror(function(_, _, code)
        return code
      end)
      controller:wrap(function()
        local strike = name ~= "control" and strikes_at_once()
        guarded(connection, strike and function()
          play(connection, { { strike } })
        end or act)
      end)
    end
  end
  controller:wrap(function()
    pcall(accept) -- until the listener is closed
  end)
  return listener
end

--- Where redirections lead to: nobody may come here.
local function elsewhere()
  now.world.journal.elsewhere = now.world.journal.elsewhere + 1
end

local function tls(context)
  return function(connection)
    if not connection:starttls(context, 10) then
      return
    end
    local ssl = connection:checktls()
    if ssl:getAlpnSelected() ~= "h2" then
      serve(connection)
      return
    end
    h2.serve(connection, function(request)
      request.operation, request.id, request.skip = world.route(request.method, request.target)
      local fault, order = receive(request)
      local status, body = right_answer(request, not fault or order.done)
      return { status = status, body = body, at = order and order.at }, fault
    end, play)
  end
end

-- Orders -------------------------------------------------------------------------------------------

local main_listener

--- Connections that are kept alive would pass by a fault that strikes new ones.
local function drop_connections()
  for connection in pairs(connections) do
    connection:shutdown()
  end
end

local ORDERS = {
  set = function(order)
    now = order
    now.world = world.new(order.deployments or {})
    now.fault = order.fault and assert(faults.find(order.fault), "no such fault: " .. order.fault)
    now.times = order.fault and order.times or 0
    if now.fault and now.fault.accept then
      drop_connections()
    end
    if not order.operation then
      return {}
    end
    local request = { operation = order.operation, id = order.id, body = order.body }
    local status, body = right_answer(request, false)
    return { length = #faults.dress(status, body, order.dress).text }
  end,
  journal = function()
    return now.world.journal
  end,
  down = function()
    main_listener:close()
    main_listener = nil
    drop_connections()
    return {}
  end,
  up = function()
    main_listener = main_listener or listen("http", ports.http, serve)
    return {}
  end,
}

local function control(connection)
  connections[connection] = nil
  for line in connection:lines "*l" do
    local order = cjson.decode(line)
    connection:write(cjson.encode(ORDERS[order.order](order)), "\n")
  end
end

main_listener = listen("http", nil, serve)
listen("control", nil, control)
listen("elsewhere", nil, elsewhere)
if arg[1] then
  listen("https", nil, tls(h2.context(arg[1], arg[2], true)))
  listen("https1", nil, tls(h2.context(arg[1], arg[2], false)))
end
print(cjson.encode(ports))
io.stdout:flush()
assert(controller:loop())
