-- B1: luasocket.lua URL CALLS CA: luasocket (over TLS with LuaSec) and cjson. Its socket.http connects anew for
-- every request, so HTTP is spoken by hand here, as far as this answer needs it: less than a real client does.
local cjson = require "cjson"
local lib = require "bench.lib"
local socket = require "socket"

local scheme, host, port = arg[1]:match "^(%w+)://([^:]+):(%d+)"
local connection = assert(socket.connect(host, tonumber(port)))
connection:setoption("tcp-nodelay", true)
if scheme == "https" then
  local parameters = { mode = "client", protocol = "any", cafile = arg[3], verify = "peer" }
  connection = assert(require("ssl").wrap(connection, parameters))
  assert(connection:dohandshake())
end

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
