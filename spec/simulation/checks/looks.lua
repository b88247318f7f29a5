--- Promises about what a call costs: how often it looks, and when for the last time; how much it sends in all.

local facts = require "spec.simulation.facts"

local looks = {}

--- No two looks at the same are closer, in seconds: the shortest pace, with its jitter.
local CLOSEST = 0.25 * 0.8

local function is_good(request)
  local answer = facts.arrived(request)
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

--- The last look begins so long before the deadline, in seconds, if the one before took so long.
local LONGEST_LOOK = 5

--- A call looks at once when it begins, and for the last time just before its deadline, whatever others have done.
local function is_first_or_last(course, request, was_troubled)
  local near = 1 + 4 * course.service.settings.latency
  local last = was_troubled and math.max(near, LONGEST_LOOK) or near
  for _, call in ipairs(course.calls) do
    if call.began and call.client == request.client then
      local passed, left = request.at - call.began, call.began + call.timeout - request.at
      if passed >= 0 and passed < near or left >= 0 and left < last then
        return true
      end
    end
  end
  return false
end

-- Two lists, or two GETs of the same deployment without a list between them, are never closer than the pace allows,
-- whoever they are for: what a list has shown, a GET may have to confirm.
function looks.pace(course, broken)
  if looks_alone(course) or shifts(course) then
    return
  end
  local last, troubled_at = {}, -math.huge
  for _, request in ipairs(course.requests) do
    local first_page = request.name == "list" and not request.parameters["$skip"]
    local what = first_page and "list" or request.name == "status" and "GET of " .. request.id
    if what then
      local key = request.client .. request.group .. what
      local before = last[key]
      local too_soon = before and is_good(before) and request.at - before.at < CLOSEST - facts.EARLY
      local list = last[request.client .. request.group .. "list"]
      local confirms = request.name == "status" and list and before and list.at >= before.at
      local was_troubled = request.at - troubled_at < 2 * LONGEST_LOOK
      if too_soon and not confirms and not is_first_or_last(course, request, was_troubled) then
        broken("a %s %.3f s after the one before", what, request.at - before.at)
      end
      troubled_at = is_good(request) and troubled_at or request.answered or request.at
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

--- How often it was looked until then: by list, and by GET at the one that was asked for most. A list and a GET of what
--- it leaves open are one look.
local function looks_until(course, ended)
  local lists, gets, most, after = 0, {}, 0, {}
  for _, request in ipairs(course.requests) do
    local id = request.id
    if request.at <= ended and request.name == "list" and not request.parameters["$skip"] then
      lists = lists + 1
    elseif request.at <= ended and request.name == "status" then
      local is_part_of_list = lists > (after[id] or 0)
      gets[id] = (gets[id] or 0) + (is_part_of_list and 0 or 1)
      most, after[id] = math.max(most, gets[id]), lists
    end
  end
  return lists + most
end

