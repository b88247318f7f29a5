--- Promises about a call as a whole: it touches what it was asked for, mentions all of it, and comes back in time.

local facts = require "spec.simulation.facts"
local lifecycle = require "aicore.model.lifecycle"

local reports = {}

local MAY = {
  stop = { teardown = true, stop_all = true, stop = true },
  delete = { teardown = true, delete_all = true, delete = true },
}

local function was_asked_for(course, effect)
  for _, call in ipairs(course.calls) do
    local may = MAY[effect.what][call.method] and not call.dry_run and call.began and call.began <= effect.time
    if may and facts.asks_for(course, call, effect.id, effect.time) then
      return true
    end
  end
  return false
end

-- Nothing is touched that was not asked for.
function reports.touched(course, broken)
  for _, effect in ipairs(course.truth.effects) do
    local by_client = effect.request_id and effect.request_id ~= "other" -- else its time to live was over
    if by_client and MAY[effect.what] and not was_asked_for(course, effect) then
      broken("%s of %s, which nobody asked for", effect.what, effect.id)
    end
  end
end

--- Every id with the names of the lists that it is in, counted.
local function places_of(report)
  local places = {}
  local function put(id, list)
    places[id] = places[id] or { lists = 0 }
    places[id][list] = (places[id][list] or 0) + 1
    places[id].lists = places[id].lists + (list == "stopped" and 0 or 1)
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

