--- Filters as people write them: "status=RUNNING older=7d". Pure.

local caller = require "aicore.call.caller"
local duration = require "aicore.text.duration"
local lifecycle = require "aicore.model.lifecycle"

local unpack = table.unpack or unpack

local filters = {}

--- A reader of what the service will take as this option of a list.
local function fit(option)
  return function(value)
    return not caller.check("list", { [option] = value }) and value or nil
  end
end

-- What may stand before "=", which field of a filter it is, what reads its value, what that expects, and what the help
-- shows of it.
local WORDS = {
  { "status", "status", lifecycle.read, table.concat(lifecycle.statuses, ", "), "RUNNING" },
  { "scenario", "scenario_id", fit "scenario_id", "a scenario's id", "ID" },
  { "configuration", "configuration_id", fit "configuration_id", "a configuration's id", "ID" },
  { "model", "model", tostring, "a model's name", "NAME" },
  { "older", "older_than", duration.parse_age, "an age, such as 7d or 12h", "7d" },
  { "group", "resource_group", fit "resource_group", "a resource group's id", "NAME" },
}

local BY_NAME, NAMES = {}, {}

--- One word of each kind, for the help.
---@type string[]
filters.examples = {}

for i, word in ipairs(WORDS) do
  BY_NAME[word[1]], NAMES[i], filters.examples[i] = word, word[1], word[1] .. "=" .. word[5]
end

--- What two words of the same name mean: of a status either; nil: nobody knows.
local function both(name, first, second)
  if name ~= "status" then
    return nil
  end
  local list = type(first) == "table" and first or { first }
  list[#list + 1] = second
  return list
end

--- "status=RUNNING older=7d" -> { status = "RUNNING", older_than = 604800 }
---@param text string
---@return aicore.Filter|nil
---@return string? complaint
function filters.parse(text)
  local wanted = {}
  for word in text:gmatch "%S+" do
    local name, value = word:match "^(%w+)=(.+)$"
    local known = BY_NAME[name]
    if not known then
      return nil, ("filter: '%s' is none of %s=…"):format(word, table.concat(NAMES, "=…, "))
    end
    local field, read, expected = unpack(known, 2)
    local meaning = read(value)
    if not meaning then
      return nil, ("filter: %s=%s: expected %s"):format(name, value, expected)
    end
    if wanted[field] then
      meaning = both(name, wanted[field], meaning)
    end
    if not meaning then
      return nil, ("filter: %s= stands there twice"):format(name)
    end
    wanted[field] = meaning
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
    for _, name in ipairs(NAMES) do
      add(name .. "=")
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