-- A call alone looks no more often than the pace says.
function looks.looks(course, broken)
  local call = course.calls[1]
  if #course.calls > 1 or not call.ended or not is_plain_service(course) then
    return
  end
  local times, allowed = changes_of(course, call), SPARE
  for i = 2, #times do
    allowed = allowed + looks_within(times[i] - times[i - 1]) + 1
  end
  allowed = math.min(allowed, SPARE + (call.ended - call.began) / CLOSEST)
  local looked = looks_until(course, call.ended)
  if looked > allowed then
    broken("%d looks in %.1f s with %d changes, not %.0f", looked, call.ended - call.began, #times - 2, allowed)
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

--- So many ids are not worth a batch, nor a list.
local FEW = 3

-- A call alone sends no more than a few batches: one for each hundred and each of the steps, or single
-- ones for few.
function looks.batches(course, broken)
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
  local are_few = about and about <= 2 * FEW -- of which some may be a step behind the others
  local allowed = about and 6 + 3 * (are_few and about or math.ceil(about / 100))
  if about and about > 0 and sent > allowed then
    broken("%d requests that are no looks, for %d deployments: not %d", sent, about, allowed)
  end
end

--- The last moment at which something became of what a call is about.
local function last_change(course, call)
  local last = call.began
  for _, id in ipairs(course.truth.ids) do
    if facts.asks_for(course, call, id, call.ended) then
      for _, state in ipairs(course.truth.lives[id].states) do
        last = state.time <= call.ended and math.max(last, state.time) or last
      end
    end
  end
  return last
end

--- The longest pause between two looks, with its jitter, and the time between two proofs, in seconds.
local LATEST, APART = 10 * 1.1, 2

-- What has come about is noticed by the next look, and proved by one or two more.
function looks.soon(course, broken)
  local call = course.calls[1]
  local is_new = call.creates or call.appear -- which has its own time
  if
    #course.calls > 1
    or not call.ended
    or not call.ok
    or not call.result
    or not is_plain_service(course)
    or is_new
  then
    return
  end
  local failed = type(call.result) == "table" and call.result.failed
  if failed and next(failed) ~= nil then
    return
  end
  local late = call.ended - last_change(course, call) - LATEST - 2 * APART - 12 * course.service.settings.latency
  if late > 0 then
    broken("%s came back %.1f s later than the last change allows", call.method, late)
  end
end

--- Is something being sent between two moments? Then nobody looks.
local function sends_between(course, from, to)
  for _, request in ipairs(course.requests) do
    local is_look = request.name == "status" or request.name == "list"
    if not is_look and request.at < to and (request.answered or math.huge) >= from then
      return true
    end
  end
  return false
end

--- A GET that hangs holds up others for so long at most, in seconds.
local SLOW = 10

--- Or so many times as long as good answers took.
local AS_SLOW = 4

--- What is asked again no later than this (s) after an answer that was none is one attempt more of the same.
local SAME = 5

--- What the slowest of the good answers until then took, in seconds, with the attempts before.
local function slowest_until(course, at)
  local slowest, asked_at, tried_at = 0, {}, {}
  for _, request in ipairs(course.requests) do
    local id = request.id
    if request.name == "status" and request.answered and request.answered <= at then
      local answer = facts.arrived(request)
      local is_again = asked_at[id] and request.at - tried_at[id] <= SAME
      asked_at[id], tried_at[id] = is_again and asked_at[id] or request.at, request.answered
      if answer and (answer.status == 200 or answer.status == 404) then
        slowest, asked_at[id] = math.max(slowest, request.answered - asked_at[id]), nil
      end
    end
  end
  return slowest
end

--- Was there no answer in time to any GET of the two rounds before this moment? Then the service may be slow.
local function were_in_vain(course, before)
  local round, rounds = before, 0
  for i = #course.requests, 1, -1 do
    local request = course.requests[i]
    if request.name == "status" and request.at < before then
      if request.at < round then
        round, rounds = request.at, rounds + 1
      end
      if rounds > 2 then
        return true
      elseif not request.late then
        return false
      end
    end
  end
  return false
end

-- A slow GET of one holds up no other: where few are looked at by id, each has its turn. (One that is slow itself has
-- to wait for its own.)
function looks.held_up(course, broken)
  local call = course.calls[1]
  if #course.calls > 1 or not call.ended or not call.ids or #call.ids > FEW or call.method == "wait" then
    return
  end
  local before = {}
  for _, request in ipairs(course.requests) do
    if request.name == "status" and request.at <= call.ended then
      local last = before[request.id]
      local was_quick = last and last.answered and last.answered - last.at < SLOW
      local pause = was_quick and request.at - last.answered or 0
      local is_long = pause > LATEST + SLOW + 12 * course.service.settings.latency
      local is_strange = is_long and not were_in_vain(course, last.at)
      if is_strange and pause <= LATEST + AS_SLOW * slowest_until(course, request.at) then
        is_strange = false
      end
      if is_strange and not sends_between(course, last.answered, request.at - SLOW) then
        broken("%s was not looked at for %.1f s", request.id, pause)
      end
      before[request.id] = request
    end
  end
end

-- The last look is over just before the deadline: what comes about until then is noticed.
function looks.last_look(course, broken)
  local call = course.calls[1]
  local failed = call.ok and (call.err or type(call.result) == "table" and call.result.failed)
  local waits = call.method ~= "stop" and call.method ~= "delete"
  if #course.calls > 1 or not call.ended or not is_plain_service(course) or not failed or not waits then
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

return looks
