--- Requests and answers, without a server: gateway, login, every operation, faults on the way.

local cjson = require "cjson"
local emulator = require "aicore.emulator"

local NOW = 1700000000
local FIRST = "d000000000000001"

describe("the emulated service", function()
  local model, now, token

  -- One request of a client; a body that is a table is sent as JSON.
  local function send(method, target, options)
    options = options or {}
    local body, headers = options.body or "", {}
    if type(body) == "table" then
      body, headers["content-type"] = cjson.encode(body), "application/json"
    end
    for name, value in pairs(options.headers or {}) do
      headers[name] = value
    end
    local path, query = target:match "^([^?]*)%??(.*)$"
    local request = { method = method, path = path, query = query, headers = headers, body = body }
    request.certificate = options.certificate
    local exchange = model:accept(request)
    return model:perform(exchange, now + exchange.delay), exchange
  end

  local function log_in(form, headers, certificate)
    headers = headers or {}
    headers["content-type"] = headers["content-type"] or "application/x-www-form-urlencoded"
    return send("POST", "/oauth/token", { body = form, headers = headers, certificate = certificate })
  end

  -- A request of the AI API with all that it needs.
  local function call(method, path, options)
    options = options or {}
    local headers = { authorization = "Bearer " .. token, ["ai-resource-group"] = "default" }
    for name, value in pairs(options.headers or {}) do
      headers[name] = value or nil
    end
    return send(method, "/v2/lm" .. path, { body = options.body, headers = headers })
  end

  local function batch(items, content_type)
    local headers = { ["content-type"] = content_type or "application/merge-patch+json" }
    return call("PATCH", "/deployments", { body = { deployments = items }, headers = headers })
  end

  local function decoded(answer)
    return cjson.decode(answer.body)
  end

  local function fails(status, answer)
    assert.equal(status, answer.status)
    assert.equal("application/json", answer.headers["content-type"])
    local problem = decoded(answer).error
    assert.is_string(problem.code)
    assert.is_string(problem.message)
    assert.is_string(problem.target)
    assert.equal(answer.headers["x-request-id"], problem.requestId)
    return problem
  end

  local function start(options)
    model, now = emulator.new(options), NOW
    token = decoded(log_in "grant_type=client_credentials&client_id=a&client_secret=b").access_token
    model.journal:clear()
  end

  local function seed(fields)
    return model.world:seed(fields or {}, now).id
  end

  before_each(function()
    start()
  end)

  describe("token endpoint", function()
    it("takes the secret in the form or in HTTP Basic", function()
      local answer = log_in "grant_type=client_credentials&client_id=sb%21a&client_secret=x%2By"
      assert.equal(200, answer.status)
      local granted = decoded(answer)
      assert.equal("bearer", granted.token_type)
      assert.equal(43200, granted.expires_in)
      local entry = model.journal:since(0)[1]
      assert.same({ "login", "sb!a" }, { entry.what, entry.id })
      -- "sb%21a:x%3Ay": form-encoded inside Basic
      assert.equal(200, log_in("grant_type=client_credentials", { authorization = "Basic c2IlMjFhOnglM0F5" }).status)
      assert.equal("sb!a", model.journal:since(entry.seq)[1].id)
    end)

    it("refuses whatever is missing or wrong", function()
      for form, status in pairs {
        ["grant_type=client_credentials&client_id=a"] = 401,
        ["grant_type=client_credentials&client_id=a&client_secret="] = 401,
        ["grant_type=client_credentials&client_secret=b"] = 401,
        ["grant_type=password&client_id=a&client_secret=b"] = 400,
        ["client_id=a&client_secret=b"] = 400,
        [""] = 400,
      } do
        local answer = log_in(form)
        assert.equal(status, answer.status, form)
        assert.is_string(decoded(answer).error)
      end
      local form = "grant_type=client_credentials&client_id=a&client_secret=b"
      assert.equal(400, log_in(form, { ["content-type"] = "application/json" }).status)
      assert.equal(405, send("GET", "/oauth/token").status)
      assert.same({}, model.journal:since(0))
    end)

    it("compares with the credentials that it was started with", function()
      model = emulator.new { client_id = "me", client_secret = "s+/=" }
      assert.equal(200, log_in("grant_type=client_credentials&client_id=me&client_secret=s%2B%2F%3D").status)
      assert.equal(401, log_in("grant_type=client_credentials&client_id=you&client_secret=s%2B%2F%3D").status)
      local refused = log_in "grant_type=client_credentials&client_id=me&client_secret=s+/="
      assert.same({ error = "invalid_client", error_description = "Bad credentials" }, decoded(refused))
    end)

    it("takes a verified certificate instead of a secret", function()
      model = emulator.new { client_id = "me", client_secret = "secret" }
      local form = "grant_type=client_credentials&client_id="
      assert.equal(200, log_in(form .. "me", nil, true).status)
      assert.equal(401, log_in(form .. "me", nil, false).status)
      assert.equal(401, log_in(form .. "you", nil, true).status)
      assert.equal(401, log_in(form .. "me&client_secret=wrong", nil, true).status)
    end)
  end)

  describe("gateway", function()
    it("wants a token that lives, and does not speak JSON", function()
      for _, case in ipairs {
        { {}, "Jwt is missing" },
        { { authorization = "Bearer x.y.z" }, "Jwt verification fails" },
      } do
        local answer = send("GET", "/v2/lm/meta", { headers = case[1] })
        assert.equal(401, answer.status)
        assert.equal(case[2], answer.body)
        assert.equal("text/plain", answer.headers["content-type"])
        assert.matches("^Bearer realm=", answer.headers["www-authenticate"])
        assert.is_string(answer.headers["x-request-id"])
      end
      now = NOW + 43200
      assert.equal("Jwt is expired", call("GET", "/meta").body)
    end)

    it("knows no path but those of the API, and says so in HTML", function()
      local headers = { authorization = "Bearer " .. token, ["ai-resource-group"] = "default" }
      for _, path in ipairs {
        "/",
        "/lm/deployments",
        "/v2/v2/lm/deployments/" .. FIRST,
        "/v2/lm/deployments/",
        "/v2/lm/deployments/x/y",
      } do
        local answer = send("DELETE", path, { headers = headers })
        assert.equal(404, answer.status, path)
        assert.equal("text/html", answer.headers["content-type"])
      end
    end)

    it("names the methods where the method is wrong", function()
      for path, allowed in pairs {
        ["/deployments"] = "GET, PATCH, POST",
        ["/deployments/" .. FIRST] = "DELETE, GET, PATCH",
        ["/deployments/$count"] = "GET",
        ["/deployments/" .. FIRST .. "/logs"] = "GET",
        ["/meta"] = "GET",
      } do
        for _, method in ipairs { "HEAD", "PUT", "path" } do
          local answer = call(method, path)
          fails(405, answer)
          assert.equal(allowed, answer.headers.allow)
        end
      end
    end)
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
      assert.equal(model.world.url .. "/v2/lm" .. path, answer.headers.location)
      assert.matches("not found", fails(404, call("GET", path)).message)
      now = NOW + 0.2
      assert.equal("UNKNOWN", decoded(call("GET", path)).status)
      now = NOW + 1
      assert.equal("PENDING", decoded(call("GET", path)).status)
      now = NOW + 2
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
      assert.same({}, model.journal:since(0))
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
      now = now + 2
      assert.equal("STOPPED", decoded(call("GET", path)).status)
      local deleted = call("DELETE", path, { body = { targetStatus = "DELETED" } })
      assert.equal(202, deleted.status)
      assert.equal(FIRST, decoded(deleted).id)
      local leaving = decoded(call("GET", path))
      assert.same({ "STOPPED", "DELETED" }, { leaving.status, leaving.targetStatus })
      now = now + 2
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
      assert.equal(3, model.journal:requests().delete)
    end)

    it("are refused by status", function()
      local unknown = fails(400, stop(seed { status = "UNKNOWN" }))
      assert.equal("01010076", unknown.code)
      assert.equal("Invalid Request, Current status UNKNOWN cannot be changed..", unknown.message)
      for _, status in ipairs { "STOPPING", "STOPPED", "DEAD", "COMPLETED" } do
        local id = seed { status = status }
        fails(412, stop(id))
        fails(412, call("PATCH", "/deployments/" .. id, { body = { configurationId = "conf-2" } }))
      end
      for _, status in ipairs { "RUNNING", "PENDING", "STOPPING" } do
        fails(412, call("DELETE", "/deployments/" .. seed { status = status }))
      end
      assert.same({}, model.journal:since(0))
    end)

    it("repeat a delete as the setting says", function()
      local path = "/deployments/" .. seed { status = "STOPPED" }
      assert.equal(202, call("DELETE", path).status)
      assert.equal(202, call("DELETE", path).status)
      model.settings.delete_again = 412
      fails(412, call("DELETE", path))
      assert.equal(1, #model.journal:since(0))
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
      assert.equal("STOPPING", model.world:get("default", "d-001").status)
      assert.equal("DELETED", model.world:get("default", "d-002").target_status)
      assert.equal("RUNNING", model.world:get("default", "d-003").target_status)
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
      assert.same({}, model.journal:since(0))
      assert.equal(202, batch(items(100)).status)
    end)

    it("may be missing, and meta says so", function()
      assert.is_true(decoded(call("GET", "/meta")).aiApi.capabilities.bulkUpdates.deployments)
      start { settings = { bulk = false } }
      assert.is_false(decoded(call("GET", "/meta")).aiApi.capabilities.bulkUpdates.deployments)
      fails(400, batch { { id = seed(), targetStatus = "STOPPED" } })
      assert.same({}, model.journal:since(0))
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

  describe("faults", function()
    local path

    before_each(function()
      path = "/deployments/" .. seed { status = "STOPPED" }
    end)

    local function target()
      return model.world:get("default", FIRST).target_status
    end

    it("answer in place of the service", function()
      assert(model.faults:add { operation = "delete", status = 503, headers = { ["Retry-After"] = 7 } })
      local answer = call("DELETE", path)
      assert.equal(503, answer.status)
      assert.equal("7", answer.headers["retry-after"])
      assert.equal("text/plain", answer.headers["content-type"])
      assert.is_string(answer.headers["x-request-id"])
      assert.equal("STOPPED", target())
      assert.equal(202, call("DELETE", path).status)
    end)

    it("answer with the body that they are given", function()
      for body, content_type in pairs {
        ['{"error":{}}'] = "application/json",
        ["<html></html>"] = "text/html",
        ["no healthy upstream"] = "text/plain",
      } do
        assert(model.faults:add { operation = "status", status = 500, body = body })
        local answer = call("GET", path)
        assert.same({ body, content_type }, { answer.body, answer.headers["content-type"] })
      end
      assert(model.faults:add { operation = "status", status = 404, body = { error = { code = "1" } } })
      assert.equal("1", decoded(call("GET", path)).error.code)
    end)

    it("let the effect happen behind a wrong answer", function()
      assert(model.faults:add { operation = "delete", status = 502, effect = true })
      assert.equal(502, call("DELETE", path).status)
      assert.equal("DELETED", target())
    end)

    it("lose the answer before or after the effect", function()
      assert(model.faults:add { operation = "delete", drop = "before" })
      assert.is_nil((call("DELETE", path)))
      assert.equal("STOPPED", target())
      assert(model.faults:add { operation = "delete", drop = "after", status = 503 })
      assert.is_nil((call("DELETE", path)))
      assert.equal("DELETED", target())
    end)

    it("cut the answer off", function()
      assert(model.faults:add { operation = "status", drop = "during" })
      local answer = call("GET", path)
      assert.equal(200, answer.status)
      assert.is_true(answer.cut)
    end)

    it("take time, and the effect takes place afterwards", function()
      model.settings.latency = 0.5
      assert(model.faults:add { operation = "delete", latency = 1 })
      local _, exchange = call("DELETE", path)
      assert.equal(1.5, exchange.delay)
      assert.equal(NOW + 1.5, model.journal:since(0)[1].time)
    end)

    it("let all tokens expire", function()
      assert(model.faults:add { operation = "status", expire_tokens = true })
      assert.equal("Jwt is expired", call("GET", path).body)
      assert.equal(401, call("GET", path).status)
    end)

    it("find the deployment in a batch", function()
      assert(model.faults:add { operation = "batch", id = FIRST, status = 503 })
      assert.equal(202, batch({ { id = "d-002", targetStatus = "STOPPED" } }).status)
      assert.equal(503, batch({ { id = FIRST, targetStatus = "STOPPED" } }).status)
    end)
  end)

  it("counts every request by its operation", function()
    local path = "/deployments/" .. seed()
    call("GET", path)
    call("GET", path .. "?$select=status")
    call("GET", "/deployments")
    call("GET", "/nothing")
    call("PUT", path)
    send("GET", "/v2/lm/meta")
    assert.same({ total = 6, status = 2, list = 1, capabilities = 1, other = 2 }, model.journal:requests())
  end)

  describe("admin path", function()
    local function admin(method, path, body)
      local answer = send(method, "/_emulator" .. path, { body = body })
      return answer.status, answer.body ~= "" and decoded(answer) or nil
    end

    it("seeds deployments", function()
      local status, answer = admin("POST", "/deployments", { count = 2, status = "DEAD", resource_group = "team" })
      assert.equal(201, status)
      assert.same({ FIRST, "d000000000000002" }, answer.ids)
      assert.equal("DEAD", model.world:get("team", FIRST).status)
      assert.same({ "d-mine" }, select(2, admin("POST", "/deployments", { id = "d-mine" })).ids)
      for _, body in ipairs { { stat = "DEAD" }, { id = "x" }, { id = "d-mine", count = 2 }, { age = -1 }, "[" } do
        status, answer = admin("POST", "/deployments", body)
        assert.equal(400, status)
        assert.is_string(answer.error)
      end
      assert.equal(204, (admin("DELETE", "/deployments")))
      assert.is_nil(model.world:get("default", "d-mine"))
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
      now = now + 5
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
end)
