-- The settings that may change while the emulator runs, their defaults and what they may be.
-- Rule: an unknown name or a value of the wrong kind is refused as a whole; nothing is half changed.

local settings = {}

local function seconds(value)
  return type(value) == "number" and value >= 0 and value < math.huge
end

local function boolean(value)
  return type(value) == "boolean"
end

local function share(value)
  return type(value) == "number" and value >= 0 and value <= 1
end

local function whole(least)
  return function(value)
    return type(value) == "number" and value >= least and value % 1 == 0 and value < math.huge
  end
end

local function length(value)
  return seconds(value) and value > 0
end

local COUNTS = { page = true, total = true, more = true, less = true, wrong = true, missing = true }

local function kind_of_count(value)
  return COUNTS[value] == true
end

local function accepted_or_refused(value)
  return value == 202 or value == 412
end

local KNOWN = {
  start_time = { default = 2, check = seconds, must = "be seconds" },
  stop_time = { default = 2, check = seconds, must = "be seconds" },
  delete_time = { default = 2, check = seconds, must = "be seconds" },
  latency = { default = 0, check = seconds, must = "be seconds" },
  update_time = { default = 0, check = seconds, must = "be seconds" },
  show_time = { default = 0, check = seconds, must = "be seconds" },
  read_lag = { default = 0, check = seconds, must = "be seconds" },
  replicas = { default = 1, check = whole(1), must = "be a whole number from 1" },
  appear_time = { default = 0, check = seconds, must = "be seconds" },
  appear_chance = { default = 0, check = share, must = "be from 0 to 1" },
  list_lag = { default = 0, check = seconds, must = "be seconds" },
  list_misses = { default = 0, check = share, must = "be from 0 to 1" },
  list_misses_time = { default = 20, check = length, must = "be seconds, more than 0" },
  list_ghosts = { default = 0, check = share, must = "be from 0 to 1" },
  list_empty = { default = false, check = boolean, must = "be true or false" },
  page_cap = { default = 0, check = whole(0), must = "be a whole number; 0: none" },
  page_shifts = { default = 0, check = share, must = "be from 0 to 1" },
  skip_ignored = { default = false, check = boolean, must = "be true or false" },
  count = { default = "page", check = kind_of_count, must = "be page, total, more, less, wrong or missing" },
  token_lifetime = { default = 12 * 3600, check = seconds, must = "be seconds" },
  bulk = { default = true, check = boolean, must = "be true or false" },
  -- What repeating an accepted DELETE answers while the deployment is still listed. Nobody knows what AI Core does.
  delete_again = { default = 202, check = accepted_or_refused, must = "be 202 or 412" },
}

---@class aicore.emulator.Settings
---@field start_time number      seconds from an accepted create or update to RUNNING (or DEAD)
---@field stop_time number       seconds from an accepted stop to STOPPED
---@field delete_time number     seconds from an accepted delete until it is gone
---@field update_time number    seconds in which an updated one still shows, and runs, its old configuration (0)
---@field show_time number      seconds from an accepted stop or delete until anything of it is to be seen (0)
---@field read_lag number       seconds that the last of the replicas that answer a GET by id is behind (0)
---@field replicas integer      how many there are, from 0 to read_lag behind; chance chooses (1: it is behind)
---@field appear_time number    seconds after its creation in which a GET does not find a deployment (0) …
---@field appear_chance number  … but with this probability, from 0 to 1 (0)
---@field list_lag number       seconds that lists and counts are behind (0)
---@field list_misses number    share of the records that lists miss at any time (0); of new ones its square root
---@field list_misses_time number  seconds that each is missed (20)
---@field list_ghosts number    probability that a list shows one that is gone, each once more at most (0)
---@field list_empty boolean    whether lists show nothing, as when their index is out of order (false)
---@field page_cap integer      records in a page at most, whatever $top says (0: any number)
---@field page_shifts number    probability that a page begins some places earlier or later than the one before ends (0)
---@field skip_ignored boolean  whether $skip is (false)
---@field count string          what is called a list's count: "page" (its own length), "total", one "more" or "less"
---                             than that, "wrong" (another one each time), or it is "missing" ("page")
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
