--- Promises about what need not be done: nothing is sent that has come about, nobody looks all the time.

local facts = require "spec.simulation.facts"
local lifecycle = require "aicore.model.lifecycle"

local needs = {}

-- Nothing is stopped twice ---------------------------------------------------------------------------

local CHANGES = { stop = true, delete = true, batch = true, ["*"] = true }

--- Does every stop and delete that is sent take the same time, and none of them have to be repeated?
local function sends_are_plain(course)
  for _, fault in ipairs(course.service.faults) do
    local is_about_effects = fault.refuse or fault.ignore
    if not is_about_effects and CHANGES[fault.operation] then
      return false
    end
  end
  return true
end

local WORKS = { teardown = true, stop_all = true }

--- When the last of those calls began that can have sent this stop; nil: a plain stop may have.
local function began_of(course, id, request)
  local began
  for _, call in ipairs(course.calls) do
    local is_at_it = call.client == request.client and call.began and call.began <= request.at
    if is_at_it and (not call.ended or call.ended >= request.at) and facts.asks_for(course, call, id, request.at) then
      if call.method == "stop" then
        return nil
      elseif WORKS[call.method] then
        began = math.max(began or 0, call.began)
      end
    end
  end
  return began
end

local function is_ending(status)
  return status ~= nil and (lifecycle.ended(status) or lifecycle.stopping(status))
end

--- Since when it has been as it is at this moment, without running in between; nil: it runs.
local function ending_since(course, id, time)
  local since
  for _, state in ipairs(course.truth.lives[id].states) do
    if state.time > time then
      break
    end
    since = is_ending(state.status) and (since or state.time) or nil
  end
  return since
end

local PLAIN = { stop = true, delete = true } -- what these see by themselves they tell nobody

--- The last GET in this time that has shown that it was ending, if none has shown since that there is no news of it:
--- anything may follow that.
local function last_shown(course, id, client, from, to)
  local last
  for _, get in ipairs(facts.requests_of(course)[id] or {}) do
    local is_one = get.name == "status" and get.client == client and get.status and facts.arrived(get)
    is_one = is_one and not (get.call and PLAIN[get.call.method])
    if is_one and get.answered >= from and get.answered < to then
      last = is_ending(get.status) and get or get.status ~= lifecycle.NO_NEWS and last or nil
    end
  end
  return last
end

--- Did a list lack it meanwhile? Then a stop may be sent to ask whether it is there.
local function was_missed(course, id, client, from, to)
  if course.service.settings.odd_records then
    return true -- where it may stand without its id
  end
  local _, lists = facts.requests_of(course)
  for _, list in ipairs(lists) do
    local is_between = list.answered and list.answered >= from and list.at <= to
    if is_between and list.client == client and not facts.shows(list, id) then
      return true
    end
  end
  return false
end

local function each_stop(course, act)
  for _, request in ipairs(course.requests) do
    if request.name == "stop" then
      act(request, request.id)
    end
    for _, item in ipairs(request.name == "batch" and request.items or {}) do
      if item.targetStatus == lifecycle.targets.stop then
        act(request, item.id)
      end
    end
  end
end

--- A replica that is behind shows a newer modifiedAt then: by that it says that it runs again.
local MAY_BE_SET_BACK = { back = true, mixed = true }

-- What a GET has shown to be ending, and what does not run again, is not stopped once more, whatever replicas and
-- lists say that are behind.
function needs.needless(course, broken)
  if not sends_are_plain(course) or MAY_BE_SET_BACK[course.service.settings.stamps] then
    return
  end
  each_stop(course, function(request, id)
    local since = course.truth.lives[id] and ending_since(course, id, request.at)
    local began = since and began_of(course, id, request)
    local shown = began and last_shown(course, id, request.client, math.max(began, since), request.at)
    if shown and not was_missed(course, id, request.client, shown.answered, request.at) then
      broken("stop of %s, %.1f s after it was seen to end", id, request.at - shown.answered)
    end
  end)
end

-- Nobody waits in vain -------------------------------------------------------------------------------

