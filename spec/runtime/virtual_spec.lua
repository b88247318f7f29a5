--- The virtual runtime: what the others do, too, without time; and what only tests want.

local virtual = require "aicore.runtime.virtual"

describe("the virtual runtime", function()
  local runtime, seen

  before_each(function()
    runtime, seen = virtual.new(), {}
  end)

  -- Notes what happens, and when.
  local function note(what)
    seen[#seen + 1] = ("%s@%g"):format(what, runtime.now())
  end

  local function story()
    return table.concat(seen, " ")
  end

  -- A function that sleeps, notes its name and returns it.
  local function sleeper(name, seconds)
    return function()
      note(runtime.sleep(seconds) and name or name .. "-cancelled")
      return name
    end
  end

  -- A transfer that is finished at a time.
  local function transfer(due)
    return {
      finished = function()
        return runtime.now() >= due
      end,
      due = function()
        return due
      end,
    }
  end

  local function raises(message, ...)
    local ok, raised = pcall(...)
    assert.is_false(ok)
    assert.matches(message, raised)
  end

  describe("run", function()
    it("returns what the function returns, at a time that begins where it was told to", function()
      runtime = virtual.new { start = 1000 }
      local a, b, c = runtime.run(function()
        assert.is_true(runtime.sleep(3600))
        return runtime.now(), nil, nil
      end)
      assert.same({ 4600 }, { a, b, c })
      assert.equal(
        3,
        select(
          "#",
          runtime.run(function()
            return 1, nil, nil
          end)
        )
      )
    end)

    it("raises what the function raises, as it is", function()
      local failure = {}
      local ok, raised = pcall(runtime.run, function()
        runtime.sleep(1)
        error(failure)
      end)
      assert.is_false(ok)
      assert.equal(failure, raised)
    end)

    it("says so when a program turns in a circle", function()
      runtime = virtual.new { most_asked = 100 }
      local ok, failure = pcall(runtime.run, function()
        for _ = 1, 3 do
          for _ = 1, 90 do
            runtime.now()
          end
          runtime.sleep(1)
        end
        seen[1] = "waits"
        repeat
        until runtime.now() > 3
      end)
      assert.same({ false, "waits" }, { ok, seen[1] })
      assert.matches("turns in a circle", failure)
    end)

    it("says so when nothing can happen any more", function()
      raises("nothing is due any more", runtime.run, function()
        runtime.sleep(math.huge)
      end)
    end)

    it("lets others go on with the next run", function()
      runtime.spawn(sleeper("other", 5))
      runtime.run(sleeper("first", 1))
      runtime.run(sleeper("second", 10))
      assert.equal("first@1 other@5 second@11", story())
    end)
  end)

  it("lets begin what was added before somebody sleeps, also where nothing else is due", function()
    local functions = {}
    functions[1] = function()
      functions[2] = sleeper("second", 1)
      sleeper("first", 5)()
    end
    runtime.run(function()
      runtime.gather(functions, 2)
    end)
    assert.equal("second@1 first@5", story())
  end)

  it("refuses to wait where it cannot, at the caller's line", function()
    for _, wait in ipairs {
      function()
        runtime.sleep(1)
      end,
      function()
        runtime.gather({}, 1)
      end,
      function()
        runtime.await(nil, transfer(1))
      end,
    } do
      raises("^%S*virtual_spec.lua:%d+: the runtime 'virtual' cannot wait here", wait)
    end
    raises("cannot wait here", runtime.run, function()
      runtime.at(1, function()
        runtime.sleep(1)
      end)
      runtime.sleep(2)
    end)
    raises("runs in the loop already", runtime.run, function()
      runtime.run(print)
    end)
  end)

  describe("at", function()
    it("calls at the time, in the order of times and then of asking", function()
      for _, time in ipairs { 2, 1, 2, 1 } do
        runtime.at(time, function()
          note("at" .. #seen + 1)
        end)
      end
      runtime.run(sleeper("main", 2))
      runtime.at(1, function()
        note "late" -- in the past is now
      end)
      runtime.run(sleeper("end", 0))
      assert.equal("at1@1 at2@1 at3@2 at4@2 main@2 late@2 end@2", story())
    end)
  end)

  describe("await", function()
    it("waits for a transfer, until the deadline at most", function()
      runtime.run(function()
        assert.is_nil(runtime.await(nil, transfer(3)))
        assert.equal(3, runtime.now())
        assert.is_nil(runtime.await(nil, transfer(3), 1)) -- it is finished
        assert.equal("timeout", runtime.await(nil, transfer(9), 5))
        assert.equal(5, runtime.now())
        assert.is_nil(runtime.await(nil, transfer(9), 9))
        assert.equal(9, runtime.now())
      end)
    end)

    it("waits for one that does not know when, and notices one that lies", function()
      local never = {
        finished = function()
          return false
        end,
      }
      runtime.run(function()
        assert.equal("timeout", runtime.await(nil, never, 7))
      end)
      function never.due()
        return 8
      end
      raises("does not finish", runtime.run, function()
        runtime.await(nil, never)
      end)
    end)
  end)

  it("lets those who wait for a session look again when it is closed", function()
    local closed, session = false, {}
    local pending = {
      finished = function()
        return closed
      end,
    }
    for i = 1, 3 do
      runtime.spawn(function()
        assert.is_nil(runtime.await(i < 3 and session or {}, pending, 9))
        note("look" .. i)
      end)
    end
    runtime.at(2, function()
      runtime.release(session)
      closed = true
    end)
    runtime.run(sleeper("main", 10))
    assert.equal("look1@2 look2@2 look3@9 main@10", story())
  end)

  describe("gather", function()
    it("returns what the functions return, in their order, no more than so many at a time", function()
      local running, most, functions = 0, 0, {}
      for i = 1, 20 do
        functions[i] = function()
          running = running + 1
          most = math.max(most, running)
          runtime.sleep(i % 3)
          running = running - 1
          return i
        end
      end
      local results, cut = runtime.run(function()
        return runtime.gather(functions, 7)
      end)
      assert.equal(7, most)
      assert.is_false(cut)
      for i = 1, 20 do
        assert.equal(i, results[i])
      end
      assert.same({}, (runtime.run(function()
        return runtime.gather({}, 3)
      end)))
    end)

    it("takes as long as the slowest, and those who are due together go on in their order", function()
      runtime.run(function()
        runtime.gather({ sleeper("a", 2), sleeper("b", 1), sleeper("c", 2), sleeper("d", 1) }, 9)
      end)
      assert.equal("b@1 d@1 a@2 c@2", story())
    end)

    it("runs ten thousand that never wait", function()
      local functions = {}
      for i = 1, 10000 do
        functions[i] = function()
          return i
        end
      end
      local results = runtime.run(function()
        return (runtime.gather(functions, 1))
      end)
      assert.equal(10000, #results)
    end)

    it("takes functions that are added while it runs, also before one of them has ended", function()
      local functions = {}
      functions[1] = function()
        runtime.sleep(1)
        functions[2] = sleeper("second", 1)
        functions[3] = sleeper("third", 5)
        runtime.sleep(10)
        return "first"
      end
      local results = runtime.run(function()
        return (runtime.gather(functions, 2))
      end)
      assert.same({ "first", "second", "third" }, results)
      assert.equal("second@2 third@7", story())
    end)

    it("may be nested; one inside takes functions that an inner one's function adds outside", function()
      local outer = {}
      outer[1] = function()
        local results = runtime.gather({
          function()
            runtime.sleep(1)
            outer[2] = sleeper("added", 1)
            runtime.sleep(5)
            return "inner"
          end,
        }, 1)
        return results[1]
      end
      local results = runtime.run(function()
        return (runtime.gather(outer, 2))
      end)
      assert.same({ "inner", "added" }, results)
      assert.equal("added@2", story())
    end)

    it("ends the others when one raises, begins no more, and raises that again", function()
      runtime.run(function()
        raises("^oh$", runtime.gather, {
          sleeper("sleeper", 60),
          function()
            runtime.gather({ sleeper("nested", 60) }, 1)
          end,
          function()
            runtime.sleep(1)
            error("oh", 0)
          end,
          sleeper("never", 0),
        }, 3)
        note "after"
      end)
      assert.equal("sleeper-cancelled@1 nested-cancelled@1 after@1", story())
    end)
  end)

  describe("cancel", function()
    it("ends what a coroutine waits for, and what it gathers; that says so", function()
      local results, cut
      local thread = runtime.spawn(function()
        results, cut = runtime.gather({ sleeper("quick", 1), sleeper("slow", 60), sleeper("never", 0) }, 2)
        assert.is_false(runtime.sleep(60)) -- it stays cancelled
        assert.equal("cancelled", runtime.await(nil, transfer(99)))
        assert.same({ {}, true }, { runtime.gather({ sleeper("never", 0) }, 1) })
        note "end"
      end)
      runtime.at(0.5, function()
        runtime.cancel(thread)
      end)
      runtime.run(sleeper("main", 100))
      assert.same({ "quick", "slow" }, results)
      assert.is_true(cut)
      assert.equal("quick-cancelled@0.5 slow-cancelled@0.5 end@0.5 main@100", story())
      runtime.cancel(thread) -- it has ended: nothing happens
    end)

    it("of a coroutine that ends without a wait does nothing", function()
      runtime.spawn(function()
        runtime.cancel(coroutine.running())
      end)
      runtime.run(sleeper("main", 1))
      assert.equal("main@1", story())
    end)

    it("of the running coroutine counts from its next wait", function()
      runtime.run(function()
        runtime.cancel(coroutine.running())
        assert.is_false(runtime.sleep(5))
        assert.equal(0, runtime.now())
      end)
    end)
  end)

  describe("apart", function()
    it("returns when the function has ended, and raises what it raises", function()
      runtime.run(function()
        assert.is_true(runtime.apart(sleeper("apart", 3)))
        note "after"
        raises("^oh$", runtime.apart, function()
          runtime.sleep(1)
          error("oh", 0)
        end)
      end)
      assert.equal("apart@3 after@3", story())
    end)

    it("outlives a coroutine that is cancelled or killed", function()
      for _, ending in ipairs { "cancel", "kill" } do
        runtime, seen = virtual.new(), {}
        local thread = runtime.spawn(function()
          note(tostring(runtime.apart(sleeper("apart", 3))))
        end)
        runtime.at(1, function()
          runtime[ending](thread)
        end)
        runtime.run(sleeper("main", 5))
        assert.equal((ending == "cancel" and "false@1 " or "") .. "apart@3 main@5", story())
      end
    end)

    it("raises from run what nobody waits for any more", function()
      local thread = runtime.spawn(function()
        runtime.apart(function()
          runtime.sleep(3)
          error("oh", 0)
        end)
      end)
      runtime.at(1, function()
        runtime.kill(thread)
      end)
      raises("^oh$", runtime.run, sleeper("main", 5))
    end)
  end)

  describe("kill", function()
    it("drops a coroutine and what it gathers; where it was gathered itself, the others go on", function()
      local victim
      local results, cut = runtime.run(function()
        runtime.at(1, function()
          runtime.kill(victim)
          runtime.kill(victim) -- once more: nothing happens
        end)
        return runtime.gather({
          function()
            victim = coroutine.running()
            runtime.gather({ sleeper("nested", 2) }, 1)
            note "never"
          end,
          sleeper("other", 4),
          sleeper("next", 1),
        }, 2)
      end)
      assert.same({ nil, "other", "next" }, results)
      assert.is_true(cut)
      assert.equal("next@2 other@4", story())
      if rawget(coroutine, "close") then
        assert.equal("dead", coroutine.status(victim))
      end
    end)

    it("ends a gather whose last one is killed", function()
      local victim
      runtime.run(function()
        runtime.at(1, function()
          runtime.kill(victim)
        end)
        runtime.gather({
          function()
            victim = coroutine.running()
            runtime.sleep(5)
          end,
        }, 1)
        note "after"
      end)
      assert.equal("after@1", story())
      raises("to itself", runtime.run, function()
        runtime.kill(coroutine.running())
      end)
    end)
  end)

  it("knows which coroutines were killed, by themselves or with what gathers them", function()
    local inner, outer, other
    local inner_life, life
    runtime.run(function()
      other, life = coroutine.running(), runtime.life()
      outer = runtime.spawn(function()
        runtime.gather({
          function()
            inner, inner_life = coroutine.running(), runtime.life()
            assert.equal("running", inner_life())
            runtime.sleep(10)
          end,
        }, 1)
      end)
      runtime.sleep(1)
      runtime.kill(outer)
      assert.same({ true, true, false }, {
        runtime.is_killed(outer),
        runtime.is_killed(inner),
        runtime.is_killed(other),
      })
      assert.same({ "dead", "running" }, { inner_life(), life() })
    end)
  end)

  it("counts the coroutines that have not ended", function()
    runtime.spawn(sleeper("late", 100))
    local killed
    runtime.run(function()
      killed = runtime.spawn(sleeper("killed", 10))
      assert.equal(3, runtime.coroutines())
      runtime.kill(killed)
      assert.equal(2, runtime.coroutines())
      runtime.gather({ sleeper("a", 1), sleeper("b", 2) }, 2)
      assert.equal(2, runtime.coroutines())
    end)
    assert.equal(1, runtime.coroutines())
  end)

  it("takes the same course every time, whatever happens in it", function()
    local random = require "aicore.emulator.random"
    local function course(seed)
      runtime, seen = virtual.new(), {}
      local draw = random.new(seed)
      local function some(depth)
        local functions = {}
        for i = 1, 4 do
          functions[i] = function()
            note(("%d.%d"):format(depth, i))
            runtime.sleep(math.floor(draw() * 3))
            if depth < 3 and draw() < 0.5 then
              some(depth + 1)
            end
          end
        end
        runtime.gather(functions, 3)
      end
      runtime.run(function()
        some(1)
      end)
      return story()
    end
    assert.equal(course(1), course(1))
    assert.are_not.equal(course(1), course(2))
  end)
end)
