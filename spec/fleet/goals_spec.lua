--- What each goal makes of a situation, in whole tables: every status and target, and what else may be known.

local evidence = require "aicore.fleet.evidence"
local goals = require "aicore.fleet.goals"
local lifecycle = require "aicore.model.lifecycle"

-- In all tables the columns are these targets, and PAUSED stands for a word that SAP may add some day. A cell is
--   "+" done  "x" fail  "S" stop  "D" delete  "." look
local TARGETS = { "none", "RUNNING", "STOPPED", "DELETED", "PAUSED" }
local MARKS = { ["+"] = "done", x = "fail", S = "stop", D = "delete", ["."] = "look" }

--- What is believed of one that was seen like this; `more`: other fields of its situation.
local function situation(status, target, by, more)
  local beliefs = evidence.new()
  beliefs:add(1, 0)
  if status then
    beliefs:seen(1, { status = status, targetStatus = target ~= "none" and target or nil }, by or "get", 0)
  end
  local s = {}
  for name, value in pairs(beliefs.situation[1]) do
    s[name] = value
  end
  for name, value in pairs(more or {}) do
    s[name] = value
  end
  return s
end

local function check(goal, rows, shown, more)
  for status, row in pairs(rows) do
    local column = 0
    for mark in row:gmatch "%S" do
      column = column + 1
      local s = situation(status, TARGETS[column], "get", more)
      assert.equal(MARKS[mark], (goal(s, shown, 0)), ("%s, to be %s, for %s s"):format(status, TARGETS[column], shown))
    end
    assert.equal(#TARGETS, column)
  end
end

-- When it has been the same for a while.
local OLD = 10

describe("the goal of a teardown", function()
  local ROWS = {
    UNKNOWN = "D D D . D",
    PENDING = "S S . . S",
    RUNNING = "S S . . S",
    STOPPING = ". . . . .",
    STOPPED = "D D D . D",
    DEAD = "D D D . D",
    COMPLETED = "D D D . D",
    PAUSED = ". . . . .",
  }

  it("stops what runs, and deletes what has ended, for every status and target; not what is in force", function()
    check(goals.teardown, ROWS, 0)
    check(goals.teardown, ROWS, 1000)
  end)

  it("looks at one that was not seen", function()
    assert.equal("look", (goals.teardown(situation(), 1000)))
  end)

  it("of one whose delete was accepted is to delete it, and not to stop what may not show that yet", function()
    local deleting = { deleting = true }
    assert.equal("delete", (goals.teardown(situation("STOPPED", "STOPPED", "list", deleting), 0)))
    assert.equal("look", (goals.teardown(situation("RUNNING", "RUNNING", "list", deleting), 9.9)))
    assert.equal("stop", (goals.teardown(situation("RUNNING", "RUNNING", "list", deleting), 10)))
    assert.equal(
      "delete",
      (goals.teardown(situation("RUNNING", "none", "list", { deleting = true, no_list = true }), 0))
    )
  end)
end)

describe("the goal of stop_all", function()
  it("stops what runs, and has nothing to do where it has ended, for every status and target", function()
    check(goals.stop, {
      UNKNOWN = ". . . . .",
      PENDING = "S S . S S",
      RUNNING = "S S . S S",
      STOPPING = ". . . . .",
      STOPPED = "+ + + + +",
      DEAD = "+ + + + +",
      COMPLETED = "+ + + + +",
      PAUSED = ". . . . .",
    }, OLD)
    assert.equal("stop", (goals.stop(situation "RUNNING", 0)))
    assert.equal("look", (goals.stop(situation(), 1000)))
  end)

  it("skips what had ended before, and says no more of what was stopped in this call", function()
    assert.same({ "done", "skipped" }, { goals.stop(situation "STOPPED", 0) })
    assert.same({ "done" }, { goals.stop(situation("STOPPED", "STOPPED", "list", { stopped = true }), 0) })
    assert.same({ "get" }, { goals.stop(situation("STOPPED", "RUNNING", "list", { ran = true }), 0) })
  end)
end)

describe("the goal of delete_all", function()
  it("deletes what may be deleted, refuses what is meant to run, and waits for what is to stop", function()
    check(goals.delete, {
      UNKNOWN = "D D D . D",
      PENDING = "x x . . x",
      RUNNING = "x x . . x",
      STOPPING = ". . . . .",
      STOPPED = "D D D . D",
      DEAD = "D D D . D",
      COMPLETED = "D D D . D",
      PAUSED = ". . . . .",
    }, OLD)
    assert.same({ "fail", "runs" }, { goals.delete(situation "RUNNING", OLD) })
  end)

  it("refuses nothing whose last sighting came sooner than ten seconds after the first", function()
    local runs = situation("RUNNING", "RUNNING", "get")
    assert.equal("look", (goals.delete(runs, 9, 100)))
    assert.equal("fail", (goals.delete(runs, 10, 0)))
  end)

  it("refuses nothing that did not say so for ten seconds, the last time by GET", function()
    assert.equal("look", (goals.delete(situation("RUNNING", "none", "get"), 9.9)))
    assert.equal("look", (goals.delete(situation("RUNNING", "none", "list"), 9.9)))
    assert.equal("get", (goals.delete(situation("RUNNING", "none", "list"), 10)))
  end)
end)

describe("the goal of a wait", function()
  -- Goal, status and target.
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
  for goal, rows in pairs(VERDICTS) do
    it("is right for every status and target when it is " .. goal, function()
      check(goals.reach(goal), rows, OLD)
    end)
  end

  -- The goal STOPPED once more, by what it was seen to be meant to before.
  local STOPPED_AFTER = {
    status = {
      UNKNOWN = ". . . . .",
      PENDING = ". x . . .",
      RUNNING = ". x . . .",
      STOPPING = ". . . . .",
      STOPPED = "+ + + + +",
      DEAD = "+ + + + +",
      COMPLETED = "+ + + + +",
      PAUSED = ". . . . .",
    },
    target = {
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
  for left, rows in pairs(STOPPED_AFTER) do
    it("is right for every status and target when it is STOPPED, after its " .. left .. " has shown that", function()
      check(goals.reach "STOPPED", rows, OLD, { left = left })
    end)
  end

  -- What is seen one after the other, each for ten seconds, and what follows from the last of it.
  for _, story in ipairs {
    { "RUNNING/RUNNING RUNNING/STOPPED STOPPING/STOPPED STOPPED/STOPPED", "done" },
    { "RUNNING/RUNNING RUNNING/RUNNING", "look", "the stop is not to be seen yet" },
    { "RUNNING/STOPPED RUNNING/RUNNING", "fail", "it was taken back" },
    { "RUNNING/STOPPED RUNNING/none RUNNING/RUNNING", "fail", "a look without a target changes nothing" },
    { "STOPPING/STOPPED UNKNOWN/RUNNING", "fail" },
    { "STOPPING/RUNNING STOPPING/RUNNING", "look", "its ttl is over" },
    { "STOPPING/RUNNING UNKNOWN/RUNNING STOPPING/RUNNING", "look" },
    { "STOPPING/RUNNING STOPPED/RUNNING", "done" },
    { "RUNNING/STOPPED STOPPING/none UNKNOWN/RUNNING", "fail" },
    { "PENDING/RUNNING DEAD/RUNNING", "done" },
  } do
    it(
      ("when it is STOPPED, after %s: %s%s"):format(story[1], story[2], story[3] and ", " .. story[3] or ""),
      function()
        local beliefs, what, reason = evidence.new(), nil, nil
        beliefs:add(1, 0)
        local at = 0
        for status, target in story[1]:gmatch "(%u+)/(%w+)" do
          assert.is_true(what == nil or what == "look", what)
          for _ = 1, 2 do
            beliefs:seen(1, { status = status, targetStatus = target ~= "none" and target or nil }, "get", at)
            what, reason = goals.reach "STOPPED"(beliefs.situation[1], at - beliefs.since[1])
            at = at + OLD
          end
        end
        assert.equal(story[2], what)
        assert.equal(story[2] == "fail" and "turned_back" or nil, reason)
      end
    )
  end

  it("looks on while nothing was seen", function()
    for goal in pairs(VERDICTS) do
      assert.equal("look", (goals.reach(goal)(situation(), 1000)))
    end
  end)

  it("is reached at once, also by a list", function()
    assert.equal("done", (goals.reach "RUNNING"(situation("RUNNING", "RUNNING", "list"), 0)))
  end)

  it(
    "is out of reach by an ended state at once, but by GET; by any other after ten seconds, the last time by GET",
    function()
      for _, row in ipairs {
        { "DEAD", "get", 0, "fail" },
        { "DEAD", "list", 0, "get" },
        { "DEAD", "list", 1000, "get" },
        { "STOPPING", "get", 0, "look" },
        { "STOPPING", "get", 9.9, "look" },
        { "STOPPING", "get", 10, "fail" },
        { "STOPPING", "list", 9.9, "look" },
        { "STOPPING", "list", 10, "get" },
      } do
        local what, reason = goals.reach "RUNNING"(situation(row[1], "none", row[2]), row[3])
        assert.equal(row[4], what, table.concat(row, " ", 1, 3))
        assert.equal(what == "fail" and "cannot_come" or nil, reason)
      end
      for _, row in ipairs { { "get", 9.9, "look" }, { "get", 10, "fail" }, { "list", 10, "get" } } do
        local s = situation("RUNNING", "RUNNING", row[1], { left = "target" })
        assert.equal(row[3], (goals.reach "STOPPED"(s, row[2])))
      end
    end
  )

  it("asks by GET for one that a list lacks, as there is no deed to ask by", function()
    for goal in pairs(VERDICTS) do
      assert.equal("get", (goals.reach(goal)(situation("RUNNING", "RUNNING", "list", { no_list = true }), 0)))
    end
  end)
end)

describe("every goal", function()
  local DEEDS = {
    teardown = { RUNNING = "stop", STOPPED = "delete", UNSEEN = "delete" },
    stop = { RUNNING = "stop", STOPPED = "stop", UNSEEN = "stop" },
    delete = { RUNNING = "delete", STOPPED = "delete", UNSEEN = "delete" },
  }

  it("asks one that a list lacks by its deed, twice, and then by GET", function()
    for name, deeds in pairs(DEEDS) do
      for status, deed in pairs(deeds) do
        for probes = 0, 3 do
          local more = { no_list = true, probes = probes }
          local s = situation(status ~= "UNSEEN" and status or nil, "none", "list", more)
          assert.equal(probes < 2 and deed or "get", (goals[name](s, 0)), name .. " " .. status)
        end
      end
    end
  end)

  it("asks by GET where the deed was answered otherwise than that it is to go", function()
    for name in pairs(DEEDS) do
      for _, row in ipairs {
        { "refused", false, "get" },
        { "refused", true, "get" },
        { "lost", true, "get" },
        { "accepted", false, "get" },
        { "accepted", true, name == "stop" and "stop" or "delete" },
      } do
        local more = { no_list = true, probes = 0, answer = row[1], deleting = row[2] }
        assert.equal(row[3], (goals[name](situation("STOPPED", "none", "list", more), 0)), name .. " " .. row[1])
      end
    end
  end)

  it("that sends asks by GET for one that does not appear, where nothing but that lacks to give it up", function()
    for name in pairs(DEEDS) do
      assert.equal("get", (goals[name](situation(nil, nil, nil, { hidden = 5 }), 0)))
      assert.are_not.equal("get", (goals[name](situation(nil, nil, nil, { hidden = 4 }), 0)))
      assert.are_not.equal("get", (goals[name](situation(nil, nil, nil, { hidden = 4 }), 0)))
    end
  end)

  it("waits for the next look where both list and deed lack it", function()
    for name in pairs(DEEDS) do
      local more = { no_list = true, no_send = true, asked = true, probes = 1 }
      assert.equal("look", (goals[name](situation("STOPPED", "none", "list", more), 0)))
    end
  end)

  it("that sends gives up an action after two minutes of nothing but refusals", function()
    for _, row in ipairs {
      { "teardown", "RUNNING", "stop" },
      { "teardown", "STOPPED", "delete" },
      { "stop", "RUNNING", "stop" },
      { "delete", "STOPPED", "delete" },
    } do
      local goal = goals[row[1]]
      local function answer_to(action, answer, refused, target)
        return { goal(situation(row[2], target, "get", { action = action, answer = answer }), 1000, refused) }
      end
      assert.same({ "fail", "refused" }, answer_to(row[3], "refused", 120, "none"))
      assert.same({ row[3] }, answer_to(row[3], "refused", 119.9, "none"))
      assert.same({ row[3] }, answer_to(row[3], "accepted", 0, "none"))
      assert.same({ row[3] }, answer_to(row[3] == "stop" and "delete" or "stop", "refused", 1000, "none"))
      -- what is in force is refused because it is under way
      assert.same({ "look" }, answer_to(row[3], "refused", 1000, row[3] == "stop" and "STOPPED" or "DELETED"))
    end
  end)

  local function each_situation(visit)
    local statuses = { false }
    for i, word in ipairs(lifecycle.statuses) do
      statuses[i + 1] = word
    end
    statuses[#statuses + 1] = "PAUSED"
    local function choose(s, choices, at)
      local choice = choices[at]
      if not choice then
        return visit(s)
      end
      for _, value in ipairs(choice[2]) do
        s[choice[1]] = value or nil
        choose(s, choices, at + 1)
      end
    end
    choose({ no_get = false, no_send = false, hidden = 0, flying = false, sends = 0 }, {
      { "status", statuses },
      { "target", { false, "RUNNING", "STOPPED", "DELETED" } },
      { "by_get", { true, false } },
      { "stopped", { true, false } },
      { "deleting", { true, false } },
      { "left", { false, "target", "status" } },
      { "no_list", { true, false } },
      { "asked", { true, false } },
      { "probes", { 0, 1, 2 } },
      { "action", { false, "stop", "delete" } },
      { "answer", { false, "accepted", "refused" } },
    }, 1)
  end

  local WHATS = { done = true, fail = true, stop = true, delete = true, get = true, look = true }
  local NEVER = { stop = "delete", delete = "stop" }
  local BY_STATE = { runs = true, cannot_come = true, turned_back = true }

  it("keeps within what it may, in every situation", function()
    local functions = { teardown = goals.teardown, stop = goals.stop, delete = goals.delete }
    functions.RUNNING, functions.STOPPED = goals.reach "RUNNING", goals.reach "STOPPED"
    local count = 0
    each_situation(function(s)
      count = count + 1
      local shown, refused = ({ 0, 10, 120 })[count % 3 + 1], ({ 0, 120 })[count % 2 + 1]
      for name, goal in pairs(functions) do
        local what, detail = goal(s, shown, refused)
        local legal = WHATS[what] and what ~= NEVER[name]
        if what == "stop" then
          legal = legal and (s.no_list or lifecycle.may(s.status, "stop")) and DEEDS[name] ~= nil
        elseif what == "delete" then
          legal = legal and (s.no_list or s.deleting or lifecycle.may(s.status, "delete")) and DEEDS[name] ~= nil
        elseif what == "fail" and BY_STATE[detail] then
          legal = s.by_get and (lifecycle.ended(s.status) or shown >= 10) and not s.no_list
        elseif what == "done" then
          legal = not s.no_list and s.status ~= nil and name ~= "teardown" and name ~= "delete"
        end
        if not legal then
          error(("%s: %s %s of %s"):format(name, what, tostring(detail), tostring(s.status)))
        end
      end
    end)
    assert.is_true(count > 50000)
  end)
end)
