--- An errand: what one coroutine does on behalf of all who need the same, a login or a look.
-- Its coroutine may end before the errand does: by an error (Ctrl-C, a callback of the user's), or because its host
-- drops it. Then another one has to take over, so nobody waits for an errand without asking whether it is abandoned.

local errand = {}

---@class aicore.Errand
---@field over boolean
local Errand = {}
Errand.__index = Errand

-- What Lua 5.1 has no word for.
local MAIN = {}

local function this_thread()
  return coroutine.running() or MAIN
end

---@return aicore.Errand
function errand.new()
  return setmetatable({ over = false }, Errand)
end

--- Does it, in a way that outlives the calling coroutine where the host may drop that.
---@param runtime aicore.Runtime
---@param act fun()
---@return boolean waited  false: the caller was cancelled, and the errand goes on
function Errand:run(runtime, act)
  return runtime.apart(function()
    self.thread = this_thread()
    act()
    self.over = true
  end)
end

--- Will it never be over? Whoever asks in the coroutine that began it has come back without having ended it.
---@return boolean
function Errand:is_abandoned()
  local thread = self.thread
  if self.over or not thread then
    return false
  end
  return thread == this_thread() or thread ~= MAIN and coroutine.status(thread) == "dead"
end

return errand
