--- Filters as people write them: "status=RUNNING older=7d". Pure.

local lifecycle = require "aicore.model.lifecycle"

local filters = {}

local AGES = { s = 1, m = 60, h = 3600, d = 86400 }

--- Ids have 4 to 64 characters.
local function id(value)
  return #value >= 4 and #value <= 64 and value:match "^[%w_.-]+$" or nil
end

-- What may stand before "=", which field of a filter it is, and what its value means.
local WORDS = {
  status = {
    "status",
    function(value)
      return lifecycle.known(value:upper()) and value:upper() or nil, table.concat(lifecycle.statuses, ", ")
    end,
  },
  scenario = {
    "scenario_id",
    function(value)
      return id(value), "a scenario's id"
    end,
  },
  configuration = {
    "configuration_id",
    function(value)
      return id(value), "a configuration's id"
    end,
  },
  group = {
    "resource_group",
    function(value)
      return value:match "^[%w_.-]+$", "a resource group's id"
    end,
  },
  older = {
    "older_than",
    function(value)
      local number, unit = value:match "^(%d+)([smhd])$"
      return number and number * AGES[unit], "an age, such as 7d or 12h"
    end,
  },
}

--- The words that a filter knows.
filters.words = { "status", "scenario", "configuration", "older", "group" }

--- "status=RUNNING older=7d" -> { status = "RUNNING", older_than = 604800 }
---@param text string
---@return aicore.Filter|nil
---@return string? complaint
function filters.parse(text)
  local wanted = {}
  for word in text:gmatch "%S+" do
    local name, value = word:match "^(%w+)=(.+)$"
    local known = WORDS[name]
    if not known then
      return nil, ("filter: '%s' is none of %s=…"):format(word, table.concat(filters.words, "=…, "))
    end
    local meaning, expected = known[2](value)
    if not meaning then
      return nil, ("filter: %s=%s: expected %s"):format(name, value, expected)
    end
    wanted[known[1]] = meaning
  end
  return wanted
end

--- What could complete the last word of a filter.
---@param lead string
---@param rows aicore.neovim.Row[]  scenarios and configurations come from these
---@return string[]
function filters.complete(lead, rows)
  local candidates, seen = {}, {}
  local function add(candidate)
    if candidate:sub(1, #lead) == lead and not seen[candidate] then
      seen[candidate] = true
      candidates[#candidates + 1] = candidate
    end
  end
  if not lead:find("=", 1, true) then
    for _, word in ipairs(filters.words) do
      add(word .. "=")
    end
    return candidates
  end
  for _, status in ipairs(lifecycle.statuses) do
    add("status=" .. status)
  end
  for _, row in ipairs(rows) do
    add("scenario=" .. row.scenario)
  end
  return candidates
end

return filters
