local quota = require "aicore.model.quota"

local function plan(name, most, replicas)
  return { resourcePlanType = name, deploymentQuota = { maxCount = most, maxReplicaPerDeployment = replicas } }
end

local function used(...)
  local items = {}
  for i, name in ipairs { ... } do
    items[i] = { id = "d" .. i, resourcePlanType = name }
  end
  return { count = #items, items = items }
end

describe("quota", function()
  it("is summed up, and told by plan", function()
    local made = quota.read { usage = used("a", "a", "b"), quotas = { plan("a", 2, 5), plan("b", 3), plan("c", 0) } }
    assert.same({
      used = 3,
      limit = 5,
      plans = {
        a = { used = 2, limit = 2, replicas = 5 },
        b = { used = 1, limit = 3 },
        c = { used = 0, limit = 0 },
      },
    }, made)
    assert.equal("3 of 5 deployments are used, a 2 of 2, b 1 of 3", quota.exhausted(made))
  end)

  it("has no limit where there is none, and no use where nobody says it", function()
    assert.same({ plans = {} }, quota.read { quotas = {} })
    assert.same({ used = 1, plans = {} }, quota.read { usage = { items = { 5 } }, quotas = {} })
    assert.same({ limit = 4, plans = {} }, quota.read { usage = {}, quotas = { plan(nil, 4) } })
  end)

  it("is exhausted only where nothing is left", function()
    assert.is_nil(quota.exhausted(quota.read { quotas = {} }))
    assert.is_nil(quota.exhausted(quota.read { usage = used "a", quotas = { plan("a", 2), plan("b", 0) } }))
    assert.equal(
      "1 of 1 deployments are used",
      quota.exhausted(quota.read { usage = used "a", quotas = { plan(nil, 1) } })
    )
  end)
end)
