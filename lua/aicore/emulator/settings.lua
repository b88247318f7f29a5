-- The settings that may change while the emulator runs, their defaults and what they may be.
-- Rule: an unknown name or a value of the wrong kind is refused as a whole; nothing is half changed.

local settings = {}

local function seconds(value)
  return type(value) == "number" and value >= 0 and value < math.huge
end

local function boolean(value)
  return type(value) == "boolean"
end

local function accepted_or_refused(value)
  return value == 202 or value == 412
end

local KNOWN = {
  start_time = { default = 2, check = seconds, must = "be seconds" },
  stop_time = { default = 2, check = seconds, must = "be seconds" },
  delete_time = { default = 2, check = seconds, must = "be seconds" },
  latency = { default = 0, check = seconds, must = "be seconds" },
  token_lifetime = { default = 12 * 3600, check = seconds, must = "be seconds" },
  bulk = { default = true, check = boolean, must = "be true or false" },
  -- What repeating an accepted DELETE answers while the deployment is still listed. Nobody knows what AI Core does.
  delete_again = { default = 202, check = accepted_or_refused, must = "be 202 or 412" },
}

---@class aicore.emulator.Settings
---@field start_time number      seconds from an accepted create or update to RUNNING (or DEAD)
---@field stop_time number       seconds from an accepted stop to STOPPED
---@field delete_time number     seconds from an accepted delete until it is gone
---@field latency number         seconds that every answer takes
---@field token_lifetime number  seconds that a new token lives
---@field bulk boolean           whether the batch operation works
---@field delete_again integer   202 or 412

--- The defaults.
---@return aicore.emulator.Settings
function settings.new()
  local values = {}
  for name, setting in pairs(KNOWN) do
    values[name] = setting.default
  end
  return values
end

--- Changes some of them.
---@param values aicore.emulator.Settings
---@param changes table<string, any>
---@return true|nil
---@return string|nil problem
function settings.change(values, changes)
  for name, value in pairs(changes) do
    local setting = KNOWN[name]
    if not setting then
      return nil, ("unknown setting %s"):format(tostring(name))
    end
    if not setting.check(value) then
      return nil, ("%s must %s"):format(name, setting.must)
    end
  end
  for name, value in pairs(changes) do
    values[name] = value
  end
  return true
end

return settings
