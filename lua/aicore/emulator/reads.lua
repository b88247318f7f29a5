-- The operations that look: list, count, status, logs, capabilities.
-- Rule: they change nothing. Their parameters have been checked when they run.

local answers = require "aicore.emulator.answers"
local logs = require "aicore.emulator.logs"

local reads = {}

local FILTERS = { "status", "configurationId", "scenarioId", "executableIds", "executionScheduleId" }

local function everything()
  return true
end

local function filter(query)
  local filters = false
  for _, name in ipairs(FILTERS) do
    filters = filters or query[name] ~= nil
  end
  return not filters and everything
    or function(deployment)
      return (not query.status or deployment.status == query.status)
        and (not query.configurationId or deployment.configuration_id == query.configurationId)
        and (not query.scenarioId or deployment.scenario_id == query.scenarioId)
        and (not query.executableIds or query.executableIds[deployment.executable_id] == true)
        and (not query.executionScheduleId or deployment.schedule_id == query.executionScheduleId)
    end
end

local DEFAULT_TOP = 10000

-- What is called the count, by the setting: of the page's length and the list's.
local COUNTS = {
  -- as the description says
  page = function(length)
    return length
  end,
  total = function(_, total)
    return total
  end,
  more = function(_, total)
    return total + 1
  end,
  less = function(_, total)
    return math.max(0, total - 1)
  end,
  wrong = function(_, total, view)
    return math.max(0, total + view:miscount())
  end,
  missing = function()
    return nil
  end,
}

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function reads.list(context)
  local query, settings, page = context.query, context.settings, {}
  local found, turn = context.view:list(context.group, filter(query), context.now, context.resource)
  local skip, top = query["$skip"] or 0, query["$top"] or DEFAULT_TOP
  if settings.skip_ignored then
    skip = 0
  end
  if settings.page_cap > 0 then
    top = math.min(top, settings.page_cap)
  end
  for i = skip, math.min(#found, skip + top) - 1 do
    page[#page + 1] = found[(i + turn) % #found + 1]
  end
  local count = COUNTS[settings.count](#page, #found, context.view)
  local form = query["$select"] or "list"
  return answers.records(page, form, context.world.url, count, context.view:guises(true))
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function reads.count(context)
  local found = context.view:list(context.group, filter(context.query), context.now, context.resource)
  return answers.text(200, tostring(#found))
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function reads.status(context)
  local form = context.query["$select"] or "detailed"
  return answers.record(context.deployment, form, context.world.url, context.view:guises(false))
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
        timeToLiveDeployments = true,
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
