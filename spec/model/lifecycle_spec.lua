--- The states and what may be done in each.

local lifecycle = require "aicore.model.lifecycle"

-- The table of the service's documentation: stop, update, delete, ended, what teardown does.
local DOCUMENTED = {
  PENDING = { true, true, false, false, "stop" },
  RUNNING = { true, true, false, false, "stop" },
  STOPPING = { false, false, false, false, "wait" },
  STOPPED = { false, false, true, true, "delete" },
  DEAD = { false, false, true, true, "delete" },
  COMPLETED = { false, false, true, true, "delete" },
  UNKNOWN = { false, false, true, false, "delete" },
}

describe("lifecycle", function()
  for status, expected in pairs(DOCUMENTED) do
    it("knows what may be done to " .. status, function()
      assert.is_true(lifecycle.known(status))
      assert.equal(expected[1], lifecycle.may(status, "stop"))
      assert.equal(expected[2], lifecycle.may(status, "update"))
      assert.equal(expected[3], lifecycle.may(status, "delete"))
      assert.equal(expected[4], lifecycle.ended(status))
      assert.equal(expected[5], lifecycle.teardown(status))
    end)
  end

  it("lists every status once", function()
    local seen = 0
    for _, status in ipairs(lifecycle.statuses) do
      assert.is_table(DOCUMENTED[status])
      seen = seen + 1
    end
    assert.equal(7, seen)
  end)

  it("waits where a status word is new or missing, and allows nothing", function()
    for _, status in ipairs { "HIBERNATING", "", "running" } do
      assert.is_false(lifecycle.known(status))
      assert.is_false(lifecycle.may(status, "stop"))
      assert.is_false(lifecycle.may(status, "delete"))
      assert.is_false(lifecycle.ended(status))
      assert.equal("wait", lifecycle.teardown(status))
    end
    assert.is_false(lifecycle.known(nil))
    assert.equal("wait", lifecycle.teardown(nil))
  end)

  it("waits after an accepted delete, whatever the status says", function()
    for status in pairs(DOCUMENTED) do
      assert.equal("wait", lifecycle.teardown(status, "DELETED"))
    end
    assert.equal("stop", lifecycle.teardown("RUNNING", "RUNNING"))
    assert.equal("delete", lifecycle.teardown("STOPPED", "STOPPED"))
  end)
end)
