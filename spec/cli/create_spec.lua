local argparse = require "argparse"
local cjson = require "cjson"
local create = require "aicore.cli.create"
local fakes = require "spec.cli.fakes"
local problems = require "aicore.cli.problems"

local function run(given, methods)
  local console = fakes.console()
  local client = fakes.client(methods or {
    create = function()
      return { id = "dep-1", message = "Deployment scheduled.", status = "UNKNOWN" }
    end,
    wait = function(id, goal)
      return { id = id, status = goal }
    end,
  })
  given.configuration, given.command = given.configuration or "conf-1", "create"
  return create.run(given, console, client), console, client
end

describe("create", function()
  it("prints what the service says", function()
    local code, console, client = run { ttl = "7d", timeout = 5 }
    assert.equal(problems.DONE, code)
    assert.same({ "dep-1: Deployment scheduled." }, console.out)
    assert.same({ { "create", "conf-1", { ttl = "7d", timeout = 5 } } }, client.calls)
  end)

  it("waits with --wait until it serves; the time is for that", function()
    local code, console, client = run { wait = true, timeout = 5 }
    assert.equal(problems.DONE, code)
    assert.same({ "dep-1: RUNNING" }, console.out)
    assert.same({ "create", "conf-1", {} }, client.calls[1])
    assert.same({ "wait", "dep-1", "RUNNING", 5 }, {
      client.calls[2][1],
      client.calls[2][2],
      client.calls[2][3],
      client.calls[2][4].timeout,
    })
  end)

  it("waits until an execution is completed, which has no time to live", function()
    local _, _, client = run { wait = true, kind = "executions" }
    assert.equal("COMPLETED", client.calls[2][3])
    assert.is_string(create.check { ttl = "7d", kind = "executions" })
    assert.is_nil(create.check { ttl = "7d" })
  end)

  it("does not advise to create another one where the waiting ended", function()
    for kind, expected in pairs { timeout = true, cancelled = true, state = false } do
      local _, console = run({ wait = true }, {
        create = function()
          return { id = "d-new" }
        end,
        wait = function()
          return nil, fakes.err { kind = kind, operation = "wait", id = "d-new" }
        end,
      })
      local advice =
        "aicorectl wait d-new --for RUNNING goes on waiting; the same command again would create another one"
      assert.equal(expected, console.notes[2]:find(advice, 1, true) ~= nil, console.notes[2])
    end
  end)

  it("warns of a second one where the first may exist", function()
    local function fail(fields)
      local err = fakes.err(fields)
      return select(
        2,
        run({}, {
          create = function()
            return nil, err
          end,
        })
      )
    end
    local console = fail { kind = "transport", operation = "create", ambiguous = true }
    assert.matches("it may exist all the same; .* aicorectl list %-%-configuration conf%-1$", console.notes[2])
    console = fail { kind = "transport", operation = "create" }
    assert.is_nil(console.notes[2]:find "may exist")
  end)

  it("sends nothing in a dry run", function()
    local code, console, client = run { dry_run = true }
    assert.equal(problems.DONE, code)
    assert.same({}, client.calls)
    assert.same({ "a deployment of conf-1 would be created (dry run)" }, console.out)
    local shown = cjson.decode(select(2, run { dry_run = true, output = "json" }).out[1])
    assert.same({ true, "conf-1" }, { shown.dry_run, shown.configurationId })
    assert.same({}, select(2, run { dry_run = true, output = "ids" }).out)
  end)

  it("sends nothing if that is no configuration's id", function()
    local code, _, client = run { configuration = "a/b" }
    assert.equal(problems.USAGE, code)
    assert.same({}, client.calls)
  end)

  it("takes a time to live as the service writes it", function()
    local parser = argparse "create"
    create.configure(parser)
    parser.error = function(_, message)
      error({ message = message }, 0)
    end
    assert.equal("12h", parser:parse({ "conf-1", "--ttl", "12h" }).ttl)
    local ok, failure = pcall(parser.parse, parser, { "conf-1", "--ttl", "12" })
    assert.is_false(ok)
    assert.equal("'12' is not a time to live: digits and m, h or d", failure.message)
  end)
end)
