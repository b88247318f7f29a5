-- The states of a deployment and what may be done in each, as one table; shared by teardown and the emulator.
-- Rule: no I/O and no surprises; a status word that is not in the table (SAP may add some) is never an error:
-- nothing may be done to it but wait.

local lifecycle = {}

---@alias aicore.Action "stop"|"delete"|"update"

---@class aicore.State
---@field stop boolean      PATCH targetStatus STOPPED is accepted
---@field update boolean    PATCH configurationId is accepted
---@field delete boolean    DELETE is accepted
---@field ended boolean     it does not run and never will again
---@field teardown "stop"|"wait"|"delete"  the next step towards "gone"

-- DELETE on COMPLETED is documented nowhere for deployments and assumed here: it has ended like the others.
---@type table<string, aicore.State>
local STATES = {
  PENDING = { stop = true, update = true, delete = false, ended = false, teardown = "stop" },
  RUNNING = { stop = true, update = true, delete = false, ended = false, teardown = "stop" },
  STOPPING = { stop = false, update = false, delete = false, ended = false, teardown = "wait" },
  STOPPED = { stop = false, update = false, delete = true, ended = true, teardown = "delete" },
  DEAD = { stop = false, update = false, delete = true, ended = true, teardown = "delete" },
  COMPLETED = { stop = false, update = false, delete = true, ended = true, teardown = "delete" },
  UNKNOWN = { stop = false, update = false, delete = true, ended = false, teardown = "delete" },
}

local UNLISTED = { stop = false, update = false, delete = false, ended = false, teardown = "wait" }

--- The status words of the API description, in its order.
---@type string[]
lifecycle.statuses = { "PENDING", "RUNNING", "COMPLETED", "DEAD", "STOPPING", "STOPPED", "UNKNOWN" }

local function state(status)
  return STATES[status] or UNLISTED
end

--- Whether the word stands in the API description.
---@param status string|nil
---@return boolean
function lifecycle.known(status)
  return STATES[status] ~= nil
end

--- Whether the service accepts the action in this status.
---@param status string|nil
---@param action aicore.Action
---@return boolean
function lifecycle.may(status, action)
  return state(status)[action]
end

--- Whether a deployment with this status has ended: it costs nothing and never runs again.
---@param status string|nil
---@return boolean
function lifecycle.ended(status)
  return state(status).ended
end

--- What teardown does next. After an accepted delete the deployment keeps its status for a while
--- and only its target tells: then there is nothing to do but wait.
---@param status string|nil
---@param target_status string|nil  the deployment's targetStatus, where it is known
---@return "stop"|"wait"|"delete"
function lifecycle.teardown(status, target_status)
  if target_status == "DELETED" then
    return "wait"
  end
  return state(status).teardown
end

return lifecycle
