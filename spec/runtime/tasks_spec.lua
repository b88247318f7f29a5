-- tasks.lua over a loop made of tables, whose clock jumps: what it asks of a port, and when. What every runtime
-- promises stands in spec/contract/suite.lua.

local tasks = require "aicore.runtime.tasks"

-- A loop -------------------------------------------------------------------------------------------
-- A waiter that is woken goes on at once, as in uv.lua, or in the loop's next turn, as in cqueues.lua. The first wait
-- of each ends too early, which a port may do.

local Waiter = {}
Waiter.__index = Waiter

local function resume(loop, thread)
  loop.depth = loop.depth + 1
  loop.deepest = math.max(loop.deepest, loop.depth)
  assert(coroutine.resume(thread))
  loop.depth = loop.depth - 1
end

function Waiter:go_on()
  self.parked, self.wake_at = false, math.huge
  resume(self.loop, self.thread)
end

function Waiter:wake()
  self.woken = true
  if self.parked and self.loop.at_once then
    self:go_on()
  end
end

function Waiter:wait(seconds)
  if not self.woken then
    self.parked, self.wake_at = true, self.loop.time + (seconds or math.huge) * (self.has_waited and 1 or 0.5)
    self.has_waited = true
    coroutine.yield()
  end
  self.woken = false
end

--- The waiter that goes on next: one that was woken, or the one with the earliest time.
local function next_of(waiters)
  local first
  for _, waiter in ipairs(waiters) do
    if waiter.parked and waiter.woken then
      return waiter
    elseif waiter.parked and waiter.wake_at < math.huge and (not first or waiter.wake_at < first.wake_at) then
      first = waiter
    end
  end
  return first
end

