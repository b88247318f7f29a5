-- A deployment as the API shows it, encoded.
-- Rule: each form is encoded once and kept with the deployment until that changes; a list of 10,000 is then a matter of
-- joining strings.

local json = require "aicore.emulator.json"
local timestamp = require "aicore.model.timestamp"

local record = {}

local function time(seconds)
  return seconds and timestamp.format(seconds)
end

-- AI Core shows both spellings of backendDetails, so clients meet both here.
local function details(deployment)
  local replicas = deployment.status == "RUNNING" and 1 or 0
  local scaling = { predictor = { minReplicas = 0, maxReplicas = 1, runningReplicas = replicas } }
  local resources = { model = { name = "gpt-4o", version = "latest" }, predictor = { resourcePlan = "starter" } }
  return {
    scaling = { backendDetails = scaling, backend_details = scaling },
    resources = { backendDetails = resources, backend_details = resources },
  }
end

local function full(deployment, url)
  local running = deployment.status == "RUNNING"
  return {
    id = deployment.id,
    deploymentUrl = running and ("%s/v2/inference/deployments/%s"):format(url, deployment.id) or "",
    configurationId = deployment.configuration_id,
    configurationName = "emulated-" .. deployment.configuration_id,
    executableId = deployment.executable_id,
    scenarioId = deployment.scenario_id,
    status = deployment.status,
    statusMessage = deployment.status_message,
    targetStatus = deployment.target_status,
    lastOperation = deployment.last_operation,
    latestRunningConfigurationId = deployment.latest_configuration_id,
    ttl = deployment.ttl,
    details = details(deployment),
    createdAt = time(deployment.created_at),
    modifiedAt = time(deployment.modified_at),
    submissionTime = time(deployment.created_at),
    startTime = time(deployment.started_at),
    completionTime = time(deployment.completed_at),
  }
end

local FORMS = {
  list = full,

  detailed = function(deployment, url)
    local shown = full(deployment, url)
    shown.statusDetails = { reason = deployment.status_message }
    return shown
  end,

  -- $select=status leaves out everything that the description does not require.
  status = function(deployment)
    return {
      id = deployment.id,
      configurationId = deployment.configuration_id,
      status = deployment.status,
      createdAt = time(deployment.created_at),
      modifiedAt = time(deployment.modified_at),
    }
  end,
}

--- The deployment as JSON.
---@param deployment aicore.emulator.Deployment
---@param form "list"|"detailed"|"status"
---@param url string  where the emulator answers
---@return string
function record.encode(deployment, form, url)
  local encoded = deployment.cache[form]
  if not encoded then
    encoded = json.encode(FORMS[form](deployment, url))
    deployment.cache[form] = encoded
  end
  return encoded
end

return record
