--- The settings that may change.

local settings = require "aicore.emulator.settings"

describe("settings", function()
  it("have defaults that suit a demo", function()
    local values = settings.new()
    assert.same({ 2, 2, 2, 0 }, { values.start_time, values.stop_time, values.delete_time, values.latency })
    assert.equal(43200, values.token_lifetime)
    assert.is_true(values.bulk)
  end)

  it("change, all or none", function()
    local values = settings.new()
    assert.is_true(settings.change(values, { stop_time = 0.5, bulk = false }))
    assert.equal(0.5, values.stop_time)
    assert.is_false(values.bulk)
    for name, value in pairs { stop_time = -1, latency = "1", bulk = 1, delete_again = 200, speed = 3 } do
      local ok, problem = settings.change(values, { [name] = value, delete_time = 9 })
      assert.is_nil(ok)
      assert.matches(name, problem)
      assert.equal(2, values.delete_time)
    end
  end)
end)
