--- RFC 3339 date-times, and dates of ISO 8601, to and from seconds since 1970.
-- Pure arithmetic in UTC: neither the clock nor the time zone of the machine takes part.

local timestamp = {}

local DAY = 86400
local DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function days_in(year, month)
  local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  return month == 2 and leap and 29 or DAYS[month]
end

-- The calendar repeats itself every 400 years, an era. A year begins in March here, so that the leap day comes last.
local ERA_DAYS, EPOCH = 146097, 719468 -- EPOCH: days from 0000-03-01 to 1970-01-01

--- Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
local function day_number(year, month, day)
  if month <= 2 then
    year, month = year - 1, month + 12
  end
  local in_year = math.floor((153 * (month - 3) + 2) / 5) + day - 1
  return 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400) + in_year - EPOCH
end

--- The date of a day_number.
local function date_of(number)
  number = number + EPOCH
  local era = math.floor(number / ERA_DAYS)
  local in_era = number - era * ERA_DAYS
  local leap_days = math.floor(in_era / 1460) - math.floor(in_era / 36524) + math.floor(in_era / (ERA_DAYS - 1))
  local year = math.floor((in_era - leap_days) / 365)
  local in_year = in_era - (365 * year + math.floor(year / 4) - math.floor(year / 100))
  local month = math.floor((5 * in_year + 2) / 153)
  local day = in_year - math.floor((153 * month + 2) / 5) + 1
  month = month < 10 and month + 3 or month - 9
  return year + era * 400 + (month <= 2 and 1 or 0), month, day
end

-- Go's zero time, which services written in it send for "never".
local NEVER = day_number(1, 1, 1) * DAY

--- Seconds to be subtracted; nil: not a zone. Some libraries leave out the colon.
local function zone_offset(zone)
  if zone == "Z" or zone == "z" then
    return 0
  end
  local sign, hours, minutes = zone:match "^([+-])(%d%d):?(%d%d)$"
  if not sign or tonumber(hours) > 23 or tonumber(minutes) > 59 then
    return nil
  end
  local offset = tonumber(hours) * 3600 + tonumber(minutes) * 60
  return sign == "+" and offset or -offset
end

local DATE_TIME = "^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt ](%d%d):(%d%d):(%d%d)(%.?%d*)(.*)$"

--- Whole seconds since 1970, and their fraction; nil: not a date-time, or no such day or hour.
local function read(text)
  local year, month, day, hour, minute, second, fraction, zone = text:match(DATE_TIME)
  local offset = zone and (fraction == "" or fraction:find "^%.%d") and zone_offset(zone)
  if not offset then
    return nil
  end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  if month < 1 or month > 12 or day < 1 or day > days_in(year, month) then
    return nil
  end
  if hour > 23 or minute > 59 or second > 60 then -- 60: a leap second
    return nil
  end
  local seconds = day_number(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset
  return seconds, fraction == "" and 0 or tonumber(fraction)
end

--- Reads a date-time (RFC 3339, 5.6).
---@param text any
---@return number? seconds  since 1970; nil: not a date-time, no such day or hour, or the zero value that means "never"
function timestamp.parse(text)
  if type(text) ~= "string" then
    return nil
  end
  local seconds, fraction = read(text)
  if not seconds or seconds == NEVER then
    return nil
  end
  return seconds + fraction
end

-- The day, written in one of two ways, and what follows it.
local DAY_FORMS = { "^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$", "^(%d%d%d%d)(%d%d)(%d%d)(.*)$" }

--- The next part of a time, and what follows it. One that is left out is zero.
local function next_part(text, digits)
  local part, rest = text:match("^:?(" .. digits .. ")(.*)$")
  return part or "00", rest or text
end

--- A time of ISO 8601 as RFC 3339 has it: with minutes, seconds and a zone. What is none stays as odd as it is.
local function full_time(text)
  local hour, minute, second, rest
  hour, rest = text:match "^(%d%d)(.*)$"
  minute, rest = next_part(rest or "", "%d%d")
  second, rest = next_part(rest, "%d%d[.,]?%d*")
  local zone = rest == "" and "Z" or rest:find "^[+-]%d%d$" and rest .. ":00" or rest
  return ("%s:%s:%s%s"):format(hour or "", minute, second:gsub(",", "."), zone)
end

--- Reads a date of ISO 8601, with a time or without; one that says no zone is in UTC. For what people have written: the
--- stamps of records are RFC 3339.
---@param text any
---@return number? seconds  since 1970; math.huge: the zero value that means "never"; nil: not a date
function timestamp.date(text)
  if type(text) ~= "string" then
    return nil
  end
  for _, form in ipairs(DAY_FORMS) do
    local year, month, day, rest = text:match(form)
    local time = rest == "" and "00" or rest and rest:match "^[Tt ](.+)$"
    if time then
      local seconds, fraction = read(("%s-%s-%sT%s"):format(year, month, day, full_time(time)))
      return seconds == NEVER and math.huge or seconds and seconds + fraction
    end
  end
end

--- "2021-05-19T00:00:14" of whole seconds.
local function written(seconds)
  local days = math.floor(seconds / DAY)
  local rest = seconds - days * DAY
  local year, month, day = date_of(days)
  local hour, minute = math.floor(rest / 3600), math.floor(rest / 60) % 60
  return ("%04d-%02d-%02dT%02d:%02d:%02d"):format(year, month, day, hour, minute, rest % 60)
end

--- In whole seconds, as AI Core writes the times of deployments.
---@param seconds number
---@return string
function timestamp.format(seconds)
  return written(math.floor(seconds)) .. "Z"
end

--- With milliseconds and a numeric zone, as AI Core writes the times of log lines.
---@param seconds number
---@return string
function timestamp.precise(seconds)
  local milliseconds = math.floor(seconds * 1000)
  return written(math.floor(milliseconds / 1000)) .. (".%03d+00:00"):format(milliseconds % 1000)
end

return timestamp
