local cjson = require "cjson"
local fakes = require "spec.cli.fakes"
local problems = require "aicore.cli.problems"
local report = require "aicore.cli.report"

local function made(fields)
  local all = report.empty()
  for name, value in pairs(fields) do
    all[name] = value
  end
  return all
end

local function show(format, fields, goal)
  local console = fakes.console()
  local code = report.print(console, format, made(fields), goal or "teardown")
  return console, code
end

describe("a report", function()
  it("is one line that names what there is", function()
    local function line(fields)
      return show(nil, fields).out[1]
    end
    assert.equal("nothing to do in 0.0s by 0 requests", line {})
    assert.equal(
      "2 stopped, 1 deleted, 1 not there, 1 with nothing to do in 4.3s by 12 requests",
      line {
        stopped = { "a", "b" },
        deleted = { "a" },
        absent = { "c" },
        skipped = { "d" },
        elapsed = 4.26,
        requests = 12,
      }
    )
    assert.equal("1 deleted in 10s by 1 requests", line { deleted = { "a" }, elapsed = 10.4, requests = 1 })
    assert.equal(
      "1 deleted, 1 failed in 2m30s by 0 requests",
      line {
        deleted = { "a" },
        failed = { b = fakes.err "state" },
        elapsed = 150,
      }
    )
  end)

  it("fails for what was not there, unless it was torn down", function()
    for goal, code in pairs { stop = problems.NOT_FOUND, delete = problems.NOT_FOUND, teardown = problems.DONE } do
      local console, exit = show(nil, { absent = { "dep-1" } }, goal)
      assert.equal(code, exit, goal)
      assert.equal(code == problems.DONE, console.notes[1] == nil)
    end
  end)

  it("has every field in JSON, with ids in order and lists that stay lists", function()
    local console =
      show("json", { deleted = { "b", "a" }, failed = { c = fakes.err "state" }, requests = 3, elapsed = 1 })
    local shown = cjson.decode(console.out[1])
    assert.same({ "a", "b" }, shown.deleted)
    assert.same({ false, false, 3, 1 }, { shown.cancelled, shown.dry_run, shown.requests, shown.elapsed })
    assert.same({ 0, 0, false }, { shown.newer, shown.odd, shown.unsure })
    assert.equal("state", shown.failed.c.kind)
    for _, list in ipairs { "stopped", "absent", "skipped" } do
      assert.is_truthy(console.out[1]:find(('"%s": []'):format(list), 1, true), list)
    end
    assert.is_true(cjson.decode(show("json", { dry_run = true }).out[1]).dry_run)
    shown = cjson.decode(show("json", { newer = 2, odd = 3, unsure = true }).out[1])
    assert.same({ 2, 3, true }, { shown.newer, shown.odd, shown.unsure })
  end)

  it("gives the ids of those that are as they were to be", function()
    local fields = { stopped = { "a" }, skipped = { "b" }, deleted = { "c" }, absent = { "d" } }
    assert.same({ "a", "b" }, show("ids", fields, "stop").out)
    assert.same({ "c", "d" }, show("ids", fields, "delete").out)
    assert.same({ "c", "d" }, show("ids", fields, "teardown").out)
  end)

  it("tells of those that failed, in the order of their ids, and ends with their exit code", function()
    local console, code = show(nil, {
      failed = {
        d2 = fakes.err { kind = "timeout", message = "second" },
        d1 = fakes.err { kind = "timeout", message = "first" },
      },
    })
    assert.equal(problems.TIMED_OUT, code)
    assert.matches("first", console.notes[1])
    assert.matches("second", console.notes[2])
    assert.equal(problems.DONE, select(2, show(nil, { deleted = { "a" } })))
  end)

  it("tells what a filter has left alone, which is no failure", function()
    local console, code = show(nil, { deleted = { "a" }, newer = 3, odd = 2 })
    assert.equal(problems.DONE, code)
    assert.same({
      "aicorectl: 3 newer ones were left alone",
      "aicorectl: 2 records could not be read, and were left alone",
    }, console.notes)
    assert.same({
      "aicorectl: 1 newer one was left alone",
      "aicorectl: 1 record could not be read, and was left alone",
    }, show("ids", { newer = 1, odd = 1 }).notes)
    assert.same({}, show(nil, { deleted = { "a" } }).notes)
  end)

  it("says of what kind those are that were not there", function()
    local console = fakes.console()
    report.print(console, nil, made { absent = { "e1" } }, "stop", "executions")
    assert.equal("aicorectl: stop e1: there is no such execution", console.notes[1])
  end)

  it("has failed where nobody knows whether these were all", function()
    local console, code = show(nil, { deleted = { "a" }, unsure = true })
    assert.equal(problems.FAILED, code)
    assert.matches("^aicorectl: not sure that these were all: ", console.notes[1])
    assert.matches("^  try: aicorectl list ", console.notes[2])
    console, code = show("json", { failed = { b = fakes.err "timeout" }, unsure = true })
    assert.equal(problems.TIMED_OUT, code)
    assert.matches("not sure", table.concat(console.notes, "\n"))
  end)

  it("says nothing of being sure where it was interrupted", function()
    local console, code = show(nil, { unsure = true, cancelled = true })
    assert.equal(problems.INTERRUPTED, code)
    assert.is_nil(table.concat(console.notes, "\n"):find "not sure")
  end)

  it("of what was interrupted counts what is left, and does not list it", function()
    local console, code = show(nil, {
      deleted = { "a" },
      failed = { b = fakes.err "cancelled", c = fakes.err "cancelled" },
      cancelled = true,
    })
    assert.equal(problems.INTERRUPTED, code)
    assert.matches("^1 deleted, 2 not finished in ", console.out[1])
    assert.equal(2, #console.notes)
    assert.equal("aicorectl: interrupted: 2 are not finished", console.notes[1])
  end)
end)
