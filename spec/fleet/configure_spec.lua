local virtual_client = require "spec.fleet.virtual_client"

describe("configure", function()
  local c

  before_each(function()
    c = virtual_client.new { settings = { latency = 0.02 } }
  end)

  local function run(method, ...)
    local arguments = { ... }
    return c:run(function()
      return c[method](c, arguments[1], arguments[2])
    end)
  end

  local function what(changes)
    local wanted = {
      scenario_id = "foundation-models",
      executable_id = "azure-openai",
      name = 'chat "&+#',
      parameters = { modelName = "gpt-4o", modelVersion = "latest", greeting = "Grüß \\ Gott" },
    }
    for name, value in pairs(changes or {}) do
      wanted[name] = value
    end
    return wanted
  end

  it("makes one, and then finds it", function()
    local made = assert(run("configure", what()))
    assert.is_true(made.created)
    local found = assert(run("configure", what()))
    assert.same({ made.id, false }, { found.id, found.created })
    local listed = run("configurations", { search = "chat", scenario_id = "foundation-models" })
    assert.same({ 'chat "&+#', 1 }, { listed[1].name, #listed })
    assert.equal(1, c:requests().configure)
  end)

  it("makes one for several calls of a client at once", function()
    local function configure()
      return assert(c:configure(what()))
    end
    local found = c:together { configure, configure, configure }
    assert.same({ found[1].id, found[1].id }, { found[2].id, found[3].id })
    assert.equal(1, c:requests().configure)
  end)

  it("knows what this client has made a moment ago though lists are behind", function()
    local perform = c.caller.perform
    function c.caller.perform(self, request, deadline)
      if request.operation.name == "configurations" then
        return { count = 0, resources = {} }
      end
      return perform(self, request, deadline)
    end
    local made = assert(run("configure", what()))
    local again = assert(run("configure", what()))
    assert.same({ made.id, false }, { again.id, again.created })
    assert.is_true(assert(run("configure", what { name = "other" })).created)
  end)

  it("makes another one where anything differs", function()
    local seen = {}
    for i, changes in ipairs {
      {},
      { name = "other" },
      { scenario_id = "scenario-2" },
      { executable_id = "executable-2" },
      { parameters = { modelName = "gpt-4o" } },
      { parameters = { modelName = "gpt-4o", modelVersion = "2" } },
      { parameters = { modelName = "gpt-4o", modelVersion = "latest", more = 1.5 } },
      { artifacts = { data = "artifact-1" } },
    } do
      local made = assert(run("configure", what(changes)))
      assert.is_true(made.created, i)
      assert.is_nil(seen[made.id])
      seen[made.id] = true
    end
  end)

  it("finds one by a name that cannot be searched for", function()
    for _, name in ipairs { " a", "a ", ("x"):rep(81), "a~b" } do
      local made = assert(run("configure", what { name = name }))
      assert.same(
        { made.id, false },
        { run("configure", what { name = name }).id, run("configure", what { name = name }).created }
      )
    end
  end)

  it("looks for one whose answer was lost, rather than make two", function()
    c:fault { operation = "configure", drop = "after" }
    local made = assert(run("configure", what()))
    assert.is_true(made.created)
    assert.equal(1, #run "configurations")
    c:fault { operation = "configure", drop = "before" }
    assert.is_true(assert(run("configure", what { name = "second" })).created)
    assert.equal(2, #run "configurations")
  end)

  it("gives up where answers go on being lost, and says so", function()
    c:fault { operation = "configure", drop = "before", times = 0 }
    local _, err = run("configure", what())
    assert.is_true(err.ambiguous)
    assert.equal("configure", err.operation)
  end)

  it("is known to what runs by it", function()
    local made = assert(run("configure", what { name = "named" }))
    c:run(function()
      local created = assert(c.caller:perform(assert(c.caller:request("create", nil, made.id)), c.runtime.now() + 60))
      local record = assert(c:wait(created.id, "RUNNING"))
      assert.equal("named", record.configurationName)
      assert.equal("gpt-4o", record.details.resources.backendDetails.model.name)
    end)
  end)

  it("raises what is wrong with its arguments", function()
    for message, wanted in pairs {
      ["configure: a table expected, got string"] = "conf",
      ["configure: unknown field 'colour'"] = what { colour = "red" },
      ["configure: name: a text expected"] = what { name = "" },
      ["configure: scenario_id: 4 to 64 letters"] = what { scenario_id = "a/b" },
      ["configure: executable_id: an id expected"] = what { executable_id = "a/b" },
      ["configure: executable_id: a text expected"] = what { executable_id = 5 },
      ["configure: parameters: texts by their names expected, got modelName = table"] = what {
        parameters = { modelName = {} },
      },
      ["configure: parameters: long: at most 5000"] = what { parameters = { long = ("x"):rep(5001) } },
    } do
      local ok, failure = pcall(run, "configure", wanted)
      assert.is_false(ok)
      assert.is_truthy(tostring(failure):find(message, 1, true), tostring(failure))
    end
  end)
end)
