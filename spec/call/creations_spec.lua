-- What a client remembers of what it has created, and for how long.

local creations = require "aicore.call.creations"

describe("what a client has created", function()
  local made

  before_each(function()
    made = creations.new()
    made:add(10, "d-two", "conf-1", "default")
    made:add(11, "d-one", "conf-1", "default")
    made:add(12, "d-three", "conf-1", "team")
    made:add(13, "c-four", "says this", nil, true)
  end)

  local function ids(now, what, resource_group)
    local list = {}
    for i, one in ipairs(made:of(now, what, resource_group)) do
      list[i] = one.id
    end
    return table.concat(list, " ")
  end

  it("may not be found for five minutes", function()
    assert.equal(310, made:appears_by "d-two")
    assert.is_nil(made:appears_by "d-other")
    made:add(311, "d-late", "conf-1", "default") -- what is older is forgotten then
    assert.is_nil(made:appears_by "d-one")
    assert.equal(312, made:appears_by "d-three")
  end)

  it("is known by what it was made of, in the order of the ids, as long as that", function()
    assert.equal("d-one d-two", ids(20, "conf-1", "default"))
    assert.equal("d-three", ids(20, "conf-1", "team"))
    assert.equal("", ids(20, "conf-2", "default"))
    assert.equal("d-one", ids(310.5, "conf-1", "default"))
    assert.equal("", ids(311, "conf-1", "default"))
  end)

  it("may have ended when something was sent that ends it, if anything does", function()
    made:ending "d-two"
    made:ending "c-four"
    made:ending "d-other"
    assert.is_true(made:get(20, "d-two").ends)
    assert.is_nil(made:get(20, "d-one").ends)
    assert.is_nil(made:get(20, "c-four").ends)
    assert.is_nil(made:get(20, "d-other"))
    assert.is_nil(made:get(310, "d-two"))
    assert.equal("d-one", ids(20, "conf-1", "default"))
    assert.equal("c-four", ids(20, "says this"))
  end)
end)
