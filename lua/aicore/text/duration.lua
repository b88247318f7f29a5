-- Spans of time as people write them, "7d", "1h30m", "90", and as they read them. Pure.

local duration = {}

local SECONDS = { s = 1, m = 60, h = 3600, d = 86400, w = 604800 }

-- "1h30m" -> 5400; nil: it is no such sum.
local function add_up(text)
  local seconds, rest = 0, text
  repeat
    local number, unit, behind = rest:match "^(%d+%.?%d*)([smhdw])(.*)$"
    if not number then
      return nil
    end
    seconds, rest = seconds + tonumber(number) * SECONDS[unit], behind
  until rest == ""
  return seconds
end

local LONGEST = 1e10 -- 300 years

--- "1h30m" -> 5400; a bare number is seconds. Always more than none, and less than for ever.
---@param text string
---@return number|nil seconds
---@return string? problem
function duration.parse(text)
  local seconds = text:find "^%d+%.?%d*$" and tonumber(text) or add_up(text)
  if not seconds then
    return nil, ("'%s' is not a time: say 90 (seconds), 30m, 12h, 7d or 1h30m"):format(text)
  elseif seconds == 0 then
    return nil, ("'%s' is no time at all"):format(text)
  elseif seconds > LONGEST then
    return nil, ("'%s' is too long a time"):format(text)
  end
  return seconds
end

--- The same of an age, where a bare number is more likely to be meant in days than in seconds: it needs a unit.
---@param text string
---@return number|nil seconds
---@return string? problem
function duration.parse_age(text)
  local seconds, problem = duration.parse(text)
  if seconds and not text:find "%l$" then
    return nil, ("'%s' needs a unit: say %ss (seconds), %sm, %sh or %sd"):format(text, text, text, text, text)
  end
  return seconds, problem
end

-- Up to so many seconds, a span is told in these units.
local SHAPES = {
  { below = 120, first = 1, unit = "s" },
  { below = 600, first = 60, unit = "m", rest = 1, rest_unit = "s" },
  { below = 7200, first = 60, unit = "m" },
  { below = 36000, first = 3600, unit = "h", rest = 60, rest_unit = "m" },
  { below = 172800, first = 3600, unit = "h" },
  { below = 691200, first = 86400, unit = "d", rest = 3600, rest_unit = "h" },
  { below = math.huge, first = 86400, unit = "d" },
}

--- 5400 -> "90m", 200000 -> "2d7h": short, with two units at most, as kubectl tells ages.
---@param seconds number
---@return string
function duration.format(seconds)
  seconds = math.max(0, math.floor(seconds))
  for _, shape in ipairs(SHAPES) do
    if seconds < shape.below then
      local text = ("%d%s"):format(math.floor(seconds / shape.first), shape.unit)
      local rest = shape.rest and math.floor(seconds % shape.first / shape.rest) or 0
      return rest > 0 and ("%s%d%s"):format(text, rest, shape.rest_unit) or text
    end
  end
end

return duration
