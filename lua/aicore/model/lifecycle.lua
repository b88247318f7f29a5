-- The states of a deployment: what may be done in each, what it means, what may become of it and how it is drawn.
-- Rules: this is the only table of status words; a module that decides by one asks here. No I/O and no surprises: a
-- word that is not in the table (SAP may add some) is never an error, but nothing may be done to it, and nothing is
-- ruled out.

local lifecycle = {}

---@alias aicore.Action "stop"|"delete"|"update"

---@alias aicore.Phase
---| "unclear"   the service has no news of it
---| "starting"
---| "running"
---| "stopping"
---| "ended"     it costs nothing and never runs again

---@alias aicore.Look "good"|"busy"|"quiet"|"bad"|"unclear"|"plain"

---@class aicore.State
---@field word string         as the service writes it
---@field phase aicore.Phase  what it means; what may still become of it follows from that
---@field may string          the actions that the service accepts; what teardown does next follows from them
---@field look aicore.Look    how people are shown it: the command and the panel have a colour for each look

-- In the order in which they are shown, that of the API description. DELETE on COMPLETED is documented nowhere for
-- deployments and assumed here: it has ended like the others.
---@type aicore.State[]
local ROWS = {
  { word = "PENDING", phase = "starting", may = "stop update", look = "busy" },
  { word = "RUNNING", phase = "running", may = "stop update", look = "good" },
  { word = "COMPLETED", phase = "ended", may = "delete", look = "quiet" },
  { word = "DEAD", phase = "ended", may = "delete", look = "bad" },
  { word = "STOPPING", phase = "stopping", may = "", look = "busy" },
  { word = "STOPPED", phase = "ended", may = "delete", look = "quiet" },
  { word = "UNKNOWN", phase = "unclear", may = "delete", look = "unclear" },
}

local UNLISTED = { phase = "unclear", may = "", look = "plain" }

--- The rows, in the order in which they are shown: for those that have to do something for each.
---@type aicore.State[]
lifecycle.rows = ROWS

--- The goal of those that wait for a deployment to vanish; not a status word.
lifecycle.GONE = "GONE"

--- The words, in the same order; and what can be waited for: GONE, and every status.
---@type string[], string[]
lifecycle.statuses, lifecycle.goals = {}, { lifecycle.GONE }

---@type table<string, aicore.State>
local STATES = {}

for i, row in ipairs(ROWS) do
  lifecycle.statuses[i], lifecycle.goals[i + 1], STATES[row.word] = row.word, row.word, row
end

--- The targetStatus by which each action is asked for.
---@type { stop: string, delete: string }
lifecycle.targets = { stop = "STOPPED", delete = "DELETED" }

local ACTIONS = {}
for action, target in pairs(lifecycle.targets) do
  ACTIONS[target] = action
end

--- The status of a deployment that serves, and the targetStatus of one that is meant to.
lifecycle.SERVING = "RUNNING"

--- What the service says when it has no news; a word that is not in the table is shown like this one.
lifecycle.NO_NEWS = "UNKNOWN"

--- After its creation, the service may not find one for so long, in seconds ("a few minutes", says SAP).
lifecycle.HIDDEN = 300

local function state(status)
  return STATES[status] or UNLISTED
end

-- Words --------------------------------------------------------------------------------------------

--- How much longer one of this age may not be found.
---@param age number  seconds; below 0 by a clock that is wrong, or an odd stamp: that makes it no younger than new
---@return number?    seconds; nil: it is too old for that
function lifecycle.hidden_for(age)
  if age < lifecycle.HIDDEN then
    return lifecycle.HIDDEN - math.max(age, 0)
  end
end

--- Whether the word stands in the API description.
---@param status string|nil
---@return boolean
function lifecycle.known(status)
  return STATES[status] ~= nil
end

--- The status word that a person means, who may write it in any case.
---@param text any
---@return string|nil word  nil: it is none
function lifecycle.read(text)
  local word = type(text) == "string" and text:upper()
  return lifecycle.known(word) and word or nil
end

--- What a person wants to wait for: a status word, or GONE.
---@param text any
---@return string|nil word  nil: it is neither
function lifecycle.read_goal(text)
  local word = type(text) == "string" and text:upper()
  return (word == lifecycle.GONE or lifecycle.known(word)) and word or nil
