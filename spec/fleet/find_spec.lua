local virtual_client = require "spec.fleet.virtual_client"

describe("find", function()
  local c

  before_each(function()
    c = virtual_client.new { settings = { latency = 0.02 } }
  end)

  local function find(...)
    local arguments = { ... }
    return c:run(function()
      return c:find_one(arguments[1], arguments[2])
    end)
  end

  --- How often it was looked for: each time one is asked for by its id.
  local function looks()
    return c:requests().status
  end

  it("gives the newest that runs and is meant to", function()
    c:seed(1, { id = "d-old", age = 900 })
    c:seed(1, { id = "d-new", age = 100 })
    c:seed(1, { id = "d-stopping", age = 50, target_status = "STOPPED" })
    c:seed(1, { id = "d-dead", age = 20, status = "DEAD" })
    assert.equal("d-new", find().id)
  end)

  it("chooses by model, version, name and statuses, and by what the service decides", function()
    c:seed(1, { id = "d-claude", age = 50, model = "claude", configuration_name = "chat", configuration_id = "conf-a" })
    c:seed(1, { id = "d-gpt", age = 10, model = "gpt-4o", model_version = "2024-08-06" })
    for _, wanted in ipairs {
      { model = "claude" },
      { model = "claude", model_version = "latest" },
      { configuration_name = "chat" },
      { configuration_id = "conf-a", status = { "running", "PENDING" } },
    } do
      assert.equal("d-claude", find(wanted).id)
    end
    assert.equal("d-gpt", find({ model_version = "2024-08-06", status = "running" }).id)
  end)

  it("says which there are where none serves, and why not", function()
    c:seed(1, { id = "d-dead", status = "DEAD" })
    c:seed(1, { id = "d-left", target_status = "STOPPED" })
    local _, err = find({})
    assert.equal("state", err.kind)
    assert.matches("d%-dead is DEAD", err.message)
    assert.matches("d%-left is RUNNING and meant to be STOPPED", err.message)
    _, err = find({ model = "none" })
    assert.same({ "no deployment fits the filter", "deployments" }, { err.message, err.resource })
  end)

  it("believes a GET rather than a list that is behind", function()
    c = virtual_client.new { settings = { latency = 0.02, list_lag = 60 } }
    c:seed(1, { id = "d-gone", age = 100 })
    c:seed(1, { id = "d-stays", age = 200 })
    c:run(function()
      local request = assert(c.caller:request("stop", nil, "d-gone"))
      assert(c.caller:perform(request, c.runtime.now() + 10))
    end)
    assert.equal("d-stays", find({}).id)
  end)

  it("keeps what it has found for a minute, or as long as the caller says", function()
    c:seed(1, { id = "d-one" })
    for _ = 1, 10 do
      assert.equal("d-one", find({}).id)
    end
    assert.equal(1, looks())
    find({}, { max_age = 0 })
    find({}, { max_age = math.huge })
    assert.equal(2, looks())
    c:run(function()
      c.runtime.sleep(61)
    end)
    find({})
    assert.equal(3, looks())
  end)

  it("drops it when a call about it fails, or changes it", function()
    c:seed(1, { id = "d-one", age = 100 })
    c:seed(1, { id = "d-two", age = 200 })
    assert.equal("d-one", find({}).id)
    c:fault { operation = "status", status = 400, times = 1, body = { error = { code = "1", message = "no" } } }
    c:run(function()
      c.caller:perform(assert(c.caller:request("status", nil, "d-one")), c.runtime.now() + 10)
    end)
    find({})
    assert.equal(3, looks()) -- the one that failed included
    c:run(function()
      assert(c.caller:at_once("stop", "d-one"))
    end)
    assert.equal("d-two", find({}).id)
  end)

  it("looks once for all that ask at the same time", function()
    c:seed(1, { id = "d-one" })
    local functions = {}
    for i = 1, 20 do
      functions[i] = function()
        return c:find_one({}).id
      end
    end
    for _, id in ipairs(c:together(functions)) do
      assert.equal("d-one", id)
    end
    assert.equal(1, looks())
  end)

  it("tells those that ask at the same time of one failure, and keeps none", function()
    c:fault { operation = "list", status = 400, times = 0, body = { error = { code = "1", message = "no" } } }
    local functions = {}
    for i = 1, 20 do
      functions[i] = function()
        return select(2, c:find_one {}).status
      end
    end
    for _, status in ipairs(c:together(functions)) do
      assert.equal(400, status)
    end
    assert.equal(1, c:requests().list)
    assert.is_nil(next(c.caller.found))
  end)

  it("sends once where the call is to, and heeds its options before those of the filter", function()
    c:seed(1, { id = "d-one" })
    c:fault { operation = "list", status = 503, times = 1 }
    local _, err = find({}, { retry = false })
    assert.equal(503, err.status)
    c:fault { operation = "status", status = 503, times = 1 }
    _, err = find { retry = false }
    assert.equal(503, err.status)
    assert.equal(
      "d-one",
      find({ resource_group = "other", timeout = 0.001 }, { resource_group = "default", timeout = 9 }).id
    )
  end)

  it("does not wait for a resource group that hangs until nothing can be asked any more", function()
    c:seed(1, { id = "d-one" })
    c:seed(1, { id = "d-two", resource_group = "team" })
    c:fault { operation = "list", resource_group = "team", latency = 1000, times = 0 }
    assert.equal("d-one", find({ resource_group = "*" }, { timeout = 10 }).id)
  end)

  it("is stopped by no resource group in which none may be asked for", function()
    c:seed(1, { id = "d-old", age = 500 })
    c:seed(3, { age = 100, resource_group = "team" })
    c:fault { operation = "status", resource_group = "team", status = 403, times = 0 }
    assert.equal("d-old", find({ resource_group = "*" }).id)
    assert.equal(2, c:requests().status) -- once in each
    local _, err = find { resource_group = "team" }
    assert.equal(403, err.status)
  end)

  it("joins no look from before a change, nor one that gives up sooner", function()
    c = virtual_client.new { settings = { latency = 0.5 } }
    c:seed(1, { id = "d-one" })
    local in_group, second = c.caller.in_group, nil
    function c.caller.in_group(...) -- the first GET is answered before the stop, and that takes long to arrive
      local group = in_group(...)
      function group.status(self, ...)
        local record, err = getmetatable(group).status(self, ...)
        c.runtime.sleep(second == nil and 5 or 0)
        return record, err
      end
      return group
    end
    c:together {
      function()
        c:find_one {}
      end,
      function()
        c.runtime.sleep(4)
        second = false
        assert(c.caller:at_once("stop", "d-one"))
        second = { c:find_one({}, { max_age = 0 }) }
      end,
    }
    assert.same({ nil, "state" }, { second[1], second[2].kind })
    c = virtual_client.new { settings = { latency = 0.5 } }
    c:seed(1, { id = "d-one" })
    find({}, { max_age = 0 })
    c:fault { operation = "list", status = 503, times = 1 }
    local found = c:together {
      function()
        return { c:find_one({}, { retry = false, max_age = 0 }) }
      end,
      function()
        return { c:find_one({}, { max_age = 0 }) }
      end,
    }
    assert.equal(503, found[1][2].status)
    assert.equal("d-one", found[2][1].id)
  end)

  it("gives each its own", function()
    c:seed(1, { id = "d-one" })
    find({}).status = "another"
    assert.equal("RUNNING", find({}).status)
  end)

  it("keeps nothing that was changed while it was looked at", function()
    c = virtual_client.new { settings = { latency = 0.5, read_lag = 5 } }
    c:seed(1, { id = "d-one", age = 100 })
    c:seed(1, { id = "d-two", age = 200 })
    c:together {
      function()
        c:find_one {}
      end,
      function()
        c.runtime.sleep(1.2)
        assert(c.caller:at_once("stop", "d-one"))
      end,
    }
    c:run(function()
      c.runtime.sleep(10)
    end)
    assert.equal("d-two", find({}).id)
  end)

  it("takes over from one that was dropped", function()
    c:seed(1, { id = "d-one" })
    c:fault { operation = "list", latency = 30 }
    local first, got
    c:run(function()
      c.runtime.gather({
        function()
          first = coroutine.running()
          c:find_one {}
        end,
        function()
          c.runtime.sleep(1)
          got = c:find_one({}, { timeout = 60 })
        end,
        function()
          c.runtime.sleep(2)
          c.runtime.cancel(first)
        end,
      }, 3)
    end)
    assert.equal("d-one", got.id)
  end)

  it("raises what is wrong with its arguments", function()
    for message, arguments in pairs {
      ["a filter expected, got number"] = { 7 },
      ["a filter expected, got boolean"] = { false },
      ["unknown option 'max_ages'"] = { {}, { max_ages = 1 } },
      ["max_age: seconds expected, got soon"] = { {}, { max_age = "soon" } },
      ["max_age: seconds expected, got -1"] = { {}, { max_age = -1 } },
      ["unknown option 'on_progress'"] = { {}, { on_progress = print } },
      ["unknown option 'appear'"] = { {}, { appear = 5 } },
      ["model: a text expected"] = { { model = 5 } },
      ["UNKNOWN, or a list of them, expected"] = { { status = {} } },
      ["status: one of PENDING, "] = { { status = "RUNING" } },
      ["find: unknown option 'colour'"] = { { colour = "red" } },
    } do
      local ok, failure = pcall(find, arguments[1], arguments[2])
      assert.is_false(ok)
      assert.is_truthy(tostring(failure):find(message, 1, true), tostring(failure))
    end
  end)
end)
