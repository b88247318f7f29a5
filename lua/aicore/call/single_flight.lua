--- Single flight: what one coroutine does on behalf of all that need the same, a login or a look.
-- It may never come to its end: by an error (Ctrl-C, a callback of the user's), or because its host drops the
-- coroutine. Then another one has to take over, so none waits for a flight without asking whether it is abandoned.

local errors = require "aicore.model.errors"
local guard = require "aicore.runtime.guard"
local life = require "aicore.runtime.life"

local single_flight = {}

--- Where a runtime has promised to begin it in a coroutine of its own, the beginning is awaited so long, in seconds.
local PATIENCE = 3

---@class aicore.SingleFlight
---@field over boolean
---@field request aicore.Request?  what it is about, for those that follow
---@field value any                what came of it, if it is shared
---@field err aicore.Error?
---@field private begun_at number      on the runtime's clock
---@field private abandoned boolean
---@field private life (fun(): string)?  of the coroutine that is at it; nil: it has not begun
local SingleFlight = {}
SingleFlight.__index = SingleFlight

---@param now number  on the runtime's clock
---@return aicore.SingleFlight
function single_flight.new(now)
  return setmetatable({ over = false, abandoned = false, begun_at = now }, SingleFlight)
end

local function begin(self, runtime, act)
  self.life = life.of(runtime)
  local ok, failure = guard.call(act)
  self.over, self.abandoned = ok, not ok
  if not ok then
    error(failure, 0)
  end
end

--- A function that does it, unless it begins too late: then another coroutine has taken over.
local function attempt(self, runtime, act)
  return function()
    if not self.abandoned then
      begin(self, runtime, act)
    end
  end
end

--- Does it, in a way that outlives the calling coroutine where the host may drop that.
---@param runtime aicore.Runtime
---@param act fun()  made by a function that has returned: nginx reuses the stack of a coroutine that it drops
---@return boolean waited  false: the calling coroutine was cancelled, and the flight goes on
function SingleFlight:run(runtime, act)
  return runtime.apart(attempt(self, runtime, act))
end

--- Will it never be over, as far as the asking coroutine can tell? If that is the one that began it, it has come back
--- without having ended it; if the one that began it has resumed the asking one (it is "normal"), it is not at it,
--- either; and if it is in another loop ("elsewhere"), that may be left for good.
---@param now number
---@return boolean
function SingleFlight:is_abandoned(now)
  if self.over or self.abandoned then
    return self.abandoned
  elseif not self.life then
    self.abandoned = now - self.begun_at > PATIENCE
    return self.abandoned
  end
  return self.life() ~= "suspended"
end

-- How often a follower looks while the leader sleeps between two attempts, in seconds.
local GLANCE = 0.02

--- Waits until another coroutine's flight is over, or abandoned.
---@param runtime aicore.Runtime
---@param deadline number  on the runtime's clock
---@param session userdata?  of `self.request`, if the leader has set that: its transfer is awaited while there is one
---@return "timeout"|"cancelled"|nil why  it is neither
function SingleFlight:follow(runtime, deadline, session)
  while not self.over and not self:is_abandoned(runtime.now()) do
    local transfer, why = self.request and self.request.transfer, nil
    if runtime.now() >= deadline then
      why = "timeout"
    elseif transfer and not transfer:finished() then
      why = runtime.await(session, transfer, deadline)
    elseif not runtime.sleep(GLANCE) then
      why = "cancelled"
    end
    if why then
      return why
    end
  end
end

local MESSAGES = { timeout = "another call that looks for the same took too long", cancelled = "ended by the host" }

local function unfinished(why)
  return errors.new { kind = why, message = MESSAGES[why], retryable = true }
end

-- Errors that are about the time or the client of one call, and not about what was to be done.
local OWN = { timeout = true, cancelled = true }

-- A function of its own, as it outlives the coroutine that makes it.
local function noting(flight, act)
  return function()
    flight.value, flight.err = act()
  end
end

--- Does it once for all that need the same at the same time: what comes of it, good or bad, is theirs, but not that the
--- time of the one that does it was over. It outlives the calling coroutine where the host may drop that.
---@param runtime aicore.Runtime
---@param flights table<string, aicore.SingleFlight>  those that are under way
---@param key string
---@param deadline number  on the runtime's clock
---@param act fun(): any, aicore.Error?  it returns a value, or nil and why not; made by a function that has returned
---@return any value
---@return aicore.Error? err  without operation: it was not begun
function single_flight.share(runtime, flights, key, deadline, act)
  local flight = flights[key]
  while flight and not flight.over and not flight:is_abandoned(runtime.now()) do
    local why = flight:follow(runtime, deadline)
    if why then
      return nil, unfinished(why)
    elseif flight.over and not (flight.err and OWN[flight.err.kind]) then
      return flight.value, flight.err
    end
    flight = flights[key]
  end
  flight = single_flight.new(runtime.now())
  flights[key] = flight
  if not flight:run(runtime, noting(flight, act)) then
    return nil, unfinished "cancelled"
  end
  return flight.value, flight.err
end

--- Does it when nothing else of the same key is under way: what one has made, the next can see. It ends with the
--- calling coroutine, whose own it is.
---@param runtime aicore.Runtime
---@param flights table<string, aicore.SingleFlight>  those that are under way
---@param key string
---@param deadline number  on the runtime's clock
---@param act fun(): any, aicore.Error?  it returns a value, or nil and why not
---@return any value
---@return aicore.Error? err  without operation: it was not begun
function single_flight.in_turn(runtime, flights, key, deadline, act)
  local before = flights[key]
  while before and not before.over and not before:is_abandoned(runtime.now()) do
    local why = before:follow(runtime, deadline)
    if why then
      return nil, unfinished(why)
    end
    before = flights[key]
  end
  local flight, value, err = single_flight.new(runtime.now()), nil, nil
  flights[key] = flight
  begin(flight, runtime, function()
    value, err = act()
  end)
  if flights[key] == flight then
    flights[key] = nil
  end
  return value, err
end

return single_flight
