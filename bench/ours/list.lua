-- B9, B10: list.lua URL MODE: a full list; MODE is "list", "each", "cjson" (the same bytes, decoded), "raw" (and
-- fetched).
-- `wall` and `cpu` are of the first, `warm` is the median of WARM more, of which there are none with "each".
local core = require "aicore.core"
local lib = require "bench.lib"

local WARM = 5

local url, mode = arg[1], arg[2]
local client = lib.client(url)

local MODES = {
  list = function()
    return assert(client:list())
  end,
  each = function()
    for deployment, err in client:each() do
      assert(deployment, err)
    end
  end,
}

local before = lib.memory "VmRSS"
if mode == "cjson" then
  local decode = require("cjson").decode
  local text = lib.read(os.getenv "BENCH_DIR" .. "/10000-0.json")
  function MODES.cjson()
    return decode(text)
  end
elseif mode == "raw" then
  local perform = require "raw_easy"(url .. "/v2/lm/deployments", "")
  function MODES.raw()
    return require("cjson").decode(perform())
  end
end

local kept -- until the time is taken

local function time()
  kept = nil
  collectgarbage()
  local wall, cpu = core.now(), os.clock()
  kept = MODES[mode]()
  return core.now() - wall, os.clock() - cpu
end

local wall, cpu = time()
local said = ("wall=%.6f cpu=%.6f peak=%d"):format(wall, cpu, lib.memory "VmHWM" - before)
assert(mode == "each" or #(kept.resources or kept) == 10000)
if mode ~= "each" then
  local walls = {}
  for i = 1, WARM do
    walls[i] = time()
  end
  table.sort(walls)
  said = said .. (" warm=%.6f"):format(walls[math.ceil(WARM / 2)])
end
print(said)
