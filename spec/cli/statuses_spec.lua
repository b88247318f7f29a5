local console = require "aicore.cli.console"
local lifecycle = require "aicore.model.lifecycle"
local statuses = require "aicore.cli.statuses"

describe("the colour of a status", function()
  local terminal = console.new(os.getenv)
  terminal.coloured = true

  for _, status in ipairs(lifecycle.statuses) do
    it("is there, and the console has it: " .. status, function()
      assert.matches("^\27%[%d+m" .. status .. "\27%[0m$", terminal:paint(statuses.colour(status), status))
    end)
  end

  it("tells what serves from what has failed, and from what costs nothing", function()
    assert.equal("green", statuses.colour "RUNNING")
    assert.equal("red", statuses.colour "DEAD")
    assert.equal("faint", statuses.colour "STOPPED")
  end)

  it("is none where the status is none that is known", function()
    assert.equal("HIBERNATING", terminal:paint(statuses.colour "HIBERNATING", "HIBERNATING"))
  end)
end)