--- What the lifecycle forbids is believed after so long, and what turned back is certain some looks later, in seconds.
local CERTAIN = 90 + 10 + 3 * 11

--- Is it so that the call's goal can no longer come, or has it turned back, after that was seen to come?
local function is_hopeless(course, call, state)
  local id, goal = call.ids[1], call.goal
  if not state.status then
    return goal ~= lifecycle.GONE
  end
  local is_on_its_way = lifecycle.stopping(state.status)
  local may_turn_back = goal == lifecycle.targets.stop and facts.runs(state) and not is_on_its_way
  return not lifecycle.may_become(state.status, goal, state.target)
    or may_turn_back and last_shown(course, id, call.client, call.began, state.time) ~= nil
end

--- Is every look answered, and soon?
local function looks_are_plain(course)
  local settings = course.service.settings
  for _, fault in ipairs(course.service.faults) do
    if not (fault.refuse or fault.ignore or fault.operation == "stop" or fault.operation == "delete") then
      return false
    end
  end
  return not (settings.hide_target or settings.stamps or settings.appear_time)
end

-- Where what is waited for can no longer come, nobody waits until the deadline.
function needs.hopeless(course, broken)
  local late = CERTAIN + facts.lag_of(course) + 12 * course.service.settings.latency
  for _, call in ipairs(looks_are_plain(course) and course.calls or {}) do
    local is_plain = call.method == "wait" and not (call.appear or call.creates) and call.ended
    local life = is_plain and call.err and call.err.kind == "timeout" and course.truth.lives[call.ids[1]]
    local at = life and #life.states or 0
    while at > 1 and life.states[at].time > call.ended do
      at = at - 1
    end
    local state = life and life.states[at]
    local since = state and math.max(state.time, call.began)
    if state and call.ended - since > late and is_hopeless(course, call, state) then
      broken("a wait for %s lasts %.0f s, and it is %s", call.goal, call.ended - since, state.status or "gone")
    end
  end
end

-- Nobody looks all the time --------------------------------------------------------------------------

--- After so many seconds without a change the pace is the slowest; a call looks so often then in so many seconds. A
--- look may have to be repeated, and a list to be confirmed, but not each of them and again and again.
local SETTLED, WINDOW, MOST = 120, 120, 60

--- When something became of anything, or of the calls, or may be shown to have; in order.
local function changes_of(course)
  local lag, times = facts.lag_of(course), {}
  local function add(time)
    times[#times + 1] = time
    times[#times + 1] = time + lag
  end
  for _, id in ipairs(course.truth.ids) do
    for _, state in ipairs(course.truth.lives[id].states) do
      add(math.max(state.time, course.began))
    end
  end
  for _, call in ipairs(course.calls) do
    add(call.began or course.began)
    add(call.ended or course.began)
    add((call.began or course.began) + (call.appear or 0)) -- from then on "not found" means it
  end
  for _, outage in ipairs(course.service.outages) do
    add(course.began + outage.from)
    add(course.began + outage.to)
  end
  table.sort(times)
  return times
end

local function what_of(request)
  if request.name == "list" and not request.parameters["$skip"] then
    return "list"
  end
  return request.name == "status" and request.id or nil
end

-- Where nothing becomes of anything, a call looks at the slowest pace.
function needs.restless(course, broken)
  local changes, at = changes_of(course), 1
  local counts = {}
  local function begin_window(from)
    counts = { from = from }
  end
  begin_window(-math.huge)
  for _, request in ipairs(course.requests) do
    local what = what_of(request)
    while changes[at] and changes[at] <= request.at do
      begin_window(changes[at] + SETTLED)
      at = at + 1
    end
    if what and request.call and request.at >= counts.from and request.at <= course.over then
      if request.at >= counts.from + WINDOW then
        begin_window(request.at)
      end
      local of_call = counts[request.call] or {}
      counts[request.call], of_call[what] = of_call, (of_call[what] or 0) + 1
      if of_call[what] == MOST then
        broken("%d looks at %s within %.0f s, and nothing has changed", MOST, what, request.at - counts.from)
      end
    end
  end
end

return needs
