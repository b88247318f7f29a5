-- B1, B7: status.lua URL CALLS CA
local core = require "aicore.core"
local lib = require "bench.lib"

local client = lib.client(arg[1], { ca_file = arg[3] ~= "" and arg[3] or nil })

lib.measure(tonumber(arg[2]), core.now, function()
  local deployment = assert(client:status "d000000000000001")
  assert(deployment.status == "RUNNING")
end)
