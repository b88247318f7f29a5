local listing = require "aicore.neovim.listing"

local unpack = table.unpack or unpack

local NOW = 1700000000

local function row(id, status, target, fields)
  local made = { id = id, status = status, target = target, scenario = "s", configuration = "c", created = NOW - 60 }
  for name, value in pairs(fields or {}) do
    made[name] = value
  end
  return made
end

describe("a row", function()
  it("is made of what the service says, and lives without what it does not", function()
    assert.same(
      {
        id = "d1",
        status = "RUNNING",
        target = "STOPPED",
        scenario = "sc",
        configuration = "name",
        created = 1700000000,
      },
      listing.row {
        id = "d1",
        status = "RUNNING",
        targetStatus = "STOPPED",
        scenarioId = "sc",
        configurationId = "c1",
        configurationName = "name",
        createdAt = "2023-11-14T22:13:20Z",
        details = {},
      }
    )
    assert.same(
      { id = "d2", status = "DEAD", scenario = "", configuration = "" },
      listing.row { id = "d2", status = "DEAD" }
    )
    local dead =
      listing.row { id = "d3", status = "DEAD", statusMessage = "no\27memory", statusDetails = { code = 137 } }
    assert.equal("no?memory; code: 137", dead.why)
    assert.is_nil(listing.row({ id = "d4", status = "RUNNING", statusMessage = "all is well" }).why)
    assert.equal("a?b", listing.row({ id = "d4", status = "DEAD", scenarioId = "a\nb" }).scenario)
    assert.equal("5", listing.row({ id = "d4", status = "DEAD", configurationName = 5 }).configuration)
    assert.equal("c1", listing.row({ id = "d3", configurationId = "c1" }).configuration)
  end)

  it("is sorted by age, then by id; one without an age is the oldest", function()
    local rows = { row("b", "X", nil, { created = 5 }), row("a", "X", nil, { created = 5 }), row "d", row("c", "X") }
    rows[3].created = nil
    listing.sort(rows)
    assert.same({ "c", "a", "b", "d" }, { rows[1].id, rows[2].id, rows[3].id, rows[4].id })
  end)
end)

describe("what goes on", function()
  -- Action, status, targetStatus, in the list?, and the words.
  for _, case in ipairs {
    { "stop", "RUNNING", "RUNNING", true, "stop asked" },
    { "stop", "RUNNING", "STOPPED", true, "stop accepted, waiting" },
    { "stop", "STOPPING", "STOPPED", true, "stop accepted, waiting" },
    { "stop", "STOPPED", "STOPPED", true, nil },
    { "delete", "STOPPED", "STOPPED", true, "delete asked" },
    { "delete", "STOPPED", "DELETED", true, "delete accepted, waiting" },
    { "delete", "UNKNOWN", "DELETED", true, "delete accepted, waiting" },
    { "teardown", "PENDING", "RUNNING", true, "teardown asked" },
    { "teardown", "STOPPING", "STOPPED", true, "stop accepted, waiting" },
    { "teardown", "DEAD", "RUNNING", true, "delete asked" },
    { "teardown", "STOPPED", "DELETED", true, "delete accepted, waiting" },
    { "teardown", "STOPPED", "DELETED", false, "not listed any more, waiting" },
  } do
    local action, status, target, listed, words = unpack(case, 1, 5)
    it(("%s, %s to %s%s: %s"):format(action, status, target, listed and "" or ", unlisted", tostring(words)), function()
      assert.equal(words, (listing.progress({ action = action }, row("d", status, target), listed)))
    end)
  end

  it("is nothing unless somebody has asked", function()
    assert.is_nil(listing.progress(nil, row("d", "STOPPING", "STOPPED"), true))
  end)

  it("ends in a failure, or when it is gone", function()
    assert.equal("failed", (listing.progress({ action = "stop", failure = "x" }, row("d", "RUNNING"), true)))
    assert.equal("gone", (listing.progress({ action = "delete", gone_at = 1 }, row("d", "STOPPED"), false)))
  end)
end)
