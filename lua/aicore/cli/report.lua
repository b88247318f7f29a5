-- The report of many deployments that were stopped, deleted or torn down.

local duration = require "aicore.text.duration"
local json = require "aicore.text.json"
local printable = require "aicore.model.printable"
local problems = require "aicore.cli.problems"
local reports = require "aicore.fleet.report"

local report = {}

-- The lists of a report, in the order and the words of the summary.
local LISTS = {
  { "stopped", "stopped" },
  { "deleted", "deleted" },
  { "absent", "not there" },
  { "skipped", "with nothing to do" },
}

--- The resource groups that have reports of their own.
local function groups_of(made)
  local names = {}
  for name in pairs(made.groups or {}) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function failures(made)
  local ids, list = {}, {}
  for id in pairs(made.failed) do
    ids[#ids + 1] = id
  end
  table.sort(ids)
  for i, id in ipairs(ids) do
    list[i] = made.failed[id]
  end
  for _, name in ipairs(groups_of(made)) do
    list[#list + 1] = made.groups[name].err
  end
  list[#list + 1] = made.err
  return list
end

--- "2 stopped, 3 deleted, 1 failed in 4s by 12 requests"
local function summary(made, failed)
  local parts = {}
  for _, row in ipairs(LISTS) do
    local count = #made[row[1]]
    parts[#parts + 1] = count > 0 and ("%d %s"):format(count, row[2]) or nil
  end
  parts[#parts + 1] = failed > 0 and ("%d %s"):format(failed, made.cancelled and "not finished" or "failed") or nil
  local what = #parts > 0 and table.concat(parts, ", ") or "nothing to do"
  local elapsed = made.elapsed < 10 and ("%.1fs"):format(made.elapsed) or duration.format(made.elapsed)
  return ("%s in %s by %d requests"):format(what, elapsed, made.requests)
end

local function size_of(failed)
  local number = 0
  for _ in pairs(failed) do
    number = number + 1
  end
  return number
end

-- What scripts get: every field, always.
local NUMBERS = { "requests", "elapsed", "newer", "odd" }
local FLAGS = { "cancelled", "dry_run", "unsure" }

local function as_json(made)
  local shown = { failed = {} }
  for _, name in ipairs(NUMBERS) do
    shown[name] = made[name]
  end
  for _, name in ipairs(FLAGS) do
    shown[name] = made[name] or false
  end
  for _, row in ipairs(LISTS) do
    local ids = json.array {}
    for i, id in ipairs(made[row[1]]) do
      ids[i] = id
    end
    table.sort(ids)
    shown[row[1]] = ids
  end
  for id, err in pairs(made.failed) do
    shown.failed[id] = problems.plain(err)
  end
  shown.error = made.err and problems.plain(made.err)
  for _, name in ipairs(groups_of(made)) do
    shown.groups = shown.groups or {}
    shown.groups[name] = as_json(made.groups[name])
  end
  return shown
end

local PRINTERS = {
  json = function(console, made)
    console:print(json.encode(as_json(made)))
  end,
  table = function(console, made, _, failed)
    for _, name in ipairs(groups_of(made)) do
      local group = made.groups[name]
      console:print(
        printable(("%s: %s"):format(name, group.err and "not read" or summary(group, size_of(group.failed))))
      )
    end
    console:print(summary(made, failed))
  end,
  ids = function(console, made, goal)
    for _, list in ipairs(goal == "stop" and { "stopped", "skipped" } or { "deleted", "absent" }) do
      for _, id in ipairs(made[list]) do
        console:print(id)
      end
    end
  end,
}

--- The report of a command that had nothing to do.
---@type fun(): aicore.Report
report.empty = reports.blank

-- What a filter has left alone: the field, and what is said of one and of several.
local LEFT_ALONE = {
  { "newer", "1 newer one was left alone", "%d newer ones were left alone" },
  { "odd", "1 record could not be read, and was left alone", "%d records could not be read, and were left alone" },
}

local function tell_left_alone(console, made)
  for _, row in ipairs(LEFT_ALONE) do
    local count = made[row[1]]
    if count > 0 then
      console:note("aicorectl: " .. (count == 1 and row[2] or row[3]:format(count)))
    end
  end
end

--- Without a list that shows it, success would be a guess.
local function tell_unsure(console)
  problems.say(
    console,
    "not sure that these were all: no complete list could be had that shows no others",
    "aicorectl list with the same filter; it is safe to run the same command again"
  )
end

--- Those that were to be stopped or deleted, and were not there: to a teardown that is as good as done.
local function add_absent(failed, made, goal, kind)
  for _, id in ipairs(goal ~= "teardown" and made.absent or {}) do
    failed[#failed + 1] = problems.not_there({ command = goal, kind = kind }, id)
  end
end

--- Prints what became of all, and tells of those that failed.
---@param console aicore.cli.Console
---@param format string?
---@param made aicore.Report  and `dry_run`, if it tells what would be done
---@param goal "stop"|"delete"|"teardown"
---@param kind string?  of --kind
---@return integer exit
function report.print(console, format, made, goal, kind)
  local failed = failures(made)
  PRINTERS[format or "table"](console, made, goal, size_of(made.failed))
  tell_left_alone(console, made)
  if made.cancelled then
    problems.say(
      console,
      ("interrupted: %d %s not finished"):format(#failed, #failed == 1 and "is" or "are"),
      "what the service has accepted goes on there; it is safe to run the same command again"
    )
    return problems.INTERRUPTED
  end
  add_absent(failed, made, goal, kind)
  local exit = problems.tell_all(console, failed)
  if made.unsure then
    tell_unsure(console)
    return exit == problems.DONE and problems.FAILED or exit
  end
  return exit
end

return report
