-- The deployments (here also executions are called so), per resource group, and what becomes of them in time.
-- Rule: pure; the caller says what time it is. Nothing happens between calls: advance() makes up for the time that
-- has passed, and every change dates from when it was due, not from when somebody looked.

local agenda = require "aicore.runtime.agenda"
local lifecycle = require "aicore.model.lifecycle"
local random = require "aicore.emulator.random"
local resources = require "aicore.emulator.resources"

---@class aicore.emulator.Deployment
---@field id string
---@field resource string  "deployments" or "executions"
---@field group string
---@field status string
---@field status_message string|nil
---@field target_status string|nil
---@field configuration_id string
---@field latest_configuration_id string|nil  the one that ran before an update
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
---@field plan table|nil       what it is going through
---@field cache table          encoded forms, see record.lua; emptied by every change

---@class aicore.emulator.World
---@field url string  where the emulator answers, for the URLs in its answers
---@field private settings aicore.emulator.Settings
---@field private draw fun(): number
---@field private journal aicore.emulator.Journal
---@field private agenda aicore.Agenda
---@field private groups table<string, table<string, table>>  by resource, and by name
---@field private seeded table<string, integer>               how many, by resource
local World = {}
World.__index = World

-- What follows an accepted request: statuses, and when they come as a share of the setting `time`.
-- A plan replaces the one before: a deployment goes through one at a time.
local PLANS = {
  create = { time = "start_time", { 0.1, "UNKNOWN" }, { 0.3, "PENDING" }, { 1, "RUNNING" } },
  update = { time = "start_time", { 1, "RUNNING" } },
  stop = { time = "stop_time", { 1, "STOPPED" } },
  delete = { time = "delete_time", { 1, "GONE" } },
}

local DEFAULT_SCENARIO, DEFAULT_EXECUTABLE = "foundation-models", "azure-openai"

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
  local group = groups[name]
  if not group then
    group = { by_id = {}, order = {}, gone = 0 }
    groups[name] = group
  end
  return group
end

