-- When to look again at a deployment, and what a look means: pure, without I/O, clock or dice of its own.
-- Rules of this file:
--   verdict() says whether a goal is reached or can no longer be. It knows nothing of time and remembers one word per
--   deployment: so a fleet may ask it for thousands that share one list.
--   A pace says when the next look is due. There is always a deadline; no delay passes it, and the last look begins
--   when it comes.
--   A wait is both. A look that failed never ends it, unless it shows that no other look can succeed.
--   A status that is not in the API description (SAP may add some) is never a reason to give up.
--
-- Whoever drives a wait looks at once, tells step(look, now, random) what it saw, and does what it is told until
-- "done" or "fail"; "look", s means: sleep s seconds, then look again.

local errors = require "aicore.model.errors"
local lifecycle = require "aicore.model.lifecycle"

local wait = {}

--- The goal of those who wait for a deployment to vanish.
wait.GONE = lifecycle.GONE

--- What verdict() is told instead of a deployment when AI Core itself says that there is none.
wait.ABSENT = "absent"

-- What a look means --------------------------------------------------------------------------------

-- Of one that is to stop: "asked" once that was its target; "seen" if only its status said so (when its ttl is over, it
-- may stop while its target is to run).
local function remember(before, status, target)
  if before == "asked" or target == lifecycle.targets.stop then
    return "asked"
  end
  return lifecycle.stopping(status) and "seen" or before
end

local function turned_back(before, status, target)
  return target == lifecycle.SERVING and (before == "asked" or before == "seen" and lifecycle.may(status, "stop"))
end

local function describe(status, target)
  return ("its status is %s%s"):format(tostring(status), target and ", its target " .. tostring(target) or "")
end

--- Is a goal reached, impossible, or still to come (nil)?
--- STOPPED is reached by all that has ended, so by DEAD and COMPLETED, too. One that is gone may have stopped or never
--- have existed: as a wrong id or resource group must not read as "stopped", every goal but GONE is impossible then.
---@param goal string                a status, or wait.GONE
---@param before string?             the third result of the verdict before, of the same deployment
---@param deployment table|"absent"  as the service describes it, or wait.ABSENT
---@return "reached"|"impossible"|nil verdict
---@return string? reason            why it is impossible
---@return string? before
function wait.verdict(goal, before, deployment)
  if deployment == wait.ABSENT then
    if goal == wait.GONE then
      return "reached"
    end
    return "impossible", "there is no such deployment (any more)"
  end
  local status, target = deployment.status, deployment.targetStatus
  if goal == wait.GONE then
    return nil
  elseif lifecycle.meets(goal, status, target) then
    return "reached"
  elseif not lifecycle.may_become(status, goal, target) then
    return "impossible", ("it can no longer be %s: %s"):format(goal, describe(status, target))
  elseif goal ~= lifecycle.targets.stop then
    return nil
  elseif turned_back(before, status, target) then
    return "impossible", "it was to stop, and is no longer: " .. describe(status, target)
  end
  return nil, nil, remember(before, status, target)
end

-- When to look -------------------------------------------------------------------------------------

---@class aicore.wait.Policy
---@field first number?   s between the first look and the second
---@field factor number?  by which the interval grows with every look
---@field share number?   instead: the interval is this share of the time that has passed, but not less than `first`
---@field cap number?     s, the longest interval
---@field jitter number?  the share by which an interval may turn out shorter or longer: 10 s become 8 to 12 s
---@field grace number?   s from its creation in which a deployment need not be found

---@type aicore.wait.Policy
local POLICY = { first = 0.25, factor = 1.5, cap = 10, jitter = 0.2, grace = 60 }

local function complete(policy)
  local all = {}
  for name, default in pairs(POLICY) do
    all[name] = policy[name] or default
  end
  all.share = policy.share
  return all
end

---@class aicore.wait.Pace
---@field last boolean  the next look is the last: as it begins at the deadline, it needs time beyond
local Pace = {}
Pace.__index = Pace

--- The pace of looks, whatever is looked at. The first look is due at once.
---@param deadline number  s, on the clock of `now`
---@param policy aicore.wait.Policy?  what is to differ from POLICY
---@return aicore.wait.Pace
function wait.pace(deadline, policy)
  policy = policy and complete(policy) or POLICY
  return setmetatable({ deadline = deadline, policy = policy, interval = policy.first, last = false }, Pace)
end

-- The interval, without jitter; makes it longer for the time after.
local function advance(self, now)
  local policy, interval = self.policy, self.interval
  if policy.share then
    self.began = self.began or now
    return math.min(policy.cap, math.max(interval, policy.share * (now - self.began)))
  end
  self.interval = math.min(policy.cap, interval * policy.factor)
  return interval
end

--- How long until the next look; nil after the last one.
---@param now number
---@param random number  in [0, 1), anew for every call
---@param least number?  s, asked for by the service
---@return number? seconds
function Pace:next(now, random, least)
  if self.last or now >= self.deadline then
    return nil
  end
  local left = self.deadline - now
  local delay = math.max(advance(self, now) * (1 + self.policy.jitter * (2 * random - 1)), least or 0)
  self.last = delay >= left
  return math.min(delay, left)
end

-- A wait -------------------------------------------------------------------------------------------

