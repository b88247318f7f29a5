-- aicorectl rollout: another configuration for a deployment, until it runs with that.

local caller = require "aicore.call.caller"
local goal = require "aicore.cli.goal"
local problems = require "aicore.cli.problems"

local command = { summary = "Give a deployment another configuration, and wait until it runs with that." }

---@param parser table  argparse's
function command.configure(parser)
  parser:argument("id", "The deployment's id.")
  parser:argument("configuration", "The configuration's id.")
  parser:flag("--rollback", "If it does not run with that, go back to the one before.")
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local complaint = caller.check("update", given.id, given.configuration)
  if complaint then
    return problems.usage(console, given.command, complaint)
  end
  return goal.roll_out(given, console, client)
end

return command
