--- Promises about ensure, rollout and watch.

local facts = require "spec.simulation.facts"
local lifecycle = require "aicore.model.lifecycle"

local life = {}

local function each(course, method, act)
  for _, call in ipairs(course.calls) do
    if call.method == method and call.began and call.ok then
      act(call)
    end
  end
end

--- The ids that were created, by the call for which it was sent.
local function made_by(course)
  if not course.made then
    local by_request = {}
    for _, request in ipairs(course.requests) do
      by_request[request.request_id] = request
    end
    course.made = {}
    for _, effect in ipairs(course.truth.effects) do
      local request = effect.what == "create" and by_request[effect.request_id]
      if request then
        course.made[request.call] = course.made[request.call] or {}
        table.insert(course.made[request.call], effect.id)
      end
    end
  end
  return course.made
end

--- Was the answer to a create of this call lost, as far as it can tell?
local function has_lost_a_create(course, call)
  for _, request in ipairs(course.requests) do
    local answer = request.call == call and request.name == "create" and facts.arrived(request)
    if request.call == call and request.name == "create" and (not answer or answer.status >= 500) then
      return true
    end
  end
  return false
end

--- announced: also one that is shown with this configuration while the one before still runs, by another's update: who
--- has not sent that cannot know.
local function serves(configuration, announced)
  return function(state)
    return state.configuration_id == configuration
      and (announced or not state.announced)
      and lifecycle.meets(lifecycle.SERVING, state.status, state.target)
  end
end

local function is_alive(course, id, time)
  local state = course.truth:at(id, time)
  return state ~= nil and facts.runs(state) and not lifecycle.leaving(state.target)
end

-- What ensure returns serves this configuration, and was made by it if it says so.
function life.ensured(course, broken)
  each(course, "ensure", function(call)
    local record = call.result
    if not record then
      return
    end
    local from = call.began - facts.lag_of(course)
    if not course.truth:ever(record.id, from, call.ended, serves(call.configuration, true)) then
      broken("ensure returns %s, which is %s", record.id, facts.say(course, record.id, call.ended))
    end
    local made = made_by(course)[call]
    if call.created and not (made and made[1] == record.id) and not has_lost_a_create(course, call) then
      broken("ensure says that it has made %s, and has not", record.id)
    elseif not call.created and made and made[1] == record.id and not has_lost_a_create(course, call) then
      broken("ensure says that it has not made %s, and has", record.id)
    end
  end)
end