---@class aicore.WaitError: aicore.Error
---       of kind "state" if the goal cannot be reached, "timeout" at the deadline, else what made it hopeless
---@field last_status string?       as of the last look that did not fail; "GONE": there was no such deployment
---@field last_target string?       its targetStatus
---@field absent boolean?           true: the goal cannot be reached as there is no such deployment
---@field elapsed number            s since the wait began
---@field looks integer             those that failed included
---@field last_error aicore.Error?  of the last look, if that failed

-- Errors that no waiting heals, and how many looks in a row must say so. Each look has logged in again before it says
-- "auth"; even so, one refusal may be a hiccup of the gateway.
local HOPELESS = { config = 1, cancelled = 1, auth = 2 }

---@class aicore.wait.Machine
---@field pace aicore.wait.Pace
local Machine = {}
Machine.__index = Machine

--- The machine of one wait for one deployment.
---@param options { goal: string, now: number, deadline: number, id: string?, fresh: boolean?,
---                 policy: aicore.wait.Policy? }
---       goal: a status, or wait.GONE; now, deadline: s, on one clock; fresh: it was just created, so "not found" may
---       only mean "not yet"
---@return aicore.wait.Machine
function wait.new(options)
  local pace = wait.pace(options.deadline, options.policy)
  return setmetatable({
    goal = options.goal,
    id = options.id,
    began = options.now,
    pace = pace,
    hidden_until = options.fresh and options.now + pace.policy.grace or -math.huge,
    looks = 0,
    hopeless = 0,
  }, Machine)
end

---@class aicore.Progress
---@field id string?
---@field status string?        as the last good look said; "GONE": there is no such deployment; nil: none was good
---@field targetStatus string?
---@field elapsed number        s since the wait began
---@field looks integer

--- How far it is, for on_progress.
---@param now number
---@return aicore.Progress
function Machine:progress(now)
  return {
    id = self.id,
    status = self.status,
    targetStatus = self.target,
    elapsed = now - self.began,
    looks = self.looks,
  }
end

--- Makes an error of a table with `kind` and `message`, and adds what is known of this wait; also for a driver that has
--- to end it.
---@param fields table
---@param now number
---@return aicore.WaitError
function Machine:failure(fields, now)
  fields.operation, fields.id = fields.operation or "wait", fields.id or self.id
  fields.last_status, fields.last_target = self.status, self.target
  fields.elapsed, fields.looks = now - self.began, self.looks
  fields.last_error = self.last_error ~= fields and self.last_error or nil
  return errors.new(fields)
end

local function timed_out(self, now)
  local seen = self.status and describe(self.status, self.target) or "nothing was seen of it"
  local failed = self.last_error and "; the last look failed: " .. self.last_error.message or ""
  local message = ("not %s after %.1f s: %s%s"):format(self.goal, now - self.began, seen, failed)
  return self:failure({ kind = "timeout", message = message, retryable = true }, now)
end

local function impossible(self, look, reason, now)
  local why = look.deployment and look.deployment.statusMessage
  if type(why) == "string" and why ~= "" then
    reason = ("%s (%s)"):format(reason, why)
  end
  return self:failure({ kind = "state", message = reason, absent = look.absent, retryable = false }, now)
end

-- Whether the error shows that no other look can succeed.
local function give_up(self, err)
  local enough = HOPELESS[err.kind]
  self.hopeless = enough and self.hopeless + 1 or 0
  return enough ~= nil and self.hopeless >= enough
end

-- Keeps what a good look showed. Returns whether that is new.
local function take_note(self, look)
  local deployment = look.deployment or { status = wait.GONE }
  local status, target = deployment.status, deployment.targetStatus
  local changed = status ~= self.status or target ~= self.target
  self.status, self.target, self.id = status, target, self.id or deployment.id
  return changed
end

local function judge(self, look, now)
  if look.err then
    return give_up(self, look.err) and "hopeless" or nil
  end
  self.hopeless = 0
  if look.absent and not self.status and now < self.hidden_until then
    return nil
  end
  local changed = take_note(self, look)
  local verdict, reason
  verdict, reason, self.before = wait.verdict(self.goal, self.before, look.deployment or wait.ABSENT)
  return verdict, reason, changed
end

---@class aicore.wait.Look  what a look showed; exactly one of
---@field deployment table?  as the service describes it
---@field absent boolean?    AI Core itself says that there is none (not just any 404)
---@field err aicore.Error?  it failed

--- To be called after every look: what follows?
---@param look aicore.wait.Look
---@param now number
---@param random number  in [0, 1), anew for every call
---@return "done"|"look"|"fail" action
---@return table|true|number|aicore.WaitError result  the deployment, or true where it is gone; seconds to sleep; why
---@return boolean changed  status or targetStatus are not what they were: there is progress to report
function Machine:step(look, now, random)
  self.looks = self.looks + 1
  self.last_error = look.err
  local verdict, reason, changed = judge(self, look, now)
  changed = changed or false
  if verdict == "reached" then
    return "done", look.deployment or true, changed
  elseif verdict == "impossible" then
    return "fail", impossible(self, look, reason, now), changed
  elseif verdict == "hopeless" then
    return "fail", self:failure(look.err, now), changed
  end
  local delay = self.pace:next(now, random, look.err and look.err.retry_after)
  if not delay then
    return "fail", timed_out(self, now), changed
  end
  return "look", delay, changed
end

return wait
