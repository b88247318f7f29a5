--- The operations about configurations.

local service = require "spec.emulator.service"

local call, decoded, fails = service.call, service.decoded, service.fails

describe("configurations", function()
  before_each(function()
    service.start()
  end)

  local function make(fields)
    local body = { name = "Chat", scenarioId = "scen-1", executableId = "exec-1" }
    for name, value in pairs(fields or {}) do
      body[name] = value
    end
    local answer = call("POST", "/configurations", { body = body })
    local id = decoded(answer).id
    assert.equal(201, answer.status)
    assert.equal(service.model.world.url .. "/v2/lm/configurations/" .. id, answer.headers.location)
    return id
  end

  local function ids(query)
    local found, list = decoded(call("GET", "/configurations" .. (query or ""))), {}
    for i, one in ipairs(found.resources) do
      list[i] = one.id
    end
    assert.is_true(found.count >= #list)
    return list
  end

  it("are made, the same one as often as it is asked for, and listed", function()
    local first, second = make(), make()
    assert.not_equal(first, second)
    local other = make { name = "other", scenarioId = "scen-2", executableId = "exec-2" }
    assert.same({ first, second, other }, ids())
    assert.same({ first, second }, ids "?$search=hat")
    assert.same({}, ids "?$search=HAT")
    assert.same({}, ids "?$search=HAT&searchCaseInsensitive=false")
    assert.same({ first, second }, ids "?$search=HAT&searchCaseInsensitive=true")
    assert.same({ other }, ids "?scenarioId=scen-2")
    assert.same({ other }, ids "?executableIds=exec-2,exec-3")
    assert.same({ second }, ids "?$top=1&$skip=1")
    assert.equal("2", call("GET", "/configurations/$count?scenarioId=scen-1").body)
    assert.equal("3", call("GET", "/configurations/%24count").body)
  end)

  it("are shown one by one, in their own resource group", function()
    local id = make { name = "one" }
    assert.same(decoded(call("GET", "/configurations")).resources[1], decoded(call("GET", "/configurations/" .. id)))
    assert.equal("one", decoded(call("GET", "/configurations/" .. id)).name)
    fails(404, call("GET", "/configurations/nobody"))
    fails(404, call("GET", "/configurations/" .. id, { headers = { ["ai-resource-group"] = "other" } }))
    fails(400, call("GET", "/configurations/a%20b"))
  end)

  it("keep their bindings, and give them to what runs by them", function()
    local id =
      make { parameterBindings = { { key = "modelName", value = "m-1" }, { key = "modelVersion", value = "7" } } }
    local shown = decoded(call("GET", "/configurations")).resources[1]
    assert.same({ key = "modelName", value = "m-1" }, shown.parameterBindings[1])
    local deployment = decoded(call("POST", "/deployments", { body = { configurationId = id } })).id
    service.now = service.now + 5
    local record = decoded(call("GET", "/deployments/" .. deployment))
    assert.same({ "Chat", "scen-1", "exec-1" }, { record.configurationName, record.scenarioId, record.executableId })
    assert.same({ name = "m-1", version = "7" }, record.details.resources.backendDetails.model)
  end)

  it("are refused where something is wrong", function()
    for _, fields in ipairs {
      { name = ("x"):rep(257) },
      { name = "a`b" },
      { name = "größer" },
      { scenarioId = "a/b" },
      { executableId = 5 },
      { parameterBindings = "x" },
      { parameterBindings = { { key = "a", value = 5 } } },
      { parameterBindings = { { key = "a", value = ("x"):rep(5001) } } },
      { parameterBindings = { { key = ("x"):rep(257), value = "a" } } },
      { inputArtifactBindings = { { key = "a", value = "not artifactId" } } },
    } do
      local body = { name = "Chat", scenarioId = "scen-1", executableId = "exec-1" }
      for name, value in pairs(fields) do
        body[name] = value
      end
      fails(400, call("POST", "/configurations", { body = body }))
    end
    for _, query in ipairs { "$search=", "$search=a~b", "searchCaseInsensitive=yes", "$expand=all" } do
      fails(400, call("GET", "/configurations?" .. query))
    end
  end)
end)
