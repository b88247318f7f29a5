--- Deployments as a test describes them.

local seeds = require "aicore.emulator.seeds"

local NOW = 1700000000

describe("a seed", function()
  local function seed(fields)
    return seeds.deployment(fields, NOW)
  end

  it("says as little as possible: the rest fits", function()
    local deployment = seed {}
    assert.same({ "default", "RUNNING", "RUNNING" }, {
      deployment.group,
      deployment.status,
      deployment.target_status,
    })
    assert.same({ NOW - 3600, NOW - 3540 }, { deployment.created_at, deployment.started_at })
    assert.is_nil(deployment.id)
    assert.is_nil(deployment.completed_at)
  end)

  it("has the target that goes with its status, or its own", function()
    for status, target in pairs { STOPPED = "STOPPED", STOPPING = "STOPPED", DEAD = "RUNNING", UNKNOWN = "RUNNING" } do
      assert.equal(target, seed({ status = status }).target_status)
    end
    assert.equal("DELETED", seed({ status = "STOPPED", target_status = "DELETED" }).target_status)
  end)

  it("has not run yet where its status says so", function()
    for status, has_run in pairs { UNKNOWN = false, PENDING = false, STOPPED = true, HIBERNATING = true } do
      assert.equal(has_run, seed({ status = status }).started_at ~= nil)
    end
    assert.equal(NOW, seed({ status = "DEAD" }).completed_at)
  end)
end)
