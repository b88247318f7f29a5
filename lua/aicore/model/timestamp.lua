-- RFC 3339 date-times to and from seconds since 1970.
-- Rule: pure arithmetic in UTC; neither the clock nor the time zone of the machine takes part.

local timestamp = {}

local DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function days_in(year, month)
  local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  return month == 2 and leap and 29 or DAYS[month]
end

-- Days from 1970-01-01 in the Gregorian calendar; years begin in March so that the leap day comes last.
local function day_number(year, month, day)
  if month <= 2 then
    year, month = year - 1, month + 12
  end
  local in_year = math.floor((153 * (month - 3) + 2) / 5) + day - 1
  return 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400) + in_year - 719468
end

local function zone_offset(zone)
  if zone == "Z" or zone == "z" then
    return 0
  end
  local sign, hours, minutes = zone:match("^([+-])(%d%d):(%d%d)$")
  if not sign or tonumber(hours) > 23 or tonumber(minutes) > 59 then
    return nil
  end
  local offset = tonumber(hours) * 3600 + tonumber(minutes) * 60
  return sign == "+" and offset or -offset
end

local DATE_TIME = "^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt](%d%d):(%d%d):(%d%d)(.*)$"

--- Reads a date-time.
---@param text string
---@return number|nil seconds  since 1970, nil: not a date-time
function timestamp.parse(text)
  local year, month, day, hour, minute, second, rest = text:match(DATE_TIME)
  if not year then
    return nil
  end
  local fraction, zone = rest:match("^(%.%d+)(.+)$")
  local offset = zone_offset(zone or rest)
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  if not offset or month < 1 or month > 12 or day < 1 or day > days_in(year, month) then
    return nil
  end
  if hour > 23 or minute > 59 or second > 60 then
    return nil
  end
  local seconds = day_number(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
  return seconds + tonumber(fraction or 0) - offset
end

--- In whole seconds, as AI Core writes the times of deployments.
---@param seconds number
---@return string
function timestamp.format(seconds)
  return (os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds)))
end

--- With milliseconds and a numeric zone, as AI Core writes the times of log lines.
---@param seconds number
---@return string
function timestamp.precise(seconds)
  local milliseconds = math.floor(seconds * 1000)
  local whole = math.floor(milliseconds / 1000)
  return os.date("!%Y-%m-%dT%H:%M:%S", whole) .. (".%03d+00:00"):format(milliseconds % 1000)
end

return timestamp