local function insert(self, deployment)
  local group = group_of(self, deployment.resource, deployment.group)
  group.by_id[deployment.id] = deployment
  group.order[#group.order + 1] = deployment
end

-- The order keeps the places of those that are gone until they are the greater part: removing costs next to nothing.
local function remove(self, deployment)
  local group = group_of(self, deployment.resource, deployment.group)
  group.by_id[deployment.id] = nil
  deployment.gone, deployment.plan = true, nil
  group.gone = group.gone + 1
  if group.gone * 2 <= #group.order then
    return
  end
  local order = {}
  for _, kept in ipairs(group.order) do
    if not kept.gone then
      order[#order + 1] = kept
    end
  end
  group.order, group.gone = order, 0
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
  self:advance(now)
end

local function touch(deployment, now)
  deployment.modified_at = now
  deployment.cache = {}
end

local function enter(deployment, status, at)
  deployment.status = status
  deployment.hidden = nil
  if status == SERVING then
    deployment.started_at = at
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

local function take_step(self, deployment, plan, at)
  local status = outcome(deployment, plan.steps[plan.step][2])
  if status == lifecycle.GONE then
    remove(self, deployment)
  else
    enter(deployment, status, at)
    plan.step = plan.step + 1
    if plan.steps[plan.step] then
      schedule_step(self, deployment, plan)
    else
      deployment.plan = nil
    end
  end
  note(self, status:lower(), deployment, at)
end

--- Lets time pass: everything that was due by now has happened afterwards.
---@param now number  seconds since 1970
function World:advance(now)
  local due, at = self.agenda:take(now)
  while due do
    if due.deployment.plan == due.plan then -- else another plan has replaced it
      take_step(self, due.deployment, due.plan, at)
    end
    due, at = self.agenda:take(now)
  end
end

--- A deployment that can be seen.
---@param group_name string
---@param id string
---@param resource string|nil  default: deployments
---@return aicore.emulator.Deployment|nil
function World:get(group_name, id, resource)
  local group = self.groups[resource or DEPLOYMENTS][group_name]
  local deployment = group and group.by_id[id]
  if deployment and not deployment.hidden then
    return deployment
  end
  return nil
end

--- The deployments of a group that can be seen and that the filter accepts, in the order in which they came.
---@param group_name string
---@param accepts fun(deployment: aicore.emulator.Deployment): boolean
---@param resource string|nil  default: deployments
---@return aicore.emulator.Deployment[]
function World:find(group_name, accepts, resource)
  local found = {}
  local group = self.groups[resource or DEPLOYMENTS][group_name]
  for _, deployment in ipairs(group and group.order or found) do
    if not deployment.gone and not deployment.hidden and accepts(deployment) then
      found[#found + 1] = deployment
    end
  end
  return found
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
    configuration_id = configuration_id,
    scenario_id = DEFAULT_SCENARIO,
    executable_id = DEFAULT_EXECUTABLE,
    ttl = ttl,
    last_operation = "CREATE",
    created_at = cause.now,
    modified_at = cause.now,
    cache = {},
  }
  insert(self, deployment)
  note(self, "create", deployment, cause.now, cause.request_id)
  begin(self, deployment, "create", cause.now)
  return deployment
end

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
  update = function(deployment, configuration_id)
    deployment.latest_configuration_id = deployment.configuration_id
    deployment.configuration_id = configuration_id
    deployment.last_operation = "UPDATE"
    deployment.status = "PENDING"
  end,
}

--- Stops, deletes or updates a deployment, if its status allows. A repeated delete is accepted and changes nothing.
---@param deployment aicore.emulator.Deployment
---@param action aicore.Action
---@param cause aicore.emulator.Cause
---@param configuration_id string|nil  for an update
---@return boolean accepted
function World:change(deployment, action, cause, configuration_id)
  if not lifecycle.may(deployment.status, action) then
    return false
  end
  if action == "delete" and deployment.target_status == TARGETS.delete then
    return true
  end
  CHANGES[action](deployment, configuration_id)
  touch(deployment, cause.now)
  note(self, action, deployment, cause.now, cause.request_id)
  begin(self, deployment, action, cause.now)
  return true
end

local function next_seed_id(self, group, resource)
  local id
  repeat
    self.seeded[resource] = self.seeded[resource] + 1
    id = ("%s%015d"):format(resources[resource].letter, self.seeded[resource])
  until not group.by_id[id]
  return id
end

local DEFAULT_AGE = 3600
local SLOWEST_START = 60 -- what a seed's startTime lags behind its createdAt, at most

---@class aicore.emulator.Seed
---@field id string|nil             default: d000000000000001 and so on
---@field resource string|nil       default "deployments"
---@field status string|nil         default RUNNING
---@field target_status string|nil  default: what goes with the status
---@field resource_group string|nil default "default"
---@field configuration_id string|nil
---@field scenario_id string|nil
---@field executable_id string|nil
---@field ttl string|nil
---@field schedule_id string|nil
---@field age number|nil            seconds since its creation, default one hour

-- What a deployment in this status is meant to be, if nobody says.
local function usual_target(status)
  return (status == TARGETS.stop or lifecycle.stopping(status)) and TARGETS.stop or SERVING
end

-- Has it not run yet? A word that is not in the table says nothing of that, and so is taken for one that has.
local function is_new(status)
  return lifecycle.known(status) and (lifecycle.phase(status) == "starting" or lifecycle.phase(status) == "unclear")
end

local function from_seed(seed, now)
  local status, age = seed.status or SERVING, seed.age or DEFAULT_AGE
  local ended, starting = lifecycle.ended(status), is_new(status)
  local started = now - age + math.min(age / 2, SLOWEST_START)
  return {
    id = seed.id,
    resource = seed.resource or DEPLOYMENTS,
    group = seed.resource_group or "default",
    status = status,
    target_status = seed.target_status or usual_target(status),
    configuration_id = seed.configuration_id or "aa97b177-9383-4934-8543-0f91a7a0283a",
    scenario_id = seed.scenario_id or DEFAULT_SCENARIO,
    executable_id = seed.executable_id or DEFAULT_EXECUTABLE,
    schedule_id = seed.schedule_id,
    ttl = seed.ttl,
    last_operation = "CREATE",
    created_at = now - age,
    modified_at = ended and now or started,
    started_at = not starting and started or nil,
    completed_at = ended and now or nil,
    cache = {},
  }
end

--- Puts a deployment into the world as it is; one with the same id is replaced. It stays in its status until somebody
--- changes it, but for STOPPING, and for those whose target is DELETED: these go on as they would after a request.
---@param seed aicore.emulator.Seed
---@param now number
---@return aicore.emulator.Deployment
function World:seed(seed, now)
  local deployment = from_seed(seed, now)
  local group = group_of(self, deployment.resource, deployment.group)
  deployment.id = deployment.id or next_seed_id(self, group, deployment.resource)
  if group.by_id[deployment.id] then
    remove(self, group.by_id[deployment.id])
  end
  insert(self, deployment)
  if deployment.target_status == TARGETS.delete then
    begin(self, deployment, "delete", now)
  elseif lifecycle.stopping(deployment.status) then
    begin(self, deployment, "stop", now)
  end
  return deployment
end

--- Forgets every deployment.
function World:clear()
  self.groups, self.agenda, self.seeded = {}, agenda.new(), {}
  for resource in pairs(resources) do
    self.groups[resource], self.seeded[resource] = {}, 0
  end
end

local world = {}

---@param settings aicore.emulator.Settings
---@param draw fun(): number  randomness, for ids
---@param journal aicore.emulator.Journal
---@return aicore.emulator.World
function world.new(settings, draw, journal)
  local self = { url = "http://127.0.0.1", settings = settings, draw = draw, journal = journal }
  World.clear(self)
  return setmetatable(self, World)
end

return world
