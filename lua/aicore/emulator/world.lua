-- The deployments (here also executions are called so), per resource group, and what becomes of them in time.
-- Rule: pure; the caller says what time it is. Nothing happens between calls: advance() makes up for the time that
-- has passed, and every change dates from when it was due, not from when a request looked.

local agenda = require "aicore.runtime.agenda"
local group = require "aicore.emulator.group"
local history = require "aicore.emulator.history"
local lifecycle = require "aicore.model.lifecycle"
local random = require "aicore.emulator.random"
local resources = require "aicore.emulator.resources"
local seeds = require "aicore.emulator.seeds"
local timestamp = require "aicore.model.timestamp"

---@class aicore.emulator.Deployment
---@field id string
---@field resource string      "deployments" or "executions"
---@field number integer       no other deployment of this world has it
---@field group string
---@field status string
---@field status_message string|nil
---@field target_status string|nil
---@field configuration_id string
---@field latest_configuration_id string|nil  the one that has run last
---@field scenario_id string
---@field executable_id string
---@field schedule_id string|nil               an execution's
---@field ttl string|nil
---@field last_operation string
---@field created_at number
---@field modified_at number
---@field started_at number|nil
---@field completed_at number|nil
---@field hidden boolean|nil   accepted, but not to be seen yet
---@field gone boolean|nil
---@field expired boolean|nil  its time to live is over
---@field haunted boolean|nil  gone, and shown once more since
---@field intent table|nil     what was accepted and does not show yet: { action, configuration_id, announced }
---@field announced boolean|nil  it is shown with a configuration that does not run yet
---@field plan table|nil       what it is going through
---@field since number         when it became what it is
---@field past aicore.emulator.Deployment[]|nil  what it was before, see history.lua
---@field cache table          encoded forms, see record.lua; emptied by every change

---@class aicore.emulator.World
---@field url string  where the emulator answers, for the URLs in its answers
---@field witness nil|fun(deployment: aicore.emulator.Deployment, at: number)  called before each change of one
---@field private settings aicore.emulator.Settings
---@field private configurations table<string, table[]>  those that were made here, by resource group, as they are shown
---@field private draw fun(): number
---@field private journal aicore.emulator.Journal
---@field private agenda aicore.Agenda
---@field private groups table<string, table<string, aicore.emulator.Group>>  by resource, and by name
---@field private number integer                   how many have come into it so far
---@field private standing table<string, integer>  how many there are, by resource
---@field private seeded table<string, integer>    how many of them have got their ids here, by resource
local World = {}
World.__index = World

-- What follows an accepted request: statuses, and when they come as a share of the setting `time`; all of that when the
-- setting `delay` is over. A plan replaces the one before: a deployment goes through one at a time.
local PLANS = {
  create = { time = "start_time", { 0.1, "UNKNOWN" }, { 0.3, "PENDING" }, { 1, "RUNNING" } },
  run = { time = "run_time", { 1, "COMPLETED" } }, -- of an execution, if it is to end by itself
  update = { delay = "update_time", time = "start_time", { 1, "RUNNING" } },
  stop = { delay = "show_time", time = "stop_time", { 1, "STOPPED" } },
  delete = { delay = "show_time", time = "delete_time", { 1, "GONE" } },
}

local SERVING, TARGETS = lifecycle.SERVING, lifecycle.targets

local function note(self, what, deployment, time, request_id)
  self.journal:note {
    what = what,
    id = deployment.id,
    resource = deployment.resource,
    resource_group = deployment.group,
    time = time,
    request_id = request_id,
  }
end

local DEPLOYMENTS = "deployments"

local function group_of(self, resource, name)
  local groups = self.groups[resource]
  groups[name] = groups[name] or group.new()
  return groups[name]
end

-- Where nothing is put in.
local NO_GROUP = group.new()

local function look_into(self, resource, name)
  return self.groups[resource or DEPLOYMENTS][name] or NO_GROUP
end

local UNITS = { m = 60, h = 3600, d = 86400 }

-- When the time to live is over; nil: never.
local function end_of(deployment)
  local number, unit = (deployment.ttl or ""):lower():match "^(%d+)([mhd])$"
  if number and resources[deployment.resource].serves then
    return deployment.created_at + tonumber(number) * UNITS[unit]
  end
  return nil
end

local function insert(self, deployment, now)
  self.number = self.number + 1
  self.standing[deployment.resource] = self.standing[deployment.resource] + 1
  deployment.number, deployment.since = self.number, deployment.created_at
  group_of(self, deployment.resource, deployment.group):insert(deployment)
  local last = end_of(deployment)
  if last then
    self.agenda:add(math.max(now, last), { deployment = deployment, expires = true })
  end
end

local function longest_lag(self)
  return math.max(self.settings.read_lag, self.settings.list_lag)
