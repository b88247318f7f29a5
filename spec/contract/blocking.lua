-- The contract in plain Lua; see suite.lua.
local outside = require "spec.contract.outside"
local suite = require "spec.contract.suite"

os.exit(suite.run(outside.new "blocking", outside.say) == 0 and 0 or 1)
