--- The states: what each row of the table must have, what follows from every row, and what the service's documents say.

local lifecycle = require "aicore.model.lifecycle"

-- What the documents say: stop, update, delete, ended, what teardown does.
local DOCUMENTED = {
  PENDING = { true, true, false, false, "stop" },
  RUNNING = { true, true, false, false, "stop" },
  STOPPING = { false, false, false, false, "wait" },
  STOPPED = { false, false, true, true, "delete" },
  DEAD = { false, false, true, true, "delete" },
  COMPLETED = { false, false, true, true, "delete" },
  UNKNOWN = { false, false, true, false, "delete" },
}

-- What may become of each, as far as it is documented: written out, as the table only says so by phases.
local WORDS = "PENDING RUNNING COMPLETED DEAD STOPPING STOPPED UNKNOWN"
local FUTURES = {
  PENDING = WORDS,
  RUNNING = WORDS,
  UNKNOWN = WORDS,
  STOPPING = "COMPLETED DEAD STOPPING STOPPED UNKNOWN",
  STOPPED = "STOPPED",
  DEAD = "DEAD",
  COMPLETED = "COMPLETED",
}

local PHASES = { unclear = true, starting = true, running = true, stopping = true, ended = true }
local LOOKS = { good = true, busy = true, quiet = true, bad = true, unclear = true }
local ACTIONS = { stop = true, update = true, delete = true }
local NEW = { "HIBERNATING", "", "running" } -- words that are not in the table

