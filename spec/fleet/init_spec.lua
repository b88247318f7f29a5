--- Waits and teardown against the emulator; its journal proves what really happened.

local client = require "aicore.client"
local emulator = require "spec.support.emulator"
local fast = require "spec.support.fast"

describe("over time", function()
  local server

  setup(function()
    server = emulator.start { stop_time = 0.05, delete_time = 0.05, start_time = 0.1 }
  end)

  teardown(function()
    server.stop()
  end)

  before_each(function()
    server.clear_faults()
    server.clear_deployments()
    server.settings { bulk = true, stop_time = 0.05, delete_time = 0.05 }
    server.clear_journal()
  end)

  local function connect(settings)
    settings = settings or {}
    settings.base_url, settings.auth_url = server.url, server.url
    settings.client_id, settings.client_secret = "me", "secret"
    settings.runtime = settings.runtime or fast
    return assert(client.new(settings))
  end

  --- What the journal says of each id: { stop = n, delete = n, gone = n, … }.
  local function effects()
    local by_id = {}
    for _, entry in ipairs(server.journal()) do
      if entry.id then
        local of = by_id[entry.id] or {}
        by_id[entry.id] = of
        of[entry.what] = (of[entry.what] or 0) + 1
      end
    end
    return by_id
  end

  local function seed(states)
    local ids = {}
    for i, status in ipairs(states) do
      ids[i] = ("d%015d"):format(i)
      server.seed { id = ids[i], status = status }
    end
    return ids
  end

  local function sorted(ids)
    table.sort(ids)
    return ids
  end

  describe("wait", function()
    it("is over when it has stopped, and when it is gone", function()
      local ids = seed { "RUNNING" }
      local c = connect()
      assert(c:stop(ids[1]))
      local told = {}
      local deployment = assert(c:wait(ids[1], "STOPPED", {
        on_progress = function(p)
          told[#told + 1] = p.status
        end,
      }))
      assert.equal("STOPPED", deployment.status)
      assert.equal("STOPPED", told[#told])
      assert(c:delete(ids[1]))
      assert.is_true(c:wait(ids[1], "GONE"))
    end)

    it("for RUNNING fails at once on DEAD", function()
      local created = assert(connect():create "dead-configuration")
      local result, err = connect():wait(created.id, "RUNNING", { timeout = 30 })
      assert.is_nil(result)
      assert.equal("state", err.kind)
      assert.is_true(err.elapsed < 20)
    end)

    it("and teardown know that one which was just created may not be found yet", function()
      local c = connect()
      local created = assert(c:create "conf-1")
      assert.is_nil((c:status(created.id)))
      assert.equal("RUNNING", assert(c:wait(created.id, "RUNNING")).status)
      created = assert(c:create "conf-2")
      assert.same({ created.id }, c:teardown(created.id).deleted)
      assert.equal(1, effects()[created.id].gone)
    end)

    it("ends at its deadline and says what it saw", function()
      local ids = seed { "RUNNING" }
      local result, err = connect({ runtime = "blocking" }):wait(ids[1], "STOPPED", { timeout = 0.4 })
      assert.is_nil(result)
      assert.equal("timeout", err.kind)
      assert.equal("RUNNING", err.last_status)
      assert.is_true(err.looks >= 2)
    end)

    it("is not ended by looks that fail", function()
      local ids = seed { "STOPPED" }
      server.fault { operation = "status", status = 404, body = "<html>", times = 2 }
      assert.equal("STOPPED", assert(connect():wait(ids[1], "STOPPED")).status)
    end)

    it("by thousands costs one request a look", function()
      server.seed { count = 2000, status = "RUNNING", resource_group = "many" }
      server.settings { stop_time = 0.3 }
      local c = connect { resource_group = "many", runtime = "blocking" }
      local ids, functions = {}, {}
      for i, deployment in ipairs(assert(c:list())) do
        ids[i] = deployment.id
      end
      server.clear_journal()
      for i, id in ipairs(ids) do
        functions[i] = function()
          return c:wait(id, "STOPPED", { timeout = 30 }).status
        end
      end
      functions[#functions + 1] = function()
        return c:stop_all(ids)
      end
      local results = c.runtime.gather(functions, #functions)
      for i = 1, #ids do
        assert.equal("STOPPED", results[i])
      end
      -- 20 batches; the rest are looks
      assert.is_true(server.requests().total < 20 + 20, tostring(server.requests().total))
    end)

    it("raises on misuse at the caller's line", function()
      local c = connect()
      for _, text in ipairs {
        [[c:wait("a/b", "GONE")]],
        [[c:wait("abcd")]],
        [[c:wait("abcd", "not a word")]],
        [[c:wait("abcd", "GONE", { foo = 1 })]],
        [[c:wait("abcd", "GONE", { timeout = -1 })]],
        [[c:wait("abcd", "GONE", { on_progress = 1 })]],
        [[c:teardown()]],
        [[c:teardown {}]],
        [[c:teardown { all = false }]],
        [[c:teardown { resource_group = "default" }]],
        [[c:teardown { foo = 1 }]],
        [[c:teardown { "abcd", "a/b" }]],
        [[c:teardown("abcd", { dry = true })]],
        [[c:stop_all("abcd")]],
        [[c:stop_all({ 1 })]],
        [[c:delete_all({ "abcd" }, { dry_run = true })]],
      } do
        local chunk = "local c = ...\n\n local result = " .. text
        local called, message = pcall(assert((rawget(_G, "loadstring") or load)(chunk, "=user")), c)
        assert.is_false(called, text)
        assert.matches("^user:3: ", message, text)
      end
      assert.equal(0, server.requests().total)
    end)
  end)

  describe("teardown", function()
    local STATES = { "RUNNING", "PENDING", "STOPPING", "STOPPED", "DEAD", "COMPLETED", "UNKNOWN" }

    for _, bulk in ipairs { true, false } do
      it("brings every state to an end, " .. (bulk and "in batches" or "one by one"), function()
        server.settings { bulk = bulk }
        local ids = seed(STATES)
        seed { [8] = nil }
        local report = connect():teardown(ids)
        assert.same({}, report.failed)
        assert.same(ids, sorted(report.deleted))
        assert.same({}, report.absent)
        assert.is_nil(report.cancelled)
        for i, id in ipairs(ids) do
          local of = effects()[id]
          assert.equal(1, of.delete, STATES[i])
          assert.equal(1, of.gone, STATES[i])
          assert.equal(i <= 2 and 1 or nil, of.stop, STATES[i])
        end
        assert.equal(0, connect():count())
      end)
    end

    it("takes one id, and says of one that is not there that it is absent", function()
      local ids = seed { "RUNNING" }
      local c = connect()
      local report = c:teardown(ids[1])
      assert.same(ids, report.deleted)
      assert.same(ids, report.stopped)
      report = c:teardown(ids[1])
      assert.same({}, report.deleted)
      assert.same(ids, report.absent)
    end)

    it("touches nothing that was not asked for", function()
      local ids = seed { "RUNNING", "RUNNING", "STOPPED", "DEAD", "RUNNING", "STOPPED" }
      local report = connect():teardown { ids[1], ids[3], ids[1], ids[4], ids[3] }
      assert.same({ ids[1], ids[3], ids[4] }, sorted(report.deleted))
      for _, id in ipairs { ids[2], ids[5], ids[6] } do
        assert.is_nil(effects()[id] and effects()[id].stop)
        assert.is_nil(effects()[id] and effects()[id].delete)
      end
      assert.equal(3, connect():count())
    end)

    it("finds its deployments by a filter: scenario, status, age, shard", function()
      server.seed { count = 10, scenario_id = "old-scenario", status = "RUNNING", age = 7200 }
      server.seed { count = 10, scenario_id = "new-scenario", status = "RUNNING", age = 7200 }
      server.seed { count = 10, scenario_id = "old-scenario", status = "DEAD", age = 10 }
      local c = connect()
      assert.equal(10, #c:teardown({ scenario_id = "old-scenario", older_than = 3600 }).deleted)
      assert.equal(10, #c:teardown({ status = "DEAD" }).deleted)
      local shards = { c:teardown { all = true, shard = { 0, 2 } }, c:teardown { all = true, shard = { 1, 2 } } }
      assert.is_true(#shards[1].deleted > 0 and #shards[2].deleted > 0)
      assert.equal(10, #shards[1].deleted + #shards[2].deleted)
      assert.equal(0, c:count())
    end)

    it("of nothing is nothing", function()
      local report = connect():teardown { scenario_id = "no-such-scenario" }
      assert.same({}, report.deleted)
      assert.same({}, report.failed)
    end)

    it("of ten thousand stays small, and takes 200 requests and the looks", function()
      server.seed { count = 10000, status = "RUNNING" }
      server.clear_journal()
      local path = os.tmpname()
      local file = assert(io.open(path, "w"))
      file:write(([[
        local c = assert(require("aicore").client {
          base_url = %q, auth_url = %q, client_id = "me", client_secret = "any" })
        local report = c:teardown { all = true }
        local status = assert(io.open "/proc/self/status"):read "*a"
        print(#report.deleted, status:match "VmHWM:%%s*(%%d+)")]]):format(server.url, server.url))
      file:close()
      local process = assert(io.popen((rawget(_G, "jit") and "luajit " or "lua5.4 ") .. path))
      local deleted, peak = process:read("*a"):match "(%d+)%s+(%d+)"
      process:close()
      os.remove(path)
      local requests = server.requests()
      assert.equal("10000", deleted)
      assert.equal(200, requests.batch)
      assert.is_true(requests.total <= 203 + requests.list, tostring(requests.total))
      assert.is_true(tonumber(peak) < 100 * 1024, peak .. " KiB")
    end)

    it("can be tried dry", function()
      local ids = seed { "RUNNING", "STOPPED" }
      local report = connect():teardown({ all = true }, { dry_run = true })
      assert.same(ids, sorted(report.skipped))
      assert.same({}, report.deleted)
      assert.same({ login = 1, list = 1, total = 2 }, server.requests())
    end)

    it("stays in its resource group", function()
      seed { "STOPPED" }
      server.seed { count = 5, resource_group = "team", status = "STOPPED" }
      local c = connect()
      assert.equal(5, #c:teardown({ all = true }, { resource_group = "team" }).deleted)
      assert.equal(1, c:count())
      server.seed { count = 2, resource_group = "team", status = "STOPPED" }
      assert.equal(2, #c:teardown({ all = true, resource_group = "team" }).deleted)
      assert.equal(1, c:count())
    end)

    it("costs at most 3 + 2⌈N/100⌉ + 2p requests", function()
      for _, count in ipairs { 1, 100, 101, 1000 } do
        server.clear_deployments()
        server.seed { count = count, status = "RUNNING" }
        server.clear_journal()
        local report = connect({ runtime = "blocking" }):teardown { all = true }
        assert.equal(count, #report.deleted)
        local requests = server.requests()
        local looks = (requests.status or 0) + requests.list - 1
        assert.is_true(requests.total <= 3 + 2 * math.ceil(count / 100) + looks, requests.total .. " for " .. count)
        assert.is_true(looks <= 12, looks .. " looks")
        assert.equal(requests.total, report.requests)
      end
    end)

    it("asks at once again for what a list misses for the first time", function()
      local told = {}
      local runtime = setmetatable({
        sleep = function(seconds)
          told[#told + 1] = "sleep"
          return fast.sleep(seconds)
        end,
      }, { __index = fast })
      local on_attempt = function(attempt)
        told[#told + 1] = attempt.operation
      end
      server.settings { delete_time = 0 }
      local ids = seed { "STOPPED", "STOPPED", "STOPPED", "STOPPED" }
      assert.same(ids, sorted(connect({ runtime = runtime, on_attempt = on_attempt }):teardown(ids).deleted))
      assert.same("login list capabilities batch sleep list list", table.concat(told, " "))
    end)

    it("tells how far it is", function()
      seed { "RUNNING", "RUNNING", "RUNNING", "RUNNING", "STOPPED" }
      local told = {}
      connect():teardown({ all = true }, {
        on_progress = function(p)
          told[#told + 1] = p
        end,
      })
      assert.equal(5, told[1].total)
      assert.equal(5, told[1].left)
      assert.same({ RUNNING = 4, STOPPED = 1 }, told[1].states)
      local last = told[#told]
      assert.equal(0, last.left)
      assert.equal(5, last.deleted)
      assert.equal(4, last.stopped)
      assert.is_true(last.requests > 0 and last.elapsed > 0)
      for i = 2, #told do -- only of changes
        assert.are_not.same(told[i - 1].states, told[i].states)
      end
    end)

    it("goes on where one fails, and says why", function()
      local ids = seed { "RUNNING", "RUNNING", "RUNNING", "RUNNING" }
      server.settings { bulk = false }
      server.fault { operation = "stop", id = ids[2], status = 403, body = "no", times = 0 }
      local report = connect():teardown(ids)
      assert.equal(3, #report.deleted)
      assert.equal("auth", report.failed[ids[2]].kind)
      assert.equal(1, connect():count())
    end)

    it("fails what is not done at the deadline", function()
      server.settings { stop_time = 60 }
      local ids = seed { "RUNNING", "STOPPED" }
      local report = connect({ runtime = "blocking" }):teardown(ids, { timeout = 1 })
      assert.same({ ids[2] }, report.deleted)
      assert.equal("timeout", report.failed[ids[1]].kind)
      assert.equal("STOPPING", report.failed[ids[1]].last_status)
    end)

    it("is safe twice at the same time", function()
      local ids = seed(STATES)
      local one, other = connect(), connect()
      local reports = one.runtime.gather({
        function()
          return one:teardown(ids)
        end,
        function()
          return other:teardown(ids)
        end,
      }, 2)
      for _, report in ipairs(reports) do
        assert.same({}, report.failed)
        assert.equal(#ids, #report.deleted + #report.absent)
      end
      for _, id in ipairs(ids) do
        assert.equal(1, effects()[id].gone)
      end
    end)

    it("needs no batches to be allowed: single calls do", function()
      server.seed { count = 120, status = "RUNNING" }
      server.fault { operation = "batch", status = 400, body = "not here", times = 0 }
      local report = connect():teardown { all = true }
      assert.equal(120, #report.deleted)
      assert.equal(120, server.requests().stop)
    end)
  end)

  describe("stop_all and delete_all", function()
    it("stop, and leave what has ended", function()
      local ids = seed { "RUNNING", "PENDING", "STOPPING", "STOPPED", "DEAD" }
      local report = connect():stop_all(ids)
      assert.same({ ids[1], ids[2], ids[3] }, sorted(report.stopped))
      assert.same({ ids[4], ids[5] }, sorted(report.skipped))
      assert.same({}, report.failed)
      assert.equal(5, connect():count())
    end)

    it("delete, and refuse what runs", function()
      local ids = seed { "RUNNING", "STOPPED", "DEAD", "UNKNOWN" }
      local report = connect():delete_all { ids[1], ids[2], ids[3], ids[4], "d-absent" }
      assert.same({ ids[2], ids[3], ids[4] }, sorted(report.deleted))
      assert.same({ "d-absent" }, report.absent)
      assert.equal("state", report.failed[ids[1]].kind)
      assert.is_nil(effects()[ids[1]] and effects()[ids[1]].stop)
    end)

    it("of nothing send nothing", function()
      assert.same({}, connect():stop_all({}).stopped)
      assert.equal(0, server.requests().total)
    end)
  end)

  describe("an answer that was lost", function()
    it("to a delete is a success, whether it was deleted or was not there", function()
      local ids = seed { "STOPPED" }
      server.settings { delete_time = 0 }
      server.fault { operation = "delete", drop = "after" }
      local c = connect()
      local accepted = assert(c:delete(ids[1]))
      assert.is_nil(accepted.absent)
      accepted = assert(c:delete(ids[1]))
      assert.is_true(accepted.absent)
      assert.equal(1, effects()[ids[1]].delete)
      server.fault { operation = "delete", status = 404, body = "<html>", times = 1 }
      local nothing, err = c:delete(ids[1])
      assert.is_nil(nothing)
      assert.equal(404, err.status)
    end)

    it("to a stop is a success if it is stopping", function()
      local ids = seed { "RUNNING" }
      server.fault { operation = "stop", drop = "after" }
      assert.equal(ids[1], assert(connect():stop(ids[1])).id)
      assert.equal(1, effects()[ids[1]].stop)
    end)

    it("to a create is ambiguous, and nothing is created twice", function()
      local c = connect()
      assert(c:count())
      server.fault { operation = "create", drop = "after" }
      local created, err = c:create "conf-1"
      assert.is_nil(created)
      assert.is_true(err.ambiguous)
      local n = 0
      for _, of in pairs(effects()) do
        n = n + (of.create or 0)
      end
      assert.equal(1, n)
    end)

    -- Every answer of every request is lost once, delayed, or replaced.
    local FAULTS = {
      ["lost after the effect"] = { drop = "after" },
      ["lost before the effect"] = { drop = "before" },
      ["half"] = { drop = "during" },
      ["500"] = { status = 500 },
      ["500 after the effect"] = { status = 500, effect = true },
      ["503"] = { status = 503 },
      ["429"] = { status = 429 },
      ["an HTML 404"] = { status = 404, body = "<html>not found</html>" },
      ["late"] = { latency = 0.1 },
    }
    local OPERATIONS = { "login", "capabilities", "list", "status", "batch", "stop", "delete" }
    for name, fault in pairs(FAULTS) do
      it("never lies: each operation's first answers are " .. name, function()
        for _, bulk in ipairs { true, false } do
          server.clear_deployments()
          server.settings { bulk = bulk }
          local ids = seed { "RUNNING", "PENDING", "STOPPED", "DEAD", "RUNNING", "UNKNOWN" }
          server.clear_journal()
          for _, operation in ipairs(OPERATIONS) do
            local one = { operation = operation, times = 2 }
            for field, value in pairs(fault) do
              one[field] = value
            end
            server.fault(one)
          end
          local asked = { ids[1], ids[2], ids[3], ids[4], ids[6] }
          local report, err = connect():teardown(asked, { timeout = 60 })
          if not report then
            assert.equal("an HTML 404", name) -- to a login; nothing was begun
            assert.equal("login", err.operation)
          else
            assert.same({}, report.failed)
            assert.same(asked, sorted(report.deleted))
            assert.equal(1, connect():count())
          end
          assert.is_nil(effects()[ids[5]] and effects()[ids[5]].stop)
          server.clear_faults()
        end
      end)
    end
  end)

  describe("retries", function()
    it("stay within the storm: at most 1.1 requests per request that would have succeeded", function()
      -- A fifth of all requests is refused with a 429 for as long as the service is overloaded.
      server.seed { count = 300, status = "RUNNING" }
      server.settings { bulk = false }
      local c = connect()
      local ids = {}
      for i, deployment in ipairs(assert(c:list())) do
        ids[i] = deployment.id
      end
      server.clear_journal()
      server.fault { operation = "stop", status = 429, headers = { ["Retry-After"] = "1" }, times = 20 }
      local report = c:stop_all(ids)
      assert.equal(300, #report.stopped)
      assert.is_true(server.requests().stop <= 330, tostring(server.requests().stop))
    end)

    it("tell a hook of every attempt, without secrets", function()
      local ids = seed { "RUNNING" }
      local told = {}
      local c = connect {
        on_attempt = function(attempt)
          told[#told + 1] = attempt
        end,
      }
      server.fault { operation = "status", status = 503 }
      assert(c:status(ids[1]))
      assert.equal(3, #told)
      assert.same({ "login", "status", "status" }, { told[1].operation, told[2].operation, told[3].operation })
      assert.same({ 200, 503, 200 }, { told[1].status, told[2].status, told[3].status })
      assert.same({ 1, 1, 2 }, { told[1].attempt, told[2].attempt, told[3].attempt })
      assert.equal(ids[1], told[3].id)
      assert.is_string(told[3].request_id)
      assert.is_true(told[3].seconds > 0)
    end)

    it("can be turned off", function()
      local ids = seed { "RUNNING" }
      server.fault { operation = "status", status = 503 }
      local _, err = connect():status(ids[1], { retry = false })
      assert.equal(503, err.status)
      assert.equal(1, err.attempts)
      assert.equal(1, server.requests().status)
    end)

    it("say at once when the service asks for more time than there is", function()
      local ids = seed { "RUNNING" }
      server.fault { operation = "status", status = 503, headers = { ["Retry-After"] = "100" }, times = 0 }
      local _, err = connect():status(ids[1], { timeout = 10 })
      assert.equal(503, err.status)
      assert.equal(100, err.retry_after)
      assert.equal(1, server.requests().status)
    end)
  end)
end)
