-- aicorectl watch: what becomes of deployments, a line for each change.

local changes = require "aicore.cli.changes"
local ids = require "aicore.cli.ids"
local options = require "aicore.cli.options"
local problems = require "aicore.cli.problems"

local command = { summary = "Show what becomes of deployments, until they are gone.", everywhere = true }

---@param parser table  argparse's
function command.configure(parser)
  ids.configure(parser)
  options.filter(parser)
  options.appear(parser)
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local filter = options.read_filter(given) or given.all_resource_groups and {}
  if filter and #given.ids > 0 then
    return problems.usage(console, given.command, "ids or a filter (-A is one), not both")
  elseif filter then
    return changes.follow(given, console, client, options.placed(given, filter))
  end
  local target, problem = ids.read(given, console, "Give their ids, pipe them in, or give a filter")
  if not target then
    return problems.usage(console, given.command, problem)
  end
  return #target == 0 and problems.DONE or changes.follow(given, console, client, target)
end

return command
