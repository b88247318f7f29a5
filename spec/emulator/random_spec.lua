--- Reproducible randomness.

local random = require "aicore.emulator.random"

describe("random", function()
  it("gives the same under every Lua", function()
    assert.equal("87212920cf7e9dc4", random.hex(random.new(1), 16))
  end)

  it("differs by seed and stays in [0, 1)", function()
    assert.are_not.equal(random.hex(random.new(1), 16), random.hex(random.new(2), 16))
    for _, seed in ipairs { 0, 1, 2147483646, 2 ^ 53 } do
      local draw, sum = random.new(seed), 0
      for _ = 1, 1000 do
        local number = draw()
        assert.is_true(number >= 0 and number < 1)
        sum = sum + number
      end
      assert.is_true(sum > 400 and sum < 600)
    end
  end)

  it("gives lots that are always the same, and have nothing to do with one another", function()
    local values = {}
    for first = 1, 1000 do
      values[first] = random.lot(first, 3)
      assert.equal(values[first], random.lot(first, 3))
      assert.is_true(values[first] >= 0 and values[first] < 1)
    end
    -- Of those that are drawn once, no greater part than of the others is drawn with the next number, or the next time.
    for _, other in pairs {
      { 1, 0 },
      { 0, 1 },
      { 0, 85000000 },
    } do
      local drawn, again = 0, 0
      for first = 1, 1000 do
        if values[first] < 0.3 then
          drawn = drawn + 1
          again = again + (random.lot(first + other[1], 3 + other[2]) < 0.3 and 1 or 0)
        end
      end
      assert.is_true(drawn > 240 and drawn < 360, drawn)
      assert.is_true(again > 0.2 * drawn and again < 0.4 * drawn, again)
    end
  end)

  it("makes texts of the forms that it says", function()
    local draw = random.new(3)
    assert.matches("^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-a%x%x%x%-%x+$", random.uuid(draw))
    assert.equal(36, #random.uuid(draw))
    assert.matches("^[%w_-]+$", random.base64url(draw, 100))
  end)
end)
