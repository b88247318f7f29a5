local log_reader = require "aicore.cli.log_reader"

-- A service with a log; it gives lines from a time on, that time included.
local function service(lines, most)
  local asked = {}
  local client = {}
  function client:logs(_, opts) -- luacheck: ignore 212
    asked[#asked + 1] = opts
    local found = {}
    for i, line in ipairs(lines) do
      if not opts.start or line.timestamp >= opts.start then
        table.insert(found, opts.order == "desc" and 1 or #found + 1, lines[i])
      end
    end
    local answer = {}
    for i = 1, math.min(#found, opts.order == "desc" and opts.top or most) do
      answer[i] = found[i]
    end
    return answer
  end
  return client, asked
end

local function line(time, msg)
  return { timestamp = time, msg = msg }
end

local function messages(lines)
  local list = {}
  for i, read in ipairs(lines) do
    list[i] = read.msg
  end
  return table.concat(list, " ")
end

describe("a log reader", function()
  it("reads each line once, also where several have the same time", function()
    local lines = { line("t1", "a"), line("t2", "b") }
    local client = service(lines, 100)
    local reader = log_reader.new "d1"
    assert.equal("a b", messages(reader:next(client)))
    assert.equal("", messages(reader:next(client)))
    lines[3], lines[4] = line("t2", "c"), line("t3", "d")
    assert.equal("c d", messages(reader:next(client)))
    assert.equal("", messages(reader:next(client)))
  end)

  it("takes a line that stands twice for two", function()
    local lines = { line("t1", "a"), line("t1", "a"), line("t2", "b") }
    local client = service(lines, 100)
    local reader = log_reader.new "d1"
    assert.equal("a a b", messages(reader:next(client)))
    lines[4], lines[5] = line("t2", "b"), line("t3", "c")
    assert.equal("b c", messages(reader:next(client)))
    assert.equal("", messages(reader:next(client)))
  end)

  it("says that there may be more when the service has cut it short", function()
    local most = log_reader.MOST
    finally(function()
      log_reader.MOST = most
    end)
    log_reader.MOST = 2
    local client = service({ line("t1", "a"), line("t2", "b"), line("t3", "c") }, 2)
    local reader = log_reader.new "d1"
    local lines, _, more = reader:next(client)
    assert.equal("a b", messages(lines))
    assert.is_true(more)
    lines, _, more = reader:next(client)
    assert.equal("c", messages(lines))
    assert.is_true(more)
    lines, _, more = reader:next(client)
    assert.equal("", messages(lines))
    assert.is_false(more)
  end)

  it("begins with the last lines, in their order, and goes on behind them", function()
    local lines = { line("t1", "a"), line("t2", "b"), line("t3", "c") }
    local client = service(lines, 100)
    local reader = log_reader.new "d1"
    assert.equal("b c", messages(reader:last(client, 2)))
    lines[4] = line("t4", "d")
    assert.equal("d", messages(reader:next(client)))
  end)

  it("begins at a time", function()
    local client, asked = service({}, 100)
    log_reader.new("d1", 86400.7):next(client)
    assert.equal("1970-01-02T00:00:00Z", asked[1].start)
  end)
end)
