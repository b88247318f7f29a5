local duration = require "aicore.text.duration"

describe("a span of time", function()
  it("is read as people write it", function()
    local examples = { ["90"] = 90, ["1.5"] = 1.5, ["30m"] = 1800, ["12h"] = 43200, ["7d"] = 604800, ["2w"] = 1209600 }
    examples["1h30m"] = 5400
    for text, seconds in pairs(examples) do
      assert.equal(seconds, duration.parse(text), text)
    end
  end)

  it("is not guessed", function()
    for _, text in ipairs { "", "7 d", "d", "7x", "-3", "1h30", "1e3", "0x10" } do
      local seconds, problem = duration.parse(text)
      assert.is_nil(seconds, text)
      assert.matches("is not a time", problem)
    end
  end)

  it("is not for ever", function()
    for _, text in ipairs { "99999999w", ("9"):rep(400), ("9"):rep(400) .. "d", "1d" .. ("9"):rep(400) .. "h" } do
      for _, parse in ipairs { duration.parse, duration.parse_age } do
        local seconds, problem = parse(text)
        assert.is_nil(seconds)
        assert.equal(("'%s' is too long a time"):format(text), problem)
      end
    end
    assert.equal(9999 * 604800, duration.parse "9999w")
  end)

  it("needs a unit where it is an age", function()
    assert.equal(604800, duration.parse_age "7d")
    assert.equal(5400, duration.parse_age "1h30m")
    local seconds, problem = duration.parse_age "7"
    assert.is_nil(seconds)
    assert.equal("'7' needs a unit: say 7s (seconds), 7m, 7h or 7d", problem)
    assert.matches("^'7%.' needs a unit", select(2, duration.parse_age "7."))
    assert.same({ nil, "'0' is no time at all" }, { duration.parse_age "0" })
    assert.matches("is not a time", select(2, duration.parse_age "soon"))
  end)

  it("is more than none", function()
    for _, text in ipairs { "0", "0.0", "0s", "0h0m" } do
      local seconds, problem = duration.parse(text)
      assert.is_nil(seconds, text)
      assert.equal(("'%s' is no time at all"):format(text), problem)
    end
  end)

  it("is told with two units at most", function()
    local examples = {
      [-3] = "0s",
      [0] = "0s",
      [119.9] = "119s",
      [120] = "2m",
      [150] = "2m30s",
      [3600] = "60m",
      [7260] = "2h1m",
      [40000] = "11h",
      [200000] = "2d7h",
      [864000] = "10d",
    }
    for seconds, text in pairs(examples) do
      assert.equal(text, duration.format(seconds))
    end
  end)
end)
