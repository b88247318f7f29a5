--- What was observed of deployments, and what that proves: the beliefs on which everything that takes time decides.
-- Pure: no I/O, no clock of its own; `at` and `now` are seconds on the clock of the caller.
--
-- A belief is a situation, since when, and when it was looked at last. Situations are immutable, interned and shared
-- by all that are in the same; so ten thousand beliefs are three numbers or references each, in arrays by place.
-- Rules of this file (each claim needs several observations, as a single one may be stale, lost or foreign):
--   Order     What has ended runs again only if a newer modifiedAt says so, or it was updated, or nothing else was seen
--             for 90 s: longer than any list lags. Another step that the lifecycle forbids counts when nothing else was
--             seen for 60 s; no news are no step. What counts clears what was missing before.
--   Target    Only a target that was seen counts, and it counts until another one is seen.
--   Gone      Where a delete is known (accepted, or its target seen): two "not found" of get, send or list, not both
--             by list, not both by send. Where none is known: two by get, 2 s apart; or list, then send, then, 2 s
--             later, list or get.
--   New       While it may still have to appear, "not found" means "not yet"; one to be torn down, or whose delete is
--             known, is given up after nothing else in 30 s and five looks, the last of them a GET, and one 2 s before.
--   Stopped   Ended now, and seen running before; once. By a list only where an end was asked for: it may be behind.
--   Sending   What was accepted without effect is sent again 10, 20, 40 … s after; what was refused or lost 1, 2, 4 …
--             s after, up to 30 s; one that a list lacks at once, but not often: the answer tells whether it is gone.
--   Refused   For good, when nothing but refusals was answered for 120 s, and nothing else was seen meanwhile.

local lifecycle = require "aicore.model.lifecycle"
local timestamp = require "aicore.model.timestamp"

local evidence = {}

--- Two sightings of nothing are one unless they are this far apart, in seconds.
evidence.APART = 2

--- A step that the lifecycle forbids counts when nothing else was seen for so long, in seconds; and that one which has
--- ended runs again. A list may be a minute behind, so what it shows then was so after the end.
local INSISTENT, INSISTENT_AFTER_END = 60, 90

--- One that may still have to appear, but is to be torn down, is gone after nothing else in so many seconds and looks.
local GIVEN_UP_AFTER, GIVEN_UP_LOOKS = 30, 5

--- The pace of looks: the next one is due after this share of the time since the last change, in these bounds (s).
local SHARE, SOONEST, LATEST = 1 / 5, 0.25, 10

--- A refusal that is all there was for so long, in seconds, is for good.
evidence.REFUSED_FOR_GOOD = 120

--- When one was looked at that was not.
local NEVER = -math.huge

--- Two refusals of permission count if they are this far apart, in seconds.
local DENIALS_APART = 5

-- Situations ---------------------------------------------------------------------------------------

---@class aicore.Situation  immutable; what is false or nil is not so, or not known
---@field status string?    as of the last sighting that counted; nil: not seen in this call
---@field order string?     the status by which what may follow is judged: the last one that was news
---@field target string?    the last target that was seen
---@field by_get boolean    the last sighting was by GET
---@field ran boolean       it was seen running in this call
---@field stopped boolean   and then ended: it has been stopped
---@field left "target"|"status"|nil  it was seen to be meant to end; or only on its way there (when a ttl is over)
---@field deleting boolean  a delete is known: accepted, or its target was seen
---@field no_get boolean    "not found" by GET, and nothing seen since
---@field no_list boolean   absent from a complete list, and nothing seen since
---@field no_send boolean   "not found" to a stop or delete, and nothing seen since
---@field asked boolean     no_list came first, then no_send
---@field contradicted integer  how often it was shown after it was not found, in this state (at most CONTRADICTED)
---@field hidden integer    how often it was not found while it may still have to appear (at most GIVEN_UP_LOOKS)
---@field action aicore.Action?  what was sent last
---@field answer "accepted"|"refused"|"lost"|nil
---@field sends integer     how often that was sent without effect
---@field probes integer    how often it was sent to learn whether it is gone
---@field flying boolean    it is being sent

-- In the order in which they make the key of a situation.
local FIELDS = {
  "status",
  "order",
  "target",
  "by_get",
  "ran",
  "stopped",
  "left",
  "deleting",
  "no_get",
  "no_list",
  "no_send",
  "asked",
  "contradicted",
  "hidden",
  "action",
  "answer",
  "sends",
  "probes",
  "flying",
}

