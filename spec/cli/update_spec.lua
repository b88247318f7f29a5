local fakes = require "spec.cli.fakes"
local problems = require "aicore.cli.problems"
local update = require "aicore.cli.update"

local function run(given)
  local console = fakes.console()
  local client = fakes.client {
    update = function(id)
      return { id = id, message = "Deployment modification scheduled" }
    end,
  }
  given.id, given.command = given.id or "dep-1", "update"
  return update.run(given, console, client), console, client
end

describe("update", function()
  it("sends the configuration", function()
    local code, console, client = run { configuration = "conf-2", timeout = 5 }
    assert.equal(problems.DONE, code)
    assert.same({ "dep-1: Deployment modification scheduled" }, console.out)
    assert.same({ { "update", "dep-1", "conf-2", { timeout = 5 } } }, client.calls)
  end)

  it("sends nothing in a dry run, nor if one of the ids is none", function()
    local code, console, client = run { configuration = "conf-2", dry_run = true }
    assert.equal(problems.DONE, code)
    assert.same({ "dep-1: would get configuration conf-2 (dry run)" }, console.out)
    assert.same({}, client.calls)
    code, console, client = run { name = "next", dry_run = true }
    assert.equal(problems.DONE, code)
    assert.same({ "dep-1: would get configuration next (dry run)" }, console.out)
    assert.same({}, client.calls)
    for _, given in ipairs { { configuration = "a/b" }, { id = "a/b", configuration = "conf-2", dry_run = true } } do
      code, console, client = run(given)
      assert.equal(problems.USAGE, code)
      assert.same({}, client.calls)
      assert.same({}, console.out)
    end
  end)
end)
