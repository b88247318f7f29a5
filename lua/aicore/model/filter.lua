--- What belongs to a filter: the part that the service understands, and the part decided here.
-- Pure: the current time is passed in.

local lifecycle = require "aicore.model.lifecycle"
local timestamp = require "aicore.model.timestamp"

local filter = {}

---@class aicore.Filter
---@field status string|string[]?    RUNNING, PENDING, …: one of these
---@field scenario_id string?
---@field configuration_id string?
---@field configuration_name string?
---@field executable_ids string[]?
---@field execution_schedule_id string?  of executions only
---@field model string?              that it serves: its name
---@field model_version string?      "latest", too: the one that moves on by itself
---@field older_than number?         s since createdAt; who has none, or a date that does not exist, is not older
---@field retiring_within number?    s until the model that it serves stops working; what has stopped already, too; not
---                                  what stops on a day that cannot be read, as a filter may mean what is to be deleted
---@field shard integer[]?           { index, count }: this one of so many parts, index from 0
---@field all boolean?               everything: says that an empty filter is meant
---@field resource_group string?     "*": all of them; a record then has `resource_group`
---@field correlation_id string?     sent as X-Correlation-ID
---@field timeout number?            s, the whole call

local function is_integer(value)
  return type(value) == "number" and value % 1 == 0
end

local function is_text(value)
  return type(value) == "string" and value ~= "", "a text expected"
end

local function is_span(value)
  return type(value) == "number" and value >= 0 and value < math.huge, "seconds expected"
end

--- Words that the service does not know yet may stand in its records, but nobody means one that it has not.
local function is_status(value)
  local words = type(value) == "table" and value or { value }
  local fit = words[1] ~= nil
  for _, word in ipairs(words) do
    fit = fit and lifecycle.read(word) ~= nil
  end
  return fit, ("one of %s, or a list of them, expected"):format(table.concat(lifecycle.statuses, ", "))
end

-- What a field may be, of those that are decided here, and of a status in any case: (value) -> does it fit? what would.
local CHECKS = {
  status = is_status,
  configuration_name = is_text,
  model = is_text,
  model_version = is_text,
  older_than = is_span,
  retiring_within = is_span,
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

local function sub(value, name)
  return type(value) == "table" and value[name] or nil
end

--- The model that a deployment serves, which may be missing until it runs; older services spell it otherwise.
---@param record table
---@return string? name
---@return string? version  "latest" if it says none
function filter.model_of(record)
  local resources = sub(record.details, "resources")
  local model = sub(sub(resources, "backendDetails"), "model") or sub(sub(resources, "backend_details"), "model")
  local name = sub(model, "name")
  return name, name and (sub(model, "version") or "latest")
end

local function same(field)
  return function(record, wanted)
    return record[field] == wanted
  end
end

local function is_one_of(list, value)
  for _, one in ipairs(list) do
    if one == value then
      return true
    end
  end
  return false
end

-- Does a record fit? By the field of a filter: (record, wanted, now, retires).
local FITS = {
  status = function(record, wanted)
    return is_one_of(type(wanted) == "table" and wanted or { wanted }, record.status)
  end,
  scenario_id = same "scenarioId",
  configuration_id = same "configurationId",
  configuration_name = same "configurationName",
  execution_schedule_id = same "executionScheduleId",
  executable_ids = function(record, wanted)
    return is_one_of(wanted, record.executableId)
  end,
  model = function(record, wanted)
    return filter.model_of(record) == wanted
  end,
  model_version = function(record, wanted)
    return select(2, filter.model_of(record)) == wanted
  end,
  older_than = function(record, wanted, now)
    local created = timestamp.parse(record.createdAt)
    return created ~= nil and now - created >= wanted
  end,
  retiring_within = function(record, wanted, now, retires)
    local at = retires(record)
    return at ~= nil and at - now <= wanted
  end,
  shard = function(record, wanted)
    return filter.shard_of(record.id, wanted[2]) == wanted[1]
  end,
}

--- Does it leave anything out, or say itself that everything is meant?
---@param wanted aicore.Filter
---@return boolean
function filter.is_meant(wanted)
  for name in pairs(FITS) do
    if wanted[name] then
      return true
    end
  end
  return wanted.all == true
end

--- Statuses as the service writes them.
local function written(status)
  if type(status) == "string" then
    return lifecycle.read(status) or status
  end
  local words = {}
  for i, word in ipairs(type(status) == "table" and status or {}) do
    words[i] = lifecycle.read(word) or word
  end
  return words[1] and words or status
end

--- A function that says whether a record fits these fields of a filter; nil: there are none.
---@param wanted aicore.Filter
---@return (fun(record: table, now: number, retires: function?): boolean)?  now: seconds since the epoch; retires:
---       see split
function filter.matcher(wanted)
  local names, values = {}, {}
  for name in pairs(FITS) do
    if wanted[name] ~= nil then
      names[#names + 1] = name
      values[#names] = name == "status" and written(wanted.status) or wanted[name]
    end
  end
  if #names == 0 then
    return nil
  end
  return function(record, now, retires)
    for i = 1, #names do
      if not FITS[names[i]](record, values[i], now, retires) then
        return false
      end
    end
    return true
  end
end

--- Splits a filter.
---@param wanted aicore.Filter?
---@param now number  seconds since the epoch
---@param retires (fun(record: table): number?, boolean)?  when one's model stops working: see retirement.date_of
---@return table query                          options of the operation "list"
---@return (fun(deployment: table): boolean)?   which ones belong; nil: all of them
---@return string? complaint                    what is wrong with the filter's own part
function filter.split(wanted, now, retires)
  local query, own = {}, {}
  for name, value in pairs(wanted or {}) do
    local fit, expected = true, nil
    if CHECKS[name] then
      fit, expected = CHECKS[name](value)
    end
    if not fit then
      return query, nil, ("%s: %s"):format(name, expected)
    elseif name == "status" and type(value) == "string" then
      query.status = written(value)
    else
      local part = CHECKS[name] and own or query
      part[name] = value
    end
  end
  local fits = filter.matcher(own)
  return query, fits and function(deployment)
    return fits(deployment, now, retires)
  end
end

return filter
