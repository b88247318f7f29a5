local fakes = require "spec.cli.fakes"
local ids = require "aicore.cli.ids"

local function read(given, console)
  return ids.read({ ids = given }, console or fakes.console())
end

describe("the ids of a command", function()
  it("are its arguments, each once and in their order", function()
    assert.same({ "dep-2", "dep-1" }, read { "dep-2", "dep-1", "dep-2" })
  end)

  it("are the words of standard input where that is piped and nothing is said, or '-' is", function()
    local console = fakes.console { words = { "dep-1", "dep-2", "dep-1" } }
    assert.same({ "dep-1", "dep-2" }, read({}, console))
    assert.same({ "dep-1", "dep-2" }, read({ "-" }, console))
    assert.same({}, console.notes)
  end)

  it("may be read from a terminal, if somebody says '-' there", function()
    assert.same({ "dep-1" }, read({ "-" }, fakes.console { person = true, words = { "dep-1" } }))
  end)

  it("are asked for where a person has given none", function()
    local found, problem = read({}, fakes.console { person = true, words = { "dep-1" } })
    assert.is_nil(found)
    assert.equal("which deployments? Give their ids, or pipe them in", problem)
  end)

  it("is its one argument, where it takes one", function()
    assert.equal("dep-1", ids.read_one({ id = "dep-1" }, fakes.console()))
    assert.equal("dep-2", ids.read_one({}, fakes.console { words = { "dep-2" } }))
  end)

  it("may be none that come through a pipe, which is said", function()
    local console = fakes.console()
    assert.same({}, read({}, console))
    assert.same({ "no ids on standard input" }, console.notes)
  end)

  it("are looked at before anything is sent: one that is none spoils all", function()
    for _, id in ipairs { "a/b-c", "abc", ("x"):rep(65), "" } do
      local found, problem = read { "dep-1", id }
      assert.is_nil(found)
      assert.equal(("'%s' is not the id of a deployment"):format(id), problem)
    end
    local _, problem = read({}, fakes.console { words = { "[", "dep-1" } })
    local hint = "standard input has to have ids alone, as -o ids prints them"
    assert.equal("'[' is not the id of a deployment; " .. hint, problem)
    assert.is_nil((read({ "-", "dep-1" }, fakes.console { words = { "dep-2" } })))
  end)
end)
