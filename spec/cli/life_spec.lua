--- find, ensure, rollout, watch, configurations: what the commands decide by themselves; commands_spec.lua runs them.

local configurations = require "aicore.cli.configurations"
local configured = require "aicore.cli.configured"
local create = require "aicore.cli.create"
local ensure = require "aicore.cli.ensure"
local fakes = require "spec.cli.fakes"
local find = require "aicore.cli.find"
local list = require "aicore.cli.list"
local models = require "aicore.cli.models"
local problems = require "aicore.cli.problems"
local rollout = require "aicore.cli.rollout"
local update = require "aicore.cli.update"
local watch = require "aicore.cli.watch"

local function run(command, given, methods, console)
  console = console or fakes.console()
  local client = fakes.client(methods)
  given.command = given.command or "it"
  return command.run(given, console, client), console, client
end

--- A watch that tells these, then ends, or fails.
local function watching(changes, err)
  return function()
    local at = 0
    return function()
      at = at + 1
      if at == #changes + 1 and err then
        return false, err
      end
      return changes[at]
    end
  end
end

describe("a configuration on the command line", function()
  it("is an id, or what it says", function()
    assert.equal("conf-1", configured.read { configuration = "conf-1" })
    assert.same(
      {
        name = "chat",
        scenario_id = "scen",
        executable_id = "exec",
        parameters = { modelName = "m", rest = "a=b" },
        artifacts = {},
      },
      configured.read {
        name = "chat",
        scenario = "scen",
        executable = "exec",
        parameter = { { key = "modelName", value = "m" }, { key = "rest", value = "a=b" } },
      }
    )
  end)

  it("is not both, nor half of it", function()
    for _, given in ipairs {
      {},
      { configuration = "a/b" },
      { configuration = "conf-1", name = "chat" },
      { configuration = "conf-1", parameter = { { key = "a", value = "b" } } },
      { name = "chat", scenario = "scen" },
    } do
      local what, problem = configured.read(given)
      assert.is_nil(what)
      assert.is_string(problem)
    end
  end)
end)

describe("create", function()
  it("finds or makes the configuration first", function()
    local given = { name = "chat", scenario = "scen", executable = "exec" }
    local code, console, client = run(create, given, {
      configure = function()
        return { id = "conf-7" }
      end,
      create = function()
        return { id = "dep-1", message = "Deployment scheduled." }
      end,
    })
    assert.equal(problems.DONE, code)
    assert.same({ "dep-1: Deployment scheduled." }, console.out)
    assert.equal("conf-7", client.calls[2][2])
  end)
end)

describe("find", function()
  it("prints where it serves", function()
    local given = { model = "gpt-4o", timeout = 5 }
    local code, console, client = run(find, given, {
      find = function()
        return { id = "dep-1", status = "RUNNING", deploymentUrl = "https://there" }
      end,
    })
    assert.equal(problems.DONE, code)
    assert.same({ "dep-1: https://there" }, console.out)
    assert.same({ { "find", { model = "gpt-4o" }, { timeout = 5 } } }, client.calls)
    given.all_resource_groups = true
    assert.equal(
      "*",
      select(
        3,
        run(find, given, {
          find = function()
            return { id = "dep-1", status = "RUNNING" }
          end,
        })
      ).calls[1][2].resource_group
    )
  end)

  it("says what to do where there is none", function()
    local code, console = run(find, {}, {
      find = function()
        return nil, fakes.err { kind = "state", operation = "find" }
      end,
    })
    assert.equal(problems.FAILED, code)
    assert.equal("  try: see which there are: aicorectl list", console.notes[2])
  end)
end)

describe("ensure", function()
  it("says whether it was made", function()
    for text, created in pairs { ["dep-1: is RUNNING"] = false, ["dep-1: was created, and is RUNNING"] = true } do
      local code, console, client = run(ensure, { configuration = "conf-1", keep = true, timeout = 5 }, {
        ensure = function()
          return { id = "dep-1", status = "RUNNING" }, created
        end,
      })
      assert.equal(problems.DONE, code)
      assert.same({ text }, console.out)
      assert.same({ "conf-1", true, 5 }, { client.calls[1][2], client.calls[1][3].keep, client.calls[1][3].timeout })
    end
  end)

  it("tells what may be its own, too, and stays", function()
    local code, console = run(ensure, { configuration = "conf-1" }, {
      ensure = function()
        return { id = "dep-1", status = "RUNNING" }, false, { ["dep-2"] = fakes.err "timeout" }
      end,
    })
    assert.equal(problems.DONE, code)
    assert.matches("^aicorectl: dep%-2 may be what this call has made, too, and stays: ", console.notes[1])
    assert.equal("  try: aicorectl teardown dep-2, if nobody else needs it", console.notes[2])
  end)

  it("tells why not", function()
    local code, console = run(ensure, { configuration = "conf-1" }, {
      ensure = function()
        return nil, fakes.err "timeout"
      end,
    })
    assert.equal(problems.TIMED_OUT, code)
    assert.same({}, console.out)
    assert.is_string(ensure.check {})
  end)
end)

