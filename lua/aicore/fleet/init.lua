--- What takes more than one operation: find, configure, wait, stop_all, delete_all, teardown and so on. client.lua has
-- them as methods and says what they promise; what takes time is a goal (goals.lua) that an engine works towards.

local calls = require "aicore.fleet.calls"
local configure = require "aicore.fleet.configure"
local ensure = require "aicore.fleet.ensure"
local errors = require "aicore.model.errors"
local everywhere = require "aicore.fleet.everywhere"
local filter = require "aicore.model.filter"
local find = require "aicore.fleet.find"
local goals = require "aicore.fleet.goals"
local groups = require "aicore.call.groups"
local lifecycle = require "aicore.model.lifecycle"
local printable = require "aicore.model.printable"
local rollout = require "aicore.fleet.rollout"
local report = require "aicore.fleet.report"
local sweep = require "aicore.fleet.sweep"
local watch = require "aicore.fleet.watch"

local fleet = {}

-- Calls with files of their own -----------------------------------------------------------------------

fleet.find = find.one
fleet.configurations, fleet.configure = configure.list, configure.one
fleet.rollout = rollout.one
fleet.watch = watch.iterate

-- One ----------------------------------------------------------------------------------------------

function fleet.wait(caller, id, goal, opts)
  local call, word = calls.read(caller, "wait", opts), lifecycle.read_goal(goal)
  calls.check(caller, "wait", "status", nil, id)
  if not word then
    local words = table.concat(lifecycle.goals, ", ")
    calls.refuse("wait", "one of %s expected, got %s", words, printable(tostring(goal)))
  end
  local one, listener = calls.engine_for_one(caller, call, id, goals.reach(word), { goal = word })
  calls.run(caller, one)
  return listener:result()
end

-- Many ---------------------------------------------------------------------------------------------

--- What work() ends with, whatever has happened.
local function conclude(listener, engines, cancelled)
  if engines then
    engines:stop(cancelled)
  end
  local made = listener:finish()
  made.cancelled = (cancelled or engines and engines.cancelled) and true or nil
  return made
end

local function new_listener(caller, name, call)
  local group = calls.shared(caller, call).group
  local fields = { name = name, began = call.began, group = group, on_progress = call.on_progress }
  fields.requests_before = call.requests_before
  return report.new(fields)
end

--- Goals for which one that does not appear is given up sooner.
local UNWANTED = { teardown = true, delete = true }

--- A goal for these ids.
local function run(caller, call, name, ids)
  local listener = new_listener(caller, name, call)
  local options = { goal = goals[name], listener = listener, unwanted = UNWANTED[name] }
  local many = calls.engine(caller, call, options):add(ids)
  return conclude(listener, many, calls.run(caller, many))
end

--- See ensure.lua; what it has made and does not return is discarded as by a call of its own.
function fleet.ensure(caller, what, opts)
  return ensure.one(caller, what, opts, run)
end

local function run_checked(caller, method, name, ids, opts)
  local call = calls.read(caller, method, opts)
  calls.check_ids(caller, call, ids)
  return run(caller, call, name, ids)
end

function fleet.stop_all(caller, ids, opts)
  return run_checked(caller, "stop_all", "stop", ids, opts)
end

function fleet.delete_all(caller, ids, opts)
  return run_checked(caller, "delete_all", "delete", ids, opts)
end

-- All that a filter finds --------------------------------------------------------------------------

--- Makes the engines of a sweep, one for each time that it takes on more.
local function engine_maker(caller, call, listener)
  local current = {}
  return current,
    function(ids)
      local options = { goal = goals.teardown, listener = listener, unwanted = true }
      current.engine = calls.engine(caller, call, options):add(ids)
      return current.engine
    end
end

--- A function that finds them and tears them down, or tells why they cannot be found.
local function work_on(swept, make, listener, dry_run)
  return function()
    local at, err
    swept.records, at, err = swept:find()
    if err and (dry_run or not err.incomplete) then
      return err
    elseif not dry_run then
      return swept:run(make, at)
    end
    for _, record in ipairs(swept.records) do
      listener:settled(record.id, "skipped")
    end
  end
end

local function teardown_filter(caller, call, request, belongs)
  local listener = new_listener(caller, "teardown", call)
  local swept = sweep.new {
    caller = caller,
    request = request,
    belongs = belongs,
    began = call.began,
    deadline = call.deadline,
    page_size = call.page_size,
    listener = listener,
  }
  local current, make = engine_maker(caller, call, listener)
  local results, cancelled = caller.runtime.gather({ work_on(swept, make, listener, call.dry_run) }, 1)
  local err = results[1]
  if cancelled and not swept.first_at then
    err = err or errors.new { kind = "cancelled", message = "ended by the host", operation = "teardown" }
  end
  if err then
    return nil, err
  end
  return conclude(listener, current.engine, cancelled or swept.cancelled)
end

local function teardown_ids(caller, call, ids)
  if not call.dry_run then
    return run(caller, call, "teardown", ids)
  end
  local listener, known = new_listener(caller, "teardown", call), {}
  for _, id in ipairs(ids) do
    if not known[id] then
      known[id] = true
      listener:settled(id, "skipped")
    end
  end
  return conclude(listener)
end

--- What a filter means in all resource groups.
local function teardown_everywhere(caller, call, request, belongs)
  local names, err = groups.names(caller, request, call.deadline)
  if not names then
    return nil, err
  end
  return everywhere.run(caller, call, names, function(own)
    return teardown_filter(caller, own, groups.at(request, own.resource_group), belongs)
  end, err)
end

--- What list has shown, each in its resource group.
local function teardown_records(caller, call, records)
  local names, ids = everywhere.split(records, call.resource_group or caller.resource_group or "default")
  return everywhere.run(caller, call, names, function(own)
    return teardown_ids(caller, own, ids[own.resource_group])
  end)
end

-- The options that it alone has.
local TEARDOWN = { dry_run = "boolean", resource_group = "*" }

function fleet.teardown(caller, target, opts)
  local call = calls.read(caller, "teardown", opts, TEARDOWN)
  local ids = type(target) == "string" and { target } or target
  if type(ids) == "table" and ids[1] == nil then
    local request, belongs = calls.filter(caller, call, ids)
    if not filter.is_meant(ids) then
      calls.refuse("teardown", "an empty filter means everything: say so by all = true")
    end
    return (request.everywhere and teardown_everywhere or teardown_filter)(caller, call, request, belongs)
  end
  local is_records = type(ids) == "table" and type(ids[1]) == "table"
  calls.check_ids(caller, call, ids, is_records)
  return (is_records and teardown_records or teardown_ids)(caller, call, ids)
end

return fleet
