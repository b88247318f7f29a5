local cjson = require "cjson"
local fakes = require "spec.cli.fakes"
local problems = require "aicore.cli.problems"
local several = require "aicore.cli.several"

describe("one action on several", function()
  it("gives the outcomes in the order of the ids, so many at a time", function()
    local running, most = 0, 0
    local blocking = require "aicore.runtime.blocking"
    local outcomes = several.run({ "d1", "d2", "d3" }, 2, function(id)
      running = running + 1
      most = math.max(most, running)
      blocking.sleep(id == "d1" and 0.02 or 0.001)
      running = running - 1
      if id == "d2" then
        return nil, "no"
      end
      return id .. "!"
    end)
    assert.same({ { id = "d1", value = "d1!" }, { id = "d2", err = "no" }, { id = "d3", value = "d3!" } }, outcomes)
    assert.equal(2, most)
  end)

  it("cancels what is left at Ctrl-C", function()
    local outcomes = several.run({ "d1", "d2" }, 1, function()
      error("interrupted!", 0)
    end)
    for i, id in ipairs { "d1", "d2" } do
      assert.equal("cancelled", outcomes[i].err.kind)
      assert.equal(id, outcomes[i].err.id)
    end
  end)
end)

describe("the outcomes of several", function()
  local function show(format, outcomes)
    local console = fakes.console()
    local code = several.print(console, format, outcomes, function(outcome)
      return outcome.id .. " is " .. outcome.value.status
    end)
    return console, code
  end
  local good = { id = "d1", value = { id = "d1", status = "DEAD" } }
  local bad = { id = "d2", err = fakes.not_found "d2" }

  it("are lines of text, ids, or JSON", function()
    assert.same({ "d1 is DEAD" }, show(nil, { good, bad }).out)
    assert.same({ "d1" }, show("ids", { good, bad }).out)
    local all = cjson.decode(show("json", { good, bad }).out[1])
    assert.same({ id = "d1", status = "DEAD" }, all[1])
    assert.equal("d2", all[2].id)
    assert.equal("01010016", all[2].error.code)
  end)

  it("are an object where there is one, an array where there are none", function()
    assert.same({ id = "d1", status = "DEAD" }, cjson.decode(show("json", { good }).out[1]))
    assert.same({ "[]" }, show("json", {}).out)
  end)

  it("tell of the errors, and end with their exit code", function()
    local console, code = show("table", { good, bad })
    assert.equal(problems.NOT_FOUND, code)
    assert.matches("there is none", console.notes[1])
    assert.equal(problems.DONE, select(2, show("table", { good })))
  end)

  it("say why one has died, and of no other why it is as it is", function()
    local console = fakes.console()
    several.print(console, nil, {
      {
        id = "d1",
        value = { id = "d1", status = "DEAD", statusMessage = "no\27memory", statusDetails = { code = 137 } },
      },
      { id = "d2", value = { id = "d2", status = "RUNNING", statusMessage = "all is well" } },
      { id = "d3", value = { id = "d3", status = "DEAD" } },
    })
    assert.same({ "d1: DEAD (no?memory; code: 137)", "d2: RUNNING", "d3: DEAD" }, console.out)
  end)
end)
