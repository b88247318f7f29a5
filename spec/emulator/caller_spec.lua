--- The fake caller: the client's own, over the emulator's world on a virtual clock. It answers what the real one
--- answers over sockets.

local caller = require "aicore.call.caller"
local emulator = require "aicore.emulator"
local errors = require "aicore.model.errors"
local fake = require "aicore.emulator.caller"
local runtimes = require "aicore.runtime"
local served = require "spec.support.emulator"
local virtual = require "aicore.runtime.virtual"

local NOW = 1700000000
local FIRST = "d000000000000001"

describe("the fake caller", function()
  local runtime, model, made, attempts

  before_each(function()
    runtime, model, attempts = virtual.new { start = NOW }, emulator.new { settings = { latency = 0.05 } }, {}
    made = fake.new {
      emulator = model,
      runtime = runtime,
      on_attempt = function(record)
        attempts[#attempts + 1] = record
      end,
    }
  end)

  local function seed(fields)
    return model.world:seed(fields or {}, runtime.now()).id
  end

  local function fault(order)
    assert(model.faults:add(order))
  end

  -- Runs fn(group, deadline).
  local function run(fn)
    return runtime.run(function()
      return fn(made:in_group {}, runtime.now() + 60)
    end)
  end

  it("logs in once, and carries out what a fleet needs", function()
    local id, stopped = seed(), seed { status = "STOPPED" }
    run(function(group, deadline)
      assert.equal("RUNNING", group:status(id, deadline).status)
      assert.equal(id, group:stop(id, deadline).id)
      assert.equal("STOPPING", group:status(id, deadline).status)
      assert.equal(stopped, group:delete(stopped, deadline).id)
      local answers = group:batch({ { id = id, targetStatus = "DELETED" } }, deadline)
      assert.is_string(answers[1].error.message)
      assert.is_true(group:takes_batches(deadline))
      assert.equal(2, #group:read(deadline):next())
    end)
    assert.same({
      total = 8,
      login = 1,
      status = 2,
      stop = 1,
      delete = 1,
      batch = 1,
      capabilities = 1,
      list = 1,
    }, model.journal:requests())
    assert.equal(8, made:requests())
    assert.is_true(math.abs(runtime.now() - NOW - 8 * 0.05) < 1e-4)
    assert.same({ "login", 200, 0.05 }, {
      attempts[1].operation,
      attempts[1].status,
      math.floor(attempts[1].seconds * 1000 + 0.5) / 1000,
    })
  end)

  it("is let in with the emulator's credentials, and with no others", function()
    model = emulator.new { client_id = "me", client_secret = "right" }
    for secret, expected in pairs { right = { 43200 }, wrong = { nil, "auth", 401, "invalid_client" } } do
      local one = fake.new { emulator = model, runtime = runtime, client_id = "me", client_secret = secret }
      local reply, err = runtime.run(function()
        return one:log_in(one:request "login", runtime.now() + 60)
      end)
      err = err or {}
      assert.same(expected, { reply and reply.expires_in, err.kind, err.status, err.code })
    end
  end)

  it("knows by its runtime's clock how old a deployment is", function()
    seed { id = "d-young", age = 100 }
    seed { id = "d-old", age = 200 }
    runtime.run(function()
      local request, belongs = made:search("list", { older_than = 150 })
      local found = {}
      for _, record in ipairs(made:read(request, NOW + 60):next()) do
        found[#found + 1] = belongs(record) and record.id or nil
      end
      assert.same({ "d-old" }, found)
    end)
  end)

  it("lists, counts, creates and updates as a client's methods do", function()
    for _ = 1, 3 do
      seed()
    end
    local deadline = NOW + 60
    runtime.run(function()
      local reader = made:read(made:search("list", { status = "RUNNING" }), deadline)
      assert.equal(3, #reader:next())
      assert.same({}, reader:next()) -- the emulator counts each page by itself
      assert.is_nil(reader:next())
      assert.is_true(reader.complete)
      assert.equal(3, made:perform(made:search "count", deadline))
      local created = made:perform(made:request("create", nil, "conf-1"), deadline)
      assert.is_true(made:appears_by(created.id) > runtime.now())
      assert.equal(FIRST, made:perform(made:request("update", nil, FIRST, "conf-2"), deadline).id)
    end)
  end)

  it("goes to executions where it is told to", function()
    seed { id = "same-id", status = "DEAD" }
    seed { id = "same-id", resource = "executions" }
    run(function(_, deadline)
      local group = made:of("executions"):in_group {}
      assert.equal("RUNNING", group:status("same-id", deadline).status)
      assert.equal("Execution modification scheduled", group:stop("same-id", deadline).message)
      assert.equal("same-id", group:batch({ { id = "same-id", targetStatus = "STOPPED" } }, deadline)[1].id)
      assert.equal(1, #group:read(deadline):next())
    end)
    assert.equal("DEAD", model.world:get("default", "same-id").status)
    local entry = model.journal:since(0)[2]
    assert.same({ "stop", "executions" }, { entry.what, entry.resource })
  end)

  it("sends again after a fault, and waits for that without time", function()
    seed()
    fault { operation = "status", status = 503, times = 2 }
    fault { operation = "status", status = 429, headers = { ["retry-after"] = 30 } }
    local began = os.clock()
    run(function(group, deadline)
      assert.equal("RUNNING", group:status(FIRST, deadline).status)
    end)
    assert.is_true(runtime.now() >= NOW + 30)
    assert.is_true(os.clock() - began < 5)
    assert.equal(4, model.journal:requests().status)
    local kinds = {}
    for i, record in ipairs(attempts) do
      kinds[i] = record.error or "-"
    end
    assert.same({ "-", "http", "http", "http", "-" }, kinds)
  end)

  it("makes up its mind about a stop whose answer was lost", function()
    seed()
    fault { operation = "stop", drop = "after" }
    runtime.run(function()
      local request = made:request("stop", nil, FIRST)
      assert.matches("^already so", made:change(request, NOW + 60).message)
    end)
    assert.same({ 2, 1 }, { model.journal:requests().stop, model.journal:requests().status })
  end)

  it("gets another token after a 401, one for all who need it", function()
    seed()
    run(function(group, deadline)
      group:status(FIRST, deadline)
      model.tokens:expire()
      local functions = {}
      for i = 1, 10 do
        functions[i] = function()
          return group:status(FIRST, deadline).status
        end
      end
      local results = runtime.gather(functions, 10)
      assert.equal(10, #results)
    end)
    assert.same({ 2, 21 }, { model.journal:requests().login, model.journal:requests().status })
  end)

  it("may have a clock of its own", function()
    made = fake.new {
      emulator = model,
      runtime = runtime,
      wall = function()
        return runtime.now() + 3600
      end,
    }
    seed { age = 60 }
    local page = runtime.run(function()
      return made:read(made:search("list", { older_than = 3600 }), runtime.now() + 60):next()
    end)
    assert.equal(1, #page)
  end)

  it("is over at the deadline, and tells what it knows", function()
    seed()
    fault { operation = "stop", latency = 100 }
    local reply, err = run(function(group)
      return group:stop(FIRST, runtime.now() + 5)
    end)
    assert.is_nil(reply)
    assert.same({ "timeout", true }, { err.kind, err.ambiguous })
    assert.is_true(runtime.now() <= NOW + 5.3)
  end)

  it("ends what waits when it is closed", function()
    seed()
    model.settings.latency = 10
    runtime.at(NOW + 15, function()
      made:close()
    end)
    local reply, err = run(function(group, deadline)
      return group:status(FIRST, deadline)
    end)
    assert.is_nil(reply)
    assert.equal("cancelled", err.kind)
    assert.equal(NOW + 15, runtime.now())
  end)

  it("sets odd records aside, as the client does", function()
    fault { operation = "list", status = 200, body = { resources = { { id = FIRST, status = "DEAD" }, { id = 5 } } } }
    run(function(group, deadline)
      assert.same({ { id = FIRST, status = "DEAD" } }, group:read(deadline):next())
    end)
  end)

  it("takes the same course every time, faults by chance and all", function()
    local function course(seed_number)
      local own_runtime = virtual.new { start = NOW }
      local own_model = emulator.new { seed = seed_number, settings = { latency = 0.1 } }
      local one = fake.new { emulator = own_model, runtime = own_runtime, seed = seed_number }
      for _ = 1, 20 do
        own_model.world:seed({}, NOW)
      end
      assert(own_model.faults:add { operation = "*", status = 503, probability = 0.3, times = 0 })
      assert(own_model.faults:add { operation = "stop", drop = "after", probability = 0.5, times = 0 })
      own_runtime.run(function()
        local functions = {}
        for i = 1, 20 do
          functions[i] = function()
            return (one:in_group({}):stop(("d%015d"):format(i), own_runtime.now() + 60))
          end
        end
        own_runtime.gather(functions, 5)
      end)
      local told = { ("%d requests in %.6f s"):format(one:requests(), own_runtime.now() - NOW) }
      for i, entry in ipairs(own_model.journal:since(0)) do
        told[i + 1] = ("%s %s %.6f"):format(entry.what, entry.id, entry.time - NOW)
      end
      return table.concat(told, "\n")
    end
    assert.equal(course(1), course(1))
    assert.are_not.equal(course(1), course(2))
  end)

  -- The same story on both sides: what was answered, and how many requests it took.
  it("answers what the real one answers", function()
    local server = served.start { stop_time = 1000, delete_time = 1000 }
    finally(server.stop)
    local real_runtime = assert(runtimes.find "blocking")
    local url = server.url
    local settings =
      { base_url = url .. "/v2", token_url = url .. "/oauth/token", client_id = "a", client_secret = "b" }
    settings.resource_group = "default"
    local real = caller.new { session = assert(caller.connect(settings)), runtime = real_runtime, timeout = 60 }
    model.settings.stop_time, model.settings.delete_time, model.settings.latency = 1000, 1000, 0

    local function story(one, clock, side)
      local group, told = one:in_group {}, {}
      local function tell(reply, err)
        local what = err and { kind = err.kind, status = err.status, code = err.code, message = err.message }
          or type(reply) == "table" and { id = reply.id, status = reply.status, message = reply.message, #reply }
          or { tostring(reply) }
        if err then
          assert.is_true(errors.is(err))
          what.attempts, what.ambiguous = err.attempts, err.ambiguous
        end
        told[#told + 1] = what
      end
      local deadline = clock.now() + 60
      tell(group:status(FIRST, deadline))
      side.seed { id = FIRST }
      side.seed { id = "d-dead", status = "DEAD" }
      side.seed { id = "d-unknown", status = "UNKNOWN" }
      side.fault { operation = "status", status = 503 }
      tell(group:status(FIRST, deadline))
      tell(group:delete(FIRST, deadline))
      side.fault { operation = "stop", drop = "after" }
      tell(group:stop(FIRST, deadline))
      tell(group:stop(FIRST, deadline))
      tell(group:stop("d-unknown", deadline))
      tell(group:delete("d-nothing", deadline))
      side.fault { operation = "delete", status = 502, effect = true }
      tell(group:delete("d-dead", deadline))
      side.expire()
      tell(
        group:batch(
          { { id = "d-unknown", targetStatus = "DELETED" }, { id = "dx-1", targetStatus = "STOPPED" } },
          deadline
        )
      )
      tell(group:read(deadline):next())
      tell(group:takes_batches(deadline))
      side.fault { operation = "list", status = 403 }
      tell(group:read(deadline):next())
      side.fault { operation = "status", status = 200, body = { id = "d-other", status = "RUNNING" }, times = 5 }
      tell(group:status(FIRST, deadline))
      told.requests = one:requests()
      return told
    end

    local told = story(real, real_runtime, { seed = server.seed, fault = server.fault, expire = server.expire_tokens })
    real:close()
    local told_too = runtime.run(function()
      return story(made, runtime, {
        seed = seed,
        fault = fault,
        expire = function()
          model.tokens:expire()
        end,
      })
    end)
    assert.same(told, told_too)
  end)
end)
