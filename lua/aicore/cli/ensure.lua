-- aicorectl ensure: the deployment that serves a configuration, made if there is none.

local configured = require "aicore.cli.configured"
local goal = require "aicore.cli.goal"
local options = require "aicore.cli.options"
local printable = require "aicore.model.printable"
local problems = require "aicore.cli.problems"
local several = require "aicore.cli.several"

local command = { summary = "See to it that a deployment serves a configuration: find one, or create it, and wait." }

---@param parser table  argparse's
function command.configure(parser)
  configured.configure(parser)
  options.ttl(parser, "How long one that is created may live: 30m, 12h, 7d.")
  parser:flag("--keep", "Do not tear down one that was created and has failed.")
end

---@param given table
---@return string? problem
function command.check(given)
  return options.ttl_problem(given) or select(2, configured.read(given))
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local what = configured.read(given)
  local outcome = goal.run(given, console, type(what) == "string" and what or what.name, function(opts)
    opts.ttl, opts.keep = given.ttl, given.keep or nil
    return client:ensure(what, opts)
  end)
  if not outcome.value then
    return problems.tell(console, outcome.err)
  end
  for id, err in pairs(outcome.rest or {}) do
    console:note(
      printable(("aicorectl: %s may be what this call has made, too, and stays: %s"):format(id, tostring(err)))
    )
    console:note("  try: aicorectl teardown " .. id .. ", if nobody else needs it")
  end
  outcome.id = outcome.value.id
  return several.print(console, given.output, { outcome }, function()
    local how = outcome.more and "was created, and is" or "is"
    return printable(("%s: %s %s"):format(outcome.id, how, outcome.value.status))
  end)
end

return command