--- The documented goals that a deployment may still get to, in their order.
local function future(status, target)
  local possible = {}
  for goal in WORDS:gmatch "%u+" do
    possible[#possible + 1] = lifecycle.may_become(status, goal, target) and goal or nil
  end
  return table.concat(possible, " ")
end

describe("each row of the table", function()
  for _, row in ipairs(lifecycle.rows) do
    describe(row.word, function()
      local word = row.word

      it("has every column, filled with what is known elsewhere", function()
        assert.is_truthy(word:find "^%u+$")
        assert.is_true(PHASES[row.phase])
        assert.is_true(LOOKS[row.look])
        for action in row.may:gmatch "%S+" do
          assert.is_true(ACTIONS[action], action)
        end
        for column in pairs(row) do
          assert.is_truthy((" word phase may look "):find(" " .. column .. " ", 1, true), column)
        end
      end)

      it("is a word, however it is written", function()
        assert.is_true(lifecycle.known(word))
        assert.equal(word, lifecycle.read(word:lower()))
      end)

      it("has one next step of a teardown, and that is accepted", function()
        local step = lifecycle.teardown(word, lifecycle.SERVING)
        assert.is_true(step == "wait" or lifecycle.may(word, step))
        assert.equal("wait", lifecycle.teardown(word, lifecycle.targets.delete))
      end)

      it("is either active, or ended, or unclear", function()
        local is_unclear = lifecycle.phase(word) == "unclear"
        local count = 0
        for _, holds in ipairs { lifecycle.active(word), lifecycle.ended(word), is_unclear } do
          count = count + (holds and 1 or 0)
        end
        assert.equal(1, count)
      end)

      it("is what it waits for, and may stay what it is", function()
        assert.is_true(lifecycle.meets(word, word, nil))
        assert.is_true(lifecycle.may_become(word, word))
        assert.is_true(lifecycle.may_become(word, lifecycle.GONE))
        assert.is_false(lifecycle.meets(lifecycle.GONE, word, nil))
      end)

      it("comes back from no end, nor from a target that means one", function()
        local comes_back = lifecycle.may_become(word, lifecycle.SERVING)
        assert.equal(not lifecycle.ended(word) and not lifecycle.stopping(word), comes_back)
        for _, target in pairs(lifecycle.targets) do
          assert.is_false(lifecycle.may_become(word, lifecycle.SERVING, target))
          assert.is_false(lifecycle.meets(lifecycle.SERVING, word, target))
        end
      end)

      it("can end, whatever it is; what has ended stays as it is", function()
        assert.equal(lifecycle.ended(word), lifecycle.meets(lifecycle.targets.stop, word, nil))
        if lifecycle.ended(word) then
          for _, other in ipairs(lifecycle.statuses) do
            assert.equal(other == word, lifecycle.may_become(word, other, lifecycle.targets.delete))
          end
        else
          assert.is_true(lifecycle.may_become(word, lifecycle.targets.stop))
        end
      end)
    end)
  end
end)

describe("the table", function()
  it("has each word once", function()
    local seen = {}
    for i, row in ipairs(lifecycle.rows) do
      assert.is_nil(seen[row.word], row.word)
      seen[row.word] = true
      assert.equal(row.word, lifecycle.statuses[i])
      assert.equal(row.word, lifecycle.goals[i + 1])
    end
    assert.equal(lifecycle.GONE, lifecycle.goals[1])
  end)

  it("has the words that are named", function()
    assert.equal("running", lifecycle.phase(lifecycle.SERVING))
    assert.equal("unclear", lifecycle.phase(lifecycle.NO_NEWS))
    assert.is_true(lifecycle.known(lifecycle.NO_NEWS))
    assert.is_true(lifecycle.ended(lifecycle.targets.stop))
    for _, word in ipairs(lifecycle.statuses) do
      assert.equal(word == "UNKNOWN", lifecycle.needs_no_stop(word))
    end
    assert.is_false(lifecycle.known(lifecycle.targets.delete))
    assert.is_false(lifecycle.known(lifecycle.GONE))
  end)

  for status, expected in pairs(DOCUMENTED) do
    it("says of " .. status .. " what the service's documents say", function()
      assert.equal(expected[1], lifecycle.may(status, "stop"))
      assert.equal(expected[2], lifecycle.may(status, "update"))
      assert.equal(expected[3], lifecycle.may(status, "delete"))
      assert.equal(expected[4], lifecycle.ended(status))
      assert.equal(expected[5], lifecycle.teardown(status))
    end)
  end

  it("has what the documents have, in their order, and nothing else", function()
    assert.equal(WORDS, table.concat(lifecycle.statuses, " "))
  end)

  for status, expected in pairs(FUTURES) do
    it("says what may become of " .. status, function()
      assert.equal(expected, future(status))
      assert.equal(expected, future(status, lifecycle.SERVING))
    end)
  end
end)

describe("a target", function()
  it("belongs to the action that asks for it", function()
    assert.equal("stop", lifecycle.action_of "STOPPED")
    assert.equal("delete", lifecycle.action_of "DELETED")
    assert.is_nil(lifecycle.action_of "RUNNING")
    assert.is_nil(lifecycle.action_of(nil))
    for action, target in pairs(lifecycle.targets) do
      assert.equal(action, lifecycle.action_of(target))
      assert.is_true(lifecycle.leaving(target))
    end
    assert.is_false(lifecycle.leaving "RUNNING")
    assert.is_false(lifecycle.leaving(nil))
  end)

  it("decides what serves, and makes one that is to end as good as stopping", function()
    assert.is_true(lifecycle.meets(lifecycle.SERVING, "RUNNING", "RUNNING"))
    assert.is_true(lifecycle.meets(lifecycle.SERVING, "RUNNING", nil))
    assert.is_false(lifecycle.meets(lifecycle.SERVING, "RUNNING", "STOPPED"))
    assert.is_false(lifecycle.meets(lifecycle.SERVING, "PENDING", "RUNNING"))
    assert.equal(FUTURES.STOPPING, future("RUNNING", "STOPPED"))
    assert.equal(FUTURES.STOPPING, future("UNKNOWN", "DELETED"))
    assert.equal(FUTURES.STOPPED, future("STOPPED", "DELETED"))
  end)
end)

describe("a word that is not in the table", function()
  for _, status in ipairs(NEW) do
    it(("allows nothing and rules nothing out: '%s'"):format(status), function()
      assert.is_false(lifecycle.known(status))
      for action in pairs(ACTIONS) do
        assert.is_false(lifecycle.may(status, action))
      end
      assert.is_false(lifecycle.ended(status))
      assert.is_false(lifecycle.active(status))
      assert.equal("unclear", lifecycle.phase(status))
      assert.equal("plain", lifecycle.look(status))
      assert.equal("wait", lifecycle.teardown(status))
      assert.equal(WORDS, future(status))
      assert.is_true(lifecycle.may_become("STOPPED", status))
      assert.equal(FUTURES.STOPPING, future(status, "STOPPED"))
    end)
  end

  it("may be none", function()
    assert.is_false(lifecycle.known(nil))
    assert.equal("wait", lifecycle.teardown(nil))
    assert.is_true(lifecycle.may_become(nil, "RUNNING"))
    assert.is_nil(lifecycle.read "RUNING")
  end)
end)

it(
  "one that is new may be hidden for five minutes from its creation, and no longer, whatever its stamp says",
  function()
    assert.equal(300, lifecycle.hidden_for(0))
    assert.equal(1, lifecycle.hidden_for(299))
    assert.is_nil(lifecycle.hidden_for(300))
    assert.equal(300, lifecycle.hidden_for(-600))
    assert.equal(300, lifecycle.hidden_for(-2.5e11)) -- 9999-12-31
  end
)
