-- B1: luasocket.lua URL CALLS: luasocket and cjson. Its socket.http closes the connection after every request, so HTTP
-- is spoken by hand here, as far as this answer needs it: less than a real client would do.
local cjson = require "cjson"
local lib = require "bench.lib"
local socket = require "socket"

local host, port = arg[1]:match "^http://([^:]+):(%d+)"
local connection = assert(socket.connect(host, tonumber(port)))
connection:setoption("tcp-nodelay", true)

local request = table.concat({
  "GET /v2/lm/deployments/d000000000000001 HTTP/1.1",
  "Host: " .. host .. ":" .. port,
  "User-Agent: luasocket",
  "Accept: */*",
  "Authorization: Bearer " .. lib.token,
  "AI-Resource-Group: default",
  "\r\n",
}, "\r\n")

lib.measure(tonumber(arg[2]), socket.gettime, function()
  assert(connection:send(request))
  local length
  assert(assert(connection:receive "*l"):find " 200 ")
  repeat
    local line = assert(connection:receive "*l")
    length = tonumber(line:match "^[Cc]ontent%-[Ll]ength: *(%d+)") or length
  until line == ""
  local body = assert(connection:receive(length))
  assert(cjson.decode(body).status == "RUNNING")
end)
