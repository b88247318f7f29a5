--- What all operations demand of a call.

local service = require "spec.emulator.service"

local call, decoded, fails, seed = service.call, service.decoded, service.fails, service.seed

describe("operations", function()
  before_each(function()
    service.start()
  end)

  it("wants a resource group, but for meta", function()
    for path, method in pairs {
      ["/deployments"] = "GET",
      ["/deployments/$count"] = "GET",
      ["/deployments/" .. seed()] = "DELETE",
    } do
      fails(400, call(method, path, { headers = { ["ai-resource-group"] = false } }))
      fails(400, call(method, path, { headers = { ["ai-resource-group"] = "" } }))
    end
    assert.equal(200, call("GET", "/meta", { headers = { ["ai-resource-group"] = false } }).status)
  end)

  it("keeps resource groups apart", function()
    local id = seed()
    local other = { headers = { ["ai-resource-group"] = "nobody" } }
    assert.same({ count = 0, resources = {} }, decoded(call("GET", "/deployments", other)))
    assert.equal("0", call("GET", "/deployments/$count", other).body)
    fails(404, call("GET", "/deployments/" .. id, other))
    fails(404, call("DELETE", "/deployments/" .. id, other))
  end)
end)