-- Every id is in one list of the report; besides in "stopped", once; for stop_all, being in that is enough.
function reports.mentioned(course, broken)
  facts.each_report(course, function(call, report)
    local places = places_of(report)
    for id, place in pairs(places) do
      local enough = call.method == "stop_all" and place.stopped and place.lists == 0
      if place.lists ~= 1 and not enough or (place.stopped or 0) > 1 then
        broken("%s is in %d lists of the report, %d times in stopped", id, place.lists, place.stopped or 0)
      elseif not facts.asks_for(course, call, id, call.ended) then
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

--- How exact a createdAt is, in seconds.
local ROUNDED_DOWN = 1

local function fits_always(course, call, id)
  local life, least = course.truth.lives[id], call.filter.older_than
  if least and call.began - life.created_at < least + ROUNDED_DOWN then
    return false
  end
  for _, state in ipairs(course.truth:between(id, call.began - facts.lag_of(course), call.ended)) do
    if not facts.fits(call, life, state) then
      return false
    end
  end
  return true
end

local MAY_BE_TOO_SMALL = { less = true, wrong = true }

--- Do its lists show all that there is, but for paging? Else a call cannot know of what none has shown. (Nor where
--- pages shift and a count is too small: then nothing tells that any is lacking.)
local function lists_are_honest(service)
  local settings = service.settings
  local hides_shifts = (settings.page_shifts or 0) > 0 and MAY_BE_TOO_SMALL[settings.count]
  return not settings.list_misses and #service.outages == 0 and not hides_shifts
end

--- What a first list has not shown is newer, where there are no dates; what is odd is nowhere by its id. Where lists
--- may miss records besides, nobody can say how many of both there are.
local function leaves_out(service)
  return service.settings.dates == false or service.settings.odd_records
end

--- What goes or comes while pages are read moves those behind it to another page: one reading alone cannot tell.
local function pages_moved(course, call)
  for _, id in ipairs(course.service.settings.page_cap and course.truth.ids or {}) do
    for _, state in ipairs(course.truth.lives[id].states) do
      if state.time >= call.began - facts.lag_of(course) and state.time <= call.ended then
        return true
      end
    end
  end
  return false
end

local function fits_ever(course, call, id)
  return course.truth:ever(id, call.began - facts.lag_of(course), call.ended, function(state)
    return facts.fits(call, course.truth.lives[id], state)
  end) ~= nil
end

-- A list that says that it is all of them shows each once, all that matched all the time, and none that never did.
function reports.listed(course, broken)
  local service, lag = course.service, facts.lag_of(course) + 1
  local honest = lists_are_honest(service) and not service.settings.odd_records
  for _, call in ipairs(course.calls) do
    local listed, times = call.method == "list" and call.ended and call.ok and call.result, {}
    for _, record in ipairs(listed or {}) do
      times[record.id] = (times[record.id] or 0) + 1
      if times[record.id] > 1 or not fits_ever(course, call, record.id) then
        broken(
          "%s is listed for the %d. time, and is %s",
          record.id,
          times[record.id],
          facts.say(course, record.id, call.ended)
        )
      end
    end
    local is_whole = listed and honest and not pages_moved(course, call)
    for _, id in ipairs(is_whole and course.truth.ids or {}) do
      if not times[id] and course.truth.lives[id].created_at < call.began - lag and fits_always(course, call, id) then
        broken("%s matched all the time, is %s, and is not listed", id, facts.say(course, id, call.ended))
      end
    end
  end
end

local QUERY = { scenario_id = "scenarioId", status = "status", configuration_id = "configurationId" }

--- Is it the list of a call's filter, and of no other, nor one that all calls share?
local function is_list_of(request, call)
  local filter, alike = call.filter, false
  for field, parameter in pairs(QUERY) do
    local given = request.parameters[parameter]
    if filter[field] ~= (given and given[1]) then
      return false
    end
    alike = alike or given ~= nil
  end
  return alike and request.name == "list" and request.call == call
end

--- The ids that lists of its filter have shown to the call's client while it ran.
local function shown_to(course, call)
  local shown = {}
  for _, request in ipairs(course.requests) do
    local at, answer = request.answered, facts.arrived(request)
    if answer and is_list_of(request, call) and at >= call.began and at <= call.ended then
      for _, deployment in ipairs(type(answer.value) == "table" and answer.value.deployments or {}) do
        shown[deployment.id] = true
      end
    end
  end
  return shown
end

--- So many the report tells of without their names: those that could not be read, and where there are no dates, all
--- that were not in the first list.
local function untold(course, report)
  return (report.odd or 0) + (course.service.settings.dates == false and report.newer or 0)
end

--- Both createdAt and the service's Date are rounded down to seconds: one that may be newer counts as newer.
local ROUNDED = 2

-- What a filter matched all the time is mentioned: but for what came so late that a list need not show it, what no
-- list has shown where lists may miss it, and as many as the report tells of without their names.
function reports.all_of_them(course, broken)
  local lag, honest = facts.lag_of(course) + ROUNDED, lists_are_honest(course.service)
  facts.each_report(course, function(call, report)
    local is_vague = not honest and leaves_out(course.service) or call.dry_run and pages_moved(course, call)
    if not call.filter or report.unsure or is_vague then
      return
    end
    local places, shown, left_out = places_of(report), not honest and shown_to(course, call), {}
    for _, id in ipairs(course.truth.ids) do
      local is_old = course.truth.lives[id].created_at < call.began - lag
      if not places[id] and is_old and (honest or shown[id]) and fits_always(course, call, id) then
        left_out[#left_out + 1] = id
      end
    end
    for i = 1, #left_out > untold(course, report) and #left_out or 0 do
      local id = left_out[i]
      broken("%s matched all the time, is %s, and is not in the report", id, facts.say(course, id, call.ended))
    end
  end)
end

--- Is there anything in the filter by which its list can be told from others?
local function asks_the_service(filter)
  for field in pairs(QUERY) do
    if filter[field] then
      return true
    end
  end
  return false
end

--- When lists of the call's filter were read: when each began, and whether it was a later page.
local function lists_of(course, call)
  local lists = {}
  for _, request in ipairs(course.requests) do
    local is_mine = is_list_of(request, call) and request.at >= call.began and facts.arrived(request)
    if is_mine and request.answered <= call.ended and request.answer.status == 200 then
      lists[#lists + 1] = request
    end
  end
  return lists
end

--- Between the first list and the last one, in seconds.
local APART = 2

-- A report that is sure that these were all has read its list again, so much later.
function reports.sure(course, broken)
  facts.each_report(course, function(call, report)
    if not call.filter or report.unsure or call.dry_run or not asks_the_service(call.filter) then
      return
    end
    local lists = lists_of(course, call)
    local first, last = lists[1], lists[#lists]
    if not first or last.at - first.answered < APART - facts.EARLY then
      broken("the report is sure, and its lists are %.2f s apart", first and last.at - first.answered or 0)
    end
  end)
end

-- Nothing is raised but what a callback raised, and every call comes back, but for those that are killed.
function reports.raised(course, broken)
  for _, call in ipairs(course.calls) do
    local by_callback = call.raise_at and call.result == course.RAISED
    if call.ended and not call.ok and not by_callback then
      broken("%s raised %s", call.method, tostring(call.result))
    elseif call.began and not call.ended and not call.killed then
      broken("%s never came back", call.method)
    end
  end
end

--- A transfer ends by its own timeout; so much later the runtime gives up, in seconds.
local SLACK = 0.26

-- It is over by the deadline, and one answer's time.
function reports.in_time(course, broken)
  for _, call in ipairs(course.calls) do
    local allowed = call.timeout + SLACK + course.service.settings.latency
    if call.ended and call.ended - call.began > allowed then
      broken("%s came back %.2f s too late", call.method, call.ended - call.began - allowed)
    end
  end
end

--- An answer that would come after the deadline is not waited for; so much earlier a call may see that, in seconds.
local EARLY = 10

-- What failed by a timeout had all of its time.
function reports.not_too_early(course, broken)
  facts.each_report(course, function(call, report)
    local early = call.began + call.timeout - call.ended - course.service.settings.latency - EARLY
    for id, err in pairs(report.failed) do
      if err.kind == "timeout" and early > 0 then
        broken("%s timed out %.1f s before its time", id, early)
      end
    end
  end)
end

-- Which failures of a method are right where a service is kind, by what was so at some moment of the call.
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

--- Another program brought it back after it had ended, and the stamps of its records do not tell.
local function came_back(course, id, call)
  local ended = course.truth:ever(id, call.began - facts.lag_of(course), call.ended, facts.has_ended)
  return course.service.settings.stamps ~= nil
    and ended ~= nil
    and course.truth:ever(id, ended.time, call.ended, facts.runs) ~= nil
end

--- Refused alone in a batch and by itself, for the same, it counts as what is wrong: a wrong argument fails at once.
local function is_wrong(course, id, err)
  for _, fault in ipairs(course.service.faults) do
    local is_its = fault.operation == "batch" and fault.id == id
    if is_its and err.status == fault.status and err.code == fault.body.error.code then
      return true
    end
  end
  return false
end

--- A delete that was under way is refused for as long as it takes, and no target tells that it is: to a client that is
--- a refusal that lasts.
local function is_hidden(course, id, call, err)
  local settings = course.service.settings
  local status = err.status or err.kind == "state" and settings.delete_again -- an item of a batch has none of its own
  local hides = settings.hide_target and settings.delete_again and status == settings.delete_again
  local function goes(state)
    return lifecycle.action_of(state.target) == "delete"
  end
  return hides and course.truth:ever(id, call.began, call.ended, goes) ~= nil
end

-- A service that is only slow and forgetful does what it is asked for, if there is time.
function reports.succeeds(course, broken)
  facts.each_report(course, function(call, report)
    if not (course.service.kind and call.ample and facts.is_undisturbed(course, call)) then
      return
    end
    for id, err in pairs(report.failed) do
      local from = call.began - facts.lag_of(course)
      local is_right = course.truth:ever(id, from, call.ended, RIGHT[call.method]) or came_back(course, id, call)
      if not is_right and not is_wrong(course, id, err) and not is_hidden(course, id, call, err) then
        broken("%s failed, although there was time (%.0f s): %s", id, call.timeout, tostring(err))
      end
    end
  end)
end

return reports
