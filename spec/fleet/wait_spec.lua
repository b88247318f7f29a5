-- wait.lua with a virtual clock: every verdict, and every moment of a look.

local errors = require "aicore.model.errors"
local wait = require "aicore.fleet.wait"

local TARGETS = { "none", "RUNNING", "STOPPED", "DELETED", "PAUSED" }

-- Goal and status against TARGETS: "+" reached, "x" impossible, "." still to come. PAUSED stands for a word that SAP
-- may add some day. The deployment was never seen before.
local VERDICTS = {
  RUNNING = {
    UNKNOWN = ". . x x .",
    PENDING = ". . x x .",
    RUNNING = "+ + x x +",
    STOPPING = "x x x x x",
    STOPPED = "x x x x x",
    DEAD = "x x x x x",
    COMPLETED = "x x x x x",
    PAUSED = ". . x x .",
  },
  STOPPED = {
    UNKNOWN = ". . . . .",
    PENDING = ". . . . .",
    RUNNING = ". . . . .",
    STOPPING = ". . . . .",
    STOPPED = "+ + + + +",
    DEAD = "+ + + + +",
    COMPLETED = "+ + + + +",
    PAUSED = ". . . . .",
  },
  GONE = {
    UNKNOWN = ". . . . .",
    PENDING = ". . . . .",
    RUNNING = ". . . . .",
    STOPPING = ". . . . .",
    STOPPED = ". . . . .",
    DEAD = ". . . . .",
    COMPLETED = ". . . . .",
    PAUSED = ". . . . .",
  },
  PENDING = {
    UNKNOWN = ". . x x .",
    PENDING = "+ + + + +",
    RUNNING = ". . x x .",
    STOPPING = "x x x x x",
    STOPPED = "x x x x x",
    DEAD = "x x x x x",
    COMPLETED = "x x x x x",
    PAUSED = ". . x x .",
  },
  STOPPING = {
    UNKNOWN = ". . . . .",
    PENDING = ". . . . .",
    RUNNING = ". . . . .",
    STOPPING = "+ + + + +",
    STOPPED = "x x x x x",
    DEAD = "x x x x x",
    COMPLETED = "x x x x x",
    PAUSED = ". . . . .",
  },
  DEAD = {
    UNKNOWN = ". . . . .",
    PENDING = ". . . . .",
    RUNNING = ". . . . .",
    STOPPING = ". . . . .",
    STOPPED = "x x x x x",
    DEAD = "+ + + + +",
    COMPLETED = "x x x x x",
    PAUSED = ". . . . .",
  },
  COMPLETED = {
    UNKNOWN = ". . . . .",
    PENDING = ". . . . .",
    RUNNING = ". . . . .",
    STOPPING = ". . . . .",
    STOPPED = "x x x x x",
    DEAD = "x x x x x",
    COMPLETED = "+ + + + +",
    PAUSED = ". . . . .",
  },
  UNKNOWN = {
    UNKNOWN = "+ + + + +",
    PENDING = ". . . . .",
    RUNNING = ". . . . .",
    STOPPING = ". . . . .",
    STOPPED = "x x x x x",
    DEAD = "x x x x x",
    COMPLETED = "x x x x x",
    PAUSED = ". . . . .",
  },
  PAUSED = {
    UNKNOWN = ". . . . .",
    PENDING = ". . . . .",
    RUNNING = ". . . . .",
    STOPPING = ". . . . .",
    STOPPED = ". . . . .",
    DEAD = ". . . . .",
    COMPLETED = ". . . . .",
    PAUSED = "+ + + + +",
  },
}

-- The goal STOPPED once more, after what the verdict remembers.
local STOPPED_AFTER = {
  seen = {
    UNKNOWN = ". . . . .",
    PENDING = ". x . . .",
    RUNNING = ". x . . .",
    STOPPING = ". . . . .",
    STOPPED = "+ + + + +",
    DEAD = "+ + + + +",
    COMPLETED = "+ + + + +",
    PAUSED = ". . . . .",
  },
  asked = {
    UNKNOWN = ". x . . .",
    PENDING = ". x . . .",
    RUNNING = ". x . . .",
    STOPPING = ". x . . .",
    STOPPED = "+ + + + +",
    DEAD = "+ + + + +",
    COMPLETED = "+ + + + +",
    PAUSED = ". x . . .",
  },
}

