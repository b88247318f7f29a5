--- watch: what becomes of deployments, as an iterator of changes.
-- Rules of this file:
--   A change is a sighting that counts (evidence.lua) and differs from what was told of the same one before. One whose
--   modifiedAt is older than that of what was told is a replica's that is behind, for a while.
--   Of a filter those are told that match when a list shows them first; then all that becomes of them, until they are
--   gone. One that is gone may still be shown by lists that are behind: that is no new one.
--   Between two steps nothing of the watch is left in the client: who breaks out of the loop need not end it.

local calls = require "aicore.fleet.calls"
local errors = require "aicore.model.errors"
local everywhere = require "aicore.fleet.everywhere"
local evidence = require "aicore.fleet.evidence"
local filters = require "aicore.model.filter"
local groups = require "aicore.call.groups"
local lifecycle = require "aicore.model.lifecycle"
local timestamp = require "aicore.model.timestamp"

local watch = {}

--- What is older than what was told is stale for so long, in seconds; and one that was gone, where a list shows it.
local STALE, HAUNTED = 60, 3600

--- What one resource group has to tell waits no longer for the others' looks, in seconds.
local SLICE = 0.5

---@class aicore.Change
---@field id string
---@field status string          "GONE" at last
---@field target string?         the last one that was seen
---@field before string?         the status that was told before; nil: it is told for the first time
---@field deployment table?      the record; nil: it is gone
---@field resource_group string? where all resource groups are watched

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
---@param has_something fun(): boolean
local function working(self, has_something)
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

--- What there is to tell, without a look: a change; false and why it cannot go on; nil: nothing.
---@return aicore.Change|false|nil
---@return aicore.Error?
function Watch:take()
  local change, err = pop(self), self.err
  if change or not err then
    return change
  end
  self.err = nil
  return false, err
end

function Watch:has_something()
  return self.queue[self.first] ~= nil
end

--- The next change; nil: there are no more; false, err: it cannot go on.
---@return aicore.Change|false|nil
---@return aicore.Error?
function Watch:next()
  local change, err = self:take()
  while change == nil and not self.over do
    local results, cancelled = self.engine.group.runtime.gather({ self.work }, 1)
    if cancelled or results[1] == false then
      finish(self, cancelled)
    end
    change, err = self:take()
  end
  return change, err
end

-- The call -----------------------------------------------------------------------------------------

---@class aicore.WatchTarget  what is watched, and where
---@field caller aicore.Caller
---@field call aicore.Call
---@field ids string[]
---@field request aicore.Request?  of the list that a filter means
---@field matches function?        which of them; see filter.matcher

--- Takes on what lists show that matches.
local function discovering(self, target)
  local matches, wall = target.matches, target.caller.clock.wall
  return function(one, record, at)
    local gone_at = self.gone[record.id]
    if gone_at and at - gone_at < HAUNTED then
      return
    elseif not matches or matches(record, wall(), target.request.retires) then
      one:add { record.id }
      one:seen(one:place_of(record.id), record, "list", at)
    end
  end
end

--- One in the call's resource group. With `has_something` it shares its steps with others, and so takes short ones.
local function new(target, call, has_something)
  local self = setmetatable({ queue = {}, first = 1, told = {}, gone = {}, over = false }, Watch)
  local options = { goal = look_on, listener = self, keep = true, slice = has_something and SLICE }
  options.discover = target.request and discovering(self, target)
  self.engine = calls.engine(target.caller, call, options):add(target.ids)
  self.work = working(self, has_something or function()
    return self:has_something()
  end)
  return self
end

-- In all resource groups -----------------------------------------------------------------------------

---@class aicore.WatchOfAll  a watch of each; they take their steps together
---@field private target aicore.WatchTarget
---@field private watches aicore.Watch[]  of those that are not over
local All = {}
All.__index = All

