--- What a stop or delete that was refused really came to, and what a create may have been refused for. Pure: the caller
-- takes the look.
-- A refusal may be the echo of the call's own first attempt, whose answer was lost, or of another program's: then what
-- was asked for has happened, or is happening, and that is a success.

local lifecycle = require "aicore.model.lifecycle"
local words = require "aicore.model.words"

local refusal = {}

-- Statuses by which AI Core refuses what the state of a deployment does not allow, or not yet.
local OF_STATE = { [400] = true, [409] = true, [412] = true, [422] = true, [423] = true }

--- Is the state itself to be looked at, with one GET, before the refusal is believed?
---@param operation string
---@param err aicore.Error
---@return boolean
function refusal.in_doubt(operation, err)
  return (operation == "stop" or operation == "delete") and OF_STATE[err.status] == true and err.code ~= nil
end

--- Does this look like AI Core's own "not found"? Its body is AI Core's error, its code is not the HTTP status (that is
--- how other services behind the same gateway write it), and what it is about, where it says so, is this record. A
--- gateway's page, a wrong base URL, must never read as "gone".
---@param err aicore.Error
---@param request aicore.Request
---@return boolean
function refusal.is_own_not_found(err, request)
  if err.status ~= 404 or not request.id or not err.code or err.code == "404" then
    return false
  end
  local about = err.target
  if not about or about:find(request.id, 1, true) or about:find(request.options.resource, 1, true) then
    return true
  end
  return about ~= "" and ("/v2" .. request.operation.path):sub(1, #about) == about -- some name only the API's root
end

--- May a create have been refused as the quota is used up? Nobody knows AI Core's code for that, but that its status is
--- 400, as of all that is wrong with a request. Without the word quota it is not that where the answer names the
--- configuration: another plan may be full all the same.
---@param err aicore.Error
---@param configuration_id string
---@return boolean
function refusal.may_be_of_quota(err, configuration_id)
  local said = ("%s %s"):format(err.message, words.of(err.details) or ""):lower()
  if err.status ~= 400 then
    return false
  elseif said:find("quota", 1, true) then
    return true
  end
  return not said:find("configuration", 1, true) and not said:find(configuration_id:lower(), 1, true)
end

--- DELETE and "not found": it is gone. Unless an earlier attempt may have done that, it was not
--- there to begin with, which is said by `absent`.
---@param request aicore.Request
---@param ambiguous boolean  may an earlier attempt of this call have taken effect?
---@return table accepted    { id, message, absent }
function refusal.absent(request, ambiguous)
  local id = request.id
  if ambiguous then
    return { id = id, message = "gone; the answer to an earlier attempt was lost" }
  end
  return { id = id, message = "there is no such " .. request.options.resource:sub(1, -2), absent = true }
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
