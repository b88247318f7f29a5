-- The load in luv's event loop; see load.lua.
local aicore = require "aicore"
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
  print(load.run { runtime = "luv", every = every })
end)
uv.run()
