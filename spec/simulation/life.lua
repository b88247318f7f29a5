--- Draws what belongs to the life of a deployment: ensure, rollout, watch, several at once, in one program or two.

local plots = require "spec.simulation.plots"

local life = {}

--- What was announced, and is behind, is shown for less than the ten seconds that a rollout believes.
local SHORT = 9.5

--- What a service may do besides, where that is of interest here.
---@param dice simulation.Dice
---@param service simulation.Service
---@return simulation.Service
function life.service(dice, service)
  if dice:chance(0.25) then
    local longest = math.max(0, SHORT - (service.settings.read_lag or 0))
    service.settings.early_update = math.min(dice:scale(0.2, 8), longest)
    service.features[#service.features + 1] = "announced updates"
  end
  if dice:chance(0.2) then
    service.settings.update_time = dice:scale(2, 60)
    service.features[#service.features + 1] = "very slow updates"
  end
  service.patience = service.patience + 60
  return service
end

local function mine_of(service, group)
  local ids = {}
  for _, deployment in ipairs(service.deployments) do
    ids[#ids + 1] = deployment.mine and deployment.resource_group == group and deployment.id or nil
  end
  return ids
end

-- What may go on beside a rollout, of the same deployment.
local BESIDE = { "teardown", "stop_all", "delete_all", "wait", "rollout" }

local CONFIGURATIONS = { "conf-new", "conf-new", "conf-new", "conf-a", "dead-new", "missing-new" }

-- Each adds its calls to a task.
local DRAWS = {
  ensure = function(dice, call, add)
    call.configuration = dice:pick(CONFIGURATIONS)
    call.ids = { call.configuration } -- for the story
    call.keep = dice:chance(0.1) or nil
    for _ = 2, dice:weighted { { 45, 1 }, { 45, 2 }, { 10, 3 } } do
      local other = add(call.at + dice:pick { dice:number(0, 0.2), dice:number(0.2, 1), dice:scale(0.1, 30) })
      other.method, other.configuration, other.ids = "ensure", call.configuration, call.ids
      other.resource_group = call.resource_group
    end
  end,
  rollout = function(dice, call, add, ids)
    call.ids = { #ids > 0 and dice:chance(0.95) and dice:pick(ids) or dice:id() }
    call.configuration = dice:pick { "conf-new", "conf-new", "conf-b", "dead-new", "dead-new", "missing-new" }
    call.rollback = dice:chance(0.6) or nil
    if dice:chance(0.35) then
      local other = add(dice:scale(0.1, 100))
      other.method, other.ids, other.resource_group = dice:pick(BESIDE), call.ids, call.resource_group
      other.goal = dice:pick { "RUNNING", "STOPPED", "GONE" }
      other.configuration = dice:pick { "conf-new", "conf-b", "dead-new" }
      other.rollback = dice:chance(0.5) or nil
    end
  end,
  watch = function(dice, call, add, ids)
    if dice:chance(0.5) then
      call.ids = #ids > 0 and ids or { dice:id() }
    else
      call.filter = dice:pick {
        { scenario_id = "scenario-mine" },
        { configuration_id = "conf-a" },
        { scenario_id = "scenario-mine", status = { "RUNNING", "PENDING" } },
        { all = true },
      }
    end
    call.leave_at = dice:chance(0.2) and dice:integer(1, 8) or nil
    if #ids > 0 and dice:chance(0.7) then
      local other = add(dice:scale(0.1, 60))
      other.method, other.ids = "teardown", { dice:pick(ids) }
      other.resource_group = call.resource_group
    end
  end,
}

--- A watch ends with its time, in seconds: nothing more is to be learned from one that goes on for hours.
local LONGEST_WATCH = 2000

--- Time for everything: every phase twice, there and back.
local function draw_timeout(dice, service, call)
  local settings = service.settings
  local phases = settings.start_time + settings.stop_time + settings.delete_time + (settings.update_time or 0)
  local kind = dice:weighted { { 15, "short" }, { 20, "tight" }, { 65, "ample" } }
  call.ample = kind == "ample"
  if kind == "short" then
    call.timeout = dice:scale(0.1, 5)
  elseif kind == "tight" then
    call.timeout = dice:number(0.3, 1.5) * (phases + 1)
  else
    call.timeout = 4 * phases + 4 * service.patience + 600 + (call.appear or 0)
    if call.method == "watch" then
      call.timeout = math.min(call.timeout, LONGEST_WATCH)
    end
  end
end

-- Plots ----------------------------------------------------------------------------------------------
-- Services that are kind but for what one rule is for, and a task that puts it to the test, which chance seldom does.

--- A kind service, with a deployment that runs and is to go on.
local function make_kind(service, dice)
  local settings, one = service.settings, service.deployments[1]
  service.settings = {
    latency = settings.latency,
    start_time = dice:scale(0.5, 30),
    stop_time = dice:scale(0.1, 40),
    delete_time = dice:scale(0.1, 40),
  }
  service.faults, service.outages, service.events, service.features = {}, {}, {}, {}
  service.kind, service.hides_long = true, nil
  one.status, one.target_status, one.configuration_id, one.ttl = "RUNNING", nil, "conf-a", nil
  one.age = math.max(one.age, 30)
  return one
end

local function roll_out(one, configuration, timeout)
  return {
    method = "rollout",
    ids = { one.id },
    resource_group = one.resource_group,
    configuration = configuration,
    timeout = timeout,
    ample = true,
    rollback = true,
  }
end

local function ensure(one, configuration, client, at)
  return {
    method = "ensure",
    ids = { configuration }, -- for the story
    configuration = configuration,
    resource_group = one.resource_group,
    client = client,
    at = at,
    timeout = 1000,
    ample = true,
  }
end

-- Each: (service, what of it runs, dice) -> the calls of the task.
local PLOTS = {
  -- A rollout goes back.
  function(service, one)
    return { roll_out(one, "dead-new", 8 * service.settings.start_time + 400) }
  end,
  -- The way back is sent in any case: it looks as if it had been gone already.
  function(service, one, dice)
    local timeout = 6 * service.settings.start_time + dice:number(80, 300)
    service.features = { "updates are ignored" }
    service.faults = { { operation = "update", ignore = true, lasts = timeout * dice:number(0.5, 0.7) } }
    return { roll_out(one, "conf-new", timeout) }
  end,
  -- What was seen starting may be shown as it was before that, when it was announced already.
  function(service, one, dice)
    local settings = service.settings
    service.features = { "announced updates", "replicas" }
    settings.early_update, settings.read_lag, settings.replicas =
      dice:scale(1, 6), dice:number(3, SHORT - 6), dice:integer(2, 4)
    return { roll_out(one, dice:pick { "conf-new", "dead-new" }, 8 * settings.start_time + 400) }
  end,
  -- What another rollout of the same program sends is not its own: it shows late, and this one has to go back before.
  function(service, one, dice)
    service.settings.update_time, service.features = dice:number(60, 90), { "slow updates" }
    local other = roll_out(one, "conf-new", 1000)
    local hasty = roll_out(one, "conf-other", dice:number(30, 50))
    hasty.at = dice:number(0.1, 5)
    return { other, hasty }
  end,
  -- A stop that another goal has sent is no update: where that is refused on the way back, it is not back.
  function(service, one, dice)
    local timeout = 6 * service.settings.start_time + dice:number(80, 300)
    service.features = { "nothing takes effect" }
    service.faults = {
      { operation = "update", ignore = true, times = 1 },
      { operation = "update", refuse = 412, lasts = timeout + 100 },
      { operation = "stop", ignore = true, lasts = timeout + 100 },
    }
    local stop = { method = "stop_all", ids = { one.id }, resource_group = one.resource_group, timeout = timeout }
    stop.at = dice:number(1, timeout / 3)
    return { roll_out(one, "conf-new", timeout), stop }
  end,
  -- Of several that were made at once one stays; two lists show all that is older.
  function(service, one, dice)
    service.settings.latency = dice:scale(0.01, 0.1)
    service.settings.list_lag = dice:chance(0.3) and dice:scale(0.2, 20) or nil
    local at = dice:chance(0.3) and dice:number(0, 0.2) or dice:number(0.4, 1)
    return { ensure(one, "conf-new", 1, 0), ensure(one, "conf-new", 2, at) }
  end,
  -- A lost create is looked for, not repeated.
  function(service, one, dice)
    service.settings.list_lag = dice:chance(0.5) and dice:scale(0.2, 20) or nil
    service.features = { "a lost create" }
    service.faults = { { operation = "create", drop = dice:pick { "during", "after" } } }
    return { ensure(one, "conf-new", 1, 0) }
  end,
  -- What has failed and is an ensure's own is torn down.
  function(_, one)
    return { ensure(one, "dead-new", 1, 0) }
  end,
  -- A watch looks on, until it is gone; and then it is, though lists that are behind show it.
  function(service, one, dice)
    if dice:chance(0.5) then
      service.settings.list_ghosts, service.features = dice:number(0.3, 1), { "ghosts in lists" }
    end
    return {
      {
        method = "watch",
        filter = { scenario_id = "scenario-mine" },
        resource_group = one.resource_group,
        timeout = 300,
      },
      {
        method = "teardown",
        ids = { one.id },
        resource_group = one.resource_group,
        at = dice:number(1, 20),
        client = 2,
        timeout = 900,
      },
    }
  end,
}

--- Lays one of them, instead of what was drawn.
local function lay_plot(dice, service)
  local one = make_kind(service, dice)
  local task = { clients = 2, calls = dice:pick(PLOTS)(service, one, dice) }
  for _, call in ipairs(task.calls) do
    call.at, call.client, call.told = call.at or 0, call.client or 1, 0
  end
  return task
end

--- Draws a task.
---@param dice simulation.Dice
---@param service simulation.Service
---@return simulation.Task
function life.draw(dice, service)
  local self = { calls = {}, clients = dice:chance(0.5) and 2 or 1 }
  local function add(at)
    local call = { at = at, told = 0, client = dice:integer(1, self.clients) }
    self.calls[#self.calls + 1] = call
    return call
  end
  for i = 1, dice:chance(0.75) and 1 or dice:integer(2, 4) do
    local call = add(i == 1 and 0 or dice:number(0, 30))
    call.method = dice:weighted { { 40, "ensure" }, { 35, "rollout" }, { 25, "watch" } }
    call.resource_group = dice:pick(service.groups)
    DRAWS[call.method](dice, call, add, mine_of(service, call.resource_group))
  end
  for _, call in ipairs(self.calls) do
    call.appear = service.settings.appear_time and service.settings.appear_time + dice:scale(5, 60) or nil
    draw_timeout(dice, service, call)
    call.raise_at = dice:chance(0.04) and dice:integer(1, 4) or nil
    call.cancel_at = dice:chance(0.04) and call.at + dice:scale(0.05, 60) or nil
    call.kill_at = dice:chance(0.04) and call.at + dice:scale(0.05, 60) or nil
  end
  self.close_at = dice:chance(0.04) and dice:scale(0.05, 100) or nil
  return dice:chance(plots.share) and lay_plot(dice, service) or self
end

return life
