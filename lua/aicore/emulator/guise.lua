-- Records that are not as the description says: without a target, with stamps that tell nothing, odd ones.
-- Rules: a guise is made once for all records that look so. It changes a record that was made for a receiver, never
-- the deployment. Where the answer is a table for a client in this process, null is nil.

local timestamp = require "aicore.model.timestamp"

---@class aicore.emulator.Guise
---@field mark string  no other guise has it
---@field private parts fun(shown: table, deployment: aicore.emulator.Deployment, null: any)[]
local Guise = {}
Guise.__index = Guise

--- Gives a record this look.
---@param shown table  the record, which is changed
---@param deployment aicore.emulator.Deployment
---@param null any     what null is in it
function Guise:put_on(shown, deployment, null)
  for _, change in ipairs(self.parts) do
    change(shown, deployment, null)
  end
end

-- What each look changes; a look that is not here is how it should be.
local ASPECTS = {
  target = {
    hidden = function(shown)
      shown.targetStatus = nil
    end,
  },
  stamps = {
    missing = function(shown)
      shown.modifiedAt = nil
    end,
    still = function(shown)
      shown.modifiedAt = shown.createdAt
    end,
    -- Earlier with every change.
    back = function(shown, deployment)
      shown.modifiedAt = timestamp.format(2 * deployment.created_at - deployment.modified_at)
    end,
  },
  oddity = {
    no_id = function(shown)
      shown.id = nil
    end,
    number_as_id = function(shown)
      shown.id = 7
    end,
    null_as_status = function(shown, _, null)
      shown.status = null
    end,
    number_as_status = function(shown)
      shown.status = 7
    end,
  },
}

local guise = {
  ---@type string[]
  stamps = { "right", "missing", "still", "back" },
  ---@type string[]
  oddities = { "no_id", "number_as_id", "null_as_status", "number_as_status" },
}

-- By target, stamps and oddity.
local made = { hidden = {}, shown = {} }

--- The guise with these looks.
---@param target "hidden"|"shown"
---@param stamps string  one of guise.stamps
---@param oddity string  one of guise.oddities, or "none"
---@return aicore.emulator.Guise
function guise.of(target, stamps, oddity)
  local by_stamps = made[target]
  local by_oddity = by_stamps[stamps] or {}
  by_stamps[stamps] = by_oddity
  if not by_oddity[oddity] then
    local parts = {}
    parts[#parts + 1] = ASPECTS.target[target]
    parts[#parts + 1] = ASPECTS.stamps[stamps]
    parts[#parts + 1] = ASPECTS.oddity[oddity]
    local mark = ("/%s/%s/%s"):format(target, stamps, oddity)
    by_oddity[oddity] = setmetatable({ mark = mark, parts = parts }, Guise)
  end
  return by_oddity[oddity]
end

return guise
