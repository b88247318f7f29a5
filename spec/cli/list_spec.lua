local cjson = require "cjson"
local fakes = require "spec.cli.fakes"
local list = require "aicore.cli.list"
local problems = require "aicore.cli.problems"

local function ago(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - seconds)
end

local FULL = {
  id = "dep-1",
  status = "RUNNING",
  targetStatus = "STOPPED",
  scenarioId = "nightly",
  configurationId = "conf-1",
  configurationName = "tests",
  createdAt = ago(86400 * 10 + 60),
}

local function run(given, found, err, models)
  local console = fakes.console()
  local client = fakes.client {
    list = function()
      return found, err
    end,
    models = models,
  }
  return list.run(given, console, client), console, client
end

--- One that serves this version of a model.
local function serving(version)
  local model = { name = "gpt-4o", version = version }
  return { id = "dep-" .. version, status = "DEAD", details = { resources = { backendDetails = { model = model } } } }
end

describe("list", function()
  it("is a table, and does without what the service does not say", function()
    local code, console = run(
      {},
      { FULL, { id = "dep-2", status = "DEAD", configurationId = "conf-1", createdAt = "?" } }
    )
    assert.equal(problems.DONE, code)
    assert.same({
      "ID      STATUS    TARGET    SCENARIO   CONFIGURATION   AGE   RETIRES",
      "dep-1   <green>RUNNING   STOPPED   nightly    tests           10d   -",
      "dep-2   <red>DEAD      -         -          conf-1          -     -",
    }, console.out)
  end)

  it("says of how many models nobody knows whether they retire, to who asks for those that do", function()
    local function models()
      return {
        { versions = { { name = "1", retirementDate = "soon" }, { name = "2", retirementDate = "2026-12-01" } } },
      }
    end
    local _, console = run({ retiring_within = 86400, output = "ids" }, {}, nil, models)
    assert.matches("when 1 versions of models retire cannot be read", console.notes[#console.notes])
    local _, _, client = run({ retiring_within = 86400 }, { serving "1" }, nil, function()
      return { { model = "gpt-4o", versions = { { name = "1", retirementDate = "soon" } } } }
    end)
    assert.equal(2, #client.calls) -- the list, and the models once
    _, console = run({ output = "ids" }, {}, nil, models)
    assert.same({ "no deployments found" }, console.notes)
  end)

  it("is ids, or records", function()
    assert.same({ "dep-1" }, select(2, run({ output = "ids" }, { FULL })).out)
    assert.same({ FULL }, cjson.decode(select(2, run({ output = "json" }, { FULL })).out[1]))
  end)

  it("asks for what the options say", function()
    local _, _, client = run({ status = { "DEAD" }, older_than = 5, timeout = 7 }, {})
    assert.same({ { "list", { status = "DEAD", older_than = 5, timeout = 7 } } }, client.calls)
    _, _, client = run({}, {})
    assert.same({ { "list", {} } }, client.calls)
  end)

  it("says so when there are none; JSON stays an array", function()
    local code, console = run({ output = "ids" }, {})
    assert.equal(problems.DONE, code)
    assert.same({ {}, { "no deployments found" } }, { console.out, console.notes })
    assert.same({ "[]" }, select(2, run({ output = "json" }, {})).out)
  end)

  it("says when the model of each stops working; '?' where something is said that is no date", function()
    local dates = { ["1"] = "20261201T000000Z", ["2"] = "soon", ["4"] = "2026-12-01T00:00:00" }
    local versions = {}
    for i = 1, 4 do
      versions[i] = { name = tostring(i), retirementDate = dates[tostring(i)] }
    end
    local found = { serving "1", serving "2", serving "3", serving "4" }
    local _, console = run({}, found, nil, function()
      return { { model = "gpt-4o", versions = versions } }
    end)
    local retires = {}
    for i = 2, #console.out do
      retires[i - 1] = console.out[i]:match "(%S+)$"
    end
    assert.same({ "2026-12-01", "?", "-", "2026-12-01" }, retires)
    assert.same({}, console.notes)
  end)

  it("says '?' and once why where nobody can be asked when models stop working; all else is there", function()
    local code, console = run({}, { serving "1", { id = "dep-2", status = "DEAD" }, serving "3" }, nil, function()
      return nil, fakes.err { kind = "auth", status = 403, operation = "models", message = "no role" }
    end)
    assert.equal(problems.DONE, code)
    local retires = {}
    for i = 2, #console.out do
      retires[i - 1] = console.out[i]:match "(%S+)$"
    end
    assert.same({ "?", "-", "?" }, retires)
    assert.same({ "aicorectl: models: HTTP 403, auth: no role; RETIRES is not known" }, console.notes)
  end)

  it("does not say that there are none of what could not be read", function()
    local err = fakes.err { kind = "auth", message = "2 of 2 resource groups could not be read" }
    for _, output in ipairs { "table", "ids" } do
      local code, console = run({ all_resource_groups = true, output = output }, {}, err)
      assert.equal(problems.NOT_AUTHORISED, code)
      assert.equal("aicorectl: auth: 2 of 2 resource groups could not be read", console.notes[1])
      assert.same({}, console.out)
    end
  end)

  it("fails as the library does", function()
    assert.equal(problems.TIMED_OUT, (run({}, nil, fakes.err "timeout")))
  end)
end)
