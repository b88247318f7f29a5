local outage = require "aicore.cli.outage"

describe("an outage", function()
  local time, hear

  before_each(function()
    time = 0
    hear = outage.new(function()
      return time
    end, 100)
  end)

  --- What is said of an attempt so many seconds later.
  local function after(seconds, record)
    time = time + seconds
    record.operation = record.operation or "status"
    return hear(record)
  end

  local function refused()
    return { status = 503, error = "http" }
  end

  it("is told once when it has lasted for a while", function()
    assert.is_nil(after(0, refused()))
    assert.is_nil(after(4.9, refused()))
    assert.equal("status has failed for 6s (HTTP 503), and is tried again", after(1.1, refused()))
    assert.is_nil(after(60, refused()))
  end)

  it("is told at once where the service asks to wait", function()
    assert.is_nil(after(0, { status = 429, error = "http", retry_after = 4 }))
    assert.is_nil(after(0, { status = 429, error = "http", retry_after = 101 }))
    local line = after(0, { status = 429, error = "http", retry_after = 60 })
    assert.equal("status has failed (HTTP 429): the service asks to wait 60s", line)
    assert.is_nil(after(60, refused()))
  end)

  it("is over with an answer, even if that is a refusal", function()
    for _, answer in ipairs { { status = 200 }, { status = 404, error = "http" }, { status = 412, error = "state" } } do
      after(0, refused())
      assert.is_nil(after(10, answer))
      assert.is_nil(after(4, refused()))
      assert.is_nil(after(4, refused()))
      assert.is_string(after(1, refused()))
      after(0, { status = 200 })
    end
  end)

  it("is of each kind of request by itself, whatever is in the way", function()
    after(0, { error = "transport", status = 0 })
    after(0, { operation = "batch", error = "http", status = 429 })
    after(0, { operation = "login", error = "auth", status = 401 })
    after(0, { operation = "list", status = 200 })
    local line = after(7, { error = "transport", status = 0 })
    assert.equal("status has failed for 7s (transport), and is tried again", line)
    assert.matches("^batch .*HTTP 429", after(0, { operation = "batch", error = "http", status = 429 }))
    assert.matches("^login .*HTTP 401", after(0, { operation = "login", error = "auth", status = 401 }))
  end)
end)
