-- The colours of statuses.

local statuses = {}

local COLOURS = {
  RUNNING = "green",
  PENDING = "yellow",
  STOPPING = "yellow",
  UNKNOWN = "yellow",
  DEAD = "red",
  STOPPED = "faint",
  COMPLETED = "faint",
}

--- nil: none, as for a status that SAP has added.
---@param status string
---@return string?
function statuses.colour(status)
  return COLOURS[status]
end

return statuses
