--- What became of a wait for one deployment, as the listener of an engine.

local errors = require "aicore.model.errors"
local lifecycle = require "aicore.model.lifecycle"
local merged = require "aicore.model.merged"
local words = require "aicore.model.words"

local waiting = {}

---@class aicore.WaitError: aicore.Error
---       of kind "state" if the goal cannot be reached, "timeout" at the deadline, else what made it hopeless
---@field last_status string?       as of the last sighting that counted; "GONE": there was no such deployment
---@field last_target string?       its targetStatus
---@field absent boolean?           true: the goal cannot be reached as there is no such deployment
---@field elapsed number            s since the wait began
---@field looks integer             those that failed included
---@field last_error aicore.Error?  of the last look, if that failed

---@class aicore.Progress
---@field id string
---@field status string?        as the last sighting said; "GONE": there is no such deployment; nil: it was not seen
---       yet
---@field targetStatus string?
---@field elapsed number        s since the wait began
---@field looks integer

---@class aicore.WaitListener: aicore.Listener
---@field value table|true|nil    what it is, once the goal is reached
---@field err aicore.WaitError?
local Listener = {}
Listener.__index = Listener

---@param call { id: string, goal: string, began: number, on_progress: function?, shared: table, name: string?,
---              what: string? }  name: of the operation, for errors ("wait"); what: the goal in words
---@return aicore.WaitListener
function waiting.new(call)
  return setmetatable({ call = call, looks_before = call.shared.looks.count }, Listener)
end

local function elapsed(self)
  return self.call.shared.group.runtime.now() - self.call.began
end

local function looks(self)
  return self.call.shared.looks.count - self.looks_before
end

-- What becomes of it -------------------------------------------------------------------------------

--- The goal is reached, or it is gone, which is one goal and makes all others impossible.
function Listener:settled(_, word, record)
  if not word then
    self.value = record
    return
  end
  self.status, self.target = lifecycle.GONE, nil
  if self.call.goal == lifecycle.GONE then
    self.value = true
  else
    local message = ("there is no such %s (any more)"):format(self.call.shared.group.resource:sub(1, -2))
    self:fail_with { kind = "state", message = message, absent = true }
  end
end

function Listener.stopped() end -- the record says so

local function goal_of(self)
  return self.call.what or self.call.goal
end

local function describe(s)
  if s.target == s.status then
    return ("its status and its target are %s"):format(s.status)
  end
  return ("its status is %s%s"):format(s.status, s.target and ", its target " .. s.target or "")
end

-- Why the goal was not reached, by the reason: (listener, situation, why the last look failed, why what was sent last
-- failed) -> fields of an error.
local REASONS = {
  cannot_come = function(self, s)
    return { kind = "state", message = ("it can no longer be %s: %s"):format(goal_of(self), describe(s)) }
  end,
  turned_back = function(_, s)
    return { kind = "state", message = "it was to stop, and is no longer: " .. describe(s) }
  end,
  died = function(self, s)
    return { kind = "state", message = ("it did not become %s: %s"):format(goal_of(self), describe(s)) }
  end,
  refused = function(_, _, _, refusal)
    local fields = merged(refusal)
    fields.kind = fields.kind == "http" and "state" or fields.kind
    return fields
  end,
  denied = function(_, _, err)
    return merged(err)
  end,
  timeout = function(self, s, err, refusal)
    local seen = s.status and describe(s) or "nothing is known of it"
    local message = ("not %s after %.1f s: %s"):format(goal_of(self), elapsed(self), seen)
    return { kind = "timeout", message = message, last_error = err, last_refusal = refusal, retryable = true }
  end,
  cancelled = function(_, _, err)
    return { kind = "cancelled", message = "ended by the host", last_error = err }
  end,
}

function Listener:failed(_, reason, s, err, refusal, record)
  self.status, self.target = s.status, s.target
  local fields = REASONS[reason](self, s, err, refusal)
  local why = record and words.about(record)
  if fields.kind == "state" and why and reason ~= "refused" then
    fields.message = ("%s (%s)"):format(fields.message, why)
  end
  self:fail_with(fields)
end

---@private
function Listener:fail_with(fields)
  fields.operation, fields.id = fields.operation or self.call.name or "wait", fields.id or self.call.id
  fields.last_status, fields.last_target = self.status, self.target
  fields.elapsed, fields.looks = elapsed(self), looks(self)
  self.err = errors.new(self.call.shared.group:about(fields))
end

-- Progress -----------------------------------------------------------------------------------------

--- Tells of a change of status or target.
function Listener:changed(engine)
  local s = engine.beliefs.situation[1]
  if s then
    self.status, self.target = s.status, s.target
  elseif self.value and self.value ~= true then
    self.status, self.target = self.value.status, self.value.targetStatus
  end
  local told = self.told
  if self.call.on_progress and (not told or told.status ~= self.status or told.targetStatus ~= self.target) then
    self.told = {
      id = self.call.id,
      status = self.status,
      targetStatus = self.target,
      elapsed = elapsed(self),
      looks = looks(self),
    }
    self.call.on_progress(self.told)
  end
end

---@return table|true|nil deployment
---@return aicore.WaitError? err
function Listener:result()
  if self.err then
    return nil, self.err
  end
  return self.value
end

return waiting
