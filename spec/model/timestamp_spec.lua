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
    assert.equal(4107542400, timestamp.parse "2100-03-01T00:00:00Z")
    assert.equal(1621382414.5, timestamp.parse "2021-05-19T00:00:14.5Z")
    assert.equal(seconds, timestamp.parse "2021-05-19 02:00:14+0200") -- not by the book
    assert.equal(1483228800, timestamp.parse "2016-12-31T23:59:60Z") -- a leap second
    assert.equal(-62135596799, timestamp.parse "0001-01-01T00:00:01Z")
  end)

  it("refuses what is none", function()
    for _, text in ipairs {
      "",
      "yesterday",
      "2021-05-19",
      "2021-05-19T00:00:14",
      "2021-05-19T00:00:14.Z",
      "2021-05-19T00:00:14.5",
      "2021-05-19T00:00:147Z",
      "2021-05-19T00:00:14 00:00", -- a + that was not escaped
      "2021-05-19T00:00:14+2",
      " 2021-05-19T00:00:14Z",
      "2021-05-19T00:00:14Z ",
      "2021-00-19T00:00:14Z",
      "2021-13-19T00:00:14Z",
      "2026-02-30T00:00:00Z",
      "2021-05-32T00:00:14Z",
      "2021-02-29T00:00:14Z",
      "1900-02-29T00:00:14Z",
      "2021-05-00T00:00:14Z",
      "2021-05-19T24:00:14Z",
      "2021-05-19T00:60:14Z",
      "2021-05-19T00:00:61Z",
      "2021-05-19T00:00:14+24:00",
      "2021-05-19T00:00:14+02:60",
    } do
      assert.is_nil(timestamp.parse(text), text)
    end
    for _, value in ipairs { {}, true, 5, timestamp.parse } do
      assert.is_nil(timestamp.parse(value))
    end
    assert.is_nil(timestamp.parse(nil))
  end)

  it("reads dates of ISO 8601 that are no RFC 3339, in UTC where they say no zone, as dates alone", function()
    for text, same in pairs {
      ["2026-12-01"] = "2026-12-01T00:00:00Z",
      ["20261201"] = "2026-12-01T00:00:00Z",
      ["2026-12-01T00:00:00"] = "2026-12-01T00:00:00Z",
      ["2026-12-01 00:00:00"] = "2026-12-01T00:00:00Z",
      ["2026-12-01T00:00Z"] = "2026-12-01T00:00:00Z",
      ["20261201T000000Z"] = "2026-12-01T00:00:00Z",
      ["2026-12-01T12"] = "2026-12-01T12:00:00Z",
      ["20261201t1234"] = "2026-12-01T12:34:00Z",
      ["2026-12-01T12:34+02"] = "2026-12-01T12:34:00+02:00",
      ["20261201T123456.5-0130"] = "2026-12-01T12:34:56.5-01:30",
      ["2026-12-01T12:34:56,5"] = "2026-12-01T12:34:56.5Z",
      ["2026-12-01T00:00:00.000Z"] = "2026-12-01T00:00:00Z",
    } do
      assert.equal(timestamp.parse(same), timestamp.date(text), text)
      assert.is_true(text:find "%.000Z" ~= nil or timestamp.parse(text) == nil, text)
    end
  end)

  it("takes the zero value for a date that never comes, and nothing else for one", function()
    for _, text in ipairs { "0001-01-01T00:00:00Z", "0001-01-01T00:00", "0001-01-01", "0001-01-01T01:00:00+01:00" } do
      assert.equal(math.huge, timestamp.date(text))
    end
    for _, value in ipairs {
      "",
      "soon",
      "2026-12",
      "2026-1-1",
      "1796083200",
      "2026-13-01",
      "2026-02-30T00:00",
      "2026-12-01T",
      "2026-12-01T1",
      "2026-12-01T12:3",
      "2026-12-01T12:34:5",
      "2026-12-01T25",
      "2026-12-01T12.5",
      "2026-12-01T12:34:56.",
      "2026-12-01T12:34:56+2",
      "2026-12-01 or so",
      "2026-12-01Z",
      5,
      {},
      false,
    } do
      assert.is_nil(timestamp.date(value), tostring(value))
    end
    assert.is_nil(timestamp.date(nil))
  end)

  it("knows the zero value of services written in Go: there is no such time", function()
    assert.is_nil(timestamp.parse "0001-01-01T00:00:00Z")
    assert.is_nil(timestamp.parse "0001-01-01T01:00:00+01:00")
  end)

  it("knows every day around the turns of centuries, those with a leap day and those without", function()
    for _, begin in ipairs { "1896-02-28T23:59:59Z", "1996-02-28T23:59:59Z", "2096-02-28T23:59:59Z" } do
      local first = timestamp.parse(begin)
      local year, month, day = 0, 0, 0
      for i = 0, 9 * 366 do
        local text = timestamp.format(first + i * 86400)
        assert.equal(first + i * 86400, timestamp.parse(text))
        local y, m, d = text:match "^(%d+)-(%d+)-(%d+)T23:59:59Z$"
        y, m, d = tonumber(y), tonumber(m), tonumber(d)
        local next_month = d == 1 and (m == month + 1 or m == 1 and y == year + 1)
        assert.is_true(i == 0 or m == month and d == day + 1 or next_month, text)
        year, month, day = y, m, d
      end
    end
    assert.equal("0000-02-29T00:00:00Z", timestamp.format(timestamp.parse "0000-02-29T00:00:00Z"))
  end)

  it("writes what it reads", function()
    for _, seconds in ipairs { 0, 951827696, 1621382414, 4102444800 } do
      assert.equal(seconds, timestamp.parse(timestamp.format(seconds)))
      assert.equal(seconds, timestamp.parse(timestamp.precise(seconds)))
    end
    assert.equal("2021-05-19T00:00:14Z", timestamp.format(1621382414.9))
    assert.equal("2021-05-19T00:00:14.500+00:00", timestamp.precise(1621382414.5))
    assert.equal("1969-12-31T23:59:59.750+00:00", timestamp.precise(-0.25))
  end)
end)
