--- What a stop or delete that was refused really came to. Pure: the caller takes the look.
-- A refusal may be the echo of the call's own first attempt, whose answer was lost, or of another program's: then what
-- was asked for has happened, or is happening, and that is a success.

local lifecycle = require "aicore.model.lifecycle"

local refusal = {}

-- Answers of AI Core that speak of the deployment's state.
local OF_STATE = { [400] = true, [412] = true }

--- Is the state itself to be looked at, with one GET, before the refusal is believed?
---@param operation string
---@param err aicore.Error
---@return boolean
function refusal.in_doubt(operation, err)
  return (operation == "stop" or operation == "delete") and OF_STATE[err.status] == true and err.code ~= nil
end

--- Is this AI Core's own "not found"? A gateway's page, a wrong base URL, must never read as "gone".
---@param err aicore.Error
---@return boolean
function refusal.is_absent(err)
  return err.status == 404 and err.code ~= nil
end

--- DELETE and "not found": it is gone. Unless an earlier attempt may have done that, it was not
--- there to begin with, which is said by `absent`.
---@param id string
---@param ambiguous boolean  may an earlier attempt of this call have taken effect?
---@return table accepted    { id, message, absent }
function refusal.absent(id, ambiguous)
  if ambiguous then
    return { id = id, message = "gone; the answer to an earlier attempt was lost" }
  end
  return { id = id, message = "there is no such deployment", absent = true }
end

local ACHIEVED = {
  stop = function(status, target)
    return lifecycle.ended(status) or lifecycle.stopping(status) or lifecycle.leaving(target)
  end,
  delete = function(_, target)
    return target == lifecycle.targets.delete
  end,
}

--- Has what was asked for come about all the same?
---@param operation "stop"|"delete"
---@param deployment table     as it is now
---@return table|nil accepted  { id, message }; nil: no, the refusal stands
function refusal.achieved(operation, deployment)
  local status, target = deployment.status, deployment.targetStatus
  if not ACHIEVED[operation](status, target) then
    return nil
  end
  local message = ("already so: its status is %s%s"):format(status, target and ", its target " .. target or "")
  return { id = deployment.id, message = message }
end

return refusal
