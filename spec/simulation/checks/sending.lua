--- Promises about what is sent: how soon again, and that nothing is done twice. The times are those of the rules.

local facts = require "spec.simulation.facts"
local lifecycle = require "aicore.model.lifecycle"

local sending = {}

-- What was sent about one deployment -----------------------------------------------------------------

---@class simulation.Send
---@field at number
---@field answered number?
---@field outcome "accepted"|"refused"|"missing"|"whole"|"trouble"|"lost"  whole: a batch was refused, not this item
---@field request simulation.Request

local REFUSALS = { [400] = true, [409] = true, [412] = true, [422] = true, [423] = true }
local NOT_FOUND = "01010016"

local function item_outcome(answer, index)
  if answer.status ~= 202 then
    return (REFUSALS[answer.status] or answer.status == 413) and "whole" or "trouble"
  end
  local said = answer.value.deployments[index]
  if said == nil then
    return "lost"
  elseif said.error then
    return said.error.code == NOT_FOUND and "missing" or "refused"
  end
  return "accepted"
end

local function single_outcome(answer)
  if answer.status == 202 then
    return "accepted"
  elseif answer.status == 404 then
    return "missing"
  end
  return REFUSALS[answer.status] and "refused" or "trouble"
end

local function add(sends, request, id, action, outcome)
  local key = ("%d %s %s"):format(request.client, id, action)
  local list = sends[key]
  if not list then
    list = { client = request.client, id = id, action = action }
    sends[key], sends[#sends + 1] = list, list
  end
  list[#list + 1] = { at = request.at, answered = request.answered, outcome = outcome, request = request }
end

--- Every stop and delete that was sent, in lists by client, deployment and action.
local function sends_of(course)
  local sends = {}
  for _, request in ipairs(course.requests) do
    local answer = facts.arrived(request)
    if request.name == "stop" or request.name == "delete" then
      add(sends, request, request.id, request.name, answer and single_outcome(answer) or "lost")
    elseif request.name == "batch" then
      for i, item in ipairs(request.items) do
        local action = lifecycle.action_of(item.targetStatus)
        add(sends, request, item.id, action, answer and item_outcome(answer, i) or "lost")
      end
    end
  end
  return sends
end

local WORKS = {
  stop = { teardown = true, stop_all = true },
  delete = { teardown = true, delete_all = true },
}

--- Did the call know of it by then? One with a filter learns from lists which it is about.
local function knows(course, call, sends, at)
  if call.ids then
    return true
  end
  local _, lists = facts.requests_of(course)
  for _, list in ipairs(lists) do
    local is_its = list.client == call.client and list.at >= call.began and list.answered and list.answered <= at
    if is_its and facts.shows(list, sends.id) then
      return true
    end
  end
  return false
end

--- Was a call at work on it all the time? What another call has sent, or will send, is no concern of one that ended;
--- and what a call has sent that ended before the answer came is lost.
local function is_covered(course, sends, send, to)
  local covered = false
  for _, call in ipairs(course.calls) do
    local works = WORKS[sends.action][call.method] and call.client == sends.client and call.began
    if works and call.began <= send.at and facts.asks_for(course, call, sends.id, to) then
      local ended = call.ended or call.killed and course.began + call.kill_at or math.huge
      if ended >= send.at and ended <= send.answered then
        return false
      end
      covered = covered or ended >= to and knows(course, call, sends, send.at)
    end
  end
  return covered
end

--- Is it so that the calls at work on it meanwhile, if there are several, know the same of it? One that began later, or
--- found it by a filter, or was shown another state by a replica, counts what was sent in that state for itself.
local function know_the_same(course, sends, from, to)
  local calls, is_same = 0, facts.lag_of(course) == 0
  for _, call in ipairs(course.calls) do
    local works = (WORKS.stop[call.method] or WORKS.delete[call.method]) and call.client == sends.client
    local is_there = works and call.began and call.began <= to and (call.ended or math.huge) >= from
    if is_there and facts.asks_for(course, call, sends.id, to) then
      calls, is_same = calls + 1, is_same and call.ids ~= nil and call.began <= from
    end
  end
  return calls <= 1 or is_same
end

--- A plain stop or delete sends when it is called.
local function is_plain(course, sends)
  for _, call in ipairs(course.calls) do
    if (call.method == "stop" or call.method == "delete") and call.ids[1] == sends.id then
      return true
    end
  end
  return false
end

--- When the last look before a moment was sent that has shown this one.
local function last_look_before(course, sends, at)
  local by_id, lists = facts.requests_of(course)
  local last = -math.huge
  for _, requests in ipairs { by_id[sends.id] or {}, lists } do
    for _, request in ipairs(requests) do
      local is_in_time = request.client == sends.client and request.answered and request.answered <= at
      if is_in_time and (request.status or request.name == "list" and facts.shows(request, sends.id)) then
        last = math.max(last, request.at)
      end
    end
  end
  return last
end

--- Did anything become of it meanwhile, as far as answers can tell? What has changed since the last look before it was
--- sent is known only later.
local function has_changed(course, sends, sent_at, to)
  local life = course.truth.lives[sends.id]
  local from = last_look_before(course, sends, sent_at)
  for _, state in ipairs(life and life.states or {}) do
    if state.time > from - facts.lag_of(course) and state.time <= to then
      return true
    end
  end
  return false
end

--- Did this look miss it? In a list of odd records it may stand without its id.
local function misses(course, request, id)
  if request.name == "list" then
    return course.service.settings.odd_records ~= nil or not facts.shows(request, id)
  end
  return request.name == "status" and request.id == id and (not request.answer or request.answer.status == 404)
end

--- Did a look miss it meanwhile? Then a delete may be sent again, to be told that it is not found.
local function was_missed(course, sends, from, to)
  local by_id, lists = facts.requests_of(course)
  for _, requests in ipairs { by_id[sends.id] or {}, lists } do
    for _, request in ipairs(requests) do
      local is_between = request.answered and request.answered >= from and request.at <= to
      if is_between and request.client == sends.client and misses(course, request, sends.id) then
        return true
      end
    end
  end
  return false
end

-- How soon again -----------------------------------------------------------------------------------

--- Calls act(sends, gap, count, row) for each sending that follows one that came to `outcome`, where nothing
--- has changed between the two. count: so many came to that in a row, as far as each call at work on it knows; gap:
--- seconds since the last of these was answered; row: since the first one after the last that was accepted.
local function each_repetition(course, outcome, act)
  for _, sends in ipairs(sends_of(course)) do
    local count, row_began = 0, 0
    for i = 1, #sends - 1 do
      local send, next_one = sends[i], sends[i + 1]
      count = send.outcome == outcome and count + 1 or 0
      if i == 1 or sends[i - 1].outcome == "accepted" then
        row_began = send.at
      end
      if count > 0 and has_changed(course, sends, send.at, next_one.at) then
        count = 0
      elseif count > 0 and not is_covered(course, sends, send, next_one.at) then
        count = 0
      elseif count > 0 and not is_plain(course, sends) then
        local known = know_the_same(course, sends, row_began, next_one.at) and count or 1
        if not was_missed(course, sends, send.at, next_one.at) then
          act(sends, next_one.at - send.answered, known, next_one.at - row_began)
        end
      end
    end
  end
end

local TOO_SOON = "%s of %s was %s %d times and sent again %.2f s later, not %d"

-- What was accepted without effect is sent again 10, 20, 40 … s later; but for a delete of what a look has missed.
function sending.resends(course, broken)
  each_repetition(course, "accepted", function(sends, gap, count)
    local least = 10 * 2 ^ (count - 1)
    if gap < least - facts.EARLY then
      broken(TOO_SOON, sends.action, sends.id, "accepted", count, gap, least)
    end
  end)
end

--- The longest pause, in seconds.
local LONGEST = 30

--- A refusal is for good after so many seconds of nothing else; then it is sent for the last time.
local FOR_GOOD = 120

-- What was refused is sent again 1, 2, 4 … 30 s later.
function sending.refusals(course, broken)
  each_repetition(course, "refused", function(sends, gap, count, row)
    local least = math.min(2 ^ (count - 1), LONGEST)
    if gap < least - facts.EARLY and row < FOR_GOOD then
      broken(TOO_SOON, sends.action, sends.id, "refused", count, gap, least)
    end
  end)
end

-- Nothing is created twice.
function sending.creates(course, broken)
  local wanted, made = 0, 0
  for _, call in ipairs(course.calls) do
    wanted = wanted + (call.creates or 0)
  end
  for _, effect in ipairs(course.truth.effects) do
    made = made + ((effect.what == "create" and effect.request_id ~= "other") and 1 or 0)
  end
  if made > wanted then
    broken("%d were created, and %d asked for", made, wanted)
  end
end

return sending
