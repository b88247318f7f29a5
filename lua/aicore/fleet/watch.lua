--- watch: what becomes of deployments, as an iterator of changes.
-- Rules of this file:
--   A change is a sighting that counts (evidence.lua) and differs from what was told of the same one before. One whose
--   modifiedAt is older than that of what was told is a replica's that is behind, for a while.
--   Of a filter those are told that match when a list shows them first; then all that becomes of them, until they are
--   gone. One that is gone may still be shown by lists that are behind: that is no new one.
--   Between two steps nothing of the watch is left in the client: who breaks out of the loop need not end it.

local calls = require "aicore.fleet.calls"
local errors = require "aicore.model.errors"
local evidence = require "aicore.fleet.evidence"
local filters = require "aicore.model.filter"
local lifecycle = require "aicore.model.lifecycle"
local timestamp = require "aicore.model.timestamp"

local watch = {}

--- What is older than what was told is stale for so long, in seconds; and one that was gone, where it is shown.
local STALE, HAUNTED = 60, 180

---@class aicore.Change
---@field id string
---@field status string          "GONE" at last
---@field target string?         the last one that was seen
---@field before string?         the status that was told before; nil: it is told for the first time
---@field deployment table?      the record; nil: it is gone

---@class aicore.Watch: aicore.Listener
---@field private queue aicore.Change[]
---@field private first integer   of the queue
---@field private told table<string, { status: string, target: string?, stamp: number?, at: number }>
---@field private gone table<string, number>  when
---@field private engine aicore.Engine
---@field private err aicore.Error?
---@field private over boolean
local Watch = {}
Watch.__index = Watch

local function push(self, change)
  self.queue[#self.queue + 1] = change
end

local function pop(self)
  local change = self.queue[self.first]
  if change then
    self.queue[self.first], self.first = false, self.first + 1
  else
    self.queue, self.first = {}, 1
  end
  return change
end

-- What is told -------------------------------------------------------------------------------------

function Watch:seen(id, record, _, _, at)
  local before, stamp = self.told[id], timestamp.parse(record.modifiedAt)
  local target = record.targetStatus or before and before.target
  if before and stamp and before.stamp and stamp < before.stamp and at - before.at < STALE then
    return
  elseif before and before.status == record.status and before.target == target then
    before.at = at
    return
  end
  self.told[id] = { status = record.status, target = target, stamp = stamp, at = at }
  push(self, {
    id = id,
    status = record.status,
    target = target,
    before = before and before.status,
    deployment = record,
  })
end

--- It is gone.
function Watch:settled(id)
  local before, now = self.told[id] or {}, self.engine.group.runtime.now()
  self.told[id] = nil
  for other, at in pairs(self.gone) do
    if now - at >= HAUNTED then
      self.gone[other] = nil
    end
  end
  self.gone[id] = now
  push(self, { id = id, status = lifecycle.GONE, target = before.target, before = before.status })
end

function Watch.stopped() end -- the record says so

function Watch.failed() end -- the time is over, or what else ended all of it

-- The goal: to look, for ever; one that a list lacks is asked for by id.
local function look_on(s)
  return (s.no_list or evidence.wants_get(s)) and "get" or "look"
end

-- Steps --------------------------------------------------------------------------------------------

--- A function that works until there is something to tell. It outlives the coroutine that makes it.
local function working(self)
  local function has_something()
    return self.queue[self.first] ~= nil
  end
  return function()
    return self.engine:step(has_something)
  end
end

--- Nothing more will come: why.
local function finish(self, cancelled)
  local one, fields = self.engine, nil
  one:stop(cancelled or one.cancelled)
  self.over = true
  if cancelled or one.cancelled then
    fields = { kind = "cancelled", message = "ended by the host" }
  elseif one.denied then
    fields = {}
    for name, value in pairs(one.denied) do
      fields[name] = value
    end
  end
  if fields then
    fields.operation = "watch"
    self.err = errors.new(fields)
  end
end

--- The next change; nil: there are no more; false, err: it cannot go on.
---@return aicore.Change|false|nil
---@return aicore.Error?
function Watch:next()
  local change = pop(self)
  while not change and not self.over do
    local results, cancelled = self.engine.group.runtime.gather({ self.work }, 1)
    change = pop(self)
    if cancelled or results[1] == false then
      finish(self, cancelled)
    end
    change = change or pop(self)
  end
  if not change and self.err then
    local err = self.err
    self.err = nil
    return false, err
  end
  return change
end

-- The call -----------------------------------------------------------------------------------------

--- Takes on what lists show that matches.
local function discovering(self, matches, wall)
  return function(one, record, at)
    local gone_at = self.gone[record.id]
    if gone_at and at - gone_at < HAUNTED then
      return
    elseif not matches or matches(record, wall()) then
      one:add { record.id }
      one:seen(one:place_of(record.id), record, "list", at)
    end
  end
end

--- What is watched: ids, or what takes on those that a filter means.
local function read_target(self, caller, call, target)
  local ids = type(target) == "string" and { target } or target
  if type(ids) ~= "table" or ids[1] ~= nil then
    return ids, nil, calls.ids_complaint(caller, "watch", ids)
  end
  local request, _, complaint = caller:search("list", ids)
  if not request then
    return nil, nil, (complaint:gsub("^list", "watch"))
  end
  call.resource_group = request.options.resource_group or call.resource_group
  if request.options.timeout then
    call.deadline = call.began + request.options.timeout
  end
  return {}, discovering(self, filters.matcher(ids), caller.clock.wall)
end

local function iterator(self)
  return function()
    return self:next()
  end
end

---@param caller aicore.Caller
---@param target string|string[]|aicore.Filter
---@param opts table?
---@return fun(): aicore.Change|false|nil, aicore.Error?
function watch.iterate(caller, target, opts)
  local self = setmetatable({ queue = {}, first = 1, told = {}, gone = {}, over = false }, Watch)
  local call, complaint = calls.read(caller, "watch", opts, nil, math.huge)
  local ids, discover
  if call then
    ids, discover, complaint = read_target(self, caller, call, target)
  end
  if complaint then
    errors.misuse(complaint)
  end
  local options = { goal = look_on, listener = self, keep = true, discover = discover }
  self.engine = calls.engine(caller, call, options):add(ids)
  self.work = working(self)
  return iterator(self)
end

return watch
