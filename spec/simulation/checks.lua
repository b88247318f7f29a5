--- The promises, one function each. A check gets a course and a function `broken(text, …)` to be called for every breach;
-- it compares what was claimed with what really happened.

local filters = require "aicore.model.filter"
local lifecycle = require "aicore.model.lifecycle"

local checks = {}

-- What is said of a deployment ---------------------------------------------------------------------

local function runs(state)
  return state.status ~= nil and lifecycle.active(state.status)
end

local function has_ended(state)
  return state.status == nil or lifecycle.ended(state.status)
end

local function is_there(course, id, time)
  local state = course.truth:at(id, time)
  return state ~= nil and state.status ~= nil
end

local function say(state)
  if not state then
    return "never there"
  elseif not state.status then
    return "gone"
  end
  return state.status .. (state.target and " for " .. state.target or "")
end

--- How old an answer may be.
local function lag_of(course)
  return math.max(course.service.lag.get, course.service.lag.list)
end

local function each_report(course, act)
  for _, call in ipairs(course.calls) do
    if call.ended and call.ok and type(call.result) == "table" and call.result.deleted then
      act(call, call.result)
    end
  end
end

-- What was asked for -------------------------------------------------------------------------------

local FIELDS = {
  scenario_id = function(life, _, wanted)
    return life.deployment.scenario_id == wanted
  end,
  status = function(_, state, wanted)
    return state.status == wanted
  end,
  configuration_id = function(_, state, wanted)
    return state.configuration_id == wanted
  end,
  shard = function(life, _, wanted)
    return filters.shard_of(life.id, wanted[2]) == wanted[1]
  end,
  older_than = function(life, _, wanted, began)
    return began - life.created_at >= wanted - 1
  end,
  all = function()
    return true
  end,
}

local function fits(filter, life, state, began)
  for name, wanted in pairs(filter) do
    if not FIELDS[name](life, state, wanted, began) then
      return false
    end
  end
  return state.status ~= nil
end

--- Did the call ask for this one to be touched, as far as its caller can have known until then?
local function asked_for(course, call, id, time)
  if call.ids then
    for _, asked in ipairs(call.ids) do
      if asked == id then
        return true
      end
    end
    return false
  end
  local life = course.truth.lives[id]
  return life.created_at < call.began
    and course.truth:ever(id, call.began - lag_of(course), time, function(state)
      return fits(call.filter, life, state, call.began)
    end) ~= nil
end

local MAY = {
  stop = { teardown = true, stop_all = true, stop = true },
  delete = { teardown = true, delete_all = true, delete = true },
}

-- Nothing is touched that was not asked for.
function checks.touched(course, broken)
  for _, effect in ipairs(course.truth.effects) do
    if effect.request_id ~= "other" and MAY[effect.what] then
      local asked = false
      for _, call in ipairs(course.calls) do
        asked = asked
          or call.began
            and call.began <= effect.time
            and MAY[effect.what][call.method]
            and asked_for(course, call, effect.id, effect.time)
      end
      if not asked then
        broken("%s of %s, which nobody asked for", effect.what, effect.id)
      end
    end
  end
end

-- Claims -------------------------------------------------------------------------------------------

-- What is said to be gone is gone when it is said.
function checks.gone(course, broken)
  each_report(course, function(call, report)
    for _, list in ipairs { "deleted", "absent" } do
      for _, id in ipairs(report[list]) do
        if is_there(course, id, call.ended) then
          broken("%s is reported %s, and is %s", id, list, say(course.truth:at(id, call.ended)))
        end
      end
    end
  end)
end

-- What is said to have been stopped ran during the call, as far as an answer can tell, and has ended since.
function checks.stopped(course, broken)
  each_report(course, function(call, report)
    for _, id in ipairs(report.stopped) do
      local from = call.began - lag_of(course)
      if not course.truth:ever(id, from, call.ended, runs) then
        broken("%s is reported stopped, and never ran", id)
      elseif not course.truth:ever(id, from, call.ended, has_ended) then
        broken("%s is reported stopped, and is %s", id, say(course.truth:at(id, call.ended)))
      end
    end
  end)
