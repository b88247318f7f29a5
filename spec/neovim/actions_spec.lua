local actions = require "aicore.neovim.actions"
local errors = require "aicore.model.errors"

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

  it("says where, and how many are in which state", function()
    local place = { base_url = "https://api", resource_group = "default" }
    assert.equal(
      "Stop this deployment?\n1 RUNNING in resource group team of https://api\n  d1  RUNNING  s",
      actions.ask(actions.all.stop, rows_of(1), place, "team")
    )
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
    local unknown = { row("d4", "UNKNOWN") }
    assert.equal("d4 is UNKNOWN: delete it without stopping", select(2, actions.split(actions.all.stop, unknown)))
    assert.same(unknown, (actions.split(actions.all.delete, unknown)))
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
      failed = {},
    }
    for _, message in ipairs { "f", "e", "d", "c", "b", "a" } do
      report.failed[message .. "-id"] = errors.new { kind = "state", message = message }
    end
    local done, failures = actions.tell(report)
    assert.equal("1 stopped, 2 deleted", done)
    assert.equal("state: a\nstate: b\nstate: c\nstate: d\nstate: e\nstate: f", failures)
    assert.is_nil((actions.tell { stopped = {}, deleted = {}, absent = {}, skipped = {}, failed = {} }))
  end)

  it("that failed says why, and what to do instead where that is another key", function()
    local err = errors.new { kind = "state", operation = "stop", id = "d1", message = "no", code = "01010076" }
    assert.equal("stop d1: state: no (code 01010076): delete it without stopping", actions.explain(err))
    err = errors.new { kind = "timeout", operation = "stop", message = "no", last_status = "UNKNOWN" }
    assert.equal("stop: timeout: no: delete it without stopping", actions.explain(err))
    err = errors.new { kind = "timeout", operation = "teardown", message = "no", last_status = "UNKNOWN" }
    assert.equal("teardown: timeout: no", actions.explain(err))
    err = errors.new { kind = "timeout", operation = "stop", message = "no", last_status = "RUNNING" }
    assert.equal("stop: timeout: no", actions.explain(err))
  end)
end)
