--- Promises about what is sent: how soon again, how much in all, and that nothing is done twice.
-- The times are those of the rules; a timer may go off a little early.

local facts = require "spec.simulation.facts"
local lifecycle = require "aicore.model.lifecycle"

local sending = {}

local EARLY = 0.01 -- s

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

--- The answer, if the client got all of it.
local function arrived(request)
  local answer = request.answered and request.answer
  return answer and not answer.cut and answer or nil
end

--- Every stop and delete that was sent, in lists by client, deployment and action.
local function sends_of(course)
  local sends = {}
  for _, request in ipairs(course.requests) do
    local answer = arrived(request)
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
      covered = covered or ended >= to
    end
  end
  return covered
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

--- Did anything become of it meanwhile, as far as answers can tell?
local function has_changed(course, sends, from, to)
  local life = course.truth.lives[sends.id]
  for _, state in ipairs(life and life.states or {}) do
    if state.time > from - facts.lag_of(course) and state.time <= to then
      return true
    end
  end
  return false
end

local function shows(request, id)
  local value = request.answer and request.answer.value
  for _, one in ipairs(type(value) == "table" and value.deployments or {}) do
    if one.id == id then
      return true
    end
  end
  return false
end

--- Did a look miss it meanwhile? Then a delete may be sent again, to be told that it is not found.
local function was_missed(course, sends, from, to)
  local odd = course.service.settings.odd_records -- then it may stand there without its id
  for _, request in ipairs(course.requests) do
    if request.client == sends.client and request.answered and request.answered >= from and request.at <= to then
      if request.name == "list" and (odd or not shows(request, sends.id)) then
        return true
      elseif
        request.name == "status"
        and request.id == sends.id
        and (not request.answer or request.answer.status == 404)
      then
        return true
      end
    end
  end
  return false
end

-- How soon again -----------------------------------------------------------------------------------

--- Calls act(sends, next_one, gap, count) for each sending that follows one that came to `outcome`, where nothing has
--- changed between the two. count: so many came to that in a row; gap: seconds since the first of these was answered.
local function each_repetition(course, outcome, act)
  for _, sends in ipairs(sends_of(course)) do
    local count, first = 0, 0
    for i = 1, #sends - 1 do
      local send, next_one = sends[i], sends[i + 1]
      count = send.outcome == outcome and count + 1 or 0
      first = count == 1 and send.answered or first
      if count > 0 and has_changed(course, sends, send.at, next_one.at) then
        count = 0
      elseif count > 0 and is_covered(course, sends, send, next_one.at) and not is_plain(course, sends) then
        if not was_missed(course, sends, send.at, next_one.at) then
          act(sends, next_one.at - first, count)
        end
      end
    end
  end
end

local TOO_SOON = "%s of %s was %s %d times and sent again %.2f s after the first, not %d"

-- What was accepted without effect is sent again 10, 20, 40 … s later; but for a delete of what a look has missed.
function sending.resends(course, broken)
  each_repetition(course, "accepted", function(sends, gap, count)
    local least = 10 * (2 ^ count - 1)
    if gap < least - EARLY then
      broken(TOO_SOON, sends.action, sends.id, "accepted", count, gap, least)
    end
  end)
end

--- After so many, the longest pause is reached.
local GROWING = 5

