-- What is due when: a binary heap of things, the earliest first, in the order of adding where times are equal.
-- Rule: it has no clock; the caller says what time it is.

---@class aicore.Agenda
---@field private heap table[]
---@field private added integer
local Agenda = {}
Agenda.__index = Agenda

--- Puts the entry that was added last into the hole at `i`, or further up.
local function rise(heap, i, entry)
  local at = entry.at
  while i > 1 do
    local above = (i - i % 2) / 2
    local parent = heap[above]
    if at >= parent.at then
      break
    end
    heap[i], i = parent, above
  end
  heap[i] = entry
end

--- Puts an entry into the hole at 1, or further down.
local function sink(heap, entry)
  local at, number, i, below = entry.at, entry.number, 1, 2
  local child = heap[2]
  while child do
    local other = heap[below + 1]
    if other and (other.at < child.at or other.at == child.at and other.number < child.number) then
      below, child = below + 1, other
    end
    if at < child.at or at == child.at and number < child.number then
      break
    end
    heap[i], i, below = child, below, 2 * below
    child = heap[below]
  end
  heap[i] = entry
end

local function drop_first(heap)
  local count = #heap
  local last = heap[count]
  heap[count] = nil
  if count > 1 then
    sink(heap, last)
  end
end

--- Puts a thing on the agenda.
---@param at number  seconds
---@param thing any
---@return table entry  for agenda.forget
function Agenda:add(at, thing)
  local number = self.added + 1
  self.added = number
  local entry = { at = at, number = number, thing = thing }
  rise(self.heap, #self.heap + 1, entry)
  return entry
end

--- Takes the earliest thing that is due.
---@param now number  seconds
---@return any|nil thing  nil: nothing is due yet
---@return number|nil at  when it was due
function Agenda:take(now)
  local first
  repeat
    first = self.heap[1]
    if not first or first.at > now then
      return nil
    end
    drop_first(self.heap)
  until first.thing ~= nil -- else it is forgotten
  return first.thing, first.at
end

--- Is nothing due until then, that moment included?
---@param time number  seconds
---@return boolean
function Agenda:is_idle_until(time)
  local first = self.heap[1]
  while first and first.thing == nil do -- it is forgotten
    drop_first(self.heap)
    first = self.heap[1]
  end
  return not first or first.at > time
end

local agenda = {}

--- What was added is not to be given any more. It keeps its place, unseen, until it would have been due.
---@param entry table
function agenda.forget(entry)
  entry.thing = nil
end

---@return aicore.Agenda
function agenda.new()
  return setmetatable({ heap = {}, added = 0 }, Agenda)
end

return agenda
