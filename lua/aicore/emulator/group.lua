-- The deployments of one resource group, in the order in which they came.
-- Rule: those that are gone are remembered for as long as a list may show them, and forgotten many at once.

local history = require "aicore.emulator.history"

---@class aicore.emulator.Group
---@field private by_id table<string, aicore.emulator.Deployment>
---@field private order aicore.emulator.Deployment[]
---@field private gone integer  how many went since the last were forgotten
local Group = {}
Group.__index = Group

--- Puts a deployment in, in place of one with the same id.
---@param deployment aicore.emulator.Deployment
function Group:insert(deployment)
  self.by_id[deployment.id] = deployment
  self.order[#self.order + 1] = deployment
end

--- The deployment with an id that has not gone, also if it cannot be seen yet.
---@param id string
---@return aicore.emulator.Deployment|nil
function Group:present(id)
  local deployment = self.by_id[id]
  return deployment and not deployment.gone and deployment or nil
end

--- Those that have not gone, also those that cannot be seen yet.
---@return aicore.emulator.Deployment[]
function Group:standing()
  local standing = {}
  for _, deployment in ipairs(self.order) do
    standing[#standing + 1] = not deployment.gone and deployment or nil
  end
  return standing
end

local function forget(self, before)
  local order = {}
  for _, deployment in ipairs(self.order) do
    if not deployment.gone or deployment.since > before then
      order[#order + 1] = deployment
    elseif self.by_id[deployment.id] == deployment then
      self.by_id[deployment.id] = nil
    end
  end
  self.order, self.gone = order, 0
end

--- A deployment has gone. Those that go keep their places until they are half of all: so this costs next to nothing.
---@param before number  seconds since 1970: what went until then need not be remembered any more
function Group:has_lost_one(before)
  self.gone = self.gone + 1
  if self.gone * 2 > #self.order then
    forget(self, before)
  end
end

-- What is shown of a deployment at a time (nil: now), also if it is gone then; nil: nothing.
local function shown(deployment, at)
  local state = deployment
  if at then
    state = history.at(deployment, at)
  end
  return state and not state.hidden and state or nil
end

--- A deployment that can be seen.
---@param id string
---@param at number|nil  seconds since 1970: as it was then; nil: as it is
---@return aicore.emulator.Deployment|nil
function Group:get(id, at)
  local deployment = self.by_id[id]
  local state = deployment and shown(deployment, at)
  return state and not state.gone and state or nil
end

--- Those that can be seen and that the filter accepts.
---@param accepts fun(deployment: aicore.emulator.Deployment): boolean
---@param at number|nil  as for get
---@param haunts nil|fun(deployment: aicore.emulator.Deployment): boolean  is this one shown, though it is gone?
---@return aicore.emulator.Deployment[]
function Group:find(accepts, at, haunts)
  local found = {}
  for _, deployment in ipairs(self.order) do
    local state = shown(deployment, at)
    if state and (haunts or not state.gone) and accepts(state) and (not state.gone or haunts(state)) then
      found[#found + 1] = state
    end
  end
  return found
end

local group = {}

---@return aicore.emulator.Group
function group.new()
  return setmetatable({ by_id = {}, order = {}, gone = 0 }, Group)
end

return group