end

-- For so many seconds those that are gone are remembered, if lists may show them once more.
local AFTERLIFE = 60

-- To be called before each change.
local function keep(self, deployment, at)
  if self.witness then
    self.witness(deployment, at)
  end
  history.keep(deployment, at, longest_lag(self))
end

local function remove(self, deployment, at)
  keep(self, deployment, at)
  deployment.gone, deployment.plan, deployment.intent = true, nil, nil
  self.standing[deployment.resource] = self.standing[deployment.resource] - 1
  local memory = math.max(longest_lag(self), self.settings.list_ghosts > 0 and AFTERLIFE or 0)
  group_of(self, deployment.resource, deployment.group):has_lost_one(at - memory)
end

local function schedule_step(self, deployment, plan)
  local share = plan.steps[plan.step][1]
  self.agenda:add(plan.began + share * plan.duration, { deployment = deployment, plan = plan })
end

local function begin(self, deployment, name, now)
  local steps = PLANS[name]
  local plan = { steps = steps, step = 1, began = now, duration = self.settings[steps.time] }
  deployment.plan = plan
  schedule_step(self, deployment, plan)
end

local function touch(deployment, now)
  deployment.modified_at = now
  deployment.cache = {}
end

local function enter(self, deployment, status, at)
  keep(self, deployment, at)
  deployment.status = status
  deployment.hidden = nil
  if status == SERVING then
    deployment.started_at = at
    if resources[deployment.resource].serves then
      deployment.latest_configuration_id = deployment.configuration_id
    end
  elseif lifecycle.ended(status) then
    deployment.completed_at = at
  end
  touch(deployment, at)
end

local function outcome(deployment, status)
  if status == SERVING and deployment.configuration_id:find "^dead" then
    deployment.status_message = "Container exited with code 1: CrashLoopBackOff"
    return "DEAD"
  end
  return status
end

-- The time to live is over: the service stops it, and deletes it as soon as that can be done.
local function expire(self, deployment, at)
  deployment.expired = true
  local action = self:may(deployment, "delete") and "delete" or "stop"
  self:change(deployment, action, { now = at })
end

local function take_step(self, deployment, plan, at)
  local status = outcome(deployment, plan.steps[plan.step][2])
  if status == lifecycle.GONE then
    remove(self, deployment, at)
  else
    enter(self, deployment, status, at)
    plan.step = plan.step + 1
    if plan.steps[plan.step] then
      schedule_step(self, deployment, plan)
    else
      deployment.plan = nil
    end
    if status == SERVING and not resources[deployment.resource].serves and self.settings.run_time > 0 then
      begin(self, deployment, "run", at)
    end
  end
  note(self, status:lower(), deployment, at)
  if deployment.expired and not deployment.gone then
    expire(self, deployment, at)
  end
end

-- Configurations -----------------------------------------------------------------------------------

-- An empty list is left out: lua-cjson would write it as an object.
local function bindings(list)
  return list and list[1] and list or nil
end

--- The configurations of a resource group, in the order in which they came, and by their ids.
---@param group_name string
---@return table[]
function World:configurations_of(group_name)
  self.configurations[group_name] = self.configurations[group_name] or {}
  return self.configurations[group_name]
end

