--- What belongs to a filter: the part that the service understands, and the part decided here.
-- Pure: the current time is passed in.

local filter = {}

---@class aicore.Filter
---@field status string?             RUNNING, PENDING, …
---@field scenario_id string?
---@field configuration_id string?
---@field executable_ids string[]?
---@field older_than number?         s since createdAt; who has none, or an odd one, is not older
---@field shard integer[]?           { index, count }: this one of so many parts, index from 0
---@field all boolean?               everything: says that an empty filter is meant
---@field resource_group string?
---@field timeout number?            s, the whole call

-- The names decided here.
local OWN = { older_than = true, shard = true, all = true }

local function is_integer(value)
  return type(value) == "number" and value % 1 == 0
end

local CHECKS = {
  older_than = function(value)
    return type(value) == "number" and value >= 0, "seconds expected"
  end,
  shard = function(value)
    local fit = type(value) == "table" and is_integer(value[1]) and is_integer(value[2])
    return fit and value[1] >= 0 and value[1] < value[2], "{ index, count } expected, index from 0"
  end,
  all = function(value)
    return type(value) == "boolean", "a boolean expected"
  end,
}

--- Days since 1970-01-01 of a date in the proleptic Gregorian calendar; the year begins in March.
local function days(year, month, day)
  if month <= 2 then
    year, month = year - 1, month + 12
  end
  local leap_days = math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
  return 365 * year + leap_days + math.floor((153 * (month - 3) + 2) / 5) + day - 1 - 719468
end

--- Seconds since the epoch of an RFC 3339 time, or nil.
---@param text any
---@return number?
function filter.epoch(text)
  local year, month, day, hour, minute, second, zone =
    tostring(text):match "^(%d%d%d%d)-(%d%d)-(%d%d)[Tt ](%d%d):(%d%d):(%d%d%.?%d*)(.*)$"
  if not year then
    return nil
  end
  local offset = 0
  if not zone:match "^[Zz]$" then
    local sign, hours, minutes = zone:match "^([+-])(%d%d):?(%d%d)$"
    if not sign then
      return nil
    end
    offset = (hours * 3600 + minutes * 60) * (sign == "-" and -1 or 1)
  end
  local day_seconds = days(tonumber(year), tonumber(month), tonumber(day)) * 86400
  return day_seconds + hour * 3600 + minute * 60 + tonumber(second) - offset
end

--- A number from 0 to count - 1 that depends on the id alone, the same in every program.
---@param id string
---@param count integer
---@return integer
function filter.shard_of(id, count)
  local hash = 0
  for i = 1, #id do
    hash = (hash * 31 + id:byte(i)) % 4294967296
  end
  return hash % count
end

--- Splits a filter.
---@param wanted aicore.Filter?
---@param now number  seconds since the epoch
---@return table query                          options of the operation "list"
---@return (fun(deployment: table): boolean)?   which ones belong; nil: all of them
---@return string? complaint                    what is wrong with the filter's own part
function filter.split(wanted, now)
  local query = {}
  for name, value in pairs(wanted or {}) do
    if not OWN[name] then
      query[name] = value
    else
      local fit, expected = CHECKS[name](value)
      if not fit then
        return query, nil, ("%s: %s"):format(name, expected)
      end
    end
  end
  local older_than, shard = wanted and wanted.older_than, wanted and wanted.shard
  if not older_than and not shard then
    return query
  end
  return query,
    function(deployment)
      if shard and filter.shard_of(deployment.id, shard[2]) ~= shard[1] then
        return false
      end
      if older_than then
        local created = filter.epoch(deployment.createdAt)
        return created ~= nil and now - created >= older_than
      end
      return true
    end
end

return filter
