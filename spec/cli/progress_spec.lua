local fakes = require "spec.cli.fakes"
local lifecycle = require "aicore.model.lifecycle"
local progress = require "aicore.cli.progress"

describe("progress in one line", function()
  local work = { total = 200, left = 150, states = { RUNNING = 100, STOPPED = 50 } }

  it("says how many are done, the states of the others, the rate and the time left", function()
    local line = progress.line(work, 10, {})
    assert.equal("50 of 200 done (25%); 5.0/s, 30s left; RUNNING 100, STOPPED 50", line)
  end)

  it("counts those that have stopped as half torn down", function()
    local line = progress.line(work, 10, { goal = "teardown", bar = true })
    assert.matches("^%[#######%.+%] 50 of 200 done %(37%%%); 5.0/s, 17s left; RUNNING 100, STOPPED 50$", line)
  end)

  for _, status in ipairs(lifecycle.statuses) do
    it("counts one that has ended as half torn down, one that is stopping as a quarter: " .. status, function()
      local share = lifecycle.ended(status) and 50 or lifecycle.stopping(status) and 25 or 0
      local line = progress.line({ total = 4, left = 4, states = { [status] = 4 } }, 10, { goal = "teardown" })
      assert.matches("^0 of 4 done %(" .. share .. "%%%)", line)
    end)
  end

  it("tells a rate as precisely as one reads it", function()
    local line = progress.line({ total = 9000, left = 100, states = {} }, 3, {})
    assert.matches("; 2967/s, 1s left", line)
  end)

  it("cannot speak to the terminal", function()
    local line = progress.line({ total = 1, left = 1, states = { ["A\27[2J"] = 1 } }, 3, {})
    assert.matches("; A%?%[2J 1$", line)
  end)

  it("takes none for done that failed", function()
    local line = progress.line({ total = 4, left = 1, failed = 3, states = { DEAD = 1 } }, 3, { goal = "stop" })
    assert.equal("0 of 4 done (0%); 3 failed; for 3s; DEAD 1", line)
  end)

  it("promises nothing before anything is done, or when all is", function()
    local line = progress.line({ total = 2, left = 2, states = { ["?"] = 2 } }, 3, {})
    assert.equal("0 of 2 done (0%); for 3s; not seen yet 2", line)
    line = progress.line({ total = 2, left = 0, states = {} }, 3, { bar = true })
    assert.equal("[####################] 2 of 2 done (100%); for 3s", line)
  end)
end)

describe("progress over time", function()
  local now
  local function clock()
    return now
  end
  local function work(left)
    return { total = 10, left = left, states = { RUNNING = left } }
  end

  before_each(function()
    now = 100
  end)

  it("is a line every few seconds where there is no terminal", function()
    local console = fakes.console()
    local update = progress.new(console, clock)
    for second = 0, 12 do
      now = 100 + second
      update(work(10 - math.min(second, 9)))
    end
    assert.equal(2, #console.notes)
    assert.matches("^5 of 10 done", console.notes[1])
    assert.is_nil(console.live)
  end)

  it("is a live line on a terminal, as wide as that at most, and goes on by itself", function()
    local console = fakes.console { live = true, width = 45 }
    local update = progress.new(console, clock)
    assert.is_nil(console.live())
    now = 101
    update(work(5))
    assert.equal(44, #console.drawn)
    local before = console.drawn
    now = 104
    assert.are_not.equal(before, console.live())
    assert.same({}, console.notes)
  end)
end)
