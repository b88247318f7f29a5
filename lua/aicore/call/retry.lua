-- When to send a request again: a step machine without I/O, clock or dice of its own.
-- Rules of this file:
--   What came of an attempt has one of the names in OUTCOMES; REPEATS says by the kind of operation what follows.
--   Every delay ends before the deadline: a repetition that cannot be in time is not waited for.
--   A repetition is paid from the session's bucket. When that is empty nobody repeats, so that a service in
--   trouble gets at most a few percent on top of what it is asked anyway.
--   What may have happened once stays ambiguous, whatever is answered later.
--
-- The driver does what it is told, until "done" or "fail":
--   "send"     send the request, then step(err, now, random)
--   "wait", s  sleep, then ready(now)
--   "login"    get another token, then send; if there is none: abort(err, now)
-- and begins with ready(now).

local errors = require "aicore.model.errors"
local merged = require "aicore.model.merged"

local retry = {}

-- Attempts per call, and one more where a token was refused. The backoff: at most so many seconds before the second
-- attempt, doubled before each further one up to the cap; the longer base where the service says that it is too much.
local ATTEMPTS = 5
local BASE, THROTTLED_BASE, CAP = 0.1, 1, 20

-- The bucket ---------------------------------------------------------------------------------------

local FULL = 500
local REFUND = 1

--- What the service asks to wait is obeyed up to so many seconds: a call that is asked for more fails at once, and the
--- others are not paused for longer.
retry.MOST_ASKED = 120

---@class aicore.retry.Budget  shared by all calls of a session
---@field tokens integer          what is left for repetitions
---@field paused_until number     no call is sent before, as the service refused one with a 429
---@field logins_until number     the same of logins: those that are throttled do not stop calls whose token is good
local Budget = {}
Budget.__index = Budget

---@return aicore.retry.Budget
function retry.budget()
  return setmetatable({ tokens = FULL, paused_until = -math.huge, logins_until = -math.huge }, Budget)
end

local function lane_of(operation)
  return operation.path and "paused_until" or "logins_until"
end

--- How long a new attempt has to wait: seconds, 0 if it may be sent.
---@param now number
---@param operation aicore.Operation
---@return number
function Budget:pause(now, operation)
  local pause = self[lane_of(operation)] - now
  return pause > 0 and pause or 0
end

--- Takes tokens if there are enough.
---@param cost integer
---@return boolean
function Budget:pay(cost)
  if self.tokens < cost then
    return false
  end
  self.tokens = self.tokens - cost
  return true
end

--- A success at the first try: the service is well.
function Budget:refund()
  if self.tokens < FULL then
    self.tokens = math.min(FULL, self.tokens + REFUND)
  end
end

-- What came of an attempt --------------------------------------------------------------------------

-- denied      the token was refused, the request not looked at
-- throttled   too much, nothing was done; the whole session pauses
-- busy        too much, and it may have been done in part: a 503 that asks to wait
-- transient   the service or the gateway in front is in trouble
-- unsent      nothing left this machine
-- refused     the peer has not looked at it (HTTP/2), as it closes its connection: it is not the service's trouble
-- lost        sent, but the answer is missing or half of one
-- final       the same again would be refused again
-- cost: tokens for a repetition; base: of its backoff
local OUTCOMES = {
  denied = {},
  throttled = { cost = 5, base = THROTTLED_BASE, pauses = true },
  busy = { cost = 5, base = THROTTLED_BASE },
  transient = { cost = 14, base = BASE },
  unsent = { cost = 14, base = BASE },
  refused = { cost = 0, base = BASE },
  lost = { cost = 14, base = BASE },
  final = {},
}

local BY_STATUS = {
  [401] = "denied",
  [408] = "transient",
  [425] = "transient",
  [429] = "throttled",
  [500] = "transient",
  [502] = "transient",
  [503] = "transient",
  [504] = "transient",
}

-- Errors without a whole answer, whether there is a status line or not.
local NO_ANSWER = { transport = true, timeout = true, protocol = true }

-- What follows an outcome; where nothing stands, the call has failed.
local SAFE = {
  denied = "login",
  throttled = "wait",
  busy = "wait",
  transient = "wait",
  unsent = "wait",
  refused = "wait",
  lost = "wait",
}
-- Twice is not the same as once (a create has no idempotency key): repeated only where it is certain that nothing was
-- done. Of a batch, a look tells which items are still to be sent.
local ONCE = { denied = "login", throttled = "wait", unsent = "wait", refused = "wait" }
-- Logging in again does not help a login that was refused.
local LOGIN =
  { throttled = "wait", busy = "wait", transient = "wait", unsent = "wait", refused = "wait", lost = "wait" }

---@param operation aicore.Operation
local function repeats_of(operation)
  if not operation.path then
    return LOGIN
  end
  return operation.idempotent and SAFE or ONCE
end

local function outcome_of(err)
  if not NO_ANSWER[err.kind] then
    local outcome = BY_STATUS[err.status] or "final"
    return err.status == 503 and err.retry_after and "busy" or outcome
  end
  if not err.retryable then
    return "final"
  elseif err.refused then
    return "refused"
  end
  local unsent = not err.status and not err.ambiguous and err.kind ~= "protocol"
  return unsent and "unsent" or "lost"
