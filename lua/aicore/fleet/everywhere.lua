--- A call in many resource groups at once: one report of all, with that of each, and one progress.
-- Rule: a group that cannot be read stops no other; its report has the error, and the whole is not sure then.

local groups = require "aicore.call.groups"
local merged = require "aicore.model.merged"
local report = require "aicore.fleet.report"

local everywhere = {}

local LISTS = { "deleted", "absent", "stopped", "skipped" }
local COUNTS = { "total", "left", "deleted", "absent", "stopped", "skipped", "failed" }

--- What the groups have told last, as one.
local function sum(told)
  local all = { states = {} }
  for _, progress in pairs(told) do
    for _, name in ipairs(COUNTS) do
      all[name] = (all[name] or 0) + progress[name]
    end
    for state, count in pairs(progress.states) do
      all.states[state] = (all.states[state] or 0) + count
    end
  end
  return all
end

--- Adds the report of one group.
local function add(whole, made)
  for _, list in ipairs(LISTS) do
    for _, id in ipairs(made[list]) do
      table.insert(whole[list], id)
    end
  end
  for id, err in pairs(made.failed) do
    whole.failed[id] = err
  end
  whole.newer, whole.odd = whole.newer + made.newer, whole.odd + made.odd
  whole.unsure, whole.cancelled = whole.unsure or made.unsure, whole.cancelled or made.cancelled
end

--- One that says why there is none.
local function without(err)
  local made = report.blank()
  made.err, made.unsure, made.cancelled = err, true, not err or nil
  return made
end

--- The call in one of the groups.
---@param call aicore.Call
---@param name string
---@param count integer  how many groups there are
---@param on_progress function?
---@return aicore.Call
function everywhere.own_call(call, name, count, on_progress)
  local own = merged(call, { resource_group = name, page_size = groups.page_size(count) })
  own.on_progress, own.shared = on_progress, nil
  return own
end

--- Does it in each of these groups.
---@param caller aicore.Caller
---@param call aicore.Call
---@param names string[]  sorted
---@param act fun(call: aicore.Call): aicore.Report|nil, aicore.Error?
---@param lacking aicore.Error?  there are other groups
---@return aicore.Report
function everywhere.run(caller, call, names, act, lacking)
  local told, requests = {}, caller:requests()
  local function tell(whole)
    whole.requests = caller:requests() - requests
    whole.elapsed = caller.runtime.now() - call.began
    return whole
  end
  local reports, errs = groups.each_name(caller.runtime, names, function(name)
    local before = caller:requests(name)
    local made, err = act(everywhere.own_call(call, name, #names, call.on_progress and function(progress)
      told[name] = progress
      call.on_progress(tell(sum(told)))
    end))
    if made then
      made.requests = caller:requests(name) - before
    end
    return made, err
  end)
  local whole = tell(report.blank())
  whole.groups, whole.err, whole.unsure = {}, lacking, lacking and true
  for _, name in ipairs(names) do
    whole.groups[name] = reports[name] or without(errs[name])
    add(whole, whole.groups[name])
  end
  return whole
end

--- What list has given, by resource group.
---@param records { id: string, resource_group: string? }[]
---@param default string  of those that say none
---@return string[] names  sorted
---@return table<string, string[]> ids
function everywhere.split(records, default)
  local names, ids = {}, {}
  for _, record in ipairs(records) do
    local name = record.resource_group or default
    if not ids[name] then
      names[#names + 1], ids[name] = name, {}
    end
    table.insert(ids[name], record.id)
  end
  table.sort(names)
  return names, ids
end

return everywhere
