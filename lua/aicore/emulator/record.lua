-- A deployment or an execution as the API shows it.
-- Rule: each form is encoded once and kept with the deployment until that changes; a list of 10,000 is then a matter of
-- joining strings. So is the table that a client in this process gets: it is shared, and nobody writes to it.

local json = require "aicore.emulator.json"
local lifecycle = require "aicore.model.lifecycle"
local resources = require "aicore.emulator.resources"
local timestamp = require "aicore.model.timestamp"

local record = {}

local TIMES = { "created_at", "modified_at", "started_at", "completed_at" }

-- Writing a time takes longer than making all the rest of a record.
local function times_of(deployment)
  local times = deployment.cache.times
  if not times then
    times = {}
    for _, name in ipairs(TIMES) do
      times[name] = deployment[name] and timestamp.format(deployment[name])
    end
    deployment.cache.times = times
  end
  return times
end

-- AI Core shows both spellings of backendDetails, so clients meet both here.
local function details(deployment)
  local replicas = deployment.status == lifecycle.SERVING and 1 or 0
  local scaling = { predictor = { minReplicas = 0, maxReplicas = 1, runningReplicas = replicas } }
  local model = { name = deployment.model or "gpt-4o", version = deployment.model_version or "latest" }
  local used = { model = model, predictor = { resourcePlan = "starter" } }
  return {
    scaling = { backendDetails = scaling, backend_details = scaling },
    resources = { backendDetails = used, backend_details = used },
  }
end

local function full(deployment, url)
  local running, times = deployment.status == lifecycle.SERVING, times_of(deployment)
  local serves = resources[deployment.resource].serves
  return {
    id = deployment.id,
    deploymentUrl = serves and (running and ("%s/v2/inference/deployments/%s"):format(url, deployment.id) or "") or nil,
    configurationId = deployment.configuration_id,
    configurationName = deployment.configuration_name or "emulated-" .. deployment.configuration_id,
    executableId = deployment.executable_id,
    scenarioId = deployment.scenario_id,
    status = deployment.status,
    statusMessage = deployment.status_message,
    targetStatus = deployment.target_status,
    lastOperation = serves and deployment.last_operation or nil,
    latestRunningConfigurationId = deployment.latest_configuration_id,
    ttl = deployment.ttl,
    details = serves and details(deployment) or nil,
    executionScheduleId = deployment.schedule_id,
    createdAt = times.created_at,
    modifiedAt = times.modified_at,
    submissionTime = times.created_at,
    startTime = times.started_at,
    completionTime = times.completed_at,
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
    local times = times_of(deployment)
    return {
      id = deployment.id,
      configurationId = deployment.configuration_id,
      status = deployment.status,
      createdAt = times.created_at,
      modifiedAt = times.modified_at,
    }
  end,
}

---@alias aicore.emulator.Form "list"|"detailed"|"status"

local PLAIN = {} -- stands for no guise

--- The deployment as a table, which is everybody's.
---@param deployment aicore.emulator.Deployment
---@param form aicore.emulator.Form
---@param url string  where the emulator answers
---@param guise aicore.emulator.Guise|nil
---@return table
function record.show(deployment, form, url, guise)
  local make, cache = FORMS[form], deployment.cache
  local tables = cache[make]
  if not tables then
    tables = {}
    cache[make] = tables
  end
  local shown = tables[guise or PLAIN]
  if not shown then
    shown = make(deployment, url)
    if guise then
      guise:put_on(shown, deployment, nil)
    end
    tables[guise or PLAIN] = shown
  end
  return shown
end

--- The deployment as JSON.
---@param deployment aicore.emulator.Deployment
---@param form aicore.emulator.Form
---@param url string  where the emulator answers
---@param guise aicore.emulator.Guise|nil
---@return string
function record.encode(deployment, form, url, guise)
  local key = guise and form .. guise.mark or form
  local encoded = deployment.cache[key]
  if not encoded then
    local shown = FORMS[form](deployment, url)
    if guise then
      guise:put_on(shown, deployment, json.null)
    end
    encoded = json.encode(shown)
    deployment.cache[key] = encoded
  end
  return encoded
end

return record
