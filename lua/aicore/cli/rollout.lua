-- aicorectl rollout: another configuration for a deployment, until it runs with that.

local configured = require "aicore.cli.configured"
local goal = require "aicore.cli.goal"

local command = { summary = "Give a deployment another configuration, and wait until it runs with that." }

---@param parser table  argparse's
function command.configure(parser)
  parser:argument("id", "The deployment's id.")
  configured.configure(parser)
  parser:flag("--rollback", "If it does not run with that, go back to the one before.")
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  return goal.roll_out(given, console, client)
end

return command
