local virtual_client = require "spec.fleet.virtual_client"

describe("ensure", function()
  local c

  local function new(settings)
    settings = settings or {}
    settings.latency, settings.start_time = 0.02, settings.start_time or 20
    c = virtual_client.new { settings = settings }
  end

  before_each(function()
    new()
  end)

  after_each(function()
    for _, shared in pairs(c.caller.shared) do
      assert.equal(0, #shared.looks:observers())
    end
  end)

  local function ensure(what, opts, client)
    return (client or c):run(function()
      return (client or c):ensure(what or "conf-1", opts)
    end)
  end

  --- What becomes of the same ensure in this program and, so much later (s), in another one.
  local function in_two_programs(what, delay)
    local other = virtual_client.new { beside = c, seed = 7 }
    return c:together {
      function()
        return { c:ensure(what) }
      end,
      function()
        c.runtime.sleep(delay)
        return { other:ensure(what) }
      end,
    }
  end

  --- What stands in the world with this configuration, by status.
  local function standing(configuration)
    c.emulator.world:advance(c.runtime.now())
    local found = c.emulator.world:find("default", function(one)
      return one.configuration_id == (configuration or "conf-1")
    end)
    local texts = {}
    for i, one in ipairs(found) do
      texts[i] = one.status
    end
    return table.concat(texts, " ")
  end

  local function created()
    return c:requests().create or 0
  end

  it("makes one where there is none, and returns it when it runs", function()
    local record, is_new = ensure()
    assert.same({ "RUNNING", "conf-1", true }, { record.status, record.configurationId, is_new })
    assert.equal("RUNNING", standing())
    local again, is_newer = ensure()
    assert.same({ record.id, false }, { again.id, is_newer })
    assert.equal(1, created())
  end)

  it("takes the oldest that runs, and none that is about to end", function()
    for id, seed in pairs {
      ["d-old"] = { age = 900 },
      ["d-new"] = { age = 100 },
      ["d-oldest"] = { age = 2000, status = "PENDING" },
      ["d-leaving"] = { age = 5000, target_status = "STOPPED" },
      ["d-dead"] = { age = 9000, status = "DEAD" },
      ["d-other"] = { age = 9000, configuration_id = "conf-2" },
    } do
      seed.id, seed.configuration_id = id, seed.configuration_id or "conf-1"
      c:seed(1, seed)
    end
    assert.equal("d-old", ensure().id)
    assert.equal(0, created())
  end)

  it("waits for one that starts", function()
    c.emulator.world:create("default", "conf-1", nil, { now = c.runtime.now() })
    c:run(function()
      c.runtime.sleep(7)
    end)
    local record, is_new = ensure()
    assert.same({ "RUNNING", false }, { record.status, is_new })
    assert.equal(0, created())
  end)

  it("finds or makes the configuration, too", function()
    local what = { scenario_id = "foundation-models", executable_id = "azure-openai", name = "chat" }
    what.parameters = { modelName = "gpt-4o" }
    local record, is_new = ensure(what)
    assert.is_true(is_new)
    assert.equal("chat", record.configurationName)
    local again, is_newer = ensure(what)
    assert.same({ record.id, false }, { again.id, is_newer })
    assert.equal(1, c:requests().configure)
  end)

  it("tells why its own died, and leaves nothing behind, unless it is told to", function()
    local record, err = ensure "dead-conf"
    assert.is_nil(record)
    assert.same({ "state", "ensure" }, { err.kind, err.operation })
    assert.matches("DEAD.*CrashLoopBackOff", tostring(err))
    c:run(function()
      c.runtime.sleep(10)
    end)
    assert.equal("", standing "dead-conf")
    record, err = ensure("dead-conf", { keep = true })
    assert.is_nil(record)
    assert.equal("DEAD", c:find(err.id).status)
  end)

  it("tells that what has failed could not be torn down", function()
    c:fault { operation = "delete", status = 409, times = 0 }
    local _, err = ensure("dead-conf", { timeout = 60 })
    assert.equal("state", err.kind)
    assert.is_nil(err.last_error)
    assert.equal(409, err.last_refusal.last_refusal.status)
    assert.matches("DEAD.*; what was sent last failed: timeout: .*; what was sent last failed: HTTP 409", tostring(err))
  end)

  it("tears down its own as the call says, without retries, too", function()
    local most = 0
    c = virtual_client.new {
      settings = { start_time = 20 },
      on_attempt = function(attempt)
        most = attempt.operation == "delete" and math.max(most, attempt.attempt) or most
      end,
    }
    assert(c.emulator.faults:add { operation = "delete", status = 503, times = 2 })
    assert.is_nil(ensure("dead-conf", { retry = false }))
    assert.equal(1, most)
  end)

  it("says that the quota is used up where a create is refused", function()
    c.emulator.settings.quota = 1
    c:seed(1, { configuration_id = "conf-other" })
    local _, err = ensure()
    assert.matches("1 of 1 deployments are used", err.message)
    assert.equal(1, err.quota.used)
  end)

  it("looks for what a create whose answer was lost has made", function()
    for _, settings in ipairs { {}, { list_lag = 60 } } do
      new(settings)
      c:fault { operation = "create", drop = "after" }
      local record, is_new = ensure()
      assert.same({ "RUNNING", true }, { record.status, is_new })
      assert.equal("RUNNING", standing())
      assert.equal(1, created())
    end
  end)

  it("creates no second one where the first may exist", function()
    c:fault { operation = "create", drop = "before", times = 0 }
    local record, err = ensure()
    assert.is_nil(record)
    assert.is_true(err.ambiguous)
    assert.equal(1, created())
    assert.is_true(c:now() < 320)
  end)

  it("does not take for its own what was there before", function()
    new { list_lag = 30 }
    c:seed(1, { id = "d-stopped", configuration_id = "conf-1", status = "STOPPED" })
    c:fault { operation = "create", drop = "after" }
    local record = ensure()
    assert.not_equal("d-stopped", record.id)
    assert.equal("STOPPED RUNNING", standing())
  end)

  for name, settings in pairs {
    ["a good service"] = {},
    ["lists that are behind"] = { list_lag = 60 },
    ["replicas that are behind"] = { read_lag = 10, replicas = 3 },
  } do
    it("leaves one of two that two programs make at once, with " .. name, function()
      for _, delay in ipairs { 0, 0.01, 0.5, 3 } do
        new(settings)
        local found = in_two_programs("conf-1", delay)
        assert.equal(found[1][1].id, found[2][1].id)
        c:run(function()
          c.runtime.sleep(10)
        end)
        assert.equal("RUNNING", standing())
        assert.is_false(found[1][2] and found[2][2])
      end
    end)
  end

  local CHAT = { name = "chat", scenario_id = "scen-1", executable_id = "exec-1", parameters = { modelName = "m" } }

  local function standing_in_all()
    c.emulator.world:advance(c.runtime.now())
    local ids = {}
    for _, one in
      ipairs(c.emulator.world:find("default", function()
        return true
      end))
    do
      ids[#ids + 1] = one.status == "RUNNING" and one.id or nil
    end
    return ids
  end

  it("leaves one of two that two programs make at once by what their configuration says", function()
    for _, delay in ipairs { 0, 0.01, 0.5, 3 } do
      new { list_lag = delay > 0 and 5 or nil }
      local found = in_two_programs(CHAT, delay)
      assert.equal(found[1][1].id, found[2][1].id)
      c:run(function()
        c.runtime.sleep(10)
      end)
      assert.same({ found[1][1].id }, standing_in_all())
    end
  end)

  it("takes a deployment of any configuration that says the same", function()
    local ids = {}
    for i = 1, 2 do
      ids[i] = c:run(function()
        local wanted = { name = "chat", scenarioId = "scen-1", executableId = "exec-1" }
        wanted.parameterBindings, wanted.inputArtifactBindings = { { key = "modelName", value = "m" } }, {}
        local group = c.caller:in_group {}
        return assert(group:configure(require("aicore.text.json").line(wanted), c.runtime.now() + 5)).id
      end)
    end
    table.sort(ids)
    local first = assert(ensure(ids[2]))
    local record, is_new = ensure(CHAT)
    assert.same({ first.id, false }, { record.id, is_new })
    assert.same({ first.id }, standing_in_all())
  end)

  it("does not take for its own what was made after its answer was lost", function()
    for configuration, expected in pairs { ["conf-1"] = "RUNNING", ["dead-conf"] = "DEAD" } do
      new()
      c:fault { operation = "create", drop = "before" }
      c.runtime.at(c.runtime.now() + 3, function()
        c.emulator.world:create("default", configuration, nil, { now = c.runtime.now() })
      end)
      local record, is_new = ensure(configuration)
      if expected == "RUNNING" then
        assert.same({ "RUNNING", false }, { record.status, is_new })
      end
      c:run(function()
        c.runtime.sleep(30)
      end)
      assert.equal(expected, standing(configuration))
      assert.is_nil(c:requests().delete)
    end
  end)

  it("tells what may be its own, too, where several have appeared", function()
    new { list_lag = 5 }
    c:fault { operation = "create", drop = "after", times = 2 }
    local found = in_two_programs("conf-1", 0)
    local told = {}
    for i = 1, 2 do
      told[found[i][1].id] = true
      for id, err in pairs(found[i][3] or {}) do
        told[id] = true
        assert.is_true(err.ambiguous)
      end
    end
    for _, id in ipairs(standing_in_all()) do
      assert.is_true(told[id], id)
    end
  end)

  it("makes way for one that is older, also where lists have shown that too late", function()
    new { start_time = 30 }
    c.runtime.at(c.runtime.now() + 15, function()
      c:seed(1, { id = "d-old", configuration_id = "conf-1", age = 100 })
    end)
    local record, is_new, left = ensure()
    assert.same({ "d-old", false }, { record.id, is_new })
    assert.is_nil(left)
    c:run(function()
      c.runtime.sleep(30)
    end)
    assert.equal("RUNNING", standing())
  end)

  it("returns the one that is older, and tells that its own could not be torn down", function()
    new { start_time = 5 }
    for _, operation in ipairs { "stop", "delete" } do
      c:fault { operation = operation, status = 403, times = 0 }
    end
    c.runtime.at(c.runtime.now() + 1, function()
      c:seed(1, { id = "d-old", configuration_id = "conf-1", age = 100 })
    end)
    local record, is_new, left = ensure()
    assert.same({ "d-old", false }, { record.id, is_new })
    local id, err = next(left)
    assert.equal("RUNNING", c:find(id).status)
    assert.equal(403, err.status)
  end)

  it("says of what it has created whether it stays", function()
    new { start_time = 300 }
    local _, err = ensure(nil, { timeout = 100 })
    assert.equal(err.id, err.created)
    assert.matches("; " .. err.id .. " was created by this call, and stays", tostring(err), 1, true)
    new { start_time = 5 }
    _, err = ensure "dead-conf"
    assert.matches("; what was created for it was torn down again", tostring(err))
    new()
    c.emulator.settings.latency = 5
    c.runtime.at(c.runtime.now() + 12, function()
      c.caller:close()
    end)
    _, err = ensure(nil, { timeout = 100 })
    assert.same({ "cancelled", true }, { err.kind, err.ambiguous })
    assert.equal(1, created())
    assert.matches("one was being created, and may exist", tostring(err))
  end)

  --- What the lists of this client show is changed: act(name of the operation, records, how often it was asked for).
  local function lists_show(act)
    local in_group, counts = c.caller.in_group, {}
    function c.caller.in_group(caller, options)
      local group = in_group(caller, options)
      local all = group.all
      function group.all(self, name, ...)
        local records, err, date = all(self, name, ...)
        counts[name] = (counts[name] or 0) + 1
        return records and act(name, records, counts[name]) or records, err, date
      end
      return group
    end
  end

  --- A record as old as that (s), with the configuration of these specs.
  local function old_one(id, age)
    local stamp = os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(c.runtime.now()) - age)
    local made = { id = id, configurationId = "conf-1", status = "RUNNING", targetStatus = "RUNNING" }
    made.createdAt, made.modifiedAt = stamp, stamp
    return made
  end

  it("does not make way for one that only a list shows", function()
    for _, at in ipairs { 1, 15 } do
      for ghost, age in pairs { ["d-ghost"] = 5000, ["d-other"] = 5000, ["d-young"] = at > 1 and 60 or nil } do
        new()
        c:seed(1, { id = "d-other", configuration_id = "conf-2", age = 5000 })
        lists_show(function(name, records)
          if name == "list" and c:now() >= at then
            table.insert(records, 1, old_one(ghost, age))
          end
        end)
        local found, is_new = ensure()
        assert.same({ "RUNNING", "conf-1", true }, { found.status, found.configurationId, is_new }, ghost)
        assert.equal("RUNNING", standing())
        assert.is_true(c:now() < 60, ghost)
      end
    end
  end)

  it("believes no longer in one that a GET has not found where a list that is behind shows it again", function()
    new { list_lag = 60, start_time = 1, stop_time = 1, delete_time = 1 }
    local other = virtual_client.new { beside = c, seed = 7 }
    c:run(function()
      local made = assert(c.caller:perform(assert(c.caller:request("create", nil, "conf-1")), c.runtime.now() + 60))
      c.runtime.sleep(8)
      other:teardown(made.id, { appear = 0 })
      c.runtime.sleep(2)
      local began, found = c:now(), assert(c:ensure "conf-1")
      assert.not_equal(made.id, found.id)
      assert.is_true(c:now() - began < 450, c:now() - began)
    end)
  end)

  it("tears down what is new, though it is not found at first", function()
    new { appear_time = 20, start_time = 40 }
    local other = virtual_client.new { beside = c, seed = 7 }
    local found = c:together {
      function()
        return { other:ensure "conf-1" }
      end,
      function()
        c.runtime.sleep(2)
        c:fault { operation = "create", drop = "after" }
        return { c:ensure "conf-1" }
      end,
    }
    assert.equal(found[1][1].id, found[2][1].id)
    c:run(function()
      c.runtime.sleep(60)
    end)
    assert.equal("RUNNING", standing())
  end)

  it("tells its own, whose answer was lost, also where a later one was shown before", function()
    new()
    c:fault { operation = "create", drop = "after" }
    local later
    c.runtime.at(c.runtime.now() + 4, function()
      later = c.emulator.world:create("default", "conf-1", nil, { now = c.runtime.now() }).id
    end)
    lists_show(function(name, records, count)
      local shown = {}
      for _, one in ipairs(records) do
        shown[#shown + 1] = one.id == later and one or nil
      end
      return name == "list" and count > 1 and c:now() < 12 and shown or nil
    end)
    local found, is_new, left = ensure()
    assert.same({ later, false }, { found.id, is_new })
    assert.is_true(next(left) ~= later and c:find((next(left))) ~= nil)
  end)

  it("takes nothing for its own where the service shows no clock", function()
    new { dates = false }
    c:fault { operation = "create", drop = "before" }
    c.runtime.at(c.runtime.now() + 30, function()
      c.emulator.world:create("default", "dead-conf", nil, { now = c.runtime.now() })
    end)
    local _, err = ensure "dead-conf"
    assert.is_true(err.ambiguous)
    assert.is_nil(c:requests().delete)
  end)

  for name, fault in pairs {
    hang = { latency = 1000 },
    ["put off"] = { status = 503, headers = { ["retry-after"] = "100" } },
  } do
    it("is not held up for long by lists that " .. name .. " when its own serves", function()
      for at, most in pairs { [15] = 40, [6] = 100 } do
        new()
        c.runtime.at(c.runtime.now() + at, function()
          local one = { operation = "list", times = 0 }
          for field, value in pairs(fault) do
            one[field] = value
          end
          c:fault(one)
        end)
        local began = c:now()
        assert.equal("RUNNING", assert(ensure(nil, { timeout = at == 6 and 100 or 900 })).status)
        assert.is_true(c:now() - began < most, c:now() - began)
      end
    end)
  end

  it("says what it has created also where that could not be torn down", function()
    c:fault { operation = "delete", status = 409, times = 0 }
    local _, err = ensure("dead-conf", { timeout = 60 })
    assert.equal("DEAD", c:find(err.created).status)
    assert.matches("was created by this call, and stays", tostring(err))
  end)

  it("tells no more of what its maker has torn down", function()
    c:fault { operation = "create", drop = "after" }
    local found = in_two_programs("conf-1", 0.05)
    assert.equal(found[1][1].id, found[2][1].id)
    for i = 1, 2 do
      for id in pairs(found[i][3] or {}) do
        assert.is_table(c:find(id))
      end
    end
  end)

  it("makes one though lists of configurations show another one that says the same, and not its own", function()
    new { start_time = 2 }
    local own
    lists_show(function(name, records)
      local shown = {}
      for _, one in ipairs(records) do
        shown[#shown + 1] = one.id ~= own and one or nil
      end
      return name == "configurations" and shown or c:now() < 60 and {} or nil
    end)
    local first, more = ensure(CHAT, { timeout = 20 })
    own = c:find(first and first.id or more.created).configuration_id
    local other = virtual_client.new { beside = c, seed = 9 }
    c:run(function()
      local wanted = { name = "chat", scenarioId = "scen-1", executableId = "exec-1" }
      wanted.parameterBindings, wanted.inputArtifactBindings = { { key = "modelName", value = "m" } }, {}
      assert(other.caller:in_group({}):configure(require("aicore.text.json").line(wanted), c.runtime.now() + 5))
    end)
    ensure(CHAT, { timeout = 20 })
    assert.equal(1, created())
  end)

  it("makes one for several calls of a client at once", function()
    for _, settings in ipairs { {}, { list_lag = 60 }, { read_lag = 10 }, { list_lag = 60, appear_time = 20 } } do
      new(settings)
      local calls = {}
      for i = 1, 3 do
        calls[i] = function()
          return { c:ensure "conf-1" }
        end
      end
      local found = c:together(calls)
      assert.equal(1, created())
      local new_ones = 0
      for i = 1, 3 do
        assert.equal(found[1][1].id, found[i][1].id)
        new_ones = new_ones + (found[i][2] and 1 or 0)
      end
      assert.equal(1, new_ones)
    end
  end)

  it("returns what stays to the other calls of a client, too, where two programs make one at once", function()
    for seed = 1, 8 do
      c = virtual_client.new { settings = { latency = 0.04, start_time = 1, list_lag = 0.3, show_time = 10 } }
      local other, calls = virtual_client.new { beside = c, seed = seed }, {}
      for i, client in ipairs { c, c, other } do
        calls[i] = function()
          c.runtime.sleep(i > 1 and 0.05 or 0)
          return { client:ensure "conf-1" }
        end
      end
      local found = c:together(calls)
      for i = 2, 3 do
        assert.equal(found[1][1].id, found[i][1].id)
      end
    end
  end)

  it("does not wait again for what lists have shown to the call that made it", function()
    new { start_time = 1 }
    local first, began = assert(ensure()), c:now()
    assert.equal(first.id, assert(ensure()).id)
    assert.is_true(c:now() - began < 1)
  end)

  it("asks no lists about what it has made of another configuration", function()
    c:run(function()
      local made = assert(c.caller:perform(assert(c.caller:request("create", nil, "conf-0")), c.runtime.now() + 60))
      assert(c:rollout(made.id, "conf-1"))
    end)
    c:seed(1, { id = "d-older", configuration_id = "conf-1", age = 500, status = "PENDING" })
    c.emulator.settings.start_time = 3000
    local began, record = c:now(), assert(ensure())
    assert.not_equal("d-older", record.id)
    assert.is_true(c:now() - began < 1)
  end)

  it("knows what this client has made a moment ago though lists are behind, and what it has ended", function()
    new { list_lag = 60, read_lag = 5, start_time = 2 }
    local first = assert(ensure(nil, { timeout = 20 }))
    local again, is_new = ensure(nil, { timeout = 20 })
    assert.same({ first.id, false }, { again.id, is_new })
    c:run(function()
      return c:teardown(first.id)
    end)
    local began = c:now()
    local second, is_newer = ensure(nil, { timeout = 100 })
    assert.is_true(is_newer)
    assert.is_true(second.id ~= first.id)
    assert.is_true(c:now() - began < 100)
  end)

  it("believes for half a minute in one that another program has deleted", function()
    new { list_lag = 60, start_time = 2, stop_time = 0, delete_time = 0 }
    local first = assert(ensure(nil, { timeout = 20 }))
    local other = virtual_client.new { beside = c, seed = 7 }
    c:run(function()
      return other:teardown(first.id, { appear = 0 })
    end)
    local began = c:now()
    local second, is_new = ensure(nil, { timeout = 900 })
    assert.is_true(is_new)
    assert.is_true(second.id ~= first.id)
    assert.is_true(c:now() - began < 100, c:now() - began)
  end)

  it("is over at the deadline, and what it has made goes on", function()
    new { start_time = 300 }
    local record, err = ensure(nil, { timeout = 100 })
    assert.is_nil(record)
    assert.equal("timeout", err.kind)
    assert.is_true(c:now() <= 100)
    assert.equal("PENDING", c:find(err.id).status)
    assert.is_false(select(2, ensure()))
  end)

  it("tells what the service refuses", function()
    new { quota = 0 }
    local record, err = ensure()
    assert.is_nil(record)
    assert.matches("quota", tostring(err))
    record, err = ensure "missing-conf"
    assert.is_nil(record)
    assert.matches("Configuration missing%-conf not found", tostring(err))
  end)

  it("ends with its client", function()
    c.runtime.at(c.runtime.now() + 5, function()
      c.caller:close()
    end)
    local record, err = ensure()
    assert.is_nil(record)
    assert.equal("cancelled", err.kind)
  end)

  it("raises what is wrong with its arguments", function()
    for message, arguments in pairs {
      ["ensure: a configuration's id or a table expected, got number"] = { 5 },
      ["ensure: configuration_id: 4 to 64"] = { "a/b" },
      ["ensure: name: a text expected"] = { { scenario_id = "scen", executable_id = "exec" } },
      ["ensure: keep: a boolean expected, got string"] = { "conf-1", { keep = "yes" } },
      ["ensure: ttl: digits and then m, h or d expected"] = { "conf-1", { ttl = "soon" } },
    } do
      local ok, failure = pcall(c.ensure, c, arguments[1], arguments[2])
      assert.is_false(ok)
      assert.is_truthy(tostring(failure):find(message, 1, true), tostring(failure))
    end
  end)
end)
