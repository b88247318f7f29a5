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

local LONGEST_NAME, LONGEST_KEY, LONGEST_VALUE = 256, 256, 5000

-- As SAP's description says: ASCII without control characters (but white space) and "`".
local NO_NAME = "[^%w_%s.!?,;:%[%](){}<>\"'=+*/\\^&%%@~$#|-]"

local function binding_problem(list, value_name)
  if list ~= nil and type(list) ~= "table" then
    return "bindings must be a list"
  end
  for _, binding in ipairs(list or {}) do
    local value = type(binding) == "table" and binding[value_name]
    if type(value) ~= "string" or type(binding.key) ~= "string" then
      return ("every binding needs a key and a %s, both of them texts"):format(value_name)
    elseif #binding.key > LONGEST_KEY then
      return ("a key has more than %d characters"):format(LONGEST_KEY)
    elseif #value > LONGEST_VALUE then
      return ("the value of %s has more than %d characters"):format(binding.key, LONGEST_VALUE)
    end
  end
end

---@param body table
---@return string|nil problem
function bodies.configure(body)
  if type(body.name) ~= "string" or #body.name > LONGEST_NAME or body.name:find(NO_NAME) then
    return ("name must be a text of at most %d characters: letters, digits and punctuation of ASCII"):format(
      LONGEST_NAME
    )
  end
  for _, field in ipairs { "scenarioId", "executableId" } do
    if not parameters.is_identifier(body[field]) then
      return field .. " must match ^[\\w.-]{4,64}$"
    end
  end
  return binding_problem(body.parameterBindings, "value") or binding_problem(body.inputArtifactBindings, "artifactId")
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
