--- What a deployment was before.

local history = require "aicore.emulator.history"

describe("the history of a deployment", function()
  local deployment

  before_each(function()
    deployment = { created_at = 100, since = 100, status = "PENDING", plan = {} }
  end)

  local function change(status, at, longest)
    history.keep(deployment, at, longest)
    deployment.status = status
  end

  local function status_at(time)
    local state = history.at(deployment, time)
    return state and state.status or "-"
  end

  it("tells what it was at a time, back to the longest lag", function()
    change("RUNNING", 200, 50)
    change("STOPPING", 210, 50)
    change("STOPPED", 210, 50)
    assert.same(
      { "-", "PENDING", "PENDING", "RUNNING", "RUNNING", "STOPPED" },
      { status_at(99), status_at(100), status_at(199), status_at(200), status_at(209.9), status_at(210) }
    )
    assert.equal(3, #deployment.past)
    assert.is_nil(deployment.past[1].plan)
    change("DEAD", 249, 50)
    assert.equal("PENDING", status_at(199))
    change("COMPLETED", 261, 50)
    assert.equal("STOPPED", status_at(211))
    assert.same({ 210, 249 }, { deployment.past[1].since, deployment.past[2].since })
  end)

  it("keeps nothing without a lag, and then knows of what it is only", function()
    change("RUNNING", 200, 50)
    change("STOPPED", 300, 0)
    assert.is_nil(deployment.past)
    assert.same({ "-", "STOPPED", "STOPPED" }, { status_at(99), status_at(250), status_at(300) })
  end)
end)