local UNSEEN = {
  by_get = false,
  ran = false,
  stopped = false,
  deleting = false,
  no_get = false,
  no_list = false,
  no_send = false,
  asked = false,
  contradicted = 0,
  hidden = 0,
  sends = 0,
  probes = 0,
  flying = false,
}

---@class aicore.Beliefs
---@field situation aicore.Situation[]  by place
---@field since number[]    when it last changed: seen otherwise, sent or accepted for the first time, not found for the
---       first time in this state
---@field looked number[]   when it was looked at last
---@field private seen_at table<integer, number>     place -> when the last sighting was that counted, if later looks
---       were in vain; nil: the last look was one
---@field private sent_at table<integer, number>     place -> when the last send was answered
---@field private refused_at table<integer, number>  place -> the first of the refusals that are all there was since
---@field private aside table<integer, table<string, table>>  place -> by action, what became of one that was sent in
---       this state before another one: { answer, sends, sent_at, refused_at }
---@field private known table<string, aicore.Situation>  by key
---@field private steps table<aicore.Situation, table<string, aicore.Situation>>  by situation and event
---@field private missed_at table<integer, number>   place -> when the first "not found" came that still counts
---@field private got_nothing_at table<integer, number>  place -> when a GET did not find it, which may still have to
---       appear, for the first time
---@field private denied_at table<integer, number>   place -> when a send was refused for lack of permission
---@field private forbidden table<integer, number> place -> when the first sighting came that does not count yet
---@field private stamps table<integer, number>      place -> modifiedAt of one that has ended
---@field private appears_by table<integer, number>  place -> until when it may still have to appear
local Beliefs = {}
Beliefs.__index = Beliefs

---@return aicore.Beliefs
function evidence.new()
  return setmetatable({
    situation = {},
    since = {},
    looked = {},
    seen_at = {},
    sent_at = {},
    refused_at = {},
    aside = {},
    known = {},
    steps = {},
    missed_at = {},
    got_nothing_at = {},
    denied_at = {},
    forbidden = {},
    stamps = {},
    appears_by = {},
  }, Beliefs)
end

local function key_of(fields)
  local words = {}
  for i = 1, #FIELDS do
    words[i] = tostring(fields[FIELDS[i]])
  end
  return table.concat(words, " ")
end

-- Stands for nil among changes.
local NOTHING = {}

--- The one situation that is like another but for some fields.
local function derive(self, from, changes)
  local fields = {}
  for i = 1, #FIELDS do
    local name = FIELDS[i]
    local value = changes[name]
    if value == nil then
      value = from[name]
    elseif value == NOTHING then
      value = nil
    end
    fields[name] = value
  end
  local key = key_of(fields)
  self.known[key] = self.known[key] or fields
  return self.known[key]
end

--- What a situation becomes by an event: `changes_by(situation, ...)`, worked out once for each pair of them.
local function step(self, place, event, changes_by, ...)
  local from = self.situation[place]
  local steps = self.steps[from]
  if not steps then
    steps = {}
    self.steps[from] = steps
  end
  local to = steps[event]
  if not to then
    to = derive(self, from, changes_by(from, ...))
    steps[event] = to
  end
  self.situation[place] = to
  return to, from
end

--- It is settled: nothing is kept of it.
---@param place integer
function Beliefs:drop(place)
  self.situation[place], self.since[place], self.looked[place] = nil, nil, nil
  self.missed_at[place], self.denied_at[place], self.forbidden[place] = nil, nil, nil
  self.stamps[place], self.appears_by[place], self.sent_at[place] = nil, nil, nil
  self.seen_at[place], self.refused_at[place], self.aside[place] = nil, nil, nil
  self.got_nothing_at[place] = nil
end

-- Sightings ----------------------------------------------------------------------------------------

--- A belief of one of which nothing is known.
---@param place integer
---@param now number
---@param appears_by number?  until when "not found" may mean "not yet"
function Beliefs:add(place, now, appears_by)
  self.situation[place], self.since[place], self.looked[place] = derive(self, UNSEEN, {}), now, NEVER
  self.appears_by[place] = appears_by
end

--- Was an update of it accepted, or may it have been? That brings back one that is dead.
---@param s aicore.Situation
---@return boolean
function evidence.may_have_been_updated(s)
  return s.action == "update" and (s.answer == "accepted" or s.answer == "lost")
end

