--- What wait, stop_all, delete_all and teardown promise, over the emulated AI Core on a virtual clock; its journal
-- shows what really happened. A few of them, at the end, once more over sockets.

local client = require "aicore.client"
local emulator = require "spec.support.emulator"
local errors = require "aicore.model.errors"
local fast = require "spec.support.fast"
local virtual_client = require "spec.fleet.virtual_client"

local STATES = { "RUNNING", "PENDING", "STOPPING", "STOPPED", "DEAD", "COMPLETED", "UNKNOWN" }

local function sorted(ids)
  table.sort(ids)
  return ids
end

--- One of each of these states; their ids.
local function seed(c, states)
  local ids = {}
  for i, status in ipairs(states) do
    ids[i] = c:seed(1, { status = status })[1]
  end
  return ids
end

local function new(settings, options)
  options = options or {}
  options.settings = { latency = 0.02 }
  for name, value in pairs(settings or {}) do
    options.settings[name] = value
  end
  return virtual_client.new(options)
end

--- A call of one operation, as a client's method makes it.
local function call(c, act, name, ...)
  local request = assert(c.caller:request(name, nil, ...))
  return c.caller[act](c.caller, request, c.runtime.now() + 60)
end

--- Nothing that belongs to a call is left behind.
local function assert_clean(c)
  for _, shared in pairs(c.caller.shared) do
    assert.equal(0, #shared.looks:observers())
    assert.equal(0, #shared.sends.in_flight)
  end
  assert.equal(0, c.runtime.coroutines())
end

describe("over time", function()
  local c

  before_each(function()
    c = new()
  end)

  after_each(function()
    assert_clean(c)
  end)

  local function count_left()
    local left = 0
    c.emulator.world:advance(c.runtime.now())
    for _ in
      ipairs(c.emulator.world:find("default", function()
        return true
      end))
    do
      left = left + 1
    end
    return left
  end

  describe("wait", function()
    it("is over when it has stopped, and when it is gone", function()
      local id = c:seed(1)[1]
      local told = {}
      c:run(function()
        assert(call(c, "change", "stop", id))
        local deployment = assert(c:wait(id, "STOPPED", {
          on_progress = function(p)
            told[#told + 1] = p
          end,
        }))
        assert.equal("STOPPED", deployment.status)
        assert.equal(id, deployment.id)
        assert.is_string(deployment.configurationId) -- all of the record
        assert.same({ "STOPPING", "STOPPED" }, { told[1].status, told[2].status })
        assert.same({ id, "STOPPED", 1 }, { told[1].id, told[1].targetStatus, told[1].looks })
        assert.is_true(told[2].elapsed > 1 and told[2].looks > 1)
        assert.equal(2, #told)
        assert(call(c, "change", "delete", id))
        assert.is_true(c:wait(id, "gone"))
      end)
    end)

    it("for RUNNING fails at once on DEAD, and says what the service says", function()
      c:run(function()
        local created = assert(call(c, "perform", "create", "dead-configuration"))
        local result, err = c:wait(created.id, "RUNNING")
        assert.is_nil(result)
        assert.same({ "state", "wait", created.id, "DEAD" }, { err.kind, err.operation, err.id, err.last_status })
        local why = "it can no longer be RUNNING: its status is DEAD, its target RUNNING (reason: Container exited"
        assert.is_truthy(err.message:find(why, 1, true), err.message)
        assert.is_nil(err.absent)
        assert.is_true(err.elapsed < 20 and err.looks >= 1)
      end)
    end)

    it("fails where it is gone, and says so", function()
      c:run(function()
        for _, goal in ipairs { "RUNNING", "STOPPED", "PENDING" } do
          local result, err = c:wait("d-not-there", goal)
          assert.is_nil(result)
          assert.same({ "state", true, "GONE" }, { err.kind, err.absent, err.last_status })
        end
        assert.is_true(c:wait("d-not-there", "GONE"))
      end)
    end)

    it("and teardown know that one which was just created may not be found yet", function()
      c.emulator.settings.start_time = 40
      c.emulator.settings.appear_time = 30
      c:run(function()
        local created = assert(call(c, "perform", "create", "conf-1"))
        assert.equal("RUNNING", assert(c:wait(created.id, "RUNNING")).status)
        created = assert(call(c, "perform", "create", "conf-2"))
        assert.same({ created.id }, c:teardown(created.id).deleted)
        assert.equal(1, c:effects()[created.id].gone)
      end)
    end)

    it("takes the caller's word for how long one may still have to appear", function()
      c.emulator.settings.appear_time = 200
      local other = new(nil, { beside = c })
      c:run(function()
        local created = assert(call(c, "perform", "create", "conf-1"))
        assert.equal("RUNNING", assert(other:wait(created.id, "RUNNING", { appear = 300 })).status)
        created = assert(call(c, "perform", "create", "conf-1"))
        local result, err = other:wait(created.id, "RUNNING")
        assert.is_nil(result)
        assert.is_true(err.absent)
      end)
    end)

    it("ends at its deadline and says what it saw", function()
      local id = c:seed(1)[1]
      c:run(function()
        local told = 0
        local result, err = c:wait(id, "STOPPED", {
          timeout = 60,
          on_progress = function()
            told = told + 1
          end,
        })
        assert.is_nil(result)
        assert.equal(1, told) -- nothing has changed since the first look
        assert.same({ "timeout", "RUNNING", "RUNNING", true }, {
          err.kind,
          err.last_status,
          err.last_target,
          err.retryable,
        })
        assert.is_nil(err.last_error)
        assert.matches("^not STOPPED after %d+%.%d s: its status and its target are RUNNING$", err.message)
        assert.is_true(err.looks >= 10 and err.elapsed <= 60 and err.elapsed > 59)
      end)
    end)

    it("ends at its deadline and says why nothing was seen", function()
      c:seed(1)
      c:fault { operation = "status", status = 503, times = 0, voice = "service" }
      c:run(function()
        local _, err = c:wait("d000000000000001", "STOPPED", { timeout = 30 })
        assert.same({ "timeout", 503 }, { err.kind, err.last_error.status })
        assert.matches("nothing is known of it; the last look failed: HTTP 503", tostring(err))
      end)
    end)

    it("looks, however long the last look of another call took", function()
      for count, operation in pairs { [1] = "status", [40] = "list" } do
        c = new()
        local ids = c:seed(count, { status = "STOPPED" })
        c:fault { operation = operation, latency = 60 }
        c:run(function()
          c:stop_all(ids, { timeout = 4 })
          assert.same({}, c:stop_all(ids, { timeout = 2 }).failed)
        end)
      end
    end)

    it("is not ended by a look that another call began before it", function()
      c = new()
      local ids = c:seed(40, { status = "STOPPED" })
      c:fault { operation = "list", latency = 60 }
      local found = c:together {
        function()
          return c:stop_all(ids, { timeout = 4 })
        end,
        function()
          c.runtime.sleep(2)
          return c:stop_all(ids, { timeout = 4 })
        end,
      }
      assert.same({}, found[2].failed)
    end)

    it("is not ended by looks that fail, nor by what is not AI Core", function()
      local id = c:seed(1, { status = "STOPPED" })[1]
      for _, voice in ipairs { "gateway", "page", "model" } do
        c:fault { operation = "status", status = 404, voice = voice, times = 2 }
      end
      c:fault { operation = "status", drop = "after", times = 5 }
      c:run(function()
        assert.equal("STOPPED", assert(c:wait(id, "STOPPED")).status)
      end)
      assert.equal(12, c:requests().status)
    end)

    it("is not ended by one replica that is behind", function()
      c.emulator.settings.start_time = 0.1
      c.emulator.settings.read_lag, c.emulator.settings.replicas = 10, 2
      c:run(function()
        for _ = 1, 5 do
          local id = c:seed(1, { status = "STOPPED", target_status = "STOPPED" })[1]
          assert.equal("STOPPED", assert(c:wait(id, "STOPPED")).status)
          local other = c:seed(1)[1]
          assert(call(c, "change", "stop", other))
          assert.equal("STOPPED", assert(c:wait(other, "STOPPED")).status)
        end
      end)
    end)

    it("by thousands costs one list a look", function()
      local ids, functions = c:seed(2000), {}
      for i, id in ipairs(ids) do
        functions[i] = function()
          return c:wait(id, "STOPPED", { timeout = 60 }).status
        end
      end
      functions[#functions + 1] = function()
        return c:stop_all(ids)
      end
      local results = c:together(functions)
      for i = 1, #ids do
        assert.equal("STOPPED", results[i])
      end
      assert.equal(20, c:requests().batch)
      assert.is_true(#c.sent < 20 + 40, #c.sent)
    end)

    it("ends as cancelled when the client is closed between two looks", function()
      local id = c:seed(1)[1]
      c.runtime.at(c.runtime.now() + 20, function()
        c.caller:close()
      end)
      c:run(function()
        local result, err = c:wait(id, "STOPPED")
        assert.is_nil(result)
        assert.equal("cancelled", err.kind)
        assert.is_true(c:now() >= 20 and c:now() < 31, c:now())
      end)
    end)

    it("ends as cancelled where its host drops the coroutine that it gathers", function()
      local ids = seed(c, { "RUNNING", "RUNNING", "RUNNING", "RUNNING", "STOPPED" })
      c.emulator.settings.stop_time = 300
      local function drop_after(seconds)
        return function()
          local thread = coroutine.running()
          c.runtime.at(c.runtime.now() + seconds, function()
            c.runtime.kill(thread)
          end)
        end
      end
      c:run(function()
        local result, err = c:wait(ids[1], "STOPPED", { on_progress = drop_after(20) })
        assert.is_nil(result)
        assert.same({ "cancelled", "RUNNING" }, { err.kind, err.last_status })
        local made = c:teardown(ids, { on_progress = drop_after(30) })
        assert.is_true(made.cancelled)
        assert.same({ ids[5] }, made.deleted)
        assert.equal("cancelled", made.failed[ids[1]].kind)
      end)
    end)

    it("is for one resource group: what another one shows is not its own", function()
      c:seed(1, { id = "d-same", resource_group = "team", status = "STOPPED" })
      c:seed(1, { id = "d-same" })
      c:run(function()
        assert.equal("STOPPED", assert(c:wait("d-same", "STOPPED", { resource_group = "team" })).status)
        local result, err = c:wait("d-same", "STOPPED", { timeout = 20 })
        assert.is_nil(result)
        assert.equal("RUNNING", err.last_status)
      end)
    end)

    it("raises what a callback raises, and leaves nobody behind", function()
      local id = c:seed(1)[1]
      c:run(function()
        local ok, failure = pcall(c.wait, c, id, "STOPPED", {
          on_progress = function()
            error("oh", 0)
          end,
        })
        assert.same({ false, "oh" }, { ok, failure })
      end)
      assert_clean(c)
    end)
  end)

  describe("teardown", function()
    for _, bulk in ipairs { true, false } do
      it("brings every state to an end, " .. (bulk and "in batches" or "one by one"), function()
        c.emulator.settings.bulk = bulk
        local ids = seed(c, STATES)
        c:run(function()
          local made = c:teardown(ids)
          assert.same({}, made.failed)
          assert.same(ids, sorted(made.deleted))
          assert.same({}, made.absent)
          assert.is_nil(made.cancelled)
          assert.is_nil(made.unsure)
        end)
        for i, id in ipairs(ids) do
          local of = c:effects()[id]
          assert.equal(1, of.delete, STATES[i])
          assert.equal(1, of.gone, STATES[i])
          assert.equal(i <= 2 and 1 or nil, of.stop, STATES[i])
        end
        assert.equal(0, count_left())
      end)
    end

    it("takes one id, and says of one that is not there that it is absent", function()
      local id = c:seed(1)[1]
      c:run(function()
        local made = c:teardown(id)
        assert.same({ { id }, { id }, {} }, { made.deleted, made.stopped, made.absent })
        made = c:teardown(id)
        assert.same({ {}, {}, { id } }, { made.deleted, made.stopped, made.absent })
      end)
    end)

    it("touches nothing that was not asked for", function()
      local ids = seed(c, { "RUNNING", "RUNNING", "STOPPED", "DEAD", "RUNNING", "STOPPED" })
      c:run(function()
        local made = c:teardown { ids[1], ids[3], ids[1], ids[4], ids[3] }
        assert.same({ ids[1], ids[3], ids[4] }, sorted(made.deleted))
      end)
      for _, id in ipairs { ids[2], ids[5], ids[6] } do
        assert.is_nil(c:effects()[id])
      end
      assert.equal(3, count_left())
    end)

    it("finds its deployments by a filter: scenario, status, age, shard", function()
      c:seed(10, { scenario_id = "old-scenario", status = "RUNNING", age = 7200 })
      c:seed(10, { scenario_id = "new-scenario", status = "RUNNING", age = 7200 })
      c:seed(10, { scenario_id = "old-scenario", status = "DEAD", age = 10 })
      c:run(function()
        assert.equal(10, #c:teardown({ scenario_id = "old-scenario", older_than = 3600 }).deleted)
        assert.equal(10, #c:teardown({ status = "DEAD" }).deleted)
        local shards = { c:teardown { all = true, shard = { 0, 2 } }, c:teardown { all = true, shard = { 1, 2 } } }
        assert.is_true(#shards[1].deleted > 0 and #shards[2].deleted > 0)
        assert.equal(10, #shards[1].deleted + #shards[2].deleted)
        assert.equal(0, count_left())
      end)
    end)

    it("of nothing is nothing", function()
      c:run(function()
        local made = c:teardown { scenario_id = "no-such-scenario" }
        local none = { made.deleted, made.absent, made.stopped, made.skipped, made.failed }
        assert.same({ {}, {}, {}, {}, {} }, none)
        assert.same({ 0, 0, 3 }, { made.newer, made.odd, made.requests })
        assert.is_nil(made.unsure)
      end)
    end)

    it("can be tried dry", function()
      local ids = seed(c, { "RUNNING", "STOPPED" })
      c:run(function()
        local made = c:teardown({ all = true }, { dry_run = true })
        assert.same(ids, sorted(made.skipped))
        assert.same({}, made.deleted)
        assert.is_nil(made.unsure)
        assert.same({ login = 1, list = 2, total = 3 }, c:requests())
        assert.same(ids, sorted(c:teardown(ids, { dry_run = true }).skipped))
        assert.equal(3, #c.sent)
      end)
      assert.same({}, c:effects()[ids[1]] or {})
    end)

    it("stays in its resource group", function()
      c:seed(1, { status = "STOPPED" })
      c:seed(5, { resource_group = "team", status = "STOPPED" })
      c:run(function()
        assert.equal(5, #c:teardown({ all = true }, { resource_group = "team" }).deleted)
        assert.equal(1, count_left())
        c:seed(2, { resource_group = "team", status = "STOPPED" })
        assert.equal(2, #c:teardown({ all = true, resource_group = "team" }).deleted)
        assert.equal(1, count_left())
      end)
    end)

    it("by a filter leaves alone, and counts, what was created since", function()
      c:seed(5)
      c.runtime.at(c.runtime.now() + 2, function()
        c:seed(3, { age = 0 })
      end)
      c:run(function()
        local made = c:teardown { all = true }
        assert.equal(5, #made.deleted)
        assert.equal(3, made.newer)
        assert.is_nil(made.unsure)
      end)
      assert.equal(3, count_left())
    end)

    it("by a filter says that it is not sure where no list proves that it was all of them", function()
      c:seed(3)
      c:fault { operation = "list", skip = 2, status = 503, times = 0, voice = "service" }
      c:run(function()
        local made = c:teardown({ all = true }, { timeout = 60 })
        assert.is_true(made.unsure)
        assert.equal(3, #made.deleted)
      end)
    end)

    it("by a filter begins with what a list shows whose pages shift, and is sure once they do not", function()
      c = new { page_cap = 4, page_shifts = 1 }
      local ids = c:seed(30)
      c.runtime.at(c.runtime.now() + 10, function()
        c.emulator.settings.page_shifts = 0
      end)
      c:run(function()
        local made = assert(c:teardown { all = true })
        assert.same({ sorted(ids), {} }, { sorted(made.deleted), made.failed })
        assert.is_nil(made.unsure)
        c.emulator.settings.page_shifts = 1
        c:seed(30)
        local nothing, err = c:teardown({ all = true }, { dry_run = true }) -- what it would be, nobody can say
        assert.same({ nil, "protocol" }, { nothing, err.kind })
      end)
    end)

    it("by a filter counts what is odd, and leaves it alone", function()
      c:seed(20)
      c.emulator.settings.odd_records = 0.3
      c:run(function()
        local made = c:teardown({ all = true }, { timeout = 120 })
        assert.is_true(made.odd > 0)
        assert.equal(20 - made.odd, #made.deleted)
        assert.equal(made.odd, count_left())
      end)
    end)

    it("tells how far it is, and of changes only", function()
      local ids = seed(c, { "RUNNING", "RUNNING", "RUNNING", "RUNNING", "STOPPED" })
      local told = {}
      c:run(function()
        c:teardown(ids, {
          on_progress = function(p)
            told[#told + 1] = p
          end,
        })
      end)
      assert.same({ 5, 5 }, { told[1].total, told[1].left })
      assert.same({ RUNNING = 4, STOPPED = 1 }, told[1].states)
      local last = told[#told]
      assert.same({ 0, 5, 4 }, { last.left, last.deleted, last.stopped })
      assert.is_true(last.requests > 0 and last.elapsed > 0)
      for i = 2, #told do
        local before, after = told[i - 1], told[i]
        before.requests, before.elapsed = after.requests, after.elapsed
        assert.are_not.same(before, after)
      end
    end)

    it("goes on where one fails, and says why", function()
      local ids = seed(c, { "RUNNING", "RUNNING", "RUNNING", "RUNNING" })
      c.emulator.settings.bulk = false
      c:fault { operation = "stop", id = ids[2], status = 403, body = "no", times = 0 }
      c:run(function()
        local made = c:teardown(ids)
        assert.equal(3, #made.deleted)
        local err = made.failed[ids[2]]
        assert.same({ "auth", "teardown", ids[2], 403 }, { err.kind, err.operation, err.id, err.status })
        assert.is_true(errors.is(err))
      end)
      assert.equal(1, count_left())
    end)

    it("fails what is not done at the deadline, and carries the last refusal and the last error", function()
      c.emulator.settings.stop_time = 600
      local ids = seed(c, { "RUNNING", "STOPPED", "STOPPED" })
      c:fault { operation = "delete", id = ids[3], refuse = 423, times = 0 }
      c:run(function()
        local made = c:teardown(ids, { timeout = 60 })
        assert.same({ ids[2] }, made.deleted)
        local slow, refused = made.failed[ids[1]], made.failed[ids[3]]
        assert.same({ "timeout", "STOPPING" }, { slow.kind, slow.last_status })
        assert.same({ "timeout", "STOPPED", 423 }, { refused.kind, refused.last_status, refused.last_refusal.status })
        assert.matches("; what was sent last failed: HTTP 423.*cannot be deleted now", tostring(refused))
        assert.is_true(made.elapsed <= 60)
      end)
    end)

    it("fails what is refused for two minutes as a matter of its state", function()
      local id = c:seed(1, { status = "STOPPED" })[1]
      c:fault { operation = "delete", refuse = 409, times = 0 }
      c:run(function()
        local made = c:teardown(id)
        assert.same({ "state", 409, "teardown" }, {
          made.failed[id].kind,
          made.failed[id].status,
          made.failed[id].operation,
        })
        assert.is_true(made.elapsed >= 120 and made.elapsed < 140)
      end)
    end)

    it("is safe twice at the same time, by two clients or by one", function()
      local ids = seed(c, STATES)
      local other = new(nil, { beside = c })
      local functions = {}
      for i, one in ipairs { c, other, c } do
        functions[i] = function()
          return one:teardown(ids)
        end
      end
      for _, made in ipairs(c:together(functions)) do
        assert.same({}, made.failed)
        assert.equal(#ids, #made.deleted + #made.absent)
      end
      for _, id in ipairs(ids) do
        assert.equal(1, c:effects()[id].gone)
      end
    end)

    it("needs no batches to be allowed: single calls do", function()
      local ids = c:seed(120)
      c:fault { operation = "batch", status = 400, body = "not here", times = 0 }
      c:run(function()
        assert.equal(120, #c:teardown(ids).deleted)
      end)
      assert.equal(120, c:requests().stop)
    end)

    it("ends as cancelled when the client is closed, and tells what was done until then", function()
      local ids = seed(c, { "STOPPED", "RUNNING", "RUNNING", "RUNNING", "RUNNING" })
      c.emulator.settings.stop_time = 300
      c.runtime.at(c.runtime.now() + 30, function()
        c.caller:close()
      end)
      c:run(function()
        local made = c:teardown(ids)
        assert.is_true(made.cancelled)
        assert.same({ ids[1] }, made.deleted)
        assert.equal("cancelled", made.failed[ids[2]].kind)
        assert.is_true(made.elapsed < 41)
      end)
    end)

    it("sends its correlation id with all it sends, and tells it; with the same id looks are shared", function()
      local told = {}
      c = new({ stop_time = 30 }, {
        on_attempt = function(record)
          told[record.correlation_id or "none"] = (told[record.correlation_id or "none"] or 0) + 1
        end,
      })
      local ids = c:seed(2)
      c:together {
        function()
          assert(c:teardown({ scenario_id = "foundation-models" }, { correlation_id = "c-1" }))
        end,
        function()
          assert.is_true(c:wait(ids[1], "GONE", { correlation_id = "c-2" }))
        end,
        function()
          assert.is_true(c:wait(ids[2], "GONE", { correlation_id = "c-2" }))
        end,
      }
      assert.is_true(told["c-1"] > 6 and told["c-2"] > 6)
      assert.equal(1, told.none) -- the login
      c:run(function()
        local made = c:delete_all(c:seed(1), { correlation_id = "c-3", timeout = 20 })
        assert.equal("c-3", select(2, next(made.failed)).correlation_id)
      end)
      collectgarbage()
      collectgarbage()
      assert.is_nil(next(c.caller.traced))
    end)

    describe("in all resource groups", function()
      local ids

      before_each(function()
        ids =
          { c:seed(3), c:seed(4, { resource_group = "a" }), c:seed(2, { resource_group = "b", status = "STOPPED" }) }
      end)

      it("works in all of them at once, and reports by group", function()
        local told
        c:run(function()
          local made = assert(c:teardown({ all = true }, {
            resource_group = "*",
            on_progress = function(p)
              told = p
            end,
          }))
          assert.same({ 9, 7, {} }, { #made.deleted, #made.stopped, made.failed })
          assert.is_nil(made.unsure)
          assert.same(ids[2], sorted(made.groups.a.deleted))
          assert.same({ 3, 2, 0 }, { #made.groups.default.deleted, #made.groups.b.deleted, #made.groups.b.stopped })
          local sum = 0
          for _, group in pairs(made.groups) do
            sum = sum + group.requests
          end
          assert.is_true(sum <= made.requests and sum >= made.requests - 4) -- the login, the groups, and so on
          assert.same({ 9, 0, 9, 7 }, { told.total, told.left, told.deleted, told.stopped })
        end)
        assert.is_true(c:now() < 12) -- as long as one group takes
      end)

      it("is stopped by no group that may not be read, and tells of it", function()
        c:fault { operation = "list", resource_group = "a", status = 403, times = 0 }
        c:run(function()
          local made = assert(c:teardown { resource_group = "*", all = true })
          assert.same({ 5, true, 403 }, { #made.deleted, made.unsure, made.groups.a.err.status })
          assert.equal("a", made.groups.a.err.resource_group)
          assert.is_nil(made.groups.b.unsure)
        end)
        assert.is_table(c:find(ids[2][1], "a"))
      end)

      it("says which role is missing where the groups may not be listed, and touches nothing", function()
        c:fault { operation = "resource_groups", status = 403, times = 0 }
        c:run(function()
          local made, err = c:teardown({ all = true }, { resource_group = "*" })
          assert.is_nil(made)
          assert.matches("aicore_admin_resourcegroup_viewer", tostring(err))
        end)
        assert.same({}, c:deeds())
      end)

      it("pretends, and takes what a list has shown", function()
        c:run(function()
          local made = assert(c:teardown({ all = true }, { resource_group = "*", dry_run = true }))
          assert.same({ 9, 2 }, { #made.skipped, #made.groups.b.skipped })
          assert.same({}, c:deeds())
          local records = { { id = ids[1][1] }, { id = ids[2][1], resource_group = "a" } }
          assert.same({ ids[1][1], ids[2][1] }, sorted(c:teardown(records).deleted))
          assert.is_table(c:find(ids[2][2], "a"))
        end)
      end)

      it("refuses records that say what is no resource group, at the caller's line", function()
        for _, odd in ipairs { 5, "*", "a\nb", {} } do
          local ok, problem = pcall(function()
            c:teardown { { id = ids[1][1] }, { id = ids[2][1], resource_group = odd } }
          end)
          assert.is_false(ok)
          assert.matches("init_spec.lua:%d+: teardown: resource_group", problem)
        end
        for _, odd in ipairs { 5, "abcd", false } do
          local ok, problem = pcall(function()
            c:teardown { { id = ids[1][1] }, odd }
          end)
          assert.is_false(ok)
          assert.matches("init_spec.lua:%d+: teardown: id", problem)
        end
      end)

      it("ends as cancelled by its host, with the report of each group", function()
        c.emulator.settings.stop_time = 300
        c:run(function()
          local thread = coroutine.running()
          c.runtime.at(c.runtime.now() + 30, function()
            c.runtime.cancel(thread)
          end)
          local made = c:teardown { all = true, resource_group = "*" }
          assert.is_true(made.cancelled)
          assert.same({ 2, "cancelled" }, { #made.groups.b.deleted, made.failed[ids[2][1]].kind })
        end)
      end)

      it("is for a filter alone", function()
        local ok, problem = pcall(function()
          c:teardown(ids[1], { resource_group = "*" })
        end)
        assert.is_false(ok)
        assert.matches("ids are of one resource group", problem)
      end)
    end)

    it("refuses a filter that leaves nothing out, whatever else stands in it", function()
      for _, wanted in ipairs { {}, { correlation_id = "c" }, { all = false }, { resource_group = "a" } } do
        local ok, problem = pcall(function()
          c:teardown(wanted)
        end)
        assert.is_false(ok)
        assert.matches("an empty filter means everything", problem)
      end
    end)

    it("ends as cancelled by its host, and tells what was done until then", function()
      local ids = seed(c, { "STOPPED", "RUNNING", "RUNNING", "RUNNING", "RUNNING" })
      c.emulator.settings.stop_time = 300
      for _, target in ipairs { ids, { all = true } } do
        c:run(function()
          local thread = coroutine.running()
          c.runtime.at(c.runtime.now() + 30, function()
            c.runtime.cancel(thread)
          end)
          local made = c:teardown(target)
          assert.is_true(made.cancelled)
          assert.equal("cancelled", made.failed[ids[2]].kind)
        end)
        assert_clean(c)
      end
    end)

    it("raises what a callback raises, and leaves nobody behind", function()
      local ids = c:seed(5)
      for _, target in ipairs { ids, { all = true } } do
        c:run(function()
          local ok, failure = pcall(c.teardown, c, target, {
            on_progress = function()
              error("oh", 0)
            end,
          })
          assert.same({ false, "oh" }, { ok, failure })
        end)
        assert_clean(c)
      end
    end)
  end)

  describe("stop_all and delete_all", function()
    it("stop, and leave what has ended", function()
      local ids = seed(c, { "RUNNING", "PENDING", "STOPPING", "STOPPED", "DEAD" })
      c:run(function()
        local made = c:stop_all(ids)
        assert.same({ ids[1], ids[2], ids[3] }, sorted(made.stopped))
        assert.same({ ids[4], ids[5] }, sorted(made.skipped))
        assert.same({}, made.failed)
      end)
      assert.equal(5, count_left())
    end)

    it("delete, and refuse what runs", function()
      local ids = seed(c, { "RUNNING", "STOPPED", "DEAD", "UNKNOWN" })
      c:run(function()
        local made = c:delete_all { ids[1], ids[2], ids[3], ids[4], "d-absent" }
        assert.same({ ids[2], ids[3], ids[4] }, sorted(made.deleted))
        assert.same({ "d-absent" }, made.absent)
        assert.same({ "state", "delete" }, { made.failed[ids[1]].kind, made.failed[ids[1]].operation })
        assert.matches("it has to be stopped first, as teardown does", made.failed[ids[1]].message)
      end)
      assert.is_nil(c:effects()[ids[1]])
    end)

    it("of nothing send nothing", function()
      c:run(function()
        assert.same({}, c:stop_all({}).stopped)
        assert.same({}, c:delete_all({}).deleted)
      end)
      assert.equal(0, #c.sent)
    end)
  end)

  describe("an answer that was lost", function()
    it("to a delete is a success, whether it was deleted or was not there", function()
      local id = c:seed(1, { status = "STOPPED" })[1]
      c.emulator.settings.delete_time = 0
      c:fault { operation = "delete", drop = "after" }
      c:run(function()
        assert.is_nil(assert(call(c, "change", "delete", id)).absent)
        assert.is_true(assert(call(c, "change", "delete", id)).absent)
        assert.equal(1, c:effects()[id].delete)
        c:fault { operation = "delete", status = 404, body = "<html>", times = 1 }
        local nothing, err = call(c, "change", "delete", id)
        assert.is_nil(nothing)
        assert.equal(404, err.status)
      end)
    end)

    it("to a stop is a success if it is stopping", function()
      local id = c:seed(1)[1]
      c:fault { operation = "stop", drop = "after" }
      c:run(function()
        assert.equal(id, assert(call(c, "change", "stop", id)).id)
      end)
      assert.equal(1, c:effects()[id].stop)
    end)

    it("to a create is ambiguous, and nothing is created twice", function()
      c:fault { operation = "create", drop = "after" }
      c:run(function()
        local created, err = call(c, "perform", "create", "conf-1")
        assert.is_nil(created)
        assert.is_true(err.ambiguous)
      end)
      assert.equal(1, c:requests().create)
      assert.equal(1, c.emulator.world:size())
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
      ["an HTML 404"] = { status = 404, voice = "page" },
      ["a model's 404"] = { status = 404, voice = "model" },
      ["late"] = { latency = 5 },
    }
    local OPERATIONS = { "login", "capabilities", "list", "status", "batch", "stop", "delete" }
    for name, fault in pairs(FAULTS) do
      it("never lies: each operation's first answers are " .. name, function()
        for _, bulk in ipairs { true, false } do
          c = new { bulk = bulk }
          local ids = seed(c, { "RUNNING", "PENDING", "STOPPED", "DEAD", "RUNNING", "UNKNOWN" })
          for _, operation in ipairs(OPERATIONS) do
            local one = { operation = operation, times = 2 }
            for field, value in pairs(fault) do
              one[field] = value
            end
            c:fault(one)
          end
          local asked = { ids[1], ids[2], ids[3], ids[4], ids[6] }
          c:run(function()
            local made = c:teardown(asked)
            assert.same({}, made.failed)
            assert.same(asked, sorted(made.deleted))
          end)
          assert.equal(1, count_left())
          assert.is_nil(c:effects()[ids[5]])
        end
      end)
    end
  end)

  describe("a service that is as inconsistent as real ones are", function()
    --- A teardown, and what it must not have claimed.
    local function tear_down(target, opts)
      local made
      c:run(function()
        made = assert(c:teardown(target, opts))
      end)
      for _, list in ipairs { "deleted", "absent" } do
        for _, id in ipairs(made[list]) do
          assert.is_nil(c:find(id), id .. " is called " .. list .. ", and stands")
        end
      end
      return made
    end

    it("is believed by no list alone: its index is out of order", function()
      local ids = c:seed(40)
      c.emulator.settings.list_empty = true
      local made = tear_down(ids, { timeout = 300 })
      assert.equal(40, #made.deleted)
      made = tear_down { all = true }
      assert.same({}, made.deleted)
    end)

    it("is believed by no list alone: it misses some for a while, and shows others once more", function()
      local ids = c:seed(100)
      c.emulator.settings.list_misses, c.emulator.settings.list_ghosts = 0.3, 0.3
      c.emulator.settings.list_lag = 60
      local made = tear_down(ids)
      assert.equal(100, #made.deleted)
      assert.same({}, made.absent)
    end)

    it("does not make a stop that is not found a deployment that is gone", function()
      local ids = c:seed(5)
      c:fault { operation = "stop", refuse = 404, lasts = 60 }
      local made = tear_down(ids)
      assert.equal(5, #made.deleted)
    end)

    it("may show a change late, and its target never", function()
      c.emulator.settings.show_time, c.emulator.settings.hide_target = 60, 1
      local made = tear_down(c:seed(20))
      assert.equal(20, #made.deleted)
      assert.same({}, made.failed)
      for _, deed in ipairs { "stop", "delete" } do
        for _, id in ipairs(made.deleted) do
          assert.is_true(c:deeds()[id .. " " .. deed] <= 5) -- and is not flooded meanwhile
        end
      end
    end)

    it("may ignore what it has accepted", function()
      c:fault { operation = "stop", ignore = true, lasts = 100 }
      local made = tear_down(c:seed(20))
      assert.equal(20, #made.deleted)
    end)

    it("may refuse for a minute", function()
      for _, status in ipairs { 400, 409, 412, 422, 423 } do
        c = new()
        c:fault { operation = "stop", refuse = status, lasts = 60 }
        c:fault { operation = "delete", refuse = status, lasts = 60 }
        assert.equal(20, #tear_down(c:seed(20)).deleted)
      end
    end)

    it("may have pages that are shorter than asked for, and that shift", function()
      for _, count in ipairs { "page", "total", "more", "less", "missing", "wrong" } do
        c = new { page_cap = 100, count = count, page_shifts = 0.3 }
        c:seed(500)
        c:run(function()
          local made, err = c:teardown({ all = true }, { timeout = 300 })
          if made then
            assert.is_true(count_left() == 0 or made.unsure == true, ("%s: %d are left"):format(count, count_left()))
          else
            assert.equal("protocol", err.kind) -- and nothing was begun
            assert.equal(500, count_left())
          end
        end)
      end
    end)

    it("may have pages that are shorter than asked for: all are found", function()
      for _, count in ipairs { "page", "total", "more", "less", "missing" } do
        c = new { page_cap = 100, count = count }
        c:seed(500)
        local made = tear_down { all = true }
        assert.equal(500, #made.deleted)
        assert.is_nil(made.unsure)
      end
    end)

    it("may ignore $skip: that is said", function()
      c:seed(50)
      c.emulator.settings.skip_ignored, c.emulator.settings.page_cap = true, 20
      c:run(function()
        local made, err = c:teardown { all = true }
        assert.is_nil(made)
        assert.equal("protocol", err.kind)
      end)
      assert.equal(50, count_left())
    end)

    it("may not be AI Core at all: nothing is called gone", function()
      local ids = c:seed(5)
      for _, voice in ipairs { "gateway", "page", "model", "service" } do
        local shown = voice == "service" and "and even speaks like it" or voice
        c = new()
        c:fault { operation = "*", status = 404, voice = voice, times = 0 }
        c.caller.login.given = "a token"
        c:run(function()
          local made = c:teardown(ids, { timeout = 20 })
          assert.same({ {}, {} }, { made.deleted, made.absent }, shown)
          local result, err = c:wait(ids[1], "GONE", { timeout = 20 })
          assert.is_nil(result)
          assert.equal("timeout", err.kind)
        end)
      end
    end)

    it("may throttle everything for a while", function()
      c:fault { operation = "*", status = 429, headers = { ["retry-after"] = 5 }, lasts = 30 }
      assert.equal(20, #tear_down(c:seed(20)).deleted)
    end)

    it("may lack permission for a moment, but not twice in ten seconds", function()
      c:fault { operation = "list", status = 403, skip = 3, times = 1, voice = "service" }
      assert.equal(20, #tear_down(c:seed(20)).deleted)
      c = new()
      c:seed(20)
      for _, operation in ipairs { "list", "status" } do
        c:fault { operation = operation, status = 403, skip = 3, times = 0, voice = "service" }
      end
      local made = tear_down(c:seed(20))
      local _, err = next(made.failed)
      assert.equal("auth", err.kind)
      assert.is_true(made.elapsed < 60)
    end)
  end)

  describe("retries", function()
    it("stay within the storm: at most 1.1 requests per request that would have succeeded", function()
      c.emulator.settings.bulk = false
      local ids = c:seed(300)
      c:fault { operation = "stop", status = 429, headers = { ["Retry-After"] = "1" }, times = 20 }
      c:run(function()
        assert.equal(300, #c:stop_all(ids).stopped)
      end)
      assert.is_true(c:requests().stop <= 330, c:requests().stop)
    end)

    it("can be turned off for what takes long, too", function()
      local ids = c:seed(2)
      c:fault { operation = "status", status = 503, times = 3 }
      c:run(function()
        assert.equal(2, #c:stop_all(ids, { retry = false }).stopped)
      end)
      c = new()
      c:seed(2)
      c:run(function()
        assert.equal("RUNNING", assert(c:wait(ids[1], "RUNNING")).status)
        c:fault { operation = "status", status = 503, voice = "service", times = 0 }
        local before = c:requests().status
        local _, err = c:wait(ids[1], "STOPPED", { retry = false, timeout = 10 })
        assert.equal(err.looks, c:requests().status - before)
      end)
    end)

    it("tell a hook of every attempt, without secrets", function()
      local told = {}
      c = new(nil, {
        on_attempt = function(attempt)
          told[#told + 1] = attempt
        end,
      })
      local id = c:seed(1)[1]
      c:fault { operation = "status", status = 503 }
      c:run(function()
        assert(call(c, "perform", "status", id))
      end)
      assert.equal(3, #told)
      assert.same({ "login", "status", "status" }, { told[1].operation, told[2].operation, told[3].operation })
      assert.same({ 200, 503, 200 }, { told[1].status, told[2].status, told[3].status })
      assert.same({ 1, 1, 2 }, { told[1].attempt, told[2].attempt, told[3].attempt })
      assert.equal(id, told[3].id)
      assert.is_string(told[3].request_id)
      assert.is_true(told[3].seconds > 0)
    end)

    it("say at once when the service asks for more time than there is", function()
      local id = c:seed(1)[1]
      c:fault { operation = "status", status = 503, headers = { ["Retry-After"] = "100" }, times = 0 }
      c:run(function()
        local _, err = call(c, "perform", "status", id)
        assert.same({ 503, 100 }, { err.status, err.retry_after })
      end)
      assert.equal(1, c:requests().status)
    end)
  end)
end)

describe("over time, over sockets,", function()
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
    server.clear_journal()
  end)

  local function connect(settings)
    settings = settings or {}
    settings.base_url, settings.auth_url = server.url, server.url
    settings.client_id, settings.client_secret = "me", "secret"
    settings.runtime = settings.runtime or fast
    return assert(client.new(settings))
  end

  it("a teardown brings every state to an end", function()
    local ids = {}
    for i, status in ipairs(STATES) do
      ids[i] = server.seed({ status = status })[1]
    end
    local c = connect()
    local made = c:teardown(ids)
    assert.same({}, made.failed)
    assert.same(ids, sorted(made.deleted))
    assert.equal(0, c:count())
    assert.equal(server.requests().total - 1, made.requests)
  end)

  it("a wait is over when it has stopped, and when it is gone", function()
    local id = server.seed({ status = "RUNNING" })[1]
    local c = connect()
    assert(c:stop(id))
    assert.equal("STOPPED", assert(c:wait(id, "STOPPED")).status)
    assert(c:delete(id))
    assert.is_true(c:wait(id, "GONE"))
  end)

  it("a wait ends when its client is closed by another coroutine", function()
    local id = server.seed({ status = "RUNNING" })[1]
    local c = connect { runtime = "blocking" }
    local results = c.runtime.gather({
      function()
        local _, err = c:wait(id, "STOPPED", { timeout = 30 })
        return err.kind
      end,
      function()
        repeat
          c.runtime.sleep(0.01)
        until (server.requests().status or 0) >= 2
        c:close()
      end,
    }, 2)
    assert.equal("cancelled", results[1])
  end)

  it("misuse raises at the caller's line, and sends nothing", function()
    local c = connect()
    for _, text in ipairs {
      [[c:wait("a/b", "GONE")]],
      [[c:wait("abcd")]],
      [[c:wait("abcd", "not a word")]],
      [[c:wait("abcd", "STOPED")]],
      [[c:teardown { status = "RUNING" }]],
      [[c:teardown { status = { "RUNNING", "RUNING" } }]],
      [[c:wait("abcd", "GONE", { foo = 1 })]],
      [[c:wait("abcd", "GONE", { timeout = -1 })]],
      [[c:wait("abcd", "GONE", { appear = -1 })]],
      [[c:wait("abcd", "GONE", { appear = "5m" })]],
      [[c:wait("abcd", "GONE", { appear = math.huge })]],
      [[c:wait("abcd", "GONE", { on_progress = 1 })]],
      [[c:teardown()]],
      [[c:teardown {}]],
      [[c:teardown { all = false }]],
      [[c:teardown { resource_group = "default" }]],
      [[c:teardown { foo = 1 }]],
      [[c:teardown { all = true, top = 5 }]],
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

  it("a teardown of ten thousand stays small", function()
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
    assert.is_true(requests.total <= 340, tostring(requests.total))
    assert.is_true(tonumber(peak) <= 72 * 1024, peak .. " KiB")
  end)
end)
