--- Works towards a goal for one deployment or many: looks at what is open, sends for each what its situation asks for,
-- until all are done, the deadline has come, or the host wants control back.
-- What is known of each is the evidence's matter (evidence.lua), what follows from it the goal's (goals.lua), how it
-- is looked at and how it is sent that of looks.lua and sends.lua. Here stands only what happens next.
-- Rules of this file:
--   What is kept per deployment stands in arrays by its place; the places follow the ids in their order.
--   The user's callbacks are called between two rounds, in the coroutine of the user's own call, and nowhere else.
--   What was shown by another goal's look or answer counts as if this one had looked or asked.

local evidence = require "aicore.fleet.evidence"

local engine = {}

--- One whose answer is being waited for is not looked at sooner than this, in seconds.
local FLYING = 10

--- Two refusals of all looks, for lack of permission or a login, are final if they are this far apart, in seconds.
local DENIALS_APART = 5

--- The last look begins so early that it should be over at the deadline: as long before as the last one took, but at
--- least so many seconds, or this share of a short time.
local LAST_LOOK, LAST_SHARE = 0.5, 0.1

--- One that hung says little about the next.
local LONGEST_LOOK = 5

--- No look goes on for longer, in seconds, where nobody has set a time limit.
local ENDLESS = 900

---@class aicore.Listener  what a goal does with what becomes of its deployments
---@field settled fun(self, id: string, list: string?, record: table?)  done: the list of a report that it belongs to
---@field stopped fun(self, id: string)               it was proved to have been stopped
---@field seen fun(self, id: string, record: table, changed: boolean, by: string, at: number)?  a sighting counts
---@field failed fun(self, id: string, reason: string, s: aicore.Situation, err: aicore.Error?, refusal: aicore.Error?,
---                   record: table?)
---       reason: of goals.lua, or "timeout", "cancelled", "denied"; err: what it was denied by, or why the last look
---       failed; refusal: why what was sent last failed; record: what was seen last, where records are kept
---@field changed fun(self, engine: aicore.Engine)?  after a round in which something has

---@class aicore.Engine: aicore.Observer
---@field open integer      how many are not settled
---@field ids string[]      by place
---@field beliefs aicore.Beliefs
---@field looks aicore.Looks
---@field group aicore.Group
---@field refusals table<integer, aicore.Error>  place -> why a send failed last
---@field look_error aicore.Error?  why the last look failed that did for all
---@field listed boolean?  a complete list was read
---@field cancelled boolean
---@field denied aicore.Error?  why no look will tell anything
---@field private free integer[]?  places of those that are gone, to be used again; nil: they follow the ids in order
local Engine = {}
Engine.__index = Engine

--- An engine without deployments.
---@param options { goal: function, detail: string?, group: aicore.Group, looks: aicore.Looks, sends: aicore.Sends,
---                 listener: aicore.Listener, deadline: number, appear: number?, unwanted: boolean?, keep: boolean?,
---                 discover: function?, slice: number? }
---       detail: the configuration of an update; deadline: on the runtime's clock; appear: s from now on in which "not
---       found" may mean "not yet"; unwanted: they are to be torn down, so one that does not appear is given up sooner;
---       keep: the listener wants whole records; discover: it takes on what lists show; slice: s after which a round
---       is over though there was no look
---@return aicore.Engine
function engine.new(options)
  local now = options.group.runtime.now()
  return setmetatable({
    goal = options.goal,
    detail = options.detail,
    group = options.group,
    looks = options.looks,
    sends = options.sends,
    listener = options.listener,
    deadline = options.deadline,
    last_look = math.min(LAST_LOOK, LAST_SHARE * (options.deadline - now)),
    appears_by = options.appear and now + options.appear,
    unwanted = options.unwanted,
    keep = options.keep,
    discover = options.discover,
    began = now,
    slice = options.slice,
    free = options.discover and {},
    beliefs = evidence.new(),
    ids = {},
    place = {}, -- by id, of those that are open
    refusals = {},
    troubles = {}, -- place -> why the last GET failed
    open = 0,
    changed = false,
    cancelled = false,
  }, Engine)
end

