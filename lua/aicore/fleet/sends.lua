--- How stops and deletes are sent: in batches where the service takes them, else by single calls, as many at a time as
-- it can bear. What came of each is told to all goals that wait for it, as if each had sent it.
-- Rules of this file:
--   A batch that is refused as a whole is halved until the culprit is alone, and that goes by itself; if it is refused
--   there, too, it is what is wrong. 413 halves the size of all that follow.
--   A service that refuses batches for what they are, or three of them before any was accepted, gets none any more.
--   What was not answered, or by a service in trouble, is lost: a look tells what came of it.

local errors = require "aicore.model.errors"
local life = require "aicore.runtime.life"
local lifecycle = require "aicore.model.lifecycle"

local sends = {}

local BATCH = 100 -- items: the service's limit
local BATCHES = 8 -- in flight
local FEW = 3 -- so many are not worth a batch
local REFUSED_AS_A_WHOLE, DENIED = 3, 3

-- Single calls: so many at first, one more per clean window, half as many when it was too much.
local SINGLES, MOST_SINGLES = 8, 32
local TOO_MUCH = { [429] = true, [503] = true }

-- By the status of a whole batch's refusal: there are no batches here; an item is at fault; it is too long.
local NO_BATCHES = { [404] = true, [405] = true, [415] = true, [501] = true }
local CULPRIT = { [400] = true, [422] = true }
local TOO_LONG = 413

---@alias aicore.Item { id: string, targetStatus: "STOPPED"|"DELETED" }

---@class aicore.Sends
---@field private group aicore.Group
---@field private looks aicore.Looks   knows who waits for what
---@field private size integer         items of a batch
---@field private singles integer      at a time
---@field private batches_work boolean a batch was accepted
---@field private refused integer      batches, as a whole, before one was accepted
---@field private denied integer       sends in a row of which a batch was answered that there are none
---@field private no_batches boolean
---@field private takes_batches boolean?  does the service? "No" holds for the next sends only: it may be no answer
---@field private culprits table<string, true>  ids for which a batch was refused as a whole: they go alone
---@field private in_flight table[]    works, see below
local Sends = {}
Sends.__index = Sends

---@param group aicore.Group
---@param looks aicore.Looks
---@return aicore.Sends
function sends.new(group, looks)
  return setmetatable({
    group = group,
    looks = looks,
    size = BATCH,
    singles = SINGLES,
    batches_work = false,
    refused = 0,
    denied = 0,
    no_batches = false,
    culprits = {},
    in_flight = {},
  }, Sends)
end

-- What an answer means -----------------------------------------------------------------------------

