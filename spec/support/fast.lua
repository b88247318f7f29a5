--- The blocking runtime for specs that are not about time: twenty seconds pass in one.

local blocking = require "aicore.runtime.blocking"

local SPEED = 20

local fast = { gather = blocking.gather, apart = blocking.apart }

function fast.now()
  return blocking.now() * SPEED
end

function fast.sleep(seconds)
  return blocking.sleep(seconds / SPEED)
end

function fast.await(session, transfer, deadline)
  return blocking.await(session, transfer, deadline and deadline / SPEED)
end

return fast
