-- What is due when: a binary heap of things, the earliest first, in the order of adding where times are equal.
-- Rule: it has no clock; the caller says what time it is.

---@class aicore.Agenda
---@field private heap table[]
---@field private added integer
local Agenda = {}
Agenda.__index = Agenda

local function before(a, b)
  if a.at ~= b.at then
    return a.at < b.at
  end
  return a.number < b.number
end

local function rise(heap, i)
  while i > 1 do
    local parent = math.floor(i / 2)
    if not before(heap[i], heap[parent]) then
      return
    end
    heap[i], heap[parent] = heap[parent], heap[i]
    i = parent
  end
end

local function sink(heap, i)
  while true do
    local least = i
    for child = 2 * i, 2 * i + 1 do
      if heap[child] and before(heap[child], heap[least]) then
        least = child
      end
    end
    if least == i then
      return
    end
    heap[i], heap[least] = heap[least], heap[i]
    i = least
  end
end

local function drop_first(heap)
  heap[1] = heap[#heap]
  heap[#heap] = nil
  sink(heap, 1)
end

--- Puts a thing on the agenda.
---@param at number  seconds
---@param thing any
---@return table entry  for agenda.forget
function Agenda:add(at, thing)
  self.added = self.added + 1
  local entry = { at = at, number = self.added, thing = thing }
  self.heap[#self.heap + 1] = entry
  rise(self.heap, #self.heap)
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
