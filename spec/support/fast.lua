--- The blocking runtime for specs that are not about time: sleeps are twenty times as short.

local blocking = require "aicore.runtime.blocking"

local SPEED = 20

return {
  now = blocking.now,
  await = blocking.await,
  gather = blocking.gather,
  sleep = function(seconds)
    return blocking.sleep(seconds / SPEED)
  end,
}
