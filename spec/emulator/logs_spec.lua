--- The log of a deployment.

local logs = require "aicore.emulator.logs"
local timestamp = require "aicore.model.timestamp"

local NOW = 1700000000

describe("logs", function()
  local deployment = { id = "d001", created_at = NOW - 100, started_at = NOW - 60, completed_at = NOW - 5 }

  -- Seconds before NOW, in the order of the answer.
  local function ages(query, of)
    query.from, query.to = query.from or NOW - 3600, query.to or NOW
    query.top, query.order = query.top or 1000, query.order or "asc"
    local found = {}
    of = of or deployment
    of.resource = "deployments"
    for i, line in ipairs(logs.lines(of, query)) do
      found[i] = NOW - timestamp.parse(line.timestamp)
      assert.is_string(line.msg)
    end
    return found
  end

  it("has a line for its creation, its life and its end", function()
    assert.same({ 100, 60, 50, 40, 30, 20, 10, 5 }, ages {})
  end)

  it("goes in either order, and from that end it is cut", function()
    assert.same({ 5, 10, 20, 30, 40, 50, 60, 100 }, ages { order = "desc" })
    assert.same({ 100, 60 }, ages { top = 2 })
    assert.same({ 5, 10 }, ages { top = 2, order = "desc" })
  end)

  it("keeps to the window", function()
    assert.same({ 50, 40 }, ages { from = NOW - 55, to = NOW - 40 })
    assert.same({}, ages { from = NOW - 4 })
    assert.same({}, ages { from = NOW + 1, to = NOW + 2 })
  end)

  it("goes on while it runs, and begins with nothing but its creation", function()
    assert.same({ 20, 10, 0 }, ages({}, { id = "d002", created_at = NOW - 20, started_at = NOW - 10 }))
    assert.same({ 20 }, ages({}, { id = "d003", created_at = NOW - 20 }))
  end)

  it("makes no more of a long life than was asked for", function()
    local old = { id = "d004", created_at = 0, started_at = 0 }
    assert.same({ NOW, NOW, NOW - 10 }, ages({ from = 0, top = 3 }, old))
    assert.same({ 0, 10, 20 }, ages({ from = 0, top = 3, order = "desc" }, old))
  end)
end)
