--- Records that are not as the description says.

local guise = require "aicore.emulator.guise"

describe("a guise", function()
  local NULL = {}

  -- What becomes of a record; null is NULL.
  local function dressed(target, stamps, oddity)
    local shown = {
      id = "d-one",
      status = "RUNNING",
      targetStatus = "RUNNING",
      createdAt = "2023-11-14T22:13:20Z",
      modifiedAt = "2023-11-14T22:13:30Z",
    }
    guise.of(target, stamps, oddity):put_on(shown, { created_at = 1700000000, modified_at = 1700000010 }, NULL)
    return shown
  end

  it("changes nothing where all is right", function()
    local shown = dressed("shown", "right", "none")
    assert.same({ "d-one", "RUNNING", "RUNNING" }, { shown.id, shown.status, shown.targetStatus })
    assert.equal("2023-11-14T22:13:30Z", shown.modifiedAt)
  end)

  it("hides the target", function()
    assert.is_nil(dressed("hidden", "right", "none").targetStatus)
  end)

  it("has stamps that tell nothing", function()
    assert.is_nil(dressed("shown", "missing", "none").modifiedAt)
    assert.equal("2023-11-14T22:13:20Z", dressed("shown", "still", "none").modifiedAt)
    assert.equal("2023-11-14T22:13:10Z", dressed("shown", "back", "none").modifiedAt)
  end)

  it("is odd in each of its ways, and in several at once", function()
    assert.is_nil(dressed("shown", "right", "no_id").id)
    assert.is_number(dressed("shown", "right", "number_as_id").id)
    assert.equal(NULL, dressed("shown", "right", "null_as_status").status)
    local shown = dressed("hidden", "missing", "number_as_status")
    assert.is_number(shown.status)
    assert.same({ nil, nil }, { shown.targetStatus, shown.modifiedAt })
  end)

  it("is one table for all that look so", function()
    assert.equal(guise.of("hidden", "back", "no_id"), guise.of("hidden", "back", "no_id"))
    assert.are_not.equal(guise.of("hidden", "back", "none").mark, guise.of("shown", "back", "none").mark)
  end)
end)
