-- What is about to happen, before it does: how many deployments, in which states, and the first few.

local columns = require "aicore.text.columns"
local options = require "aicore.cli.options"
local printable = require "aicore.model.printable"
local problems = require "aicore.cli.problems"
local several = require "aicore.cli.several"
local summary = require "aicore.text.summary"

local preview = {}

local FEW = 8 -- ids that are looked at one by one; for more one list is cheaper
local SHOWN = 5

local ABSENT = "not there"

--- Is it an id of which nothing was found?
---@param seen table  of those found
---@return boolean
function preview.is_absent(seen)
  return seen.status == ABSENT
end

--- Each id, with its status where it has one.
local function look_at_each(client, ids, timeout)
  local found = {}
  local outcomes = several.run(ids, several.LIMIT, function(id)
    return client:status(id, { timeout = timeout })
  end)
  for i, outcome in ipairs(outcomes) do
    local err = outcome.err
    if err and not problems.is_not_found(err) then
      return nil, err
    end
    found[i] = outcome.value or { id = outcome.id, status = ABSENT }
  end
  return found
end

local function pick(client, ids, timeout)
  local by_id, found = {}, {}
  for deployment, err in client:each { timeout = timeout } do
    if not deployment then
      return nil, err
    end
    by_id[deployment.id] = {
      id = deployment.id,
      status = deployment.status,
      targetStatus = deployment.targetStatus,
      scenarioId = deployment.scenarioId,
    }
  end
  for i, id in ipairs(ids) do
    found[i] = by_id[id] or { id = id, status = ABSENT }
  end
  return found
end

--- What a target means just now.
---@param client aicore.Client
---@param target string[]|aicore.Filter
---@param timeout number?
---@return table[]|nil found  with id, status and perhaps more
---@return aicore.Error? err
function preview.find(client, target, timeout)
  if target[1] ~= nil then
    return (#target <= FEW and look_at_each or pick)(client, target, timeout)
  end
  target.timeout = timeout
  return client:list(target)
end

--- Several lines: a sentence, and the first few.
---@param found table[]
---@param what string  "will be torn down"
---@param given table  the command's options
---@param place aicore.Place?
---@return string
function preview.text(found, what, given, place)
  local states = #found > 0 and (" (%s)"):format(summary.states(found)) or ""
  local where = place and " in " .. summary.place(place, given.all_resource_groups and "*" or nil) or ""
  local sentence = ("%d %s%s%s %s"):format(#found, options.noun(given.kind, #found), states, where, what)
  local lines, rows = { printable(sentence) }, {}
  for i = 1, math.min(#found, SHOWN) do
    rows[i] = { "  " .. found[i].id, found[i].status, found[i].scenarioId or "", found[i].resource_group or "" }
  end
  for _, line in ipairs(columns.align(rows)) do
    lines[#lines + 1] = (line:gsub("%s+$", ""))
  end
  if #found > SHOWN then
    lines[#lines + 1] = ("  … and %d more"):format(#found - SHOWN)
  end
  return table.concat(lines, "\n")
end

return preview
