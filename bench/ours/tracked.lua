-- B6: tracked.lua URL N: seeds N deployments and tears all of them down. Whenever something has changed, garbage is
-- collected, and what is left of the Lua heap is what the client keeps of the fleet, ids included: `heap` is the most
-- of it.
local lib = require "bench.lib"

local url, count = arg[1], tonumber(arg[2])
assert(os.execute(("sh bench/seed.sh %s %d"):format(url, count)))

local client = lib.client(url, { client_id = "bench", client_secret = "bench" })
assert(client:count { all = true }) -- logged in; what is loaded late is there

local function heap()
  collectgarbage()
  collectgarbage()
  return collectgarbage "count" * 1024
end

local before, most = heap(), 0
local report = assert(client:teardown({ all = true }, {
  timeout = 300,
  on_progress = function()
    most = math.max(most, heap())
  end,
}))
assert(#report.deleted == count, "not all were deleted")
print(("count=%d heap=%d"):format(count, most - before))
