--- What belongs to a filter: the part that the service understands, and the part decided here.
-- Pure: the current time is passed in.

local timestamp = require "aicore.model.timestamp"

local filter = {}

---@class aicore.Filter
---@field status string?             RUNNING, PENDING, …
---@field scenario_id string?
---@field configuration_id string?
---@field executable_ids string[]?
---@field older_than number?         s since createdAt; who has none, or a date that does not exist, is not older
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

-- A prime, and what it takes to be multiplied by to be cut at the golden ratio. Their product is a number that is exact
-- in every Lua.
local PRIME, GOLDEN = 16777213, 10368888

--- A number from 0 to count - 1 that depends on the id alone, the same in every program. Ids that are numbers in a row
--- stay numbers in a row as they are read here, and multiples of the golden ratio lie most evenly between 0 and 1.
---@param id string
---@param count integer
---@return integer
function filter.shard_of(id, count)
  local number = 0
  for i = 1, #id do
    number = (number * 10 + id:byte(i)) % PRIME
  end
  return math.floor(number * GOLDEN % PRIME * count / PRIME)
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
        local created = timestamp.parse(deployment.createdAt)
        return created ~= nil and now - created >= older_than
      end
      return true
    end
end

return filter
