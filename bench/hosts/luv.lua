-- The load in luv's event loop, or what is measured of holding it up; see load.lua, held.lua.
local aicore = require "aicore"
local held = require "bench.hosts.held"
local load = require "bench.hosts.load"
local uv = require "luv"

local function every(seconds, fn)
  local timer = uv.new_timer()
  timer:start(seconds * 1000, seconds * 1000, fn)
  return function()
    timer:close()
  end
end

aicore.spawn(function()
  print((os.getenv "BENCH_HELD" and held or load).run { runtime = "luv", every = every })
end)
uv.run()
