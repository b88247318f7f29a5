--- Dice for drawing a service and a task from a seed: the same seed gives the same draws in every Lua.

local random = require "aicore.emulator.random"

---@class simulation.Dice
---@field draw fun(): number  in [0, 1)
local Dice = {}
Dice.__index = Dice

local dice = {}

---@param seed integer
---@return simulation.Dice
function dice.new(seed)
  return setmetatable({ draw = random.new(seed) }, Dice)
end

---@param probability number
---@return boolean
function Dice:chance(probability)
  return self.draw() < probability
end

--- A number from `least` to `most`, all the same likely.
function Dice:number(least, most)
  return least + self.draw() * (most - least)
end

--- A number from `least` to `most`, small ones as likely as large ones: 1 to 10 as often as 10 to 100. Rounded, lest
--- the last digit of a logarithm make a difference between machines.
function Dice:scale(least, most)
  return math.floor(least * math.exp(self.draw() * math.log(most / least)) * 1000 + 0.5) / 1000
end

--- A whole number from `least` to `most`, both included.
---@return integer
function Dice:integer(least, most)
  return least + math.floor(self.draw() * (most - least + 1))
end

--- One of a list.
function Dice:pick(list)
  return list[self:integer(1, #list)]
end

--- One of a list of { weight, value }.
function Dice:weighted(list)
  local sum = 0
  for _, row in ipairs(list) do
    sum = sum + row[1]
  end
  local at = self.draw() * sum
  for _, row in ipairs(list) do
    at = at - row[1]
    if at < 0 then
      return row[2]
    end
  end
  return list[#list][2]
end

--- An id as AI Core makes them.
---@return string
function Dice:id()
  return "m" .. random.hex(self.draw, 15) -- not the ids that the world gives
end

return dice
