-- The operations that are about the whole tenant: models, resource groups, quota.
-- Rule: a resource group is there once anything was put in it; "default" always is.

local answers = require "aicore.emulator.answers"
local json = require "aicore.emulator.json"
local timestamp = require "aicore.model.timestamp"

local tenant = {}

local DAY = 86400
local PLAN, REPLICAS = "starter", 2

-- What can be deployed, and in how many days each version stops working.
local MODELS = {
  {
    model = "gpt-4o",
    versions = {
      { name = "2024-05-13", deprecated = true, retires_in = 20, suggestedReplacements = { "gpt-4.1" } },
      { name = "2024-08-06", retires_in = 200 },
      { name = "2024-11-20", isLatest = true },
    },
  },
  { model = "gpt-4.1", versions = { { name = "2025-04-14", isLatest = true } } },
  {
    model = "gpt-35-turbo",
    versions = {
      { name = "0613", deprecated = true, retires_in = -30, suggestedReplacements = { "gpt-4o" } },
      { name = "0125", isLatest = true, deprecated = true, retires_in = 10, suggestedReplacements = { "gpt-4o" } },
    },
  },
}

local function version_of(row, now)
  local today = math.floor(now / DAY) * DAY
  return {
    name = row.name,
    isLatest = row.isLatest == true,
    deprecated = row.deprecated == true,
    retirementDate = row.retires_in and timestamp.format(today + row.retires_in * DAY) or nil,
    suggestedReplacements = row.suggestedReplacements,
  }
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function tenant.models(context)
  local list = {}
  for i, row in ipairs(MODELS) do
    local versions = {}
    for j, version in ipairs(row.versions) do
      versions[j] = version_of(version, context.now)
    end
    list[i] = {
      model = row.model,
      executableId = "azure-openai",
      provider = "Azure OpenAI",
      description = "An emulated model",
      versions = versions,
    }
  end
  return answers.list(list, #list)
end

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function tenant.groups(context)
  local query, names, list = context.query, context.world:group_names(), {}
  local skip, created = query["$skip"] or 0, timestamp.format(context.now - DAY)
  for i = skip + 1, math.min(#names, skip + (query["$top"] or #names)) do
    list[#list + 1] = { resourceGroupId = names[i], status = "PROVISIONED", createdAt = created }
  end
  return answers.list(list, query["$count"] == "true" and #names or #list)
end

-- (lua-cjson writes an empty table as an object.)
local QUOTA = {
  encode = function(value)
    local usage = value.usage
    local used = usage and ('"usage":{"count":%d,"items":%s},'):format(usage.count, json.encode_all(usage.items)) or ""
    return ('{%s"quotas":%s}'):format(used, json.encode_all(value.quotas))
  end,
  show = function(value)
    return value
  end,
}

---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function tenant.quota(context)
  local items, most = {}, context.settings.quota
  for _, name in ipairs(context.world:group_names()) do
    for _, deployment in ipairs(context.world:standing_in(name)) do
      items[#items + 1] = { id = deployment.id, resourcePlanType = PLAN, configuredMaxReplicas = 1 }
    end
  end
  local plan = { maxCount = most, maxReplicaPerDeployment = REPLICAS }
  local value = {
    usage = context.query.quotaOnly ~= "true" and { count = context.world:size(), items = items } or nil,
    quotas = most >= 0 and { { resourcePlanType = PLAN, deploymentQuota = plan } } or {},
  }
  return { status = 200, headers = { ["content-type"] = "application/json" }, content = QUOTA, value = value }
end

return tenant
