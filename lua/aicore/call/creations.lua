--- What a client has created a moment ago: the service may not find it at first, and lists may be behind.
-- Pure: `now` is seconds on the clock of the caller.

local lifecycle = require "aicore.model.lifecycle"

local creations = {}

---@class aicore.Creation
---@field id string
---@field what string             the configuration that it was made of; a configuration: what it says
---@field resource_group string?
---@field at number               when
---@field lasts boolean?          nothing can end it
---@field ends boolean?           a stop or delete was sent that may have ended it
---@field is_settled boolean?     lists have shown that it is the oldest of those that are the same

---@class aicore.Creations
---@field private by_id table<string, aicore.Creation>
local Creations = {}
Creations.__index = Creations

---@return aicore.Creations
function creations.new()
  return setmetatable({ by_id = {} }, Creations)
end

---@param now number
---@param id string
---@param what string
---@param resource_group string?
---@param lasts boolean?
function Creations:add(now, id, what, resource_group, lasts)
  for known, one in pairs(self.by_id) do
    if one.at + lifecycle.HIDDEN <= now then
      self.by_id[known] = nil
    end
  end
  self.by_id[id] = { id = id, what = what, resource_group = resource_group, at = now, lasts = lasts }
end

--- Until when "not found" may only mean "not yet".
---@param id string
---@return number?  nil: it was not created here, or long ago
function Creations:appears_by(id)
  local one = self.by_id[id]
  return one and one.at + lifecycle.HIDDEN
end

--- A stop or delete was sent, whatever became of it.
---@param id string
function Creations:ending(id)
  local one = self.by_id[id]
  if one and not one.lasts then
    one.ends = true
  end
end

--- What is known of one, of whatever it was made and wherever.
---@param now number
---@param id string
---@return aicore.Creation?  nil: it was not created here, or not a moment ago
function Creations:get(now, id)
  local one = self.by_id[id]
  if one and now < one.at + lifecycle.HIDDEN then
    return one
  end
end

--- What was created of it and not ended since, in the order of the ids.
---@param now number
---@param what string
---@param resource_group string?
---@return aicore.Creation[]
function Creations:of(now, what, resource_group)
  local list = {}
  for id, one in pairs(self.by_id) do
    local is_meant = one.what == what and one.resource_group == resource_group and not one.ends
    list[#list + 1] = is_meant and self:get(now, id) or nil
  end
  table.sort(list, function(a, b)
    return a.id < b.id
  end)
  return list
end

return creations
