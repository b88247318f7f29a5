--- Looks at many deployments with few requests: everybody who waits in a resource group shares them.
-- Up to three are asked for by id, more by one list. What a list does not show is only a hint that it
-- is gone: AI Core's 404 says so for certain, and so do several complete lists in a row.

local errors = require "aicore.model.errors"
local lifecycle = require "aicore.model.lifecycle"
local refusal = require "aicore.call.refusal"
local single_flight = require "aicore.call.single_flight"

local unpack = table.unpack or unpack

local watch = {}

--- As many are still asked for one by one.
local FEW = 3

--- So many complete lists without it make a deployment absent: fewer if its deletion was accepted.
local ABSENCES, ABSENCES_AFTER_DELETE = 3, 2

--- The last look begins at the deadline; so many seconds may it take.
local LAST_LOOK = 2

--- What a list says of one that came too late for it.
local UNSEEN = errors.new { kind = "protocol", message = "not looked at yet" }

--- After so many lists that do not add up, so many are asked for by id with each further one.
local MOST_DOUBTS, MOST_ASKED = 2, 32

--- How often one that waits looks whether another's look is over, or has told it something, in seconds.
local GLANCE, NAP = 0.02, 1

---@class aicore.Watch
---@field looks integer          counts those that are over
---@field looking aicore.SingleFlight?  the last one
local Watch = {}
Watch.__index = Watch

---@param port aicore.Group
---@return aicore.Watch
function watch.new(port)
  return setmetatable({
    port = port,
    observers = {}, -- id -> a function, or a list of them
    count = 0,
    absences = {}, -- id -> lists in a row that did not show it
    leaving = {}, -- id -> true: its deletion was accepted
    doubts = 0, -- lists in a row that did not add up
    looks = 0,
  }, Watch)
end