local MARKS = { ["+"] = "reached", x = "impossible" }

local function deployment_of(status, target)
  return { id = "d748fdae9f88a9b0", status = status, targetStatus = target ~= "none" and target or nil }
end

local function check_rows(goal, memory, rows)
  for status, row in pairs(rows) do
    local column = 0
    for mark in row:gmatch "%S" do
      column = column + 1
      local target = TARGETS[column]
      local label = ("%s after %s: %s, to be %s"):format(goal, tostring(memory), status, target)
      local verdict, reason = wait.verdict(goal, memory, deployment_of(status, target))
      assert.equal(MARKS[mark], verdict, label)
      assert.equal(mark == "x", type(reason) == "string", label)
    end
    assert.equal(#TARGETS, column)
  end
end

-- Numbers in [0, 1) that are the same in every run (Park and Miller).
local function dice(seed)
  return function()
    seed = seed * 16807 % 2147483647
    return (seed - 1) / 2147483646
  end
end

describe("the verdict", function()
  for goal, rows in pairs(VERDICTS) do
    it("is right for every status and target when waiting for " .. goal, function()
      check_rows(goal, nil, rows)
    end)
  end

  for memory, rows in pairs(STOPPED_AFTER) do
    it("is right for every status and target when waiting for STOPPED after " .. memory, function()
      check_rows("STOPPED", memory, rows)
    end)
  end

  it("is right for every goal when there is no such deployment", function()
    for goal in pairs(VERDICTS) do
      local verdict, reason = wait.verdict(goal, nil, wait.ABSENT)
      assert.equal(goal == "GONE" and "reached" or "impossible", verdict)
      assert.equal(goal ~= "GONE", type(reason) == "string")
    end
  end)

  it("never takes a missing deployment for an absent one", function()
    for goal in pairs(VERDICTS) do
      assert.has_error(function()
        wait.verdict(goal, nil, nil)
      end)
    end
  end)

  it("copes with a deployment that has no status, or anything else instead", function()
    for goal in pairs(VERDICTS) do
      assert.is_nil((wait.verdict(goal, nil, { id = "d1" })))
      assert.is_nil((wait.verdict(goal, nil, { id = "d1", status = {}, targetStatus = 7 })))
    end
    assert.equal("impossible", (wait.verdict("RUNNING", nil, { id = "d1", targetStatus = "STOPPED" })))
    assert.equal("impossible", (wait.verdict("RUNNING", nil, { id = "d1", status = "DEAD", targetStatus = {} })))
  end)

  it("names what it saw as the reason", function()
    local _, reason = wait.verdict("RUNNING", nil, deployment_of("DEAD", "RUNNING"))
    assert.equal("it can no longer be RUNNING: its status is DEAD, its target RUNNING", reason)
    _, reason = wait.verdict("RUNNING", nil, deployment_of "STOPPED")
    assert.equal("it can no longer be RUNNING: its status is STOPPED", reason)
  end)

  -- Each row: what is seen, one after the other, and the last verdict.
  local stories = {
    { "RUNNING/RUNNING RUNNING/STOPPED STOPPING/STOPPED STOPPED/STOPPED", "reached" },
    { "RUNNING/RUNNING RUNNING/RUNNING", nil, "the stop is not to be seen yet" },
    { "RUNNING/STOPPED RUNNING/RUNNING", "impossible", "somebody took the stop back" },
    { "RUNNING/STOPPED RUNNING/none RUNNING/RUNNING", "impossible", "a look without a target changes nothing" },
    { "STOPPING/STOPPED UNKNOWN/RUNNING", "impossible" },
    { "STOPPING/RUNNING STOPPING/RUNNING", nil, "its ttl is over" },
    { "STOPPING/RUNNING UNKNOWN/RUNNING STOPPING/RUNNING", nil },
    { "STOPPING/RUNNING STOPPED/RUNNING", "reached" },
    { "STOPPING/none RUNNING/RUNNING", "impossible" },
    { "STOPPING/STOPPED STOPPING/none PENDING/RUNNING", "impossible" },
    { "RUNNING/STOPPED STOPPING/none UNKNOWN/RUNNING", "impossible" },
    { "STOPPING/none UNKNOWN/none RUNNING/RUNNING", "impossible" },
    { "PENDING/RUNNING DEAD/RUNNING", "reached" },
  }
  for _, story in ipairs(stories) do
    local looks, expected, why = story[1], story[2], story[3]
    it(("on STOPPED after %s%s"):format(looks, why and ": " .. why or ""), function()
      local verdict, memory, _
      for status, target in looks:gmatch "(%u+)/(%w+)" do
        assert.is_nil(verdict)
        verdict, _, memory = wait.verdict("STOPPED", memory, deployment_of(status, target))
      end
      assert.equal(expected, verdict)
    end)
  end

  it("remembers nothing for the other goals", function()
    for goal, rows in pairs(VERDICTS) do
      for status in pairs(goal ~= "STOPPED" and rows or {}) do
        assert.is_nil((select(3, wait.verdict(goal, nil, deployment_of(status, "STOPPED")))))
      end
    end
  end)
end)

describe("the pace", function()
  it("grows from 0.25 s by half to 10 s", function()
    local pace = wait.pace(1e6)
    local seen = {}
    for i = 1, 13 do
      seen[i] = pace:next(0, 0.5)
    end
    local interval = 0.25
    for i = 1, 13 do
      assert.is_true(math.abs(seen[i] - interval) < 1e-9, i)
      interval = math.min(10, interval * 1.5)
    end
    assert.equal(10, seen[13])
  end)

  it("is jittered by a fifth", function()
    for random, expected in pairs { [0] = 8, [0.25] = 9, [0.5] = 10, [0.75] = 11 } do
      assert.equal(expected, wait.pace(1e6, { first = 10 }):next(0, random))
    end
  end)

  it("yields to a longer time that the service asks for", function()
    assert.equal(7, wait.pace(1e6):next(0, 0.5, 7))
    assert.equal(0.25, wait.pace(1e6):next(0, 0.5, 0.1))
  end)

  it("ends with one look at the deadline, whatever was asked for", function()
    for _, least in ipairs { 0, 1, 1000 } do
      local pace = wait.pace(10, { first = 1 })
      assert.equal(1, pace:next(9, 0.5, least))
      assert.is_true(pace.last)
      assert.is_nil(pace:next(9.99, 0.5)) -- the sleep ended a little early: that was the last look all the same
    end
    local pace = wait.pace(10, { first = 1 })
    assert.equal(1, pace:next(8.99, 0.5))
    assert.is_false(pace.last)
  end)

  it("has ended when a look took until after the deadline", function()
    assert.is_nil(wait.pace(10):next(10, 0.5))
    assert.is_nil(wait.pace(10):next(11, 0.5))
  end)

  it("takes part of a policy, and leaves it alone", function()
    local policy = { cap = 0.3 }
    local pace = wait.pace(1e6, policy)
    assert.same({ 0.25, 0.3 }, { pace:next(0, 0.5), (pace:next(0, 0.5)) })
    assert.same({ cap = 0.3 }, policy)
  end)

  it("can be a share of the time that has passed, from the first interval to the longest", function()
    local pace, now = wait.pace(1e6, { share = 1 / 8 }), 100
    assert.equal(0.25, pace:next(now, 0.5))
    for passed, interval in pairs { [1] = 0.25, [2] = 0.25, [4] = 0.5, [40] = 5, [80] = 10, [1000] = 10 } do
      assert.equal(interval, pace:next(now + passed, 0.5))
    end
    assert.equal(6, pace:next(now + 40, 0.5 + 0.5))
    assert.is_nil(pace:next(1e6, 0.5))
  end)

  it("keeps to its range and its deadline for any dice and any sleep", function()
    for seed = 1, 300 do
      local random = dice(seed)
      local now = random() * 1000
      local deadline = now + random() * 200
      local pace, interval, last = wait.pace(deadline), 0.25, nil
      while true do
        local asked = random() < 0.1 and random() * 60 or nil
        local delay = pace:next(now, random(), asked)
        if not delay then
          break
        end
        assert.is_nil(last, "nothing after the last look")
        local least, most = math.max(0.8 * interval, asked or 0), math.max(1.2 * interval, asked or 0)
        assert.is_true(delay > 0 and now + delay <= deadline + 1e-9)
        assert.is_true(delay <= most)
        assert.is_true(delay >= least or pace.last and math.abs(now + delay - deadline) < 1e-9)
        interval = math.min(10, interval * 1.5)
        last = pace.last and now + delay or nil
        now = now + delay + (random() < 0.3 and random() * 20 or 0) -- what the look took, or the sleep too much
      end
      assert.is_true(now >= deadline - 1e-9)
    end
  end)
end)

describe("a wait", function()
  local function new(goal, fields)
    local options = { goal = goal, now = 100, deadline = 1000 }
    for name, value in pairs(fields or {}) do
      options[name] = value
    end
    return wait.new(options)
  end

  local function saw(status, target)
    return { deployment = deployment_of(status, target or "none") }
  end

  local absent = { absent = true }

  local function failed(kind, fields)
    local err = { kind = kind, message = "no luck" }
    for name, value in pairs(fields or {}) do
      err[name] = value
    end
    return { err = errors.new(err) }
  end

  it("agrees with the verdict, for every goal, status and target", function()
    for goal, rows in pairs(VERDICTS) do
      for status in pairs(rows) do
        for _, target in ipairs(TARGETS) do
          local look = saw(status, target)
          local verdict = wait.verdict(goal, nil, look.deployment)
          local action, result, changed = new(goal):step(look, 100, 0.5)
          assert.equal(verdict == "reached" and "done" or verdict and "fail" or "look", action)
          assert.is_true(changed)
          if verdict == "reached" then
            assert.equal(look.deployment, result)
          elseif verdict == "impossible" then
            assert.is_true(errors.is(result))
            assert.equal("state", result.kind)
            assert.equal(status, result.last_status)
            assert.equal(look.deployment.targetStatus, result.last_target)
          else
            assert.equal(0.25, result)
          end
        end
      end
    end
  end)

  it("remembers what it saw before", function()
    local machine = new "STOPPED"
    assert.equal("look", (machine:step(saw("RUNNING", "STOPPED"), 101, 0.5)))
    local action, err = machine:step(saw("RUNNING", "RUNNING"), 103, 0.5)
    assert.equal("fail", action)
    assert.equal("state", err.kind)
    assert.equal("d748fdae9f88a9b0", err.id)
    assert.equal("wait", err.operation)
    assert.equal(3, err.elapsed)
    assert.equal(2, err.looks)
  end)

  it("says what the service says of a DEAD deployment", function()
    local look = saw "DEAD"
    look.deployment.statusMessage = "CrashLoopBackOff"
    local _, err = new("RUNNING"):step(look, 100, 0.5)
    assert.matches("DEAD %(CrashLoopBackOff%)$", err.message)
    assert.is_nil(err.absent)
  end)

  it("for GONE ends with true", function()
    local machine = new "GONE"
    assert.equal("look", (machine:step(saw("STOPPED", "DELETED"), 100, 0.5)))
    assert.same({ "done", true, true }, { machine:step(absent, 101, 0.5) })
  end)

  it("for anything else fails when the deployment is gone, and says so", function()
    for goal in pairs(VERDICTS) do
      if goal ~= "GONE" then
        local action, err = new(goal, { id = "d1" }):step(absent, 100, 0.5)
        assert.equal("fail", action)
        assert.is_true(err.absent)
        assert.equal("GONE", err.last_status)
        assert.equal("d1", err.id)
      end
    end
  end)

  describe("for what was just created", function()
    it("takes absence for lateness, for a minute", function()
      for goal in pairs(VERDICTS) do
        local machine = new(goal, { fresh = true })
        assert.same({ "look", 0.25, false }, { machine:step(absent, 100, 0.5) })
        assert.equal("look", (machine:step(absent, 159.9, 0.5)))
        assert.is_nil(machine:progress(159.9).status)
        assert.equal(goal == "GONE" and "done" or "fail", (machine:step(absent, 160, 0.5)))
      end
    end)

    it("believes it once the deployment was seen", function()
      for goal, action in pairs { RUNNING = "fail", GONE = "done" } do
        local machine = new(goal, { fresh = true })
        machine:step(saw "UNKNOWN", 100, 0.5)
        assert.equal(action, (machine:step(absent, 101, 0.5)))
      end
    end)

    it("keeps to the deadline", function()
      local action, err = new("RUNNING", { fresh = true, deadline = 130 }):step(absent, 130, 0.5)
      assert.equal("fail", action)
      assert.equal("timeout", err.kind)
      assert.matches("nothing was seen of it", err.message)
      assert.is_nil(err.last_status)
    end)

    it("takes another grace from the policy", function()
      local machine = new("RUNNING", { fresh = true, policy = { grace = 5 } })
      assert.equal("look", (machine:step(absent, 104.9, 0.5)))
      assert.equal("fail", (machine:step(absent, 105, 0.5)))
    end)
  end)

  describe("in which a look fails", function()
    it("goes on, whatever the error, until the deadline", function()
      for kind in ("transport timeout http protocol state"):gmatch "%a+" do
        for _, status in ipairs { false, 400, 404, 412, 429, 500, 503 } do
          local machine = new "RUNNING"
          for i = 1, 50 do
            local look = failed(kind, { status = status or nil, retryable = false })
            local action, _, changed = machine:step(look, 100 + i, 0.5)
            assert.equal("look", action)
            assert.is_false(changed)
          end
          assert.equal("done", (machine:step(saw "RUNNING", 200, 0.5)))
        end
      end
    end)

    it("heeds a Retry-After", function()
      assert.same({ "look", 30, false }, { new("RUNNING"):step(failed("http", { retry_after = 30 }), 100, 0.5) })
    end)

    it("ends at once with an error of the configuration, or when the host cancels", function()
      for kind in ("config cancelled"):gmatch "%a+" do
        local machine = new "RUNNING"
        machine:step(saw "PENDING", 100, 0.5)
        local look = failed(kind)
        local action, err, changed = machine:step(look, 104, 0.5)
        assert.same({ "fail", false }, { action, changed })
        assert.equal(kind, err.kind)
        assert.equal("no luck", err.message)
        assert.equal("PENDING", err.last_status)
        assert.same({ 4, 2 }, { err.elapsed, err.looks })
        assert.is_nil(err.last_error)
      end
    end)

    it("ends when a second look in a row is not authorised", function()
      local machine = new "RUNNING"
      assert.equal("look", (machine:step(failed("auth", { status = 401 }), 100, 0.5)))
      local action, err = machine:step(failed("auth", { status = 403 }), 101, 0.5)
      assert.equal("fail", action)
      assert.equal("auth", err.kind)
      assert.equal(403, err.status)
      assert.equal(2, err.looks)
    end)

    it("goes on when something else came in between", function()
      for _, between in ipairs { saw "PENDING", failed "transport" } do
        local machine = new "RUNNING"
        for _ = 1, 5 do
          assert.equal("look", (machine:step(failed "auth", 100, 0.5)))
          assert.equal("look", (machine:step(between, 100, 0.5)))
        end
      end
    end)
  end)

  describe("that reaches its deadline", function()
    it("says all that it knows", function()
      local machine = new "RUNNING"
      machine:step(saw("PENDING", "RUNNING"), 100, 0.5)
      local look = failed("http", { status = 503 })
      local action, err = machine:step(look, 1000, 0.5)
      assert.equal("fail", action)
      assert.equal("timeout", err.kind)
      assert.equal("PENDING", err.last_status)
      assert.equal("RUNNING", err.last_target)
      assert.equal(900, err.elapsed)
      assert.equal(2, err.looks)
      assert.equal(look.err, err.last_error)
      assert.is_true(err.retryable)
      assert.equal(
        "wait d748fdae9f88a9b0: timeout: not RUNNING after 900.0 s: its status is PENDING, its target RUNNING; "
          .. "the last look failed: no luck",
        tostring(err)
      )
    end)

    it("tells only of the last look's error", function()
      local machine = new "RUNNING"
      machine:step(failed "transport", 100, 0.5)
      local _, err = machine:step(saw "PENDING", 1000, 0.5)
      assert.is_nil(err.last_error)
    end)

    it("still counts what the last look sees", function()
      assert.equal("done", (new("RUNNING"):step(saw "RUNNING", 1003, 0.5)))
      local _, err = new("RUNNING"):step(saw "DEAD", 1003, 0.5)
      assert.equal("state", err.kind)
    end)

    it("looks once more just then", function()
      local machine, now, times = new("RUNNING", { deadline = 103 }), 100, {}
      local action, result = machine:step(saw "PENDING", now, 0.5)
      while action == "look" do
        now = now + result
        times[#times + 1] = now
        action, result = machine:step(saw "PENDING", now, 0.5)
      end
      assert.equal("fail", action)
      assert.equal("timeout", result.kind)
      assert.equal(103, times[#times])
      assert.is_true(machine.pace.last)
      assert.equal(#times + 1, result.looks)
    end)
  end)

  describe("and its progress", function()
    it("is told of every change, and only then", function()
      local machine = new "STOPPED"
      local story = {
        { saw("RUNNING", "RUNNING"), true },
        { saw("RUNNING", "RUNNING"), false },
        { saw("RUNNING", "STOPPED"), true },
        { failed "transport", false },
        { saw("RUNNING", "STOPPED"), false },
        { saw("STOPPING", "STOPPED"), true },
        { saw "STOPPING", true },
        { saw("STOPPED", "STOPPED"), true },
      }
      for i, row in ipairs(story) do
        local _, _, changed = machine:step(row[1], 100 + i, 0.5)
        assert.equal(row[2], changed, i)
        local last = row[1].deployment or story[i - 1][1].deployment
        local expected =
          { id = last.id, status = last.status, targetStatus = last.targetStatus, elapsed = i + 1, looks = i }
        assert.same(expected, machine:progress(101 + i))
      end
    end)

    it("calls what is not there GONE", function()
      local machine = new("GONE", { id = "d1" })
      machine:step(absent, 102, 0.5)
      assert.same({ id = "d1", status = "GONE", elapsed = 2, looks = 1 }, machine:progress(102))
    end)
  end)

  it("makes the error of a driver that has to end it", function()
    local machine = new("RUNNING", { id = "d1" })
    machine:step(saw "PENDING", 100, 0.5)
    local err = machine:failure({ kind = "cancelled", message = "ended by the host" }, 107)
    assert.is_true(errors.is(err))
    assert.same({ "wait", "d1", "PENDING", 7, 1 }, { err.operation, err.id, err.last_status, err.elapsed, err.looks })
  end)

  it("ends by its deadline whatever is seen, with few looks", function()
    local words = { "UNKNOWN", "PENDING", "RUNNING", "STOPPING", "STOPPED", "DEAD", "COMPLETED", "PAUSED" }
    local goals = { "RUNNING", "STOPPED", "GONE", "PENDING", "PAUSED" }
    for seed = 1, 500 do
      local random = dice(seed)
      local function pick(list)
        return list[1 + math.floor(random() * #list)]
      end
      local function any_look()
        local roll = random()
        if roll < 0.2 then
          return failed(
            pick { "transport", "http", "timeout" },
            { retry_after = random() < 0.5 and random() * 60 or nil }
          )
        end
        return roll < 0.22 and absent or saw(random() < 0.9 and "UNKNOWN" or pick(words), pick(TARGETS))
      end
      local now = random() * 100
      local deadline = now + random() * 900
      local machine = wait.new { goal = pick(goals), now = now, deadline = deadline, fresh = random() < 0.5 }
      local action, result, count = "look", 0, 0
      while action == "look" do
        assert.is_true(now + result <= deadline + 1e-9, "no delay passes the deadline")
        now, count = now + result, count + 1
        action, result = machine:step(any_look(), now, random())
      end
      assert.equal(count, machine.looks)
      assert.is_true(count <= 130, count)
      if action == "fail" then
        assert.is_true(result.kind == "state" or result.kind == "timeout" and math.abs(now - deadline) < 1e-9)
      end
    end
  end)
end)
