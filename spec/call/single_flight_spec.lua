-- What one does on behalf of others, and what becomes of the others when it does not come to an end.

local aicore = require "aicore"
local blocking = require "aicore.runtime.blocking"
local emulator = require "spec.support.emulator"
local single_flight = require "aicore.call.single_flight"
local virtual = require "aicore.runtime.virtual"

local inline = {
  apart = function(fn)
    fn()
    return true
  end,
}

describe("a single flight", function()
  it("is over when it has been run", function()
    local one = single_flight.new(0)
    assert.is_false(one.over)
    assert.is_true(one:run(inline, function()
      assert.is_false(one.over)
    end))
    assert.is_true(one.over)
    assert.is_false(one:is_abandoned(0))
  end)

  it("is not abandoned before it begins, nor while it pauses", function()
    local one = single_flight.new(0)
    assert.is_false(one:is_abandoned(0))
    local thread = coroutine.create(function()
      one:run(inline, coroutine.yield)
    end)
    coroutine.resume(thread)
    assert.is_false(one:is_abandoned(0))
    coroutine.resume(thread)
    assert.is_true(one.over)
  end)

  it("is abandoned when its coroutine has ended by an error", function()
    local one = single_flight.new(0)
    coroutine.resume(coroutine.create(function()
      one:run(inline, error)
    end))
    assert.is_true(one:is_abandoned(0))
  end)

  it("is abandoned when whoever began it comes back without having ended it", function()
    local one = single_flight.new(0)
    pcall(one.run, one, inline, error)
    assert.is_true(one:is_abandoned(0))
  end)

  it("is abandoned for a coroutine, too, of whoever came back", function()
    local one, seen = single_flight.new(0), nil
    pcall(one.run, one, inline, error)
    coroutine.wrap(function()
      seen = one:is_abandoned(0)
    end)()
    assert.is_true(seen)
  end)

  it("is abandoned when its coroutine has caught the error and goes on", function()
    local one = single_flight.new(0)
    local thread = coroutine.create(function()
      pcall(one.run, one, inline, error)
      coroutine.yield()
    end)
    coroutine.resume(thread)
    assert.equal("suspended", coroutine.status(thread))
    assert.is_true(one:is_abandoned(0))
  end)

  it("is abandoned when it does not begin, and does not begin later", function()
    local one, promised, done = single_flight.new(0), nil, false
    one:run({
      apart = function(fn)
        promised = fn
      end,
    }, function()
      done = true
    end)
    assert.is_false(one:is_abandoned(2))
    assert.is_true(one:is_abandoned(4))
    promised()
    assert.is_false(done)
  end)
end)

