-- The load in luv's event loop; see load.lua.
local aicore = require "aicore"
local load = require "bench.hosts.load"
local uv = require "luv"

aicore.spawn(function()
  print(load.run { runtime = "luv", every = load.every(uv) })
end)
uv.run()
