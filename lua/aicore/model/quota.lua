--- How many deployments a tenant has and may have, in all and by resource plan. Pure.

local quota = {}

---@class aicore.Quota
---@field used integer?   nil: the service does not say
---@field limit integer?  nil: there is none
---@field plans table<string, { used: integer, limit: integer, replicas: integer? }>  by resource plan; replicas: of one
---       deployment at most

--- What the service's answer means.
---@param reply table  as shape.lua has let it through
---@return aicore.Quota
function quota.read(reply)
  local usage, made = reply.usage or {}, { plans = {} }
  for _, one in ipairs(reply.quotas) do
    local limit, name = one.deploymentQuota.maxCount, one.resourcePlanType
    made.limit = (made.limit or 0) + limit
    if type(name) == "string" then
      made.plans[name] = { used = 0, limit = limit, replicas = one.deploymentQuota.maxReplicaPerDeployment }
    end
  end
  local items = type(usage.items) == "table" and usage.items or {}
  for _, item in ipairs(items) do
    local plan = type(item) == "table" and made.plans[item.resourcePlanType]
    if plan then
      plan.used = plan.used + 1
    end
  end
  made.used = usage.count or usage.items and #items or nil
  return made
end

--- Is there nothing left, in all or of a plan that may be used at all?
---@param made aicore.Quota
---@return string? text  "10 of 10 deployments are used, starter 10 of 10"; nil: there is
function quota.exhausted(made)
  local full, texts = made.used ~= nil and made.limit ~= nil and made.used >= made.limit, {}
  for name, plan in pairs(made.plans) do
    full = full or plan.limit > 0 and plan.used >= plan.limit
    texts[#texts + 1] = plan.limit > 0 and (", %s %d of %d"):format(name, plan.used, plan.limit) or nil
  end
  table.sort(texts)
  local sum = ("%d of %d deployments are used"):format(made.used or 0, made.limit or 0)
  return full and sum .. table.concat(texts) or nil
end

return quota
