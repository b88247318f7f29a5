--- watch: what becomes of deployments, as an iterator of changes.
-- Rules of this file:
--   A change is a sighting that counts (evidence.lua) and differs from what was told of the same one before. One whose
--   modifiedAt is older than that of what was told is a replica's that is behind, for a while.
--   Of a filter those are told that match when a list shows them first; then all that becomes of them, until they are
--   gone. One that is gone may still be shown by lists that are behind: that is no new one. One that was just created
--   may not be found again at first: that is not gone.
--   Each resource group has an engine of its own, and they take their steps together; one that cannot go on says why,
--   and the others go on. So does one that was never seen until the time was over.
--   Between two steps nothing of the watch is left in the client: who breaks out of the loop need not end it.

local calls = require "aicore.fleet.calls"
local errors = require "aicore.model.errors"
local everywhere = require "aicore.fleet.everywhere"
local evidence = require "aicore.fleet.evidence"
local filters = require "aicore.model.filter"
local groups = require "aicore.call.groups"
local lifecycle = require "aicore.model.lifecycle"
local merged = require "aicore.model.merged"
local timestamp = require "aicore.model.timestamp"

local watch = {}

--- All resource groups are asked for anew after so many seconds, which may take so many.
local GROUPS_AFTER, GROUPS_WITHIN = 60, 5

--- What is older than what was told is stale for so long, in seconds; and one that was gone, where a list shows it.
local STALE, HAUNTED = 60, 3600

--- Where there are several resource groups, one waits no longer for its own looks than this, in seconds.
local SLICE = 0.5

---@class aicore.Change
---@field id string
---@field status string          "GONE" at last
---@field target string?         the last one that was seen
---@field before string?         the status that was told before; nil: it is told for the first time
---@field deployment table?      the record; nil: it is gone
---@field resource_group string? where all resource groups are watched

---@class aicore.WatchProgress  what on_progress gets after each look, when all that it has shown was told
---@field watched integer        how many are watched
---@field elapsed number         s
---@field err aicore.Error?      why the look has failed, if it has

-- One resource group ---------------------------------------------------------------------------------

---@class aicore.WatchPart: aicore.Listener  what is watched in one resource group
---@field name string?             of the group, where all are watched
---@field engine aicore.Engine
---@field step fun(): boolean      works until there is something to tell; false: nothing more will come
---@field private watch aicore.Watch
---@field private told table<string, { status: string, target: string?, stamp: number?, at: number }>
---@field private gone table<string, number>  when
---@field private began number      when it was made
---@field private looks integer     how many there had been when one was told of last
---@field private trouble aicore.Error?  why the last look failed that did
---@field private unseen aicore.Error?   why one was never seen
local Part = {}
Part.__index = Part

