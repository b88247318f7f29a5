--- A sibling of call/group.lua for specs: a service that is a table of records, on a virtual clock. Everything that
--- it is asked is noted; what it answers can be changed by the spec.

local errors = require "aicore.model.errors"
local pages = require "aicore.call.pages"
local virtual = require "aicore.runtime.virtual"

---@class spec.FakeGroup: aicore.Group
---@field records table<string, { status: string, targetStatus: string? }>  what there is, by id
---@field asked table[]      in order: { what = "status"|"list"|"batch"|"stop"|"delete"|"capabilities", … }
---@field latency table<string, number|fun(...): number>  s that an answer takes
---@field errors table<string, table|fun(...): table?>  what an operation fails with
---@field batches boolean    are they taken?
---@field count "page"|"total"|"more"   what a page of a list calls its count
---@field cap integer        records in a page at most
---@field times { stop: number?, delete: number? }  s until a stop or delete has come about; nil: it never does
---@field flying integer     requests in flight
---@field most integer       of them at the same time
---@field appears table<string, number>
---@field closed boolean     was the client closed?
---@field hides_targets boolean  no record shows its targetStatus
local Group = {}
Group.__index = Group

local fake = {}

---@return spec.FakeGroup
function fake.new()
  local group = setmetatable({
    runtime = virtual.new(),
    resource = "deployments",
    records = {},
    asked = {},
    latency = {},
    errors = {},
    batches = true,
    count = "page",
    cap = 1e6,
    closed = false,
    hides_targets = false,
    flying = 0,
    most = 0,
    appears = {},
    times = {},
    memory = {},
  }, Group)
  function group.random()
    return 0.5
  end
  return group
end

--- As call/group.lua's.
function Group:about(fields)
  fields.resource = self.resource
  return fields
end

--- Not found, as AI Core says it.
function fake.absent()
  return errors.new { kind = "http", message = "not found", status = 404, code = "01010016", absent = true }
end

function fake.failed(fields)
  fields.message = fields.message or "no"
  return errors.new(fields)
end

local function value_of(value, ...)
  if type(value) == "function" then
    return value(...)
  end
  return value
end

--- One exchange: takes its time, and gives the error that the operation has at the end of it.
local function exchange(self, what, deadline, ...)
  local asked = { what = what, at = self.runtime.now(), deadline = deadline, ... }
  self.asked[#self.asked + 1] = asked
  self.flying = self.flying + 1
  self.most = math.max(self.most, self.flying)
  local latency, left = value_of(self.latency[what], ...) or 0, deadline - self.runtime.now()
  local awake = true
  if latency > 0 then
    awake = self.runtime.sleep(math.min(latency, left))
  end
  self.flying = self.flying - 1
  if not awake then
    return fake.failed { kind = "cancelled", message = "ended by the host" }
  elseif latency > left then
    return fake.failed { kind = "timeout", message = "no answer", retryable = true, ambiguous = what ~= "status" }
  end
  return value_of(self.errors[what], ...)
end

local function copy(self, id, record)
  return { id = id, status = record.status, targetStatus = not self.hides_targets and record.targetStatus or nil }
end

function Group:status(id, deadline)
  local err = exchange(self, "status", deadline, id)
  if err then
    return nil, err
  elseif not self.records[id] then
    return nil, fake.absent()
  end
  return copy(self, id, self.records[id])
end

local COME_ABOUT = {
  STOPPED = function(_, record)
    record.status = "STOPPED"
  end,
  DELETED = function(self, _, id)
    self.records[id] = nil
  end,
}

--- A stop or delete: the target shows at once, the rest in time.
local function change(self, id, target)
  local record = self.records[id]
  if not record then
    return nil, fake.absent()
  end
  record.targetStatus = target
  local time = self.times[target == "STOPPED" and "stop" or "delete"]
  if time then
    self.runtime.at(self.runtime.now() + time, function()
      if self.records[id] == record then
        COME_ABOUT[target](self, record, id)
      end
    end)
  end
  return { id = id, message = "scheduled" }
end

function Group:stop(id, deadline)
  local err = exchange(self, "stop", deadline, id)
  if err then
    return nil, err
  end
  return change(self, id, "STOPPED")
end

function Group:delete(id, deadline)
  local err = exchange(self, "delete", deadline, id)
  if err then
    return nil, err
  end
  return change(self, id, "DELETED")
end

function Group:batch(items, deadline)
  local err = exchange(self, "batch", deadline, items)
  if err then
    return nil, err
  end
  local answers = {}
  for i, item in ipairs(items) do
    local accepted, refused = change(self, item.id, item.targetStatus)
    local said = refused and { code = refused.code, message = refused.message } or nil
    answers[i] = { id = item.id, message = accepted and accepted.message, error = said }
  end
  return self.answer and self.answer(answers) or answers
end

local COUNTS = {
  page = function(length)
    return length
  end,
  total = function(_, total)
    return total
  end,
  more = function(_, total)
    return total + 1
  end,
}

function Group:read(deadline, size)
  local ids = {}
  for id in pairs(self.records) do
    ids[#ids + 1] = id
  end
  table.sort(ids)
  return pages.read(function(top, skip)
    local err = exchange(self, "list", deadline, top, skip or 0)
    if err then
      return nil, err
    end
    local page = {}
    for i = (skip or 0) + 1, math.min((skip or 0) + math.min(top, self.cap), #ids) do
      local record = self.records[ids[i]]
      page[#page + 1] = record and not record.unlisted and copy(self, ids[i], record) or nil
    end
    return { count = COUNTS[self.count](#page, #ids), resources = page }
  end, self.memory, size)
end

function Group:takes_batches()
  return self.batches
end

function Group.says_absent(_, code)
  return code == "01010016"
end

function Group:is_closed()
  return self.closed
end

function Group:appears_by(id)
  return self.appears[id]
end

function Group:requests()
  return #self.asked
end

--- How often it was asked, by operation: { status = 3, list = 1 }; from the n-th request on.
function Group:counts(from)
  local counts = {}
  for i = from or 1, #self.asked do
    local what = self.asked[i].what
    counts[what] = (counts[what] or 0) + 1
  end
  return counts
end

--- So many records, d0001 and on; their ids.
function Group:fill(count, status)
  local ids = {}
  for i = 1, count do
    ids[i] = ("d%05d"):format(i)
    self.records[ids[i]] = { status = status or "RUNNING" }
  end
  return ids
end

return fake
