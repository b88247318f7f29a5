-- What happened: every effect in order, and how many requests of each operation arrived.
-- Rules: an effect is written when it takes place, whatever becomes of the answer; a create, update, stop or delete
-- when it is accepted, even if it shows later. What is accepted and ignored, or accepted again, is no effect.

---@class aicore.emulator.Entry
---@field seq integer              counts from 1, also across clear()
---@field what string              login, create, update, stop, delete; unknown, pending, running, dead, stopped, gone
---@field id string                the deployment's (of a login: the client's)
---@field resource string|nil       deployments, executions; absent of a login, like the following
---@field resource_group string|nil
---@field time number              seconds since 1970
---@field request_id string|nil    absent where time alone was the cause

---@class aicore.emulator.Journal
---@field private entries aicore.emulator.Entry[]
---@field private first integer    seq of the first entry that is kept
---@field private counts table<string, integer>
local Journal = {}
Journal.__index = Journal

--- Writes an effect.
---@param entry aicore.emulator.Entry  without seq
function Journal:note(entry)
  entry.seq = self.first + #self.entries
  self.entries[#self.entries + 1] = entry
end

--- Counts a request.
---@param operation string
function Journal:count(operation)
  self.counts[operation] = (self.counts[operation] or 0) + 1
  self.counts.total = self.counts.total + 1
end

--- The effects after a sequence number, oldest first.
---@param seq integer|nil  default 0: all
---@return aicore.emulator.Entry[]
function Journal:since(seq)
  local found = {}
  for i = math.max(1, (seq or 0) - self.first + 2), #self.entries do
    found[#found + 1] = self.entries[i]
  end
  return found
end

--- Requests per operation, and in total.
---@return table<string, integer>
function Journal:requests()
  return self.counts
end

--- Forgets entries and counts.
function Journal:clear()
  self.first = self.first + #self.entries
  self.entries = {}
  self.counts = { total = 0 }
end

local journal = {}

---@return aicore.emulator.Journal
function journal.new()
  return setmetatable({ entries = {}, first = 1, counts = { total = 0 } }, Journal)
end

return journal
