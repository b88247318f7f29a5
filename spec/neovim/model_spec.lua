-- What of the panel is pure: rows, words, filters, lines, questions, JSON. panel_spec.lua shows them in Neovim.

local actions = require "aicore.neovim.actions"
local filters = require "aicore.neovim.filters"
local json = require "aicore.neovim.json"
local lines = require "aicore.neovim.lines"
local model = require "aicore.neovim.model"

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
      model.row {
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
    assert.same({ id = "d2", status = "UNKNOWN", scenario = "", configuration = "" }, model.row { id = "d2" })
    assert.equal("c1", model.row({ id = "d3", configurationId = "c1" }).configuration)
  end)

  it("is sorted by age, then by id; one without an age is the oldest", function()
    local rows = { row("b", "X", nil, { created = 5 }), row("a", "X", nil, { created = 5 }), row "d", row("c", "X") }
    rows[3].created = nil
    model.sort(rows)
    assert.same({ "c", "a", "b", "d" }, { rows[1].id, rows[2].id, rows[3].id, rows[4].id })
  end)
end)

describe("an age", function()
  for _, case in ipairs {
    { 0, "0s" },
    { -3, "0s" },
    { 119.9, "119s" },
    { 120, "2m" },
    { 7199, "119m" },
    { 7200, "2h" },
    { 172799, "47h" },
    { 172800, "2d" },
    { 86400 * 400, "400d" },
    { nil, "?", n = 1 },
  } do
    it(("of %s s is %s"):format(tostring(case[1]), case[2]), function()
      assert.equal(case[2], model.age(case[1]))
    end)
  end
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
      assert.equal(words, (model.progress({ action = action }, row("d", status, target), listed)))
    end)
  end

  it("is nothing unless somebody has asked", function()
    assert.is_nil(model.progress(nil, row("d", "STOPPING", "STOPPED"), true))
  end)

  it("ends in a failure, or when it is gone", function()
    assert.equal("failed", (model.progress({ action = "stop", failure = "x" }, row("d", "RUNNING"), true)))
    assert.equal("gone", (model.progress({ action = "delete", gone_at = 1 }, row("d", "STOPPED"), false)))
  end)
end)

describe("a filter", function()
  it("is written in words", function()
    assert.same({}, filters.parse "  ")
    assert.same(
      { status = "RUNNING", scenario_id = "a-bc", configuration_id = "conf", resource_group = "g" },
      filters.parse "status=running scenario=a-bc  configuration=conf group=g"
    )
    assert.same({ older_than = 604800 }, filters.parse "older=7d")
    assert.same({ older_than = 90 }, filters.parse "older=90s")
    assert.same({ older_than = 43200 }, filters.parse "older=12h")
  end)

  for text, complaint in pairs {
    ["RUNNING"] = "'RUNNING' is none of status=",
    ["state=RUNNING"] = "'state=RUNNING' is none of",
    ["scenario=abc"] = "scenario",
    ["status="] = "'status=' is none of",
    ["status=RUNING"] = "status=RUNING: expected PENDING, RUNNING",
    ["older=7"] = "older=7: expected an age",
    ["scenario=a/b"] = "scenario=a/b: expected a scenario's id",
  } do
    it("is refused: " .. text, function()
      local wanted, why = filters.parse(text)
      assert.is_nil(wanted)
      assert(why:find(complaint, 1, true), why)
    end)
  end

  it("is completed, from what is in the list, too", function()
    local rows = { row("a", "X", nil, { scenario = "nightly" }), row("b", "X", nil, { scenario = "nightly" }) }
    assert.same({ "status=", "scenario=" }, filters.complete("s", rows))
    assert.same({ "status=RUNNING" }, filters.complete("status=R", rows))
    assert.same({ "scenario=nightly" }, filters.complete("scenario=", rows))
    assert.same({}, filters.complete("nothing=", rows))
  end)
end)

