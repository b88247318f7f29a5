--- The clocks and the dice of this machine, for what passes them on to pure code.

local core = require "aicore.core"

return {
  now = core.now, -- s, monotonic
  wall = core.wall, -- s since the epoch
  random = core.random, -- in [0, 1)
}
