local service = require "spec.emulator.service"

local function ask(path, headers)
  headers = headers or {}
  headers.authorization = "Bearer " .. service.token
  return service.send("GET", "/v2" .. path, { headers = headers })
end

describe("the emulated tenant", function()
  before_each(function()
    service.start()
  end)

  it("has the groups in which something was put, and the default one, in no group's name", function()
    service.seed { resource_group = "team" }
    local names = {}
    for i, group in ipairs(service.decoded(ask "/admin/resourceGroups").resources) do
      names[i] = group.resourceGroupId
      assert.equal("PROVISIONED", group.status)
    end
    assert.same({ "default", "team" }, names)
    local page = service.decoded(ask "/admin/resourceGroups?$top=1&$skip=1")
    assert.same({ 1, "team" }, { page.count, page.resources[1].resourceGroupId })
    assert.equal(2, service.decoded(ask "/admin/resourceGroups?$top=1&$count=true").count)
    service.fails(400, ask "/admin/resourceGroups?$top=one")
  end)

  it("has models whose versions retire, by days of its clock", function()
    service.fails(400, ask "/lm/scenarios/foundation-models/models")
    local answer = ask("/lm/scenarios/foundation-models/models", { ["ai-resource-group"] = "default" })
    local models = service.decoded(answer).resources
    assert.equal("2023-12-04T00:00:00Z", models[1].versions[1].retirementDate)
    assert.is_true(models[1].versions[3].isLatest)
    assert.is_nil(models[1].versions[3].retirementDate)
  end)

  it("has a quota where there is a limit, and counts what cannot be seen yet", function()
    assert.equal('{"usage":{"count":0,"items":[]},"quotas":[]}', ask("/admin/resourceQuota/deployments").body)
    service.model.settings.quota = 5
    service.seed { resource_group = "team" }
    local created = service.call("POST", "/deployments", { body = { configurationId = "conf-1" } })
    assert.equal(202, created.status)
    local quota = service.decoded(ask "/admin/resourceQuota/deployments")
    assert.same({ 2, 2 }, { quota.usage.count, #quota.usage.items })
    assert.equal(5, quota.quotas[1].deploymentQuota.maxCount)
    quota = service.decoded(ask "/admin/resourceQuota/deployments?quotaOnly=true")
    assert.same({ nil, 5 }, { quota.usage, quota.quotas[1].deploymentQuota.maxCount })
    service.fails(400, ask "/admin/resourceQuota/deployments?quotaOnly=1")
  end)
end)
