-- The colours of statuses.

local lifecycle = require "aicore.model.lifecycle"

local statuses = {}

local COLOURS = { good = "green", busy = "yellow", unclear = "yellow", bad = "red", quiet = "faint" }

--- nil: none, as for a status that SAP has added.
---@param status string
---@return string?
function statuses.colour(status)
  return COLOURS[lifecycle.look(status)]
end

return statuses
