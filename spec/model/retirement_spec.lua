local retirement = require "aicore.model.retirement"
local timestamp = require "aicore.model.timestamp"

local function version(name, date)
  return { name = name, retirementDate = date }
end

local MODELS = {
  { model = "one", executableId = "a", versions = { version("1", "2026-01-01"), version "2" } },
  { model = "old", versions = { version("1", "2026-01-01T00:00:00Z"), version("2", "2026-03-01T12:00:00+01:00") } },
  { model = "odd", versions = { version("1", 5), version("2", "soon") } },
  { model = "none", versions = {} },
  { model = "iso", versions = { version("1", "20260101T0000Z"), version("2", "2026-03-01T11:00:00") } },
  { model = "never", versions = { version("1", "0001-01-01T00:00:00Z"), version("2", ""), version("3", "soon") } },
  { model = "two", executableId = "a", versions = { version("1", "2026-01-01") } },
  { model = "two", executableId = "b", versions = { version("1", "2027-01-01") } },
}

describe("retirement", function()
  local retires = retirement.new(MODELS)

  local function when(name, version_name, executable, spelling)
    local resources = { [spelling or "backendDetails"] = { model = { name = name, version = version_name } } }
    return retires { executableId = executable, details = { resources = resources } }
  end

  it("is that of the version, a day or a time", function()
    assert.equal(timestamp.parse "2026-01-01T00:00:00Z", when("one", "1"))
    assert.equal(timestamp.parse "2026-03-01T11:00:00Z", when("old", "2", nil, "backend_details"))
  end)

  it("of the latest version comes only when the model ends as a whole", function()
    assert.is_nil(when("one", "latest"))
    assert.is_nil(when "one") -- says none: the latest
    assert.equal(timestamp.parse "2026-03-01T11:00:00Z", when("old", "latest"))
    assert.is_nil(when("none", "latest"))
  end)

  it("is unknown where nobody has said it", function()
    for _, case in ipairs { { "one", "2" }, { "one", "3" }, { "never", "1" }, { "never", "2" }, { "new", "1" }, {} } do
      assert.same({ nil, false }, { when(case[1], case[2]) })
    end
    assert.same({ nil, false }, { retires {} })
    assert.same({ nil, false }, { retires { details = 5 } })
  end)

  it("is any date of ISO 8601", function()
    assert.equal(timestamp.parse "2026-01-01T00:00:00Z", when("iso", "1"))
    assert.equal(timestamp.parse "2026-03-01T11:00:00Z", when("iso", "2"))
    assert.equal(timestamp.parse "2026-03-01T11:00:00Z", when("iso", "latest"))
  end)

  it("is unclear where something stands there that is no date", function()
    for _, case in ipairs { { "odd", "1" }, { "odd", "2" }, { "odd", "latest" }, { "never", "3" } } do
      assert.same({ nil, true }, { when(case[1], case[2]) })
    end
    assert.same({ nil, false }, { when("never", "latest") }) -- one of its versions stays
  end)

  it("is that of the executable's own model, if two have one of that name", function()
    assert.equal(timestamp.parse "2027-01-01T00:00:00Z", when("two", "1", "b"))
    assert.equal(timestamp.parse "2026-01-01T00:00:00Z", when("two", "1", "a"))
  end)
end)