end

-- What stop_all skips had ended.
function checks.skipped(course, broken)
  each_report(course, function(call, report)
    for _, id in ipairs(report.skipped) do
      if call.method ~= "stop_all" then
        broken("%s is skipped by %s", id, call.method)
      elseif not course.truth:ever(id, call.began - lag_of(course), call.ended, has_ended) then
        broken("%s is skipped, and is %s", id, say(course.truth:at(id, call.ended)))
      end
    end
  end)
end

local function reaches(goal)
  return function(state)
    return state.status ~= nil and lifecycle.meets(goal, state.status, state.target)
  end
end

-- The status that a wait returns was so at some moment since it began, or as long before as an answer may be old.
-- What it says to be gone is gone.
function checks.waited(course, broken)
  for _, call in ipairs(course.calls) do
    local id = call.ids and call.ids[1]
    if call.method == "wait" and call.ended and call.ok and call.result then
      if call.goal == "GONE" then
        if is_there(course, id, call.ended) then
          broken("a wait says that %s is gone, and it is %s", id, say(course.truth:at(id, call.ended)))
        end
      elseif not course.truth:ever(id, call.began - lag_of(course), call.ended, reaches(call.goal)) then
        broken("a wait says that %s is %s, and it is %s", id, call.goal, say(course.truth:at(id, call.ended)))
      end
    end
  end
end

local function is_hopeless(goal)
  return function(state)
    return state.status == nil or not lifecycle.may_become(state.status, goal, state.target)
  end
end

-- A wait that gives up because of the state is right: its goal could not be reached any more, when it was last seen.
function checks.gave_up(course, broken)
  for _, call in ipairs(course.calls) do
    local id, err = call.ids and call.ids[1], call.err
    if call.method == "wait" and call.ended and call.ok and err and err.kind == "state" and call.goal ~= "GONE" then
      local from = call.ended - lag_of(course) - call.timeout
      local was_there = course.truth:at(id, call.ended) ~= nil
      if was_there and not course.truth:ever(id, from, call.ended, is_hopeless(call.goal)) then
        broken("a wait says that %s can no longer be %s, and it is %s", id, call.goal, say(course.truth:at(id, call.ended)))
      end
    end
  end
end

-- Reports ------------------------------------------------------------------------------------------

local function places_of(report)
  local places = {}
  local function put(id, list)
    places[id] = places[id] or { n = 0 }
    places[id][list] = (places[id][list] or 0) + 1
    places[id].n = places[id].n + (list == "stopped" and 0 or 1)
  end
  for _, list in ipairs { "deleted", "absent", "skipped", "stopped" } do
    for _, id in ipairs(report[list]) do
      put(id, list)
    end
  end
  for id in pairs(report.failed) do
    put(id, "failed")
  end
  return places
end

-- Every id is in one list of the report, in "stopped" besides or, where no more was asked for, alone.
function checks.mentioned(course, broken)
  each_report(course, function(call, report)
    local places = places_of(report)
    for id, place in pairs(places) do
      local alone = call.method == "stop_all" and place.stopped
      if place.n ~= 1 and not (alone and place.n == 0) or (place.stopped or 0) > 1 then
        broken("%s is in %d lists of the report", id, place.n)
      end
      if not asked_for(course, call, id, call.ended) then
        broken("%s is in the report, and was not asked for", id)
      end
    end
    for _, id in ipairs(call.ids or {}) do
      if not places[id] then
        broken("%s was asked for, and is not in the report", id)
      end
    end
  end)
end

