-- B3, B4, B5: teardown.lua URL N: seeds N deployments and tears all of them down.
local core = require "aicore.core"
local lib = require "bench.lib"

local url, count = arg[1], tonumber(arg[2])
assert(os.execute(("sh bench/seed.sh %s %d"):format(url, count)))

local client = assert(require("aicore").client {
  base_url = url,
  auth_url = url,
  client_id = "bench",
  client_secret = "bench",
})
collectgarbage()
local memory, wall, cpu = lib.memory "VmRSS", core.now(), os.clock()
local report = assert(client:teardown({ all = true }, { timeout = 300 }))
wall, cpu = core.now() - wall, os.clock() - cpu
if #report.deleted ~= count then
  error(("%d of %d deleted; %s"):format(#report.deleted, count, tostring(select(2, next(report.failed)))))
end

local pipe = io.popen("sh bench/counts.sh " .. url)
local counts = pipe:read "*l"
pipe:close()
print(("wall=%.6f cpu=%.6f grown=%d %s"):format(wall, cpu, lib.memory "VmHWM" - memory, counts))
