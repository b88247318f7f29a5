--- How stops and deletes are sent: in batches where the service takes them, else by single calls,
-- as many at a time as it can bear.

local errors = require "aicore.model.errors"
local lifecycle = require "aicore.model.lifecycle"

local unpack = table.unpack or unpack

local dispatch = {}

--- Items of a batch: the service's limit.
dispatch.BATCH = 100

local BATCHES = 8 -- in flight
local FEW = 3 -- so many are not worth a batch

-- Single calls: so many at first, one more per clean window, half as many when it was too much.
local SINGLES, MOST_SINGLES = 8, 32
local TOO_MUCH = { [429] = true, [503] = true }

-- Statuses of a service that takes no such batches at all.
local NO_BATCHES = { [400] = true, [404] = true, [405] = true, [415] = true, [501] = true }

---@alias aicore.Item { id: string, targetStatus: "STOPPED"|"DELETED" }

---@class aicore.Dispatch
local Dispatch = {}
Dispatch.__index = Dispatch

---@param port aicore.Group
---@param accepted fun(item: aicore.Item)
---@param refused fun(item: aicore.Item, err: aicore.Error)
---@return aicore.Dispatch
function dispatch.new(port, accepted, refused)
  return setmetatable({ port = port, accepted = accepted, refused = refused, singles = SINGLES }, Dispatch)
end

--- Would so many be sent in batches? The service is asked once whether it takes them.
---@param count integer
---@param deadline number
---@return boolean
function Dispatch:in_batches(count, deadline)
  if count <= FEW then
    return false
  end
  if self.bulk == nil then
    self.bulk = self.port:takes_batches(deadline)
  end
  return self.bulk
end

local function text(value)
  return type(value) == "string" and value or nil
end

--- The error of one item of a batch.
local function item_error(item, said)
  said = type(said) == "table" and said or {}
  return errors.new {
    kind = "state",
    operation = "batch",
    id = item.id,
    message = text(said.message) or "refused without a reason",
    code = text(said.code),
    request_id = text(said.requestId) or text(said.requestID),
    target = text(said.target),
    details = said.details,
    retryable = false,
  }
end

--- One batch. Items without a word in the answer are left to the next look. Returns the items if
--- the service takes no batches.
local function send_batch(self, items, deadline)
  local reply, err = self.port:batch(items, deadline)
  if not reply and NO_BATCHES[err.status] then
    self.bulk = false
    return items
  end
  local answers = {}
  for _, entry in ipairs(reply or {}) do
    answers[entry.id] = entry
  end
  for _, item in ipairs(items) do
    local entry = answers[item.id]
    if not reply then
      self.refused(item, err)
    elseif entry and entry.error ~= nil then
      self.refused(item, item_error(item, entry.error))
    elseif entry then
      self.accepted(item)
    end
  end
end

--- One call. Returns the HTTP status of a failure.
local function send_single(self, item, deadline)
  local send = item.targetStatus == lifecycle.targets.stop and self.port.stop or self.port.delete
  local reply, err = send(self.port, item.id, deadline)
  if reply then
    self.accepted(item)
    return nil
  end
  self.refused(item, err)
  return err.status
end

--- Runs send(self, part, deadline) for each of the parts, at most so many at a time.
local function send_all(self, send, parts, limit, deadline)
  local functions = {}
  for i, part in ipairs(parts) do
    functions[i] = function()
      return send(self, part, deadline)
    end
  end
  return self.port.runtime.gather(functions, limit)
end

--- In windows, each as wide as the last one has shown to be good.
local function send_singles(self, items, deadline)
  local at, cancelled = 1, false
  while at <= #items and not cancelled do
    local window = { unpack(items, at, math.min(at + self.singles - 1, #items)) }
    at = at + #window
    local statuses
    statuses, cancelled = send_all(self, send_single, window, #window, deadline)
    local clean = true
    for _, status in pairs(statuses) do
      clean = clean and not TOO_MUCH[status]
    end
    self.singles = clean and math.min(self.singles + 1, MOST_SINGLES) or math.max(1, math.floor(self.singles / 2))
  end
  return cancelled
end

local function send_batches(self, items, deadline)
  local batches = {}
  for i, item in ipairs(items) do
    local number = math.ceil(i / dispatch.BATCH)
    batches[number] = batches[number] or {}
    table.insert(batches[number], item)
  end
  local not_taken, cancelled = send_all(self, send_batch, batches, BATCHES, deadline)
  local singles = {}
  for _, batch in pairs(not_taken) do
    for _, item in ipairs(batch) do
      singles[#singles + 1] = item
    end
  end
  return cancelled or send_singles(self, singles, deadline)
end

--- Sends all, and tells of each what came of it: accepted, refused, or nothing at all.
---@param items aicore.Item[]
---@param deadline number
---@return boolean cancelled  the host has ended it
function Dispatch:send(items, deadline)
  local send = self:in_batches(#items, deadline) and send_batches or send_singles
  return send(self, items, deadline)
end

return dispatch