-- What a filter matched when the call began is mentioned if it still stands.
function checks.all_of_them(course, broken)
  each_report(course, function(call, report)
    if not call.filter or report.unsure then
      return
    end
    local places = places_of(report)
    for _, id in ipairs(course.truth.ids) do
      local life, now = course.truth.lives[id], course.truth:at(id, call.ended)
      if not places[id] and now and now.status and life.created_at < call.began - 1 - lag_of(course) then
        local always = true
        for _, state in ipairs(course.truth:between(id, call.began - lag_of(course), call.ended)) do
          always = always and fits(call.filter, life, state, call.began)
        end
        if always then
          broken("%s matched all the time, is %s, and is not in the report", id, say(now))
        end
      end
    end
  end)
end

-- Errors -------------------------------------------------------------------------------------------

-- A program's own error is one; nothing else is raised.
function checks.raised(course, broken)
  for _, call in ipairs(course.calls) do
    if call.ended and not call.ok and not (call.raise_at and call.result == "raised by the callback") then
      broken("%s raised %s", call.method, tostring(call.result))
    elseif not call.ended and not call.killed and call.began then
      broken("%s never came back", call.method)
    end
  end
end

--- A transfer ends by its own timeout; so much later the runtime gives up.
local SLACK = 0.26

-- It is over by the deadline, and one answer's time.
function checks.in_time(course, broken)
  for _, call in ipairs(course.calls) do
    if call.ended then
      local late = call.ended - call.began - call.timeout - SLACK - course.service.settings.latency
      if late > 0 then
        broken("%s came back %.2f s too late", call.method, late)
      end
    end
  end
end

-- What failed by a timeout had all of its time.
function checks.not_too_early(course, broken)
  each_report(course, function(call, report)
    for id, err in pairs(report.failed) do
      if err.kind == "timeout" and call.ended < call.began + call.timeout - course.service.settings.latency - 5 then
        broken("%s timed out %.1f s before its time", id, call.began + call.timeout - call.ended)
      end
    end
  end)
end

-- A kind service with time enough: it must not fail ------------------------------------------------

local function is_undisturbed(course, call)
  return course.service.kind
    and call.ample
    and not (call.raise_at or call.cancel_at or call.kill_at)
    and not (course.task.close_at and call.client == 1)
end

-- Which failures of a method are right, by what really was so.
local RIGHT = {
  teardown = function()
    return false
  end,
  stop_all = function(state)
    return state.status ~= nil and lifecycle.phase(state.status) == "unclear"
  end,
  delete_all = function(state)
    return state.status ~= nil and lifecycle.may(state.status, "stop") and not lifecycle.leaving(state.target)
  end,
}

-- A service that is only slow and forgetful does what it is asked for, if there is time.
function checks.succeeds(course, broken)
  each_report(course, function(call, report)
    if is_undisturbed(course, call) then
      for id, err in pairs(report.failed) do
        if not course.truth:ever(id, call.began - lag_of(course), call.ended, RIGHT[call.method]) then
          broken("%s failed, although there was time (%.0f s): %s", id, call.timeout, tostring(err))
        end
      end
    end
  end)
end

-- Left behind --------------------------------------------------------------------------------------

-- When all calls have ended, nothing is sent any more.
function checks.quiet(course, broken)
  if course.idle_requests > 0 then
    broken("%d requests were sent after all calls had ended", course.idle_requests)
  end
end

local names = {}
for name in pairs(checks) do
  names[#names + 1] = name
end
table.sort(names)

---@class simulation.Breach
---@field check string
---@field text string

--- Holds a course against every promise.
---@param course simulation.Course
---@return simulation.Breach[]
function checks.all(course)
  local breaches = {}
  for _, name in ipairs(names) do
    checks[name](course, function(text, ...)
      breaches[#breaches + 1] = { check = name, text = text:format(...) }
    end)
  end
  table.sort(breaches, function(a, b)
    if a.check ~= b.check then
      return a.check < b.check
    end
    return a.text < b.text
  end)
  return breaches
end

return checks
