--- A deployment as the API shows it.

local cjson = require "cjson"
local guise = require "aicore.emulator.guise"
local record = require "aicore.emulator.record"

local NOW, URL = 1700000000, "http://127.0.0.1:1"

describe("a record", function()
  local deployment

  before_each(function()
    deployment = {
      id = "d-one",
      resource = "deployments",
      configuration_id = "conf-1",
      scenario_id = "scen-1",
      executable_id = "exec-1",
      status = "RUNNING",
      target_status = "RUNNING",
      last_operation = "CREATE",
      created_at = NOW - 60,
      modified_at = NOW,
      started_at = NOW,
      cache = {},
    }
  end)

  -- What World does with every change.
  local function change(fields)
    for name, value in pairs(fields) do
      deployment[name] = value
    end
    deployment.cache = {}
  end

  it("has no more with $select=status than the description requires", function()
    assert.same({
      id = "d-one",
      configurationId = "conf-1",
      status = "RUNNING",
      createdAt = "2023-11-14T22:12:20Z",
      modifiedAt = "2023-11-14T22:13:20Z",
    }, record.show(deployment, "status", URL))
  end)

  it("has a URL and a replica while it runs, and only then", function()
    local shown = record.show(deployment, "list", URL)
    assert.equal(URL .. "/v2/inference/deployments/d-one", shown.deploymentUrl)
    assert.equal(1, shown.details.scaling.backend_details.predictor.runningReplicas)
    assert.is_nil(shown.completionTime)
    assert.is_nil(shown.statusDetails)
    change { status = "STOPPED", completed_at = NOW + 1 }
    shown = record.show(deployment, "list", URL)
    assert.equal("", shown.deploymentUrl)
    assert.equal(0, shown.details.scaling.backendDetails.predictor.runningReplicas)
    assert.equal("2023-11-14T22:13:21Z", shown.completionTime)
  end)

  it("of an execution has neither URL nor details, but a schedule", function()
    change { resource = "executions", schedule_id = "s-one" }
    local shown = record.show(deployment, "detailed", URL)
    assert.same({ "d-one", "RUNNING", "s-one" }, { shown.id, shown.status, shown.executionScheduleId })
    for _, name in ipairs { "deploymentUrl", "details", "lastOperation", "ttl" } do
      assert.is_nil(shown[name], name)
    end
  end)

  it("tells in detail why it died", function()
    change { status = "DEAD", status_message = "no memory" }
    local shown = record.show(deployment, "detailed", URL)
    assert.same({ "no memory", "no memory" }, { shown.statusMessage, shown.statusDetails.reason })
  end)

  it("is encoded once for each form, until it changes", function()
    for _, form in ipairs { "list", "detailed", "status" } do
      local encoded = record.encode(deployment, form, URL)
      assert.same(record.show(deployment, form, URL), cjson.decode(encoded))
      deployment.status = "STOPPED" -- without a change's mark
      assert.equal(encoded, record.encode(deployment, form, URL))
      change { status = "DEAD" }
      assert.equal("DEAD", cjson.decode(record.encode(deployment, form, URL)).status)
      change { status = "RUNNING" }
    end
  end)

  it("is encoded once for each guise, too; null is absent in a table", function()
    local odd = guise.of("hidden", "right", "null_as_status")
    local encoded = record.encode(deployment, "list", URL, odd)
    assert.same({ cjson.null, nil }, { cjson.decode(encoded).status, cjson.decode(encoded).targetStatus })
    assert.equal("RUNNING", cjson.decode(record.encode(deployment, "list", URL)).status)
    deployment.id = "d-two" -- without a change's mark
    assert.equal(encoded, record.encode(deployment, "list", URL, odd))
    assert.is_nil(record.show(deployment, "list", URL, odd).status)
    assert.equal("RUNNING", deployment.status)
  end)

  it("is one table for all who ask, until it changes", function()
    for _, form in ipairs { "list", "detailed", "status" } do
      local hidden = guise.of("hidden", "right", "none")
      local first, other = record.show(deployment, form, URL), record.show(deployment, form, URL, hidden)
      assert.equal(first, record.show(deployment, form, URL))
      assert.equal(other, record.show(deployment, form, URL, hidden))
      assert.is_not.equal(first, other)
      change { status = "DEAD" }
      assert.equal("DEAD", record.show(deployment, form, URL).status)
      assert.equal("RUNNING", first.status)
      change { status = "RUNNING" }
    end
  end)
end)
