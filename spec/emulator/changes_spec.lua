--- The operations that change something.

local cjson = require "cjson"
local service = require "spec.emulator.service"

local NOW, FIRST = service.NOW, service.FIRST
local call, batch, decoded, fails, start, seed =
  service.call, service.batch, service.decoded, service.fails, service.start, service.seed

describe("changes", function()
  before_each(function()
    service.start()
  end)

  describe("create", function()
    it("answers before the deployment can be seen", function()
      local answer = call("POST", "/deployments", { body = { configurationId = "conf-1", ttl = "24H" } })
      assert.equal(202, answer.status)
      local created = decoded(answer)
      assert.same(
        { "", "Deployment scheduled.", "UNKNOWN" },
        { created.deploymentUrl, created.message, created.status }
      )
      local path = "/deployments/" .. created.id
      assert.equal(service.model.world.url .. "/v2/lm" .. path, answer.headers.location)
      assert.matches("not found", fails(404, call("GET", path)).message)
      service.now = NOW + 0.2
      assert.equal("UNKNOWN", decoded(call("GET", path)).status)
      service.now = NOW + 1
      assert.equal("PENDING", decoded(call("GET", path)).status)
      service.now = NOW + 2
      local running = decoded(call("GET", path))
      assert.same({ "RUNNING", "24H", "conf-1" }, { running.status, running.ttl, running.configurationId })
    end)

    it("refuses a bad body, and a configuration named missing…", function()
      local bad = { "", "[", "[]", "null", "7", '{"configurationId":"abc"}', '{"configurationId":12345}' }
      bad[#bad + 1] = '{"configurationId":"conf-1","ttl":"1y"}'
      bad[#bad + 1] = '{"configurationId":"missing-1"}'
      for _, body in ipairs(bad) do
        fails(400, call("POST", "/deployments", { body = body, headers = { ["content-type"] = "application/json" } }))
      end
      local text = { body = '{"configurationId":"conf-1"}', headers = { ["content-type"] = "text/plain" } }
      fails(400, call("POST", "/deployments", text))
      assert.same({}, service.model.journal:since(0))
    end)

    it("is refused beyond the quota", function()
      service.model.settings.quota = 2
      seed { resource_group = "other" }
      assert.equal(202, call("POST", "/deployments", { body = { configurationId = "conf-1" } }).status)
      local problem = fails(400, call("POST", "/deployments", { body = { configurationId = "conf-1" } }))
      assert.matches("quota", problem.message)
      assert.equal(1, #service.model.journal:since(0))
      assert.equal(202, call("POST", "/executions", { body = { configurationId = "conf-1" } }).status)
      service.model.settings.quota = -1
      assert.equal(202, call("POST", "/deployments", { body = { configurationId = "conf-1" } }).status)
    end)

    it("takes null for a ttl that is not given", function()
      local body = { configurationId = "conf-1", ttl = cjson.null }
      assert.equal(202, call("POST", "/deployments", { body = body }).status)
    end)
  end)

  describe("stop, update and delete", function()
    local function stop(id)
      return call("PATCH", "/deployments/" .. id, { body = { targetStatus = "STOPPED" } })
    end

    it("go the whole way of a teardown", function()
      local path = "/deployments/" .. seed()
      local stopped = stop(FIRST)
      assert.equal(202, stopped.status)
      assert.same({ id = FIRST, message = "Deployment modification scheduled" }, decoded(stopped))
      local stopping = decoded(call("GET", path))
      assert.same({ "STOPPING", "STOPPED", "" }, { stopping.status, stopping.targetStatus, stopping.deploymentUrl })
      service.now = service.now + 2
      assert.equal("STOPPED", decoded(call("GET", path)).status)
      local deleted = call("DELETE", path, { body = { targetStatus = "DELETED" } })
      assert.equal(202, deleted.status)
      assert.equal(FIRST, decoded(deleted).id)
      local leaving = decoded(call("GET", path))
      assert.same({ "STOPPED", "DELETED" }, { leaving.status, leaving.targetStatus })
      service.now = service.now + 2
      fails(404, call("GET", path))
      fails(404, call("DELETE", path))
    end)

    it("delete in three ways", function()
      for i, request in ipairs {
        { "DELETE", "" },
        { "DELETE", { targetStatus = "DELETED" } },
        { "PATCH", { targetStatus = "DELETED" } },
      } do
        local path = "/deployments/" .. seed { id = "d-00" .. i, status = "DEAD" }
        assert.equal(202, call(request[1], path, { body = request[2] }).status)
        assert.equal("DELETED", decoded(call("GET", path)).targetStatus)
      end
      assert.equal(3, service.model.journal:requests().delete)
    end)

    it("are refused by status", function()
      local unknown = fails(400, stop(seed { status = "UNKNOWN" }))
      assert.equal("01010076", unknown.code)
      assert.equal("Invalid Request, Current status UNKNOWN cannot be changed..", unknown.message)
      for _, status in ipairs { "STOPPING", "STOPPED", "DEAD", "COMPLETED" } do
        local id = seed { status = status }
        fails(412, stop(id))
        if status ~= "DEAD" then
          fails(412, call("PATCH", "/deployments/" .. id, { body = { configurationId = "conf-2" } }))
        end
      end
      for _, status in ipairs { "RUNNING", "PENDING", "STOPPING" } do
        fails(412, call("DELETE", "/deployments/" .. seed { status = status }))
      end
      assert.same({}, service.model.journal:since(0))
    end)

    it("repeat a delete as the setting says", function()
      local path = "/deployments/" .. seed { status = "STOPPED" }
      assert.equal(202, call("DELETE", path).status)
      assert.equal(202, call("DELETE", path).status)
      service.model.settings.delete_again = 412
      fails(412, call("DELETE", path))
      assert.equal(1, #service.model.journal:since(0))
    end)

    it("may be refused in AI Core's words although the status allows, or ignored", function()
      local faults, path = service.model.faults, "/deployments/" .. seed()
      for _, status in ipairs { 400, 404, 409, 412, 422, 423 } do
        assert(faults:add { operation = "stop", refuse = status })
        assert.matches(
          status == 404 and "ID .* not found" or "cannot be stopped now",
          fails(status, stop(FIRST)).message
        )
      end
      assert(faults:add { operation = "*", refuse = 409, lasts = 30 })
      fails(409, stop(FIRST))
      service.now = service.now + 29
      fails(409, call("PATCH", path, { body = { configurationId = "conf-2" } }))
      service.now = service.now + 1
      assert(faults:add { operation = "stop", ignore = true })
      assert.equal(202, stop(FIRST).status)
      local shown = decoded(call("GET", path))
      assert.same({ "RUNNING", "RUNNING" }, { shown.status, shown.targetStatus })
      assert.same({}, service.model.journal:since(0))
      assert.equal(202, stop(FIRST).status)
      assert.equal("STOPPING", decoded(call("GET", path)).status)
    end)

    it("meet no such fault where they are refused, or nothing is left to do", function()
      local running, leaving = seed(), seed { status = "STOPPED", target_status = "DELETED" }
      assert(service.model.faults:add { operation = "delete", refuse = 409 })
      fails(412, call("DELETE", "/deployments/" .. running))
      assert.equal(202, call("DELETE", "/deployments/" .. leaving).status)
      fails(409, call("DELETE", "/deployments/" .. seed { status = "DEAD" }))
    end)

    it("do not find what a GET would not find, if a setting says so", function()
      local settings, id = service.model.settings, seed { status = "DEAD", age = 0 }
      settings.appear_time = 60
      assert.equal(202, call("PATCH", "/deployments/" .. id, { body = { configurationId = "conf-2" } }).status)
      settings.lagging_sends = true
      fails(404, stop(id))
      local results = decoded(batch { { id = id, targetStatus = "STOPPED" } }).deployments
      assert.equal("01010016", results[1].error.code)
      service.now = service.now + 60
      assert.equal(202, stop(id).status)
    end)

    it("update the configuration", function()
      local path = "/deployments/" .. seed { configuration_id = "conf-1" }
      assert.equal(202, call("PATCH", path, { body = { configurationId = "conf-2" } }).status)
      local shown = decoded(call("GET", path))
      assert.equal("PENDING", shown.status)
      assert.same({ "conf-2", "conf-1" }, { shown.configurationId, shown.latestRunningConfigurationId })
      fails(400, call("PATCH", path, { body = { configurationId = "missing-2" } }))
      fails(400, call("PATCH", path, { body = { configurationId = "x" } }))
    end)

    it("want a body that makes sense", function()
      local id = seed()
      for _, body in ipairs {
        {},
        { targetStatus = "RUNNING" },
        { targetStatus = "stopped" },
        { targetStatus = "STOPPED", configurationId = "conf-2" },
      } do
        fails(400, call("PATCH", "/deployments/" .. id, { body = body }))
      end
      local form = { body = '{"targetStatus":"STOPPED"}', headers = { ["content-type"] = "application/x-www-form" } }
      fails(400, call("PATCH", "/deployments/" .. id, form))
      local merge = { body = form.body, headers = { ["content-type"] = "application/merge-patch+json; charset=utf-8" } }
      assert.equal(202, call("PATCH", "/deployments/" .. id, merge).status)
      local dead = seed { status = "DEAD" }
      fails(400, call("DELETE", "/deployments/" .. dead, { body = { targetStatus = "STOPPED" } }))
      fails(400, call("DELETE", "/deployments/" .. dead, { body = "{" }))
    end)
  end)

  describe("batch", function()
    it("lets each item succeed or fail alone", function()
      seed { id = "d-001", status = "RUNNING" }
      seed { id = "d-002", status = "STOPPED" }
      seed { id = "d-003", status = "RUNNING" }
      seed { id = "d-004", status = "UNKNOWN" }
      local answer = batch {
        { id = "d-001", targetStatus = "STOPPED" },
        { id = "d-002", targetStatus = "DELETED" },
        { id = "d-003", targetStatus = "DELETED" },
        { id = "d-004", targetStatus = "STOPPED" },
        { id = "d-005", targetStatus = "STOPPED" },
      }
      assert.equal(202, answer.status)
      local items = decoded(answer).deployments
      assert.same({ "d-001", "d-002" }, { items[1].id, items[2].id })
      assert.is_string(items[1].message)
      assert.is_nil(items[1].error)
      assert.is_string(items[3].error.message)
      assert.is_nil(items[3].message)
      assert.same({ "01010076", "01010016" }, { items[4].error.code, items[5].error.code })
      assert.equal("STOPPING", service.model.world:get("default", "d-001").status)
      assert.equal("DELETED", service.model.world:get("default", "d-002").target_status)
      assert.equal("RUNNING", service.model.world:get("default", "d-003").target_status)
    end)

    it("has its items refused or ignored one by one", function()
      for i = 1, 4 do
        seed { id = "d-00" .. i }
      end
      assert(service.model.faults:add { operation = "stop", id = "d-002", refuse = 423, times = 0 })
      assert(service.model.faults:add { operation = "stop", id = "d-003", ignore = true })
      assert(service.model.faults:add { operation = "stop", id = "d-004", refuse = 404 })
      local items = {}
      for i = 1, 4 do
        items[i] = { id = "d-00" .. i, targetStatus = "STOPPED" }
      end
      local results = decoded(batch(items)).deployments
      assert.is_string(results[2].error.message)
      assert.equal("01010016", results[4].error.code)
      assert.same({ nil, nil }, { results[1].error, results[3].error })
      local words = {}
      for i = 1, 4 do
        words[i] = service.model.world:get("default", "d-00" .. i).status
      end
      assert.same({ "STOPPING", "RUNNING", "RUNNING", "RUNNING" }, words)
      assert.equal(1, #service.model.journal:since(0))
    end)

    it("is refused as a whole where the request is wrong", function()
      local function items(count)
        local made = {}
        for i = 1, count do
          made[i] = { id = ("d-%03d"):format(i), targetStatus = "STOPPED" }
        end
        return made
      end
      seed { id = "d-001" }
      fails(400, batch {})
      fails(400, batch(items(101)))
      fails(400, batch { items(1)[1], items(1)[1] })
      fails(400, batch { items(1)[1], { id = "d-002", targetStatus = "RUNNING" } })
      fails(400, batch { items(1)[1], { id = "d 2", targetStatus = "STOPPED" } })
      fails(400, batch { items(1)[1], { targetStatus = "STOPPED" } })
      fails(400, batch { items(1)[1], "d-002" })
      fails(400, batch "all")
      fails(400, batch(items(1), "application/json"))
      assert.same({}, service.model.journal:since(0))
      assert.equal(202, batch(items(100)).status)
    end)

    it("may be missing, and meta says so", function()
      assert.is_true(decoded(call("GET", "/meta")).aiApi.capabilities.bulkUpdates.deployments)
      start { settings = { bulk = false } }
      assert.is_false(decoded(call("GET", "/meta")).aiApi.capabilities.bulkUpdates.deployments)
      fails(400, batch { { id = seed(), targetStatus = "STOPPED" } })
      assert.same({}, service.model.journal:since(0))
    end)
  end)

  it("of executions are neither updates nor a ttl, and speak of executions", function()
    local answer = call("POST", "/executions", { body = { configurationId = "conf-1", ttl = "soon" } })
    assert.equal(202, answer.status)
    local created = decoded(answer)
    assert.same({ "Execution scheduled.", "UNKNOWN" }, { created.message, created.status })
    assert.matches("^e%x+$", created.id)
    assert.equal(service.model.world.url .. "/v2/lm/executions/" .. created.id, answer.headers.location)
    service.now = service.now + 2
    local path = "/executions/" .. created.id
    assert.is_nil(decoded(call("GET", path)).ttl)
    fails(404, call("GET", "/deployments/" .. created.id))
    fails(400, call("PATCH", path, { body = { configurationId = "conf-2" } }))
    assert.matches("^Execution .* cannot be deleted", fails(412, call("DELETE", path)).message)
    answer = call("PATCH", path, { body = { targetStatus = "STOPPED" } })
    assert.equal("Execution modification scheduled", decoded(answer).message)
    local headers = { ["content-type"] = "application/merge-patch+json" }
    local body = { executions = { { id = created.id, targetStatus = "DELETED" } } }
    answer = call("PATCH", "/executions", { body = body, headers = headers })
    assert.equal(created.id, decoded(answer).executions[1].id)
  end)
end)
