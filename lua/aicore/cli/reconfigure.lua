-- What the commands update and rollout have in common: another configuration for a deployment, by one request, or until
-- it runs with that.

local configured = require "aicore.cli.configured"
local goal = require "aicore.cli.goal"
local options = require "aicore.cli.options"
local problems = require "aicore.cli.problems"
local several = require "aicore.cli.several"

local reconfigure = {}

local function send(given, client, configuration)
  return several.run({ given.id }, 1, function()
    return client:update(given.id, configuration, { timeout = given.timeout })
  end)
end

local function pretend(given, _, configuration)
  local message = ("would get configuration %s (dry run)"):format(configuration)
  return { { id = given.id, value = { id = given.id, message = message, dry_run = true } } }
end

--- Works until it runs with that, or again with the one before, which is a failure.
local function roll_out(given, console, client, configuration)
  local outcome = goal.run(given, console, given.id, function(opts)
    opts.rollback = given.rollback or nil
    return client:rollout(given.id, configuration, opts)
  end)
  local report = outcome.value or {}
  local reason = report.reason
  report.message = report.rolled_back and ("runs with %s again"):format(report.previous)
    or ("runs with %s"):format(configuration)
  report.reason = reason and problems.plain(reason)
  local exit = several.print(console, given.output, { outcome })
  if reason then
    problems.say(console, tostring(reason), problems.advice(reason))
    return problems.FAILED
  end
  return exit
end

--- Makes the command.
---@param summary string
---@param flag string[]    its own one, and what that does
---@param waits boolean    whatever the flags say
---@return table command
function reconfigure.command(summary, flag, waits)
  local command = { summary = summary }

  function command.configure(parser)
    parser:argument("id", "The deployment's id.")
    configured.configure(parser)
    parser:flag(flag[1], flag[2])
    options.dry_run(parser, "updated")
  end

  function command.check(given)
    return given.kind == "executions" and "executions cannot be updated" or nil
  end

  function command.run(given, console, client)
    local configuration, problem = configured.next_of(given, client)
    if type(problem) == "string" then
      return problems.usage(console, given.command, problem)
    elseif not configuration then
      return problems.tell(console, problem)
    elseif not given.dry_run and (waits or given.wait) then
      return roll_out(given, console, client, configuration)
    end
    local act = given.dry_run and pretend or send
    return several.print(console, given.output, act(given, client, configuration))
  end

  return command
end

return reconfigure
