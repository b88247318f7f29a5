--- Promises about what is said of a deployment: it was so.

local facts = require "spec.simulation.facts"
local lifecycle = require "aicore.model.lifecycle"

local claims = {}

-- What is said to be gone is gone when it is said.
function claims.gone(course, broken)
  facts.each_report(course, function(call, report)
    for _, list in ipairs { "deleted", "absent" } do
      for _, id in ipairs(report[list]) do
        if facts.is_there(course, id, call.ended) then
          broken("%s is reported %s, and is %s", id, list, facts.say(course, id, call.ended))
        end
      end
    end
  end)
end

-- What is said to have been stopped ran during the call, as far as an answer can tell, and has ended since.
function claims.stopped(course, broken)
  facts.each_report(course, function(call, report)
    local from = call.began - facts.lag_of(course)
    for _, id in ipairs(report.stopped) do
      local ran = course.truth:ever(id, from, call.ended, facts.runs)
      if not ran then
        broken("%s is reported stopped, and never ran", id)
      elseif not course.truth:ever(id, math.max(from, ran.time), call.ended, facts.has_ended) then
        broken("%s is reported stopped, and is %s", id, facts.say(course, id, call.ended))
      end
    end
  end)
end

-- What stop_all skips had ended; nothing else skips.
function claims.skipped(course, broken)
  facts.each_report(course, function(call, report)
    local from = call.began - facts.lag_of(course)
    for _, id in ipairs(report.skipped) do
      if call.method ~= "stop_all" and not call.dry_run then
        broken("%s is skipped by %s", id, call.method)
      elseif not call.dry_run and not course.truth:ever(id, from, call.ended, facts.has_ended) then
        broken("%s is skipped, and is %s", id, facts.say(course, id, call.ended))
      end
    end
  end)
end

local function each_wait(course, act)
  for _, call in ipairs(course.calls) do
    if call.method == "wait" and call.ended and call.ok then
      act(call, call.ids[1])
    end
  end
end

local function reaches(goal)
  return function(state)
    return state.status ~= nil and lifecycle.meets(goal, state.status, state.target)
  end
end

-- The status that a wait returns was so at some moment since it began, or as long before as an answer may be old.
-- What it says to be gone is gone.
function claims.waited(course, broken)
  each_wait(course, function(call, id)
    local from = call.began - facts.lag_of(course)
    if not call.result then
      return
    elseif call.goal == lifecycle.GONE then
      if facts.is_there(course, id, call.ended) then
        broken("a wait says that %s is gone, and it is %s", id, facts.say(course, id, call.ended))
      end
    elseif not reaches(call.goal)(call.result) then
      broken("a wait for %s returns %s", call.goal, tostring(call.result.status))
    elseif not course.truth:ever(id, from, call.ended, reaches(call.goal)) then
      broken("a wait says that %s is %s, and it is %s", id, call.goal, facts.say(course, id, call.ended))
    end
  end)
end

