--- Plots: services that are kind but for what one rule is for, so that it is put to the test more often than by chance.
-- A plot takes the deployments and the task as they were drawn, and lays down the rest.

local plots = {
  share = 0.2, -- of all seeds
}

---@class simulation.Plot
---@field name string
---@field suits (fun(service: simulation.Service, task: simulation.Task): boolean)?  nil: any
---@field lay fun(service: simulation.Service, task: simulation.Task, dice: simulation.Dice)

local FEW = 3 -- are looked at by id

local ACTS = { teardown = true, stop_all = true, delete_all = true }

--- Calls that act on many ids act on a few of them.
local function ask_for_few(task, ids)
  for _, call in ipairs(task.calls) do
    if ACTS[call.method] and call.ids and #(ids or call.ids) > 0 then
      local few = {}
      for i = 1, math.min(FEW, #(ids or call.ids)) do
        few[i] = (ids or call.ids)[i]
      end
      call.ids, call.creates = few, nil
      call.resource_group = ids and task.calls[1].resource_group or call.resource_group
    end
  end
end

--- Those of the first call's resource group that nobody has asked to go yet.
local function find_standing(service, task)
  local found, group = {}, task.calls[1].resource_group
  for _, deployment in ipairs(service.deployments) do
    if deployment.mine and deployment.resource_group == group and not deployment.target_status then
      found[#found + 1] = deployment
    end
  end
  return found
end

local function ids_of(deployments)
  local ids = {}
  for i, deployment in ipairs(deployments) do
    ids[i] = deployment.id
  end
  return ids
end

-- "What has ended never runs again; a step that the lifecycle forbids otherwise counts when nothing else was seen for
-- 60 s": replicas that show what was, while what comes next is refused, or while the stop is slow to show.
local function lay_late_end(service, task, dice)
  local settings = service.settings
  settings.read_lag, settings.replicas = dice:scale(3, 10), dice:integer(2, 3)
  if dice:chance(0.5) then
    settings.stop_time = dice:scale(0.1, 3)
    service.faults[1] = { operation = "delete", refuse = dice:pick { 409, 412 }, lasts = dice:number(2, 12) }
  else
    settings.show_time, settings.stop_time = dice:number(2, 9), dice:scale(5, 60)
  end
  service.patience = service.patience + 100
  ask_for_few(task)
end

-- "… unless a newer modifiedAt says so": other programs bring back what is dead, before its delete is accepted.
local function lay_revival(service, task, dice)
  local dead = find_standing(service, task)
  local refused = dice:number(4, 40)
  service.settings.start_time = dice:scale(0.5, 20)
  service.faults[1] = { operation = "delete", refuse = dice:pick { 409, 423 }, lasts = refused }
  for i = 1, math.min(FEW, #dead) do
    dead[i].status, dead[i].age, dead[i].ttl = "DEAD", 1000, nil
    service.events[i] = {
      at = dice:number(1, refused),
      what = "update",
      id = dead[i].id,
      resource_group = dead[i].resource_group,
    }
  end
  service.patience = service.patience + 200
  if dice:chance(0.5) then
    ask_for_few(task, ids_of(dead))
  end
end

-- "Two 'not found'": what was created a moment ago by others is not found by a replica that is behind, for the first
-- look, or for the first one after an accepted delete, but for no other.
local function lay_youth(service, task, dice)
  local settings, latency = service.settings, math.min(service.settings.latency, 0.2)
  settings.latency, settings.read_lag, settings.replicas = latency, dice:scale(2, 10), 2
  local young = find_standing(service, task)
  for i = #young, FEW + 1, -1 do
    young[i] = nil
  end
  for _, deployment in ipairs(young) do
    deployment.status = dice:pick { "UNKNOWN", "DEAD", "STOPPED" }
    -- The login, a look, a delete; then a look whose answer comes so much later, and the next one.
    local looked = math.max(3 * latency, 2 * latency + 0.2) + latency
    local unknown = dice:chance(0.5) and dice:number(2, 4) * latency or looked + dice:number(0, latency + 0.18)
    deployment.age, deployment.ttl = settings.read_lag - unknown, nil
  end
  local call = task.calls[1]
  if not ACTS[call.method] or not call.ids or dice:chance(0.5) then
    call.method, call.filter, call.goal, call.dry_run, call.appear = dice:pick { "teardown", "delete_all" }
    call.ids = ids_of(young)
  end
  ask_for_few(task, ids_of(young))
end

-- "A list is complete": pages shift, and counts may be odd.
local function lay_shifts(service, task, dice)
  local settings = service.settings
  settings.page_shifts, settings.page_cap = dice:number(0.1, 1), dice:integer(3, 20)
  settings.count = dice:pick { "page", "page", "total", "more", "missing" }
  local share = dice:chance(0.5) and 1 or 0.3
  for _, call in ipairs(task.calls) do
    if dice:chance(share) then
      call.method, call.ids, call.goal, call.creates = "list", nil, nil, nil
      call.filter = { scenario_id = "scenario-mine" }
    end
  end
  service.patience = service.patience + 200
end

-- "For one that is to be torn down: nothing but 'not found' for 30 s": what was created is hidden for almost as long.
local function lay_hiding(service, task, dice)
  local settings = service.settings
  settings.start_time = dice:scale(0.5, 10)
  settings.appear_time, settings.appear_chance = dice:number(11, 26), 0
  settings.lagging_sends = dice:chance(0.5)
  for _, call in ipairs(task.calls) do
    if call.method == "teardown" and call.ids then
      call.creates, call.ids = dice:integer(1, 2), dice:chance(0.5) and {} or { call.ids[1] }
    end
    call.appear = nil
  end
  service.patience = service.patience + 100
end

-- "A slow look at one never holds up the others": some of a few answer late, or not at all.
local function lay_hanging(service, task, dice)
  ask_for_few(task)
  local ids = task.calls[1].ids or {}
  for i = 2, math.min(FEW, #ids) do
    local hung = { operation = "status", id = ids[i], latency = dice:scale(20, 100), times = dice:integer(1, 9) }
    service.faults[i - 1] = hung
  end
  service.patience = service.patience + 1000
end

-- "It turned back": a stop is taken back, while some wait for its end.
local function lay_change_of_mind(service, task, dice)
  local standing = find_standing(service, task)
  local one = standing[1]
  if not one then
    return
  end
  one.status, one.age, one.ttl = "RUNNING", 1000, nil
  service.settings.stop_time = dice:scale(60, 300)
  local stopped = dice:number(0.5, 20)
  service.events[1] = { at = stopped, what = "stop", id = one.id, resource_group = one.resource_group }
  local taken_back = stopped + dice:number(2, 40)
  service.events[2] = { at = taken_back, what = "take_back", id = one.id, resource_group = one.resource_group }
  for _, call in ipairs(task.calls) do
    if call.method == "wait" or dice:chance(0.3) then
      call.method, call.goal, call.ids, call.filter = "wait", "STOPPED", { one.id }, nil
      call.creates, call.appear, call.dry_run, call.resource_group = nil, nil, nil, one.resource_group
    end
  end
  service.patience = service.patience + 400
end

-- "count may be … wrong": it is one too small, where that is just the end of a page.
local function lay_short_counts(service, task, dice)
  local count = #find_standing(service, task)
  service.settings.count, service.settings.page_cap = "less", math.max(1, math.floor((count - 1) / dice:integer(1, 3)))
  local call = task.calls[1]
  call.method, call.filter = dice:pick { "list", "teardown" }, { scenario_id = "scenario-mine" }
  call.ids, call.goal, call.dry_run, call.appear, call.creates = nil, nil, nil, nil, nil
  service.patience = service.patience + 100
end

-- "A 404 is AI Core's own": others answer in its place.
local function lay_strangers(service, task, dice)
  local foreign = { error = { code = "404", message = "Resource not found" } }
  local page = "<html><body>404 Not Found</body></html>"
  for i, name in ipairs { "status", "stop", "delete" } do
    local body = dice:chance(0.5) and foreign or page
    service.faults[i] = { operation = name, status = 404, body = body, probability = dice:number(0.1, 0.6), times = 0 }
  end
  local one = find_standing(service, task)[1]
  for _, call in ipairs(one and task.calls or {}) do
    if dice:chance(0.3) then
      call.method, call.ids, call.resource_group = dice:pick { "delete", "stop" }, { one.id }, one.resource_group
      call.filter, call.goal, call.creates, call.dry_run = nil, nil, nil, nil
    end
  end
  ask_for_few(task)
  service.patience = service.patience + 300
end

--- Fewer are looked at by id.
local MANY = 5

--- One call that tears down these.
local function tear_down(task, ids)
  local call = task.calls[1]
  call.method, call.ids = "teardown", ids
  call.filter, call.goal, call.dry_run, call.appear, call.creates = nil, nil, nil, nil, nil
  return call
end

--- One call that tears down all that stand, each in one of these states, and `age()` seconds old.
local function tear_down_as(service, task, dice, statuses, age)
  local standing = find_standing(service, task)
  for _, deployment in ipairs(standing) do
    deployment.status, deployment.age, deployment.ttl = dice:pick(statuses), age(), nil
  end
  tear_down(task, ids_of(standing))
end

--- Lists and GETs, or one of them, are answered 503 for so many seconds, after the first answers to it.
local function fail_looks(service, seconds, skip)
  for name, first in pairs(skip) do
    service.faults[#service.faults + 1] = { operation = name, status = 503, skip = first, lasts = seconds }
  end
end

-- "The list says nothing of those that it does not show": pages shift for a moment while they are read, and a replica
-- that is behind does not find what is new, either.
local function lay_gaps(service, task, dice)
  local settings = service.settings
  settings.latency, settings.delete_time = math.min(settings.latency, 0.1), dice:scale(15, 60)
  settings.read_lag, settings.replicas, settings.lagging_sends = 10, 2, true
  settings.page_cap = math.max(2, math.ceil(#service.deployments / dice:integer(3, 5)))
  tear_down_as(service, task, dice, { "STOPPED", "DEAD" }, function()
    return settings.read_lag - dice:number(2, 5)
  end)
  local shifts = { from = dice:number(0.2, 2), settings = { page_shifts = 0.8 }, otherwise = { page_shifts = 0 } }
  shifts.to = shifts.from + dice:number(0.3, 1.5)
  service.outages[1] = shifts
  service.patience = service.patience + 200
end

-- "Two …, not both by send": sends find what is new only now and then, and what they do is ignored at first. A second
-- one comes after 10 s; a third one after 30 s, with no sighting between them where all looks fail.
local function lay_deafness(service, task, dice)
  local settings, is_blind = service.settings, dice:chance(0.5)
  local seconds = is_blind and dice:number(31, 40) or dice:number(11, 16)
  settings.delete_time, settings.appear_time = dice:scale(15, 60), seconds + 1
  settings.appear_chance, settings.lagging_sends = dice:number(0.4, 0.7), true
  for _, deployment in ipairs(service.deployments) do
    deployment.age = math.max(deployment.age, settings.appear_time)
  end
  tear_down_as(service, task, dice, { "STOPPED", "DEAD" }, function()
    return 1
  end)
  service.faults[1] = { operation = "delete", ignore = true, lasts = seconds }
  fail_looks(service, seconds, is_blind and { list = 1, status = 0 } or {})
  service.patience = service.patience + 300
end

-- "Or list, then send, and at least 2 s later list or get": nothing finds yet what others have made a moment ago.
local function lay_newborn(service, task, dice)
  local settings, unseen = service.settings, dice:number(1, 2)
  settings.latency = math.min(settings.latency, 0.1)
  settings.list_lag, settings.appear_time, settings.lagging_sends = unseen + 1, unseen + 1, true
  tear_down_as(service, task, dice, { "RUNNING", "STOPPED", "DEAD" }, function()
    return dice:number(1, 1.3)
  end)
  service.patience = service.patience + 100
end

-- "Nothing but 'not found' for 30 s and five looks": most of the looks fail meanwhile.
local function lay_few_looks(service, task, dice)
  local settings, failing = service.settings, dice:number(26, 31)
  settings.start_time, settings.latency = dice:scale(0.5, 5), math.min(settings.latency, 0.2)
  settings.appear_time = failing + 3
  tear_down(task, {}).creates = dice:integer(1, 2)
  fail_looks(service, failing, { status = 1 })
  service.patience = service.patience + 300
end

-- The same, "the last of them a GET": lists are behind, and GETs fail. Then lists show how it began, while it stops.
local function lay_late_lists(service, task, dice)
  local settings = service.settings
  settings.start_time, settings.list_lag = dice:scale(0.5, 5), dice:number(40, 60)
  settings.stop_time = dice:scale(20, 60)
  tear_down(task, {}).creates = dice:integer(4, 6)
  fail_looks(service, dice:number(31, 40), { status = 0 })
  service.patience = service.patience + 300
end

local function is_about_many(service, task)
  return #task.calls == 1 and #find_standing(service, task) >= MANY
end

local function has_one_call(_, task)
  return #task.calls == 1
end

---@type simulation.Plot[]
local PLOTS = {
  { name = "the end is seen late", lay = lay_late_end },
  { name = "the dead come back", lay = lay_revival },
  { name = "young ones behind", lay = lay_youth, suits = has_one_call },
  { name = "pages shift", lay = lay_shifts },
  { name = "hidden at first", lay = lay_hiding },
  { name = "some hang", lay = lay_hanging },
  { name = "a stop is taken back", lay = lay_change_of_mind },
  { name = "strangers answer", lay = lay_strangers },
  { name = "short counts", lay = lay_short_counts, suits = is_about_many },
  { name = "gaps in lists", lay = lay_gaps, suits = is_about_many },
  { name = "deaf to sends", lay = lay_deafness, suits = is_about_many },
  { name = "newborn", lay = lay_newborn, suits = is_about_many },
  { name = "few looks", lay = lay_few_looks, suits = has_one_call },
  { name = "late lists", lay = lay_late_lists, suits = has_one_call },
}

local OLD = 30 -- s: any replica knows what is as old as this

local KEPT = { "latency", "start_time", "stop_time", "delete_time" }

--- All that was unpleasant about the service is gone.
local function make_kind(service)
  local settings = {}
  for _, name in ipairs(KEPT) do
    settings[name] = service.settings[name]
  end
  service.settings, service.features, service.kind, service.hides_long = settings, {}, true, nil
  service.faults, service.outages, service.events = {}, {}, {}
  for _, deployment in ipairs(service.deployments) do
    deployment.age = math.max(deployment.age, OLD)
  end
end

--- Lays a plot, now and then.
---@param dice simulation.Dice
---@param service simulation.Service
---@param task simulation.Task
function plots.draw(dice, service, task)
  local plot = dice:chance(plots.share) and dice:pick(PLOTS)
  if not plot or plot.suits and not plot.suits(service, task) then
    return
  end
  local patience = service.patience
  make_kind(service)
  service.features[1] = plot.name
  plot.lay(service, task, dice)
  for _, call in ipairs(task.calls) do
    call.timeout = call.timeout + (call.ample and service.patience - patience or 0)
  end
end

return plots