describe("rollout", function()
  local function report(fields)
    return {
      rollout = function()
        fields.id = "dep-1"
        return fields
      end,
    }
  end

  it("prints what runs", function()
    local given = { id = "dep-1", configuration = "conf-2", rollback = true }
    local code, console, client = run(rollout, given, report { rolled_back = false })
    assert.equal(problems.DONE, code)
    assert.same({ "dep-1: runs with conf-2" }, console.out)
    assert.is_true(client.calls[1][4].rollback)
  end)

  it("has failed where it runs with the one before, and says why", function()
    local back = report { rolled_back = true, previous = "conf-1", reason = fakes.err "state" }
    local code, console = run(rollout, { id = "dep-1", configuration = "conf-2", rollback = true }, back)
    assert.equal(problems.FAILED, code)
    assert.same({ "dep-1: runs with conf-1 again" }, console.out)
    assert.matches("went wrong", console.notes[1])
  end)

  it("makes the configuration that is told; what is not told of it is as the deployment has it", function()
    local methods = report { rolled_back = false }
    methods.status = function()
      return { scenarioId = "scen", executableId = "exec" }
    end
    methods.configure = function()
      return { id = "conf-7" }
    end
    local given = { id = "dep-1", name = "next", parameter = { { key = "modelName", value = "m" } }, timeout = 9 }
    for _, command in ipairs { rollout, update } do
      given.wait = command == update
      local code, console, client = run(command, given, methods)
      assert.equal(problems.DONE, code)
      assert.same({ "dep-1: runs with conf-7" }, console.out)
      local what = { name = "next", scenario_id = "scen", executable_id = "exec", artifacts = {} }
      what.parameters = { modelName = "m" }
      assert.same({ "status", "dep-1", { timeout = 9 } }, client.calls[1])
      assert.same({ "configure", what, { timeout = 9 } }, client.calls[2])
      assert.same({ "rollout", "dep-1", "conf-7" }, { client.calls[3][1], client.calls[3][2], client.calls[3][3] })
    end
    given.scenario, given.executable, given.wait = "other", "exec", nil
    local _, _, client = run(rollout, given, methods)
    assert.equal("other", client.calls[1][2].scenario_id)
  end)

  it("asks nobody where it is not said which, and makes nothing where the deployment is not there", function()
    for _, given in ipairs { { id = "dep-1" }, { id = "dep-1", scenario = "scen", executable = "exec" } } do
      assert.equal(problems.USAGE, run(rollout, given, {}))
    end
    local gone = {
      status = function()
        return nil, fakes.not_found "dep-1"
      end,
    }
    assert.equal(problems.NOT_FOUND, run(rollout, { id = "dep-1", name = "next" }, gone))
  end)

  it("says in a dry run what it would be, and is of deployments alone", function()
    local code, console, client = run(rollout, { id = "dep-1", configuration = "conf-2", dry_run = true }, report {})
    assert.equal(problems.DONE, code)
    assert.same({ "dep-1: would get configuration conf-2 (dry run)" }, console.out)
    assert.same({}, client.calls)
    assert.is_string(rollout.check { kind = "executions" })
  end)

  it("is what update --wait does", function()
    local code, console = run(update, { id = "dep-1", configuration = "conf-2", wait = true }, report {})
    assert.equal(problems.DONE, code)
    assert.same({ "dep-1: runs with conf-2" }, console.out)
  end)
end)