end

-- The machine --------------------------------------------------------------------------------------

---@class aicore.retry.Machine
---@field attempts integer   requests sent
---@field ambiguous boolean  one of them may have taken effect although it failed
---@field private tries integer  attempts, less the one whose token was refused
local Machine = {}
Machine.__index = Machine

--- The machine of one call.
---@param options { operation: aicore.Operation, deadline: number, budget: aicore.retry.Budget, enabled: boolean? }
---       deadline: s, on the clock of `now`; enabled: false allows one attempt only, and the replay after a 401 all the
---       same, as otherwise a client would keep a dead token for ever
---@return aicore.retry.Machine
function retry.new(options)
  return setmetatable({
    operation = options.operation,
    repeats = repeats_of(options.operation),
    deadline = options.deadline,
    budget = options.budget,
    enabled = options.enabled ~= false,
    attempts = 0,
    tries = 0,
    ambiguous = false,
  }, Machine)
end

-- The error that the user gets: a copy, since that of a shared login belongs to other calls, and has its own count.
local function finished(self, err, note)
  local copy = merged(err)
  copy.message = note and ("%s (%s)"):format(err.message, note) or err.message
  copy.attempts = err.attempts or self.attempts
  copy.ambiguous = self.ambiguous or err.ambiguous or false
  return errors.new(copy)
end

--- May the request be sent now?
---@param now number
---@return "send"|"wait"|"fail" action
---@return number|aicore.Error|nil  seconds, or why there is no point in waiting
function Machine:ready(now)
  local pause, left = self.budget:pause(now, self.operation), self.deadline - now
  if pause < left then
    return pause > 0 and "wait" or "send", pause
  end
  local unsent = { kind = "timeout", message = "the request was not sent", retryable = true }
  local err = self.answer or self.last or unsent
  return "fail", self:late(err, now, pause, pause)
end

-- How long until the next attempt, and how much of that the service asked for; both in seconds.
-- Full jitter: clients that failed together do not come back together. A pause never becomes shorter by another.
local function delay_after(self, err, outcome, now, random)
  local backoff = outcome.base and math.min(CAP, outcome.base * 2 ^ (self.tries - 1)) or 0
  local asked = math.max(err.retry_after or 0, self.budget:pause(now, self.operation))
  local delay = math.max(random * backoff, asked)
  if outcome.pauses then
    self.budget[lane_of(self.operation)] = now + math.min(delay, retry.MOST_ASKED)
  end
  return delay, asked
end

local function note_failure(self, err, name)
  self.ambiguous = self.ambiguous or err.ambiguous or false
  self.last = err
  if name ~= "denied" and err.status and not NO_ANSWER[err.kind] then
    self.answer = err
  end
end

--- To be called after every attempt: what follows?
---@param err aicore.Error?  of this attempt; nil: it was a success
---@param now number
---@param random number      in [0, 1), anew for every call
---@return "done"|"wait"|"login"|"fail" action
---@return number|aicore.Error|nil  seconds to wait, or the call's error
function Machine:step(err, now, random)
  self.attempts = self.attempts + 1
  if not err then
    if self.attempts == 1 then
      self.budget:refund()
    end
    return "done"
  end
  local name = outcome_of(err)
  local outcome, action = OUTCOMES[name], self.repeats[name]
  note_failure(self, err, name)
  if action == "login" and not self.renewed and now < self.deadline then
    self.renewed = true
    return "login"
  end
  self.tries = self.tries + 1
  local delay, asked = delay_after(self, err, outcome, now, random)
  if action ~= "wait" or not self.enabled or self.tries >= ATTEMPTS then
    return "fail", self:abort(err, now)
  elseif asked > retry.MOST_ASKED then
    return "fail", self:abort(err, now, ("the service asks to wait %.0f s, which is too long"):format(asked))
  elseif now + delay >= self.deadline then
    return "fail", self:late(err, now, delay, asked)
  elseif not self.budget:pay(outcome.cost) then
    return "fail", finished(self, err, "not repeated: this session has used up its retries")
  end
  return "wait", delay
end

--- The error of a call to which the next attempt would come too late.
---@private
function Machine:late(err, now, delay, asked)
  if asked == 0 or asked < delay then
    return self:abort(err, now, "no time left for an attempt")
  end
  local note = ("the service asks to wait %.1f s, %.1f s are left"):format(asked, self.deadline - now)
  local final = self:abort(err, now, note)
  final.retry_after = asked
  return final
end

-- Timers may go off early by as much, in seconds.
local EARLY = 0.01

--- The error of a call that ends for a reason from outside (no login, cancelled), or at its deadline: where that cut
--- off the last attempt, what the service answered before says more.
---@param err aicore.Error
---@param now number
---@param note string?  to be added to the message
---@return aicore.Error
function Machine:abort(err, now, note)
  local cut_off = (err.kind == "timeout" or err.kind == "transport") and now >= self.deadline - EARLY
  return finished(self, cut_off and self.answer or err, note)
end

return retry
