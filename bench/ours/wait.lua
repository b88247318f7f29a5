-- B9: wait.lua URL COUNT LEAST MOST: so many deployments stop, after LEAST to MOST seconds, evenly spread, and as many
-- waits run at the same time, each in a resource group of its own, as those in one group would share their looks.
-- Tells of each how late it returned, as a share of its polling interval then: the time between its last two looks.
local cjson = require "cjson"
local http = require "socket.http"
local lib = require "bench.lib"
local ltn12 = require "ltn12"
local socket = require "socket"

local url, count, least, most = arg[1], tonumber(arg[2]), tonumber(arg[3]), tonumber(arg[4])

local function admin(method, path, body)
  local text, parts = body and cjson.encode(body) or "", {}
  local ok, status = http.request {
    method = method,
    url = url .. "/_emulator" .. path,
    headers = { ["content-type"] = "application/json", ["content-length"] = tostring(#text) },
    source = ltn12.source.string(text),
    sink = ltn12.sink.table(parts),
  }
  assert(ok and status < 300, ("%s %s: %s"):format(method, path, status))
  return parts[1] and cjson.decode(table.concat(parts))
end

local looks = {} -- id -> when the last look was over, and the one before
local client = lib.client(url, {
  client_id = "bench",
  client_secret = "bench",
  on_attempt = function(attempt)
    if attempt.operation == "status" then
      local seen = looks[attempt.id]
      seen.before, seen.last = seen.last, socket.gettime()
    end
  end,
})

admin("DELETE", "/deployments")
admin("DELETE", "/journal")
local waits, stopped, returned = {}, {}, {}
for i = 1, count do
  local id, group = ("wait%012d"):format(i), ("group%03d"):format(i)
  looks[id] = {}
  admin("POST", "/deployments", { id = id, resource_group = group, status = "RUNNING" })
  admin("PUT", "/settings", { stop_time = least + (most - least) * (i - 0.5) / count })
  local before = socket.gettime()
  assert(client:stop(id, { resource_group = group }))
  stopped[id] = (before + socket.gettime()) / 2
  waits[i] = function()
    assert(client:wait(id, "STOPPED", { resource_group = group, timeout = 60 }))
    returned[id] = socket.gettime()
  end
end
client.runtime.gather(waits, count)

local shares, ahead = {}, math.huge -- the emulator's clock counts from a whole second: how far it is ahead of ours
for _, entry in ipairs(admin("GET", "/journal").entries) do
  local seen = looks[entry.id]
  if entry.what == "stop" then
    ahead = math.min(ahead, entry.time - stopped[entry.id])
  elseif entry.what == "stopped" and seen.before then -- nil: the first look of all saw it
    local late = returned[entry.id] - (entry.time - ahead)
    shares[#shares + 1] = ("share%d=%.6f"):format(#shares + 1, late / (seen.last - seen.before))
  end
end
print(table.concat(shares, " "))