-- No call creates twice.
function life.creates_once(course, broken)
  local made = made_by(course)
  for _, call in ipairs(course.calls) do
    if made[call] and (call.method ~= "ensure" or #made[call] > 1) then
      broken("%s has created %d", call.method, #made[call])
    end
  end
end

-- What an ensure has made and does not return is gone, or on its way, or told: it was younger, or it has failed.
function life.left_behind(course, broken)
  each(course, "ensure", function(call)
    local made = made_by(course)[call]
    local err = call.err
    local is_refused = err and (err.last_refusal or err.last_error or err.status) -- which it tells
    local is_over = call.result or err and err.kind == "state" and not is_refused and not call.keep
    if not made or not call.ended or not is_over or has_lost_a_create(course, call) then
      return
    end
    local id = made[1]
    local state = course.truth:at(id, call.ended)
    local is_leaving = state.status == nil or lifecycle.action_of(state.target) == "delete"
    local is_told = call.result and call.result.id == id or call.left[id]
    if not is_told and not is_leaving then
      broken("ensure leaves %s behind, which is %s", id, facts.say(course, id, call.ended))
    end
  end)
end

--- Do the lists show all that there is, only later?
local function lists_are_honest(course)
  local settings = course.service.settings
  local odd = settings.list_misses or settings.list_ghosts or settings.odd_records or settings.page_shifts
  local count = settings.count or "page"
  odd = odd or settings.skip_ignored or count ~= "page" and count ~= "total" or settings.dates == false
  return not odd and #course.service.outages == 0 and #course.service.events == 0 and course.service.kind
end

-- Of several that were made at the same time one stays, and all return it.
function life.converges(course, broken)
  local alive, about, fit = {}, nil, lists_are_honest(course)
  for _, call in ipairs(course.calls) do
    if call.method == "ensure" then
      fit = fit and call.ok and call.ended and call.result and call.ample and facts.is_undisturbed(course, call)
      local what = call.resource_group .. " " .. call.configuration
      fit = fit and not has_lost_a_create(course, call) and (not about or about == what)
      about = what
    else
      fit = false
    end
  end
  for _, ids in pairs(fit and made_by(course) or {}) do
    for _, id in ipairs(ids) do
      alive[#alive + 1] = is_alive(course, id, course.over) and id or nil
    end
  end
  table.sort(alive)
  if #alive > 1 then
    broken("%d were made, and stay: %s", #alive, table.concat(alive, " "))
  end
  for _, call in ipairs(fit and course.calls or {}) do
    local id = call.result.id
    if course.truth.lives[id].created_at >= course.began and id ~= alive[1] then
      broken("an ensure returns %s, and not %s", id, tostring(alive[1]))
    end
  end
end

local function updates_of(course, call, configuration)
  local found = {}
  for _, request in ipairs(course.requests) do
    local is_one = request.name == "update" and request.client == call.client and request.id == call.ids[1]
    if is_one and request.configuration == configuration and request.at >= call.began then
      found[#found + 1] = request
    end
  end
  return found
end

--- Did another program meddle with it? What that asks for may keep an update from taking effect.
local function is_meddled_with(course, call)
  for _, effect in ipairs(course.truth.effects) do
    if effect.request_id == "other" and effect.id == call.ids[1] and effect.time <= call.ended then
      return true
    end
  end
  return false
end

-- What a rollout says to run, runs, with the configuration that it says; on the way back, after it was sent back.
function life.rolled_out(course, broken)
  each(course, "rollout", function(call)
    local report, from = call.result, call.began - facts.lag_of(course)
    if not report or is_meddled_with(course, call) then
      return
    end
    local configuration, id = report.configuration_id, call.ids[1]
    if report.rolled_back then
      configuration = report.previous
      local sent = updates_of(course, call, configuration)
      from = sent[1] and sent[1].at or math.huge
      if not report.reason then
        broken("%s was rolled back, and nobody says why", id)
      end
    end
    if from > call.ended or not course.truth:ever(id, from, call.ended, serves(configuration)) then
      broken("a rollout says that %s runs with %s, and it is %s", id, configuration, facts.say(course, id, call.ended))
    end
  end)
end

-- Where it says that the new one died, it did.
function life.died(course, broken)
  each(course, "rollout", function(call)
    local err = call.err or call.result and call.result.reason
    local says_so = err and err.kind == "state" and tostring(err.message):find("it did not become", 1, true)
    local died = says_so
      and course.truth:ever(call.ids[1], call.began - facts.lag_of(course), call.ended, function(state)
        return state.configuration_id == call.configuration and lifecycle.died(state.status)
      end)
    if says_so and not died then
      broken("a rollout says that %s died of %s, and it did not", call.ids[1], call.configuration)
    end
  end)
end

--- Is one rollout the only thing that happens to it?
local function is_alone(course, call)
  local service = course.service
  for _, other in ipairs(course.calls) do
    if other ~= call then
      return false
    end
  end
  return call.ample
    and #service.events == 0
    and #service.features == 0
    and facts.is_undisturbed(course, call)
    and course.truth:ever(call.ids[1], -math.huge, call.began, serves "conf-a") ~= nil
end

-- A good service that has time does what it is asked for, there or back.
function life.gets_there(course, broken)
  each(course, "rollout", function(call)
    local seed = is_alone(course, call) and course.truth.lives[call.ids[1]].deployment
    if not seed or seed.ttl then
      return
    end
    local is_good, err = call.configuration:find "^conf" ~= nil, tostring(call.err)
    if is_good and not (call.result and not call.result.rolled_back) then
      broken("%s was not rolled out: %s", call.ids[1], err)
    elseif call.configuration:find "^dead" and call.rollback and not (call.result and call.result.rolled_back) then
      broken("%s was not rolled back: %s", call.ids[1], err)
    end
  end)
end

local MAY_TOUCH = { stop = true, delete = true }

-- What a call may do to the one that it is about.
local DEEDS = {
  teardown = MAY_TOUCH,
  stop_all = { stop = true },
  delete_all = { delete = true },
  wait = {},
  rollout = { update = true },
}

--- May this deed be one of this call?
local function may_be_of(course, call, effect)
  if not call.began or effect.time < call.began then
    return false
  elseif DEEDS[call.method] then
    return DEEDS[call.method][effect.what] and call.ids[1] == effect.id
  elseif call.method == "ensure" and MAY_TOUCH[effect.what] then
    local made, lives = made_by(course)[call], course.truth.lives[effect.id]
    local is_own = made and made[1] == effect.id
    local adopted = has_lost_a_create(course, call) and lives.created_at >= call.began - 1
    return is_own
      or adopted
        and course.truth:ever(effect.id, -math.huge, effect.time, function(state)
          return state.configuration_id == call.configuration
        end) ~= nil
  end
  return call.method == "ensure" and effect.what == "create"
end

-- Nothing is touched that nobody asked for.
function life.touched_by_life(course, broken)
  for _, effect in ipairs(course.truth.effects) do
    local asked = not effect.request_id or effect.request_id == "other"
    for _, call in ipairs(course.calls) do
      asked = asked or may_be_of(course, call, effect)
    end
    if not asked then
      broken("%s of %s, which nobody asked for", effect.what, effect.id)
    end
  end
end

--- What its time to live did before anybody looked is not known.
local function has_been(course, change, from, to)
  local life_of = course.truth.lives[change.id]
  return life_of and life_of.deployment.ttl
    or course.truth:ever(change.id, from, to, function(state)
      return state.status == change.status
    end)
end

-- Every change that is told was so, and is one; what is told to be gone is gone, and not heard of again.
function life.changes(course, broken)
  local lag = facts.lag_of(course)
  each(course, "watch", function(call)
    local last = {}
    for _, told in ipairs(call.changes or {}) do
      local change, before = told.change, last[told.change.id]
      last[change.id] = change
      if change.before ~= (before and before.status) then
        broken("%s was %s before, and not %s", change.id, tostring(before and before.status), tostring(change.before))
      elseif before and before.status == change.status and before.target == change.target then
        broken("%s is told to be %s twice", change.id, change.status)
      elseif before and before.status == lifecycle.GONE then
        broken("%s is told to be %s after it was gone", change.id, change.status)
      elseif change.status == lifecycle.GONE then
        if facts.is_there(course, change.id, told.at) then
          broken("%s is told to be gone, and is %s", change.id, facts.say(course, change.id, told.at))
        end
      elseif not has_been(course, change, call.began - lag, told.at) then
        broken("%s is told to be %s, and never was", change.id, change.status)
      end
    end
  end)
end

--- The longest pause between two looks, and the time between two proofs, with their jitter, in seconds.
local LATEST = 16

-- One that is young may not be found although it is there: it is believed in for so much longer, in seconds.
local PATIENCE = 40

-- A good service hides nothing from a watch: how each ended up is told.
function life.notices(course, broken)
  local service = course.service
  each(course, "watch", function(call)
    local good = #service.features == 0 and #service.events == 0 and facts.is_undisturbed(course, call)
    if not good or call.leave_at or not call.ended or call.ended - call.began < 2 * LATEST then
      return
    end
    local last = {}
    for _, told in ipairs(call.changes or {}) do
      last[told.change.id] = told.change.status
    end
    local ids = {}
    for _, id in ipairs(call.ids or {}) do
      last[id] = last[id] or "nothing"
    end
    for id in pairs(last) do
      ids[#ids + 1] = id
    end
    table.sort(ids)
    for _, id in ipairs(ids) do
      local status = last[id]
      local noticed = course.truth.lives[id] == nil and status == lifecycle.GONE
      local lived = course.truth.lives[id]
      local is_young = lived and call.ended - lived.created_at < lifecycle.HIDDEN + LATEST
      local from = call.ended - LATEST - (is_young and PATIENCE or 0)
      for _, state in ipairs(course.truth:between(id, from, call.ended)) do
        noticed = noticed or (state.status or lifecycle.GONE) == status
      end
      if not noticed then
        broken("%s is told to be %s, and is %s", id, status, facts.say(course, id, call.ended))
      end
    end
  end)
end

return life
