-- The operations that change something: create, update, stop, delete, batch.
-- Rule: the world decides by the status what is accepted; here its word becomes an answer. An item of a batch and a
-- request for a single deployment go the same way.

local answers = require "aicore.emulator.answers"
local lifecycle = require "aicore.model.lifecycle"

local changes = {}

local SCHEDULED = "Deployment modification scheduled"

--- AI Core's word for an id that it does not know.
---@param id string
---@return aicore.emulator.Refusal
function changes.not_found(id)
  return { kind = "not_found", message = ("Deployment ID %s not found"):format(id) }
end

local function configuration_refusal(id)
  if id:find "^missing" then
    return { kind = "configuration", message = ("Configuration %s not found"):format(id) }
  end
end

local function quota_refusal(context)
  local quota = context.settings.quota
  if quota >= 0 and context.world:size() >= quota then
    return { kind = "quota", message = ("The deployment quota of the tenant is exceeded: at most %d"):format(quota) }
  end
end

--- The deployment that an action is about. Whoever serves it may not know of it yet.
---@param context aicore.emulator.Context
---@param id string
---@return aicore.emulator.Deployment|nil
function changes.find(context, id)
  local deployment = context.world:get(context.group, id)
  if deployment and context.settings.lagging_sends and not context.view:get(context.group, id, context.now) then
    return nil
  end
  return deployment
end

local IN_WORDS = { stop = "stopped", delete = "deleted", update = "updated" }

local function state_refusal(deployment, action)
  if deployment.status == lifecycle.NO_NEWS then
    local message = "Invalid Request, Current status UNKNOWN cannot be changed.."
    return { kind = "not_synchronised", message = message }
  end
  local message = "Deployment %s cannot be %s in status %s"
  return { kind = "state", message = message:format(deployment.id, IN_WORDS[action], deployment.status) }
end

local function refusal_by(fault, deployment, action)
  if fault.refuse == 404 then
    return changes.not_found(deployment.id)
  end
  local message = ("Deployment %s cannot be %s now"):format(deployment.id, IN_WORDS[action])
  return { kind = answers.kinds[fault.refuse], message = message }
end

-- Answers why not, or nothing.
local function change(context, deployment, action, configuration_id)
  local world = context.world
  local again = world:is_under_way(deployment, action)
  if again and action == "delete" and context.settings.delete_again == 412 then
    return { kind = "state", message = ("Deployment %s is already being deleted"):format(deployment.id) }
  end
  if not world:may(deployment, action) then
    return state_refusal(deployment, action)
  end
  local fault = not again and context.faults:prevent(action, deployment, context.now) or nil
  if fault and fault.refuse then
    return refusal_by(fault, deployment, action)
  elseif not fault then
    world:change(deployment, action, context, configuration_id)
  end
end

local function result(context, refusal, accepted)
  if refusal then
    return answers.refuse(refusal, context)
  end
  return answers.json(202, accepted)
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function changes.create(context)
  local id, ttl = context.body.configurationId, context.body.ttl
  local refusal = configuration_refusal(id) or quota_refusal(context)
  if refusal then
    return answers.refuse(refusal, context)
  end
  local deployment = context.world:create(context.group, id, ttl, context)
  local accepted = { id = deployment.id, deploymentUrl = "", status = lifecycle.NO_NEWS, ttl = ttl }
  accepted.message = "Deployment scheduled."
  local answer = answers.json(202, accepted)
  answer.headers.location = ("%s/v2/lm/deployments/%s"):format(context.world.url, deployment.id)
  return answer
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function changes.update(context)
  local id = context.body.configurationId
  local refusal = configuration_refusal(id) or change(context, context.deployment, "update", id)
  return result(context, refusal, { id = context.id, message = SCHEDULED })
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function changes.stop(context)
  local refusal = change(context, context.deployment, "stop")
  return result(context, refusal, { id = context.id, message = SCHEDULED })
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function changes.delete(context)
  local refusal = change(context, context.deployment, "delete")
  return result(
    context,
    refusal,
    { id = context.id, message = "Deletion scheduled", targetStatus = lifecycle.targets.delete }
  )
end

local function change_item(context, item)
  local deployment = changes.find(context, item.id)
  local refusal = changes.not_found(item.id)
  if deployment then
    refusal = change(context, deployment, lifecycle.action_of(item.targetStatus))
  end
  if refusal then
    return { id = item.id, error = answers.error_object(refusal, context) }
  end
  return { id = item.id, message = SCHEDULED }
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function changes.batch(context)
  local results = {}
  for i, item in ipairs(context.body[context.resource]) do
    results[i] = change_item(context, item)
  end
  return answers.json(202, { [context.resource] = results })
end

return changes
