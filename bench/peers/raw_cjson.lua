-- B1: raw_cjson.lua URL CALLS CA: the raw loop from Lua, and cjson: what any client in Lua has to do at least.
local cjson = require "cjson"
local core = require "aicore.core"
local lib = require "bench.lib"

local perform = require "raw_easy"(arg[1] .. "/v2/lm/deployments/d000000000000001", arg[3])

lib.measure(tonumber(arg[2]), core.now, function()
  assert(cjson.decode(perform()).status == "RUNNING")
end)
