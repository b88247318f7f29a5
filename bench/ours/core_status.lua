-- B1, B7: core_status.lua URL CALLS CA: the blocking function of the C module alone, without retries and logins. The
-- difference to status.lua is what the Lua layer costs.
local core = require "aicore.core"
local lib = require "bench.lib"

local session = core.session { base_url = arg[1] .. "/v2", ca_file = arg[3] ~= "" and arg[3] or nil }
session:set_token(lib.token)

lib.measure(tonumber(arg[2]), core.now, function()
  local deployment = assert(core.status(session, "d000000000000001"))
  assert(deployment.status == "RUNNING")
end)
