local completion = require "aicore.neovim.completion"

describe("the completion of filters", function()
  after_each(function()
    completion.from(function() end)
  end)

  it("knows the words before there is a panel, and before that has a list", function()
    assert.same({ "status=DEAD" }, completion.complete "status=D")
    completion.from(function() end)
    assert.same({ "older=" }, completion.complete "o")
  end)

  it("is of what the panel lists at that moment", function()
    local rows = { { scenario = "nightly" } }
    completion.from(function()
      return rows
    end)
    assert.same({ "scenario=nightly" }, completion.complete "scenario=")
    rows = { { scenario = "daily" } }
    assert.same({ "scenario=daily" }, completion.complete "scenario=")
  end)
end)
