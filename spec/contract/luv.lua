-- The contract in luv's event loop; see suite.lua.
local aicore = require "aicore"
local outside = require "spec.contract.outside"
local suite = require "spec.contract.suite"
local uv = require "luv"

local t = outside.new "luv"

function t.every(seconds, fn)
  local timer = uv.new_timer()
  timer:start(seconds * 1000, seconds * 1000, fn)
  return function()
    timer:close()
  end
end

local failed
aicore.spawn(function()
  failed = suite.run(t, outside.say)
end)
uv.run() -- returns when nothing keeps the loop alive any more
os.exit(failed == 0 and 0 or 1)
