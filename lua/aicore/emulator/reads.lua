-- The operations that look: list, count, status, logs, capabilities.
-- Rule: they change nothing. Their parameters have been checked when they run.

local answers = require "aicore.emulator.answers"
local logs = require "aicore.emulator.logs"

local reads = {}

local function filter(query)
  return function(deployment)
    return (not query.status or deployment.status == query.status)
      and (not query.configurationId or deployment.configuration_id == query.configurationId)
      and (not query.scenarioId or deployment.scenario_id == query.scenarioId)
      and (not query.executableIds or query.executableIds[deployment.executable_id] == true)
      and (not query.executionScheduleId or deployment.schedule_id == query.executionScheduleId)
  end
end

local DEFAULT_TOP = 10000

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function reads.list(context)
  local query, page = context.query, {}
  local found = context.world:find(context.group, filter(query), context.resource)
  local first = (query["$skip"] or 0) + 1
  for i = first, math.min(#found, first + (query["$top"] or DEFAULT_TOP) - 1) do
    page[#page + 1] = found[i]
  end
  return answers.records(page, query["$select"] or "list", context.world.url)
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function reads.count(context)
  local found = context.world:find(context.group, filter(context.query), context.resource)
  return answers.text(200, tostring(#found))
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function reads.status(context)
  return answers.record(context.deployment, context.query["$select"] or "detailed", context.world.url)
end

local LOG_WINDOW, DEFAULT_LINES = 3600, 1000

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function reads.logs(context)
  local query = context.query
  local from, to = query.start or context.now - LOG_WINDOW, query["end"] or context.now
  if from > to then
    return answers.refuse({ kind = "malformed", message = "start is after end" }, context)
  end
  return answers.lines(logs.lines(context.deployment, {
    from = from,
    to = to,
    top = query["$top"] or DEFAULT_LINES,
    order = query["$order"] or "asc",
  }))
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function reads.capabilities(context)
  return answers.json(200, {
    runtimeIdentifier = "aicore",
    runtimeApiVersion = "2.42.0",
    description = "An emulated SAP AI Core",
    aiApi = {
      version = "2.42.0",
      capabilities = {
        multitenant = true,
        shareable = true,
        staticDeployments = false,
        userDeployments = true,
        userExecutions = true,
        timeToLiveDeployments = false, -- a ttl is kept and shown, but nothing ends by it
        executionSchedules = false,
        logs = { executions = true, deployments = true },
        bulkUpdates = { executions = context.settings.bulk, deployments = context.settings.bulk },
      },
      limits = {
        executions = { maxRunningCount = -1 },
        deployments = { maxRunningCount = -1 },
        timeToLiveDeployments = { minimum = "10m", maximum = "-1" },
      },
    },
    extensions = { resourceGroups = { version = "2.42.0" } },
  })
end

return reads
