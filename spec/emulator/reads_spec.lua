--- The operations that look.

local service = require "spec.emulator.service"

local call, decoded, fails, seed = service.call, service.decoded, service.fails, service.seed

describe("reads", function()
  before_each(function()
    service.start()
  end)

  describe("status", function()
    it("shows a deployment in full, or little of it", function()
      local id = seed { configuration_id = "conf-1", scenario_id = "scen-1", executable_id = "exec-1", age = 60 }
      local shown = decoded(call("GET", "/deployments/" .. id))
      assert.equal("RUNNING", shown.status)
      assert.equal("RUNNING", shown.targetStatus)
      assert.same({ "conf-1", "scen-1", "exec-1" }, { shown.configurationId, shown.scenarioId, shown.executableId })
      assert.equal("2023-11-14T22:12:20Z", shown.createdAt)
      assert.is_table(shown.details.scaling.backendDetails)
      assert.is_table(shown.statusDetails)
      assert.matches("/v2/inference/deployments/" .. id .. "$", shown.deploymentUrl)
      local less = decoded(call("GET", "/deployments/" .. id .. "?$select=status"))
      assert.equal("RUNNING", less.status)
      assert.is_nil(less.details)
      assert.is_nil(less.targetStatus)
    end)

    it("knows right and wrong ids", function()
      assert.equal(200, call("GET", "/deployments/" .. seed():gsub("^d", "%%64")).status)
      assert.equal("Deployment ID d-nothing not found", fails(404, call("GET", "/deployments/d-nothing")).message)
      for _, id in ipairs { "abc", ("x"):rep(65), "a%20b%20c", "d%2F..%2Fx" } do
        fails(400, call("GET", "/deployments/" .. id))
      end
      fails(400, call("GET", "/deployments/" .. seed() .. "?$select=id"))
    end)

    it("shows what a replica knows, to GET and logs alone", function()
      service.model.settings.read_lag, service.model.settings.delete_time = 10, 0
      local path = "/deployments/" .. seed { status = "STOPPED" }
      assert.equal(202, call("DELETE", path).status)
      service.now = service.now + 9
      assert.equal("STOPPED", decoded(call("GET", path)).status)
      assert.equal(200, call("GET", path .. "/logs").status)
      fails(404, call("DELETE", path))
      service.now = service.now + 1
      fails(404, call("GET", path))
      fails(404, call("GET", path .. "/logs"))
    end)

    it("passes unknown status words on", function()
      local id = seed { status = "HIBERNATING" }
      assert.equal("HIBERNATING", decoded(call("GET", "/deployments/" .. id)).status)
    end)
  end)

  describe("list and count", function()
    local function ids(query)
      local answer = call("GET", "/deployments" .. query)
      assert.equal(200, answer.status)
      local found, list = {}, decoded(answer)
      for i, deployment in ipairs(list.resources) do
        found[i] = deployment.id
      end
      assert.equal(#found, list.count)
      return found
    end

    it("page through a stable order", function()
      for i = 1, 5 do
        seed { id = "d-00" .. i }
      end
      assert.same({ "d-001", "d-002", "d-003", "d-004", "d-005" }, ids "")
      assert.same({ "d-001", "d-002" }, ids "?$top=2")
      assert.same({ "d-003", "d-004" }, ids "?$top=2&$skip=2")
      assert.same({ "d-005" }, ids "?%24top=2&%24skip=4")
      assert.same({}, ids "?$skip=5")
      assert.same({}, ids "?$top=0")
      assert.equal("5", call("GET", "/deployments/$count").body)
      assert.equal("text/plain", call("GET", "/deployments/%24count").headers["content-type"])
    end)

    it("go to 10,000 by default", function()
      for _ = 1, 10001 do
        seed { status = "STOPPED" }
      end
      assert.equal(10000, #ids "?$select=status")
      assert.equal(10001, #ids "?$select=status&$top=100000")
      assert.equal("10001", call("GET", "/deployments/$count").body)
    end)

    it("have pages and counts as the settings say", function()
      for i = 1, 5 do
        seed { id = "d-00" .. i }
      end
      local function read(query)
        local page = decoded(call("GET", "/deployments" .. query))
        return { page.count or "-", #page.resources, page.resources[1] and page.resources[1].id }
      end
      local settings = service.model.settings
      settings.page_cap = 2
      assert.same({ 2, 2, "d-001" }, read "")
      assert.same({ 1, 1, "d-005" }, read "?$top=100&$skip=4")
      for count, expected in pairs { page = 2, total = 5, more = 6, less = 4, missing = "-" } do
        settings.count = count
        assert.same({ expected, 2, "d-003" }, read "?$skip=2")
      end
      settings.count = "total"
      assert.same({ 5, 0 }, read "?$skip=5")
      settings.count, settings.skip_ignored = "wrong", true
      local counts = {}
      for _ = 1, 100 do
        local page = read "?$skip=2"
        assert.same({ 2, "d-001" }, { page[2], page[3] })
        counts[page[1]] = true
      end
      assert.same({ [2] = true, [3] = true, [4] = true, [6] = true, [7] = true, [8] = true }, counts)
      assert.equal("5", call("GET", "/deployments/$count").body)
    end)

    it("shift while they are read", function()
      for i = 1, 10 do
        seed { id = ("d-%03d"):format(i) }
      end
      assert.same({ "d-001", "d-002" }, ids "?$top=2")
      service.model.settings.page_shifts = 1
      local first = {}
      for _ = 1, 100 do
        local page = ids "?$top=5&$skip=5"
        assert.equal(5, #page)
        first[page[1]] = true
        assert.equal(10, #ids "")
      end
      assert.is_true(first["d-001"] and first["d-010"])
    end)

    it("show records that are not as they should be", function()
      local id, settings = seed(), service.model.settings
      settings.hide_target, settings.stamps = 1, "missing"
      for _, shown in ipairs {
        decoded(call("GET", "/deployments/" .. id)),
        decoded(call("GET", "/deployments")).resources[1],
      } do
        assert.same({ "RUNNING", nil, nil }, { shown.status, shown.targetStatus, shown.modifiedAt })
        assert.is_string(shown.createdAt)
      end
      settings.odd_records = 1
      local shown = decoded(call("GET", "/deployments")).resources[1]
      assert.is_false(type(shown.id) == "string" and type(shown.status) == "string")
      assert.equal("RUNNING", decoded(call("GET", "/deployments/" .. id)).status)
    end)

    it("lag, but a GET does not", function()
      local id = seed()
      service.model.settings.list_lag = 30
      call("PATCH", "/deployments/" .. id, { body = { targetStatus = "STOPPED" } })
      service.now = service.now + 29
      assert.equal("STOPPED", decoded(call("GET", "/deployments/" .. id)).status)
      assert.equal("RUNNING", decoded(call("GET", "/deployments")).resources[1].status)
      assert.equal("1", call("GET", "/deployments/$count?status=RUNNING").body)
      service.now = service.now + 1
      assert.equal("0", call("GET", "/deployments/$count?status=RUNNING").body)
      assert.equal("STOPPING", decoded(call("GET", "/deployments")).resources[1].status)
    end)

    it("filter", function()
      seed { id = "d-001", status = "RUNNING", configuration_id = "conf-1", executable_id = "exec-1" }
      seed { id = "d-002", status = "STOPPED", configuration_id = "conf-1", executable_id = "exec-2" }
      seed { id = "d-003", status = "STOPPED", scenario_id = "scen-3", executable_id = "exec-3" }
      for query, expected in pairs {
        ["?status=STOPPED"] = { "d-002", "d-003" },
        ["?configurationId=conf-1"] = { "d-001", "d-002" },
        ["?configurationId=conf-1&status=STOPPED"] = { "d-002" },
        ["?scenarioId=scen-3"] = { "d-003" },
        ["?executableIds=exec-1,exec-3"] = { "d-001", "d-003" },
        ["?executableIds=exec-9"] = {},
        ["?top=1"] = { "d-001", "d-002", "d-003" },
      } do
        assert.same(expected, ids(query))
        assert.equal(tostring(#expected), call("GET", "/deployments/$count" .. query).body)
      end
    end)

    it("refuse malformed parameters, by name", function()
      for query, name in pairs {
        ["$top=100001"] = "$top",
        ["$top=-1"] = "$top",
        ["$skip=x"] = "$skip",
        ["$select=all"] = "$select",
        ["status=running"] = "status",
        ["configurationId=a"] = "configurationId",
        ["scenarioId="] = "scenarioId",
        ["executableIds=a,b"] = "executableIds",
      } do
        assert.equal(name, fails(400, call("GET", "/deployments?" .. query)).details.parameter)
      end
      fails(400, call("GET", "/deployments/$count?status=x"))
    end)
  end)

  describe("logs", function()
    it("are those of the last hour, a thousand of them, the oldest first", function()
      local path = "/deployments/" .. seed { age = 100000 } .. "/logs"
      local lines = decoded(call("GET", path)).data.result
      assert.equal(361, #lines) -- both ends of the hour count
      assert.is_true(lines[1].timestamp < lines[2].timestamp)
      assert.equal("2023-11-14T21:13:20.000+00:00", lines[1].timestamp)
      local early = decoded(call("GET", path .. "?start=2023-11-13T22:13:20Z")).data.result
      assert.equal(1000, #early)
      local desc = decoded(call("GET", path .. "?$top=5000&$order=desc&start=2023-11-13T22:13:20%2B00:00")).data.result
      assert.equal(5000, #desc)
      assert.is_true(desc[1].timestamp > desc[2].timestamp)
    end)

    it("refuse malformed parameters", function()
      local path = "/deployments/" .. seed() .. "/logs?"
      for _, query in ipairs {
        "$top=0",
        "$top=5001",
        "$order=up",
        "start=now",
        "end=2023-11-14T21:13:20+00:00",
        "start=2023-11-14T22:00:00Z&end=2023-11-14T21:00:00Z",
      } do
        fails(400, call("GET", path .. query))
      end
      fails(404, call("GET", "/deployments/d-nothing/logs"))
    end)
  end)

  it("tell executions by their schedule, which deployments do not have", function()
    seed { id = "e-001", resource = "executions", schedule_id = "s-001" }
    seed { id = "e-002", resource = "executions", schedule_id = "s-002" }
    seed { id = "d-001" }
    local query = "?executionScheduleId=s-002"
    local page = decoded(call("GET", "/executions" .. query))
    assert.same({ 1, "e-002", "s-002" }, { page.count, page.resources[1].id, page.resources[1].executionScheduleId })
    assert.equal("1", call("GET", "/executions/$count" .. query).body)
    assert.equal("1", call("GET", "/deployments/$count" .. query).body)
    fails(400, call("GET", "/executions?executionScheduleId=x"))
    fails(404, call("GET", "/deployments/e-001"))
    assert.matches(
      "^Execution e%-001 scheduled$",
      decoded(call("GET", "/executions/e-001/logs?$top=1")).data.result[1].msg
    )
  end)
end)
