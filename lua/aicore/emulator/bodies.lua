-- What the body of each changing request must be.
-- Rule: a function per body; it answers what is wrong with it, in words, or nothing. Bodies are judged as a whole,
-- before anything takes effect.

local lifecycle = require "aicore.model.lifecycle"
local parameters = require "aicore.emulator.parameters"
local resources = require "aicore.emulator.resources"

local bodies = {}

local NO_CONFIGURATION = "configurationId must match ^[\\w.-]{4,64}$"

---@param body table
---@param resource string
---@return string|nil problem
function bodies.create(body, resource)
  if not parameters.is_identifier(body.configurationId) then
    return NO_CONFIGURATION
  end
  local ttl = resources[resource].serves and body.ttl or nil
  if ttl ~= nil and not (type(ttl) == "string" and ttl:find "^%d+[mMhHdD]$") then
    return "ttl must be a number followed by m, h or d"
  end
end

---@param body table
---@return string|nil problem
function bodies.update(body)
  if not parameters.is_identifier(body.configurationId) then
    return NO_CONFIGURATION
  end
end

---@param body table
---@return string|nil problem
function bodies.stop(body)
  if body.targetStatus ~= lifecycle.targets.stop then
    return "targetStatus must be STOPPED"
  end
  if body.configurationId ~= nil then
    return "targetStatus and configurationId exclude each other"
  end
end

---@param body table
---@return string|nil problem
function bodies.delete(body)
  if body.targetStatus ~= lifecycle.targets.delete then
    return "targetStatus must be DELETED"
  end
end

local MOST_ITEMS = 100

local function item_problem(item, seen)
  if type(item) ~= "table" or not parameters.is_identifier(item.id) then
    return "every item needs an id that matches ^[\\w.-]{4,64}$"
  end
  if not lifecycle.action_of(item.targetStatus) then
    return "targetStatus must be STOPPED or DELETED"
  end
  if seen[item.id] then
    return ("%s stands more than once in the request"):format(item.id)
  end
  seen[item.id] = true
end

---@param body table
---@param resource string  what the items are
---@return string|nil problem
function bodies.batch(body, resource)
  local items, seen = body[resource], {}
  if type(items) ~= "table" or #items < 1 or #items > MOST_ITEMS then
    return ("%s must have 1 to %d items"):format(resource, MOST_ITEMS)
  end
  for _, item in ipairs(items) do
    local problem = item_problem(item, seen)
    if problem then
      return problem
    end
  end
end

return bodies
