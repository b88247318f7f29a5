-- B5: tracked.lua URL ids|filter: tears down all that counted.sh has put there. Whenever something has changed, garbage
-- is collected, and what is left of the Lua heap is what is kept of the fleet, ids included: `heap` is the most of it.
local cjson = require "cjson"
local lib = require "bench.lib"

local function wanted()
  return arg[2] == "ids" and cjson.decode(lib.read(os.getenv "BENCH_DIR" .. "/seeded.json")).ids or { all = true }
end

local client = lib.client(arg[1], nil, true)
assert(client:count { all = true }) -- logged in; what is loaded late is there

-- Each collection halves what Lua keeps for looking up strings, which a list makes long.
local function heap()
  local least = math.huge
  while true do
    collectgarbage()
    local now = collectgarbage "count" * 1024
    if now >= least then
      return least
    end
    least = now
  end
end

local before, most = heap(), 0
assert(client:teardown(wanted(), {
  timeout = 300,
  on_progress = function()
    most = math.max(most, heap())
  end,
}))
print(("heap=%d"):format(most - before))
