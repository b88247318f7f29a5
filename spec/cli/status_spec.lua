local fakes = require "spec.cli.fakes"
local problems = require "aicore.cli.problems"
local status = require "aicore.cli.status"

local function run(records)
  local console, ids = fakes.console(), {}
  for i, record in ipairs(records) do
    ids[i] = record.id
  end
  local client = fakes.client {
    status = function(id)
      for _, record in ipairs(records) do
        if record.id == id then
          return record
        end
      end
    end,
  }
  return status.run({ ids = ids }, console, client), table.concat(console.out, "\n")
end

describe("status", function()
  it("shows what matters first, then all the rest by its own name", function()
    local code, text = run {
      {
        zeta = 1,
        alpha = true,
        configurationId = "conf-1",
        status = "DEAD",
        id = "dep-1",
        targetStatus = "RUNNING",
        statusMessage = "",
        details = { scaling = { backend_details = { a = 1 }, backendDetails = { a = 2 } }, empty = {} },
      },
    }
    assert.equal(problems.DONE, code)
    local expected = {
      "<bold>Id:                   dep-1",
      "<bold>Status:               <red>DEAD",
      "<bold>Target:               RUNNING",
      "<bold>Configuration id:     conf-1",
      "<bold>alpha:                true",
      "<bold>details:",
      "<bold>  scaling:",
      "<bold>    backendDetails:",
      "<bold>      a:              2",
      "<bold>zeta:                 1",
    }
    assert.equal(table.concat(expected, "\n"), text)
  end)

  it("says how long ago a time was", function()
    local hour_ago = os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - 7300)
    local _, text = run { { id = "dep-1", status = "RUNNING", createdAt = hour_ago, startTime = "some time" } }
    assert.matches("Created: +" .. hour_ago:gsub("%-", "%%-") .. " %(2h1m ago%)\n", text)
    assert.matches("Started: +some time$", text)
  end)

  it("leaves a line between two", function()
    local _, text = run { { id = "dep-1", status = "DEAD" }, { id = "dep-2", status = "DEAD" } }
    assert.matches("DEAD\n\n<bold>Id: +dep%-2", text)
  end)
end)