--- Does the lifecycle allow this step, or the record say itself that it is newer?
local function is_possible(self, place, record)
  local order = self.situation[place].order
  if not order or lifecycle.may_become(order, record.status) then
    return true
  elseif not lifecycle.ended(order) then
    return false
  elseif evidence.may_have_been_updated(self.situation[place]) then
    return true
  end
  local before, stamp = self.stamps[place], timestamp.parse(record.modifiedAt)
  return before ~= nil and stamp ~= nil and stamp > before
end

--- May the sighting be believed? One that is impossible may, when nothing else was seen for long enough.
local function counts(self, place, record, at)
  if is_possible(self, place, record) then
    self.forbidden[place] = nil
    return true
  end
  local first = self.forbidden[place] or at
  local ended = lifecycle.ended(self.situation[place].order)
  local believed = at - first >= (ended and INSISTENT_AFTER_END or INSISTENT)
  self.forbidden[place] = nil
  if not believed then
    self.forbidden[place] = first
  end
  return believed
end

--- So often one has to be shown after it was not found, until what lacks it is not much believed.
local CONTRADICTED = 2

--- Was it not found by the last look or send?
local function is_missing(s)
  return s.no_get or s.no_list or s.no_send
end

local FOUND = { no_get = false, no_list = false, no_send = false, asked = false, hidden = 0 }

--- Is a refusal about the state before this one? It is about this one where the one before forbids what was sent:
--- another goal that has seen more has sent it.
local function is_outdated(from, status)
  if not from.status or status == from.status or from.answer == "accepted" or from.flying then
    return false
  end
  return not from.action or lifecycle.may(from.status, from.action)
end

--- Has what ran ended? A list that is behind may show an end from before it ran, so it is believed only where a new one
--- was asked for.
local function has_stopped(from, status, target, by)
  if not lifecycle.ended(status) or not from.ran then
    return false
  end
  return by == "get" or from.action == "stop" or from.deleting or from.left ~= nil or lifecycle.leaving(target)
end

local function changes_of_seen(from, status, target, by)
  target = target or from.target
  local changes = {
    status = status,
    order = lifecycle.phase(status) == "unclear" and from.order or status,
    target = target,
    by_get = by == "get",
    ran = from.ran or lifecycle.active(status),
    stopped = from.stopped or has_stopped(from, status, target, by),
    left = lifecycle.leaving(target) and "target" or from.left or lifecycle.stopping(status) and "status" or nil,
    deleting = from.deleting or target == lifecycle.targets.delete,
    contradicted = math.min(from.contradicted + (is_missing(from) and 1 or 0), CONTRADICTED),
  }
  for name, value in pairs(FOUND) do
    changes[name] = value
  end
  if status ~= from.status or target ~= from.target then
    changes.probes, changes.contradicted = 0, 0
  end
  if is_outdated(from, status) then
    changes.action, changes.answer, changes.sends = NOTHING, NOTHING, 0
  end
  return changes
end

--- Keeps what became of the action that was sent last, as another one may be sent next.
local function set_aside(self, place)
  local s, kept = self.situation[place], self.aside[place] or {}
  kept[s.action] =
    { answer = s.answer, sends = s.sends, sent_at = self.sent_at[place], refused_at = self.refused_at[place] }
  self.aside[place] = kept
end

-- A look that was no sighting. (That of a fleet which is doing well needs no second number.)
local function look_in_vain(self, place, at)
  self.seen_at[place] = self.seen_at[place] or self.looked[place]
  self.looked[place] = at
end

--- A record was seen.
---@param place integer
---@param record { status: string, targetStatus: string?, modifiedAt: string? }
---@param by "get"|"list"
---@param at number
---@return boolean counts   false: it is stale
---@return boolean changed  status or target are not what they were
---@return boolean stopped  it has just been proved that it was stopped
function Beliefs:seen(place, record, by, at)
  if not counts(self, place, record, at) then
    look_in_vain(self, place, at)
    return false, false, false
  end
  self.looked[place], self.seen_at[place], self.missed_at[place], self.got_nothing_at[place] = at, nil, nil, nil
  local event = by .. " " .. record.status .. " " .. (record.targetStatus or "")
  local to, from = step(self, place, event, changes_of_seen, record.status, record.targetStatus, by)
  local changed = to.status ~= from.status or to.target ~= from.target
  if changed then
    self.since[place], self.refused_at[place] = at, nil
    if from.status then
      self.aside[place] = nil
    elseif from.action and from.answer then
      set_aside(self, place) -- that was in this state, too
    end
  end
  if lifecycle.ended(to.status) then
    self.stamps[place] = timestamp.parse(record.modifiedAt)
  end
  return true, changed, to.stopped and not from.stopped
