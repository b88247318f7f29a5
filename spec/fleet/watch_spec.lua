local virtual_client = require "spec.fleet.virtual_client"

describe("watch", function()
  local c

  local function new(settings)
    settings = settings or {}
    settings.latency = settings.latency or 0.02
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

  local function words(change)
    return ("%s %s>%s %s"):format(change.id, change.before or "", change.status, change.target or "")
  end

  --- All changes until the watch ends, or `stop_at` of them; and what it ended with.
  local function watch(target, opts, stop_at)
    local seen, failure = {}, nil
    c:run(function()
      for change, err in c:watch(target, opts) do
        if not change then
          failure = err
          break
        end
        seen[#seen + 1] = words(change)
        if #seen == stop_at then
          break
        end
      end
    end)
    return seen, failure
  end

  local function later(seconds, fn)
    c.runtime.at(c.runtime.now() + seconds, fn)
  end

  local function act(id, action, configuration)
    return function()
      local world = c.emulator.world
      world:advance(c.runtime.now())
      world:change(world:get("default", id), action, { now = c.runtime.now() }, configuration)
    end
  end

  it("tells how each is, every change, and that it is gone at last", function()
    new { stop_time = 20, delete_time = 20 }
    c:seed(1, { id = "d-one" })
    later(5, act("d-one", "stop"))
    later(40, act("d-one", "delete"))
    assert.same({
      "d-one >RUNNING RUNNING",
      "d-one RUNNING>STOPPING STOPPED",
      "d-one STOPPING>STOPPED STOPPED",
      "d-one STOPPED>STOPPED DELETED",
      "d-one STOPPED>GONE DELETED",
    }, (watch "d-one"))
  end)

  it("tells of one that was never there, and ends", function()
    assert.same({ "d-none >GONE " }, (watch { "d-none" }))
  end)

  it("tells of new ones that match, and of none that do not", function()
    new { start_time = 30 }
    c:seed(2, { scenario_id = "mine" })
    c:seed(3, { scenario_id = "others" })
    later(10, function()
      c.emulator.world:seed({ id = "d-new", scenario_id = "mine", status = "PENDING", age = 0 }, c.runtime.now())
      c.emulator.world:seed({ id = "d-other", scenario_id = "others", age = 0 }, c.runtime.now())
    end)
    later(20, act("d-new", "update", "conf-2"))
    local seen = watch({ scenario_id = "mine" }, { timeout = 120 })
    assert.same({
      "d000000000000001 >RUNNING RUNNING",
      "d000000000000002 >RUNNING RUNNING",
      "d-new >PENDING RUNNING",
      "d-new PENDING>RUNNING RUNNING",
    }, seen)
  end)

  it("goes on with one that matched, whatever becomes of it", function()
    c:seed(1, { id = "d-one" })
    later(5, act("d-one", "stop"))
    local seen = watch({ status = "running" }, { timeout = 60 })
    assert.equal("d-one RUNNING>STOPPING STOPPED", seen[2])
    assert.equal("d-one STOPPING>STOPPED STOPPED", seen[3])
  end)

  it("takes none that is gone for a new one, where lists are behind", function()
    new { list_lag = 50, delete_time = 1 }
    c:seed(1, { id = "d-one", status = "STOPPED" })
    c:seed(5, {})
    later(5, act("d-one", "delete"))
    local seen, gone = watch({ all = true }, { timeout = 300 }), 0
    for i, text in ipairs(seen) do
      gone = text:find "GONE" and i or gone
    end
    assert.matches("^d%-one STOPPED>GONE", seen[gone])
    for i = gone + 1, #seen do
      assert.is_nil(seen[i]:find("d-one", 1, true), seen[i])
    end
  end)

  it("does not flicker where replicas are behind", function()
    new { read_lag = 8, replicas = 3, start_time = 10 }
    c:seed(1, { id = "d-one", age = 100 })
    later(10, act("d-one", "update", "conf-2"))
    assert.same({
      "d-one >RUNNING RUNNING",
      "d-one RUNNING>PENDING RUNNING",
      "d-one PENDING>RUNNING RUNNING",
    }, (watch("d-one", { timeout = 120 })))
  end)

  it("leaves nothing behind where the loop is left, and goes on where it is called again", function()
    c:seed(2, {})
    c:run(function()
      local next_one = c:watch { all = true }
      assert.equal("RUNNING", next_one().status)
      for _, shared in pairs(c.caller.shared) do
        assert.equal(0, #shared.looks:observers())
      end
      assert.equal("RUNNING", next_one().status)
    end)
  end)

  it("shares its looks with what else goes on, also when it waits for what is new", function()
    new { stop_time = 30 }
    local ids = c:seed(1, { id = "d-one" })
    local seen = {}
    c:together {
      function()
        for change in c:watch({ all = true }, { timeout = 100 }) do
          seen[#seen + 1] = words(change)
        end
      end,
      function()
        assert.equal("d-one", assert(c:stop_all(ids)).stopped[1])
      end,
    }
    assert.equal("d-one STOPPING>STOPPED STOPPED", seen[3])
    assert.is_true((c:requests().status or 0) < 5, c:requests().status)
  end)

  it("looks at nothing more often than every five seconds while nothing happens", function()
    c:seed(5, {})
    watch({ all = true }, { timeout = 1000 })
    local list = c:requests().list / 2 -- two pages each: the count is the page's
    assert.is_true(list <= 225 and list >= 150, list)
  end)

  it("keeps its places, however many come and go", function()
    local _, shared
    c:run(function()
      local next_one = c:watch({ scenario_id = "mine" }, { timeout = 3000 })
      for i = 1, 20 do
        later(0, function()
          c.emulator.world:seed({ id = "d-" .. i .. "x", scenario_id = "mine", status = "STOPPED" }, c.runtime.now())
        end)
        assert.equal("STOPPED", next_one().status)
        act("d-" .. i .. "x", "delete")()
        local change
        repeat
          change = next_one()
        until change.status == "GONE"
      end
      _, shared = next(c.caller.shared)
    end)
    assert.equal(0, #shared.looks:observers())
  end)

  it("tells why it cannot go on", function()
    c:fault { operation = "list", status = 403, times = 0 }
    local seen, err = watch { all = true }
    assert.same({}, seen)
    assert.same({ "auth", "watch" }, { err.kind, err.operation })
    new()
    c:seed(1, { id = "d-one" })
    later(30, function()
      c.caller:close()
    end)
    seen, err = watch "d-one"
    assert.equal(1, #seen)
    assert.equal("cancelled", err.kind)
  end)

  it("goes on after trouble", function()
    c:seed(1, { id = "d-one" })
    c:fault { operation = "status", status = 503, times = 30 }
    later(100, act("d-one", "stop"))
    local seen = watch("d-one", { timeout = 400 })
    assert.matches("STOPPED STOPPED", seen[#seen])
  end)

  it("raises what is wrong with its arguments", function()
    for message, arguments in pairs {
      ["watch: a table of ids expected, got number"] = { 5 },
      ["watch: id: 4 to 64"] = { { "a/b" } },
      ["watch: unknown option 'colour'"] = { { colour = "red" } },
      ["watch: unknown option 'every'"] = { { all = true }, { every = 5 } },
    } do
      local ok, failure = pcall(c.watch, c, arguments[1], arguments[2])
      assert.is_false(ok)
      assert.is_truthy(tostring(failure):find(message, 1, true), tostring(failure))
    end
  end)
end)
