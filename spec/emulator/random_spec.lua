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

  it("makes texts of the forms that it says", function()
    local draw = random.new(3)
    assert.matches("^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-a%x%x%x%-%x+$", random.uuid(draw))
    assert.equal(36, #random.uuid(draw))
    assert.matches("^[%w_-]+$", random.base64url(draw, 100))
  end)
end)
