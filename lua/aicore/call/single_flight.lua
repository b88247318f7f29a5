--- An errand: what one coroutine does on behalf of all who need the same, a login or a look.
-- It may never come to its end: by an error (Ctrl-C, a callback of the user's), or because its host drops the
-- coroutine. Then another one has to take over, so nobody waits for an errand without asking whether it is abandoned.

local errand = {}

--- Where a runtime has promised to begin it in a coroutine of its own, that is awaited so long, in seconds.
local PATIENCE = 3

---@class aicore.Errand
---@field over boolean
---@field private begun_at number      on the runtime's clock
---@field private abandoned boolean
---@field private thread thread|table|nil  nil: it has not begun
local Errand = {}
Errand.__index = Errand

-- What Lua 5.1 has no word for.
local MAIN = {}

local function this_thread()
  return coroutine.running() or MAIN
end

-- LuaJIT and 5.4 can yield in a pcall; 5.1 cannot, and has only the threads' states to tell by.
local CAN_GUARD = package.loaded.jit ~= nil or _VERSION ~= "Lua 5.1"

---@param now number  on the runtime's clock
---@return aicore.Errand
function errand.new(now)
  return setmetatable({ over = false, abandoned = false, begun_at = now }, Errand)
end

local function attempt(self, act)
  self.thread = this_thread()
  local ok, failure
  if CAN_GUARD then
    ok, failure = pcall(act)
  else
    ok, failure = true, act()
  end
  self.over, self.abandoned = ok, not ok
  if not ok then
    error(failure, 0)
  end
end

--- Does it, in a way that outlives the calling coroutine where the host may drop that.
---@param runtime aicore.Runtime
---@param act fun()
---@return boolean waited  false: the caller was cancelled, and the errand goes on
function Errand:run(runtime, act)
  return runtime.apart(function()
    if not self.abandoned then -- else it begins too late: somebody else has taken over
      attempt(self, act)
    end
  end)
end

--- Will it never be over? Whoever asks in the coroutine that began it has come back without having ended it; and one
--- that has called the asker (it is "normal") is not at it, either.
---@param now number
---@return boolean
function Errand:is_abandoned(now)
  local thread = self.thread
  if self.over or self.abandoned then
    return self.abandoned
  elseif not thread then
    self.abandoned = now - self.begun_at > PATIENCE
    return self.abandoned
  elseif thread == this_thread() or thread == MAIN then
    return true
  end
  local status = coroutine.status(thread)
  return status == "dead" or status == "normal"
end

return errand
