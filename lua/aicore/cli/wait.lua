-- aicorectl wait

local ids = require "aicore.cli.ids"
local lifecycle = require "aicore.model.lifecycle"
local options = require "aicore.cli.options"
local problems = require "aicore.cli.problems"
local waiting = require "aicore.cli.waiting"

local command = { summary = "Wait until deployments have a status, or are gone." }

---@param parser table  argparse's
function command.configure(parser)
  ids.configure(parser)
  options
    .word(parser, "--for", "What to wait for: STOPPED (or DEAD, or COMPLETED), RUNNING, GONE, …", lifecycle.goals)
    :count(1)
    :target "goal"
  options.appear(parser)
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local wanted, problem = ids.read(given, console)
  if not wanted then
    return problems.usage(console, given.command, problem)
  end
  return waiting.run(given, console, client, wanted, given.goal)
end

return command
