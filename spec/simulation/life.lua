--- Draws what belongs to the life of a deployment: ensure, rollout, watch, several at once, in one program or two.

local life = {}

--- What a service may do besides, where that is of interest here.
---@param dice simulation.Dice
---@param service simulation.Service
---@return simulation.Service
function life.service(dice, service)
  if dice:chance(0.25) then
    service.settings.early_update = dice:scale(0.2, 8)
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
  rollout = function(dice, call, _, ids)
    call.ids = { #ids > 0 and dice:chance(0.95) and dice:pick(ids) or dice:id() }
    call.configuration = dice:pick { "conf-new", "conf-new", "conf-b", "dead-new", "dead-new", "missing-new" }
    call.rollback = dice:chance(0.6) or nil
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
  end
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
  return self
end

return life
