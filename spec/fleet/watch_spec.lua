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

  it(
    "takes one that another program has just created, and that is not found at first, for no one that is gone",
    function()
      local shown = 0
      for seed = 1, 8 do
        c = virtual_client.new { settings = { latency = 0.02, list_misses = 0.5, appear_time = 250 }, seed = seed }
        later(5, function()
          local cause = { now = c.runtime.now() }
          c.emulator.world:advance(cause.now)
          c.emulator.world:create("default", "conf-1", nil, cause)
        end)
        local seen = watch({ configuration_id = "conf-1" }, { timeout = 200 })
        assert.is_nil(table.concat(seen, "\n"):find "GONE")
        shown = shown + #seen
      end
      assert.is_true(shown > 0)
    end
  )

  describe("in all resource groups", function()
    it("tells what becomes of all, soon, wherever the last look was", function()
      new { stop_time = 4, delete_time = 4 }
      c:seed(1, { id = "d-one" })
      c:seed(1, { id = "d-two", resource_group = "team" })
      local told = {}
      local function note(change)
        told[#told + 1] = ("%s %s %s"):format(change.resource_group, change.id, change.status)
        assert.is_true(not change.deployment or change.deployment.resource_group == change.resource_group)
      end
      local stopped_at, noticed_at
      later(100, function()
        stopped_at = c.runtime.now()
        local world = c.emulator.world
        world:change(world:get("team", "d-two"), "stop", { now = stopped_at })
      end)
      c:run(function()
        for change, err in c:watch({ all = true }, { resource_group = "*" }) do
          assert(change, err)
          note(change)
          if change.status == "STOPPED" then
            break
          end
          noticed_at = change.status == "STOPPING" and c.runtime.now() or noticed_at
        end
      end)
      table.sort(told, function(a, b)
        return a < b
      end)
      assert.same({
        "default d-one RUNNING",
        "team d-two RUNNING",
        "team d-two STOPPED",
        "team d-two STOPPING",
      }, told)
      assert.is_true(noticed_at - stopped_at < 13)
    end)

    it("tells of a group that may not be read, and goes on with the others", function()
      new { stop_time = 30 }
      c:seed(1, { id = "d-one" })
      c:seed(1, { id = "d-two", resource_group = "team" })
      c:fault { operation = "*", resource_group = "team", status = 403, times = 0 }
      later(60, act("d-one", "stop"))
      local told, told_at, began = {}, nil, c.runtime.now()
      c:run(function()
        for change, err in c:watch { resource_group = "*" } do
          told[#told + 1] = change and change.id .. " " .. change.status or err.resource_group .. " " .. err.kind
          told_at = err and c.runtime.now() or told_at
          if change and change.status == "STOPPED" then
            break
          end
        end
      end)
      assert.same({ "d-one RUNNING", "team auth", "d-one STOPPING", "d-one STOPPED" }, told)
      assert.is_true(told_at - began < 20) -- and not only when another has something to tell
    end)

    it("tells at its end of what it has never seen", function()
      c:seed(1, { id = "d-one" })
      c:seed(1, { id = "d-two", resource_group = "team" })
      c:fault { operation = "list", resource_group = "team", status = 403, times = 0 }
      local told = {}
      c:run(function()
        for change, err in c:watch({ all = true }, { resource_group = "*", timeout = 4 }) do
          told[#told + 1] = change and change.id or err.resource_group .. " " .. err.kind
        end
      end)
      assert.same({ "d-one", "team auth" }, told)
      c:fault { operation = "status", status = 503, times = 0 }
      local seen, err = watch("d-one", { timeout = 4 })
      assert.same({ {}, 503, "watch" }, { seen, err.status, err.operation })
    end)

    it("tells of no failure at its end where it has seen that there is nothing", function()
      later(55, function()
        c:fault { operation = "list", status = 503, times = 0 }
      end)
      local seen, err = watch({ scenario_id = "none" }, { timeout = 60 })
      assert.same({ {}, nil }, { seen, err })
    end)

    it("takes on groups that are new", function()
      c:seed(1, { id = "d-one" })
      later(30, function()
        c:seed(1, { id = "d-late", resource_group = "late" })
      end)
      local told = {}
      c:run(function()
        for change, err in c:watch({ all = true }, { resource_group = "*", timeout = 200 }) do
          assert(change, err)
          told[#told + 1] = change.resource_group .. " " .. change.id
        end
      end)
      assert.same({ "default d-one", "late d-late" }, told)
      assert.is_true(c:requests().resource_groups <= 4)
    end)

    it("is not held up for long by a list of groups that hangs", function()
      new { stop_time = 30 }
      c:seed(1, { id = "d-one" })
      later(30, function()
        c:fault { operation = "resource_groups", latency = 1000, times = 0 }
      end)
      later(62, act("d-one", "stop"))
      local began, told_at = c.runtime.now(), nil
      c:run(function()
        for change in c:watch({ all = true }, { resource_group = "*", timeout = 300 }) do
          told_at = told_at or change.status == "STOPPING" and c.runtime.now() or nil
        end
      end)
      assert.is_true(told_at - began < 82, told_at - began)
    end)

    it("says which role is missing, and ends as its host does", function()
      c:seed(1, { id = "d-one" })
      c:fault { operation = "resource_groups", status = 403 }
      c:run(function()
        local step = c:watch { resource_group = "*" }
        local change, err = step()
        assert.is_false(change)
        assert.matches("aicore_admin_resourcegroup_viewer", tostring(err))
        assert.is_nil(step())
        local thread = coroutine.running()
        c.runtime.at(c.runtime.now() + 30, function()
          c.runtime.cancel(thread)
        end)
        local last, last_err
        for each, each_err in c:watch { resource_group = "*" } do
          last, last_err = each, each_err
        end
        assert.same({ false, "cancelled" }, { last, last_err.kind })
      end)
    end)

    it("ends when the time is over, and is for a filter alone", function()
      c:seed(1, { id = "d-one" })
      c:run(function()
        local count = 0
        for change in c:watch({ all = true }, { resource_group = "*", timeout = 20 }) do
          count = count + (change and 1 or 0)
        end
        assert.equal(1, count)
        local ok, problem = pcall(function()
          c:watch("d-one", { resource_group = "*" })
        end)
        assert.is_false(ok)
        assert.matches("ids are of one resource group", problem)
      end)
    end)
  end)

  describe("tells of each look", function()
    it("when all that it has shown was told, and pauses where the caller has had enough", function()
      new { stop_time = 30 }
      c:seed(2, {})
      later(100, act("d000000000000001", "stop"))
      local told, looks, enough, began = {}, {}, true, c.runtime.now()
      local step
      local function follow()
        for change in step do
          told[#told + 1] = words(change)
        end
      end
      c:run(function()
        step = c:watch({ all = true }, {
          on_progress = function(progress)
            looks[#looks + 1] = ("%d told, %d watched"):format(#told, progress.watched)
            assert.is_nil(progress.err)
            return enough
          end,
          timeout = 200,
        })
        follow()
        assert.same({ "2 told, 2 watched" }, looks)
        for _, shared in pairs(c.caller.shared) do
          assert.equal(0, #shared.looks:observers())
        end
        assert.is_true(c.runtime.now() - began < 1)
        follow()
        assert.same({ "2 told, 2 watched", "2 told, 2 watched" }, looks)
        enough = false
        follow() -- to its end
      end)
      assert.is_true(#looks > 10)
      assert.same({
        "d000000000000001 RUNNING>STOPPING STOPPED",
        "d000000000000001 STOPPING>STOPPED STOPPED",
      }, { told[3], told[4] })
    end)

    it("also where there is nothing, and why one has failed", function()
      local looks = {}
      later(12, function()
        c:fault { operation = "list", status = 404, times = 2 }
      end)
      c:run(function()
        for _ in
          c:watch({ all = true }, {
            timeout = 60,
            on_progress = function(progress)
              looks[#looks + 1] = progress.watched .. " " .. (progress.err and progress.err.status or "")
            end,
          })
        do
          error "nothing is there"
        end
      end)
      local text = table.concat(looks, ",")
      assert.matches("^0 ,.*,0 404,0 ,", text)
      assert.is_nil(text:find("404,.*0 404,.*0 404"))
    end)

    it("of a look that began when it was there, and not of one that others had begun before", function()
      new { latency = 2 }
      c:seed(3, {})
      local first
      c:together {
        function()
          for _ in c:watch({ all = true }, { timeout = 30 }) do
            first = first or c.runtime.now()
          end
        end,
        function()
          c.runtime.sleep(1)
          local count = 0
          for change in
            c:watch({ all = true }, {
              timeout = 29,
              on_progress = function()
                assert.equal(3, count)
                return true
              end,
            })
          do
            count = count + (change and 1 or 0)
          end
          assert.equal(3, count)
        end,
      }
    end)

    it("in all resource groups, too", function()
      c:seed(1, { id = "d-one" })
      c:seed(1, { id = "d-two", resource_group = "team" })
      local most = 0
      c:run(function()
        for _ in
          c:watch({ resource_group = "*" }, {
            timeout = 30,
            on_progress = function(progress)
              most = math.max(most, progress.watched)
            end,
          })
        do
        end
      end)
      assert.equal(2, most)
    end)
  end)

  it("takes a filter by what retires", function()
    c:seed(1, { id = "d-old", model = "gpt-35-turbo", model_version = "0125" })
    c:seed(1, { id = "d-new" })
    assert.same({ "d-old >RUNNING RUNNING" }, watch({ retiring_within = 20 * 86400 }, { timeout = 20 }))
  end)

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

  it("looks at once, also straight after another one's look", function()
    c:seed(5, {})
    watch({ all = true }, { timeout = 10 })
    local began = c.runtime.now()
    watch({ all = true }, {}, 5)
    assert.is_true(c.runtime.now() - began < 0.5)
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
