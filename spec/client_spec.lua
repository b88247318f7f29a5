--- The client against the emulator: every operation, logins, and the rules of the service.

local client = require "aicore.client"
local emulator = require "spec.support.emulator"

local FIRST = "d000000000000001"

describe("client", function()
  local server

  local function connect(settings)
    settings = settings or {}
    settings.base_url = settings.base_url or server.url
    settings.auth_url = settings.auth_url or server.url
    settings.client_id = "me"
    settings.client_secret = settings.client_secret or "secret+/0123456789"
    return assert(client.new(settings))
  end

  --- Looks until the predicate holds for what status() says; the emulator's times are short.
  local function look_until(c, id, holds)
    local deployment, err
    repeat
      deployment, err = c:status(id)
    until holds(deployment, err)
    return deployment, err
  end

  setup(function()
    server = emulator.start {
      "--deployments",
      "5",
      "--stop-time",
      "0.1",
      "--delete-time",
      "0.1",
      "--start-time",
      "0.1",
      "--client-id",
      "me",
      "--client-secret",
      "secret+/0123456789",
    }
  end)

  teardown(function()
    server.stop()
  end)

  before_each(function()
    server.clear_faults()
  end)

  describe("operations", function()
    it("go through the procedure: stop, look, delete, look until it is gone", function()
      local c = connect()
      assert.equal("RUNNING", assert(c:status(FIRST)).status)

      local accepted, err = c:delete(FIRST)
      assert.is_nil(accepted)
      assert.equal("state", err.kind)
      assert.equal("delete", err.operation)
      assert.equal(FIRST, err.id)

      assert.equal(FIRST, assert(c:stop(FIRST)).id)
      assert.equal("STOPPED", c:status(FIRST).targetStatus)
      look_until(c, FIRST, function(deployment)
        return deployment.status == "STOPPED"
      end)
      assert.equal(FIRST, assert(c:delete(FIRST)).id)
      assert.equal("DELETED", c:status(FIRST).targetStatus)
      local _, gone = look_until(c, FIRST, function(deployment)
        return not deployment
      end)
      assert.equal(404, gone.status)
      assert.is_string(gone.code)
      c:close()
    end)

    it("create, update and find a deployment", function()
      local c = connect()
      local created = assert(c:create("conf-2", { ttl = "1h" }))
      assert.is_string(created.id)
      look_until(c, created.id, function(deployment)
        return deployment and deployment.status == "RUNNING"
      end)
      assert.equal(created.id, assert(c:update(created.id, "conf-3")).id)
      assert.equal("conf-3", c:status(created.id).configurationId)
      assert.equal(1, c:count { configuration_id = "conf-3" })
      assert.equal(created.id, c:list({ configuration_id = "conf-3" })[1].id)
    end)

    it("tell readably why nothing was created", function()
      local created, err = connect():create "missing-configuration"
      assert.is_nil(created)
      assert.equal(400, err.status)
      assert.matches("missing%-configuration", tostring(err))
    end)

    it("read logs and capabilities", function()
      local c = connect()
      local lines = assert(c:logs("d000000000000002", { top = 2, order = "desc" }))
      assert.equal(2, #lines)
      assert.is_string(lines[1].msg)
      assert.is_true(c:capabilities().aiApi.capabilities.bulkUpdates.deployments)
    end)

    it("keep resource groups apart, the client's and the call's", function()
      server.seed { id = "d-in-team", resource_group = "team" }
      local c = connect { resource_group = "team" }
      assert.equal(1, #assert(c:list()))
      assert.is_nil((c:status(FIRST)))
      assert.is_table(c:status("d000000000000002", { resource_group = "default" }))
      assert.is_table(connect():status("d-in-team", { resource_group = "team" }))
    end)

    it("raise on misuse at the caller's line, and send nothing", function()
      local c = connect()
      assert(c:status "d000000000000002")
      local before = server.requests().total
      local calls = {
        [[c:status("a/b")]],
        [[c:status("..")]],
        [[c:stop()]],
        [[c:stop("d000000000000002", { foo = 1 })]],
        [[c:stop("d000000000000002", { retry = "no" })]],
        [[c:delete("d000000000000002", "x")]],
        [[c:delete("d000000000000002", { resource_group = "a\nb" })]],
        [[c:create({})]],
        [[c:update("d000000000000002")]],
        [[c:logs("d000000000000002", { top = 0 })]],
        [[c:list({ older_than = "7d" })]],
        [[c:list("RUNNING")]],
        [[c:list({ top = 5 })]],
        [[c:each({ skip = 5 })]],
        [[c:count({ top = 5 })]],
        [[c:each({ status = {} })]],
        [[c:list({ status = "RUNING" })]],
        [[c:count({ older_than = math.huge })]],
        [[c:status("d000000000000002", { timeout = 0 / 0 })]],
        [[c:count({ shard = {} })]],
        [[new { base_uri = "x" }]],
        [[new { timeout = "1" }]],
        [[new(3)]],
      }
      for _, text in ipairs(calls) do
        local chunk = "local c, new = ...\n\n local result = " .. text
        local called, message = pcall(assert((rawget(_G, "loadstring") or load)(chunk, "=user")), c, client.new)
        assert.is_false(called, text)
        assert.matches("^user:3: ", message, text)
      end
      assert.equal(before, server.requests().total)
    end)
  end)

  describe("lists", function()
    it("come page by page", function()
      server.seed { count = 10001, resource_group = "many", status = "STOPPED" }
      local c = connect { resource_group = "many" }
      local before = server.requests().list or 0
      assert.equal(10001, #assert(c:list()))
      assert.equal(3, server.requests().list - before) -- its count is each page's own, so that an empty one is the end
      local seen, ids = 0, {}
      for deployment in c:each { status = "STOPPED" } do
        seen = seen + 1
        ids[deployment.id] = true
      end
      assert.equal(10001, seen)
      for _ in pairs(ids) do
        seen = seen - 1
      end
      assert.equal(0, seen)
      assert.equal(10001, c:count())
      assert.equal(0, c:count { status = "RUNNING" })
    end)

    it("are read to their end where a page has less than was asked for", function()
      server.seed { count = 25, resource_group = "capped", status = "STOPPED" }
      for _, count in ipairs { "page", "total", "missing" } do
        server.settings { page_cap = 10, count = count }
        local c = connect { resource_group = "capped" }
        assert.equal(25, #assert(c:list()))
        assert.equal(25, assert(c:count { shard = { 0, 1 } }))
        local seen = 0
        for _ in c:each() do
          seen = seen + 1
        end
        assert.equal(25, seen)
        server.settings { page_cap = 0, count = "page" }
      end
    end)

    it("say that they cannot be complete", function()
      server.seed { count = 25, resource_group = "stuck", status = "STOPPED" }
      server.settings { page_cap = 10, skip_ignored = true }
      local c = connect { resource_group = "stuck" }
      for _, ask in ipairs { "list", "count" } do
        local found, err = c[ask](c, { shard = { 0, 1 } })
        assert.is_nil(found)
        assert.equal("protocol", err.kind)
        assert.matches("%$skip is ignored", err.message)
      end
      server.settings { page_cap = 0, skip_ignored = false }
    end)

    it("say so when a page cannot be had", function()
      local c = connect()
      server.fault { operation = "list", status = 400, body = "no", times = 2 }
      local found, err = c:list()
      assert.is_nil(found)
      assert.equal(400, err.status)
      local steps = {}
      for deployment, step_err in c:each() do
        steps[#steps + 1] = { deployment, step_err.status }
      end
      assert.same({ { false, 400 } }, steps)
    end)

    it("are filtered by age and shard here", function()
      server.seed { count = 10, resource_group = "aged", age = 7200 }
      server.seed { count = 5, resource_group = "aged", age = 60 }
      local c = connect { resource_group = "aged" }
      assert.equal(10, c:count { older_than = 3600 })
      assert.equal(10, #c:list { older_than = 3600 })
      local one, other = c:list { shard = { 0, 2 } }, c:list { shard = { 1, 2 } }
      assert.equal(15, #one + #other)
      assert.is_true(#one > 0 and #other > 0)
    end)
  end)

  describe("executions", function()
    it("have the same operations, goals and list, and deployments know nothing of them", function()
      local ids = server.seed { resource = "executions", count = 9 }
      local c = connect()
      local executions = c.executions
      assert.equal("RUNNING", assert(executions:status(ids[1])).status)
      assert.is_nil((c:status(ids[1])))
      assert.same({ 9, 9 }, { executions:count(), #assert(executions:list()) })
      local accepted, err = executions:delete(ids[1])
      assert.is_nil(accepted)
      assert.same({ "state", "executions", "default" }, { err.kind, err.resource, err.resource_group })
      assert.equal("STOPPED", assert(executions:wait(assert(executions:stop(ids[1])).id, "STOPPED")).status)
      assert.equal(1, #assert(executions:logs(ids[1], { top = 1 })))

      local before = server.requests()
      local report = assert(executions:teardown { all = true })
      table.sort(report.deleted)
      assert.same({ ids, {} }, { report.deleted, report.failed })
      assert.is_true((server.requests().batch or 0) > (before.batch or 0))
      assert.same({ kind = "absent", "there is no such execution" }, {
        kind = executions:delete(ids[1]).absent and "absent",
        executions:delete(ids[1]).message,
      })
      assert.equal(tostring(c.executions.caller), tostring(c.caller))
      c:close()
    end)

    it("are created and run to their end, have schedules, and cannot be updated", function()
      server.settings { run_time = 0.1 }
      local executions = connect().executions
      local created = assert(executions:create "conf-exec")
      assert.equal("COMPLETED", assert(executions:wait(created.id, "COMPLETED")).status)
      server.seed { resource = "executions", id = "e-by-night", schedule_id = "nightly" }
      assert.equal("e-by-night", executions:list({ execution_schedule_id = "nightly" })[1].id)
      local ok, problem = pcall(function()
        executions:update(created.id, "conf-2")
      end)
      assert.is_false(ok)
      assert.matches("^[^\n]*client_spec.lua:%d+: update: only deployments have it", problem)
    end)

    it("say of what takes too long what it was", function()
      local id = server.seed({ resource = "executions" })[1]
      local _, err = connect().executions:wait(id, "GONE", { timeout = 0.01 })
      assert.same({ "timeout", "executions" }, { err.kind, err.resource })
    end)
  end)

  describe("the tenant", function()
    local function seed_groups()
      server.clear_deployments()
      server.seed { count = 2 }
      server.seed { count = 3, resource_group = "team-a", model = "gpt-35-turbo", model_version = "0125" }
      server.seed { count = 1, resource_group = "team-b", model = "gpt-4o", model_version = "2024-05-13" }
    end

    it("has models, resource groups and a quota", function()
      seed_groups()
      local c = connect()
      local names = {}
      for i, group in ipairs(assert(c:resource_groups())) do
        names[i] = group.resourceGroupId
      end
      assert.same({ "default", "team-a", "team-b" }, names)
      assert.equal("2024-11-20", c:models()[1].versions[3].name)
      assert.same({ plans = {}, used = 6 }, c:quota())
      server.settings { quota = 7 }
      local plan = { used = 6, limit = 7, replicas = 2 }
      assert.same({ used = 6, limit = 7, plans = { starter = plan } }, c:quota())
      assert(c:create "conf-1")
      local created, err = c:create "conf-1"
      server.settings { quota = -1 }
      assert.is_nil(created)
      assert.same({ 400, 7, 7 }, { err.status, err.quota.used, err.quota.limit })
      assert.matches("7 of 7 deployments are used, starter 7 of 7", tostring(err))
      for _, name in ipairs { "models", "resource_groups", "quota" } do
        assert.equal(1, select("#", c[name](c)), name)
      end
    end)

    it("gives what is written, and not a nil more", function()
      local c = connect()
      server.seed { id = "d-serves", configuration_id = "conf-1" }
      local what = { name = "chat", scenario_id = "scen-1", executable_id = "exec-1" }
      for name, arguments in pairs {
        find = { { configuration_id = "conf-1" } },
        configure = { what },
        configurations = {},
        status = { "d-serves" },
        create = { "conf-1", { timeout = 30 } },
        wait = { "d-serves", "running" },
        list = {},
        count = {},
        stop_all = { { "d-gone" } },
        teardown = { { status = "dead" } },
      } do
        assert.equal(1, select("#", c[name](c, arguments[1], arguments[2])), name)
      end
      assert.equal(2, select("#", c:ensure "conf-1"))
      assert.equal(1, select("#", c:rollout("d-serves", "conf-2")))
      c:close()
    end)

    it("is looked through as a whole, group by group", function()
      seed_groups()
      local c = connect()
      local all = { resource_group = "*" }
      local groups, found = {}, assert(c:list(all))
      for i, deployment in ipairs(found) do
        groups[i] = deployment.resource_group
      end
      assert.equal("default default team-a team-a team-a team-b", table.concat(groups, " "))
      assert.equal(6, c:count(all))
      assert.equal(
        4,
        c:count { resource_group = "*", model_version = "0125" }
          + #c:list { resource_group = "*", model = "gpt-4o", model_version = "2024-05-13" }
      )
      local at = 0
      for deployment, err in c:each(all) do
        assert(deployment, err)
        at = at + 1
        assert.same(found[at], deployment)
      end
      assert.equal(6, at)
      assert.same({ 1, 1 }, { select("#", c:list(all)), select("#", c:count(all)) })
      assert.equal("team-b", c:find({ model = "gpt-4o", model_version = "2024-05-13" }, all).resource_group)
    end)

    it("is told of groups that may not be read; the others are", function()
      seed_groups()
      local c = connect()
      server.fault { operation = "*", resource_group = "team-a", status = 403, times = 0 }
      local all = { resource_group = "*" }
      local found, err = c:list(all)
      assert.equal(3, #found)
      assert.same({ "auth", 403, 403 }, { err.kind, err.status, err.groups["team-a"].status })
      assert.equal("team-a", err.groups["team-a"].resource_group)
      assert.matches("1 of 3 resource groups could not be read %(team%-a: ", tostring(err))
      local count, count_err = c:count(all)
      assert.same({ 3, "auth" }, { count, count_err.kind })
      local seen, told = 0, nil
      for deployment, each_err in c:each(all) do
        seen = seen + (deployment and 1 or 0)
        told = told or each_err
      end
      assert.same({ 3, "team-a" }, { seen, told.resource_group })
    end)

    it("says which role is missing where its groups may not be listed", function()
      local c = connect()
      server.fault { operation = "resource_groups", status = 403, times = 0 }
      for _, act in ipairs { "list", "count", "resource_groups" } do
        local result, err = c[act](c, act ~= "resource_groups" and { resource_group = "*" } or nil)
        assert.is_nil(result)
        assert.matches("takes the role aicore_admin_resourcegroup_viewer", tostring(err))
      end
      for deployment, err in c:each { resource_group = "*" } do
        assert.same({ false, "resource_groups" }, { deployment, err.operation })
      end
    end)

    it("has deployments whose models retire", function()
      seed_groups()
      local c = connect()
      local function retiring(days, group)
        return assert(c:count { retiring_within = days * 86400, resource_group = group })
      end
      assert.same({ 0, 3, 4, 1 }, { retiring(5, "*"), retiring(11, "*"), retiring(21, "*"), retiring(21, "team-b") })
      server.fault { operation = "models", status = 403, times = 0 }
      local result, err = c:list { retiring_within = 1 }
      assert.same({ nil, "models" }, { result, err.operation })
    end)

    it("is meant as a whole only where that makes sense", function()
      local c = connect()
      for name, arguments in pairs {
        status = { FIRST, { resource_group = "*" } },
        stop_all = { { FIRST }, { resource_group = "*" } },
        wait = { FIRST, "GONE", { resource_group = "*" } },
      } do
        local ok, problem = pcall(function()
          c[name](c, (table.unpack or unpack)(arguments))
        end)
        assert.is_false(ok)
        assert.matches("resource_group: ", problem)
      end
    end)
  end)

  describe("login", function()
    it("happens once, and the token is kept", function()
      local c = connect()
      local before = server.requests().login or 0
      for _ = 1, 5 do
        assert(c:status "d000000000000002")
      end
      assert.equal(before + 1, server.requests().login)
    end)

    it("happens again shortly before the token expires", function()
      server.settings { token_lifetime = 0.2 }
      local c = connect()
      local before = server.requests().login or 0
      repeat
        assert(c:status "d000000000000002")
      until server.requests().login >= before + 3
      server.settings { token_lifetime = 43200 }
      local refused = 0
      for _, entry in ipairs(server.journal()) do
        refused = refused + (entry.what == "refused" and 1 or 0)
      end
      assert.equal(0, refused)
    end)

    it("happens once more after a 401, with one replay", function()
      local c = connect()
      assert(c:status "d000000000000002")
      server.expire_tokens()
      local before = server.requests()
      assert(c:status "d000000000000002")
      local after = server.requests()
      assert.equal(1, after.login - before.login)
      assert.equal(2, after.status - before.status)
    end)

    it("is not tried for ever", function()
      local c = connect()
      server.fault { operation = "status", status = 401, body = "Jwt is expired", times = 0 }
      local before = server.requests()
      local deployment, err = c:status "d000000000000002"
      assert.is_nil(deployment)
      assert.equal("auth", err.kind)
      assert.equal(401, err.status)
      assert.equal("Jwt is expired", err.details)
      assert.equal(2, server.requests().status - (before.status or 0))
    end)

    it("that is refused names the reason, and no secret", function()
      local c = connect { client_secret = "wrong-0123456789" }
      local deployment, err = c:status "d000000000000002"
      assert.is_nil(deployment)
      assert.equal("auth", err.kind)
      assert.equal("login", err.operation)
      assert.equal("Bad credentials", err.message)
      assert.is_nil(tostring(err):match "0123456789")
    end)

    it("is not needed with a ready token", function()
      local c = connect()
      assert(c:status "d000000000000002")
      local issued = server.token()
      local asked = 0
      local ready = assert(client.new { base_url = server.url, token = issued })
      assert(ready:status "d000000000000002")
      local made = assert(client.new {
        base_url = server.url,
        token = function()
          asked = asked + 1
          return asked == 1 and "stale" or issued
        end,
      })
      assert(made:status "d000000000000002")
      assert(made:status "d000000000000002")
      assert.equal(2, asked)
      local stale = assert(client.new { base_url = server.url, token = "stale" })
      local _, err = stale:status "d000000000000002"
      assert.equal(401, err.status)
      local broken = assert(client.new {
        base_url = server.url,
        token = function()
          return nil, "vault is sealed"
        end,
      })
      _, err = broken:status "d000000000000002"
      assert.equal("auth", err.kind)
      assert.matches("vault is sealed", err.message)
    end)
  end)

  describe("the gateway in front", function()
    it("does not make a deployment look deleted", function()
      local c = connect()
      server.fault { operation = "status", status = 404, body = "<html>not here</html>" }
      local deployment, err = c:status "d000000000000002"
      assert.is_nil(deployment)
      assert.equal(404, err.status)
      assert.is_nil(err.code)
      assert.equal("<html>not here</html>", err.details)
    end)
  end)

  it("ends a call at its deadline", function()
    local c = connect()
    assert(c:status "d000000000000002")
    server.fault { operation = "status", latency = 30 }
    local deployment, err = c:status("d000000000000002", { timeout = 0.1 })
    assert.is_nil(deployment)
    assert.equal("timeout", err.kind)
  end)

  it("is over when it is closed", function()
    local c = connect()
    assert(c:status "d000000000000002")
    c:close()
    c:close()
    assert.matches("closed", tostring(c))
    local deployment, err = c:status "d000000000000002"
    assert.is_nil(deployment)
    assert.equal("cancelled", err.kind)
    assert.matches("the client was closed", err.message)
    local given = assert(client.new { base_url = server.url, token = "ready" })
    given:close()
    deployment, err = given:status "d000000000000002"
    assert.is_nil(deployment)
    assert.equal("cancelled", err.kind)
  end)
end)