--- GETs of a deployment that were answered while the call ran, in order.
local function gets_of(course, call, id)
  local gets = {}
  for _, request in ipairs(facts.requests_of(course)[id] or {}) do
    local is_one = request.name == "status" and request.client == call.client
    if is_one and request.answered and request.answered >= call.began and request.answered <= call.ended then
      gets[#gets + 1] = request
    end
  end
  return gets
end

--- So long one that turned back, that can come no more or that may not be touched was seen to be so, in seconds.
local INSISTENCE = 10

--- Has a GET shown such a state: of one that has ended, or of one that was first seen so long before?
local function was_shown(course, call, id, fits)
  for _, get in ipairs(gets_of(course, call, id)) do
    if get.status and fits(get) and (lifecycle.ended(get.status) or get.answered - call.began >= INSISTENCE) then
      return true
    end
  end
  return false
end

local function is_hopeless(goal)
  return function(get)
    return not lifecycle.may_become(get.status, goal, get.target) or goal == lifecycle.targets.stop
  end
end

-- A wait that gives up because of the state has seen by GET that its goal can no longer be reached; and what it says
-- that is not there, is not.
function claims.gave_up(course, broken)
  each_wait(course, function(call, id)
    local err = call.err
    if not err or err.kind ~= "state" then
      return
    elseif err.absent then
      if facts.is_there(course, id, call.ended) then
        broken("a wait says that there is no %s, and it is %s", id, facts.say(course, id, call.ended))
      end
    elseif not was_shown(course, call, id, is_hopeless(call.goal)) then
      broken("a wait says that %s can't be %s, which no GET has shown", id, call.goal)
    end
  end)
end

-- A plain delete that says "absent" is right.
function claims.deleted(course, broken)
  for _, call in ipairs(course.calls) do
    local id = call.ids and call.ids[1]
    local absent = call.method == "delete" and call.ended and call.ok and call.result and call.result.absent
    if absent and facts.is_there(course, id, call.ended) then
      broken("a delete says that there is no %s, and it is %s", id, facts.say(course, id, call.ended))
    end
  end
end

local ACHIEVED = {
  stop = function(state)
    return facts.has_ended(state) or lifecycle.stopping(state.status) or lifecycle.leaving(state.target)
  end,
  delete = function(state)
    return state.status == nil or lifecycle.action_of(state.target) == "delete"
  end,
}

local function was_accepted(course, call)
  for _, request in ipairs(course.requests) do
    local answer = facts.arrived(request)
    if request.name == call.method and request.id == call.ids[1] and answer and answer.status == 202 then
      return true
    end
  end
  return false
end

-- A plain stop or delete that says "done" was accepted, or what it asks for was so already.
function claims.plain(course, broken)
  for _, call in ipairs(course.calls) do
    local achieved, id = ACHIEVED[call.method], call.ids and call.ids[1]
    if achieved and call.ended and call.ok and call.result and not was_accepted(course, call) then
      local from = call.began - facts.lag_of(course)
      if course.truth:at(id, call.ended) and not course.truth:ever(id, from, call.ended, achieved) then
        broken("%s of %s says that it is done, and it is %s", call.method, id, facts.say(course, id, call.ended))
      end
    end
  end
end

local function is_meant_to_run(get)
  return lifecycle.may(get.status, "stop") and not lifecycle.leaving(get.target)
end

-- What delete_all may not touch, because it runs, was seen to run by GET, for a while: unless the service itself says
-- why not.
function claims.refused(course, broken)
  facts.each_report(course, function(call, report)
    for id, err in pairs(call.method == "delete_all" and report.failed or {}) do
      local by_service = err.kind ~= "state" or err.status ~= nil or err.code ~= nil
      if not by_service and not was_shown(course, call, id, is_meant_to_run) then
        broken("%s is refused as running, which no GET has shown", id)
      end
    end
  end)
end

--- Those that answers have shown to the call, or whose delete was accepted; and those that lists have shown.
local function known_to(course, call)
  local known, listed = {}, {}
  for _, request in ipairs(course.requests) do
    local answer = facts.arrived(request)
    local in_time = answer and request.answered >= call.began and request.answered <= call.ended
    if in_time and request.id and (request.status or request.name == "delete" and answer.status == 202) then
      known[request.id] = true
    elseif in_time and type(answer.value) == "table" and answer.status < 300 then
      for _, one in ipairs(answer.value.deployments or {}) do
        if type(one.id) == "string" and not one.error then
          known[one.id], listed[one.id] = true, true
        end
      end
    end
  end
  return known, listed
end

-- One that was seen, or whose delete was accepted, is "deleted" when it is gone; else it is "absent".
function claims.word(course, broken)
  local settings = course.service.settings
  if #course.calls > 1 or settings.odd_records or settings.skip_ignored or settings.list_ghosts then
    return -- what others have seen; what lists have shown without its id, or in a page that is refused, or too late
  end
  facts.each_report(course, function(call, report)
    local known, listed = known_to(course, call)
    for _, list in ipairs { "deleted", "absent" } do
      for _, id in ipairs(report[list]) do
        local is_late = list == "absent" and listed[id] and settings.list_lag ~= nil -- it was shown after that
        if (known[id] or false) ~= (list == "deleted") and not is_late then
          broken("%s is reported %s, and was %s", id, list, list == "deleted" and "never seen" or "seen")
        end
      end
    end
  end)
end

return claims
