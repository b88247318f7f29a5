--- A configuration, as commands are given it.

local configured = require "aicore.cli.configured"

describe("a configuration", function()
  local function read(more)
    local given = { name = "chat", scenario = "scen", executable = "exec" }
    for name, value in pairs(more or {}) do
      given[name] = value
    end
    return configured.read(given)
  end

  it("is what its options say", function()
    local what = assert(read { parameter = { { key = "modelName", value = "gpt-4o" } } })
    assert.same({ "chat", "scen", "exec", { modelName = "gpt-4o" }, {} }, {
      what.name,
      what.scenario_id,
      what.executable_id,
      what.parameters,
      what.artifacts,
    })
  end)

  it("is one that the library takes, or the problem is told", function()
    for problem, more in pairs {
      ["name: a text expected"] = { name = "" },
      ["parameters: a: at most 5000 characters expected"] = { parameter = { { key = "a", value = ("x"):rep(5001) } } },
    } do
      assert.same({ nil, problem }, { read(more) })
    end
    local twice = { { key = "modelName", value = "gpt-4o" }, { key = "modelName", value = "gpt-4.1" } }
    for _, name in ipairs { "parameter", "artifact" } do
      assert.same({ nil, "modelName is given twice" }, { read { [name] = twice } })
    end
  end)
end)
