-- The contract in Copas; see suite.lua.
local copas = require "copas"
local outside = require "spec.contract.outside"
local suite = require "spec.contract.suite"

local t = outside.new "copas"

function t.every(seconds, fn)
  local stopped
  copas.addthread(function()
    while not stopped do
      copas.pause(seconds)
      fn()
    end
  end)
  return function()
    stopped = true
  end
end

local failed
copas.addthread(function()
  failed = suite.run(t, outside.say)
end)
copas.loop() -- until nothing is left
os.exit(failed == 0 and 0 or 1)