end

--- A look at it failed.
---@param place integer
---@param at number
function Beliefs:failed(place, at)
  if self.situation[place] then
    look_in_vain(self, place, at)
  end
end

-- Not found ----------------------------------------------------------------------------------------

-- Is it gone, now that it is missing by get, list or send, too? By whether a delete is known; `apart`: what was
-- missing before has been so for long enough.
local PROVES = {
  known = {
    get = function(s)
      return s.no_get or s.no_list or s.no_send
    end,
    list = function(s)
      return s.no_get or s.no_send
    end,
    send = function(s)
      return s.no_get or s.no_list
    end,
  },
  unknown = {
    get = function(s, apart)
      return apart and (s.no_get or s.asked)
    end,
    list = function(s, apart)
      return apart and s.asked
    end,
    send = function()
      return false
    end,
  },
}

--- A send that found nothing had no effect, and is not repeated at once.
local function note_vain_send(changes, from)
  changes.flying, changes.answer = false, from.answer or "refused"
  changes.sends = from.sends + 1
  return changes
end

local function changes_of_missing(from, by)
  if by ~= "send" then
    return { no_get = from.no_get or by == "get", no_list = from.no_list or by == "list" }
  end
  return note_vain_send({ no_send = true, asked = from.asked or from.no_list }, from)
end

local function changes_of_hiding(from, by)
  local changes = { hidden = math.min(from.hidden + 1, GIVEN_UP_LOOKS) }
  return by == "send" and note_vain_send(changes, from) or changes
end

--- Not found while it may still have to appear. Is it given up, as it was to be torn down anyway?
local function is_given_up(self, place, by, at, unwanted)
  local first, to = self.missed_at[place] or at, step(self, place, "hidden " .. by, changes_of_hiding, by)
  self.missed_at[place] = first
  if by ~= "get" then
    return false
  end
  local got_nothing_at = self.got_nothing_at[place] or at
  self.got_nothing_at[place] = got_nothing_at
  local is_long = at - first >= GIVEN_UP_AFTER and at - got_nothing_at >= evidence.APART
  return unwanted and is_long and to.hidden >= GIVEN_UP_LOOKS
end

--- Was it not found so often that a GET has to tell whether it is to be given up?
---@param s aicore.Situation
---@return boolean
function evidence.wants_get(s)
  return s.hidden >= GIVEN_UP_LOOKS
end

--- It was not found. What proves that it is gone is said in the head of this file.
---@param place integer
---@param by "get"|"list"|"send"  AI Core's own 404 to a GET; absence from a complete list; the same 404 to a stop or
---       delete
---@param at number
---@param unwanted boolean?       it is to be torn down, even if no delete is known
---@return "deleted"|"absent"|nil gone  nil: not proved
function Beliefs:missing(place, by, at, unwanted)
  if by == "send" then
    self.sent_at[place], self.refused_at[place] = at, nil
  end
  local from, first = self.situation[place], self.missed_at[place]
  local proved
  if at < (self.appears_by[place] or -math.huge) then
    look_in_vain(self, place, at)
    proved = is_given_up(self, place, by, at, unwanted or from.deleting)
  else
    local to = step(self, place, "missing " .. by, changes_of_missing, by)
    if to.no_get and not from.no_get or to.asked and not from.asked then
      self.missed_at[place] = at
    end
    if is_missing(from) or from.contradicted > 0 then
      look_in_vain(self, place, at)
    else
      self.looked[place], self.since[place] = at, at
    end
    proved = PROVES[from.deleting and "known" or "unknown"][by](from, first ~= nil and at - first >= evidence.APART)
  end
  if proved then
    return (from.status or from.deleting) and "deleted" or "absent"
  end
end

-- Sending ------------------------------------------------------------------------------------------

local function changes_of_sending(from, action)
  local again = from.action == action
  local changes = { action = action, flying = true }
  if not again then
    changes.answer, changes.sends = NOTHING, 0
  end
  if from.no_list then
    changes.probes = from.probes + 1
  end
  return changes
end

--- What became of an action that was sent in this state before another one was.
local function earlier_send(self, place, action)
  return self.aside[place] and self.aside[place][action]
