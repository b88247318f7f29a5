--- Deliberate faults: each breaks one rule, and some seed has to fail then. Where one survives, the simulated world is
-- too kind, a check is dead, or another rule covers this one.
-- A row: the rule, the module, what stands there (once), and what stands there instead; the last three once more where
-- two rules cover each other, and only both together can be missed.
-- live: the tasks of life.lua have to notice it.

local EVIDENCE, GOALS, ENGINE = "aicore.fleet.evidence", "aicore.fleet.goals", "aicore.fleet.engine"
local LOOKS, SENDS, SWEEP = "aicore.fleet.looks", "aicore.fleet.sends", "aicore.fleet.sweep"
local ENSURE, ROLLOUT, WATCH = "aicore.fleet.ensure", "aicore.fleet.rollout", "aicore.fleet.watch"
local CALLER, EXCHANGE = "aicore.call.caller", "aicore.call.exchange"
local LIFECYCLE = "aicore.model.lifecycle"
local PAGES, REFUSAL, RETRY = "aicore.call.pages", "aicore.call.refusal", "aicore.call.retry"

return {
  -- Order
  {
    "what has ended never runs again, and what is forbidden counts late",
    EVIDENCE,
    "if not order or lifecycle.may_become(order, record.status) then",
    "if true then",
  },
  {
    "a newer modifiedAt says that it runs again",
    EVIDENCE,
    "return before ~= nil and stamp ~= nil and stamp > before",
    "return false",
  },
  {
    "a forbidden step counts only after 60 s",
    EVIDENCE,
    "local INSISTENT, INSISTENT_AFTER_END = 60, 90",
    "local INSISTENT, INSISTENT_AFTER_END = 0, 90",
  },
  {
    "the same, and what was accepted is sent again at once",
    EVIDENCE,
    "local INSISTENT, INSISTENT_AFTER_END = 60, 90",
    "local INSISTENT, INSISTENT_AFTER_END = 0, 90",
    EVIDENCE,
    "return 10 * 2 ^ (sends - 1)",
    "return 1",
  },
  {
    "what has ended runs again only after 90 s",
    EVIDENCE,
    "local INSISTENT, INSISTENT_AFTER_END = 60, 90",
    "local INSISTENT, INSISTENT_AFTER_END = 60, 0",
  },
  {
    "a sighting clears what was missing",
    EVIDENCE,
    "for name, value in pairs(FOUND) do\n    changes[name] = value\n  end",
    "",
  },
  {
    "only a target that was seen counts",
    EVIDENCE,
    '    changes.deleting = from.deleting or action == "delete"',
    '    changes.deleting, changes.target = from.deleting or action == "delete", lifecycle.targets[action]',
  },
  -- AI Core's own 404
  { "a code that is the HTTP status is somebody else's", REFUSAL, ' or err.code == "404"', "" },
  { "a 404 without AI Core's error is no 404", REFUSAL, "not request.id or not err.code or", "not request.id or" },
  -- Lists
  {
    "a page that is shorter than asked for is no end",
    PAGES,
    "if length == 0 then",
    "if length < self.size then",
  },
  {
    "a count may be the page's own",
    PAGES,
    "elseif self.own_counts then\n    return self.memory.count_is_total == true",
    "elseif self.own_counts then\n    return true",
  },
  {
    "a count may be too small",
    PAGES,
    "return length < self.longest or self.memory.count_is_right == true",
    "return true",
  },
  {
    "what stands twice tells that pages shift",
    PAGES,
    "return makes_it_up and not has_moved(self)",
    "return makes_it_up",
  },
  {
    "counts must be made up by what was shown",
    PAGES,
    "self.same_counts and self.read == self.count",
    "true",
  },
  { "a page that begins as the one before", PAGES, "if first and first == self.first then", "if false then" },
  {
    "a list that is not complete says nothing of those that it does not show",
    LOOKS,
    "return reader.complete or same",
    "return true",
  },
  -- Gone
  {
    "gone, a delete known: two (get)",
    EVIDENCE,
    "get = function(s)\n      return s.no_get or s.no_list or s.no_send",
    "get = function()\n      return true",
  },
  {
    "gone, a delete known: two (list)",
    EVIDENCE,
    "list = function(s)\n      return s.no_get or s.no_send",
    "list = function()\n      return true",
  },
  {
    "gone, a delete known: two (send)",
    EVIDENCE,
    "send = function(s)\n      return s.no_get or s.no_list",
    "send = function()\n      return true",
  },
  {
    "gone, a delete known: not both by list",
    EVIDENCE,
    "list = function(s)\n      return s.no_get or s.no_send",
    "list = function(s)\n      return s.no_get or s.no_send or s.no_list",
  },
  {
    "gone, a delete known: not both by send",
    EVIDENCE,
    "send = function(s)\n      return s.no_get or s.no_list",
    "send = function(s)\n      return s.no_get or s.no_list or s.no_send",
  },
  {
    "gone, no delete known: two by get",
    EVIDENCE,
    "return apart and (s.no_get or s.asked)",
    "return true",
  },
  {
    "gone, no delete known: at least 2 s apart",
    EVIDENCE,
    "return apart and (s.no_get or s.asked)",
    "return s.no_get or s.asked",
  },
  {
    "the same, and looks at what is missing come no later than others",
    EVIDENCE,
    "return apart and (s.no_get or s.asked)",
    "return s.no_get or s.asked",
    EVIDENCE,
    "if not s.deleting and (s.no_get or s.asked) then",
    "if false then",
    EVIDENCE,
    "return s.deleting or not s.no_get or now - self.missed_at[place] >= evidence.APART",
    "return true",
  },
  {
    "gone, no delete known: list, send, list",
    EVIDENCE,
    "list = function(s, apart)\n      return apart and s.asked",
    "list = function(s, apart)\n      return apart and (s.asked or s.no_list)",
  },
  {
    "gone, no delete known: never by send",
    EVIDENCE,
    "send = function()\n      return false",
    "send = function(s)\n      return s.no_get or s.no_list",
  },
  {
    "deleted if it was seen, or a delete was accepted",
    EVIDENCE,
    'return (from.status or from.deleting) and "deleted" or "absent"',
    'return "absent"',
  },
  -- New
  {
    "while it is new, not found means not yet",
    EVIDENCE,
    "if at < (self.appears_by[place] or -math.huge) then",
    "if false then",
  },
  { "what this client created is new for 300 s", LIFECYCLE, "lifecycle.HIDDEN = 300", "lifecycle.HIDDEN = 0" },
  {
    "given up after 30 s",
    EVIDENCE,
    "local GIVEN_UP_AFTER, GIVEN_UP_LOOKS = 30, 5",
    "local GIVEN_UP_AFTER, GIVEN_UP_LOOKS = 10, 5",
  },
  {
    "given up after five looks",
    EVIDENCE,
    "local GIVEN_UP_AFTER, GIVEN_UP_LOOKS = 30, 5",
    "local GIVEN_UP_AFTER, GIVEN_UP_LOOKS = 30, 1",
  },
  {
    "given up only where it is to be torn down",
    EVIDENCE,
    "return unwanted and is_long",
    "return is_long",
  },
  { "given up only by a GET", EVIDENCE, 'if by ~= "get" then\n    return false\n  end\n', "" },
  { "given up only by a second GET", EVIDENCE, "at - got_nothing_at >= evidence.APART", "true" },
  -- Stopped
  {
    "stopped: it ran before",
    EVIDENCE,
    "if not lifecycle.ended(status) or not from.ran then",
    "if not lifecycle.ended(status) then",
  },
  {
    "stopped: once",
    EVIDENCE,
    "return true, changed, to.stopped and not from.stopped",
    "return true, changed, to.stopped",
  },
  -- What can no longer come
  {
    "it can no longer come: an ended state by GET, anything else for 10 s",
    GOALS,
    "local function is_sure(s, shown)\n",
    "local function is_sure(s, shown)\n  if s then\n    return true\n  end\n",
  },
  { "the last time by GET", GOALS, "if not s.by_get then", "if false then" },
  { "the same for 10 s", GOALS, "local INSISTENT = 10", "local INSISTENT = 0" },
  {
    "it turned back",
    GOALS,
    "elseif wanted == lifecycle.targets.stop and has_turned_back(s) then",
    "elseif false then",
  },
  {
    "what can no longer come is not waited for",
    GOALS,
    'return "done"\n    elseif not lifecycle.may_become',
    'return "done"\n    elseif false and not lifecycle.may_become',
  },
  {
    "refused for good: the stops before a delete do not count",
    EVIDENCE,
    "self.since[place], self.refused_at[place] = at, nil\n  end\nend\n\n--- How often",
    "self.since[place] = at\n  end\nend\n\n--- How often",
  },
  {
    "what is final for the goal that sent it is one refusal to the others",
    ENGINE,
    "if is_final and judge(self, place, self.beliefs.situation[place]) ~= action then",
    "if false then",
  },
  -- Refused
  {
    "refused at once: alone in a batch and by itself, for the same",
    SENDS,
    "return before ~= nil and err.status == before.status and err.code == before.code",
    "return before ~= nil",
  },
  {
    "refused: what two goals send in turn keeps its own pauses",
    EVIDENCE,
    "  self.aside[place] = kept\n",
    "",
  },
  {
    "refused for good: 120 s",
    EVIDENCE,
    "evidence.REFUSED_FOR_GOOD = 120",
    "evidence.REFUSED_FOR_GOOD = 2",
  },
  {
    "refused: asked again later and later",
    EVIDENCE,
    "return math.min(30, 2 ^ (sends - 1))",
    "return 1",
  },
  { "refused: asked again", EVIDENCE, "return math.min(30, 2 ^ (sends - 1))", "return math.huge" },
  { "accepted: sent again later and later", EVIDENCE, "return 10 * 2 ^ (sends - 1)", "return 10" },
  { "accepted: not at once", EVIDENCE, "return 10 * 2 ^ (sends - 1)", "return 1" },
  { "accepted: sent again", EVIDENCE, "return 10 * 2 ^ (sends - 1)", "return math.huge" },
  {
    "no permission: two at least 5 s apart (sends)",
    EVIDENCE,
    "local DENIALS_APART = 5",
    "local DENIALS_APART = 0",
  },
  { "no permission: two at least 5 s apart (looks)", ENGINE, "local DENIALS_APART = 5", "local DENIALS_APART = 0" },
  -- That was all of them
  { "all of them: another list", SWEEP, "until #self.records == 0", "until true" },
  {
    "all of them: 2 s after the first one and after the last one was gone",
    SWEEP,
    "math.max(at, self.first_at) + evidence.APART",
    "0",
  },
  { "all of them: newer ones are left alone", SWEEP, "math.floor(created) >= self.since", "false" },
  {
    "all of them: unsure",
    SWEEP,
    "self.listener.report.unsure = true",
    "self.listener.report.unsure = nil",
  },
  -- Looks
  { "by id: a few", LOOKS, "local FEW, MANY, SHARE = 3, 32, 1 / 100", "local FEW, MANY, SHARE = 1000, 1000, 1" },
  { "a slow look holds up no others", LOOKS, "local AT_ONCE = 32", "local AT_ONCE = 1" },
  {
    "who waits is forgotten when its coroutine is dead",
    LOOKS,
    'if member.life() == "dead" then',
    "if false then",
  },
  {
    "a GET that hangs holds up the others for ten seconds at most",
    LOOKS,
    "math.min(deadline, began + patience)",
    "deadline",
  },
  {
    "what is shown after it was not found is asked for by GET",
    EVIDENCE,
    "return is_early or s.contradicted >= CONTRADICTED",
    "return is_early",
  },
  { "where lists never add up, some are asked by id", LOOKS, "local MOST_DOUBTS = 2", "local MOST_DOUBTS = 1e9" },
  {
    "a deadline of the looks",
    LOOKS,
    "look(self, flight, deadline)) and",
    "look(self, flight, deadline + 60)) and",
  },
  -- Sends
  {
    "a batch that is refused as a whole is split",
    SENDS,
    "local CULPRIT = { [400] = true, [422] = true }",
    "local CULPRIT = {}",
  },
  { "413 halves the size", SENDS, "local TOO_LONG = 413", "local TOO_LONG = 999" },
  {
    "no batches here",
    SENDS,
    "local NO_BATCHES = { [404] = true, [405] = true, [415] = true, [501] = true }",
    "local NO_BATCHES = {}",
  },
  {
    "three refused as a whole: no batches here",
    SENDS,
    "local REFUSED_AS_A_WHOLE, DENIED = 3, 3",
    "local REFUSED_AS_A_WHOLE, DENIED = 1e9, 3",
  },
  { "batches of a hundred", SENDS, "local BATCH = 100", "local BATCH = 10" },
  {
    "what is in flight is not sent again",
    EVIDENCE,
    "if s.flying then\n    return false",
    "if false then\n    return false",
  },
  {
    "a newcomer knows what others have sent",
    ENGINE,
    "  self.looks:join(self)\n  learn_from_others(self)",
    "  self.looks:join(self)",
  },
  {
    "an update to another configuration is not the goal's own",
    ENGINE,
    'return action ~= "update" or not self.detail or detail == self.detail',
    "return true",
    live = true,
  },
  -- Pace
  { "pace: a fifth of the time", EVIDENCE, "= 1 / 5, 0.25, 10", "= 1 / 20, 0.25, 10" },
  { "pace: at least 0.25 s", EVIDENCE, "= 1 / 5, 0.25, 10", "= 1 / 5, 0.05, 10" },
  { "pace: at most 10 s", EVIDENCE, "= 1 / 5, 0.25, 10", "= 1 / 5, 0.25, 60" },
  {
    "the last look is over at the deadline",
    ENGINE,
    "self.deadline - math.max(self.last_look, math.min(self.looks.took, LONGEST_LOOK))",
    "self.deadline",
  },
  -- The end
  { "a client that is closed ends its calls", ENGINE, "self.cancelled = self.cancelled or self.group:is_closed()", "" },
  {
    "what is cancelled ends, at once and with the next round",
    ENGINE,
    "return not self.cancelled\n",
    "return true\n",
    ENGINE,
    "or self.cancelled or self.denied then",
    "or self.denied then",
  },
  { "what is cancelled ends", ENGINE, "return not self.cancelled\n", "return true\n" },
  {
    "who ends leaves",
    ENGINE,
    "function Engine:stop(cancelled)\n  self.looks:leave(self)",
    "function Engine:stop(cancelled)",
  },
  -- One call
  { "a create is not repeated", RETRY, "return operation.idempotent and SAFE or ONCE", "return SAFE" },
  {
    "an exchange is over at the deadline",
    EXCHANGE,
    "options.timeout = math.max(deadline - caller.runtime.now(), 0.001)",
    "options.timeout = 60",
  },
  {
    "an exchange is over at the deadline, by itself and by the runtime",
    EXCHANGE,
    "options.timeout = math.max(deadline - caller.runtime.now(), 0.001)",
    "options.timeout = 60",
    EXCHANGE,
    "runtime.await(caller.session, transfer, deadline + SLACK)",
    "runtime.await(caller.session, transfer, math.huge)",
  },
  {
    "a plain delete believes only AI Core's own 404",
    CALLER,
    'elseif name == "delete" and err.absent then',
    'elseif name == "delete" and err.status == 404 then',
  },

  -- Life
  {
    "RUNNING straight after an update may be the old one's",
    ROLLOUT,
    "return has_started(self) or ran_last and self.record.status == lifecycle.SERVING",
    "return true",
    live = true,
  },
  {
    "what was seen starting may be shown as it was before that",
    ROLLOUT,
    "return started and (is_later or self.last - started.at >= INSISTENT)",
    "return started",
    live = true,
  },
  {
    "the way back is sent in any case",
    ROLLOUT,
    "and (self.was_sent or not self.may_be_stale) then",
    "then",
    live = true,
  },
  {
    "what another goal has sent is no update",
    ROLLOUT,
    "self.was_sent or evidence.may_have_been_updated(s)",
    'self.was_sent or s.answer == "accepted"',
    live = true,
  },
  { "a rollout goes back", ROLLOUT, "if not may_go_back(", "if true or not may_go_back(", live = true },
  {
    "of several that were made at once one stays",
    ENSURE,
    "elseif not older or older == id then",
    "elseif true then",
    live = true,
  },
  {
    "two lists show all that is older",
    ENSURE,
    "local is_settled = shown_at and began - shown_at >= evidence.APART",
    "local is_settled = true",
    live = true,
  },
  {
    "what has failed and is an ensure's own is torn down",
    ENSURE,
    "id == self.mine and not self.call.keep then",
    "false then",
    live = true,
  },
  {
    "a lost create is looked for, not repeated",
    ENSURE,
    "elseif not err.ambiguous then\n    return nil, err\n  end",
    "elseif not err.ambiguous then\n    return nil, err\n  end\n"
      .. "  self.candidates.group:create(configuration, nil, self.call.deadline)",
    live = true,
  },
  { "what is gone is not told again", WATCH, "STALE, HAUNTED = 60, 3600", "STALE, HAUNTED = 60, 0", live = true },
  {
    "a change is told once",
    WATCH,
    "elseif before and before.status == record.status and before.target == target then",
    "elseif false then",
    live = true,
  },
  { "a watch looks on", WATCH, 'and "get" or "look"', 'and "look" or "look"', live = true },
}
