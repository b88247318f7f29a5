-- Reproducible randomness: the same seed gives the same numbers under every Lua, which math.random does not.
-- Rule: a generator is a value that is passed in; nothing here is shared. Not for secrets.

local random = {}

-- Park and Miller's generator: every product stays below 2^53, so doubles and integers agree.
local MULTIPLIER, MODULUS = 48271, 2147483647
local WARM_UP = 8 -- small seeds would begin with small numbers

--- A generator of numbers in [0, 1).
---@param seed number
---@return fun(): number
function random.new(seed)
  local state = math.floor(seed) % (MODULUS - 1) + 1
  local function draw()
    state = state * MULTIPLIER % MODULUS
    return (state - 1) / (MODULUS - 1)
  end
  for _ = 1, WARM_UP do
    draw()
  end
  return draw
end

-- One draw's arithmetic, with the upper digits added to the lower ones: so that numbers in a row, and sums, give lots
-- that have nothing to do with one another.
local function mix(number)
  number = number * MULTIPLIER % MODULUS
  return (number + math.floor(number / 32768) * 69069) % MODULUS
end

--- A number in [0, 1) that is always the same for the same two integers.
---@param first integer
---@param second integer
---@return number
function random.lot(first, second)
  return mix(mix(mix(first + 1) + second % MODULUS)) / MODULUS
end

local HEX = "0123456789abcdef"

--- The alphabet of base64url (RFC 4648, 5), in its order.
random.BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

local function text(draw, length, alphabet)
  local characters = {}
  for i = 1, length do
    local at = math.floor(draw() * #alphabet) + 1
    characters[i] = alphabet:sub(at, at)
  end
  return table.concat(characters)
end

--- Hexadecimal digits.
---@param draw fun(): number
---@param length integer
---@return string
function random.hex(draw, length)
  return text(draw, length, HEX)
end

--- Characters of the base64url alphabet.
---@param draw fun(): number
---@param length integer
---@return string
function random.base64url(draw, length)
  return text(draw, length, random.BASE64URL)
end

--- Looks like a version 4 UUID.
---@param draw fun(): number
---@return string
function random.uuid(draw)
  local digits = random.hex(draw, 30)
  local groups = { digits:sub(1, 8), digits:sub(9, 12), "4" .. digits:sub(13, 15) }
  groups[4] = "a" .. digits:sub(16, 18)
  groups[5] = digits:sub(19, 30)
  return table.concat(groups, "-")
end

return random
