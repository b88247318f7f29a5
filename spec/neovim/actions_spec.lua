local actions = require "aicore.neovim.actions"

local function row(id, status)
  return { id = id, status = status, scenario = "s" }
end

describe("an action", function()
  local function rows_of(count)
    local rows = {}
    for i = 1, count do
      rows[i] = row("d" .. i, "RUNNING")
    end
    return rows
  end

  it("asks by name, up to a point", function()
    assert.equal("Stop this deployment?\n  d1  RUNNING  s", actions.ask(actions.all.stop, rows_of(1)))
    local question = actions.ask(actions.all.teardown, rows_of(10))
    assert.matches("^Tear down these 10 deployments: stop, and delete%? It cannot be undone%.\n  d1 ", question)
    assert.matches("\n  d8  RUNNING  s\n  … and 2 more$", question)
  end)

  it("is not for every state", function()
    local rows = { row("d1", "RUNNING"), row("d2", "STOPPED"), row("d3", "NEW") }
    local fit, complaint = actions.split(actions.all.stop, rows)
    assert.same({ rows[1] }, fit)
    assert.equal(
      "d2 is STOPPED: only what is RUNNING or PENDING can be stopped\n"
        .. "d3 is NEW: only what is RUNNING or PENDING can be stopped",
      complaint
    )
    assert.same({ rows[2] }, (actions.split(actions.all.delete, rows)))
    fit, complaint = actions.split(actions.all.teardown, rows)
    assert.same(rows, fit)
    assert.is_nil(complaint)
  end)

  it("is reported", function()
    local report = {
      stopped = { "a" },
      deleted = { "a", "b" },
      absent = {},
      skipped = {},
      failed = { a = "f", b = "e", c = "d", d = "c", e = "b", f = "a" },
    }
    local done, failures = actions.tell(report)
    assert.equal("1 stopped, 2 deleted", done)
    assert.equal("a\nb\nc\nd\ne\nf", failures)
    assert.is_nil((actions.tell { stopped = {}, deleted = {}, absent = {}, skipped = {}, failed = {} }))
  end)
end)