--- Makes a configuration. What becomes of those whose names begin with "dead", is DEAD.
---@param group_name string
---@param fields table  as in the request
---@param now number
---@return table configuration  as the API shows it
function World:configure(group_name, fields, now)
  local all = self:configurations_of(group_name)
  local made = {
    id = (fields.name:match "^dead" or "conf") .. "-" .. random.hex(self.draw, 15),
    name = fields.name,
    scenarioId = fields.scenarioId,
    executableId = fields.executableId,
    parameterBindings = bindings(fields.parameterBindings),
    inputArtifactBindings = bindings(fields.inputArtifactBindings),
    createdAt = timestamp.format(now),
  }
  all[#all + 1], all[made.id] = made, made
  return made
end

--- What a deployment has of its configuration, if that was made here.
local function configure(self, deployment, configuration_id)
  local known = self:configurations_of(deployment.group)[configuration_id] or {}
  deployment.configuration_id, deployment.configuration_name = configuration_id, known.name
  deployment.scenario_id = known.scenarioId or deployment.scenario_id
  deployment.executable_id = known.executableId or deployment.executable_id
  deployment.model, deployment.model_version = nil, nil
  for _, binding in ipairs(known.parameterBindings or {}) do
    if binding.key == "modelName" then
      deployment.model = binding.value
    elseif binding.key == "modelVersion" then
      deployment.model_version = binding.value
    end
  end
end

-- Changes -------------------------------------------------------------------------------------------

local CHANGES = {
  stop = function(deployment)
    deployment.target_status = TARGETS.stop
    deployment.last_operation = "UPDATE"
    deployment.status = "STOPPING"
  end,
  delete = function(deployment)
    deployment.target_status = TARGETS.delete
    deployment.last_operation = "DELETE"
  end,
  update = function(deployment, configuration_id, self)
    deployment.last_operation = "UPDATE"
    deployment.status, deployment.status_message, deployment.completed_at = "PENDING", nil, nil
    if deployment.started_at and not deployment.latest_configuration_id then -- a seed
      deployment.latest_configuration_id = deployment.configuration_id
    end
    deployment.announced = nil
    configure(self, deployment, configuration_id)
  end,
}

-- The record names the new configuration, and the old one goes on running for a while.
local function announce(self, deployment, intent, at)
  keep(self, deployment, at)
  deployment.latest_configuration_id = deployment.latest_configuration_id or deployment.configuration_id
  configure(self, deployment, intent.configuration_id)
  deployment.announced = true
  touch(deployment, at)
  deployment.intent = { action = intent.action, configuration_id = intent.configuration_id, announced = true }
  self.agenda:add(at + self.settings.early_update, { deployment = deployment, intent = deployment.intent })
end

-- What was accepted begins to show. What has ended meanwhile is deleted if that was asked for, but not stopped.
local function fulfil(self, deployment, intent, at)
  deployment.intent = nil
  local is_early = intent.action == "update" and self.settings.early_update > 0 and deployment.status == SERVING
  if is_early and not intent.announced and self:may(deployment, "update") then
    announce(self, deployment, intent, at)
  elseif intent.action == "delete" or self:may(deployment, intent.action) then
    keep(self, deployment, at)
    CHANGES[intent.action](deployment, intent.configuration_id, self)
    touch(deployment, at)
    begin(self, deployment, intent.action, at)
  end
end

--- Lets time pass: everything that was due by now has happened afterwards.
---@param now number  seconds since 1970
function World:advance(now)
  local due, at = self.agenda:take(now)
  while due do
    local deployment = due.deployment
    if due.plan and due.plan == deployment.plan then -- else another plan has replaced it
      take_step(self, deployment, due.plan, at)
    elseif due.intent and due.intent == deployment.intent then
      fulfil(self, deployment, due.intent, at)
    elseif due.expires and not deployment.gone then
      expire(self, deployment, at)
    end
    due, at = self.agenda:take(now)
  end
end

--- A deployment that can be seen.
---@param group_name string
---@param id string
---@param resource string|nil  default: deployments
---@param at number|nil  seconds since 1970: as it was then, as far back as the lags go; nil: as it is
---@return aicore.emulator.Deployment|nil
function World:get(group_name, id, resource, at)
  return look_into(self, resource, group_name):get(id, at)
end

--- The deployments of a group that can be seen and that the filter accepts, in the order in which they came.
---@param group_name string
---@param accepts fun(deployment: aicore.emulator.Deployment): boolean
---@param resource string|nil  default: deployments
---@param at number|nil  as for get
---@param haunts nil|fun(deployment: aicore.emulator.Deployment): boolean  is this one shown, though it is gone?
---@return aicore.emulator.Deployment[]
function World:find(group_name, accepts, resource, at, haunts)
  return look_into(self, resource, group_name):find(accepts, at, haunts)
end

---@class aicore.emulator.Cause
---@field now number
---@field request_id string|nil

--- Creates a deployment. It cannot be seen at first, as in AI Core, until the runtime has synchronised.
---@param group_name string
---@param configuration_id string
---@param ttl string|nil
---@param cause aicore.emulator.Cause
---@param resource string|nil  default: deployments
---@return aicore.emulator.Deployment
function World:create(group_name, configuration_id, ttl, cause, resource)
  resource = resource or DEPLOYMENTS
  local deployment = {
    id = resources[resource].letter .. random.hex(self.draw, 15),
    resource = resource,
    group = group_name,
    status = lifecycle.NO_NEWS,
    target_status = SERVING,
    hidden = true,
    scenario_id = seeds.SCENARIO,
    executable_id = seeds.EXECUTABLE,
    ttl = ttl,
    last_operation = "CREATE",
    created_at = cause.now,
    modified_at = cause.now,
    cache = {},
  }
  configure(self, deployment, configuration_id)
  insert(self, deployment, cause.now)
  note(self, "create", deployment, cause.now, cause.request_id)
  begin(self, deployment, "create", cause.now)
  self:advance(cause.now)
  return deployment
end

--- The resource groups in which anything was put, and the default one; sorted.
---@return string[]
function World:group_names()
  local known, names = { default = true }, { "default" }
  for _, groups in pairs(self.groups) do
    for name in pairs(groups) do
      if not known[name] then
        known[name], names[#names + 1] = true, name
      end
    end
  end
  table.sort(names)
  return names
end

--- Those of a group that have not gone, also those that cannot be seen yet.
---@param group_name string
---@return aicore.emulator.Deployment[]
function World:standing_in(group_name)
  return look_into(self, DEPLOYMENTS, group_name):standing()
end

--- How many deployments there are, in all groups.
---@return integer
function World:size()
  return self.standing[DEPLOYMENTS]
end

-- SAP AI Launchpad's page says that a dead one can be brought back by an update, too.
local function may_be_updated(deployment)
  local intent = deployment.intent
  local is_leaving = lifecycle.leaving(deployment.target_status) or intent ~= nil and intent.action ~= "update"
  return not is_leaving and (lifecycle.may(deployment.status, "update") or deployment.status == "DEAD")
end

--- Would the action be accepted?
---@param deployment aicore.emulator.Deployment
---@param action aicore.Action
---@return boolean
function World.may(_, deployment, action)
  if action == "update" then
    return may_be_updated(deployment)
  end
  return lifecycle.may(deployment.status, action)
end

--- Has the action been accepted before, so that it changes nothing any more?
---@param deployment aicore.emulator.Deployment
---@param action aicore.Action
---@return boolean
function World.is_under_way(_, deployment, action)
  if deployment.intent and deployment.intent.action == action then
    return action ~= "update"
  end
  return action == "delete" and deployment.target_status == TARGETS.delete
end

--- Stops, deletes or updates a deployment, if its status allows. What is repeated is accepted and changes nothing.
---@param deployment aicore.emulator.Deployment
---@param action aicore.Action
---@param cause aicore.emulator.Cause
---@param configuration_id string|nil  for an update
---@return boolean accepted
function World:change(deployment, action, cause, configuration_id)
  if not self:may(deployment, action) then
    return false
  end
  local intent = deployment.intent
  local again = action == "update"
    and intent
    and intent.action == action
    and intent.configuration_id == configuration_id
  if again or self:is_under_way(deployment, action) then
    return true
  end
  note(self, action, deployment, cause.now, cause.request_id)
  if intent and intent.announced then
    fulfil(self, deployment, intent, cause.now) -- nothing overtakes what the record shows already
  end
  deployment.intent = { action = action, configuration_id = configuration_id }
  local delay = self.settings[PLANS[action].delay]
  self.agenda:add(cause.now + delay, { deployment = deployment, intent = deployment.intent })
  self:advance(cause.now)
  return true
end

--- A stop that is under way is taken back, by an operator: it runs again, and is meant to.
---@param deployment aicore.emulator.Deployment
---@param cause aicore.emulator.Cause
---@return boolean done  false: it is not stopping
function World:take_back(deployment, cause)
  if not lifecycle.stopping(deployment.status) then
    return false
  end
  enter(self, deployment, SERVING, cause.now)
  deployment.plan, deployment.intent, deployment.target_status = nil, nil, SERVING
  note(self, "running", deployment, cause.now, cause.request_id)
  return true
end

local function next_seed_id(self, deployment)
  local resource = deployment.resource
  local place = group_of(self, resource, deployment.group)
  local id
  repeat
    self.seeded[resource] = self.seeded[resource] + 1
    id = ("%s%015d"):format(resources[resource].letter, self.seeded[resource])
  until not place:present(id)
  return id
end

--- Puts a deployment into the world as it is; one with the same id is replaced. It stays in its status until a request
--- changes it, but for STOPPING, and for those whose target is DELETED: these go on as they would after a request.
---@param seed aicore.emulator.Seed
---@param now number
---@return aicore.emulator.Deployment
function World:seed(seed, now)
  local deployment = seeds.deployment(seed, now)
  deployment.id = deployment.id or next_seed_id(self, deployment)
  local earlier = group_of(self, deployment.resource, deployment.group):present(deployment.id)
  if earlier then
    remove(self, earlier, now)
  end
  insert(self, deployment, now)
  if deployment.target_status == TARGETS.delete then
    begin(self, deployment, "delete", now)
  elseif lifecycle.stopping(deployment.status) then
    begin(self, deployment, "stop", now)
  end
  self:advance(now)
  return deployment
end

--- Forgets every deployment.
function World:clear()
  self.groups, self.agenda, self.seeded, self.standing = {}, agenda.new(), {}, {}
  self.configurations = {}
  for resource in pairs(resources) do
    self.groups[resource], self.seeded[resource], self.standing[resource] = {}, 0, 0
  end
end

local world = {}

---@param settings aicore.emulator.Settings
---@param draw fun(): number  randomness, for ids
---@param journal aicore.emulator.Journal
---@return aicore.emulator.World
function world.new(settings, draw, journal)
  local self = { url = "http://127.0.0.1", settings = settings, draw = draw, journal = journal, number = 0 }
  World.clear(self)
  return setmetatable(self, World)
end

return world
