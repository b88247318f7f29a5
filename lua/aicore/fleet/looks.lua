--- Looks at deployments, shared by all goals that wait in a resource group: few are asked for by id, more by one list.
-- What a look shows is told at once to every goal that has the deployment; what it proves is the evidence's matter.
-- Rules of this file:
--   One coroutine looks on behalf of all (single flight); if its host drops it, another one takes over.
--   A list shows what it shows while it is read, and what it lacks only once it is complete (pages.lua). It is read no
--   further once all that are waited for were seen.
--   A GET that hangs holds up the others no longer than the service's good answers let expect.
--   A goal is known by its coroutine, and forgotten when that is dead: nginx drops light threads without a word.

local life = require "aicore.runtime.life"
local single_flight = require "aicore.call.single_flight"

local looks = {}

--- By id, if there are not more than the first; or than the second, if that is this share of the group's last list.
local FEW, MANY, SHARE = 3, 32, 1 / 100

--- So many are asked for by id at a time.
local AT_ONCE = 32

--- While others wait for it, a GET may take so long: seconds, at least, as the longest pause between two looks; and
--- times the slowest of the last good answers.
local PATIENCE, PATIENCE_SHARE = 10, 4

--- The first page of a group of which nothing is known, where few are waited for: if that is a small part of it, GETs
--- are cheaper than the rest.
local SAMPLE = 500

--- So many observers are asked one by one whether they wait for a record of a list.
local MOST_ASKED = 3

--- After more lists in a row that were not complete, or failed, some are asked for by id beside each further one.
local MOST_DOUBTS = 2

--- Another goal may join whose look is due before, and shows something to all: so none sleeps longer than this, in
--- seconds, or than a millisecond for each of those that wait.
local NAP, LONGEST_NAP = 0.1, 1

--- The share by which the time until the next look may turn out shorter or longer.
local JITTER = 0.1

---@class aicore.Observer  a goal, as looks see it; sends.lua calls its sending, answered and unanswered (engine.lua)
---@field open integer  how many it waits for
---@field place_of fun(self, id: string): integer?  where one stands that it waits for
---@field seen fun(self, place: integer, record: table, by: "get"|"list", at: number)
---@field missing fun(self, place: integer, by: "get", at: number)
---@field unlisted fun(self, began: number, at: number)  a complete list that began then lacks what was not seen since
---@field trouble fun(self, place: integer?, err: aicore.Error, at: number)  a look failed: at this one, or at all
---@field due fun(self, by_id: boolean): number, number  when it wants to look again, and when at the latest
---@field each_due fun(self, now: number, act: fun(id: string))   those that are due, where looks go by id
---@field each_to_get fun(self, now: number, act: fun(id: string))  where they do not: what a GET has to tell about
---@field each_doubtful fun(self, now: number, act: fun(id: string))  the same about those of which a GET can only tell
---       that they are there
---@field each_unseen fun(self, since: number, act: fun(id: string))
---@field each_open fun(self, now: number, act: fun(id: string))
---@field discover fun(self, record: table, at: number)?  a list shows one that it does not wait for: all go by list

---@class aicore.Looks
---@field group aicore.Group
---@field count integer       looks that are over
---@field took number         seconds, the last one
---@field over_at number      when the last one was over, on the runtime's clock; -math.huge: there was none
---@field private due_at number?  when the next one is due; nil: it has to be worked out anew
---@field private patience number  seconds that a GET may take while others wait
---@field private in_vain boolean? no GET of the last look with several had a good answer
---@field private doubtful aicore.Reader?  the last list, if it was not complete
---@field private doubts integer  lists in a row that were not, or could not be read
---@field private turn integer    how many were asked for by id beside such lists
---@field private size integer?  records in the group's last list
---@field private members { observer: aicore.Observer, life: fun(): string }[]
---@field private flight aicore.SingleFlight?
local Looks = {}
Looks.__index = Looks