--- The watches of all groups.
---@return aicore.Watch[]|nil
---@return aicore.Error? err
local function watches_of(target)
  local caller, request, list = target.caller, target.request, {}
  local names, err = groups.names(caller, request, caller:deadline(request))
  local function has_something()
    for _, one in ipairs(list) do
      if one:has_something() then
        return true
      end
    end
    return false
  end
  for i, name in ipairs(names or {}) do
    list[i] = new(target, everywhere.own_call(target.call, name, #names), has_something)
    list[i].name = name
  end
  return names and list, err
end

--- What one of them has to tell; those that are over go.
local function take_any(self)
  for i = #self.watches, 1, -1 do
    local one = self.watches[i]
    local change, err = one:take()
    if change == nil and one.over then
      table.remove(self.watches, i)
    elseif change ~= nil then
      local about = change and (change.deployment or {}) or err
      about.resource_group = one.name
      if change then
        change.resource_group = one.name
      end
      return change, err
    end
  end
end

--- As Watch:next. A group that may not be read gives false, err; the others go on.
---@return aicore.Change|false|nil
---@return aicore.Error?
function All:next()
  local change, err = take_any(self)
  while change == nil and #self.watches > 0 do
    local works = {}
    for i, one in ipairs(self.watches) do
      works[i] = one.work
    end
    local results, cancelled = self.target.caller.runtime.gather(works, #works)
    for i, one in ipairs(self.watches) do
      if cancelled or results[i] == false then
        finish(one, cancelled)
      end
    end
    self.watches = cancelled and { self.watches[1] } or self.watches -- which says so for all
    change, err = take_any(self)
  end
  return change, err
end

-- Beginning ------------------------------------------------------------------------------------------

--- What is watched: ids, or what a filter means.
---@return aicore.WatchTarget|nil
---@return string? complaint
local function read_target(caller, call, wanted)
  local ids = type(wanted) == "string" and { wanted } or wanted
  if type(ids) ~= "table" or ids[1] ~= nil then
    local complaint = calls.ids_complaint(caller, "watch", ids)
    if not complaint and call.everywhere then
      complaint = "watch: resource_group: ids are of one resource group; all are for a filter"
    end
    return { caller = caller, call = call, ids = ids }, complaint
  end
  local request, _, complaint = caller:search("list", ids)
  if not request then
    return nil, (complaint:gsub("^list", "watch"))
  end
  request.everywhere = request.everywhere or call.everywhere and not request.options.resource_group
  call.resource_group = request.options.resource_group or call.resource_group
  call.correlation_id = request.options.correlation_id or call.correlation_id
  if request.options.timeout then
    call.deadline = call.began + request.options.timeout
  end
  return { caller = caller, call = call, ids = {}, request = request, matches = filters.matcher(ids) }
end

--- What takes the steps; or why it cannot begin.
local function begin(target)
  local caller, request = target.caller, target.request
  if request and request.everywhere then
    local watches, err = watches_of(target)
    return watches and setmetatable({ target = target, watches = watches }, All), err
  end
  local ready, err = true, nil
  if request then
    ready, err = caller:prepare(request, caller:deadline(request))
  end
  return ready and new(target, target.call) or nil, err
end

--- The first step asks for what has to be known before.
local function iterator(target)
  local self, over
  return function()
    if not self and not over then
      local err
      self, err = begin(target)
      over = not self
      if over then
        return false, err
      end
    end
    if self then
      return self:next()
    end
  end
end

---@param caller aicore.Caller
---@param wanted string|string[]|aicore.Filter
---@param opts table?
---@return fun(): aicore.Change|false|nil, aicore.Error?
function watch.iterate(caller, wanted, opts)
  local call, complaint = calls.read(caller, "watch", opts, { resource_group = "*" }, math.huge)
  local target
  if call then
    target, complaint = read_target(caller, call, wanted)
  end
  if complaint then
    errors.misuse(complaint)
  end
  return iterator(target)
end

return watch
