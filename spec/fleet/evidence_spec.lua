--- What proves what: stories of observations, and the claim that each gives. Pure, so time is what a story says.

local evidence = require "aicore.fleet.evidence"
local lifecycle = require "aicore.model.lifecycle"

local ID = 1 -- the place of the only one

-- Numbers in [0, 1) that are the same in every run (Park and Miller).
local function dice(seed)
  return function()
    seed = seed * 16807 % 2147483647
    return (seed - 1) / 2147483646
  end
end

-- Stories ------------------------------------------------------------------------------------------
-- Observations, each after the second in which it is made:
--   "3 get RUNNING>STOPPED @7"  seen by GET (or "list") with this status and target; modified in the 7th second
--   "3 -get"                    not found, by "get", "list" or "send"
--   "3 stop"                    a stop (or "delete") is on its way
--   "3 stop accepted"           what it was answered (or "refused", "lost", "denied"); it was sent just before
-- What the last one tells is the end of the story: what seen(), missing() or denied() return.

local function modified(second)
  return second and ("2026-01-01T00:00:%02dZ"):format(second) or nil
end

local function tell(beliefs, event, unwanted, place)
  place = place or ID
  local at, what, rest = event:match "^([%d.]+) (%S+)%s*(.*)$"
  at = tonumber(at)
  if what == "get" or what == "list" then
    local words, second = rest:match "^(%S+)%s*@?(%d*)$"
    local status, target = words:match "^(%w+)>?(%w*)$"
    local record = { status = status, targetStatus = target ~= "" and target or nil }
    record.modifiedAt = modified(tonumber(second))
    return beliefs:seen(place, record, what, at)
  elseif what:sub(1, 1) == "-" then
    return beliefs:missing(place, what:sub(2), at, unwanted)
  end
  beliefs:sending(place, what, at)
  if rest == "denied" then
    return beliefs:denied(place, what, at)
  elseif rest ~= "" then
    beliefs:sent(place, what, rest, at)
  end
end

--- Tells a story. Returns the beliefs, and what its last observation has told.
local function after(story, options)
  options = options or {}
  local beliefs = evidence.new()
  beliefs:add(ID, 0, options.appears_by)
  local told
  for event in story:gmatch "[^;]+" do
    told = { tell(beliefs, event:match "^%s*(.-)%s*$", options.unwanted) }
  end
  return beliefs, told
end

--- What a story's last observation proves of its being gone; none before may prove anything.
local function claim(story, options)
  local before = story:match "^(.*);" or ""
  repeat
    if before ~= "" then
      local _, told = after(before, options)
      assert.is_true(type(told[1]) ~= "string", before)
      before = before:match "^(.*);" or ""
    end
  until before == ""
  local _, told = after(story, options)
  return told[1] or nil
end

local function situation(story)
  return after(story).situation[ID]
end