describe("watch", function()
  local changes = {
    { id = "dep-1", status = "RUNNING", target = "RUNNING", deployment = {} },
    { id = "dep-1", status = "STOPPING", target = "STOPPED", before = "RUNNING", deployment = {} },
  }

  it("prints a line for each change", function()
    local code, console, client = run(watch, { ids = { "dep-1" }, timeout = 9 }, { watch = watching(changes) })
    assert.equal(problems.DONE, code)
    assert.matches("^%d%d:%d%d:%d%dZ   dep%-1 +<green>RUNNING$", console.out[1])
    assert.matches("^%d%d:%d%d:%d%dZ   dep%-1 +RUNNING +<yellow>STOPPING +for STOPPED$", console.out[2])
    assert.same({ "watch", { "dep-1" } }, { client.calls[1][1], client.calls[1][2] })
    assert.equal(9, client.calls[1][3].timeout)
  end)

  it("takes a filter, but not both", function()
    local given = { ids = {}, model = "gpt-4o", output = "ids" }
    local code, console, client = run(watch, given, { watch = watching(changes) })
    assert.equal(problems.DONE, code)
    assert.same({ "dep-1", "dep-1" }, console.out)
    assert.same({ model = "gpt-4o" }, client.calls[1][2])
    assert.equal(problems.USAGE, (run(watch, { ids = { "dep-1" }, model = "gpt-4o" }, {})))
  end)

  it("tells why it cannot go on; Ctrl-C is no failure to be told", function()
    assert.equal(
      problems.NOT_AUTHORISED,
      (run(watch, { ids = { "dep-1" } }, { watch = watching({}, fakes.err "auth") }))
    )
    local code, console = run(watch, { ids = { "dep-1" } }, { watch = watching({}, fakes.err "cancelled") })
    assert.equal(problems.INTERRUPTED, code)
    assert.same({}, console.notes)
  end)

  it("goes on from a list, and does not tell what that has shown", function()
    local code, console = run(list, { watch = true, output = "ids" }, {
      list = function()
        return { { id = "dep-1", status = "RUNNING", targetStatus = "RUNNING" } }
      end,
      watch = watching(changes),
    })
    assert.equal(problems.DONE, code)
    assert.same({ "dep-1", "dep-1" }, console.out)
  end)

  local function of_group(name)
    return { id = "dep-9", status = "RUNNING", resource_group = name, deployment = {} }
  end

  it("is of all resource groups, too, and says of each change where", function()
    local given = { ids = {}, all_resource_groups = true }
    local code, console, client = run(watch, given, { watch = watching { of_group "team" } })
    assert.equal(problems.DONE, code)
    assert.matches("^%S+   team +dep%-9 +<green>RUNNING$", console.out[1])
    assert.same({ resource_group = "*" }, client.calls[1][2])
    given.ids = { "dep-1" }
    assert.equal(problems.USAGE, (run(watch, given, {})))
  end)

  it("goes on where a group may not be read, and tells of it once", function()
    local function steps()
      local err, at = fakes.err "auth", 0
      err.resource_group = "team-b"
      local told = { of_group "team-a", err, of_group "team-c" }
      return function()
        at = at + 1
        if told[at] and told[at].kind then
          return false, told[at]
        end
        return told[at]
      end
    end
    local given = { ids = {}, all_resource_groups = true, output = "ids" }
    local code, console = run(watch, given, { watch = steps })
    assert.equal(problems.NOT_AUTHORISED, code)
    assert.same({ "dep-9", "dep-9" }, console.out)
    assert.equal(2, #console.notes)

    local unread = fakes.err "auth"
    unread.groups = { ["team-b"] = fakes.err "auth" }
    code, console = run(list, { watch = true, all_resource_groups = true, output = "ids" }, {
      list = function()
        return {}, unread
      end,
      watch = steps,
    })
    assert.equal(problems.NOT_AUTHORISED, code)
    assert.same({ "dep-9", "dep-9" }, console.out)
    assert.equal("aicorectl: " .. tostring(unread), console.notes[1])
    assert.equal(2, #console.notes)
  end)

  it("tells why looks fail, each trouble once until it is over, and not what ends the watch", function()
    local function looking(opts)
      local trouble, denied = fakes.err "transport", fakes.err "auth"
      for _, err in ipairs { trouble, trouble, false, trouble, denied } do
        opts.on_progress { watched = 1, elapsed = 0, err = err or nil }
      end
      return watching({})()
    end
    local code, console = run(watch, { ids = { "dep-1" } }, {
      watch = function(_, opts)
        return looking(opts)
      end,
    })
    assert.equal(problems.DONE, code)
    assert.equal(2, #console.notes)
    assert.matches("; it goes on looking$", console.notes[1])
  end)
end)

describe("configurations", function()
  local found = {
    { id = "conf-1", name = "chat", parameterBindings = { { key = "modelName", value = "m" } } },
  }

  it("are an aligned table", function()
    local code, console, client = run(configurations, { search = "chat", executable = {}, timeout = 5 }, {
      configurations = function()
        return found
      end,
    })
    assert.equal(problems.DONE, code)
    assert.same({
      "ID       NAME   SCENARIO   EXECUTABLE   PARAMETERS",
      "conf-1   chat   -          -            modelName=m",
    }, console.out)
    assert.same({ { "configurations", { search = "chat", timeout = 5 } } }, client.calls)
  end)
end)

describe("models", function()
  it("are told until when they work, by any date of ISO 8601", function()
    local versions = {}
    for i, date in ipairs { "20261201T000000Z", "2026-12-01 00:00:00", "soon", 5, "" } do
      versions[i] = { name = tostring(i), retirementDate = date }
    end
    local _, console = run(models, {}, {
      models = function()
        return { { model = "m", versions = versions } }
      end,
    })
    assert.same({
      "MODEL   VERSION   EXECUTABLE   RETIRES      REPLACEMENT",
      "m       1         -            2026-12-01   -",
      "m       2         -            2026-12-01   -",
      "m       3         -            ?            -",
      "m       4         -            ?            -",
      "m       5         -            -            -",
    }, console.out)
  end)
end)
