--- rollout: another configuration for a deployment, until it runs with that; or else back to the one before.
-- Rules of this file (EVIDENCE, "rollout"):
--   RUNNING counts only with the new configuration, by GET, and not straight after the update, when it may still be the
--   old one that runs: PENDING with it was seen before, 10 s ago or with an older modifiedAt (a replica that is behind
--   shows what was before that), or the service says that it is the one that has run last, or it was shown for 10 s and
--   nothing else.
--   DEAD with the new configuration means that it failed; of one that was dead before, by the same rules.
--   On the way back all may be as it was before the update, as a replica that is behind shows it, or as the update has
--   had no effect yet: so it is sent in any case, and only those 10 s after that prove anything.

local calls = require "aicore.fleet.calls"
local errors = require "aicore.model.errors"
local evidence = require "aicore.fleet.evidence"
local lifecycle = require "aicore.model.lifecycle"
local merged = require "aicore.model.merged"
local timestamp = require "aicore.model.timestamp"

local rollout = {}

--- What might be stale has to be shown for so long, in seconds: longer than a replica is behind.
local INSISTENT = 10

--- A refusal with these, but for what its state forbids, says that the argument is wrong.
local WRONG = { [400] = true, [404] = true }

-- What is seen -------------------------------------------------------------------------------------

---@class aicore.Course  of a deployment to a configuration
---@field wanted string
---@field may_be_stale boolean   what was before the update may look like what comes after it
---@field first table?           the first record that counted
---@field record table?          the last one
---@field by_get boolean
---@field since number?          when it was shown first as it is now, and nothing else after that
---@field last number?           when it was shown last
---@field started { at: number, stamp: number? }?  when it was seen first with the wanted configuration, and not yet
---       running; stamp: its modifiedAt, if the service's stamps tell what was first
---@field was_sent boolean       an update to it was accepted, or may have been
---@field engine aicore.Engine?
local Course = {}
Course.__index = Course

---@param wanted string
---@param may_be_stale boolean
---@return aicore.Course
function rollout.course(wanted, may_be_stale)
  return setmetatable({ wanted = wanted, may_be_stale = may_be_stale, by_get = false, was_sent = false }, Course)
end

--- A sighting that counts.
function Course:note(record, by, at)
  local before = self.record
  self.first = self.first or record
  if not before or before.status ~= record.status or before.configurationId ~= record.configurationId then
    self.since = at
  end
  self.record, self.by_get, self.last = record, by == "get", at
  local is_new = record.configurationId == self.wanted
  if not is_new then
    self.started = nil -- another update has come between: what starts after this one is to be seen anew
  end
  if is_new and not self.started and not lifecycle.ended(record.status) and record.status ~= lifecycle.SERVING then
    local earlier, stamp = timestamp.parse(self.first.modifiedAt), timestamp.parse(record.modifiedAt)
    self.started = { at = at, stamp = earlier and stamp and stamp > earlier and stamp or nil }
  end
end

--- Does it run since it was seen starting?
local function has_started(self)
  local started, stamp = self.started, timestamp.parse(self.record.modifiedAt)
  local is_later = started and started.stamp and stamp and stamp > started.stamp
  return started and (is_later or self.last - started.at >= INSISTENT)
end

--- Is it beyond doubt that this came after the update? `shown`: s, since it was accepted, too.
local function is_proved(self, shown)
  if math.min(shown, self.last - self.since) >= INSISTENT then
    return true
  elseif self.may_be_stale or self.first.configurationId == self.wanted then
    return false
  end
  local latest = self.record.latestRunningConfigurationId
  local ran_last = latest == self.wanted and self.first.latestRunningConfigurationId ~= latest
  return has_started(self) or ran_last and self.record.status == lifecycle.SERVING
end

--- Is it beyond doubt that it has failed? Who was alive with another configuration died of this one.
local function has_failed(self, shown)
  local was_alive = not lifecycle.died(self.first.status) and self.first.configurationId ~= self.wanted
  return is_proved(self, shown) or was_alive and not self.may_be_stale
end

--- What is claimed only beyond doubt, and by GET.
local function claim(self, proved, what, detail)
  if self.by_get and proved then
    return what, detail
  end
  return self.by_get and "look" or "get"
end

