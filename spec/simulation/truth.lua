--- What really happened: the state of every deployment at every moment, from the world's own journal. No check believes
-- anything else.

local truth = {}

---@class simulation.State       of a deployment, from `time` until the next one
---@field time number
---@field status string?         nil: it is gone
---@field target string?
---@field configuration_id string?
---@field what string            the journal's word for what made it so; "seed" at first
---@field request_id string?     who made it so; nil: time

---@class simulation.Life        of a deployment
---@field id string
---@field created_at number
---@field created_by string?     a request id; nil: it was there before
---@field deployment aicore.emulator.Deployment  for what never changes: scenario_id, executable_id
---@field states simulation.State[]

---@class simulation.Truth
---@field lives table<string, simulation.Life>
---@field ids string[]           in the order in which they came
---@field effects aicore.emulator.Entry[]  stop, delete, update and create, in order
local Truth = {}
Truth.__index = Truth

local EFFECTS = { stop = true, delete = true, update = true, create = true }

local function state_of(deployment, what, time, request_id)
  return {
    time = time,
    status = deployment.status,
    target = deployment.target_status,
    configuration_id = deployment.configuration_id,
    what = what,
    request_id = request_id,
  }
end

--- Begins the life of a deployment.
---@param deployment aicore.emulator.Deployment
---@param what string
---@param request_id string?
function Truth:begin(deployment, what, request_id)
  local id = deployment.id
  local first = state_of(deployment, what, request_id and deployment.created_at or -math.huge, request_id)
  self.ids[#self.ids + 1] = id
  self.lives[id] = {
    id = id,
    created_at = deployment.created_at,
    created_by = request_id,
    deployment = deployment,
    states = { first },
  }
end

local function note(self, world, entry)
  if EFFECTS[entry.what] then
    self.effects[#self.effects + 1] = entry
  end
  if entry.what == "login" then
    return
  end
  local deployment = world.groups[entry.resource_group].by_id[entry.id]
  if entry.what == "create" then
    return self:begin(deployment, entry.what, entry.request_id)
  end
  local states = self.lives[entry.id].states
  states[#states + 1] = deployment and state_of(deployment, entry.what, entry.time, entry.request_id)
    or { time = entry.time, what = entry.what }
end

--- The state of a deployment at a moment; nil: it has never been there.
---@param id string
---@param time number
---@return simulation.State?
function Truth:at(id, time)
  local life, found = self.lives[id], nil
  for _, state in ipairs(life and life.states or {}) do
    if state.time <= time then
      found = state
    end
  end
  return found
end

--- The states that a deployment had between two moments, both included, in order.
---@param id string
---@param from number
---@param to number
---@return simulation.State[]
function Truth:between(id, from, to)
  local found, states = {}, self.lives[id] and self.lives[id].states or {}
  for i, state in ipairs(states) do
    local next_one = states[i + 1]
    if state.time <= to and (not next_one or next_one.time >= from) then
      found[#found + 1] = state
    end
  end
  return found
end

--- Did it have a state that fits at some moment between the two?
---@param fits fun(state: simulation.State): boolean
---@return simulation.State?
function Truth:ever(id, from, to, fits)
  for _, state in ipairs(self:between(id, from, to)) do
    if fits(state) then
      return state
    end
  end
end

--- Listens to an emulator from now on.
---@param emulator aicore.emulator.Emulator
---@return simulation.Truth
function truth.of(emulator)
  local self = setmetatable({ lives = {}, ids = {}, effects = {} }, Truth)
  local journal, world = emulator.journal, emulator.world
  local write = journal.note
  function journal.note(book, entry)
    write(book, entry)
    note(self, world, entry)
  end
  return self
end

return truth
