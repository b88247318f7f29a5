--- The path for tests and demos.

local service = require "spec.emulator.service"

local FIRST = service.FIRST
local send, call, decoded, seed = service.send, service.call, service.decoded, service.seed

describe("the admin path", function()
  before_each(function()
    service.start()
  end)

  local function admin(method, path, body)
    local answer = send(method, "/_emulator" .. path, { body = body })
    return answer.status, answer.body ~= "" and decoded(answer) or nil
  end

  it("seeds deployments", function()
    local status, answer = admin("POST", "/deployments", { count = 2, status = "DEAD", resource_group = "team" })
    assert.equal(201, status)
    assert.same({ FIRST, "d000000000000002" }, answer.ids)
    assert.equal("DEAD", service.model.world:get("team", FIRST).status)
    assert.same({ "d-mine" }, select(2, admin("POST", "/deployments", { id = "d-mine" })).ids)
    for _, body in ipairs { { stat = "DEAD" }, { id = "x" }, { id = "d-mine", count = 2 }, { age = -1 }, "[" } do
      status, answer = admin("POST", "/deployments", body)
      assert.equal(400, status)
      assert.is_string(answer.error)
    end
    assert.equal(204, (admin("DELETE", "/deployments")))
    assert.is_nil(service.model.world:get("default", "d-mine"))
  end)

  it("keeps faults, settings and tokens", function()
    assert.equal(201, (admin("POST", "/faults", { operation = "*", status = 503 })))
    assert.equal(400, (admin("POST", "/faults", { operation = "nonsense" })))
    assert.equal(503, select(2, admin("GET", "/faults")).faults[1].status)
    assert.equal(204, (admin("DELETE", "/faults")))
    assert.same({}, select(2, admin("GET", "/faults")).faults)

    assert.equal(0.5, select(2, admin("PUT", "/settings", { stop_time = 0.5 })).stop_time)
    assert.equal(400, (admin("PUT", "/settings", { stop_tim = 0.5 })))
    assert.is_true(select(2, admin("GET", "/settings")).bulk)

    assert.equal(200, call("GET", "/meta").status)
    assert.equal(204, (admin("POST", "/tokens/expire")))
    assert.equal(401, call("GET", "/meta").status)
  end)

  it("shows the journal and is not in it", function()
    local id = seed()
    call("PATCH", "/deployments/" .. id, { body = { targetStatus = "STOPPED" } })
    service.now = service.now + 5
    local _, answer = admin("GET", "/journal")
    assert.same({ "stop", "stopped" }, { answer.entries[1].what, answer.entries[2].what })
    assert.same({ total = 1, stop = 1 }, answer.requests)
    assert.equal(1, #select(2, admin("GET", "/journal?since=" .. answer.entries[1].seq)).entries)
    assert.equal(204, (admin("DELETE", "/journal")))
    _, answer = admin("GET", "/journal")
    assert.same({ entries = {}, requests = { total = 0 } }, answer)
  end)

  it("knows what it does not know", function()
    assert.equal(404, (admin("GET", "/nothing")))
    assert.equal(405, (admin("PATCH", "/journal")))
  end)
end)
