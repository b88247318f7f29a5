--- A server that is anything but reliable, by chance: what `make stress` talks to. It prints its port.
--   luajit spec/stress/server.lua

local cqueues = require "cqueues"
local socket = require "cqueues.socket"

local LIST = {}
for i = 1, 500 do
  LIST[i] = ('{"id":"d%015d","status":"RUNNING","n":%d,"x":null,"t":[1,2.5,{"a":"b"}]}'):format(i, i)
end
LIST = table.concat(LIST, ",")

-- The first whose patterns fit verb and path is the body of a good answer.
local BODIES = {
  { "^POST /token", '{"access_token":"token-of-the-server-0123456789","expires_in":3600}' },
  { "^GET .*/%$count", "3" },
  { "^GET .*/logs", '{"data":{"result":[{"msg":"line"}]}}' },
  { "^GET .*/meta", '{"aiApi":{"version":"2"}}' },
  { "^GET .*/deployments/", '{"status":"RUNNING","details":{"n":null}}' },
  { "^GET .*/deployments", ('{"count":500,"resources":[%s]}'):format(LIST) },
  { "^PATCH .*/deployments ", '{"deployments":[{"id":"d000"}]}' },
  { "", '{"id":"d000","message":"yes"}' },
}

local function body_of(request)
  for _, row in ipairs(BODIES) do
    if request:find(row[1]) then
      return row[2]
    end
  end
end

local function answer(status, body, headers)
  local head = "HTTP/1.1 %d X\r\nX-Request-Id: r%d\r\nContent-Length: %d\r\n%s\r\n"
  return head:format(status, math.random(9), #body, headers or "") .. body
end

local function good(request)
  return answer(200, body_of(request))
end

local ERROR = '{"error":{"code":"E1","message":"no","details":[{"code":"x"}]}}'

-- What may come of a request: (request, connection) -> bytes, and whether the connection is closed behind them.
local ANSWERS = {
  good,
  good,
  good,
  good,
  good,
  good,
  good,
  good,
  good,
  good,
  function(request)
    cqueues.sleep(math.random() * 0.03)
    return good(request)
  end,
  function(request, connection) -- in parts
    local bytes = good(request)
    local at = math.random(#bytes)
    connection:xwrite(bytes:sub(1, at), "n")
    cqueues.sleep(math.random() * 0.01)
    return bytes:sub(at + 1)
  end,
  function(request) -- cut
    local bytes = good(request)
    return bytes:sub(1, math.random(#bytes)), true
  end,
  function()
    return "", true
  end,
  function()
    cqueues.sleep(0.4) -- longer than anyone waits
    return "", true
  end,
  function()
    local statuses = { 400, 401, 403, 404, 412, 429, 500, 503, 302, 100, 999 }
    return answer(statuses[math.random(#statuses)], ERROR, math.random(2) == 1 and "Retry-After: 1\r\n" or "")
  end,
  function()
    return answer(502, "<html>no</html>"), math.random(2) == 1
  end,
  function()
    return "no HTTP at all\r\n\r\n", true
  end,
  function()
    return 'HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"sta\r\nZZ\r\n', true
  end,
  function()
    return "HTTP/1.1 200 X\r\n" .. ("X-More: " .. ("x"):rep(1000) .. "\r\n"):rep(40), true -- more than max_headers
  end,
  function()
    return answer(200, '{"status":' .. ("["):rep(math.random(200))), false
  end,
  function()
    return answer(200, ("x"):rep(300000)), false -- more than max_response
  end,
}

local function read_request(connection)
  local line = connection:xread("*l", "b")
  local length, header = 0, line
  while header and header ~= "" and header ~= "\r" do
    header = connection:xread("*l", "b")
    length = header and tonumber(header:lower():match "^content%-length:%s*(%d+)") or length
  end
  if header and length > 0 then
    header = connection:xread(length, "b")
  end
  return header and line
end

local function serve(connection)
  connection:onerror(function(_, _, code)
    return code
  end)
  local request, closed = read_request(connection), false
  while request and not closed do
    local bytes
    bytes, closed = ANSWERS[math.random(#ANSWERS)](request, connection)
    closed = not connection:xwrite(bytes, "n", 1) or closed
    request = not closed and read_request(connection)
  end
  connection:close()
end

math.randomseed(tonumber(arg[1]) or 1)
local listener = assert(socket.listen("127.0.0.1", 0))
assert(listener:listen())
local _, _, port = listener:localname()
print(port)
io.stdout:flush()
local controller = cqueues.new()
controller:wrap(function()
  for connection in listener:clients() do
    controller:wrap(serve, connection)
  end
end)
repeat
  controller:loop()
until false
