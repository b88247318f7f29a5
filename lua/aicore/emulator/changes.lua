-- The operations that change something: create, update, stop, delete, batch.
-- Rule: the world decides by the status what is accepted; here its word becomes an answer. An item of a batch and a
-- request for a single deployment go the same way.

local answers = require "aicore.emulator.answers"
local lifecycle = require "aicore.model.lifecycle"
local resources = require "aicore.emulator.resources"

local changes = {}

local function scheduled(context)
  return resources[context.resource].word .. " modification scheduled"
end

--- AI Core's word for an id that it does not know.
---@param id string
---@param resource string
---@return aicore.emulator.Refusal
function changes.not_found(id, resource)
  return { kind = "not_found", message = ("%s ID %s not found"):format(resources[resource].word, id) }
end

local function configuration_refusal(id)
  if id:find "^missing" then
    return { kind = "configuration", message = ("Configuration %s not found"):format(id) }
  end
end

local function quota_refusal(context)
  local quota = context.settings.quota
  if context.resource == "deployments" and quota >= 0 and context.world:size() >= quota then
    return { kind = "quota", message = ("The deployment quota of the tenant is exceeded: at most %d"):format(quota) }
  end
end

--- The deployment that an action is about. The replica that serves it may not know of it yet.
---@param context aicore.emulator.Context
---@param id string
---@return aicore.emulator.Deployment|nil
function changes.find(context, id)
  local group, resource = context.group, context.resource
  if context.settings.lagging_sends and not context.view:get(group, id, context.now, resource) then
    return nil
  end
  return context.world:get(group, id, resource)
end

local IN_WORDS = { stop = "stopped", delete = "deleted", update = "updated" }

local function state_refusal(deployment, action)
  if deployment.status == lifecycle.NO_NEWS then
    local message = "Invalid Request, Current status UNKNOWN cannot be changed.."
    return { kind = "not_synchronised", message = message }
  end
  local word = resources[deployment.resource].word
  local message = ("%s %s cannot be %s in status %s"):format(word, deployment.id, IN_WORDS[action], deployment.status)
  return { kind = "state", message = message }
end

local function refusal_by(fault, deployment, action)
  if fault.refuse == 404 then
    return changes.not_found(deployment.id, deployment.resource)
  end
  local word = resources[deployment.resource].word
  local message = ("%s %s cannot be %s now"):format(word, deployment.id, IN_WORDS[action])
  return { kind = answers.kinds[fault.refuse], message = message }
end

-- Answers why not, or nothing.
local function change(context, deployment, action, configuration_id)
  local world, again = context.world, context.world:is_under_way(deployment, action)
  if again and action == "delete" and context.settings.delete_again == 412 then
    local word = resources[deployment.resource].word
    return { kind = "state", message = ("%s %s is already being deleted"):format(word, deployment.id) }
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
  local resource, id = resources[context.resource], context.body.configurationId
  local ttl = resource.serves and context.body.ttl or nil
  local refusal = configuration_refusal(id) or quota_refusal(context)
  if refusal then
    return answers.refuse(refusal, context)
  end
  local deployment = context.world:create(context.group, id, ttl, context, context.resource)
  local accepted = { id = deployment.id, status = lifecycle.NO_NEWS, ttl = ttl }
  accepted.message = resource.word .. " scheduled."
  accepted.deploymentUrl = resource.serves and "" or nil
  local answer = answers.json(202, accepted)
  answer.headers.location = ("%s/v2/lm/%s/%s"):format(context.world.url, context.resource, deployment.id)
  return answer
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function changes.update(context)
  local id = context.body.configurationId
  local refusal = configuration_refusal(id) or change(context, context.deployment, "update", id)
  return result(context, refusal, { id = context.id, message = scheduled(context) })
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function changes.stop(context)
  local refusal = change(context, context.deployment, "stop")
  return result(context, refusal, { id = context.id, message = scheduled(context) })
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
  local refusal = changes.not_found(item.id, context.resource)
  if deployment then
    refusal = change(context, deployment, lifecycle.action_of(item.targetStatus))
  end
  if refusal then
    return { id = item.id, error = answers.error_object(refusal, context) }
  end
  return { id = item.id, message = scheduled(context) }
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