---@param group aicore.Group
---@return aicore.Looks
function looks.new(group)
  return setmetatable({
    group = group,
    members = {},
    count = 0,
    took = 0,
    patience = PATIENCE,
    doubts = 0,
    turn = 0,
    over_at = -math.huge,
  }, Looks)
end

-- Who waits ----------------------------------------------------------------------------------------

--- Tells an observer of every look from now on, until it leaves or the running coroutine is dead.
---@param observer aicore.Observer
function Looks:join(observer)
  self.members[#self.members + 1] = { observer = observer, life = life.of(self.group.runtime) }
  self.due_at = nil
end

---@param observer aicore.Observer
function Looks:leave(observer)
  for i = #self.members, 1, -1 do
    if self.members[i].observer == observer then
      table.remove(self.members, i)
    end
  end
  self.due_at = nil
  if #self.members == 0 then
    self.doubtful = nil -- it holds ten thousand ids
  end
end

--- An observer wants the next look at another time than before.
function Looks:reconsider()
  self.due_at = nil
end

--- The observers, without those whose coroutine is dead. A list of its own: they may leave while it is gone through.
---@return aicore.Observer[]
function Looks:observers()
  local alive = {}
  for i = #self.members, 1, -1 do
    local member = self.members[i]
    if member.life() == "dead" then
      table.remove(self.members, i)
    else
      alive[#alive + 1] = member.observer
    end
  end
  return alive
end

--- Tells all goals that wait for this one, by the method of the observer: (place, ...).
---@param id string
---@param method string
function Looks:tell(id, method, ...)
  for i = #self.members, 1, -1 do
    local observer = self.members[i].observer
    local place = observer:place_of(id)
    if place then
      observer[method](observer, place, ...)
    end
  end
end

local function open_count(self)
  local count = 0
  for _, observer in ipairs(self:observers()) do
    count = count + observer.open
  end
  return count
end

--- Those that want to hear of what is new.
local function discoverers(self)
  local found = {}
  for _, observer in ipairs(self:observers()) do
    found[#found + 1] = observer.discover and observer or nil
  end
  return found
end

--- Is the next look a GET of each, rather than one list?
---@return boolean
function Looks:by_id()
  if discoverers(self)[1] then
    return false
  end
  local most = self.size and math.max(FEW, math.min(MANY, self.size * SHARE)) or FEW
  return open_count(self) <= most
end

--- What `method` of the observers names, each id once, in an order that does not depend on chance. `ids`, if given,
--- stand first.
local function collect(self, method, now, ids)
  local known = {}
  ids = ids or {}
  for _, id in ipairs(ids) do
    known[id] = true
  end
  local function take(id)
    if not known[id] then
      ids[#ids + 1], known[id] = id, true
    end
  end
  for _, observer in ipairs(self:observers()) do
    observer[method](observer, now, take)
  end
  return ids
end

-- By id --------------------------------------------------------------------------------------------

--- One GET, and what it tells. A function of its own, as another coroutine runs it. It returns the seconds that a good
--- answer took.
---@param patience number    seconds
---@param missing string[]   one that is not found is added to it
local function get_one(self, id, deadline, patience, missing)
  return function()
    local runtime = self.group.runtime
    local began = runtime.now()
    local record, err = self.group:status(id, math.min(deadline, began + patience))
    local now = runtime.now()
    if record then
      self:tell(id, "seen", record, "get", now)
    elseif err.absent then
      missing[#missing + 1] = id
      self:tell(id, "missing", "get", now)
    else
      self:tell(id, "trouble", err, now)
      return nil
    end
    return now - began
  end
end

--- What the good answers let expect of the next ones; where there was none, twice in a row, the service may be slow as
--- a whole.
local function learn_patience(self, seconds)
  local slowest = 0
  for _, took in pairs(seconds) do
    slowest = math.max(slowest, took)
  end
  if next(seconds) ~= nil then
    self.patience, self.in_vain = math.max(PATIENCE, PATIENCE_SHARE * slowest), false
  elseif self.in_vain then
    self.patience = 2 * self.patience
  else
    self.in_vain = true
  end
end

--- Asks for these by id, many at once, so that a slow answer holds up none of the others for long.
---@return string[] missing    those that were not found
---@return boolean? cancelled  the host ends it
local function get(self, ids, deadline)
  local missing = {}
  if #ids == 1 and open_count(self) == 1 then
    get_one(self, ids[1], deadline, math.huge, missing)()
    return missing
  elseif #ids == 0 then
    return missing
  end
  local functions = {}
  for i, id in ipairs(ids) do
    functions[i] = get_one(self, id, deadline, self.patience, missing)
  end
  local seconds, cancelled = self.group.runtime.gather(functions, AT_ONCE)
  learn_patience(self, seconds)
  return missing, cancelled
end

-- By list ------------------------------------------------------------------------------------------

local NOBODY = {}

--- Who waits for which id: few observers are asked one by one, for many a table is made, for the time of one list.
---@return fun(id: string): aicore.Observer[]
local function audience(all, now)
  if #all <= MOST_ASKED then
    return function()
      return all
    end
  end
  local by_id = {}
  for _, observer in ipairs(all) do
    observer:each_open(now, function(id)
      by_id[id] = by_id[id] or {}
      table.insert(by_id[id], observer)
    end)
  end
  return function(id)
    return by_id[id] or NOBODY
  end
end

--- Tells what a page shows. Returns how many of those that are waited for that were.
local function show(page, waiting_for, discovering, at)
  local shown = 0
  for i = 1, #page do
    local record = page[i]
    for _, observer in ipairs(discovering) do
      if not observer:place_of(record.id) then
        observer:discover(record, at)
      end
    end
    for _, observer in ipairs(waiting_for(record.id)) do
      local place = observer:place_of(record.id)
      if place then
        observer:seen(place, record, "list", at)
        shown = shown + 1
      end
    end
  end
  return shown
end

--- Does the list tell what is not in it? If it is not complete, but shows the same as the last one, its count is odd.
local function is_complete(self, reader)
  local same = not reader.complete and self.doubtful and reader:shows_the_same(self.doubtful)
  self.doubtful = not reader.complete and reader or nil
  return reader.complete or same
end

--- As many as are asked for at a time, and no more than `most`, with each call the next ones.
local function some_of(self, ids, most)
  local some = {}
  for i = 1, math.min(AT_ONCE, most or #ids) do
    some[i] = ids[(self.turn + i - 1) % #ids + 1]
  end
  self.turn = self.turn + #some
  return some
end

--- One list, and what it tells. It is left early where nothing more is to be learned, or GETs turn out to be cheaper.
---@return string[] doubtful  ids that a GET should tell more about, as lists cannot
local function read_list(self, deadline)
  local runtime = self.group.runtime
  local began, left, all, discovering = runtime.now(), open_count(self), self:observers(), discoverers(self)
  local waiting_for, whole = audience(all, began), discovering[1] ~= nil
  local reader = self.group:read(deadline, not self.size and left <= MANY and not whole and SAMPLE or nil)
  local page, err = reader:next()
  while page do
    self.size = reader.total
    left = left - show(page, waiting_for, discovering, runtime.now())
    page = nil -- luacheck: ignore 311 (before the next one is read)
    if not whole and (left <= 0 or not reader.over and reader.pages == 1 and self:by_id()) then
      reader:let_go()
      return {}
    end
    page, err = reader:next(true)
  end
  local now, complete = runtime.now(), not err and is_complete(self, reader)
  self.doubts = complete and 0 or self.doubts + 1
  local unseen = self.doubts > MOST_DOUBTS and collect(self, "each_unseen", began)
  for _, observer in ipairs(all) do
    if complete then
      observer:unlisted(began, now)
    else
      observer:trouble(nil, err or reader:incomplete(), now)
    end
  end
  return unseen or collect(self, "each_doubtful", now)
end

local function is_awaited(self, id)
  for _, observer in ipairs(self:observers()) do
    if observer:place_of(id) then
      return true
    end
  end
  return false
end

--- Goes on with what lists cannot tell, while that shows that some of it is gone. What was not found is asked for once
--- more, which proves it where a delete is known.
---@param doubtful string[]  as many of them as go together were asked for
---@param asked string[]     all that were
---@param missing string[]   those of them that were not found
---@return boolean? cancelled
local function get_on(self, doubtful, asked, missing, deadline)
  local left, times, cancelled = #doubtful - AT_ONCE, {}, nil
  for _, id in ipairs(asked) do
    times[id] = 1
  end
  while #missing > 0 and not cancelled do
    local ids = {}
    for _, id in ipairs(some_of(self, doubtful, left)) do
      if not times[id] then
        ids[#ids + 1], times[id] = id, 1
      end
    end
    for _, id in ipairs(missing) do
      if times[id] == 1 and is_awaited(self, id) then
        ids[#ids + 1], times[id] = id, 2
      end
    end
    left = left - AT_ONCE
    missing, cancelled = get(self, ids, deadline)
  end
  return cancelled
end

-- Sharing ------------------------------------------------------------------------------------------

--- One look on behalf of all. A function of its own: it outlives the coroutine that begins it. `flight` is told if the
--- host has cut it short.
local function look(self, flight, deadline)
  return function()
    local runtime = self.group.runtime
    local began, doubtful = runtime.now(), {}
    if not self:by_id() then
      doubtful = read_list(self, deadline)
    end
    local wanted = self:by_id() and "each_due" or "each_to_get"
    local ids = collect(self, wanted, runtime.now(), some_of(self, doubtful))
    if self.in_vain then
      ids = some_of(self, ids) -- until one is answered
    end
    local missing, cut_short = get(self, ids, deadline)
    if #doubtful > 0 and not cut_short then
      cut_short = get_on(self, doubtful, ids, missing, deadline)
    end
    flight.cut_short = cut_short
    if #self.members == 0 then
      self.doubtful = nil -- who began it has left before it was over
    end
    self.over_at = runtime.now()
    self.count, self.took, self.due_at = self.count + 1, self.over_at - began, nil
  end
end

--- When the next look is due, of all goals. It comes a little sooner or later, so that programs that began together do
--- not go on together; and lists that take long take no more than half of the time. No goal's last look is put off.
local function due(self, now)
  if not self.due_at then
    local by_id, earliest, latest = self:by_id(), math.huge, math.huge
    for _, observer in ipairs(self:observers()) do
      local wanted, last = observer:due(by_id)
      earliest, latest = math.min(earliest, wanted), math.min(latest, last)
    end
    if earliest > now and earliest < math.huge then
      earliest = earliest + JITTER * (2 * self.group.random() - 1) * (earliest - now)
    end
    self.due_at = math.min(latest, by_id and earliest or math.max(earliest, self.over_at + self.took))
  end
  return self.due_at
end

local function nap(self)
  return math.min(LONGEST_NAP, math.max(NAP, #self.members / 1000))
end

--- Waits until there was a look, by this goal or another one, or until `wake_at`. The goal looks itself when one is due
--- and no other is at it.
---@param wake_at number   on the runtime's clock
---@param deadline number  of the requests
---@return boolean go_on   false: the host has ended it
function Looks:share(wake_at, deadline)
  local runtime, count = self.group.runtime, self.count
  while self.count == count do
    local flight, now = self.flight, runtime.now()
    if flight and not flight.over and not flight:is_abandoned(now) then
      local why = flight:follow(runtime, math.min(wake_at, deadline))
      if why then
        return why ~= "cancelled"
      end
    elseif now >= wake_at or self.group:is_closed() then
      return true
    else
      local pause = math.min(due(self, now), wake_at) - now
      if pause <= 0 then
        flight = single_flight.new(now)
        self.flight = flight
        return flight:run(runtime, look(self, flight, deadline)) and not flight.cut_short
      elseif not runtime.sleep(math.min(pause, nap(self))) then
        return false
      end
    end
  end
  return true
end

return looks
