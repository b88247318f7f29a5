--- Which requests fail, and how.

local faults = require "aicore.emulator.faults"
local random = require "aicore.emulator.random"

describe("faults", function()
  local list, now

  before_each(function()
    now = 100
    list = faults.new(random.new(1), { "status", "stop", "batch" })
  end)

  local function outcomes(operation, count, id)
    local seen = {}
    for i = 1, count do
      local fault = list:meet(operation, { id = id or "d001" }, now)
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

  it("strike for some seconds, from the first time on", function()
    assert(list:add { operation = "status", status = 503, lasts = 10, skip = 1 })
    assert(list:add { operation = "stop", status = 409, lasts = 10, times = 2 })
    assert.same({ 0, 503, 503 }, outcomes("status", 3))
    assert.same({ 409, 409, 0 }, outcomes("stop", 3))
    assert.equal(110, list:all()[1].ends)
    now = 109.9
    assert.same({ 503 }, outcomes("status", 1))
    now = 110
    assert.same({ 0 }, outcomes("status", 1))
    assert.same({}, list:all())
  end)

  it("prevent effects, and then say nothing of requests", function()
    assert(list:add { operation = "stop", id = "d001", ignore = true, times = 2 })
    assert(list:add { operation = "*", refuse = 409, lasts = 10 })
    assert.same({ 0, 0 }, outcomes("stop", 2))
    assert.equal(2, #list:all())
    local function prevented(action, id)
      local fault = list:prevent(action, { id = id }, now)
      return fault and (fault.refuse or "ignored") or "-"
    end
    assert.same({ 409, "ignored", "ignored", 409, 409 }, {
      prevented("stop", "d002"),
      prevented("stop", "d001"),
      prevented("stop", "d001"),
      prevented("stop", "d001"),
      prevented("update", "d001"),
    })
    now = 110
    assert.equal("-", prevented("stop", "d001"))
    assert.same({}, list:all())
    assert(list:add { operation = "stop", ignore = true })
    list:clear()
    assert.equal("-", prevented("stop", "d001"))
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
      { operation = "status", status = 503, lasts = 0 },
      { operation = "status", status = 503, voice = "loud" },
      { operation = "status", ignore = true },
      { operation = "batch", refuse = 409 },
      { operation = "stop", refuse = 403 },
      { operation = "stop", refuse = 409, ignore = true },
      { operation = "stop", refuse = 409, status = 409 },
      { operation = "stop", ignore = false },
    } do
      local ok, problem = list:add(fault)
      assert.is_nil(ok)
      assert.is_string(problem)
    end
    assert.same({}, list:all())
  end)
end)
