--- Teardown of all that a filter finds: what it finds is torn down, and then a list has to show that it was all of
-- them.
-- Rules of this file (EVIDENCE, "that was all of them"):
--   The proof is a complete list, at least 2 s after the first one and after the last one was gone, that shows nothing
--   that matches and is not newer. What it still shows is taken on.
--   Newer is what was created after the call began, by the service's own clock: it is left alone, and counted, whatever
--   reading showed it. Where the service shows no clock, everything that the first list did not show may be newer, and
--   nothing is sure.
--   If such a list cannot be had, the report says that it is not sure. The first one need not be complete: pages shift
--   while other programs delete.

local evidence = require "aicore.fleet.evidence"
local lifecycle = require "aicore.model.lifecycle"
local pages = require "aicore.call.pages"
local timestamp = require "aicore.model.timestamp"

local sweep = {}

--- Between two lists that cannot be had, at least and at most so many seconds.
local SOONEST, LATEST = 1, 10

---@class aicore.Sweep
---@field caller aicore.Caller
---@field request aicore.Request   of the operation "list"
---@field belongs (fun(record: table): boolean)?
---@field began number             the call
---@field deadline number
---@field page_size integer?         records
---@field listener aicore.ReportListener
---@field cancelled boolean?       the host has ended it before it was sure, or the client was closed
---@field records table[]?         what the last list has shown that is still to be torn down
---@field private known table<string, true>  ids that were found
---@field private newer table<string, true>  ids that were left alone
---@field first_at number?        when the first list was read; nil: it was not
---@field private since number?    the service's clock when the call began: s since the epoch
local Sweep = {}
Sweep.__index = Sweep

---@param options table  the fields of aicore.Sweep that are not private
---@return aicore.Sweep
function sweep.new(options)
  options.known, options.newer = {}, {}
  options.request.dated = true
  return setmetatable(options, Sweep)
end

--- What a fleet needs to know; ten thousand whole records would be 30 MB. A stamp tells whether what has ended runs
--- again.
local function brief(record)
  local kept = { id = record.id, status = record.status, targetStatus = record.targetStatus }
  if lifecycle.ended(record.status) then
    kept.modifiedAt = record.modifiedAt
  end
  return kept
end

--- Was it created after the call began?
local function is_newer(self, record)
  if self.known[record.id] then
    return false
  elseif not self.since then
    return self.first_at ~= nil
  end
  local created = timestamp.parse(record.createdAt)
  return created ~= nil and math.floor(created) >= self.since
end

--- The service's clock when the call began, by the answer that is being read. A Date has whole seconds, as a createdAt
--- may: so what was created in the same second counts as newer.
local function note_date(self)
  if self.request.date and not self.since and not self.first_at then
    self.since = math.floor(self.request.date - (self.caller.runtime.now() - self.began))
  end
end

--- It is left alone, and counted.
local function leave_alone(self, record)
  if not self.newer[record.id] then
    self.newer[record.id] = true
    self.listener.report.newer = self.listener.report.newer + 1
  end
end

--- Keeps nothing of a record: what there is to keep was kept.
local function nothing()
  return true
end

--- Reads the list, more than once if it is not complete: what any reading showed that matches and is not newer is known
--- from then on.
---@return table[] records
---@return number at
---@return aicore.Error? err  the list cannot be had; `records` are what was shown of it all the same
function Sweep:find()
  local report, reader = self.listener.report, nil
  local reading = { found = {}, shown = {} } -- emptied at the end: LuaJIT's compiled code holds the function below
  local _, err = pages.all(function()
    reader = self.caller:read(self.request, self.deadline, self.page_size)
    return reader
  end, function(record)
    note_date(self)
    if self.belongs and not self.belongs(record) then
      return false
    elseif is_newer(self, record) then
      leave_alone(self, record)
    elseif not reading.shown[record.id] then
      reading.shown[record.id] = true
      table.insert(reading.found, brief(record))
    end
    return false
  end, nothing)
  local now, found = self.caller.runtime.now(), reading.found
  reading.found, reading.shown = nil, nil
  for _, record in ipairs(found) do
    self.known[record.id] = true
  end
  report.odd = math.max(report.odd, reader.odd)
  if not err or err.incomplete then
    self.first_at = self.first_at or now
  end
  return found, now, err
end

local function ids_of(records)
  local ids = {}
  for i, record in ipairs(records) do
    ids[i] = record.id
  end
  return ids
end

--- What a later list still shows, but for what has failed.
---@param due number  when it is to be read
---@return table[]|nil records  nil: no complete list could be had in time
---@return number? at
local function look_again(self, due)
  local runtime, pause = self.caller.runtime, SOONEST
  while due < self.deadline and not self.cancelled do
    if not self.caller:pause(due - runtime.now()) then
      self.cancelled = true
      return nil
    end
    local found, at, err = self:find()
    local left = {}
    for _, record in ipairs(found) do
      if not self.listener.report.failed[record.id] then
        left[#left + 1] = record
      end
    end
    if #left > 0 or not err then
      return left, at
    end
    self.cancelled = err.kind == "cancelled" or nil
    due, pause = runtime.now() + pause, math.min(LATEST, 2 * pause)
  end
end

--- Hands over what a list has shown: ten thousand records are two megabytes, and the engine lets them go.
local function take(self)
  local records = self.records
  self.records = nil
  return records
end

--- Works until a list shows that nothing is left, or until it cannot be shown.
---@param make_engine fun(ids: string[]): aicore.Engine  one that tears these down
---@param at number  when the first list was read
function Sweep:run(make_engine, at)
  self.listener.report.unsure = true
  repeat
    if #self.records > 0 then
      self.listener:take_back(self.records)
      local engine = make_engine(ids_of(self.records))
      engine:run(take(self), at)
      if engine.cancelled then
        return
      end
      at = self.caller.runtime.now()
    end
    self.records, at = look_again(self, math.max(at, self.first_at) + evidence.APART)
    if not self.records then
      return
    end
  until #self.records == 0
  if self.since or self.listener.report.newer == 0 then
    self.listener.report.unsure = nil
  end
end

return sweep
