-- aicorectl find: one deployment that serves.

local options = require "aicore.cli.options"
local printable = require "aicore.model.printable"
local problems = require "aicore.cli.problems"
local several = require "aicore.cli.several"

local command = {
  summary = "Find a deployment that serves: the newest that runs, and is meant to.",
  everywhere = true,
}

---@param parser table  argparse's
function command.configure(parser)
  options.filter(parser)
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local found, err = client:find(options.placed(given, options.read_filter(given) or {}), { timeout = given.timeout })
  if not found then
    return problems.tell(console, err)
  end
  return several.print(console, given.output, { { id = found.id, value = found } }, function(outcome)
    return printable(("%s: %s"):format(outcome.id, outcome.value.deploymentUrl or outcome.value.status))
  end)
end

return command
