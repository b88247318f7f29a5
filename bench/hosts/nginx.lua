-- The load in a request of a real nginx of one worker; see load.lua:   luajit bench/hosts/nginx.lua [without-threads]
-- This runs outside: it starts nginx, and while that is busy it asks another location of the same worker again and
-- again, on a kept connection. How long that takes, in seconds, is told, too: "p99=…".
local nginx = require "spec.support.nginx"
local socket = require "socket"

local PAUSE = 0.002 -- s between two questions

local LOCATIONS = [[
  lua_http10_buffering off;
  location = /load { content_by_lua_block { ngx.say(require("bench.hosts.load").run { runtime = "ngx" }) } }
  location = /other { content_by_lua_block { ngx.header.content_length = 2 ngx.print "ok" } }
]]

local function is_readable(connection)
  return #socket.select({ connection }, nil, 0) > 0
end

--- The other location, until the load is over. Returns how long each answer took, sorted.
local function ask_other(port, is_over)
  local connection = assert(socket.connect("127.0.0.1", port))
  connection:setoption("tcp-nodelay", true)
  local times = {}
  repeat
    local began = socket.gettime()
    assert(connection:send "GET /other HTTP/1.1\r\nhost: localhost\r\n\r\n")
    repeat
      local line = assert(connection:receive "*l")
    until line == ""
    assert(connection:receive(2) == "ok")
    times[#times + 1] = socket.gettime() - began
    socket.sleep(PAUSE)
  until is_over()
  connection:close()
  table.sort(times)
  return times
end

--- Asks for the load without waiting for the answer.
local function begin_load(port)
  local connection = assert(socket.connect("127.0.0.1", port))
  assert(connection:send "GET /load HTTP/1.0\r\n\r\n")
  return connection
end

local server = nginx.start {
  main = "env BENCH_LOAD; env BENCH_TOKEN; " .. (arg[1] == "without-threads" and "" or "thread_pool aicore threads=2;"),
  locations = LOCATIONS,
}
local ok, said = pcall(function()
  local port = tonumber(server.url:match "%d+$")
  local loading = begin_load(port)
  local times = ask_other(port, function()
    return is_readable(loading)
  end)
  local answer = loading:receive "*a"
  local line = assert(answer:match "calls=[^\n]*", server.read "error.log")
  return ("%s p99=%.6f"):format(line, times[math.ceil(#times * 0.99)])
end)
server.stop()
print(said)
os.exit(ok)
