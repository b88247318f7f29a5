--- What is due when.

local agenda = require "aicore.runtime.agenda"
local random = require "aicore.emulator.random"

describe("agenda", function()
  it("gives nothing before it is due", function()
    local list = agenda.new()
    assert.is_nil(list:take(100))
    list:add(5, "five")
    assert.is_nil(list:take(4.9))
    assert.same({ "five", 5 }, { list:take(5) })
    assert.is_nil(list:take(5))
  end)

  it("gives the earliest first, whatever the order of adding", function()
    local list, draw, expected = agenda.new(), random.new(7), {}
    for i = 1, 500 do
      expected[i] = math.floor(draw() * 100)
      list:add(expected[i], expected[i])
    end
    table.sort(expected)
    for i = 1, 500 do
      assert.equal(expected[i], (list:take(100)))
    end
    assert.is_nil(list:take(100))
  end)

  it("keeps the order of adding where times are equal", function()
    local list = agenda.new()
    for i = 1, 50 do
      list:add(1, i)
    end
    for i = 1, 50 do
      assert.equal(i, (list:take(1)))
    end
  end)

  it("gives nothing that is to be forgotten", function()
    local list, entries = agenda.new(), {}
    for i = 1, 9 do
      entries[i] = list:add(i, i)
    end
    for _, i in ipairs { 1, 5, 6, 9 } do
      agenda.forget(entries[i])
    end
    local given = {}
    for i = 1, 5 do
      given[i] = list:take(9)
    end
    assert.same({ 2, 3, 4, 7, 8 }, given)
    assert.is_nil(list:take(9))
  end)

  it("knows until when nothing is due", function()
    local list = agenda.new()
    assert.is_true(list:is_idle_until(math.huge))
    local entry = list:add(1, "forgotten")
    list:add(3, "kept")
    assert.is_false(list:is_idle_until(1))
    agenda.forget(entry)
    assert.is_true(list:is_idle_until(2))
    assert.is_false(list:is_idle_until(3))
    assert.equal("kept", (list:take(3)))
  end)
end)
