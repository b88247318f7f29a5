--- RFC 3339.

local timestamp = require "aicore.model.timestamp"

describe("timestamp", function()
  it("reads date-times in every zone", function()
    local seconds = 1621382414
    assert.equal(seconds, timestamp.parse "2021-05-19T00:00:14Z")
    assert.equal(seconds, timestamp.parse "2021-05-19T08:00:14+08:00")
    assert.equal(seconds, timestamp.parse "2021-05-18t16:00:14-08:00")
    assert.is_true(math.abs(timestamp.parse "2021-05-19T00:00:14.347Z" - seconds - 0.347) < 1e-6)
    assert.equal(0, timestamp.parse "1970-01-01T00:00:00Z")
    assert.equal(951827696, timestamp.parse "2000-02-29T12:34:56Z")
  end)

  it("refuses what is none", function()
    for _, text in ipairs {
      "",
      "yesterday",
      "2021-05-19",
      "2021-05-19T00:00:14",
      "2021-05-19T00:00:14.Z",
      "2021-05-19T00:00:14.5",
      "2021-05-19T00:00:14 00:00", -- a + that was not escaped
      "2021-13-19T00:00:14Z",
      "2021-02-29T00:00:14Z",
      "1900-02-29T00:00:14Z",
      "2021-05-00T00:00:14Z",
      "2021-05-19T24:00:14Z",
      "2021-05-19T00:60:14Z",
      "2021-05-19T00:00:14+24:00",
    } do
      assert.is_nil(timestamp.parse(text), text)
    end
  end)

  it("writes what it reads", function()
    for _, seconds in ipairs { 0, 951827696, 1621382414, 4102444800 } do
      assert.equal(seconds, timestamp.parse(timestamp.format(seconds)))
      assert.equal(seconds, timestamp.parse(timestamp.precise(seconds)))
    end
    assert.equal("2021-05-19T00:00:14Z", timestamp.format(1621382414.9))
    assert.equal("2021-05-19T00:00:14.500+00:00", timestamp.precise(1621382414.5))
  end)
end)
