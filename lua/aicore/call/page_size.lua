--- How many records of a list to ask for at a time where a host must not be held up: a page is decoded in one piece.
-- Pure: the caller says how long the pages took. It begins small, and changes slowly.

local page_size = {}

--- The first page, and the smallest.
local FIRST, LEAST = 250, 50

--- The share of the time that decoding is to take: receiving takes some, too, and pages differ, as does what a machine
--- is busy with. So one that was fast or slow changes the next by no more than these factors.
local SHARE, GROWTH, LOSS = 0.4, 1.25, 0.5

---@class aicore.PageSize
---@field records integer  to be asked for next
---@field private turn number
local PageSize = {}
PageSize.__index = PageSize

---@param turn number  s that reading a page may take
---@return aicore.PageSize
function page_size.new(turn)
  return setmetatable({ turn = turn, records = FIRST }, PageSize)
end

--- What a page took. One of a few records tells nothing of a long one.
---@param records integer
---@param seconds number
function PageSize:note(records, seconds)
  if records >= LEAST then
    local fit = records * SHARE * self.turn / math.max(seconds, 1e-6)
    local least, most = math.max(LEAST, LOSS * self.records), GROWTH * self.records
    self.records = math.floor(math.max(least, math.min(fit, most)))
  end
end

return page_size
