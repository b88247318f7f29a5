--- When a model that a deployment serves stops working, by what the service says of its models. Pure.

local filter = require "aicore.model.filter"
local timestamp = require "aicore.model.timestamp"

local retirement = {}

--- When a version stops working.
---@param version table  of a model, as the service lists it
---@return number? date  seconds since the epoch; nil: nobody has said that it will, or nobody can read when
---@return boolean is_unclear  something is said that is no date
function retirement.date_of(version)
  local text = version.retirementDate
  local date = timestamp.date(text)
  return date ~= math.huge and date or nil, date == nil and text ~= nil and text ~= ""
end

--- Of a version by its name. "latest" moves on by itself: it ends with the last version, if that has an end.
local function end_of(model, wanted)
  local last, all_end, is_unclear = nil, true, false
  for _, version in ipairs(model.versions) do
    local date, unclear = retirement.date_of(version)
    if version.name == wanted then
      return date, unclear
    end
    last = date and math.max(last or date, date) or last
    all_end, is_unclear = all_end and (date ~= nil or unclear), is_unclear or unclear
  end
  if wanted ~= "latest" or not all_end then
    return nil, false
  end
  return not is_unclear and last or nil, is_unclear
end

--- Two executables may offer models of the same name.
local function find(models, name, executable)
  local found
  for _, model in ipairs(models) do
    if model.model == name then
      found = (not found or model.executableId == executable) and model or found
    end
  end
  return found
end

--- What says of a record when it stops working.
---@param models table[]  as the service lists them
---@return fun(record: table): number?, boolean retires  as retirement.date_of
function retirement.new(models)
  return function(record)
    local name, version = filter.model_of(record)
    local model = name and find(models, name, record.executableId)
    if not model then
      return nil, false
    end
    return end_of(model, version)
  end
end

return retirement
