--- How to wait in plain Lua: the thread sleeps in C until something happens.
-- A signal handler of the host (Ctrl-C) ends every wait here.

local core = require "aicore.core"

---@class aicore.Runtime
---@field now fun(): number                        seconds on the monotonic clock
---@field sleep fun(seconds: number): boolean      false: the host wants control back
---@field await fun(session: userdata, transfer: userdata, deadline: number?): string?
---       waits until the transfer is finished; if it ends earlier, says "timeout" or "cancelled"

---@type aicore.Runtime
local blocking = { now = core.now, sleep = core.sleep }

function blocking.await(session, transfer, deadline)
  while not transfer:finished() do
    session:step()
    if transfer:finished() then
      return
    end
    local left = (deadline or math.huge) - core.now()
    if left <= 0 then
      return "timeout"
    end
    if not session:wait(left) then
      return "cancelled"
    end
  end
end

return blocking
