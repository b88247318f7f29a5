local lifecycle = require "aicore.model.lifecycle"
local lines = require "aicore.neovim.lines"

local NOW = 1700000000

local function row(id, status, target, fields)
  local made = { id = id, status = status, target = target, scenario = "s", configuration = "c", created = NOW - 60 }
  for name, value in pairs(fields or {}) do
    made[name] = value
  end
  return made
end

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

  it("say why one has died, unless there is something newer to say", function()
    local rows = { row("d1", "DEAD", "RUNNING", { why = "no memory" }) }
    assert.equal("  d1  DEAD    RUNNING  60s  s         c              no memory", texts({ rows = rows })[5])
    local last = lines.of({ rows = rows, works = {}, filter = "" }, NOW)[5].marks()
    assert.equal("AICoreQuiet", last[#last][3])
    local failed = texts { rows = rows, works = { d1 = { action = "delete", failure = "no way" } } }
    assert.matches(" c +no way$", failed[5])
  end)

  it("say all of what has failed, and what to do, however narrow the window is", function()
    local shown = { failure = "no base URL: looked everywhere", advice = "set one", rows = { row("d1", "DEAD") } }
    local all = texts(shown)
    assert.same({ "no base URL: looked everywhere", "try: set one" }, { all[3], all[4] })
    assert.matches("^  ID ", all[5])
    shown.width = 14
    all = texts(shown)
    assert.same({ "no base URL:", "looked", "everywhere", "try: set one" }, { all[3], all[4], all[5], all[6] })
    assert.matches("^  d1 ", all[8])
  end)

  it("have marks where the words are, in bytes", function()
    local shown = { rows = { row("dä", "DEAD", "RUNNING") }, works = {}, filter = "" }
    local line = lines.of(shown, NOW)[5]
    local marked = {}
    for _, mark in ipairs(line.marks()) do
      marked[#marked + 1] = line.text:sub(mark[1] + 1, mark[2]) .. " " .. mark[3]
    end
    assert.same({ "DEAD AICoreDead", "RUNNING AICoreTarget", "60s AICoreQuiet" }, marked)
  end)

  it("tell ages as the command does; what has none, has a question mark", function()
    local rows = { row("dold", "DEAD", nil, { created = NOW - 200000 }), row("dnone", "DEAD") }
    rows[2].created = nil
    local all = texts { rows = rows }
    assert.matches("^  dold   DEAD            2d7h  s ", all[5])
    assert.matches("^  dnone  DEAD            %?     s ", all[6])
  end)

  it("have a group of colours for each status; words that are not known share one", function()
    local seen = {}
    for _, status in ipairs(lifecycle.statuses) do
      local group = lines.status_group(status)
      assert.matches("^AICore%u%l+$", group)
      assert.is_nil(seen[group])
      seen[group] = true
    end
    assert.equal("AICoreStopped", lines.status_group "STOPPED")
    assert.equal("AICoreUnknown", lines.status_group "HIBERNATING")
  end)

  it("remember what is gone or filtered out while somebody waits for it, but no failure", function()
    local works = {
      dgone = { action = "delete", gone_at = NOW, row = row("dgone", "STOPPED", "DELETED") },
      dhidden = { action = "stop", row = row("dhidden", "RUNNING", "STOPPED") },
      dfailed = { action = "stop", failure = "x", row = row("dfailed", "RUNNING") },
    }
    local all = texts { rows = { row("dx", "RUNNING") }, works = works }
    assert.equal(4 + 3, #all)
    assert.matches("^%* dgone .* gone ", all[5])
    assert.matches("^%* dhidden .* not listed any more, waiting ", all[6])
    assert.matches("^  dx ", all[7])
    assert.matches("1 deployment: 1 RUNNING", all[1])
  end)
end)
