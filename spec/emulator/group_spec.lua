--- The deployments of one resource group.

local group = require "aicore.emulator.group"

describe("a group", function()
  local members

  local function anything()
    return true
  end

  before_each(function()
    members = group.new()
  end)

  local function insert(id)
    local deployment = { id = id, created_at = 0, since = 0 }
    members:insert(deployment)
    return deployment
  end

  -- What World does with one that goes; it is remembered for `memory` seconds.
  local function remove(deployment, at, memory)
    deployment.gone, deployment.since = true, at
    members:has_lost_one(at - memory)
  end

  local function ids(...)
    local list = {}
    for i, deployment in ipairs(members:find(...)) do
      list[i] = deployment.id
    end
    return table.concat(list, " ")
  end

  it("keeps the order of those that stay, and hides what cannot be seen", function()
    local all = {}
    for i = 1, 9 do
      all[i] = insert("d" .. i)
    end
    all[2].hidden = true
    for i = 3, 8 do
      remove(all[i], i, 0)
    end
    assert.equal("d1 d9", ids(anything))
    assert.equal("d1 d8 d9", ids(anything, nil, anything)) -- the others were forgotten when the fifth went
    assert.same({ all[1], nil, nil }, { members:get "d1", members:get "d2", members:get "d3" })
    assert.same({ all[2], nil }, { members:present "d2", members:present "d3" })
    assert.equal(
      "d9",
      ids(function(deployment)
        return deployment.id ~= "d1"
      end)
    )
  end)

  it("remembers those that are gone for a while, and forgets many at once", function()
    local one = insert "d1"
    remove(one, 10, 30)
    assert.equal("", ids(anything))
    assert.equal("d1", ids(anything, nil, anything))
    local two = insert "d2"
    insert "d3"
    remove(two, 50, 30) -- one of three: not worth while yet
    assert.equal(
      "d1 d2",
      ids(function(deployment)
        return deployment.id ~= "d3"
      end, nil, anything)
    )
    remove(insert "d4", 60, 30)
    remove(insert "d5", 70, 30)
    assert.equal("d2 d3 d4 d5", ids(anything, nil, anything))
    assert.equal("d3", ids(anything))
  end)

  it("asks whether one that is gone is shown only if the filter accepts it", function()
    remove(insert "d1", 10, 30)
    local asked = 0
    local function haunts()
      asked = asked + 1
      return false
    end
    assert.equal(
      "",
      ids(function()
        return false
      end, nil, haunts)
    )
    assert.equal(0, asked)
    assert.equal("", ids(anything, nil, haunts))
    assert.equal(1, asked)
  end)
end)