end

--- Two goals may want different things of the same one, and send in turn: none makes a first send of the other's next.
--- Returns whether this action is sent for the first time in this state.
local function turn_to(self, place, action)
  local s, sent_at = self.situation[place], self.sent_at[place]
  if s.action == action then
    return false
  elseif s.action and s.answer and (sent_at >= self.since[place] or is_missing(s)) then
    set_aside(self, place)
  end
  local earlier = earlier_send(self, place, action)
  if not earlier then
    return true
  end
  self.situation[place] = derive(self, s, { action = action, answer = earlier.answer, sends = earlier.sends })
  self.sent_at[place], self.refused_at[place] = earlier.sent_at, earlier.refused_at
  return false
end

--- A stop, delete or update is on its way.
---@param place integer
---@param action aicore.Action
---@param at number
function Beliefs:sending(place, action, at)
  local is_first = turn_to(self, place, action)
  step(self, place, "sending " .. action, changes_of_sending, action)
  if is_first then
    self.since[place], self.refused_at[place] = at, nil
  end
end

--- How often in one state one that a list lacks is asked by the deed.
local MOST_PROBES = 2

-- What was answered in one state, by how much it says: what was accepted stays so (a later refusal says that it is
-- under way), and what was lost may have taken effect (a later refusal may say so).
local RANK = { refused = 1, lost = 2, accepted = 3 }

--- Is it the first answer to an action, or the first that says that it was accepted?
local function is_first(from, action, answer)
  local before = from.action == action and from.answer or nil
  return not before or answer == "accepted" and before ~= "accepted"
end

local function changes_of_answer(from, action, answer)
  local changes = { action = action, answer = answer, sends = 1, flying = false }
  if not is_first(from, action, answer) then
    local is_unknown = from.answer == "accepted" and answer == "lost" -- whether it was sent again
    changes.sends = is_unknown and from.sends or from.sends + 1
    changes.answer = RANK[from.answer] > RANK[answer] and from.answer or answer
  end
  if answer == "refused" then
    changes.probes = MOST_PROBES -- it is there
  elseif answer == "accepted" then
    changes.deleting = from.deleting or action == "delete"
    changes.no_get, changes.no_list, changes.no_send, changes.asked = false, false, false, false
  end
  return changes
end

--- What became of it; "not found" is for missing().
---@param place integer
---@param action aicore.Action
---@param answer "accepted"|"refused"|"lost"
---@param at number
function Beliefs:sent(place, action, answer, at)
  local to, from = step(self, place, answer .. " " .. action, changes_of_answer, action, answer)
  if is_first(from, action, answer) then
    self.since[place] = at
  end
  self.sent_at[place], self.denied_at[place] = at, nil
  if answer ~= "refused" or to.answer == "accepted" then
    self.refused_at[place] = nil
  else
    self.refused_at[place] = self.refused_at[place] or at
  end
end

--- It was refused for lack of permission.
---@param place integer
---@param action aicore.Action
---@param at number
---@return boolean final  twice in a row, and not by one blip
function Beliefs:denied(place, action, at)
  local first = self.denied_at[place] or at
  self:sent(place, action, "refused", at)
  self.denied_at[place] = first
  return at - first >= DENIALS_APART
end

-- How long after the n-th sending without effect another one follows, in seconds.
local PAUSES = {
  accepted = function(sends)
    return 10 * 2 ^ (sends - 1)
  end,
  refused = function(sends)
    return math.min(30, 2 ^ (sends - 1))
  end,
}
PAUSES.lost = PAUSES.refused

--- Is one that a list lacks to be asked by the deed, whose answer tells whether it is gone? Where that has told
--- nothing, a GET has to.
---@param s aicore.Situation
---@return boolean
function evidence.may_probe(s)
  local expected = s.answer == nil or s.answer == "accepted" and s.deleting
  return s.no_list and not s.asked and s.probes < MOST_PROBES and expected
end

--- What another goal has sent of the same one is known to this one, too; of several, what was sent last.
---@param place integer
---@param others aicore.Beliefs
---@param other_place integer
---@return boolean learned
function Beliefs:share(place, others, other_place)
  local other, mine = others.situation[other_place], self.situation[place]
  local is_older = not other.flying and (others.sent_at[other_place] or NEVER) <= (self.sent_at[place] or NEVER)
  if not other.action or mine.flying or is_older then
    return false
  end
  local changes = { action = other.action, answer = other.answer, sends = other.sends, flying = other.flying }
  changes.deleting = other.deleting
  self.situation[place] = derive(self, mine, changes)
  self.sent_at[place], self.refused_at[place] = others.sent_at[other_place], others.refused_at[other_place]
  self.since[place] = others.since[other_place]
  return true
