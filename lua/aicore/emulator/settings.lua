-- The settings that may change while the emulator runs, their defaults and what they may be.
-- Rule: an unknown name or a value of the wrong kind is refused as a whole; nothing is half changed.

local settings = {}

local function number(least, most)
  return function(value)
    return type(value) == "number" and value >= least and value <= most
  end
end

local MOST = 2 ^ 53

local SECONDS = { check = number(0, MOST), must = "be seconds" }
local SHARE = { check = number(0, 1), must = "be from 0 to 1" }

local BOOLEAN = {
  check = function(value)
    return type(value) == "boolean"
  end,
  must = "be true or false",
}

local function whole(least)
  local fits = number(least, MOST)
  return {
    check = function(value)
      return fits(value) and value % 1 == 0
    end,
    must = ("be a whole number from %d"):format(least),
  }
end

local function one_of(...)
  local choice, words = {}, {}
  for i, value in ipairs { ... } do
    choice[value], words[i] = true, tostring(value)
  end
  return {
    check = function(value)
      return choice[value] == true
    end,
    must = "be one of " .. table.concat(words, ", "),
  }
end

-- Each one's default, and what it may be.
local KNOWN = {
  start_time = { 2, SECONDS },
  run_time = { 0, SECONDS },
  stop_time = { 2, SECONDS },
  delete_time = { 2, SECONDS },
  update_time = { 0, SECONDS },
  early_update = { 0, SECONDS },
  show_time = { 0, SECONDS },
  quota = { -1, whole(-1) },
  delete_again = { 202, one_of(202, 412) },
  bulk = { true, BOOLEAN },
  latency = { 0, SECONDS },
  token_lifetime = { 12 * 3600, SECONDS },
  dates = { true, BOOLEAN },
  read_lag = { 0, SECONDS },
  replicas = { 1, whole(1) },
  appear_time = { 0, SECONDS },
  appear_chance = { 0, SHARE },
  lagging_sends = { false, BOOLEAN },
  hide_target = { 0, SHARE },
  stamps = { "right", one_of("right", "missing", "still", "back", "mixed") },
  odd_records = { 0, SHARE },
  list_lag = { 0, SECONDS },
  list_misses = { 0, SHARE },
  list_misses_time = { 20, { check = number(1e-3, MOST), must = "be seconds, from 0.001" } },
  list_ghosts = { 0, SHARE },
  list_empty = { false, BOOLEAN },
  page_cap = { 0, whole(0) },
  page_shifts = { 0, SHARE },
  skip_ignored = { false, BOOLEAN },
  count = { "page", one_of("page", "total", "more", "less", "wrong", "missing") },
}

---@class aicore.emulator.Settings
---@field start_time number        s from an accepted create, or from when an update shows, to RUNNING or DEAD (2)
---@field run_time number          s that an execution runs until it is COMPLETED; 0: until it is stopped (0)
---@field stop_time number         s from when an accepted stop shows to STOPPED (2)
---@field delete_time number       s from when an accepted delete shows until it is gone (2)
---@field update_time number       s until an accepted update shows: until then the old configuration runs (0)
---@field early_update number      s for which it shows the new configuration, while the old one still runs (0)
---@field show_time number         s until anything shows of an accepted stop or delete (0)
---@field quota integer            deployments in all groups at most: a create beyond is refused; -1: any number (-1)
---@field delete_again integer     202 or 412: the answer to a delete of what is being deleted (202)
---@field bulk boolean             whether the batch operation works (true)
---@field latency number           s that every answer takes (0)
---@field token_lifetime number    s that a new token lives (43200)
---@field dates boolean            whether answers have a Date (true)
---@field read_lag number          s that a GET by id is behind, or the last of several replicas that answer it (0)
---@field replicas integer         how many take turns by chance, from 0 s to read_lag behind; 1: it is behind (1)
---@field appear_time number       s after its creation in which a GET does not find a deployment (0)
---@field appear_chance number     probability that it finds it all the same (0)
---@field lagging_sends boolean    whether a stop, delete or update does not find what a GET would not find (false)
---@field hide_target number       share of the records, 0 to 1, that never show a targetStatus (0)
---@field stamps string            modifiedAt: "right", "missing", "still" (createdAt), "back" (earlier with each
---                                change), or "mixed": of each record one of these ("right")
---@field odd_records number       share of the records that are odd in lists: no id, or no status, that is a text (0)
---@field list_lag number          s that lists and counts are behind (0)
---@field list_misses number       share of the records that lists miss at any time; of new ones its square root (0)
---@field list_misses_time number  s that each is missed (20)
---@field list_ghosts number       probability that a list shows one that has gone of late, each once more (0)
---@field list_empty boolean       whether lists show nothing, as when their index is out of order (false)
---@field page_cap integer         records in a page at most, whatever $top says; 0: any number (0)
---@field page_shifts number       probability that a list begins some places further on, or back, than before (0)
---@field skip_ignored boolean     whether $skip is (false)
---@field count string             a list's count is the "page"'s length, the "total", one "more" or "less" than that,
---                                "wrong" (another number each time), or it is "missing" ("page")

--- The defaults.
---@return aicore.emulator.Settings
function settings.new()
  local values = {}
  for name, setting in pairs(KNOWN) do
    values[name] = setting[1]
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
    local kind = setting[2]
    if not kind.check(value) then
      return nil, ("%s must %s"):format(name, kind.must)
    end
  end
  for name, value in pairs(changes) do
    values[name] = value
  end
  return true
end

return settings