describe("who follows a flight", function()
  local time, slept, awaited, runtime

  before_each(function()
    time, slept, awaited = 0, 0, {}
    runtime = {
      now = function()
        return time
      end,
      sleep = function(seconds)
        time, slept = time + seconds, slept + 1
        return true
      end,
      await = function(session, transfer, deadline)
        awaited[#awaited + 1] = { session, transfer, deadline }
        transfer.over = true
      end,
    }
  end)

  local function transfer()
    return {
      over = false,
      finished = function(self)
        return self.over
      end,
    }
  end

  --- A flight that another coroutine has begun, and that coroutine.
  local function begun(act)
    local one = single_flight.new(0)
    local thread = coroutine.create(function()
      one:run(inline, act or coroutine.yield)
    end)
    coroutine.resume(thread)
    return one, thread
  end

  it("does not wait where it is over", function()
    local one, thread = begun()
    coroutine.resume(thread)
    assert.is_nil(one:follow(runtime, 100))
    assert.equal(0, slept)
  end)

  it("waits until it is over", function()
    local one, thread = begun()
    local sleep = runtime.sleep
    function runtime.sleep(seconds)
      if slept == 4 then
        coroutine.resume(thread)
      end
      return sleep(seconds)
    end
    assert.is_nil(one:follow(runtime, 100))
    assert.equal(5, slept)
    assert.is_true(time < 1)
  end)

  it("waits no longer than it may", function()
    local one = begun()
    assert.equal("timeout", one:follow(runtime, 0.5))
    assert.is_true(time >= 0.5 and time < 0.6)
    assert.is_false(one.over)
  end)

  it("says that its host has ended it", function()
    local one = begun()
    function runtime.sleep()
      return false
    end
    assert.equal("cancelled", one:follow(runtime, 100))
  end)

  it("waits for what is in flight, and sleeps only where nothing is", function()
    local one, thread = begun()
    local first = transfer()
    one.request = { transfer = first }
    local sleep = runtime.sleep
    function runtime.sleep(seconds)
      coroutine.resume(thread)
      return sleep(seconds)
    end
    assert.is_nil(one:follow(runtime, 100, "session"))
    assert.same({ { "session", first, 100 } }, awaited)
    assert.equal(1, slept)
  end)

  it("says what ended its waiting for what is in flight", function()
    for _, why in ipairs { "timeout", "cancelled" } do
      local one = begun()
      one.request = { transfer = transfer() }
      function runtime.await()
        return why
      end
      assert.equal(why, one:follow(runtime, 100, "session"))
    end
  end)

  it("does not wait for one that was abandoned", function()
    local one = begun(error)
    assert.is_nil(one:follow(runtime, 100))
    assert.equal(0, slept)
    assert.is_false(one.over)
    one = single_flight.new(0) -- nor for one that never begins
    assert.is_nil(one:follow(runtime, 100))
    assert.is_true(time > 3 and time < 4)
  end)
end)

describe("a callback that raises in the middle of what others wait for", function()
  local service, client, raise_at

  setup(function()
    service = emulator.start { deployments = 4, latency = 0.02 }
  end)

  teardown(function()
    service.stop()
  end)

  before_each(function()
    raise_at = nil
    client = assert(aicore.client {
      base_url = service.url,
      auth_url = service.url,
      client_id = "me",
      client_secret = "x",
      runtime = "blocking",
      on_attempt = function(attempt)
        if attempt.operation == raise_at then
          raise_at = nil
          error("oh", 0)
        end
      end,
    })
  end)

  after_each(function()
    client:close()
  end)

  --- Runs functions at the same time; "oh" is the error of one of them.
  local function gather(functions)
    for i, fn in ipairs(functions) do
      functions[i] = function()
        local ok, result = pcall(fn)
        return ok and result or { raised = result }
      end
    end
    return (blocking.gather(functions, #functions))
  end

  it("leaves a login to the next call", function()
    raise_at = "login"
    assert.has_error(function()
      client:status "d000000000000001"
    end, "oh")
    assert.equal("RUNNING", assert(client:status("d000000000000001", { timeout = 20 })).status)
  end)

  it("leaves a look to the next call", function()
    raise_at = "status"
    assert.has_error(function()
      client:wait("d000000000000001", "RUNNING", { timeout = 20 })
    end, "oh")
    assert.equal("RUNNING", assert(client:wait("d000000000000001", "RUNNING", { timeout = 20 })).status)
  end)

  -- PUC Lua 5.1 has no pcall that a coroutine can yield in; LuaJIT and 5.4 have.
  it("leaves a login to those who wait for it", function()
    raise_at = "login"
    local functions = {}
    for i = 1, 4 do
      functions[i] = function()
        return assert(client:status("d000000000000001", { timeout = 20 })).status
      end
    end
    local raised, running = 0, 0
    for _, result in ipairs(gather(functions)) do
      raised = raised + (result.raised == "oh" and 1 or 0)
      running = running + (result == "RUNNING" and 1 or 0)
    end
    assert.same({ 1, 3 }, { raised, running })
  end)

  it("leaves a look to those who wait for it", function()
    assert(client:status "d000000000000001")
    raise_at = "status" -- the first one looks at once, by id
    local functions = {}
    for i = 1, 4 do
      functions[i] = function()
        return assert(client:wait("d00000000000000" .. i, "RUNNING", { timeout = 20 })).status
      end
    end
    local raised, running = 0, 0
    for _, result in ipairs(gather(functions)) do
      raised = raised + (result.raised == "oh" and 1 or 0)
      running = running + (result == "RUNNING" and 1 or 0)
    end
    assert.same({ 1, 3 }, { raised, running })
  end)
end)

describe("what is done in turn", function()
  local runtime, told

  before_each(function()
    runtime, told = virtual.new(), {}
  end)

  --- A call that takes so long, as a function.
  local function call(flights, name, seconds, deadline)
    return function()
      local value, err = single_flight.in_turn(runtime, flights, "key", deadline or 100, function()
        told[#told + 1] = name .. " begins"
        runtime.sleep(seconds)
        told[#told + 1] = name .. " ends"
        return name
      end)
      return value or err.kind
    end
  end

  it("is done by one after the other, within the deadline of each", function()
    local results
    runtime.run(function()
      local flights = {}
      local calls = { call(flights, "first", 5), call(flights, "second", 5), call(flights, "third", 5, 7) }
      results = runtime.gather(calls, 3)
    end)
    assert.same({ "first", "second", "timeout" }, results)
    assert.same({ "first begins", "first ends", "second begins", "second ends" }, told)
  end)

  it("ends with the coroutine whose own it is: the next takes over", function()
    runtime.run(function()
      local flights = {}
      local dropped = runtime.spawn(call(flights, "first", 50))
      runtime.sleep(1)
      runtime.kill(dropped)
      assert.equal("second", call(flights, "second", 1)())
      runtime.sleep(100)
    end)
    assert.same({ "first begins", "second begins", "second ends" }, told)
  end)
end)

describe("what is done once for all", function()
  local runtime, count

  before_each(function()
    runtime, count = virtual.new(), 0
  end)

  --- A call that takes so long, as a function.
  local function call(flights, seconds, err, deadline)
    return function()
      local value, problem = single_flight.share(runtime, flights, "key", deadline or 100, function()
        count = count + 1
        local number = count
        runtime.sleep(seconds)
        return not err and number or nil, err
      end)
      return value or problem.kind
    end
  end

  local function together(calls)
    local results
    runtime.run(function()
      results = runtime.gather(calls, #calls)
    end)
    return results
  end

  it("is all of theirs, good or bad, within the deadline of each", function()
    local flights = {}
    assert.same({ 1, 1, "timeout" }, together { call(flights, 5), call(flights, 5), call(flights, 5, nil, 2) })
    assert.same({ 2, 2 }, together { call(flights, 5), call(flights, 5) }) -- what is over is nobody's any more
    assert.same({ "http", "http" }, together { call(flights, 5, { kind = "http" }), call(flights, 5) })
    assert.equal(3, count)
  end)

  it("is not theirs where the time of the one that does it was over", function()
    local flights = {}
    assert.same(
      { "timeout", 2, 2 },
      together { call(flights, 5, { kind = "timeout" }), call(flights, 5), call(flights, 5) }
    )
  end)

  it("goes on for the others where the host drops who has begun it", function()
    runtime.run(function()
      local flights = {}
      local dropped = runtime.spawn(call(flights, 50))
      runtime.sleep(1)
      runtime.kill(dropped)
      assert.equal(1, call(flights, 1)())
    end)
  end)
end)
