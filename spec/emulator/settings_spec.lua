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
    assert.is_true(
      settings.change(values, { replicas = 3, list_misses = 0.5, count = "total", quota = 0, page_cap = 7 })
    )
    assert.same({ 3, 0.5, "total", 0, 7 }, {
      values.replicas,
      values.list_misses,
      values.count,
      values.quota,
      values.page_cap,
    })
    for name, value in pairs {
      replicas = 0,
      list_misses = 1.5,
      list_misses_time = 0,
      count = "all",
      stamps = "odd",
      quota = -2,
      page_cap = 0.5,
    } do
      assert.matches(name, select(2, settings.change(values, { [name] = value })))
    end
    for name, value in pairs { stop_time = -1, latency = "1", bulk = 1, delete_again = 200, speed = 3 } do
      local ok, problem = settings.change(values, { [name] = value, delete_time = 9 })
      assert.is_nil(ok)
      assert.matches(name, problem)
      assert.equal(2, values.delete_time)
    end
  end)
end)
