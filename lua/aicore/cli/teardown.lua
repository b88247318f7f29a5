-- aicorectl teardown: stop, delete, and wait until it is gone; shown and asked about before anything happens.

local clock = require "aicore.runtime.clock"
local ids = require "aicore.cli.ids"
local options = require "aicore.cli.options"
local preview = require "aicore.cli.preview"
local problems = require "aicore.cli.problems"
local progress = require "aicore.cli.progress"
local report = require "aicore.cli.report"

local command = { summary = "Stop and delete deployments, and wait until they are gone.", everywhere = true }

---@param parser table  argparse's
function command.configure(parser)
  ids.configure(parser)
  options.filter(parser)
  parser:flag("--all", "All deployments of the resource group.")
  parser:flag("-y --yes", "Do not ask.")
  options.appear(parser)
  options.dry_run(parser, "torn down")
end

--- What the options cannot say one by one.
---@param given table
---@return string|nil problem
function command.check(given)
  local filter = options.read_filter(given)
  if #given.ids > 0 and (filter or given.all) then
    return "ids, or a filter, or --all: one of them"
  elseif given.all_resource_groups and not filter and not given.all then
    return "-A is for a filter, or --all: ids are of one resource group"
  elseif given.all and filter and (next(filter, next(filter)) or not filter.shard) then
    return "--all means everything, or every --shard of it: leave it out, or the filter"
  end
end

--- A filter; or ids; or nil and what is missing.
local function read_target(given, console)
  local filter = options.read_filter(given)
  if filter or given.all then
    filter = filter or {}
    filter.all = given.all
    return options.placed(given, filter)
  end
  return ids.read(given, console, "Give ids, a filter such as --scenario ID or --older-than 7d, or --all")
end

local function ids_of(found)
  local list = {}
  for i, deployment in ipairs(found) do
    list[i] = deployment.id
  end
  return list
end

--- What was shown, as teardown takes it: of all resource groups, each with its own.
local function shown(given, found)
  return given.all_resource_groups and found or ids_of(found)
end

--- Says what would be done; scripts get the report of a dry run.
local function pretend(given, console, client, found)
  if given.output == "json" then
    local made = #found > 0 and client:teardown(shown(given, found), { dry_run = true }) or report.empty()
    made.dry_run = true
    return report.print(console, "json", made, "teardown")
  elseif given.output == "ids" then
    for _, id in ipairs(ids_of(found)) do
      console:print(id)
    end
  else
    console:print(preview.text(found, "would be torn down (dry run)", given, client.place))
  end
  return problems.DONE
end

local function run(given, console, client, target)
  local made, err = client:teardown(target, {
    timeout = given.timeout,
    appear = given.appear,
    on_progress = progress.new(console, clock.now, "teardown"),
  })
  console:settle()
  if not made then
    return problems.tell(console, err)
  end
  return report.print(console, given.output, made, "teardown")
end

-- There is no person to ask.
local function refuse(given, console)
  local advice = "--yes if it is meant, --dry-run to see what it would be"
  return problems.usage(console, given.command, "nobody can be asked here whether to tear down", advice)
end

--- Looks first. What was shown is what is torn down, whatever the filter would find by then.
local function run_previewed(given, console, client, target)
  local found, err = preview.find(client, target, given.timeout)
  if not found then
    return problems.tell(console, err)
  end
  local exit = err and problems.tell_all(console, { err }) -- of all resource groups, what could be read is shown
  if exit and #found == 0 and given.output ~= "json" then
    return exit -- there may be some where nothing could be read
  elseif given.dry_run then
    local done = pretend(given, console, client, found)
    return exit or done
  elseif #found == 0 then
    return exit or report.print(console, given.output, report.empty(), "teardown")
  end
  console:note(preview.text(found, "will be torn down; that cannot be undone", given, client.place))
  if not console:ask "Go on?" then
    problems.print(console, { kind = "cancelled", message = "nothing was changed" })
    console:note "nothing was changed"
    return problems.FAILED
  end
  local done = run(given, console, client, shown(given, found))
  return done == problems.DONE and exit or done
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local target, problem = read_target(given, console)
  if not target then
    return problems.usage(console, given.command, problem)
  elseif next(target) == nil then
    return report.print(console, given.output, report.empty(), "teardown")
  elseif given.yes and not given.dry_run then
    return run(given, console, client, target)
  elseif not given.dry_run and not console:can_ask() then
    return refuse(given, console)
  end
  return run_previewed(given, console, client, target)
end

return command
