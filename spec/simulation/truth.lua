--- What really happened: the state of every deployment at every moment, as the world itself tells. No check believes
-- anything else.

local truth = {}

---@class simulation.State       of a deployment, from `time` until the next one
---@field time number
---@field status string?         nil: it is gone
---@field target string?
---@field configuration_id string?
---@field announced boolean?     the configuration is named, and the one before still runs
---@field hidden boolean?        nobody is shown it yet

---@class simulation.Life        of a deployment
---@field id string
---@field created_at number
---@field deployment aicore.emulator.Deployment  for what never changes: scenario_id, executable_id
---@field states simulation.State[]
---@field private since number   when its present state began

---@class simulation.Truth
---@field lives table<string, simulation.Life>
---@field ids string[]           in the order in which they came
---@field effects aicore.emulator.Entry[]  stop, delete, update and create, in order, and who caused each
local Truth = {}
Truth.__index = Truth

local EFFECTS = { stop = true, delete = true, update = true, create = true }

--- What the deployment is now, or was in a copy of then, has been so since the life's last change, and is over.
local function close(life, at, deployment)
  local state = { time = life.since, status = nil }
  if not deployment.gone then
    state.status, state.target = deployment.status, deployment.target_status
    state.configuration_id, state.hidden = deployment.configuration_id, deployment.hidden
    state.announced = deployment.announced
  end
  life.states[#life.states + 1], life.since = state, at
end

local function begin(self, deployment, since)
  local id = deployment.id
  self.ids[#self.ids + 1] = id
  self.lives[id] = { id = id, created_at = deployment.created_at, deployment = deployment, states = {}, since = since }
end

--- One that is there from the beginning. It has changed already if its time to live was over; what it was before is
--- shown by those who are behind.
---@param deployment aicore.emulator.Deployment
function Truth:seeded(deployment)
  begin(self, deployment, -math.huge)
  for _, before in ipairs(deployment.past or {}) do
    close(self.lives[deployment.id], deployment.since, before)
  end
end

--- Nothing more happens.
---@param at number
function Truth:finish(at)
  for _, id in ipairs(self.ids) do
    close(self.lives[id], at, self.lives[id].deployment)
  end
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

--- A state that fits, of those that it had at some moment between the two.
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
    if EFFECTS[entry.what] then
      self.effects[#self.effects + 1] = entry
    end
    if entry.what == "create" then
      begin(self, world.groups[entry.resource][entry.resource_group].by_id[entry.id], entry.time)
    end
  end
  function world.witness(deployment, at)
    local life = self.lives[deployment.id]
    if life then -- else it is about to be seeded
      close(life, at, deployment)
    end
  end
  return self
end

return truth
