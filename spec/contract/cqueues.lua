-- The contract in a controller of cqueues; see suite.lua.
local cqueues = require "cqueues"
local outside = require "spec.contract.outside"
local suite = require "spec.contract.suite"

local t = outside.new "cqueues"

function t.every(seconds, fn)
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

local failed
local controller = cqueues.new()
controller:wrap(function()
  failed = suite.run(t, outside.say)
end)
assert(controller:loop()) -- until no coroutine is left
os.exit(failed == 0 and 0 or 1)