local function push(self, change)
  local queue = self.watch.queue
  change.resource_group = self.name
  if change.deployment and self.name then
    change.deployment.resource_group = self.name
  end
  queue[#queue + 1] = change
end

function Part:seen(id, record, _, _, at)
  local before, stamp = self.told[id], timestamp.parse(record.modifiedAt)
  local target = record.targetStatus or before and before.target
  if before and stamp and before.stamp and stamp < before.stamp and at - before.at < STALE then
    return
  elseif before and before.status == record.status and before.target == target then
    before.at = at
    return
  end
  self.told[id] = { status = record.status, target = target, stamp = stamp, at = at }
  local change = { id = id, status = record.status, target = target, deployment = record }
  change.before = before and before.status
  push(self, change)
end

--- It is gone.
function Part:settled(id)
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

function Part.stopped() end -- the record says so

--- The time is over, or what else ended all of it.
function Part:failed(id, _, _, err)
  self.unseen = self.unseen or not self.told[id] and err or nil
end

-- The goal: to look, for ever; one that a list lacks is asked for by id.
local function look_on(s)
  return (s.no_list or evidence.wants_get(s)) and "get" or "look"
end

--- Takes on what lists show that matches.
local function discovering(self)
  local one = self.watch
  return function(engine, record, at)
    local gone_at = self.gone[record.id]
    if gone_at and at - gone_at < HAUNTED then
      return
    elseif not one.matches or one.matches(record, one.caller.clock.wall(), (one.request.catalog or {}).retires) then
      local born = timestamp.parse(record.createdAt)
      engine:add({ record.id }, born and lifecycle.hidden_for(one.caller.clock.wall() - born))
      engine:seen(engine:place_of(record.id), record, "list", at)
    end
  end
end

--- Was there a look since the last one that was told of? One that others began before this one came tells it nothing.
local function has_looked(self)
  local looks = self.engine.looks
  return looks.count > self.looks and looks.over_at - looks.took >= self.began
end

--- Why it cannot go on, or has never shown anything.
local function failure_of(self)
  local engine = self.engine
  local has_shown = engine.listed or next(self.told) ~= nil or next(self.gone) ~= nil
  return engine.denied or self.unseen or not has_shown and engine.look_error or nil
end

--- Nothing more will come of this group. Where the host has ended it, it has ended all.
local function finish(self, cancelled)
  local engine, one = self.engine, self.watch
  cancelled = cancelled or engine.cancelled
  engine:stop(cancelled)
  local why = not cancelled and failure_of(self)
  local fields = why and merged(why) or nil
  if cancelled and not one.cancelled then
    one.cancelled, fields = true, { kind = "cancelled", message = "ended by the host" }
  end
  if fields then
    fields.operation, fields.resource_group = "watch", self.name or fields.resource_group
    push(self, { failure = errors.new(fields) })
  end
end

--- May there be new resource groups by now?
local function are_groups_due(one)
  return one.names_at ~= nil and one.caller.runtime.now() - one.names_at >= GROUPS_AFTER
end

--- A function that works until there is something to tell, here or in another group, or to do for all. It outlives the
--- coroutine that makes it.
local function stepping(self)
  local one = self.watch
  return function()
    local go_on = self.engine:step(function()
      return one:has_something() or one.call.on_progress ~= nil and has_looked(self) or are_groups_due(one)
    end)
    if not go_on then
      finish(self, false)
    end
    return go_on
  end
end

local function new_part(one, call, name)
  local self = setmetatable({ watch = one, name = name, told = {}, gone = {} }, Part)
  local options = { goal = look_on, listener = self, keep = true, slice = name and SLICE }
  options.discover = one.request and discovering(self)
  self.engine = calls.engine(one.caller, call, options):add(one.ids)
  self.looks, self.began, self.step = self.engine.looks.count, one.caller.runtime.now(), stepping(self)
  return self
end

-- All of it ------------------------------------------------------------------------------------------

---@class aicore.Watch
---@field private caller aicore.Caller
---@field private call aicore.Call
---@field private ids string[]
---@field private request aicore.Request?  of the list that a filter means
---@field private matches function?        which of them; see filter.matcher
---@field private queue table[]            changes, or what has failed
---@field private first integer            of the queue
---@field private names table<string, true>  of all resource groups, as far as they are known
---@field private names_at number?         when they were asked for last; nil: it is about one
---@field private parts aicore.WatchPart[]? of the groups that can go on; nil: it has not begun
local Watch = {}
Watch.__index = Watch

function Watch:has_something()
  return self.queue[self.first] ~= nil
end

--- The next one in the queue: a change; or false and what has failed.
local function pop(self)
  local change = self.queue[self.first]
  if not change then
    self.queue, self.first = {}, 1
    return nil
  end
  self.queue[self.first], self.first = false, self.first + 1
  if change.failure then
    return false, change.failure
  end
  return change
end

--- Tells of a look. True: the caller has enough for now.
local function tell_look(self)
  local has_told, progress = false, { watched = 0, elapsed = self.caller.runtime.now() - self.call.began }
  for _, part in ipairs(self.parts) do
    local engine = part.engine
    progress.watched = progress.watched + engine.open
    if has_looked(part) then
      has_told, part.looks = true, engine.looks.count
      progress.err = progress.err or engine.look_error ~= part.trouble and engine.look_error or nil
      part.trouble = engine.look_error
    end
  end
  return has_told and self.call.on_progress(progress) == true
end

--- Takes on resource groups that it does not know.
local function add_groups(self, names)
  for _, name in ipairs(names) do
    if not self.names[name] then
      self.names[name] = true
      self.parts[#self.parts + 1] = new_part(self, everywhere.own_call(self.call, name, #names), name)
    end
  end
end

local function look_for_groups(self)
  if are_groups_due(self) then
    local deadline = math.min(self.call.deadline, self.caller.runtime.now() + GROUPS_WITHIN)
    add_groups(self, groups.names(self.caller, self.request, deadline) or {})
    self.names_at = self.caller.runtime.now()
  end
end

--- The next change; nil: there are no more, or the caller has had enough; false, err: something cannot go on.
---@return aicore.Change|false|nil
---@return aicore.Error?
function Watch:next()
  while not self:has_something() and #self.parts > 0 do
    if self.call.on_progress and tell_look(self) then
      return nil
    end
    look_for_groups(self)
    local steps = {}
    for i, part in ipairs(self.parts) do
      steps[i] = part.step
    end
    local results, cancelled = self.caller.runtime.gather(steps, #steps)
    for i = #steps, 1, -1 do
      if cancelled or results[i] == false then
        local part = table.remove(self.parts, i)
        if results[i] ~= false then
          finish(part, true)
        end
      end
    end
  end
  return pop(self)
end

--- Finds out what there is to watch.
---@return aicore.Error? err  why it cannot begin
local function begin(self)
  local caller, request = self.caller, self.request
  self.parts, self.names = {}, {}
  if request and request.everywhere then
    local names, err = groups.names(caller, request, caller:deadline(request))
    if not names then
      return err
    end
    self.names_at, self.queue[1] = caller.runtime.now(), err and { failure = err }
    add_groups(self, names)
    return nil
  end
  local ready, err = true, nil
  if request then
    ready, err = caller:prepare(request, caller:deadline(request))
  end
  self.parts[1] = ready and new_part(self, self.call) or nil
  return err
end

---@param caller aicore.Caller
---@param wanted string|string[]|aicore.Filter
---@param opts table?
---@return fun(): aicore.Change|false|nil, aicore.Error?
function watch.iterate(caller, wanted, opts)
  local call = calls.read(caller, "watch", opts, { resource_group = "*" }, math.huge)
  local self = setmetatable({ caller = caller, call = call, ids = {}, queue = {}, first = 1 }, Watch)
  local ids = type(wanted) == "string" and { wanted } or wanted
  if type(ids) == "table" and ids[1] == nil then
    self.request, self.matches = calls.filter(caller, call, ids), filters.matcher(ids)
  else
    calls.check_ids(caller, call, ids)
    self.ids = ids
  end
  return function()
    local err = not self.parts and begin(self) or nil -- the first step asks for what has to be known before
    if err then
      return false, err
    end
    return self:next()
  end
end

return watch
