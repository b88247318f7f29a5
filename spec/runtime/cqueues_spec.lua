-- cqueues.lua in controllers: what is of cqueues alone. What every runtime promises stands in spec/contract/suite.lua.

local core = require "aicore.core"
local cqueues = require "cqueues"
local runtime = require "aicore.runtime.cqueues"

-- A server whose queue accepts connections, and that never says a word.
local silent = require("socket").bind("127.0.0.1", 0)
local _, port = silent:getsockname()

describe("the runtime of cqueues", function()
  teardown(function()
    silent:close()
  end)

  --- Runs functions as coroutines of a controller, until none is left.
  local function run(...)
    local controller = cqueues.new()
    for i = 1, select("#", ...) do
      controller:wrap((select(i, ...)))
    end
    assert(controller:loop())
  end

  local function begin_transfer()
    local session = core.session { base_url = "http://127.0.0.1:" .. port }
    return session, assert(core.start(session, "status", "abcd"))
  end

  it("waits in a controller only", function()
    local function call()
      local slept = runtime.sleep(0)
      return slept
    end
    local called, message = pcall(call)
    assert.is_false(called)
    assert.matches("cqueues_spec.lua:%d+: the runtime 'cqueues' cannot wait here: call it in a coroutine of a", message)
    run(function()
      assert.is_true(call())
    end)
  end)

  it("is the host of what it has spawned, and of no other coroutine", function()
    local here = {}
    run(function()
      here[1] = runtime.here()
      runtime.spawn(function()
        runtime.sleep(0.001)
        here[2] = runtime.here()
      end)
    end)
    assert.same({ false, true }, here)
    assert.is_false(runtime.here())
  end)

  it("leaves nothing in a controller once nobody waits", function()
    local session, transfer = begin_transfer()
    run(function()
      assert.equal("timeout", runtime.await(session, transfer, core.now() + 0.01))
    end) -- returns: what polled has ended
    session:close()
  end)

  it("lets go of a session before it is closed, and wakes who waits", function()
    local session, transfer = begin_transfer()
    local said
    run(function()
      said = runtime.await(session, transfer) or "finished"
    end, function()
      cqueues.sleep(0.005)
      runtime.release(session)
      session:close()
      runtime.sleep(0.01) -- a controller that polled what is closed would raise
    end)
    assert.equal("finished", said)
  end)

  it("does not depend on a controller that is left for good", function()
    local session, transfer = begin_transfer()
    local left = cqueues.new()
    left:wrap(function()
      runtime.await(session, transfer)
    end)
    assert(left:step(0))
    assert(left:step(0)) -- now it polls, and will never see what comes
    local said, other
    run(function()
      other = assert(core.start(session, "status", "abcd", { timeout = 0.01 }))
      said = runtime.await(session, other, core.now() + 60) or "finished"
    end)
    assert.equal("finished", said)
    assert.equal("timeout", select(2, other:result()).kind)
    runtime.release(session)
    session:close()
  end)

  describe("with a client", function()
    local emulator = require "spec.support.emulator"
    local aicore = require "aicore"
    local service, client

    setup(function()
      service = emulator.start { deployments = 1 }
    end)

    teardown(function()
      service.stop()
    end)

    before_each(function()
      service.clear_faults()
      client = assert(aicore.client {
        base_url = service.url,
        auth_url = service.url,
        client_id = "me",
        client_secret = "x",
        runtime = "cqueues",
      })
    end)

    after_each(function()
      client:close()
    end)

    --- A controller that is left in the middle of a function, when so many requests of a kind have arrived.
    local function leave(operation, fn)
      service.clear_journal()
      local left = cqueues.new()
      left:wrap(fn)
      repeat
        assert(left:step(0.01))
      until (service.requests()[operation] or 0) > 0
      return left
    end

    local function status()
      local deployment = assert(client:status("d000000000000001", { timeout = 30 }))
      return deployment.status
    end

    it("logs in beside a login in a controller that is left", function()
      service.fault { operation = "login", latency = 0.05, times = 1 }
      local left = leave("login", status)
      local word
      run(function()
        word = status()
      end)
      assert.equal("RUNNING", word)
      assert(left:loop()) -- and that one goes on, when it is stepped again
    end)

    it("looks beside a look in a controller that is left", function()
      run(status)
      service.fault { operation = "status", latency = 0.05, times = 1 }
      local left = leave("status", function()
        client:wait("d000000000000001", "STOPPED", { timeout = 1 })
      end)
      local word
      run(function()
        word = assert(client:wait("d000000000000001", "RUNNING", { timeout = 30 })).status
      end)
      assert.equal("RUNNING", word)
      assert(left:loop())
    end)

    it("asks what the service can beside a question in a controller that is left", function()
      run(status)
      service.fault { operation = "capabilities", latency = 0.05, times = 1 }
      local ids = service.seed { count = 10, status = "STOPPED" }
      local function tear_down()
        return client:teardown(ids, { timeout = 30 })
      end
      local left = leave("capabilities", tear_down)
      local report
      run(function()
        report = assert(tear_down())
      end)
      assert.equal(10, #report.deleted + #report.absent)
      assert(left:loop())
    end)

    it("waits in several controllers at once, which are stepped in turns", function()
      run(status)
      service.fault { operation = "status", latency = 0.02, times = 0 }
      local controllers, words = {}, {}
      for i = 1, 3 do
        controllers[i] = cqueues.new()
        controllers[i]:wrap(function()
          for _ = 1, 5 do
            local word = status()
            words[#words + 1] = word
          end
        end)
      end
      repeat
        local busy = false
        for _, controller in ipairs(controllers) do
          assert(controller:step(0.001))
          busy = busy or not controller:empty()
        end
      until not busy
      assert.equal(15, #words)
    end)

    it("holds nothing of controllers that are dropped", function()
      run(status)
      service.fault { operation = "status", latency = 60, times = 0 }
      local dropped = setmetatable({}, { __mode = "k" })
      for i = 1, 20 do
        local controller = cqueues.new()
        controller:wrap(function()
          if i % 2 == 0 then
            client:wait("d000000000000001", "STOPPED", { timeout = 600 })
          else
            client:status "d000000000000001"
          end
        end)
        for _ = 1, 3 do
          assert(controller:step(0))
        end
        dropped[controller] = true
      end
      collectgarbage()
      collectgarbage()
      local left = 0
      for _ in pairs(dropped) do
        left = left + 1
      end
      assert.is_true(left <= 1, left .. " controllers") -- the last one may still be on the stack
      local _, shared = next(client.caller.shared)
      assert.is_true(#shared.looks:observers() <= 1)
    end)
  end)

  it("waits for a session in one controller after the other", function()
    local session, transfer = begin_transfer()
    for _ = 1, 2 do
      run(function()
        assert.equal("timeout", runtime.await(session, transfer, core.now() + 0.005))
      end)
    end
    session:close()
  end)
end)
