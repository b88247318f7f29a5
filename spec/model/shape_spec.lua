local shape = require "aicore.model.shape"

local ID = "d000000000000001"

local function check(name, reply)
  return shape.check(name, reply, ID, "deployments")
end

describe("shape", function()
  it("of an operation without one is anything", function()
    assert.is_nil(check(nil, 7))
  end)

  describe("of a record", function()
    it("wants an id and a status", function()
      assert.is_nil(check("record", { id = ID, status = "RUNNING" }))
      assert.is_nil(check("record", { id = ID, status = "A_NEW_WORD" }))
      for _, case in ipairs {
        { { id = ID }, "status: a text expected, got nothing" },
        { { id = ID, status = "" }, 'status: a text expected, got ""' },
        { { id = ID, status = 7 }, "status: a text expected, got a number" },
        { { id = 7, status = "DEAD" }, "id: an id expected, got a number" },
        { { id = "a b!", status = "DEAD" }, 'id: an id expected, got "a b!"' },
        { { id = ("x"):rep(65), status = "DEAD" }, 'id: an id expected, got "' .. ("x"):rep(40) .. '"…' },
        { { id = "ab\27[2J", status = "DEAD" }, 'id: an id expected, got "ab?[2J"' },
      } do
        assert.equal(case[2], (check("record", case[1])))
      end
    end)

    it("takes the id that was asked for, where $select leaves it out", function()
      local reply = { status = "RUNNING" }
      assert.is_nil(check("record", reply))
      assert.equal(ID, reply.id)
    end)

    it("reads texts that are none as absent, and leaves the rest", function()
      local reply = { id = ID, status = "DEAD", targetStatus = 7, createdAt = {}, configurationName = 5 }
      assert.is_nil(check("record", reply))
      assert.same({ id = ID, status = "DEAD", configurationName = 5 }, reply)
    end)
  end)

  it("of a list sets odd records aside, and counts them", function()
    local reply = {
      count = "4",
      resources = {
        { id = "aaaa", status = "DEAD" },
        { status = "DEAD" },
        { id = "bbbb" },
        { id = "cccc", status = "DEAD" },
      },
    }
    local complaint, odd = check("records", reply)
    assert.is_nil(complaint)
    assert.equal(2, odd)
    assert.same({ resources = { { id = "aaaa", status = "DEAD" }, { id = "cccc", status = "DEAD" } } }, reply)
    complaint, odd = check("records", { count = 0, resources = {} })
    assert.is_nil(complaint or odd)
  end)

  it("of what was accepted wants an id, and drops a message that is none", function()
    local reply = { id = ID, message = {} }
    assert.is_nil(check("accepted", reply))
    assert.same({ id = ID }, reply)
    assert.equal("id: an id expected, got a boolean", (check("accepted", { id = true })))
  end)

  it("of a batch sets items without an id aside", function()
    local reply = { deployments = { { id = ID, message = "x" }, { message = "y" }, { id = 7 } } }
    local _, odd = check("items", reply)
    assert.equal(2, odd)
    assert.same({ { id = ID, message = "x" } }, reply.deployments)
  end)

  it("of logs is a list of lines, or none", function()
    local reply = { data = {} }
    assert.is_nil(check("lines", reply))
    assert.same({}, reply.data.result)
    reply = { data = { result = { { msg = "a" }, "b" } } }
    local complaint, odd = check("lines", reply)
    assert.is_nil(complaint)
    assert.equal(1, odd)
    assert.same({ { msg = "a" } }, reply.data.result)
    assert.equal('data.result: a list expected, got "none"', (check("lines", { data = { result = "none" } })))
  end)

  it("of a quota is whole numbers, as far as it says any: a sum without one of them would be another", function()
    local function quota(count, most, replicas)
      local plan = { resourcePlanType = "starter" }
      plan.deploymentQuota = { maxCount = most, maxReplicaPerDeployment = replicas }
      return { usage = { count = count }, quotas = { plan } }
    end
    local good = quota(0, 10, 2)
    assert.is_nil(check("quota", good))
    assert.same(quota(0, 10, 2), good)
    for _, odd in ipairs { 0.5, -1, 1e300, 2 ^ 53, "5", {} } do
      local what = type(odd) == "number" and tostring(odd) or type(odd) == "string" and '"5"' or "a table"
      assert.equal("usage.count: a count expected, got " .. what, (check("quota", quota(odd, 1))))
      assert.equal("maxCount: a count expected, got " .. what, (check("quota", quota(1, odd))))
      good = quota(1, 1, odd)
      assert.is_nil(check("quota", good))
      assert.same(quota(1, 1), good)
    end
    good = { usage = 5, quotas = { 5, {}, { deploymentQuota = {} }, { deploymentQuota = { maxCount = 1 } } } }
    assert.same({ nil, 3 }, { check("quota", good) })
    assert.same({ quotas = { { deploymentQuota = { maxCount = 1 } } } }, good)
  end)

  it("of capabilities may lack each part, but not have another in its place", function()
    assert.is_nil(check("capabilities", { aiApi = {} }))
    assert.is_nil(check("capabilities", { aiApi = { capabilities = { bulkUpdates = { deployments = true } } } }))
    assert.equal(
      "aiApi.capabilities: an object expected, got a boolean",
      (check("capabilities", { aiApi = { capabilities = true } }))
    )
    assert.equal(
      "aiApi.capabilities.bulkUpdates: an object expected, got a number",
      (check("capabilities", { aiApi = { capabilities = { bulkUpdates = 1 } } }))
    )
  end)
end)
