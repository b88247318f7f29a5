local duration = require "aicore.text.duration"
local filters = require "aicore.neovim.filters"
local lifecycle = require "aicore.model.lifecycle"

describe("a filter", function()
  it("is written in words", function()
    assert.same({}, filters.parse "  ")
    assert.same(
      { status = "RUNNING", scenario_id = "a-bc", configuration_id = "conf", resource_group = "g" },
      filters.parse "status=running scenario=a-bc  configuration=conf group=g"
    )
    assert.same({ model = "gpt-4o" }, filters.parse "model=gpt-4o")
    assert.same(
      { status = { "RUNNING", "DEAD", "STOPPED" } },
      filters.parse "status=Running status=dead status=STOPPED"
    )
    assert.same({ older_than = 604800 }, filters.parse "older=7d")
    assert.same({ older_than = 90 }, filters.parse "older=90s")
    assert.same({ older_than = 43200 }, filters.parse "older=12h")
  end)

  it("understands the spans of time that the command does", function()
    for _, text in ipairs { "7s", "1h30m", "2w", "1.5d" } do
      assert.same({ older_than = duration.parse(text) }, filters.parse("older=" .. text))
    end
    assert.is_nil((filters.parse "older=0s"))
    assert.is_nil((filters.parse "older=7"))
  end)

  it("knows every status, in lower case, too", function()
    for _, status in ipairs(lifecycle.statuses) do
      assert.same({ status = status }, filters.parse("status=" .. status))
      assert.same({ status = status }, filters.parse("status=" .. status:lower()))
      assert.same({ "status=" .. status }, filters.complete("status=" .. status, {}))
    end
  end)

  it("takes what the service would take as an id, and nothing else", function()
    local longest = ("x"):rep(64)
    assert.same({ scenario_id = longest }, filters.parse("scenario=" .. longest))
    assert.is_nil((filters.parse("scenario=" .. longest .. "x")))
  end)

  for text, complaint in pairs {
    ["RUNNING"] = "'RUNNING' is none of status=",
    ["state=RUNNING"] = "'state=RUNNING' is none of",
    ["scenario=abc"] = "scenario",
    ["status="] = "'status=' is none of",
    ["status=RUNING"] = "status=RUNING: expected PENDING, RUNNING",
    ["older=7d older=8d"] = "older= stands there twice",
    ["older=7y"] = "older=7y: expected an age, such as 7d or 12h",
    ["configuration=abc"] = "configuration=abc: expected a configuration's id",
    ["group=a\1"] = "expected a resource group's id",
    ["scenario=a/b"] = "scenario=a/b: expected a scenario's id",
  } do
    it("is refused: " .. text, function()
      local wanted, why = filters.parse(text)
      assert.is_nil(wanted)
      assert(why:find(complaint, 1, true), why)
    end)
  end

  it("is completed, from what is in the list, too", function()
    local rows = { { scenario = "nightly" }, { scenario = "nightly" } }
    assert.same({ "status=", "scenario=" }, filters.complete("s", rows))
    assert.same({ "status=RUNNING" }, filters.complete("status=R", rows))
    assert.same({ "scenario=nightly" }, filters.complete("scenario=", rows))
    assert.same({}, filters.complete("nothing=", rows))
  end)
end)