end

-- The seconds from the first to the last of the refusals that are all there was.
local function span_of_refusals(self, place)
  local first = self.refused_at[place]
  return first and self.sent_at[place] - first or 0
end

--- For how long its refusals have been all that there was, from the first to the last of them. It has to be seen after
--- that: it may have changed meanwhile, and what was lost before may have taken effect.
---@param place integer
---@return number seconds
function Beliefs:refused(place)
  local seen_at = self.seen_at[place] or self.looked[place]
  if not self.sent_at[place] or seen_at <= self.sent_at[place] or is_missing(self.situation[place]) then
    return 0
  end
  return span_of_refusals(self, place)
end

--- Have its refusals been all that there was for so long that the next answer tells whether that is for good?
local function is_last_time(self, place, action, now)
  local s, first = self.situation[place], self.refused_at[place]
  local is_long_ago = s.action == action and first ~= nil and now - first >= evidence.REFUSED_FOR_GOOD
  return is_long_ago and span_of_refusals(self, place) < evidence.REFUSED_FOR_GOOD
end

--- Have its refusals been all that there was for so long that only a look is lacking to know that it is for good?
local function is_to_be_seen(self, place)
  return span_of_refusals(self, place) >= evidence.REFUSED_FOR_GOOD and self:refused(place) == 0
end

--- What became of an action when it was sent last in this state; if it was not, of the other one that was: its answer,
--- how often it was sent, and when. Nothing where a change came after that.
local function last_send(self, place, action)
  local s, earlier = self.situation[place], earlier_send(self, place, action)
  if s.action == action then
    return s.answer, s.sends, self.sent_at[place]
  elseif earlier then
    return earlier.answer, earlier.sends, earlier.sent_at
  elseif self.since[place] <= self.sent_at[place] then
    return s.answer, s.sends, self.sent_at[place]
  end
end

--- May this be sent now?
---@param place integer
---@param action aicore.Action
---@param now number
---@return boolean
function Beliefs:may_send(place, action, now)
  local s = self.situation[place]
  if s.flying then
    return false
  elseif s.action == action and is_to_be_seen(self, place) then
    return false
  elseif not s.answer then
    return true
  end
  local answer, sends, since = last_send(self, place, action)
  if not answer then
    return true -- else another goal has just sent something else
  elseif evidence.may_probe(s) then
    return now - since >= PAUSES.lost(1)
  elseif answer == "accepted" then
    since = math.max(since, self.since[place]) -- a change tells that something goes on
  end
  return is_last_time(self, place, action, now) or now - since >= PAUSES[answer](sends)
end

-- Looking ------------------------------------------------------------------------------------------

--- How long it has been seen in its situation: from its last change to the last sighting.
---@param place integer
---@return number seconds  0: it was not seen since it changed
function Beliefs:shown(place)
  return math.max(0, (self.seen_at[place] or self.looked[place]) - self.since[place])
end

--- Can a GET prove more now? Not so soon after another one.
---@param place integer
---@param now number
---@return boolean
function Beliefs:get_tells(place, now)
  local s = self.situation[place]
  return s.deleting or not s.no_get or now - self.missed_at[place] >= evidence.APART
end

--- May a GET settle nothing, but only show that it is there? Lists that lack it have been wrong before, or it is too
--- soon to give it up.
---@param place integer
---@param now number
---@return boolean
function Beliefs:get_only_shows(place, now)
  local s = self.situation[place]
  local is_early = evidence.wants_get(s) and now - self.missed_at[place] < GIVEN_UP_AFTER
  return is_early or s.contradicted >= CONTRADICTED
end

--- When it should be looked at again: the longer nothing has changed, the later.
---@param place integer
---@return number  -math.huge: it was not looked at yet
function Beliefs:due(place)
  local looked = self.looked[place]
  if looked == NEVER then
    return NEVER
  end
  local s = self.situation[place]
  if not s.deleting and (s.no_get or s.asked) then
    return looked + evidence.APART -- no look before can prove more
  end
  return looked + math.max(SOONEST, math.min(LATEST, SHARE * (looked - self.since[place])))
end

return evidence
