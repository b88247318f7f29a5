--- Tells whether a coroutine can still go on: those ask who wait for what it does, or keep something on its behalf.
-- Its status says so in most hosts. nginx drops light threads without a word, frees what coroutine.status reads, and
-- gives their stacks to others: there the runtime has a way of its own.

local life = {}

-- What Lua 5.1 has no word for.
local MAIN = {}

local function this_thread()
  return coroutine.running() or MAIN
end

local WEAK = { __mode = "v" }

--- The life of the running coroutine, for others to ask about. It is not held: one that nobody else holds cannot be
--- resumed any more, and is dead.
---@param runtime aicore.Runtime
---@return fun(): "dead"|"suspended"|"normal"|"running"|"elsewhere" status
---       as coroutine.status says it; "elsewhere": suspended in another loop, which may be left for good
function life.of(runtime)
  if runtime.life then
    return runtime.life()
  end
  local held = setmetatable({ this_thread() }, WEAK)
  return function()
    local thread = held[1]
    if thread == nil then
      return "dead"
    elseif thread ~= MAIN then
      return coroutine.status(thread)
    end
    return this_thread() == MAIN and "running" or "normal"
  end
end

return life
