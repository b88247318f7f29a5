--- One report of many; what it is made of is in init_spec.lua.

local everywhere = require "aicore.fleet.everywhere"

describe("everywhere", function()
  it("shares out what a list has shown by resource group", function()
    local names, ids = everywhere.split({
      { id = "d001", resource_group = "b" },
      { id = "d002" },
      { id = "d003", resource_group = "b" },
      { id = "d004", resource_group = "a" },
    }, "default")
    assert.same({ "a", "b", "default" }, names)
    assert.same({ a = { "d004" }, b = { "d001", "d003" }, default = { "d002" } }, ids)
  end)
end)
