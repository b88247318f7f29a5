--- When a model that a deployment serves stops working, by what the service says of its models. Pure.

local filter = require "aicore.model.filter"
local timestamp = require "aicore.model.timestamp"

local retirement = {}

--- The service may write a day alone.
local function date_of(version)
  local text = version.retirementDate
  return timestamp.parse(text) or type(text) == "string" and timestamp.parse(text .. "T00:00:00Z") or nil
end

--- Of a version by its name. "latest" moves on by itself: it ends with the last version, if that has an end.
local function end_of(model, wanted)
  local last = -math.huge
  for _, version in ipairs(model.versions) do
    local date = date_of(version)
    if version.name == wanted then
      return date
    end
    last = math.max(last, date or math.huge)
  end
  return wanted == "latest" and last > -math.huge and last < math.huge and last or nil
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
---@return fun(record: table): number? retires  seconds since the epoch; nil: nobody has said that it will
function retirement.new(models)
  return function(record)
    local name, version = filter.model_of(record)
    local model = name and find(models, name, record.executableId)
    return model and end_of(model, version)
  end
end

return retirement
