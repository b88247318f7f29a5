-- What one caller asks is answered by the spec; what many ask at once, by the emulated AI Core on a virtual clock.

local answered = require "spec.support.answered"
local emulator = require "aicore.emulator"
local fake = require "aicore.emulator.caller"
local together = require "spec.support.together"
local virtual = require "aicore.runtime.virtual"

local failed = answered.failed

local ID = "d000000000000001"

local CAPABILITIES = { aiApi = {} }

describe("whether the service takes batches", function()
  local stage, caller

  before_each(function()
    stage = answered.stage()
    caller = stage:connect()
  end)

  local TAKES = { aiApi = { capabilities = { bulkUpdates = { deployments = true } } } }

  it("is asked once", function()
    stage.answers = { TAKES }
    assert.is_true(caller:takes_batches(100))
    assert.is_true(caller:takes_batches(100))
    assert.equal("capabilities", stage:names())
  end)

  it("is asked once where the answer is no", function()
    stage.answers = { CAPABILITIES }
    assert.is_false(caller:takes_batches(100))
    assert.is_false(caller:takes_batches(100))
    assert.equal("capabilities", stage:names())
  end)

  it("is asked once for each resource", function()
    stage.answers = { TAKES, CAPABILITIES }
    assert.is_true(caller:takes_batches(100))
    local other = caller:of "executions"
    assert.is_false(other:takes_batches(100))
    assert.is_false(other:takes_batches(100))
    assert.is_true(caller:takes_batches(100))
    assert.equal(2, #stage.sent)
  end)

  it("is asked again where there was no answer", function()
    stage.answers = { failed { kind = "http", status = 501 }, TAKES }
    assert.is_false(caller:takes_batches(100))
    assert.is_true(caller:takes_batches(100))
    assert.equal(2, #stage.sent)
  end)

  it("is asked for five seconds at most, and not beyond the deadline", function()
    stage.answers = { failed { kind = "http", status = 501 }, failed { kind = "http", status = 501 } }
    caller:takes_batches(100)
    caller:takes_batches(2)
    assert.same({ 5, 2 }, { stage.sent[1].left, stage.sent[2].left })
  end)
end)

describe("25 that have to know whether the service takes batches", function()
  local NOW = 1700000000
  local runtime, model, caller

  before_each(function()
    runtime, model = virtual.new { start = NOW }, emulator.new { settings = { latency = 0.05 } }
    caller = fake.new { emulator = model, runtime = runtime }
    model.world:seed({ id = ID }, NOW)
  end)

  local function run(count, fn)
    return together(runtime, count, fn)
  end

  local function takes_batches()
    return caller:takes_batches(runtime.now() + 60)
  end

  local function count_of(word, results)
    local count = 0
    for _, result in pairs(results) do
      count = count + (result == word and 1 or 0)
    end
    return count
  end

  it("ask once, whatever the answer", function()
    for _, bulk in ipairs { true, false } do
      model.settings.bulk = bulk
      caller = fake.new { emulator = model, runtime = runtime }
      model.journal:clear()
      assert.equal(25, count_of(bulk, run(25, takes_batches)))
      assert.equal(1, model.journal:requests().capabilities)
    end
  end)

  it("ask once where there is no answer, and do without", function()
    assert(model.faults:add { operation = "capabilities", status = 501, times = 0 })
    assert.equal(25, count_of(false, run(25, takes_batches)))
    assert.equal(1, model.journal:requests().capabilities)
  end)

  it("wait five seconds at most to know it", function()
    assert(model.faults:add { operation = "capabilities", latency = 30, times = 0 })
    run(1, function()
      return caller:log_in(caller:request "login", NOW + 60)
    end)
    local began = runtime.now()
    assert.equal(25, count_of(false, run(25, takes_batches)))
    assert.is_true(runtime.now() - began < 5.5, runtime.now() - began)
    assert.equal(1, model.journal:requests().capabilities)
  end)
end)
