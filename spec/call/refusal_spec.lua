local refusal = require "aicore.call.refusal"
local lifecycle = require "aicore.model.lifecycle"

describe("refusal", function()
  it("believes only AI Core's own not found", function()
    assert.is_true(refusal.is_absent { status = 404, code = "01010016" })
    assert.is_false(refusal.is_absent { status = 404 }) -- a gateway's page, a wrong base URL
    assert.is_false(refusal.is_absent { status = 410, code = "x" })
    assert.is_false(refusal.is_absent { kind = "transport" })
  end)

  it("doubts refusals that speak of the state, of stop and delete only", function()
    for _, operation in ipairs { "stop", "delete" } do
      for status = 100, 599 do
        local expected = status == 400 or status == 412
        assert.equal(expected, refusal.in_doubt(operation, { status = status, code = "x" }))
        assert.is_false(refusal.in_doubt(operation, { status = status }))
      end
    end
    assert.is_false(refusal.in_doubt("update", { status = 412, code = "x" }))
  end)

  it("says absent only where no earlier attempt can have deleted it", function()
    assert.is_true(refusal.absent("abcd", false).absent)
    assert.is_nil(refusal.absent("abcd", true).absent)
    assert.equal("abcd", refusal.absent("abcd", true).id)
  end)

  it("takes what is so already for done: the whole table", function()
    local targets = { false, "RUNNING", "STOPPED", "DELETED", "NEW" }
    local stopped = { STOPPING = true, STOPPED = true, DEAD = true, COMPLETED = true }
    local statuses = { "NEW" }
    for _, status in ipairs(lifecycle.statuses) do
      statuses[#statuses + 1] = status
    end
    for _, status in ipairs(statuses) do
      for _, target in ipairs(targets) do
        local deployment = { id = "abcd", status = status, targetStatus = target or nil }
        local stops = stopped[status] or target == "STOPPED" or target == "DELETED" or false
        local case = status .. " " .. tostring(target)
        assert.equal(stops, refusal.achieved("stop", deployment) ~= nil, case)
        assert.equal(target == "DELETED", refusal.achieved("delete", deployment) ~= nil, case)
      end
    end
  end)
end)
