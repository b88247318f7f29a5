local cjson = require "cjson"
local fakes = require "spec.cli.fakes"
local problems = require "aicore.cli.problems"
local report = require "aicore.cli.report"
local teardown = require "aicore.cli.teardown"

-- What there is, as the client lists it.
local FOUND = { { id = "dep-1", status = "RUNNING" }, { id = "dep-2", status = "DEAD" } }

local function client_of(found, err)
  return fakes.client {
    list = function()
      return found or FOUND, err
    end,
    status = function(id)
      return { id = id, status = "RUNNING" }
    end,
    teardown = function(target)
      local made = report.empty()
      made.deleted = target[1] and target or { "all" }
      return made
    end,
  }
end

local function run(given, asked, found, err)
  local console, client = fakes.console(asked), client_of(found, err)
  given.ids, given.command = given.ids or {}, "teardown"
  return teardown.run(given, console, client), console, client
end

--- The targets of the teardowns that were asked of the client.
local function torn_down(client)
  local targets = {}
  for _, call in ipairs(client.calls) do
    targets[#targets + 1] = call[1] == "teardown" and call[2] or nil
  end
  return targets
end

describe("the options of teardown", function()
  local BOTH, NOT_WITH_ALL =
    "ids, or a filter, or --all: one of them",
    "--all means everything, or every --shard of it: leave it out, or the filter"
  for _, case in ipairs {
    { { ids = { "dep-1" } }, nil },
    { { ids = {}, all = true }, nil },
    { { ids = {}, status = { "DEAD" } }, nil },
    { { ids = {}, all = true, shard = { 0, 4 } }, nil },
    { { ids = { "dep-1" }, all = true }, BOTH },
    { { ids = { "dep-1" }, older_than = 5 }, BOTH },
    { { ids = {}, all = true, older_than = 5 }, NOT_WITH_ALL },
  } do
    it(("say what is meant, or: %s"):format(tostring(case[2])), function()
      assert.equal(case[2], (teardown.check(case[1])))
    end)
  end
end)

describe("a teardown", function()
  it("asks a person who says nothing what is meant; of ids that are piped in it says which is none", function()
    local code, console = run({}, { person = true })
    local text = "which deployments? Give ids, a filter such as --scenario ID or --older-than 7d, or --all"
    assert.same({ problems.USAGE, "aicorectl: " .. text }, { code, console.notes[1] })
    code, console = run({}, { words = { "a/b-c" } })
    assert.equal(problems.USAGE, code)
    assert.matches("^aicorectl: 'a/b%-c' is not the id of a deployment; standard input ", console.notes[1])
  end)

  it("is asked about first; what was shown is what is torn down", function()
    local code, console, client = run({ older_than = 5, timeout = 9 }, { person = true, answer = true })
    assert.equal(problems.DONE, code)
    assert.matches("^2 deployments %(1 DEAD, 1 RUNNING%) will be torn down; that cannot be undone\n", console.notes[1])
    assert.same({ "Go on?" }, console.asked)
    assert.same({ { "dep-1", "dep-2" } }, torn_down(client))
  end)

  it("is none if the answer is no", function()
    local code, console, client = run({ all = true }, { person = true, answer = false })
    assert.equal(problems.FAILED, code)
    assert.same({}, torn_down(client))
    assert.equal("nothing was changed", console.notes[2])
    assert.same({}, console.out)
  end)

  it("that is none is an error where JSON is asked for", function()
    local _, console = run({ all = true, output = "json" }, { person = true, format = "json" })
    assert.equal("cancelled", cjson.decode(console.out[1]).error.kind)
  end)

  it("is refused where nobody can be asked, before anything is sent", function()
    local code, console, client = run { status = { "DEAD" } }
    assert.equal(problems.USAGE, code)
    assert.same({}, client.calls)
    assert.matches("%-%-yes", console.notes[2])
  end)

  it("begins at once with --yes, and leaves a filter to the client", function()
    local code, console, client = run { status = { "DEAD" }, yes = true, timeout = 9, appear = 5 }
    assert.equal(problems.DONE, code)
    assert.same({}, console.asked)
    assert.equal(1, #client.calls)
    assert.same({ "teardown", { status = "DEAD" }, 9, 5 }, {
      client.calls[1][1],
      client.calls[1][2],
      client.calls[1][3].timeout,
      client.calls[1][3].appear,
    })
  end)

  it("means everything by --all", function()
    local _, _, client = run { all = true, yes = true }
    assert.same({ { all = true } }, torn_down(client))
  end)

  it("is of ids, too, from a pipe", function()
    local _, _, client = run({ yes = true }, { words = { "dep-1" } })
    assert.same({ { "dep-1" } }, torn_down(client))
  end)

  it("has nothing to do where a filter finds nothing, or a pipe brings nothing", function()
    for _, case in ipairs { { { status = { "DEAD" } }, { person = true, answer = true } }, { { yes = true } } } do
      local code, console, client = run(case[1], case[2], {})
      assert.equal(problems.DONE, code)
      assert.same({}, torn_down(client))
      assert.matches("^nothing to do", console.out[1])
      assert.same({}, console.asked)
    end
  end)

  it("asks a person that names nothing what is meant", function()
    local code, console = run({}, { person = true })
    assert.equal(problems.USAGE, code)
    assert.matches("Give ids, a filter such as", console.notes[1])
  end)

  it("fails as the library does", function()
    local console = fakes.console()
    local client = fakes.client {
      teardown = function()
        return nil, fakes.err { kind = "auth", status = 403 }
      end,
    }
    assert.equal(problems.NOT_AUTHORISED, teardown.run({ ids = {}, all = true, yes = true }, console, client))
    assert.same({}, console.out)
  end)
end)

describe("a dry run of a teardown", function()
  it("only says what would be torn down, even with --yes", function()
    local code, console, client = run { status = { "DEAD" }, dry_run = true, yes = true }
    assert.equal(problems.DONE, code)
    assert.same({}, torn_down(client))
    assert.matches("^2 deployments .* would be torn down %(dry run%)\n", console.out[1])
    assert.same({ "dep-1", "dep-2" }, select(2, run { status = { "DEAD" }, dry_run = true, output = "ids" }).out)
  end)

  it("does not say that nothing would be torn down of what could not be read", function()
    local given = { all = true, all_resource_groups = true, dry_run = true }
    local code, console = run(given, nil, {}, fakes.err { kind = "auth", message = "2 of 2 could not be read" })
    assert.equal(problems.NOT_AUTHORISED, code)
    assert.equal("aicorectl: auth: 2 of 2 could not be read", console.notes[1])
    assert.same({}, console.out)
  end)

  it("is a report for scripts, by the library's own dry run", function()
    local _, console, client = run { status = { "DEAD" }, dry_run = true, output = "json" }
    assert.is_true(cjson.decode(console.out[1]).dry_run)
    assert.same({ "teardown", { "dep-1", "dep-2" }, { dry_run = true } }, client.calls[#client.calls])
    _, console, client = run({ status = { "DEAD" }, dry_run = true, output = "json" }, nil, {})
    assert.same({}, torn_down(client))
    assert.is_true(cjson.decode(console.out[1]).dry_run)
  end)
end)
