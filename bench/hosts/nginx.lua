-- Measures runtime/ngx in a real nginx of one worker, with a service that takes 50 ms for an answer:
--   luajit bench/hosts/nginx.lua
-- For each way to wait, with a thread pool and without, it says
--   overhead  what a request through aicore takes longer than one over a bare socket (medians, one after the other)
--   other     how long another location of that worker takes for "return 200" while 200 requests are in flight
-- in ms, and last a line "overhead_ms p99_ms" with the figures of the first of them: medians over the rounds.

local emulator = require "spec.support.emulator"
local nginx = require "spec.support.nginx"
local socket = require "socket"

local LATENCY = 0.05
local ROUNDS = 3
local REQUESTS = 30 -- per round, one by one
local IN_FLIGHT = 200
local SECONDS = 2 -- per round, with so many in flight
local ID = "d000000000000001"

local LOCATIONS = ([[
  lua_http10_buffering off;
  location = /one_by_one { content_by_lua_block { require("bench.hosts.nginx_inside").one_by_one(%d) } }
  location = /flood { content_by_lua_block { require("bench.hosts.nginx_inside").flood(%d, %d) } }
  location = /other { content_by_lua_block { ngx.header.content_length = 2 ngx.print "ok" } }
]]):format(REQUESTS, IN_FLIGHT, SECONDS)

local function at(values, share)
  table.sort(values)
  return values[math.max(math.ceil(#values * share), 1)]
end

local function median(values)
  return at(values, 0.5)
end

--- A connection that is kept: ask() sends a request and returns how long the answer took.
local function connect(port, path, header)
  local connection = assert(socket.connect("127.0.0.1", port))
  connection:setoption("tcp-nodelay", true)
  local request = ("GET %s HTTP/1.1\r\nhost: localhost\r\n%s\r\n"):format(path, header or "")
  local function ask()
    local began = socket.gettime()
    assert(connection:send(request))
    local length
    repeat
      local line = assert(connection:receive "*l")
      length = tonumber(line:lower():match "^content%-length:%s*(%d+)") or length
    until line == ""
    assert(connection:receive(assert(length, "no content-length")))
    return socket.gettime() - began
  end
  return ask, connection
end

--- The median of the service's own answers.
local function measure_service(service)
  local header = "ai-resource-group: default\r\nauthorization: Bearer " .. service.token() .. "\r\n"
  local ask, connection = connect(service.port, "/v2/lm/deployments/" .. ID, header)
  local times = {}
  for i = 1, REQUESTS do
    times[i] = ask()
  end
  connection:close()
  return median(times)
end

local function measure_one_by_one(server)
  local times = {}
  for line in server.ask("/one_by_one").lines() do
    times[#times + 1] = assert(tonumber(line), line)
  end
  assert(#times == REQUESTS)
  return median(times)
end

--- How long the other location takes while many are in flight; and how many of those were answered per second.
local function measure_other(server)
  local flood = server.ask "/flood"
  local ask, connection = connect(tonumber(server.url:match "%d+$"), "/other")
  local times, over = {}, socket.gettime() + SECONDS
  while socket.gettime() < over do
    times[#times + 1] = ask()
    socket.sleep(0.002)
  end
  connection:close()
  return at(times, 0.5), at(times, 0.99), tonumber(flood.answer()) / SECONDS
end

local function measure(service, server)
  local overheads, p50s, p99s, rates = {}, {}, {}, {}
  measure_one_by_one(server) -- once for nothing: connections, compiled traces
  for i = 1, ROUNDS do
    overheads[i] = (measure_one_by_one(server) - measure_service(service)) * 1000
    local p50, p99, rate = measure_other(server)
    p50s[i], p99s[i], rates[i] = p50 * 1000, p99 * 1000, rate
  end
  return { overhead = median(overheads), p50 = median(p50s), p99 = median(p99s), rate = median(rates) }
end

--- Calls a function with what was started, and stops that whatever happens.
local function with(started, fn)
  local ok, result = xpcall(function()
    return fn(started)
  end, debug.traceback)
  started.stop()
  return ok and result or error(result, 0)
end

local WAYS = {
  { name = "with a thread pool", main = "thread_pool aicore threads=2;" },
  { name = "without", main = "" },
}

local LINE = "nginx %-18s  overhead %.2f ms  other location: p50 %.1f ms, p99 %.1f ms  (%.0f answers/s)"

local function run(service)
  local figures = {}
  for i, way in ipairs(WAYS) do
    local server = nginx.start {
      main = way.main,
      http = ("init_by_lua_block { require('bench.hosts.nginx_inside').init('%s') }"):format(service.url),
      locations = LOCATIONS,
    }
    local seen = with(server, function()
      return measure(service, server)
    end)
    print(LINE:format(way.name, seen.overhead, seen.p50, seen.p99, seen.rate))
    figures[i] = ("%.2f %.1f"):format(seen.overhead, seen.p99)
  end
  return figures[1]
end

print(with(emulator.start { deployments = 1, latency = LATENCY }, run))
