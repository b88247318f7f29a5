-- aicorectl update: another configuration for a deployment.

local configured = require "aicore.cli.configured"
local goal = require "aicore.cli.goal"
local options = require "aicore.cli.options"
local several = require "aicore.cli.several"

local command = { summary = "Give a deployment another configuration." }

---@param parser table  argparse's
function command.configure(parser)
  parser:argument("id", "The deployment's id.")
  configured.configure(parser)
  parser:flag("--wait", "Wait until it runs with that, as rollout does.")
  options.dry_run(parser, "updated")
end

---@param given table
---@return string|nil problem
function command.check(given)
  return given.kind == "executions" and "executions cannot be updated" or nil
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local id = given.id
  if given.wait and not given.dry_run then
    return goal.roll_out(given, console, client)
  end
  local configuration, problem = configured.next_of(given, client)
  if not configuration then
    return goal.refuse(given, console, problem)
  end
  local outcomes
  if given.dry_run then
    local message = ("would get configuration %s (dry run)"):format(configuration)
    outcomes = { { id = id, value = { id = id, message = message, dry_run = true } } }
  else
    outcomes = several.run({ id }, 1, function()
      return client:update(id, configuration, { timeout = given.timeout })
    end)
  end
  return several.print(console, given.output, outcomes)
end

return command