describe("the evidence", function()
  describe("of order", function()
    -- A story, and the status that is believed in the end.
    for _, row in ipairs {
      { "0 get PENDING; 1 get RUNNING; 2 list STOPPING; 3 get STOPPED", "STOPPED" },
      { "0 get RUNNING; 1 get PENDING", "PENDING" }, -- by an update
      { "0 get RUNNING; 1 get UNKNOWN; 2 get RUNNING", "RUNNING" },
      -- what has ended does not run again
      { "0 get STOPPED; 1 get RUNNING", "STOPPED" },
      { "0 get DEAD; 1 list STOPPING", "DEAD" },
      { "0 get STOPPED; 1 get UNKNOWN; 60 get UNKNOWN", "STOPPED" },
      -- unless nothing else was seen for longer than any list lags
      { "0 get DEAD; 1 list RUNNING; 90.9 list RUNNING", "DEAD" },
      { "0 get DEAD; 1 list RUNNING; 91 list RUNNING", "RUNNING" },
      { "0 get DEAD; 1 list RUNNING; 50 get DEAD; 91 list RUNNING", "DEAD" },
      { "0 get DEAD @10; 1 list RUNNING @9; 91 list RUNNING @9", "RUNNING" }, -- stamps block nothing for ever
      { "0 get STOPPED; 1 get DEAD", "STOPPED" },
      -- or it says itself that it is newer
      { "0 get STOPPED @10; 1 get RUNNING @11", "RUNNING" },
      { "0 get STOPPED @10; 1 get RUNNING @10", "STOPPED" },
      { "0 get STOPPED @10; 1 get RUNNING @9", "STOPPED" },
      { "0 get STOPPED @10; 1 get RUNNING", "STOPPED" },
      { "0 get STOPPED; 1 get RUNNING @11", "STOPPED" },
      { "0 get STOPPED @10; 1 get STOPPED @12; 2 get RUNNING @11", "STOPPED" },
      -- a stamp orders nothing else: nothing may block for ever by it
      { "0 get PENDING @20; 1 get RUNNING @10", "RUNNING" },
      { "0 get RUNNING @20; 1 get STOPPED @10", "STOPPED" },
      -- another step that is forbidden counts when nothing else was seen for a minute
      { "0 get STOPPING; 1 get RUNNING; 60.9 get RUNNING", "STOPPING" },
      { "0 get STOPPING; 1 get RUNNING; 61 get RUNNING", "RUNNING" },
      { "0 get STOPPING; 1 list PENDING; 61 get RUNNING", "RUNNING" },
      { "0 get STOPPING; 1 get RUNNING; 30 get STOPPING; 61 get RUNNING", "STOPPING" },
      { "0 get STOPPING; 1 get RUNNING; 30 get STOPPING; 61 get RUNNING; 121 get RUNNING", "RUNNING" },
      -- no news are no step: what came before them still rules out the same
      { "0 get STOPPING; 1 list UNKNOWN; 2 list RUNNING", "UNKNOWN" },
      { "0 get STOPPING; 1 list UNKNOWN; 2 list RUNNING; 62 list RUNNING", "RUNNING" },
      { "0 get STOPPING; 1 list UNKNOWN; 2 list PAUSED; 3 list PENDING", "PAUSED" },
      { "0 get STOPPING; 1 list UNKNOWN; 2 list STOPPED", "STOPPED" },
      -- a word that is not known rules out nothing
      { "0 get RUNNING; 1 get PAUSED; 2 get RUNNING", "RUNNING" },
    } do
      it(("believes %s after %s"):format(row[2], row[1]), function()
        assert.equal(row[2], situation(row[1]).status)
      end)
    end

    it("says which sightings count, and which show a change", function()
      for _, row in ipairs {
        { "0 get RUNNING", true, true },
        { "0 get RUNNING; 1 get RUNNING", true, false },
        { "0 get RUNNING; 1 list RUNNING", true, false },
        { "0 get RUNNING>RUNNING; 1 get RUNNING>STOPPED", true, true },
        { "0 get RUNNING>STOPPED; 1 get RUNNING", true, false }, -- not shown is not taken back
        { "0 get STOPPED; 1 get RUNNING", false, false },
      } do
        local _, told = after(row[1])
        assert.same({ row[2], row[3] }, { told[1], told[2] }, row[1])
      end
    end)

    it("lets a sighting that is stale clear nothing, and another one all", function()
      assert.equal("deleted", claim "0 get STOPPED>DELETED; 1 -get; 2 get RUNNING; 3 -get")
      assert.is_nil(claim "0 get STOPPED>DELETED; 1 -get; 2 get STOPPED; 3 -get")
      assert.is_nil(claim "0 -get; 1 get RUNNING; 3 -get")
      assert.is_nil(claim "0 -list; 1 -send; 2 get RUNNING; 4 -list")
    end)
  end)

  describe("of a target", function()
    it("is what was seen, and not what was asked for", function()
      assert.is_nil(situation("0 get RUNNING; 1 stop accepted").target)
      assert.is_nil(situation("0 get STOPPED; 1 delete accepted").target)
    end)

    it("counts until another one is seen", function()
      assert.equal("STOPPED", situation("0 get RUNNING>STOPPED; 1 list STOPPING").target)
      assert.equal("RUNNING", situation("0 get RUNNING>STOPPED; 1 list RUNNING>RUNNING").target)
    end)

    it("of a stale sighting does not count", function()
      assert.equal("STOPPED", situation("0 get STOPPED>STOPPED; 1 list RUNNING>RUNNING").target)
    end)
  end)

  describe("of one that is gone", function()
    local KINDS = { "get", "list", "send" }

    -- How a delete may be known.
    local KNOWN = {
      ["its target was seen"] = "0 get STOPPED>DELETED",
      ["a delete was accepted"] = "0 delete accepted",
      ["a delete was accepted, and another refused"] = "0 delete accepted; 0 delete refused",
      ["its target was seen in a list, and is not shown any more"] = "0 list STOPPED>DELETED; 0 get STOPPED",
    }
    for how, beginning in pairs(KNOWN) do
      it("is any two kinds of not found, a delete being known, not twice by list or send: " .. how, function()
        for _, one in ipairs(KINDS) do
          for _, two in ipairs(KINDS) do
            for _, apart in ipairs { 0, 1, 100 } do
              local story = ("%s; 1 -%s; %d -%s"):format(beginning, one, 1 + apart, two)
              local expected = (one ~= two or one == "get") and "deleted" or nil
              assert.equal(expected, claim(story), story)
            end
          end
        end
      end)
    end

    it("is never one kind alone, by list or send, how often ever", function()
      for _, kind in ipairs { "list", "send" } do
        local story = "0 get STOPPED>DELETED"
        for second = 1, 100, 9 do
          story = ("%s; %d -%s"):format(story, second, kind)
        end
        assert.is_nil(claim(story))
      end
    end)

    -- No delete is known: a story, and what it proves.
    local UNKNOWN = {
      { "0 -get; 1.9 -get", nil },
      { "0 -get; 2 -get", "absent" },
      { "0 -get; 1 -get; 2 -get", "absent" }, -- the first and the last one count
      { "0 -list; 5 -list", nil },
      { "0 -list; 5 -list; 50 -list", nil },
      { "0 -send; 5 -send; 50 -send", nil },
      { "0 -list; 5 -get", nil },
      { "0 -list; 5 -get; 6 -get", nil },
      { "0 -list; 5 -get; 7 -get", "absent" },
      { "0 -get; 5 -list", nil },
      { "0 -send; 5 -get", nil },
      { "0 -get; 5 -send", nil },
      { "0 -send; 5 -list", nil },
      { "0 -send; 5 -list; 50 -list", nil },
      -- list, then send, and at least 2 s later list or get
      { "0 -list; 5 -send", nil },
      { "0 -list; 5 -send; 6.9 -list", nil },
      { "0 -list; 5 -send; 7 -list", "absent" },
      { "0 -list; 5 -send; 6.9 -get", nil },
      { "0 -list; 5 -send; 7 -get", "absent" },
      { "0 -list; 5 -send; 50 -send", nil },
      { "0 -send; 0 -list; 5 -send; 7 -list", "absent" },
      -- an accepted stop is a sighting, and knows of no delete
      { "0 get RUNNING; 1 stop accepted; 2 -get; 3 -get", nil },
      { "0 get RUNNING; 1 stop accepted; 2 -get; 4 -get", "deleted" },
      { "0 -get; 1 stop accepted; 3 -get", nil },
    }
    for _, row in ipairs(UNKNOWN) do
      it(("%s, no delete being known, after %s"):format(row[2] or "nothing", row[1]), function()
        assert.equal(row[2], claim(row[1]))
      end)
    end

    it("is called deleted if it was seen in this call, or a delete of it accepted, else absent", function()
      assert.equal("absent", claim "0 -get; 2 -get")
      assert.equal("deleted", claim "0 list RUNNING; 1 -get; 3 -get")
      assert.equal("deleted", claim "0 delete accepted; 1 -get; 3 -get")
      assert.equal("absent", claim "0 stop accepted; 1 -get; 3 -get")
      assert.equal("absent", claim "0 delete refused; 1 -get; 3 -get")
    end)

    it("is asked anew once a delete was accepted: it is there", function()
      assert.is_nil(claim "0 -get; 1 delete accepted; 5 -get")
      assert.equal("deleted", claim "0 -get; 1 delete accepted; 5 -get; 6 -get")
    end)
  end)

  describe("of one that may still have to appear", function()
    it("takes not found for not yet, until then, also after it was seen", function()
      for _, beginning in ipairs { "", "0 get UNKNOWN; ", "0 get RUNNING; ", "0 stop accepted; " } do
        local story = beginning .. "1 -get; 5 -list; 50 -send; 100 -get; 299 -get"
        assert.is_nil(claim(story, { appears_by = 300 }), story)
      end
    end)

    it("takes nothing of that time for a proof later", function()
      assert.is_nil(claim("298 -get; 300 -get", { appears_by = 300 }))
      assert.equal("absent", claim("298 -get; 300 -get; 302 -get", { appears_by = 300 }))
    end)

    it("gives up one whose delete is known as one that is to be torn down", function()
      for _, beginning in ipairs { "0 delete accepted; ", "0 get STOPPED>DELETED; " } do
        local story = beginning .. "1 -get; 2 -get; 3 -get; 4 -get; "
        assert.is_nil(claim(story .. "30.9 -get", { appears_by = 300 }))
        assert.equal("deleted", claim(story .. "31 -get", { appears_by = 300 }))
      end
    end)

    it("gives up one that is to be torn down after 30 s and five looks of nothing else", function()
      local options = { appears_by = 300, unwanted = true }
      assert.is_nil(claim("0 -get; 1 -get; 2 -get; 3 -get; 4 -get; 29.9 -get", options))
      assert.is_nil(claim("0 -get; 1 -get; 2 -get; 30 -get", options))
      assert.equal("absent", claim("0 -get; 1 -get; 2 -get; 3 -get; 30 -get", options))
      assert.equal("absent", claim("10 -get; 11 -list; 12 -send; 13 -list; 40 -get", options))
      assert.is_nil(claim("0 -get; 1 -get; 2 -get; 3 -get; 29 get UNKNOWN; 30 -get; 40 -get", options))
      assert.equal("deleted", claim("0 get UNKNOWN; 1 -get; 2 -get; 3 -get; 4 -get; 31 -get", options))
      -- and of nothing else: a sighting is one
      assert.is_nil(claim("0 -get; 1 get UNKNOWN; 31 -get; 32 -get; 33 -get; 34 -get; 35 -get", options))
      assert.is_nil(claim("0 -get; 1 -get; 2 -get; 3 -get; 4 get UNKNOWN; 5 -get; 35 -get", options))
      -- one of them a GET
      assert.is_nil(claim("0 -list; 1 -send; 2 -list; 3 -send; 30 -list; 40 -send", options))
      assert.is_nil(claim("0 -list; 1 -send; 2 -list; 3 -send; 30 -list; 31 -get; 32.9 -get", options))
      assert.equal("absent", claim("0 -list; 1 -send; 2 -list; 3 -send; 30 -list; 31 -get; 33 -get", options))
      assert.is_nil(claim("0 -get; 1 -get; 2 -get; 3 -get; 10 get PENDING; 31 -list; 40 -get", options))
      assert.is_true(evidence.wants_get(after("0 -list; 1 -send; 2 -list; 3 -send; 30 -list", options).situation[ID]))
      assert.is_false(evidence.wants_get(after("0 -list; 1 -send; 2 -list; 30 -list", options).situation[ID]))
    end)
  end)

  describe("that one was stopped", function()
    it("is that it ran in this call, and has ended; and that is said once", function()
      for _, row in ipairs {
        { "0 get RUNNING; 1 get STOPPED", true },
        { "0 list STOPPING; 1 list STOPPED", true },
        { "0 get PENDING; 1 get DEAD", true },
        { "0 get RUNNING; 1 get COMPLETED", true },
        { "0 get STOPPED", false },
        { "0 get UNKNOWN; 1 get STOPPED", false },
        { "0 get RUNNING; 1 get STOPPING", false },
        { "0 get RUNNING; 1 get STOPPED; 2 get STOPPED", false },
        { "0 get RUNNING; 1 get STOPPED @10; 2 get RUNNING @20; 3 get STOPPED @30", false },
        { "0 stop accepted; 1 get STOPPED", false },
        { "0 list RUNNING; 1 list DEAD", false }, -- it may be the end before
        { "0 list RUNNING; 1 list DEAD; 2 get DEAD", true },
        { "0 list RUNNING; 1 stop accepted; 2 list STOPPED", true },
        { "0 list RUNNING; 1 list RUNNING>STOPPED; 2 list STOPPED", true },
      } do
        local _, told = after(row[1])
        assert.equal(row[2], told[3], row[1])
      end
    end)
  end)

  describe("of what is sent", function()
    --- The seconds of a span in which an action may be sent, each followed by an answer of the same kind.
    local function sendings(beginning, action, answer, from, to)
      local beliefs, times = after(beginning), {}
      for tenth = from * 10, to * 10 do
        local at = tenth / 10
        if beliefs:may_send(ID, action, at) then
          times[#times + 1] = at
          beliefs:sending(ID, action, at)
          beliefs:sent(ID, action, answer, at)
        end
      end
      return times
    end

    it("is sent at once, and again 10, 20, 40 … s after where it was accepted and nothing happens", function()
      assert.same({ 1, 11, 31, 71, 151, 311 }, sendings("0 get RUNNING", "stop", "accepted", 1, 400))
    end)

    it("is sent again as long after a change: that tells that something goes on", function()
      assert.same(
        { 18, 38 },
        sendings("0 get RUNNING; 1 stop accepted; 8 get RUNNING>RUNNING", "stop", "accepted", 1, 40)
      )
      assert.same({ 11, 31 }, sendings("0 get RUNNING; 1 stop accepted; 8 get RUNNING", "stop", "accepted", 1, 40))
    end)

    it("is sent again no later because it was lost when it was sent again", function()
      assert.same({ 21, 31 }, sendings("0 get RUNNING; 1 stop accepted; 11 stop lost", "stop", "lost", 11, 40))
    end)

    it("is sent again 1, 2, 4 … s after where it was refused or lost, and every 30 s in the end", function()
      assert.same({ 0, 1, 3, 7, 15, 31, 61, 91, 121 }, sendings("0 get RUNNING", "stop", "lost", 0, 130))
    end)

    it("is sent once more two minutes after the first refusal, which tells whether it is for good", function()
      assert.same({ 0, 1, 3, 7, 15, 31, 61, 91, 120 }, sendings("0 get RUNNING", "stop", "refused", 0, 160))
    end)

    it("is refused for as long as refusals are all that there was, from the first to the last", function()
      for story, seconds in pairs {
        ["0 get RUNNING; 1 stop refused"] = 0,
        ["0 get RUNNING; 1 stop refused; 100 get RUNNING"] = 0,
        ["0 get RUNNING; 1 stop refused; 100 stop refused; 200 get RUNNING"] = 99,
        ["0 get RUNNING; 1 stop refused; 50 stop lost; 100 stop refused"] = 0,
        ["0 get RUNNING; 1 stop refused; 50 stop lost; 100 stop refused; 221 stop refused"] = 121,
        ["0 get RUNNING; 1 stop refused; 50 -send; 60 get RUNNING; 100 stop refused"] = 0,
        ["0 get RUNNING; 1 stop refused; 50 stop accepted; 100 stop refused"] = 0,
        ["0 get PENDING; 1 stop refused; 50 get RUNNING; 60 stop refused; 100 stop refused"] = 40,
        ["0 get STOPPED; 1 stop refused; 50 delete refused; 100 delete refused"] = 50,
      } do
        local beliefs = after(story)
        tell(beliefs, "300 get " .. beliefs.situation[ID].status)
        assert.equal(seconds, beliefs:refused(ID), story)
      end
    end)

    it("is refused for good only when it was seen after the last refusal: it may have changed meanwhile", function()
      local beliefs = after "0 get RUNNING; 1 stop lost; 11 stop refused; 50 get RUNNING; 150 stop refused"
      assert.equal(0, beliefs:refused(ID))
      tell(beliefs, "151 -list")
      assert.equal(0, beliefs:refused(ID))
      assert.is_false(beliefs:may_send(ID, "stop", 1000)) -- until it was seen
      tell(beliefs, "152 list RUNNING")
      assert.equal(139, beliefs:refused(ID))
    end)

    it("is sent again although lists lack it now and then: that is no change, but for the first time", function()
      local flickers = "0 get RUNNING; 1 stop accepted; 5 -list; 6 get RUNNING; 9 -list; 10 get RUNNING"
      assert.same({ 15, 35 }, sendings(flickers, "stop", "accepted", 1, 40))
    end)

    it("is known to a goal that joins, if another one has sent it", function()
      local one, two = after "0 get RUNNING; 3 stop accepted", after ""
      two:share(ID, one, ID)
      local s = two.situation[ID]
      assert.same({ "stop", "accepted", 1 }, { s.action, s.answer, s.sends })
      assert.is_nil(s.status) -- what was seen is each one's own
      assert.is_false(two:may_send(ID, "stop", 12.9))
      assert.is_true(two:may_send(ID, "stop", 13))
      one, two = after "0 get RUNNING; 1 stop refused; 3 stop refused", after ""
      two:share(ID, one, ID)
      assert.is_false(two:may_send(ID, "stop", 4.9))
      assert.is_true(two:may_send(ID, "stop", 5))
      one, two = after "0 get STOPPED; 3 delete", after ""
      two:share(ID, one, ID)
      assert.is_false(two:may_send(ID, "delete", 1000))
      one, two = after "0 get STOPPED; 3 delete accepted", after ""
      two:share(ID, one, ID)
      assert.is_true(two.situation[ID].deleting)
    end)

    it("is not forgotten because of others that have sent nothing, or earlier", function()
      local one, newcomer, early =
        after "0 get RUNNING; 3 stop accepted", after "", after "0 get RUNNING; 1 stop refused"
      local two = after ""
      assert.is_true(two:share(ID, one, ID))
      assert.is_false(two:share(ID, newcomer, ID))
      assert.is_false(two:share(ID, early, ID))
      assert.is_false(two:may_send(ID, "stop", 12.9))
    end)

    it("is not sent again at once where it was not found: that had no effect", function()
      local beliefs = after("0 get STOPPED; 1 delete; 2 -send", { appears_by = 300 })
      assert.is_false(beliefs:may_send(ID, "delete", 2.9))
      assert.is_true(beliefs:may_send(ID, "delete", 3))
    end)

    it("stays lost in the same state: a refusal may say that it had an effect", function()
      assert.equal("lost", situation("0 get RUNNING; 1 stop lost; 2 stop refused").answer)
      assert.equal("accepted", situation("0 get RUNNING; 1 stop lost; 2 stop accepted").answer)
    end)

    it("stays accepted in the same state, whatever is answered later", function()
      assert.equal("accepted", situation("0 get RUNNING; 1 stop accepted; 11 stop refused").answer)
      assert.equal("accepted", situation("0 get RUNNING; 1 stop accepted; 11 stop lost").answer)
      assert.equal("accepted", situation("0 get RUNNING; 1 stop refused; 2 stop accepted").answer)
    end)

    it("is not forgotten with a state that forbids it: another goal, which has seen more, has sent it", function()
      local s = situation "0 get STOPPING; 1 delete refused; 2 get STOPPED"
      assert.same({ "delete", "refused", 1 }, { s.action, s.answer, s.sends })
    end)

    it("is forgotten with a state, if it was refused in it", function()
      local s = situation "0 get PENDING; 1 stop refused; 2 get RUNNING"
      assert.same({ nil, nil, 0 }, { s.action, s.answer, s.sends })
      assert.equal("accepted", situation("0 get PENDING; 1 stop accepted; 2 get RUNNING").answer)
      assert.equal("refused", situation("0 get PENDING; 1 stop refused; 2 get PENDING").answer)
    end)

    it("is not sent while it is in flight, and another action at once after a change", function()
      local beliefs = after "0 get RUNNING; 1 stop"
      assert.is_false(beliefs:may_send(ID, "stop", 1000))
      assert.is_false(beliefs:may_send(ID, "delete", 1000))
      beliefs:sent(ID, "stop", "accepted", 2)
      assert.is_false(beliefs:may_send(ID, "stop", 2))
      tell(beliefs, "3 get STOPPED")
      assert.is_true(beliefs:may_send(ID, "delete", 3))
    end)

    it("is not sent against what another goal has just sent, while nothing else has changed", function()
      local beliefs = after "0 get STOPPED; 1 stop accepted"
      assert.is_false(beliefs:may_send(ID, "delete", 10.9))
      assert.is_true(beliefs:may_send(ID, "delete", 11))
    end)

    it("keeps its own pauses where another goal sends something else in turn, in the same state", function()
      local turns = "0 get UNKNOWN; 0 delete accepted; 0 -list; 1 stop refused; 10 delete accepted; 12 stop refused"
      local beliefs = after(turns)
      assert.is_false(beliefs:may_send(ID, "delete", 29.9)) -- 20 s after the second
      assert.is_true(beliefs:may_send(ID, "delete", 30))
      assert.is_false(beliefs:may_send(ID, "stop", 13.9)) -- 2 s after the second
      assert.is_true(beliefs:may_send(ID, "stop", 14))
      tell(beliefs, "30 delete accepted")
      assert.is_true(beliefs:may_send(ID, "stop", 30))
      assert.is_false(beliefs:may_send(ID, "delete", 69.9))
      tell(beliefs, "31 get STOPPED")
      assert.is_false(beliefs:may_send(ID, "delete", 69.9)) -- as after any change: it was accepted
      tell(beliefs, "32 stop refused")
      assert.is_true(beliefs:may_send(ID, "stop", 33)) -- its refusals were of another state
    end)

    it("keeps them where it is seen for the first time: that is no change", function()
      local beliefs = after "0 -list; 1 delete accepted; 2 stop refused; 3 get DEAD"
      assert.is_false(beliefs:may_send(ID, "delete", 12.9))
      tell(beliefs, "13 delete accepted")
      assert.is_false(beliefs:may_send(ID, "delete", 32.9)) -- it was the second
      beliefs = after "0 stop accepted; 1 get PENDING; 2 delete refused"
      assert.is_false(beliefs:may_send(ID, "stop", 10.9))
    end)

    it("goes on being refused while another goal sends something else in turn", function()
      local beliefs = after "0 get RUNNING; 1 stop refused; 2 delete refused; 61 stop refused; 62 delete refused"
      tell(beliefs, "122 stop refused")
      tell(beliefs, "123 get RUNNING")
      assert.equal(121, beliefs:refused(ID))
    end)

    it("is in flight no longer where it was not found", function()
      assert.is_false(situation("0 get STOPPED; 1 delete; 2 -send").flying)
      assert.is_true(situation("0 get STOPPED; 1 delete; 2 -get").flying)
      assert.is_true(situation("0 get STOPPED; 1 delete; 2 get STOPPED").flying)
    end)

    --- May one that a list lacks be asked by the deed?
    local function may_probe(story)
      return evidence.may_probe(situation(story))
    end

    it("asks one that a list lacks at once, where it is expected to be gone: the answer tells whether it is", function()
      for story, expected in pairs {
        ["0 get STOPPED; 1 delete accepted; 2 -list"] = true,
        ["0 -list"] = true, -- the deed may be its first
        ["0 get STOPPED; 1 delete accepted; 2 -get"] = false,
        ["0 get RUNNING; 1 stop accepted; 2 -list"] = false,
        ["0 get STOPPED; 1 delete refused; 2 -list"] = false,
        ["0 get STOPPED; 1 delete lost; 2 -list"] = false,
        ["0 -list; 1 -send"] = false, -- that was asked
      } do
        assert.equal(expected, may_probe(story), story)
      end
      local beliefs = after "0 get STOPPED; 1 delete accepted; 2 -list"
      assert.is_true(beliefs:may_send(ID, "delete", 2))
    end)

    it("asks so twice in one state, and only until it is refused", function()
      local missing = "0 get STOPPED; 1 delete accepted; 2 -list"
      assert.is_true(may_probe(missing .. "; 2 delete accepted; 3 -list"))
      assert.is_true(may_probe(missing .. "; 2 delete accepted; 3 get STOPPED; 4 -list"))
      assert.is_false(may_probe(missing .. "; 2 delete accepted; 3 -list; 3 delete accepted; 4 -list"))
      assert.is_false(may_probe(missing .. "; 2 delete refused"))
      assert.is_false(may_probe(missing .. "; 2 delete refused; 3 get STOPPED; 4 -list"))
      assert.is_true(may_probe(missing .. "; 2 delete refused; 3 get STOPPED>DELETED; 4 -list")) -- another state
      missing = "0 get STOPPED>STOPPED; 1 delete accepted; 2 -list"
      assert.is_false(may_probe(missing .. "; 2 delete refused; 3 get STOPPED; 4 -list")) -- the same: none was shown
    end)

    it("is denied for good twice in a row, five seconds apart", function()
      for _, row in ipairs {
        { "0 stop denied", false },
        { "0 stop denied; 4.9 stop denied", false },
        { "0 stop denied; 5 stop denied", true },
        { "0 stop denied; 2 stop refused; 6 stop denied", false },
        { "0 stop denied; 2 stop accepted; 6 stop denied", false },
        { "0 stop denied; 2 stop denied; 6 stop denied", true },
      } do
        local _, told = after(row[1])
        assert.equal(row[2], told[1], row[1])
      end
    end)

    it("knows of a delete that was accepted, or whose target was seen, and of no other", function()
      for story, expected in pairs {
        ["0 get STOPPED; 1 delete accepted"] = true,
        ["0 get STOPPED>DELETED"] = true,
        ["0 get STOPPED>DELETED; 1 get STOPPED"] = true,
        ["0 get STOPPED; 1 delete refused"] = false,
        ["0 get STOPPED; 1 delete lost"] = false,
        ["0 get RUNNING>STOPPED; 1 stop accepted"] = false,
      } do
        assert.equal(expected, situation(story).deleting, story)
      end
    end)

    it("remembers that it was to end: by its target, or only by its way there", function()
      for story, expected in pairs {
        ["0 get RUNNING>STOPPED; 1 get RUNNING>RUNNING"] = "target",
        ["0 get RUNNING>DELETED"] = "target",
        ["0 get STOPPING; 1 get UNKNOWN"] = "status",
        ["0 get STOPPING; 1 get STOPPING>STOPPED"] = "target",
        ["0 get RUNNING>STOPPED; 1 get STOPPING>RUNNING"] = "target",
      } do
        assert.equal(expected, situation(story).left, story)
      end
      assert.is_nil(situation("0 get RUNNING>RUNNING").left)
    end)
  end)

  describe("and its age", function()
    it("is the time since its status, its target, or what was answered first has changed", function()
      for _, row in ipairs {
        { "1 get RUNNING", 1 },
        { "1 get RUNNING; 2 get RUNNING", 1 },
        { "1 get RUNNING; 2 get RUNNING>STOPPED", 2 },
        { "1 get RUNNING; 2 stop", 2 },
        { "1 get RUNNING; 2 stop; 3 stop accepted", 3 },
        { "1 get RUNNING; 2 stop accepted; 12 stop accepted", 2 }, -- no new pace for what is repeated
        { "1 get RUNNING; 2 stop accepted; 12 stop refused", 2 },
        { "1 get RUNNING; 2 stop accepted; 12 stop lost", 2 },
        { "1 get RUNNING; 2 stop refused; 3 stop refused; 5 stop refused", 2 },
        { "1 get RUNNING; 2 stop refused; 3 stop accepted", 3 },
        { "1 get STOPPED; 2 -get", 2 },
        { "1 get STOPPED; 2 -get; 3 -list", 2 },
        { "1 get STOPPED; 2 -get; 3 get STOPPED; 4 -get", 2 }, -- what comes and goes is no change
        { "1 get STOPPED; 2 get RUNNING", 1 },
      } do
        assert.equal(row[2], after(row[1]).since[ID], row[1])
      end
    end)

    it("makes the pace: a fifth of it, from a quarter of a second to ten", function()
      for age, pause in pairs { [0] = 0.25, [1] = 0.25, [2] = 0.4, [10] = 2, [40] = 8, [50] = 10, [1000] = 10 } do
        local beliefs = after(("0 get RUNNING; %d get RUNNING"):format(age))
        assert.equal(age + pause, beliefs:due(ID), age)
      end
    end)

    it("makes one due at once that was not looked at", function()
      assert.equal(-math.huge, after("1 stop accepted"):due(ID))
    end)

    it("lets a GET tell more only two seconds after one that found nothing, where no delete is known", function()
      local beliefs = after "0 get STOPPED; 1 -list; 2 -get"
      assert.is_false(beliefs:get_tells(ID, 3.9))
      assert.is_true(beliefs:get_tells(ID, 4))
      assert.is_true(after("0 get STOPPED; 1 -list"):get_tells(ID, 1))
      assert.is_true(after("0 get STOPPED>DELETED; 1 -get"):get_tells(ID, 1))
    end)

    it("does not much believe what has lacked it twice in a state, although it is there", function()
      for story, expected in pairs {
        ["0 get RUNNING; 1 -list; 2 get RUNNING"] = false,
        ["0 get RUNNING; 1 -list; 2 get RUNNING; 3 get RUNNING"] = false,
        ["0 get RUNNING; 1 -list; 2 get RUNNING; 3 -list; 4 get RUNNING"] = true,
        ["0 get RUNNING; 1 -list; 2 list RUNNING; 3 -list; 4 get RUNNING; 5 list RUNNING"] = true,
        ["0 get RUNNING; 1 -list; 2 get RUNNING; 3 -list; 4 get RUNNING; 5 get STOPPING"] = false,
      } do
        assert.equal(expected, after(story):get_only_shows(ID, 6), story)
      end
    end)

    it("lets a GET only show that one is there that may still have to appear, before it is given up", function()
      local beliefs = after("1 -list; 2 -list; 3 -list; 4 -list", { appears_by = 100 })
      assert.is_false(beliefs:get_only_shows(ID, 5))
      tell(beliefs, "5 -list")
      assert.is_true(beliefs:get_only_shows(ID, 30.9))
      assert.is_false(beliefs:get_only_shows(ID, 31))
    end)

    it("makes the next look due when it can prove something", function()
      assert.equal(3, after("1 -get"):due(ID))
      assert.equal(4, after("1 -list; 2 -send"):due(ID))
      assert.equal(1.25, after("1 -list"):due(ID)) -- the deed is asked meanwhile
      assert.equal(1.25, after("0 get STOPPED>DELETED; 1 -get"):due(ID))
    end)

    it("makes the next look due after one that failed, too, and changes nothing else", function()
      local beliefs = after "0 get RUNNING"
      local s = beliefs.situation[ID]
      beliefs:failed(ID, 20)
      assert.equal(24, beliefs:due(ID))
      assert.equal(s, beliefs.situation[ID])
      beliefs:failed(2, 20)
      assert.is_nil(beliefs.looked[2])
    end)
  end)
end)

-- Any sequence of observations ---------------------------------------------------------------------

local WORDS = { "UNKNOWN", "PENDING", "RUNNING", "STOPPING", "STOPPED", "DEAD", "COMPLETED", "PAUSED" }
local TARGETS = { "", ">RUNNING", ">STOPPED", ">DELETED" }
local ANSWERS = { "accepted", "refused", "lost", "denied" }

--- An event at random; `chance` of a kind is the same for all kinds.
local function draw(random, at)
  local function pick(list)
    return list[1 + math.floor(random() * #list)]
  end
  local kind = random()
  if kind < 0.2 then
    local stamp = random() < 0.3 and " @" .. math.floor(random() * 60) or ""
    return ("%.3f %s %s%s%s"):format(at, pick { "get", "list" }, pick(WORDS), pick(TARGETS), stamp)
  elseif kind < 0.8 then
    return ("%.3f -%s"):format(at, pick { "get", "list", "send" })
  end
  return ("%.3f %s %s"):format(at, pick { "stop", "delete" }, pick(ANSWERS))
end

--- What EVIDENCE's table of claims asks for, in another form than the code: of all that was not found since the last
--- sighting or acceptance, is there a pair, or a row of three, that proves it?
local function is_proved(missed, known)
  local last = missed[#missed]
  for i = 1, #missed - 1 do
    local one = missed[i]
    local apart = last.at - one.at >= 2
    if known then
      if one.by ~= last.by or one.by == "get" then
        return true
      end
    elseif last.by == "get" and one.by == "get" and apart then
      return true
    elseif one.by == "send" and last.by ~= "send" and apart then
      for j = 1, i - 1 do
        if missed[j].by == "list" then
          return true
        end
      end
    end
  end
  return false
end

describe("the evidence, after any observations,", function()
  local function each_story(count, visit)
    for seed = 1, count do
      local random, at = dice(seed), 0
      random() -- the first ones of neighbours are alike
      random()
      local beliefs = evidence.new()
      beliefs:add(ID, 0)
      local length = 2 + math.floor(random() * 10)
      local story = {}
      for i = 1, length do
        at = at + random() ^ 3 * 40
        story[i] = draw(random, at)
        if visit(beliefs, story[i], at, table.concat(story, "; ")) == "over" then
          break
        end
      end
    end
  end

  it("claims nothing that the table of claims does not give", function()
    local missed, known, claims, story_before
    each_story(4000, function(beliefs, event, at, story)
      if not story:find(";", 1, true) then
        missed, known = {}, false
      end
      story_before = story
      local told = { tell(beliefs, event) }
      local by = event:match "%-(%w+)$"
      known = beliefs.situation[ID].deleting
      if by then
        missed[#missed + 1] = { by = by, at = at }
        if told[1] then
          claims = (claims or 0) + 1
          assert.is_true(is_proved(missed, known), story_before)
          return "over"
        end
      elseif event:find " get " or event:find " list " then
        missed = told[1] and {} or missed
      elseif event:find "accepted" then
        missed = {}
      end
    end)
    assert.is_true(claims > 1000, claims .. " claims")
  end)

  it("never says of one that has ended that it runs, unless it was modified since", function()
    local before
    each_story(1500, function(beliefs, event, _, story)
      if not story:find(";", 1, true) then
        before = nil
      end
      tell(beliefs, event)
      local status = beliefs.situation[ID].status
      if lifecycle.ended(before) and lifecycle.known(status) and not lifecycle.ended(status) then
        assert.is_truthy(event:find("@", 1, true), story)
      end
      before = status
    end)
  end)

  it("says that one was stopped at most once, and only if it was seen running", function()
    local ran, told_before
    each_story(1500, function(beliefs, event, _, story)
      if not story:find(";", 1, true) then
        ran, told_before = false, false
      end
      local counts, _, stopped = tell(beliefs, event)
      local word = event:match " %l+ (%u+)"
      if counts == true and word and stopped == true then
        assert.is_true(ran and not told_before, story)
        told_before = true
      end
      ran = ran or counts == true and word ~= nil and lifecycle.active(word)
    end)
  end)

  it("has one situation for all that are in the same, and changes none", function()
    local beliefs, copies, all = evidence.new(), {}, {}
    local function keep(s)
      if not copies[s] then
        copies[s] = {}
        for name, value in pairs(s) do
          copies[s][name] = value
        end
        all[#all + 1] = s
      end
    end
    local random, at = dice(4711), 0
    for place = 1, 200 do
      beliefs:add(place, 0)
      keep(beliefs.situation[place])
    end
    for _ = 1, 20000 do
      at = at + random() * 2
      local place = 1 + math.floor(random() * 200)
      tell(beliefs, draw(random, at), false, place)
      keep(beliefs.situation[place])
    end
    local keys = {}
    for _, s in ipairs(all) do
      assert.same(copies[s], s)
      local words = {}
      for name, value in pairs(s) do
        words[#words + 1] = name .. "=" .. tostring(value)
      end
      table.sort(words)
      local key = table.concat(words, " ")
      assert.is_nil(keys[key], "two situations are the same: " .. key)
      keys[key] = true
    end
  end)

  it("shares nothing between two that are believed by different calls", function()
    local one, two = after "0 get RUNNING", after "0 get RUNNING"
    assert.are_not.equal(one.situation[ID], two.situation[ID])
  end)

  it("keeps nothing of one that is settled", function()
    local beliefs = after("0 get STOPPED @3; 1 get RUNNING; 2 stop denied; 3 -get", { appears_by = 1 })
    beliefs:drop(ID)
    for name, of_it in pairs(beliefs) do
      if name ~= "known" and name ~= "steps" then
        assert.is_nil(next(of_it), name)
      end
    end
  end)

  it("costs at most 160 bytes each, of ten thousand that are torn down", function()
    local function heap()
      collectgarbage()
      collectgarbage()
      return collectgarbage "count" * 1024
    end
    local beliefs, most = evidence.new(), 0
    local count, before = 10000, heap()
    local function measure()
      most = math.max(most, heap() - before)
    end
    for place = 1, count do
      beliefs:add(place, 0)
    end
    measure()
    local function all(event)
      for place = 1, count do
        tell(beliefs, event, false, place)
      end
      measure()
    end
    all "0 list RUNNING>RUNNING"
    all "1 stop accepted"
    all "2 list STOPPING>STOPPED"
    all "3 list STOPPED>STOPPED"
    all "4 delete accepted"
    all "5 list STOPPED>DELETED"
    all "6 -list"
    assert.is_true(most <= 160 * count, ("%.0f B each"):format(most / count))
  end)
end)
