-- B10: list.lua URL MODE: a full list; MODE is "list", "each", or "cjson": the same bytes, decoded by cjson alone.
local core = require "aicore.core"
local lib = require "bench.lib"

local url, mode = arg[1], arg[2]
local client = lib.client(url)

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local MODES = {
  list = function()
    local list = assert(client:list())
    return #list, list
  end,
  each = function()
    local count = 0
    for deployment, err in client:each() do
      assert(deployment, err)
      count = count + 1
    end
    return count
  end,
}

local before = lib.memory "VmRSS"
if mode == "cjson" then
  local decode = require("cjson").decode
  local text = read(os.getenv "BENCH_DIR" .. "/10000-0.json")
  MODES.cjson = function()
    local list = decode(text)
    return #list.resources, list
  end
end
collectgarbage()
local wall, cpu = core.now(), os.clock()
local count, kept = MODES[mode]()
wall, cpu = core.now() - wall, os.clock() - cpu
local peak = lib.memory "VmHWM" - before
collectgarbage()
assert(kept == nil or type(kept) == "table")
print(("count=%d wall=%.6f cpu=%.6f peak=%d heap=%d"):format(count, wall, cpu, peak, collectgarbage "count" * 1024))
