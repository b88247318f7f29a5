local virtual_client = require "spec.fleet.virtual_client"

local ID = "d-served"

describe("rollout", function()
  local c

  local function new(settings, seed)
    settings = settings or {}
    settings.latency = 0.02
    c = virtual_client.new { settings = settings }
    seed = seed or {}
    seed.id, seed.configuration_id = ID, seed.configuration_id or "conf-1"
    c:seed(1, seed)
  end

  local function rollout(configuration, opts)
    return c:run(function()
      return c:rollout(ID, configuration or "conf-2", opts)
    end)
  end

  local function now_with(configuration, status)
    local found = c:find(ID)
    assert.same({ configuration, status or "RUNNING" }, { found.configuration_id, found.status })
  end

  local function updates()
    local sent = {}
    for _, one in ipairs(c.sent) do
      sent[#sent + 1] = one.name == "update" and one.status or nil
    end
    return sent
  end

  it("updates, and waits until it runs with the new configuration", function()
    new { start_time = 30, update_time = 5 }
    local report = assert(rollout())
    assert.same({ ID, "conf-1", "conf-2", false }, {
      report.id,
      report.previous,
      report.configuration_id,
      report.rolled_back,
    })
    assert.is_nil(report.reason)
    assert.is_true(report.elapsed > 35 and report.elapsed < 50)
    assert.equal(report.requests, #c.sent)
    assert.same({ 202 }, updates())
    now_with "conf-2"
  end)

  it("does not take for the new one the old one that still runs", function()
    new { start_time = 20, early_update = 8 }
    local report = assert(rollout())
    assert.is_true(report.elapsed > 28)
    now_with "conf-2"
  end)

  it("believes ten seconds of nothing else where PENDING was never seen", function()
    new { start_time = 0 }
    local report = assert(rollout())
    assert.is_true(report.elapsed < 3, report.elapsed) -- the service says what has run last
    new({ start_time = 0 }, { configuration_id = "conf-2" })
    report = assert(rollout())
    assert.is_true(report.elapsed > 10 and report.elapsed < 15, report.elapsed)
    assert.same({}, updates())
  end)

  it("says why the new one died", function()
    new { start_time = 5 }
    local report, err = rollout "dead-conf"
    assert.is_nil(report)
    assert.equal("state", err.kind)
    assert.equal("rollout", err.operation)
    assert.matches("it did not become RUNNING with dead%-conf: .*DEAD.*CrashLoopBackOff", tostring(err))
    assert.same({ "conf-1", false }, { err.previous, err.rolled_back })
    now_with("dead-conf", "DEAD")
  end)

  for name, settings in pairs {
    ["a good service"] = {},
    ["replicas that are behind"] = { read_lag = 10, replicas = 3 },
    ["stamps that tell nothing"] = { stamps = "missing" },
    ["one that is slow to show updates"] = { update_time = 30 },
    ["one that shows the new one too soon"] = { early_update = 8 },
  } do
    it("goes back to the one before where the new one dies, with " .. name, function()
      settings.start_time = 5
      new(settings)
      local report = assert(rollout("dead-conf", { rollback = true, timeout = 1200 }))
      assert.is_true(report.rolled_back)
      assert.equal("conf-1", report.previous)
      assert.matches("DEAD", tostring(report.reason))
      now_with "conf-1"
    end)
  end

  it("goes back at the deadline, and is over in time", function()
    new()
    local began = c:now()
    c.emulator.settings.start_time = 400
    c.runtime.at(c.runtime.now() + 200, function()
      c.emulator.settings.start_time = 10
    end)
    local report = assert(rollout("conf-2", { rollback = true, timeout = 600 }))
    assert.is_true(report.rolled_back)
    assert.equal("timeout", report.reason.kind)
    assert.is_true(c:now() - began <= 600)
    now_with "conf-1"
  end)

  it("tells what the service said where it would not go back", function()
    new { start_time = 5 }
    c:fault { operation = "update", refuse = 412, skip = 1, times = 0 }
    local report, err = rollout("dead-conf", { rollback = true, timeout = 1200 })
    assert.is_nil(report)
    assert.matches("it did not become RUNNING with dead%-conf", err.message)
    assert.matches("cannot be updated now", tostring(err))
    assert.equal("state", err.last_refusal.kind)
    assert.is_false(err.rolled_back)
  end)

  it("fails at once where the configuration is none, and changes nothing", function()
    new()
    local report, err = rollout("missing-conf", { rollback = true })
    assert.is_nil(report)
    assert.matches("Configuration missing%-conf not found", tostring(err))
    assert.equal("state", err.kind)
    assert.is_true(err.elapsed < 2)
    now_with "conf-1"
  end)

  it("fails at once, too, where the configuration is not found by a 404", function()
    new()
    local body = { error = { code = "01010031", message = "Configuration with ID not found" } }
    c:fault { operation = "update", status = 404, times = 0, body = body }
    local report, err = rollout("conf-2", { rollback = true })
    assert.is_nil(report)
    assert.matches("Configuration with ID not found", tostring(err))
    assert.is_nil(err.absent)
    assert.is_true(err.elapsed < 2)
    assert.same({ 404 }, updates())
  end)

  it("does not go back where the update was never taken, but not found", function()
    new()
    c:fault { operation = "update", status = 404, voice = "service", times = 0 }
    local report, err = rollout("conf-2", { rollback = true, timeout = 60 })
    assert.is_nil(report)
    assert.is_false(err.rolled_back)
    assert.is_true(err.elapsed <= 31, err.elapsed) -- half of the time
  end)

  it("updates again what was accepted without effect, or whose answer was lost", function()
    new { start_time = 5 }
    c:fault { operation = "update", ignore = true }
    assert(rollout())
    assert.same({ 202, 202 }, updates())
    new { start_time = 5 }
    c:fault { operation = "update", drop = "after" }
    assert(rollout())
    now_with "conf-2"
  end)

  it("brings back one that is dead", function()
    new({ start_time = 5 }, { status = "DEAD" })
    assert(rollout())
    now_with "conf-2"
    new({ start_time = 5, stamps = "still" }, { status = "DEAD", configuration_id = "conf-2" })
    assert.is_true(assert(rollout()).elapsed < 60)
    assert.same({ 202 }, updates())
    now_with "conf-2"
  end)

  it("does not go back to what was dead before", function()
    new({ start_time = 5 }, { status = "DEAD" })
    local report, err = rollout("dead-conf", { rollback = true })
    assert.is_nil(report)
    assert.is_nil(err.previous)
    assert.same({ 202 }, updates())
  end)

  it("fails where it was stopped, or is gone", function()
    new({ start_time = 5 }, { status = "STOPPED" })
    local _, err = rollout()
    assert.equal("state", err.kind)
    assert.matches("can no longer be RUNNING with conf%-2", err.message)
    new()
    c:run(function()
      assert(c:teardown(ID))
    end)
    _, err = rollout()
    assert.is_true(err.absent)
    assert.same({}, updates())
  end)

  it("raises what is wrong with its arguments", function()
    new()
    for message, arguments in pairs {
      ["rollout: configuration_id: 4 to 64"] = { "a/b" },
      ["rollout: unknown option 'roll_back'"] = { "conf-2", { roll_back = true } },
      ["rollout: rollback: a boolean expected, got number"] = { "conf-2", { rollback = 1 } },
    } do
      local ok, failure = pcall(c.rollout, c, ID, arguments[1], arguments[2])
      assert.is_false(ok)
      assert.is_truthy(tostring(failure):find(message, 1, true), tostring(failure))
    end
  end)

  after_each(function()
    for _, shared in pairs(c.caller.shared) do
      assert.equal(0, #shared.looks:observers())
    end
    assert.equal(0, c.runtime.coroutines())
  end)

  it("takes for its own update no stop that another goal has sent", function()
    local rollouts = require "aicore.fleet.rollout"
    for action, expected in pairs { stop = "update", update = "done" } do
      local back = rollouts.course("conf-1", true)
      for at = 0, 20 do
        back:note({ configurationId = "conf-1", status = "RUNNING" }, "get", at)
      end
      local s = { status = "RUNNING", action = action, answer = "accepted" }
      assert.equal(expected, (back:judge(s, 20, 0)), action)
      local course = rollouts.course("conf-2", false)
      course:note({ configurationId = "conf-1", status = "RUNNING" }, "get", 0)
      course.engine = { refusals = { { operation = action, status = 400, kind = "http" } } }
      s = { status = "RUNNING", action = action, answer = "refused" }
      assert.equal(action == "update" and "fail" or "update", (course:judge(s, 0, 0)), action)
    end
  end)

  it("takes for the new one nothing that started before another update came between", function()
    local rollouts = require "aicore.fleet.rollout"
    for _, between in ipairs { false, true } do
      local course = rollouts.course("conf-2", false)
      local function see(at, configuration, status)
        course:note({ configurationId = configuration, status = status }, "get", at)
      end
      see(0, "conf-1", "RUNNING")
      see(1, "conf-2", "PENDING")
      if between then
        see(5, "conf-3", "RUNNING")
      end
      see(20, "conf-2", "RUNNING")
      local s = { status = "RUNNING", action = "update", answer = "accepted" }
      assert.equal(between and "look" or "done", (course:judge(s, 2, 0)))
    end
  end)
end)