--- { runtime, run(fn): runs a coroutine until nothing is left to do, watched: by session, reported, deepest }
local function new_loop(at_once)
  local loop = { time = 100, at_once = at_once, depth = 0, deepest = 0, watched = {}, reported = {} }
  local waiters, begun = {}, {}
  loop.waiters = waiters
  loop.runtime = tasks.new {
    name = "tables",
    advice = "do otherwise",
    now = function()
      return loop.time
    end,
    can_wait = function()
      return not loop.busy
    end,
    waiter = function()
      local waiter = setmetatable({ loop = loop, thread = coroutine.running() }, Waiter)
      waiters[#waiters + 1] = waiter
      return waiter
    end,
    begin = function(body)
      local thread = coroutine.create(body)
      if at_once then
        resume(loop, thread)
      else
        table.insert(begun, 1, thread) -- the last one first, as loops may
      end
    end,
    watch = function(session, on_ready)
      assert(not loop.watched[session], "it is watched already")
      loop.watched[session] = on_ready
      return function()
        loop.watched[session] = nil
      end
    end,
    report = function(message)
      loop.reported[#loop.reported + 1] = message
    end,
  }

  function loop.run(fn)
    local ok, failure
    resume(
      loop,
      coroutine.create(function()
        ok, failure = pcall(fn)
      end)
    )
    repeat
      local thread = table.remove(begun, 1)
      local waiter = not thread and next_of(waiters)
      if thread then
        resume(loop, thread)
      elseif waiter then
        loop.time = math.max(loop.time, waiter.woken and 0 or waiter.wake_at)
        waiter:go_on()
      end
    until not thread and not waiter
    if not ok then
      error(failure or "it waits for ever", 0)
    end
  end

  return loop
end

-- What is waited for -------------------------------------------------------------------------------

local function new_transfer()
  local transfer = { is_finished = false }

  function transfer.finished()
    return transfer.is_finished
  end

  function transfer.cancel()
    transfer.is_finished = true
  end

  return transfer
end

--- finish(transfer…): so many are over, and the descriptor tells.
local function new_session(loop)
  local session, over = {}, {}

  function session.step()
    if session.is_closed then
      error "closed"
    end
    local finished = over
    over = {}
    return finished
  end

  function session.closed()
    return session.is_closed
  end

  function session.finish(...)
    over = { ... }
    for _, transfer in ipairs(over) do
      transfer.is_finished = true
    end
    loop.watched[session]()
  end

  return session
end

local function count(set)
  local number = 0
  for _ in pairs(set) do
    number = number + 1
  end
  return number
end

for name, at_once in pairs { ["that begins and resumes at once"] = true, ["that does so later"] = false } do
  describe("tasks over a loop " .. name, function()
    local loop, runtime, session

    before_each(function()
      loop = new_loop(at_once)
      runtime, session = loop.runtime, new_session(loop)
    end)

    it("makes nothing to wait by for what has finished already", function()
      local transfer = new_transfer()
      transfer.is_finished = true
      loop.run(function()
        assert.is_nil(runtime.await(session, transfer, loop.time - 1))
      end)
      assert.same({ 0, 0 }, { #loop.waiters, count(loop.watched) })
    end)

    --- A coroutine that waits for the transfer, and puts what await has said into `said`.
    local function awaits(said, key, transfer, deadline)
      return function()
        said[key] = runtime.await(session, transfer, deadline) or "finished"
      end
    end

    it("says where it cannot wait, and what to do, at the caller's line", function()
      loop.busy = true
      for _, call in ipairs {
        function()
          local now = runtime.now()
          return now
        end,
        function()
          local why = runtime.await(session, new_transfer())
          return why
        end,
        function()
          local slept = runtime.sleep(1)
          return slept
        end,
        function()
          local results = runtime.gather({}, 1)
          return results
        end,
      } do
        local called, message = pcall(call)
        assert.is_false(called)
        assert.matches(
          "^spec/runtime/tasks_spec.lua:%d+: the runtime 'tables' cannot wait here: do otherwise$",
          message
        )
      end
    end)

    it("watches a session once, for as long as somebody waits for one of its transfers", function()
      local one, other, said = new_transfer(), new_transfer(), {}
      loop.run(function()
        runtime.gather({
          awaits(said, 1, one),
          awaits(said, 2, one),
          awaits(said, 3, other, runtime.now() + 2),
          function()
            runtime.sleep(1)
            assert.equal(1, count(loop.watched))
            session.finish(one)
            runtime.sleep(0.5)
            assert.equal(1, count(loop.watched))
            assert.same({ "finished", "finished" }, said)
          end,
        }, 4)
      end)
      assert.same({ "finished", "finished", "timeout" }, said)
      assert.equal(0, count(loop.watched))
      assert.equal(102, loop.time)
    end)

    it("lets whoever gives up leave the others", function()
      local shared, said = new_transfer(), {}
      loop.run(function()
        runtime.gather({
          awaits(said, 1, shared, runtime.now() + 1),
          awaits(said, 2, shared),
          function()
            runtime.sleep(2)
            session.finish(shared)
            assert.equal(0, count(loop.watched))
          end,
        }, 3)
      end)
      assert.same({ "timeout", "finished" }, said)
    end)

    it("goes on waiting when it is woken for nothing", function()
      local transfer, said = new_transfer(), {}
      loop.run(function()
        runtime.gather({
          awaits(said, 1, transfer),
          function()
            runtime.sleep(1)
            session.finish() -- the descriptor tells of something, but nothing is over
            runtime.sleep(1)
            assert.is_nil(said[1])
            session.finish(transfer)
          end,
        }, 2)
      end)
      assert.same({ "finished" }, said)
    end)

    it("notices that a session was closed, and that it is to be released", function()
      for _, close in ipairs {
        function(transfer)
          session.is_closed = true
          transfer.cancel()
          loop.watched[session]()
        end,
        function()
          runtime.release(session)
          assert.equal(0, count(loop.watched)) -- by now: the descriptor is about to be somebody else's
        end,
      } do
        session = new_session(loop)
        local transfer, said = new_transfer(), {}
        loop.run(function()
          runtime.gather({
            awaits(said, 1, transfer),
            awaits(said, 2, transfer),
            function()
              runtime.sleep(1)
              close(transfer)
            end,
          }, 3)
        end)
        assert.is_true(transfer.is_finished)
        assert.same({ "finished", "finished" }, said)
        assert.equal(0, count(loop.watched))
      end
      runtime.release(new_session(loop)) -- that nobody waits for
    end)

    it("raises where one waits what is raised by the session, unless it is closed", function()
      local transfer, raised, step = new_transfer(), {}, session.step
      local failures = { { "interrupted!" }, { false } }
      for _, failure in ipairs(failures) do
        function session.step()
          session.step = step
          error(failure[1], 0)
        end
        loop.run(function()
          local function try()
            local _, caught = pcall(runtime.await, session, transfer)
            raised[#raised + 1] = { caught }
          end
          runtime.gather({
            try,
            try,
            function()
              runtime.sleep(1)
              loop.watched[session]()
            end,
          }, 3)
        end)
        assert.equal(0, count(loop.watched))
      end
      assert.same({ failures[1], failures[1], failures[2], failures[2] }, raised)
      local said = {}
      loop.run(function() -- and who waits after it is served
        runtime.gather({
          awaits(said, 1, transfer),
          function()
            runtime.sleep(1)
            session.finish(transfer)
          end,
        }, 2)
      end)
      assert.same({ "finished" }, said)
    end)

    it("begins functions in their order, and none after an error", function()
      local order = {}
      local function note(index, act)
        return function()
          order[#order + 1] = index
          return act()
        end
      end
      local function rest()
        runtime.sleep(1)
      end
      loop.run(function()
        runtime.gather({ note(1, rest), note(2, rest), note(3, rest) }, 2)
        assert.same({ 1, 2, 3 }, order)
        order = {}
        local called, failure = pcall(runtime.gather, { note(1, error), note(2, rest), note(3, rest) }, 3)
        assert.same({ false }, { called, failure })
      end)
      assert.same({ 1 }, order)
    end)

    it("begins no coroutine within the last one, however many never wait", function()
      local functions = {}
      for i = 1, 500 do
        functions[i] = function()
          functions[500 + i] = function() end
        end
      end
      loop.run(function()
        runtime.gather(functions, 7)
      end)
      assert.is_true(loop.deepest <= 2, loop.deepest .. " within each other")
    end)

    it("does not lose sight of its groups when those that are cancelled gather anew", function()
      local slept = {}
      local function inner(index)
        return function()
          runtime.gather({
            function()
              slept[index] = runtime.sleep(60)
            end,
          }, 1)
          runtime.gather({ error }, 1) -- begins nothing
        end
      end
      local called, failure
      loop.run(function()
        called, failure = pcall(runtime.gather, {
          inner(1),
          inner(2),
          inner(3),
          function()
            runtime.sleep(1)
            error("oh", 0)
          end,
        }, 4)
      end)
      assert.same({ false, "oh" }, { called, failure })
      assert.same({ false, false, false }, slept)
      assert.equal(101, loop.time)
    end)

    it("reports what a spawned function raises, with where, and tells who was spawned", function()
      local was, within
      runtime.spawn(function()
        was = runtime.here()
        coroutine.wrap(function()
          within = runtime.here()
        end)()
        runtime.sleep(1)
        error "oh"
      end)
      loop.run(function()
        assert.is_false(runtime.here())
      end)
      assert.same({ true, false }, { was, within })
      assert.equal(1, #loop.reported)
      assert.matches("^spec/runtime/tasks_spec.lua:%d+: oh\nstack traceback:", loop.reported[1])
    end)
  end)
end