--- Takes on deployments. Those that it has already are left as they are.
---@param ids string[]     in any order
---@param appear number?   s from now on in which "not found" may mean "not yet" of these, if that is longer than of all
---@return aicore.Engine self
function Engine:add(ids, appear)
  local sorted, now = {}, self.group.runtime.now()
  for i = 1, #ids do
    sorted[i] = ids[i]
  end
  table.sort(sorted)
  for _, id in ipairs(sorted) do
    if not self.place[id] then
      local place = self.free and table.remove(self.free) or #self.ids + 1
      self.ids[place], self.place[id], self.open = id, place, self.open + 1
      local appears_by = self.appears_by or self.group:appears_by(id)
      if appear then
        appears_by = math.max(appears_by or now, now + appear)
      end
      self.beliefs:add(place, now, appears_by)
    end
  end
  self.looks:reconsider()
  return self
end

--- The next place whose deployment is open, and its situation: for place, s in next_open, self, 0 do … end
local function next_open(self, place)
  for later = place + 1, #self.ids do
    local s = self.beliefs.situation[later]
    if s then
      return later, s
    end
  end
end

-- What becomes of one ------------------------------------------------------------------------------

local function close(self, place)
  local id = self.ids[place]
  self.place[id], self.refusals[place], self.troubles[place] = nil, nil, nil
  self.open, self.changed = self.open - 1, true
  self.beliefs:drop(place)
  if self.free then
    self.free[#self.free + 1] = place
  end
  return id
end

local function settle(self, place, list)
  local record = self.record
  self.listener:settled(close(self, place), list, record)
end

--- Why the last look at it failed; nil: it did not.
local function trouble_with(self, place)
  if self.troubles[place] then
    return self.troubles[place]
  elseif self.look_error and self.look_failed_at >= self.beliefs.looked[place] then
    return self.look_error
  end
end

local function fail(self, place, reason, err)
  local s, refusal = self.beliefs.situation[place], self.refusals[place]
  err = err or trouble_with(self, place)
  self.listener:failed(close(self, place), reason, s, err, refusal, self.record)
end

--- Everything that is open fails, for a reason that is the same for all.
local function fail_all(self, reason, err)
  self.denied = self.denied or err
  for place in next_open, self, 0 do
    fail(self, place, reason, err)
  end
end

-- What looks tell ----------------------------------------------------------------------------------

---@param id string
---@return integer? place
function Engine:place_of(id)
  return self.place[id]
end

function Engine:seen(place, record, by, at)
  local counts, changed, stopped = self.beliefs:seen(place, record, by, at)
  self.denied_at, self.troubles[place] = nil, nil
  self.changed = self.changed or changed
  if counts and self.keep then
    self.record = record
  end
  if counts and self.listener.seen then
    self.listener:seen(self.ids[place], record, changed, by, at)
  end
  if stopped then
    self.listener:stopped(self.ids[place])
  end
end

function Engine:missing(place, by, at)
  self.denied_at, self.troubles[place] = nil, nil
  local word = self.beliefs:missing(place, by, at, self.unwanted)
  if word then
    settle(self, place, word)
  end
end

function Engine:unlisted(began, at)
  self.listed = true
  for place in next_open, self, 0 do
    if self.beliefs.looked[place] < began then
      self:missing(place, "list", at)
    end
  end
end

--- A look failed. One that failed for all is no reason to look again at once.
function Engine:trouble(place, err, at)
  if place then
    self.troubles[place] = err
  else
    self.look_error, self.look_failed_at = err, at
  end
  for each = place or 1, place or #self.ids do
    self.beliefs:failed(each, at)
  end
  if err.kind == "config" then
    fail_all(self, "denied", err)
  elseif err.kind == "auth" then
    self.denied_at = self.denied_at or at
    if at - self.denied_at >= DENIALS_APART then
      fail_all(self, "denied", err)
    end
  end
end

--- What the goal makes of one now.
local function judge(self, place, s)
  return self.goal(s, self.beliefs:shown(place), self.beliefs:refused(place))
end

-- What it wants of looks ---------------------------------------------------------------------------

--- When its last look is due: so that it is over at the deadline.
local function last_look_at(self)
  return math.max(self.began, self.deadline - math.max(self.last_look, math.min(self.looks.took, LONGEST_LOOK)))
end

--- Was there a look so late that no other one can be over at the deadline? One that began before this call tells it
--- nothing, however long it took.
local function had_last_look(self)
  local over_at, took = self.looks.over_at, self.looks.took
  return over_at - took >= self.began and over_at >= last_look_at(self)
end

local function due_of(self, place)
  local due = self.beliefs:due(place)
  if self.beliefs.situation[place].flying then
    due = math.max(due, self.beliefs.looked[place] + FLYING)
  end
  return due
end

--- What is new is noticed after so many seconds at the latest, if lists show it.
local DISCOVERY = 5

--- By id, when the first one is due; by list, at the mean of when each of them is.
---@param by_id boolean
---@return number due
---@return number latest  when the last look has to begin, unless there was one since
function Engine:due(by_id)
  local first, sum, last = math.huge, 0, last_look_at(self)
  for place in next_open, self, 0 do
    local due = due_of(self, place)
    first, sum = math.min(first, due), sum + due
  end
  if self.discover then
    local over_at = self.looks.over_at
    local is_new = over_at - self.looks.took < self.began -- no look was for it yet
    first = math.min(self.open > 0 and sum / self.open or math.huge, is_new and over_at or over_at + DISCOVERY)
  elseif self.open == 0 then
    return math.huge, math.huge -- it is about to leave
  end
  return (by_id or self.discover) and first or sum / self.open, had_last_look(self) and math.huge or last
end

--- How much sooner than it is due one is looked at if another one is, as a share of the time since its last look.
local SOONER = 0.11

function Engine:each_due(now, act)
  for place in next_open, self, 0 do
    local due, looked = due_of(self, place), self.beliefs.looked[place]
    if now >= due or now >= due - SOONER * (due - looked) or now >= last_look_at(self) then
      act(self.ids[place])
    end
  end
end

local function each_to_get(self, only_shows, now, act)
  for place, s in next_open, self, 0 do
    if judge(self, place, s) == "get" and self.beliefs:get_only_shows(place, now) == only_shows then
      if self.beliefs:get_tells(place, now) then
        act(self.ids[place])
      end
    end
  end
end

function Engine:each_to_get(now, act)
  each_to_get(self, false, now, act)
end

function Engine:each_doubtful(now, act)
  each_to_get(self, true, now, act)
end

--- Those that were not looked at since then.
function Engine:each_unseen(since, act)
  for place in next_open, self, 0 do
    if self.beliefs.looked[place] < since then
      act(self.ids[place])
    end
  end
end

function Engine:each_open(_, act)
  for place in next_open, self, 0 do
    act(self.ids[place])
  end
end

-- What becomes of what was sent --------------------------------------------------------------------

--- Is what was sent as if this goal had sent it? An update to another configuration is not; for a goal that has none of
--- its own, any is: it may bring back what is dead.
local function is_like_own(self, action, detail)
  return action ~= "update" or not self.detail or detail == self.detail
end

--- A stop, delete or update of this one is on its way, by whatever goal.
---@param detail string?  the configuration of an update
function Engine:sending(place, action, at, detail)
  if is_like_own(self, action, detail) then
    self.beliefs:sending(place, action, at)
  end
end

--- What it was answered: "accepted", "refused", "lost", "missing" (not found), "denied" (no permission) or "invalid"
--- (it will be refused whatever its state). The last two are final for a goal that would send the same; to another one,
--- whose goal has sent nothing, they are refusals like others.
---@param place integer
---@param action aicore.Action
---@param answer string
---@param err aicore.Error?
---@param at number
---@param detail string?  the configuration of an update
function Engine:answered(place, action, answer, err, at, detail)
  if answer == "missing" then
    self:missing(place, "send", at)
    return
  elseif not is_like_own(self, action, detail) then
    return
  end
  self.refusals[place] = err
  local is_final = answer == "invalid" or answer == "denied"
  if is_final and judge(self, place, self.beliefs.situation[place]) ~= action then
    answer = "refused"
  end
  if answer == "invalid" then
    fail(self, place, "refused")
  elseif answer ~= "denied" then
    self.beliefs:sent(place, action, answer, at)
  elseif self.beliefs:denied(place, action, at) then
    fail(self, place, "denied", err)
  end
end

--- It was being sent, and will not be answered any more.
function Engine:unanswered(place, action, at, detail)
  local s = self.beliefs.situation[place]
  if s.flying and is_like_own(self, action, detail) then
    self.beliefs:sent(place, s.action, "lost", at)
  end
end

--- What is sent, of what a goal may say.
local SENT = { stop = true, delete = true, update = true }

-- Rounds -------------------------------------------------------------------------------------------

--- Settles what is settled. Returns what is to be sent: ids, and the action of each.
local function decide(self, now)
  local ids, actions = {}, {}
  for place, s in next_open, self, 0 do
    local what, detail = judge(self, place, s)
    if what == "done" then
      settle(self, place, detail)
    elseif what == "fail" then
      fail(self, place, detail)
    elseif SENT[what] and self.beliefs:may_send(place, what, now) then
      ids[#ids + 1], actions[#actions + 1] = self.ids[place], what
    end
  end
  return ids, actions
end

--- Tells the listener, and so perhaps the user, who may take his time.
---@return boolean told
local function tell_changes(self)
  local told = self.changed
  if told and self.listener.changed then
    self.changed = false
    self.listener:changed(self)
  end
  return told
end

--- One round: sends what can be sent, or else waits for a look. False: there is no other.
local function round(self)
  local now = self.group.runtime.now()
  self.cancelled = self.cancelled or self.group:is_closed()
  self.sends:recover()
  local ids, actions = decide(self, now)
  if tell_changes(self) then
    now = self.group.runtime.now()
    ids, actions = decide(self, now) -- meanwhile others may have sent the same
  end
  if self.open == 0 and not self.discover or self.cancelled or self.denied then
    return false
  elseif now >= self.deadline or had_last_look(self) and #ids == 0 then
    return false
  elseif #ids > 0 then
    if self.sends:prepare(#ids, self.deadline) then
      return true
    end
    self.cancelled = self.sends:send(ids, actions, self.deadline, self.detail) or self.cancelled
    self.looks:reconsider()
    return not self.cancelled
  end
  local last = self.deadline < math.huge and self.deadline or now + ENDLESS
  local wake_at = self.slice and math.min(self.deadline, now + self.slice) or self.deadline
  self.cancelled = not self.looks:share(wake_at, last) or self.cancelled
  return true
end

-- What has no places.
local NONE = { ids = {} }

--- What other goals of this client have sent already is not sent again.
local function learn_from_others(self)
  for _, other in ipairs(self.looks:observers()) do
    for place in next_open, other ~= self and self or NONE, 0 do
      local other_place = other:place_of(self.ids[place])
      local action = other_place and other.beliefs.situation[other_place].action
      if
        action
        and is_like_own(self, action, other.detail)
        and self.beliefs:share(place, other.beliefs, other_place)
      then
        self.refusals[place] = other.refusals[other_place]
      end
    end
  end
end

--- Takes part in the looks.
local function join(self)
  self.looks:join(self)
  learn_from_others(self)
end

--- Works until there is something to tell, and leaves the looks until it is called again.
---@param has_something fun(): boolean
---@return boolean go_on  false: nothing more will come
function Engine:step(has_something)
  join(self)
  local go_on
  repeat
    go_on = round(self)
  until not go_on or has_something()
  self.looks:leave(self)
  return go_on
end

--- Works until all is done. What was seen just now may be given, instead of a first look.
---@param known table[]?  records, of a list
---@param at number?      when they were seen
function Engine:run(known, at)
  join(self)
  for _, record in ipairs(known or {}) do
    local place = self.place[record.id]
    if place then
      self:seen(place, record, "list", at)
    end
  end
  known = nil -- luacheck: ignore 311 (ten thousand of them are two megabytes)
  repeat
    local go_on = round(self)
  until not go_on
  self:stop(self.cancelled)
  tell_changes(self)
end

--- Ends it, whatever has happened until now. May be called again.
---@param cancelled boolean  by the host; else it is the deadline that has come
function Engine:stop(cancelled)
  self.looks:leave(self)
  if #self.looks:observers() == 0 then
    self.sends:rest()
  end
  fail_all(self, cancelled and "cancelled" or "timeout")
end

return engine