describe("the lines", function()
  local function texts(shown)
    shown.works, shown.filter = shown.works or {}, shown.filter or ""
    local all = {}
    for i, line in ipairs(lines.of(shown, NOW)) do
      all[i] = line.text
    end
    return all
  end

  it("say what is known: nothing yet, nothing at all, nothing that the filter finds", function()
    assert.equal("SAP AI Core  asking for the list …", texts({})[1])
    assert.equal("SAP AI Core  nothing is known yet", texts({ failure = "oh" })[1])
    assert.equal("oh", texts({ failure = "oh" })[3])
    assert.equal("SAP AI Core  no deployments", texts({ rows = {} })[1])
    assert.equal("SAP AI Core  no deployments that the filter finds", texts({ rows = {}, filter = "older=7d" })[1])
    assert.equal("filter: older=7d    g? help", texts({ rows = {}, filter = "older=7d", help = "g?" })[2])
  end)

  it("are columns, whatever characters are in them; NOW is there if something goes on", function()
    local rows = { row("d1", "RUNNING", "RUNNING", { configuration = "käse" }), row("d22", "ODD", nil) }
    local all = texts { rows = rows, at = "12:00:00" }
    assert.same({
      "SAP AI Core  2 deployments: 1 RUNNING, 1 ODD  at 12:00:00",
      "filter: none",
      "",
      "  ID   STATUS   TARGET   AGE  SCENARIO  CONFIGURATION",
      "  d1   RUNNING  RUNNING  60s  s         käse",
      "  d22  ODD               60s  s         c",
    }, all)
    rows[1].scenario = "größe"
    all = texts { rows = rows, works = { d1 = { action = "stop", failure = "no way" } } }
    assert.equal("  ID   STATUS   TARGET   NOW     AGE  SCENARIO  CONFIGURATION", all[4])
    assert.equal("* d1   RUNNING  RUNNING  failed  60s  größe     käse           no way", all[5])
    assert.equal("  d22  ODD                       60s  s         c", all[6])
  end)

  it("have marks where the words are, in bytes", function()
    local shown = { rows = { row("dä", "DEAD", "RUNNING") }, works = {}, filter = "" }
    local line = lines.of(shown, NOW)[lines.HEAD + 1]
    local marked = {}
    for _, mark in ipairs(line.marks()) do
      marked[#marked + 1] = line.text:sub(mark[1] + 1, mark[2]) .. " " .. mark[3]
    end
    assert.same({ "DEAD AICoreDead", "RUNNING AICoreTarget", "60s AICoreQuiet" }, marked)
  end)

  it("remember what is gone or filtered out while somebody waits for it, but no failure", function()
    local works = {
      dgone = { action = "delete", gone_at = NOW, row = row("dgone", "STOPPED", "DELETED") },
      dhidden = { action = "stop", row = row("dhidden", "RUNNING", "STOPPED") },
      dfailed = { action = "stop", failure = "x", row = row("dfailed", "RUNNING") },
    }
    local all = texts { rows = { row("dx", "RUNNING") }, works = works }
    assert.equal(lines.HEAD + 3, #all)
    assert.matches("^%* dgone .* gone ", all[5])
    assert.matches("^%* dhidden .* not listed any more, waiting ", all[6])
    assert.matches("^  dx ", all[7])
    assert.matches("1 deployment: 1 RUNNING", all[1])
  end)
end)

describe("an action", function()
  local function rows_of(count)
    local rows = {}
    for i = 1, count do
      rows[i] = row("d" .. i, "RUNNING", "RUNNING")
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

describe("JSON", function()
  it("is for people: what matters first, then in order", function()
    local record = {
      zeta = { 1, 2.5, "x" },
      id = "d1",
      alpha = { b = true, a = {} },
      text = 'a "q"\n\\ \1',
      big = 1e15,
    }
    assert.same({
      "{",
      '  "id": "d1",',
      '  "alpha": {',
      '    "a": {},',
      '    "b": true',
      "  },",
      '  "big": 1000000000000000,',
      '  "text": "a \\"q\\"\\n\\\\ \\u0001",',
      '  "zeta": [',
      "    1,",
      "    2.5,",
      '    "x"',
      "  ]",
      "}",
    }, json.lines(record, { "status", "id" }))
  end)
end)
