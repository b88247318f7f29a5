-- B1: socket_http.lua URL CALLS: luasocket as its manual shows it, with cjson: a connection per request.
local cjson = require "cjson"
local http = require "socket.http"
local lib = require "bench.lib"
local ltn12 = require "ltn12"
local socket = require "socket"

lib.measure(tonumber(arg[2]), socket.gettime, function()
  local parts = {}
  local _, status = http.request {
    url = arg[1] .. "/v2/lm/deployments/d000000000000001",
    headers = { authorization = "Bearer " .. lib.token, ["ai-resource-group"] = "default" },
    sink = ltn12.sink.table(parts),
  }
  assert(status == 200)
  assert(cjson.decode(table.concat(parts)).status == "RUNNING")
end)