--- AI Core refuses with a code of its own; what else says no (a gateway, another service's 404) says nothing of it.
local function is_own(err)
  return err.code ~= nil and err.code ~= tostring(err.status)
end

local function answer_to(err)
  if err.absent then
    return "missing"
  elseif err.kind == "auth" then
    return "denied"
  end
  local refused = is_own(err) and not err.retryable and not err.ambiguous
  return refused and "refused" or "lost"
end

--- Is it the refusal that a batch of this one alone got, too?
local function is_same(err, before)
  return before ~= nil and err.status == before.status and err.code == before.code
end

--- Tells what one of a work was answered.
local function tell(self, work, place, err)
  local answer = err and answer_to(err) or "accepted"
  if answer == "refused" and err.kind ~= "state" and is_same(err, work.suspects[place]) then
    answer = "invalid" -- alone in a batch and by itself, for the same; what its state forbids may be allowed later
  end
  work.answered[place] = true
  local now = self.group.runtime.now()
  self.looks:tell(work.ids[place], "answered", work.actions[place], answer, err, now, work.detail)
end

local function text(value)
  return type(value) == "string" and value or nil
end

--- The error of one item of a batch.
local function item_error(self, id, said)
  said = type(said) == "table" and said or {}
  local code = text(said.code)
  return errors.new {
    kind = "state",
    operation = "batch",
    id = id,
    message = text(said.message) or "refused without a reason",
    code = code,
    request_id = text(said.requestId) or text(said.requestID),
    target = text(said.target),
    details = said.details,
    absent = code ~= nil and self.group:says_absent(code) or nil,
    retryable = false,
  }
end

-- Batches ------------------------------------------------------------------------------------------
-- A work is { ids, actions (of each), detail (the configuration of an update), answered (by place), singles (places of
-- those that go alone), suspects (by place: the error of a batch of it alone), deadline, life (of the coroutine that
-- sends) }, and the list of the functions that send its batches, which grows while it is worked off. A batch is a range
-- of its ids.

local function tell_range(self, work, first, last, err)
  for place = first, last do
    tell(self, work, place, err)
  end
end

local function go_alone(work, first, last)
  for place = first, last do
    work.singles[#work.singles + 1] = place
  end
end

local send_batch

--- Puts a range into the work's list, in batches of at most this size.
local function enqueue(self, work, first, last, size)
  for from = first, last, size do
    work[#work + 1] = send_batch(self, work, from, math.min(from + size - 1, last))
  end
end

--- Does a batch's refusal tell that the service takes none? Not at once where it has taken one before, or where it may
--- not be AI Core that says so; but where nothing else was answered to the batches of several sends.
local function takes_none(self, work, err)
  if not NO_BATCHES[err.status] then
    return false
  elseif not work.denied then
    work.denied, self.denied = true, self.denied + 1
  end
  local is_clear = not self.batches_work and (err.status ~= 404 or is_own(err))
  return is_clear or self.denied >= DENIED
end

--- A batch was refused as a whole: its items go in smaller ones, or alone, or are told.
local function handle_refusal(self, work, first, last, err)
  local count = last - first + 1
  local too_long, culprit = err.status == TOO_LONG, CULPRIT[err.status] == true
  if (too_long or culprit) and not self.batches_work then
    self.refused = self.refused + 1
  end
  if too_long then
    self.size = math.max(1, math.min(self.size, math.floor(count / 2)))
  end
  local none_here = takes_none(self, work, err)
  self.no_batches = self.no_batches or none_here or self.refused >= REFUSED_AS_A_WHOLE
  if none_here or self.no_batches and (too_long or culprit) then
    go_alone(work, first, last)
  elseif (too_long or culprit) and count > 1 then
    enqueue(self, work, first, last, math.min(self.size, math.ceil(count / 2)))
  elseif culprit then
    self.culprits[work.ids[first]], work.suspects[first] = true, err
    go_alone(work, first, first)
  else
    tell_range(self, work, first, last, err)
  end
end

local UNANSWERED = errors.new { kind = "protocol", message = "the batch's answer says nothing of it", retryable = true }

local function tell_answers(self, work, first, last, answers)
  local said = {}
  for _, answer in ipairs(answers) do
    said[answer.id] = answer
  end
  for place = first, last do
    local answer = said[work.ids[place]]
    if not answer then
      tell(self, work, place, UNANSWERED)
    else
      tell(self, work, place, answer.error ~= nil and item_error(self, answer.id, answer.error) or nil)
    end
  end
end

--- A function that sends one batch.
function send_batch(self, work, first, last)
  return function()
    if self.no_batches then
      return go_alone(work, first, last)
    end
    local items = {}
    for place = first, last do
      items[#items + 1] = { id = work.ids[place], targetStatus = lifecycle.targets[work.actions[place]] }
    end
    local answers, err = self.group:batch(items, work.deadline)
    if answers then
      self.batches_work, self.denied = true, 0
      tell_answers(self, work, first, last, answers)
    else
      handle_refusal(self, work, first, last, err)
    end
  end
end

-- Single calls -------------------------------------------------------------------------------------

--- A function that sends one. It returns the HTTP status of a failure.
local function send_single(self, work, place)
  return function()
    local _, err = self.group[work.actions[place]](self.group, work.ids[place], work.deadline, work.detail)
    tell(self, work, place, err)
    return err and err.status
  end
end

--- Those that go alone, in windows, each as wide as the last one has shown to be good.
---@return boolean cancelled
local function send_singles(self, work)
  local at, cancelled = 1, false
  while at <= #work.singles and not cancelled do
    local functions = {}
    for i = at, math.min(at + self.singles - 1, #work.singles) do
      functions[#functions + 1] = send_single(self, work, work.singles[i])
    end
    at = at + #functions
    local statuses
    statuses, cancelled = self.group.runtime.gather(functions, #functions)
    local clean = true
    for _, status in pairs(statuses) do
      clean = clean and not TOO_MUCH[status]
    end
    self.singles = clean and math.min(self.singles + 1, MOST_SINGLES) or math.max(1, math.floor(self.singles / 2))
  end
  return cancelled
end

-- Sending ------------------------------------------------------------------------------------------

--- What of it is in flight and will not be answered any more is lost.
local function give_up(self, work)
  for place, id in ipairs(work.ids) do
    if not work.answered[place] then
      self.looks:tell(id, "unanswered", work.actions[place], self.group.runtime.now(), work.detail)
    end
  end
end

-- What a coroutine sends is lost, as far as can be told, if it has died, by an error or as its host has dropped it, or
-- is in another loop, which may be left for good.
local LOST = { dead = true, elsewhere = true }

--- What is lost is told.
function Sends:recover()
  for i = #self.in_flight, 1, -1 do
    local work = self.in_flight[i]
    if LOST[work.life()] then
      table.remove(self.in_flight, i)
      give_up(self, work)
    end
  end
end

--- No goal waits any more: what was learned of single ids is forgotten.
function Sends:rest()
  self.culprits = {}
end

local function forget(self, work)
  for i = #self.in_flight, 1, -1 do
    if self.in_flight[i] == work then
      table.remove(self.in_flight, i)
    end
  end
end

--- The work of sending these; those at which batches have failed before stand last.
---@return table work
---@return integer count  of those before them
local function new_work(self, ids, actions, deadline, detail)
  local work = { ids = {}, actions = {}, answered = {}, suspects = {}, singles = {}, detail = detail }
  work.deadline, work.life = deadline, life.of(self.group.runtime)
  local together
  for _, alone in ipairs { false, true } do
    for i, id in ipairs(ids) do
      if (self.culprits[id] or false) == alone then
        work.ids[#work.ids + 1], work.actions[#work.actions + 1] = id, actions[i]
      end
    end
    together = together or #work.ids
  end
  return work, together
end

--- Asks what has to be known before so many are sent.
---@param count integer
---@param deadline number
---@return boolean asked  that may have taken its time: what was decided before may be outdated
function Sends:prepare(count, deadline)
  if count <= FEW or self.no_batches or self.takes_batches ~= nil then
    return false
  end
  self.takes_batches = self.group:takes_batches(deadline)
  return true
end

--- Sends all, and tells the goals that wait for them what came of each.
---@param ids string[]
---@param actions aicore.Action[]  of each of them; an update goes alone
---@param deadline number
---@param detail string?  the configuration of an update
---@return boolean cancelled  the host has ended it
function Sends:send(ids, actions, deadline, detail)
  local now = self.group.runtime.now()
  for i, id in ipairs(ids) do
    self.looks:tell(id, "sending", actions[i], now, detail)
  end
  local work, count = new_work(self, ids, actions, deadline, detail)
  self.in_flight[#self.in_flight + 1] = work
  self:prepare(count, deadline)
  local batches = count > FEW and not self.no_batches and self.takes_batches
  local _, cancelled = nil, false
  if not self.takes_batches then
    self.takes_batches = nil
  end
  go_alone(work, batches and count + 1 or 1, #work.ids)
  if batches then
    enqueue(self, work, 1, count, self.size)
    _, cancelled = self.group.runtime.gather(work, BATCHES)
  end
  cancelled = cancelled or send_singles(self, work)
  forget(self, work)
  if cancelled then
    give_up(self, work)
  end
  return cancelled
end

return sends
