local gathering = require "aicore.runtime.gathering"

describe("a group", function()
  local woken, ran

  before_each(function()
    woken, ran = {}, {}
  end)

  local function noting(name)
    return function()
      ran[#ran + 1] = name
      return name
    end
  end

  local function new(functions, limit, parent)
    return gathering.new {
      functions = functions,
      limit = limit,
      parent = parent,
      owner = "owner",
      wake = function(waiter)
        woken[#woken + 1] = waiter
      end,
    }
  end

  --- As many as it takes on now.
  local function take_on(group)
    local count = 0
    while gathering.take_on(group) do
      count = count + 1
    end
    return count
  end

  it("takes on no more workers than its limit, nor than it has functions", function()
    assert.equal(2, take_on(new({ noting "a", noting "b" }, 5)))
    assert.equal(3, take_on(new({ noting "a", noting "b", noting "c", noting "d" }, 3)))
    assert.equal(0, take_on(new({}, 3)))
  end)

  it("has a worker take one function after the other, in their order, also those that are added", function()
    local functions = { noting "a", noting "b" }
    functions[3] = function()
      functions[4] = noting "d"
      return noting "c"()
    end
    local group = new(functions, 1)
    assert.equal(1, take_on(group))
    gathering.work(group, pcall)
    assert.same({ "a", "b", "c", "d" }, ran)
    assert.same({ "a", "b", "c", "d" }, group.results)
  end)

  it("takes on another worker for what is added while one is at work", function()
    local functions, group, more = {}, nil, nil
    functions[1] = function()
      functions[2] = noting "b"
      more = take_on(group)
    end
    group = new(functions, 2)
    take_on(group)
    gathering.work(group, pcall)
    assert.equal(1, more)
  end)

  it("leaves a worker that the host begins late without a function, where others have taken them", function()
    local group = new({ noting "a", noting "b" }, 2)
    assert.equal(2, take_on(group))
    gathering.work(group, pcall)
    gathering.work(group, pcall)
    assert.same({ "a", "b" }, ran)
    assert.equal(0, take_on(group))
  end)

  it("is cancelled by an error, which it keeps; the first one, as it was", function()
    local first = {}
    local function fail()
      error(first, 0)
    end
    local group = new({ noting "a", fail, noting "b" }, 1)
    gathering.enter(group, "one that waits")
    woken = {}
    take_on(group)
    gathering.work(group, pcall)
    assert.same({ "a" }, ran)
    assert.same({ "one that waits" }, woken)
    assert.equal(first, group.failure[1])
    assert.is_true(gathering.is_cancelled(group))
    assert.is_false(gathering.has_more(group))
  end)

  it("within one that is cancelled is so, too", function()
    local outer = new({}, 1)
    local inner = new({ noting "a" }, 1, outer)
    assert.is_true(gathering.has_more(inner))
    outer.cancelled = true
    assert.is_true(gathering.is_cancelled(inner))
    assert.equal(0, take_on(inner))
    assert.is_false(gathering.is_cancelled(nil))
  end)

  it("wakes who gathers when a coroutine waits in it, or in one within, that has added functions", function()
    local outer = new({ noting "a" }, 2)
    local inner = new({ noting "b" }, 1, outer)
    take_on(outer)
    take_on(inner)
    gathering.enter(inner, "waiter")
    assert.same({}, woken)
    gathering.leave(inner, "waiter")
    outer.functions[2] = noting "c"
    gathering.enter(inner, "waiter")
    assert.same({ "owner" }, woken)
    assert.same({ { waiter = true }, { waiter = true } }, { inner.waiting, outer.waiting })
    gathering.leave(inner, "waiter")
    assert.same({ {}, {} }, { inner.waiting, outer.waiting })
    gathering.enter(nil, "waiter")
    gathering.leave(nil, "waiter")
  end)
end)
