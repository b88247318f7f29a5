--- Which operation a request asks for.

local operations = require "aicore.call.operations"
local routes = require "aicore.emulator.routes"

describe("routes", function()
  local function found(method, path, body)
    local route = routes.find(method, path, body)
    return route and route.operation, route and route.id, route and route.resource
  end

  it("lead to each operation of the client, by its own verb and path", function()
    local bodies = { update = { configurationId = "conf-1" } }
    for _, word in ipairs { "deployments", "executions" } do
      for name, operation in pairs(operations) do
        local path = operation.path and "/v2" .. operation.path or "/oauth/token"
        path = path:gsub("{resource}", word):gsub("{id}", "d%%2D1")
        local id = operation.about_one and "d-1" or nil
        local resource = operation.resource and word or nil
        local expected = name == "update" and word == "executions" and "stop" or name -- these cannot be updated
        assert.same({ expected, id, resource }, { found(operation.verb, path, bodies[name]) }, name)
      end
    end
  end)

  it("tell the operations of one PATCH apart by the body", function()
    for _, case in ipairs {
      { "stop", { targetStatus = "STOPPED" } },
      { "delete", { targetStatus = "DELETED" } },
      { "update", { configurationId = "conf-1" } },
      { "stop", { configurationId = "conf-1", targetStatus = "STOPPED" } }, -- which is refused there
      { "stop", {} },
      { "stop", nil },
    } do
      assert.equal(case[1], (found("PATCH", "/v2/lm/deployments/d-1", case[2])))
    end
  end)

  it("take $count for no id, escaped or not", function()
    assert.equal("count", (found("GET", "/v2/lm/deployments/$count")))
    assert.equal("count", (found("GET", "/v2/lm/deployments/%24count")))
    assert.same({ "status", "count", "deployments" }, { found("GET", "/v2/lm/deployments/count") })
  end)

  it("end where nothing is, and name the methods where only the method is wrong", function()
    for _, path in ipairs { "/", "/lm/meta", "/v2/lm/", "/v2/lm/models/x", "/v2/lm/deployments/a/b" } do
      assert.is_nil(routes.find("GET", path), path)
    end
    for path, methods in pairs {
      ["/oauth/token"] = "POST",
      ["/v2/lm/meta"] = "GET",
      ["/v2/lm/deployments"] = "GET, PATCH, POST",
      ["/v2/lm/deployments/d-1"] = "DELETE, GET, PATCH",
    } do
      local route = routes.find("PUT", path)
      assert.is_nil(route.operation)
      assert.equal(methods, route.methods)
    end
  end)
end)
