local summary = require "aicore.text.summary"

describe("a summary", function()
  it("counts the states, in order", function()
    assert.equal("", summary.states {})
    assert.equal(
      "1 DEAD, 2 RUNNING",
      summary.states { { status = "RUNNING" }, { status = "DEAD" }, { status = "RUNNING" } }
    )
  end)

  it("says where", function()
    local place = { base_url = "https://api/v2", resource_group = "default" }
    assert.equal("resource group default of https://api/v2", summary.place(place))
    assert.equal("resource group team of https://api/v2", summary.place(place, "team"))
    assert.equal("all resource groups of https://api/v2", summary.place(place, "*"))
  end)
end)
