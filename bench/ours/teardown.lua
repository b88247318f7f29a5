-- B3, B4: teardown.lua URL ids|filter: tears down all that counted.sh has put there.
local cjson = require "cjson"
local core = require "aicore.core"
local lib = require "bench.lib"

local seeded = cjson.decode(lib.read(os.getenv "BENCH_DIR" .. "/seeded.json")).ids
local client = lib.client(arg[1], nil, true)
local which = arg[2] == "ids" and seeded or { all = true }
collectgarbage()
local wall, cpu = core.now(), os.clock()
local report = assert(client:teardown(which, { timeout = 300 }))
wall, cpu = core.now() - wall, os.clock() - cpu
if #report.deleted ~= #seeded then
  error(("%d of %d deleted; %s"):format(#report.deleted, #seeded, tostring(select(2, next(report.failed)))))
end
print(("wall=%.6f cpu=%.6f peak=%d"):format(wall, cpu, lib.memory "VmHWM"))