end

-- One deployment -----------------------------------------------------------------------------------

--- Whether the service accepts the action in this status.
---@param status string|nil
---@param action aicore.Action
---@return boolean
function lifecycle.may(status, action)
  return state(status).may:find(action, 1, true) ~= nil
end

--- What the status means; "unclear" for a word that is not in the table.
---@param status string|nil
---@return aicore.Phase
function lifecycle.phase(status)
  return state(status).phase
end

--- Whether a deployment with this status has ended: it costs nothing and never runs again.
---@param status string|nil
---@return boolean
function lifecycle.ended(status)
  return state(status).phase == "ended"
end

--- Whether it has failed: it has ended, but an update may bring it back.
---@param status string|nil
---@return boolean
function lifecycle.died(status)
  return state(status).phase == "ended" and state(status).look == "bad"
end

--- Whether it may be deleted although it has not ended: it cannot be stopped, and need not be.
---@param status string|nil
---@return boolean
function lifecycle.needs_no_stop(status)
  return lifecycle.may(status, "delete") and not lifecycle.ended(status)
end

--- Whether it is on its way to an end: it takes no orders, and all that is to be done is to wait.
---@param status string|nil
---@return boolean
function lifecycle.stopping(status)
  return state(status).phase == "stopping"
end

--- Whether it starts, runs or stops: when such a one is seen to have ended, it has been stopped meanwhile.
---@param status string|nil
---@return boolean
function lifecycle.active(status)
  local phase = state(status).phase
  return phase ~= "ended" and phase ~= "unclear"
end

--- Whether it is meant to end: no deployment comes back from such a target, but its status may say RUNNING for a while.
---@param target_status string|nil
---@return boolean
function lifecycle.leaving(target_status)
  return ACTIONS[target_status] ~= nil
end

--- The action that was accepted of a deployment with this target.
---@param target_status string|nil
---@return "stop"|"delete"|nil  nil: neither
function lifecycle.action_of(target_status)
  return ACTIONS[target_status]
end

--- What teardown does next. After an accepted delete the deployment keeps its status for a while
--- and only its target tells: then there is nothing to do but wait.
---@param status string|nil
---@param target_status string|nil  the deployment's targetStatus, where it is known
---@return "stop"|"wait"|"delete"
function lifecycle.teardown(status, target_status)
  if target_status == lifecycle.targets.delete then
    return "wait"
  end
  local may = state(status).may
  return may:match "stop" or may:match "delete" or "wait"
end

-- Goals --------------------------------------------------------------------------------------------

--- Whether a deployment that is there has reached a goal. "Stopped" is reached by all that has ended; "serving" is not,
--- if it is meant to end.
---@param goal string  one of lifecycle.goals
---@param status string|nil
---@param target_status string|nil
---@return boolean
function lifecycle.meets(goal, status, target_status)
  if goal == lifecycle.targets.stop then
    return lifecycle.ended(status)
  elseif goal == lifecycle.SERVING then
    return status == goal and not lifecycle.leaving(target_status)
  end
  return status == goal
end

--- Whether a deployment with this status may still get (or has) the status that is the goal. One that is meant to end
--- is as good as stopping; what runs may be PENDING again, by an update. Nothing is ruled out by a word that is not in
--- the table; whatever there is may be gone.
---@param status string|nil
---@param goal string  one of lifecycle.goals
---@param target_status string|nil  the deployment's targetStatus, where it is known
---@return boolean
function lifecycle.may_become(status, goal, target_status)
  local wanted = STATES[goal]
  if not wanted then
    return true
  elseif lifecycle.ended(status) then
    return status == goal
  elseif lifecycle.stopping(status) or lifecycle.leaving(target_status) then
    return wanted.phase ~= "starting" and wanted.phase ~= "running"
  end
  return true
end

-- Drawing ------------------------------------------------------------------------------------------

--- How people are shown it; "plain", which has no colour, for a word that is not in the table.
---@param status string|nil
---@return aicore.Look
function lifecycle.look(status)
  return state(status).look
end

return lifecycle
