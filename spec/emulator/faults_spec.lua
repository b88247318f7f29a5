--- Which requests fail, and how.

local faults = require "aicore.emulator.faults"
local random = require "aicore.emulator.random"

describe("faults", function()
  local list

  before_each(function()
    list = faults.new(random.new(1), { "status", "stop", "batch" })
  end)

  local function outcomes(operation, count, id)
    local seen = {}
    for i = 1, count do
      local fault = list:meet(operation, { id = id or "d001" })
      seen[i] = fault and fault.status or 0
    end
    return seen
  end

  it("strike once by default, and only the operation that they name", function()
    assert(list:add { operation = "stop", status = 503 })
    assert.same({ 0 }, outcomes("status", 1))
    assert.same({ 503, 0 }, outcomes("stop", 2))
    assert.same({}, list:all())
  end)

  it("strike every operation with *, and always with times = 0", function()
    assert(list:add { operation = "*", status = 500, times = 0 })
    assert.same({ 500, 500 }, outcomes("status", 2))
    assert.same({ 500 }, outcomes("stop", 1))
    assert.equal(3, list:all()[1].fired)
    list:clear()
    assert.same({ 0 }, outcomes("status", 1))
  end)

  it("let some pass first", function()
    assert(list:add { operation = "status", status = 503, skip = 2, times = 2 })
    assert.same({ 0, 0, 503, 503, 0 }, outcomes("status", 5))
  end)

  it("strike a deployment", function()
    assert(list:add { operation = "status", id = "d002", status = 503, times = 0 })
    assert.same({ 0 }, outcomes("status", 1, "d001"))
    assert.same({ 503 }, outcomes("status", 1, "d002"))
  end)

  it("strike by chance, the same way for the same seed", function()
    assert(list:add { operation = "status", status = 503, times = 0, probability = 0.3 })
    local first = outcomes("status", 1000)
    list = faults.new(random.new(1), { "status" })
    assert(list:add { operation = "status", status = 503, times = 0, probability = 0.3 })
    assert.same(first, outcomes("status", 1000))
    local hits = 0
    for _, status in ipairs(first) do
      hits = hits + (status == 503 and 1 or 0)
    end
    assert.is_true(hits > 250 and hits < 350)
  end)

  it("strike one at a time, the oldest first", function()
    assert(list:add { operation = "status", status = 500 })
    assert(list:add { operation = "status", status = 503 })
    assert.same({ 500, 503, 0 }, outcomes("status", 3))
  end)

  it("are refused where they would not mean anything", function()
    for _, fault in ipairs {
      {},
      { operation = "dance" },
      { operation = "status", statsu = 503 },
      { operation = "status", status = 99 },
      { operation = "status", status = "503" },
      { operation = "status", times = -1 },
      { operation = "status", skip = 0.5 },
      { operation = "status", probability = 2 },
      { operation = "status", latency = -1 },
      { operation = "status", drop = "later" },
      { operation = "status", headers = { ["a b"] = "c" } },
      { operation = "status", headers = { a = "b\r\nc: d" } },
      { operation = "status", body = 5 },
    } do
      local ok, problem = list:add(fault)
      assert.is_nil(ok)
      assert.is_string(problem)
    end
    assert.same({}, list:all())
  end)
end)
