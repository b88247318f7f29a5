--- What a goal makes of a situation (evidence.lua). Pure; each is a function of the situation, of how long it was shown
-- (s from its last change to the last sighting), and of how long it was refused (s from the first refusal to the last,
-- nothing else between them), that says what follows:
--   "done", list       reached: the list of a report that it belongs to, or nil where it has been told already
--   "fail", reason     it cannot be reached; reason is a row of REASONS
--   "stop", "delete"   to be sent, as soon as the evidence lets it
--   "get"              a GET has to tell more
--   "look"             there is nothing to do but to look again
-- One that is gone has ended for every goal: the engine settles it by the word that evidence.missing() says.

local evidence = require "aicore.fleet.evidence"
local lifecycle = require "aicore.model.lifecycle"

local goals = {}

--- What is not an ended state by GET has to be the same for so long, in seconds, the last time by GET.
local INSISTENT = 10

--- Is this so beyond doubt? If it only seems so, what is to be done to know.
local function is_sure(s, shown)
  if not s.by_get then
    return false, (lifecycle.ended(s.status) or shown >= INSISTENT) and "get" or "look"
  end
  return lifecycle.ended(s.status) or shown >= INSISTENT, "look"
end

--- A failure that is claimed only beyond doubt.
local function fail(s, shown, reason)
  local sure, otherwise = is_sure(s, shown)
  if sure then
    return "fail", reason
  end
  return otherwise
end

--- One that a list lacks is asked by the deed, which tells whether it is gone; where that told nothing, by GET.
local function ask(s, deed)
  if s.asked and not evidence.wants_get(s) then
    return "look"
  end
  return evidence.may_probe(s) and deed or "get"
end

--- An action is sent unless the target tells that it is in force. One that was refused for so long that there is
--- nothing else to expect fails.
local function send(action, s, refused)
  if lifecycle.action_of(s.target) == action then
    return "look"
  elseif s.action == action and refused >= evidence.REFUSED_FOR_GOOD then
    return "fail", "refused"
  end
  return action
end

--- Stops what runs, waits, deletes, until it is gone.
---@param s aicore.Situation
---@param shown number
---@param refused number
function goals.teardown(s, shown, refused)
  local step = s.status and lifecycle.teardown(s.status, s.target)
  if s.no_list or evidence.wants_get(s) then
    return ask(s, not s.deleting and step == "stop" and "stop" or "delete")
  elseif not step or step == "wait" or step == "stop" and s.deleting and shown < INSISTENT then
    return "look" -- what runs although its delete was accepted: the service may have forgotten that
  end
  return send(step, s, refused)
end

--- Does the same, until it is seen to be on its way: of one whose own maker is sure that it is there, and that it was
--- not there long.
---@param s aicore.Situation
---@param shown number
---@param refused number
function goals.discard(s, shown, refused)
  if lifecycle.action_of(s.target) == "delete" then
    return "done", "deleted"
  end
  return goals.teardown(s, shown, refused)
end

--- Stops what runs, and waits until it has ended.
---@param s aicore.Situation
---@param refused number
function goals.stop(s, _, refused)
  if s.no_list or evidence.wants_get(s) then
    return ask(s, "stop")
  elseif lifecycle.ended(s.status) and s.ran and not s.stopped then
    return "get" -- a list that is behind may show an earlier end
  elseif lifecycle.ended(s.status) then
    return "done", not s.stopped and "skipped" or nil
  elseif lifecycle.may(s.status, "stop") then
    return send("stop", s, refused)
  end
  return "look"
end

--- Deletes, and waits until it is gone; one that is meant to run is refused.
---@param s aicore.Situation
---@param shown number
---@param refused number
function goals.delete(s, shown, refused)
  if s.no_list or evidence.wants_get(s) then
    return ask(s, "delete")
  elseif lifecycle.may(s.status, "delete") then
    return send("delete", s, refused)
  elseif lifecycle.may(s.status, "stop") and not lifecycle.leaving(s.target) then
    return fail(s, shown, "runs")
  end
  return "look"
end

--- It was to end, and is meant to run again; what was only seen on its way must be seen running.
local function has_turned_back(s)
  local runs = s.target == lifecycle.SERVING
  return runs and (s.left == "target" or s.left == "status" and lifecycle.may(s.status, "stop"))
end

--- Waits for a status, or until it is gone.
---@param wanted string  one of lifecycle.goals
---@return fun(s: aicore.Situation, shown: number): string, string?
function goals.reach(wanted)
  return function(s, shown)
    if s.no_list then
      return "get" -- there is no deed to ask by
    elseif not s.status then
      return "look"
    elseif lifecycle.meets(wanted, s.status, s.target) then
      return "done"
    elseif not lifecycle.may_become(s.status, wanted, s.target) then
      return fail(s, shown, "cannot_come")
    elseif wanted == lifecycle.targets.stop and has_turned_back(s) then
      return fail(s, shown, "turned_back")
    end
    return "look"
  end
end

return goals