--- What is to be done with one that does not run with the wanted configuration.
local function update(self, s, refused)
  local refusal = self.engine and self.engine.refusals[1]
  local is_of_update = s.answer == "refused" and refusal and refusal.operation == "update" -- not of another goal's stop
  local is_wrong = is_of_update and WRONG[refusal.status] and refusal.kind ~= "state"
  if is_wrong or s.action == "update" and refused >= evidence.REFUSED_FOR_GOOD then
    return "fail", "refused"
  end
  return "update"
end

--- The goal, see goals.lua.
function Course:judge(s, shown, refused)
  self.was_sent = self.was_sent or evidence.may_have_been_updated(s)
  if s.no_list then
    return "get"
  elseif not s.status or not self.record then
    return "look"
  end
  local is_new, died = self.record.configurationId == self.wanted, lifecycle.died(s.status)
  if lifecycle.leaving(s.target) or lifecycle.stopping(s.status) or lifecycle.ended(s.status) and not died then
    return claim(self, lifecycle.ended(s.status) or self.last - self.since >= INSISTENT, "fail", "cannot_come")
  elseif is_new and s.status == lifecycle.SERVING and (self.was_sent or not self.may_be_stale) then
    return claim(self, is_proved(self, shown), "done")
  elseif is_new and died and (self.was_sent or self.started) then
    return claim(self, has_failed(self, shown), "fail", "died")
  elseif is_new and not died and not self.may_be_stale or not died and not lifecycle.may(s.status, "update") then
    return "look"
  end
  return update(self, s, refused)
end

-- The call -----------------------------------------------------------------------------------------

-- Functions of their own, as another call's look may call them.
local function noting(course)
  return function(_, _, record, _, by, at)
    course:note(record, by, at)
  end
end

local function goal_of(course)
  return function(s, shown, refused)
    return course:judge(s, shown, refused)
  end
end

--- Works until it runs with this configuration.
---@return aicore.WaitListener listener  its value or err
local function go(caller, call, id, course, deadline)
  local fields = { goal = lifecycle.SERVING, name = "rollout", detail = course.wanted, deadline = deadline }
  fields.what = ("%s with %s"):format(lifecycle.SERVING, course.wanted)
  fields.seen = noting(course)
  local one, listener = calls.engine_for_one(caller, call, id, goal_of(course), fields)
  course.engine = one
  calls.run(caller, one)
  return listener
end

--- The configuration to go back to; nil: there is none that is better.
local function configuration_before(course)
  local first = course.first or {}
  local before = first.configurationId
  if lifecycle.died(first.status) then
    before = first.latestRunningConfigurationId
  end
  return before ~= course.wanted and before or nil
end

-- Errors after which nothing else would come about, either.
local ENDS = { cancelled = true, auth = true, config = true }

--- Is there a way back, and need of it? There is none where the update cannot have taken effect.
local function may_go_back(call, course, err, before)
  local is_new = course.record and course.record.configurationId == course.wanted
  local may_have_changed = is_new or course.was_sent
  return err and call.rollback and before and may_have_changed and not ENDS[err.kind] and not err.absent
end

--- What is returned: a report, or an error that tells the same besides.
local function finish(caller, call, fields, err)
  local made = merged(err, fields)
  made.requests, made.elapsed = caller:requests() - call.requests_before, caller.runtime.now() - call.began
  if err then
    return nil, errors.new(made)
  end
  return made
end

local OPTIONS = { rollback = "boolean" }

---@param caller aicore.Caller
---@param id string
---@param configuration_id string
---@param opts table?
---@return table|nil report
---@return aicore.Error? err
function rollout.one(caller, id, configuration_id, opts)
  local call = calls.read(caller, "rollout", opts, OPTIONS)
  calls.check(caller, "rollout", "update", nil, id, configuration_id)
  local course = rollout.course(configuration_id, false)
  local half = call.began + (call.deadline - call.began) / 2
  local there = go(caller, call, id, course, call.rollback and half or call.deadline)
  local before, err = configuration_before(course), there.err
  local fields = { id = id, previous = before, configuration_id = configuration_id, rolled_back = false }
  if not may_go_back(call, course, err, before) then
    return finish(caller, call, fields, err)
  end
  local back = go(caller, call, id, rollout.course(before, true), call.deadline)
  if back.err then
    err.last_error, err.last_refusal = nil, back.err -- of the way back, which comes last
    return finish(caller, call, fields, err)
  end
  fields.rolled_back, fields.reason = true, err
  return finish(caller, call, fields)
end

return rollout