-- What was refused is sent again 1, 2, 4 … 30 s later.
function sending.refusals(course, broken)
  each_repetition(course, "refused", function(sends, gap, count)
    local least = 2 ^ math.min(count, GROWING) - 1 + 30 * math.max(0, count - GROWING)
    if gap < least - EARLY then
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

-- Looks --------------------------------------------------------------------------------------------

--- No two looks at the same are closer, in seconds: the shortest pace, with its jitter.
local CLOSEST = 0.25 * 0.8

local function is_good(request)
  local answer = arrived(request)
  return answer ~= nil and answer.status == 200
end

--- A call that lists by a filter, or a plain one, looks by itself.
local function looks_alone(course)
  for _, call in ipairs(course.calls) do
    if call.filter or call.method == "stop" or call.method == "delete" then
      return true
    end
  end
  return false
end

--- A list that is not complete is read again at once, to see whether its count is odd.
local function shifts(course)
  local settings = course.service.settings
  return (settings.page_shifts or 0) > 0 or settings.skip_ignored or (settings.count or "page") ~= "page"
end

--- A call looks at once when it begins, and for the last time just before its deadline, whatever others have done.
local function is_first_or_last(course, request)
  local near = 1 + 4 * course.service.settings.latency
  for _, call in ipairs(course.calls) do
    if call.began and call.client == request.client then
      local passed, left = request.at - call.began, call.began + call.timeout - request.at
      if passed >= 0 and passed < near or left >= 0 and left < near then
        return true
      end
    end
  end
  return false
end

-- Two lists, or two GETs of the same deployment without a list between them, are never closer than the pace allows,
-- whoever they are for: what a list has shown, a GET may have to confirm.
function sending.pace(course, broken)
  if looks_alone(course) or shifts(course) then
    return
  end
  local last = {}
  for _, request in ipairs(course.requests) do
    local first_page = request.name == "list" and not request.parameters["$skip"]
    local what = first_page and "list" or request.name == "status" and "GET of " .. request.id
    if what then
      local key = request.client .. what
      local before = last[key]
      local too_soon = before and is_good(before) and request.at - before.at < CLOSEST - EARLY
      local list = last[request.client .. "list"]
      local confirms = request.name == "status" and list and before and list.at >= before.at
      if too_soon and not confirms and not is_first_or_last(course, request) then
        broken("a %s %.3f s after the one before", what, request.at - before.at)
      end
      last[key] = request
    end
  end
end

--- Only where the service hides nothing can the number of requests be foretold.
local function is_plain_service(course)
  return #course.service.features == 0
end

--- So many looks at most fit into a time without changes: after t seconds the next one is due in t / 5, at least 0.25,
--- at most 10, and a fifth less by the jitter.
local function looks_within(seconds)
  local least, factor, most = 0.2, 1.16, 8
  local steady = least / (factor - 1)
  if seconds <= steady then
    return seconds / least
  end
  local longest = most / (factor - 1)
  local growing = math.log(math.min(seconds, longest) / steady) / math.log(factor)
  return steady / least + growing + math.max(0, seconds - longest) / most
end

--- The moments from which a call's pace starts anew.
local function changes_of(course, call)
  local times = { call.began, call.ended }
  for _, id in ipairs(course.truth.ids) do
    if facts.asks_for(course, call, id, call.ended) then
      for _, state in ipairs(course.truth.lives[id].states) do
        if state.time > call.began and state.time < call.ended then
          times[#times + 1] = state.time
        end
      end
    end
  end
  table.sort(times)
  return times
end

local SPARE = 6 -- looks that a claim needs beyond those of the pace

-- A call alone looks no more often than the pace says.
function sending.looks(course, broken)
  local call = course.calls[1]
  if #course.calls > 1 or not call.ended or not is_plain_service(course) then
    return
  end
  local times, allowed = changes_of(course, call), SPARE
  for i = 2, #times do
    allowed = allowed + looks_within(times[i] - times[i - 1]) + 1
  end
  allowed = math.min(allowed, SPARE + (call.ended - call.began) / CLOSEST)
  local lists, gets = 0, {}
  for _, request in ipairs(course.requests) do
    if request.at <= call.ended and request.name == "list" and not request.parameters["$skip"] then
      lists = lists + 1
    elseif request.at <= call.ended and request.name == "status" then
      gets[request.id] = (gets[request.id] or 0) + 1
    end
  end
  local most = 0
  for _, count in pairs(gets) do
    most = math.max(most, count)
  end
  if lists + most > allowed then
    broken("%d looks in %.1f s with %d changes, not %.0f", lists + most, call.ended - call.began, #times - 2, allowed)
  end
end

--- The deployments of a call that began in the same state: where states differ, so do the times of what is sent.
local function all_alike(course, call)
  local about, status = 0, nil
  for _, id in ipairs(course.truth.ids) do
    if facts.asks_for(course, call, id, call.ended) then
      local state = course.truth:at(id, call.began)
      if status and status ~= state.status then
        return nil
      end
      about, status = about + 1, state.status
    end
  end
  return about
end

--- So many ids are not worth a batch.
local FEW = 3

-- A call alone sends no more than a few batches: one for each hundred and each of the steps.
function sending.batches(course, broken)
  local call, sent = course.calls[1], 0
  if #course.calls > 1 or not call.ended or not is_plain_service(course) or call.method == "wait" then
    return
  end
  local about = all_alike(course, call)
  for _, request in ipairs(course.requests) do
    local is_look = request.name == "status" or request.name == "list"
    if not is_look and request.at >= call.began and request.at <= call.ended then
      sent = sent + 1
    end
  end
  local allowed = about and 6 + 3 * (about <= FEW and about or math.ceil(about / 100))
  if about and about > 0 and sent > allowed then
    broken("%d requests that are no looks, for %d deployments: not %d", sent, about, allowed)
  end
end

-- The last look is over just before the deadline: what comes about until then is noticed.
function sending.last_look(course, broken)
  local call = course.calls[1]
  local failed = call.ok and (call.err or type(call.result) == "table" and call.result.failed)
  local looks = call.method ~= "stop" and call.method ~= "delete"
  if #course.calls > 1 or not call.ended or not is_plain_service(course) or not failed or not looks then
    return
  end
  local one = call.err or failed[next(failed) or ""]
  local is_short = call.timeout < 1 + 4 * course.service.settings.latency
  if not one or one.kind ~= "timeout" or is_short then
    return
  end
  local last = -math.huge
  for _, request in ipairs(course.requests) do
    if (request.name == "status" or request.name == "list") and request.at <= call.ended then
      last = math.max(last, request.at)
    end
  end
  local before = call.began + call.timeout - last
  if before > 1 + 4 * course.service.settings.latency then
    broken("the last look was %.2f s before the deadline", before)
  end
end

return sending
