-- The load in a controller of cqueues; see load.lua.
local cqueues = require "cqueues"
local load = require "bench.hosts.load"

local function every(seconds, fn)
  local stopped
  cqueues.running():wrap(function()
    while not stopped do
      cqueues.sleep(seconds)
      fn()
    end
  end)
  return function()
    stopped = true
  end
end

local controller = cqueues.new()
controller:wrap(function()
  print(load.run { runtime = "cqueues", every = every })
end)
assert(controller:loop())