--- Tells a function of every look at a deployment: it gets (id, look), as wait.lua has it.
---@param id string
---@param observer fun(id: string, look: aicore.wait.Look)
function Watch:add(id, observer)
  local present = self.observers[id]
  if not present then
    self.observers[id] = observer
    self.count = self.count + 1
  elseif type(present) == "table" then
    present[#present + 1] = observer
  else
    self.observers[id] = { present, observer }
  end
end

--- Tells it no more.
function Watch:remove(id, observer)
  local present = self.observers[id]
  if type(present) == "table" then
    for i = #present, 1, -1 do
      if present[i] == observer then
        table.remove(present, i)
      end
    end
    if #present > 0 then
      return
    end
  elseif present ~= observer then
    return
  end
  self.observers[id], self.absences[id], self.leaving[id] = nil, nil, nil
  self.count = self.count - 1
end

--- The deletion of this one was accepted: its absence is expected.
---@param id string
function Watch:expect_absence(id)
  self.leaving[id] = true
end

local function tell(self, id, look)
  local present = self.observers[id]
  if type(present) ~= "table" then
    return present and present(id, look)
  end
  for _, observer in ipairs { unpack(present) } do -- a copy: they may leave meanwhile
    observer(id, look)
  end
end

local function ids_of(self)
  local ids = {}
  for id in pairs(self.observers) do
    ids[#ids + 1] = id
  end
  return ids
end

local function note_presence(self, deployment)
  local id = deployment.id
  self.absences[id] = nil
  if deployment.targetStatus == lifecycle.targets.delete then
    self.leaving[id] = true
  end
  tell(self, id, { deployment = deployment })
end

-- By id --------------------------------------------------------------------------------------------

---@return aicore.Error? cancelled
local function look_at(self, id, deadline)
  local deployment, err = self.port:status(id, deadline)
  if deployment then
    note_presence(self, deployment)
  elseif err.kind == "cancelled" then
    return err
  else
    tell(self, id, refusal.is_absent(err) and { absent = true } or { err = err })
  end
end

local function look_by_id(self, deadline)
  for _, id in ipairs(ids_of(self)) do
    local cancelled = look_at(self, id, deadline)
    if cancelled then
      return cancelled
    end
  end
end

-- By list ------------------------------------------------------------------------------------------

local HINT = errors.new { kind = "protocol", message = "not in the list, which may mean that it is gone", hint = true }

local function note_absence(self, id)
  local absences = (self.absences[id] or 0) + 1
  self.absences[id] = absences
  local enough = self.leaving[id] and ABSENCES_AFTER_DELETE or ABSENCES
  tell(self, id, absences >= enough and { absent = true } or { err = HINT })
end

--- Pages that shift while they are read may hide a deployment. Then their sum is not what they say;
--- where `count` is only the page's own length, or no number at all, nothing is said.
local function is_complete(pages)
  local total, own_lengths, same = 0, true, true
  for _, page in ipairs(pages) do
    if type(page.count) ~= "number" then
      return true
    end
    total = total + page.length
    own_lengths = own_lengths and page.count == page.length
    same = same and page.count == pages[1].count
  end
  return own_lengths or same and pages[1].count == total
end

--- What to do about those that a list did not show. Where lists never add up, a few are asked for by id each time.
local function note_absences(self, found, complete, deadline)
  self.doubts = complete and 0 or self.doubts + 1
  local asked = 0
  for _, id in ipairs(ids_of(self)) do
    if not found[id] and complete then
      note_absence(self, id)
    elseif not found[id] and self.doubts > MOST_DOUBTS and asked < MOST_ASKED then
      asked = asked + 1
      local cancelled = look_at(self, id, deadline)
      if cancelled then
        return cancelled
      end
    end
  end
end

--- What the list shows is told at once, so that no more than a page is held.
local function look_by_list(self, deadline)
  local next_page = self.port:pages(deadline)
  local found, pages = {}, {}
  local page, err, count = next_page()
  while page do
    pages[#pages + 1] = { length = #page, count = count }
    for _, deployment in ipairs(page) do
      if self.observers[deployment.id] then
        found[deployment.id] = true
        note_presence(self, deployment)
      end
    end
    page = nil -- luacheck: ignore 311
    page, err, count = next_page(true)
  end
  if err and err.kind == "cancelled" then
    return err
  end
  if not err then
    return note_absences(self, found, is_complete(pages), deadline)
  end
  for _, id in ipairs(ids_of(self)) do
    tell(self, id, { err = err })
  end
end

-- Sharing ------------------------------------------------------------------------------------------

local function ended_by_host()
  return errors.new { kind = "cancelled", message = "ended by the host", operation = "wait" }
end

--- Looks now, on behalf of all.
---@param deadline number  of the requests
---@return aicore.Error? cancelled  the look was ended by the host, and told nobody anything
function Watch:look(deadline)
  local cancelled
  self.looking = single_flight.new(self.port.runtime.now())
  local waited = self.looking:run(self.port.runtime, function()
    local by = self.count <= FEW and look_by_id or look_by_list
    cancelled = by(self, deadline)
    if not cancelled then
      self.looks = self.looks + 1
    end
  end)
  return not waited and ended_by_host() or cancelled
end

local function is_looking(self)
  local looking = self.looking
  return looking and not looking.over and not looking:is_abandoned(self.port.runtime.now())
end

--- Waits until a look later than `since` is over; makes one when it is due and nobody else has.
---@param since integer   self.looks as it was at the one before
---@param due number      when a look is due, on the runtime's clock
---@param deadline number of the requests
---@return aicore.Error? cancelled
function Watch:share(since, due, deadline)
  local runtime = self.port.runtime
  while self.looks == since do
    local now = runtime.now()
    local left = due - now
    local looking = is_looking(self)
    local pause = looking and GLANCE or left > 0 and math.min(left, NAP)
    if looking and now >= deadline then
      return nil -- the look of others takes too long for whoever asks
    elseif not pause then
      local cancelled = self:look(deadline)
      if cancelled then
        return cancelled
      end
    elseif not runtime.sleep(pause) then
      return ended_by_host()
    end
  end
end

--- Waits for one deployment.
---@param self aicore.Watch
---@param machine aicore.wait.Machine
---@param random fun(): number
---@param on_progress fun(p: aicore.Progress)?
---@return table|true|nil deployment
---@return aicore.WaitError? err
function watch.wait(self, machine, random, on_progress)
  local runtime, seen = self.port.runtime, { err = UNSEEN }
  local function observer(_, look)
    seen = look
  end
  self:add(machine.id, observer)
  local delay, action, value = 0
  repeat
    local late = machine.pace.last and LAST_LOOK or 0
    local cancelled = self:share(self.looks, runtime.now() + delay, machine.pace.deadline + late)
    local now = runtime.now()
    if cancelled then
      action, value = "fail", machine:failure(cancelled, now)
    else
      local changed
      action, value, changed = machine:step(seen, now, random())
      seen, delay = { err = UNSEEN }, value
      if changed and on_progress then
        on_progress(machine:progress(now))
      end
    end
  until action ~= "look"
  self:remove(machine.id, observer)
  if action == "done" then
    return value
  end
  return nil, value
end

return watch
