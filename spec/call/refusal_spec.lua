local refusal = require "aicore.call.refusal"
local lifecycle = require "aicore.model.lifecycle"

describe("refusal", function()
  -- Status, code, target, and whether it is AI Core's own word that there is no such record.
  local ANSWERS = {
    { 404, "01010016", nil, true },
    { 404, "0101", "/v2/lm/deployments/d748fdae9f88a9b0", true },
    { 404, "01010016", "/lm/deployments", true },
    { 404, "01010016", "d748fdae9f88a9b0", true },
    { 404, "01010016", "/v2", true }, -- some name only the API's root
    { 404, nil, nil, false }, -- a gateway's page, a wrong base URL
    { 404, "404", nil, false }, -- other services behind the same gateway write it so
    { 404, "01010016", "/v2/lm/scenarios/foo", false }, -- this is not there, but what is it about?
    { 404, "01010016", "/v2/lm/executions/e1", false },
    { 410, "01010016", nil, false },
    { 400, "01010016", nil, false },
    { nil, nil, nil, false },
  }
  for _, row in ipairs(ANSWERS) do
    local status, code, target, expected = row[1], row[2], row[3], row[4]
    it(
      ("%s HTTP %s, code %s, target %s"):format(expected and "believes" or "does not believe", status, code, target),
      function()
        local operation = { path = "/lm/{resource}/{id}" }
        local request = { id = "d748fdae9f88a9b0", options = { resource = "deployments" }, operation = operation }
        assert.equal(expected, refusal.is_own_not_found({ status = status, code = code, target = target }, request))
      end
    )
  end

  it("has nothing to say of calls that are about no record", function()
    local request = { options = { resource = "deployments" } }
    assert.is_false(refusal.is_own_not_found({ status = 404, code = "01010016" }, request))
  end)

  it("doubts refusals that may speak of the state, of stop and delete only", function()
    local doubtful = { [400] = true, [409] = true, [412] = true, [422] = true, [423] = true }
    for _, operation in ipairs { "stop", "delete" } do
      for status = 100, 599 do
        local expected = doubtful[status] or false
        assert.equal(expected, refusal.in_doubt(operation, { status = status, code = "x" }))
        assert.is_false(refusal.in_doubt(operation, { status = status }))
      end
      assert.is_false(refusal.in_doubt(operation, { kind = "transport" }))
    end
    assert.is_false(refusal.in_doubt("update", { status = 412, code = "x" }))
  end)

  it("says absent only where no earlier attempt can have deleted it", function()
    local request = { id = "abcd", options = { resource = "executions" } }
    assert.is_true(refusal.absent(request, false).absent)
    assert.equal("there is no such execution", refusal.absent(request, false).message)
    assert.is_nil(refusal.absent(request, true).absent)
    assert.equal("abcd", refusal.absent(request, true).id)
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

  it(
    "of a create may be of the quota where it says so, or does not say that the configuration is what is wrong",
    function()
      for message, expected in pairs {
        ["The deployment quota is exceeded"] = true,
        ["Quota exceeded for configuration conf-1"] = true,
        ["Bad Request"] = true,
        ["at most 5 are allowed"] = true,
        ["Configuration conf-1 not found"] = false,
        ["configurationId is invalid"] = false,
        ["conf-1 does not exist"] = false,
      } do
        assert.equal(expected, refusal.may_be_of_quota({ status = 400, message = message }, "conf-1"), message)
        local details = { { code = "1", message = message } }
        assert.equal(expected, refusal.may_be_of_quota({ status = 400, message = "no", details = details }, "conf-1"))
      end
      assert.is_false(refusal.may_be_of_quota({ status = 412, message = "no quota" }, "conf-1"))
      assert.is_false(refusal.may_be_of_quota({ message = "no quota" }, "conf-1"))
    end
  )
end)
