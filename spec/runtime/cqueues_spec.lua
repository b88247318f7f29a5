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
