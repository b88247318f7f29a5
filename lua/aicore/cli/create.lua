-- aicorectl create: a deployment of a configuration.

local configured = require "aicore.cli.configured"
local json = require "aicore.text.json"
local lifecycle = require "aicore.model.lifecycle"
local options = require "aicore.cli.options"
local problems = require "aicore.cli.problems"
local several = require "aicore.cli.several"
local waiting = require "aicore.cli.waiting"

local command = { summary = "Create a deployment of a configuration." }

---@param parser table  argparse's
function command.configure(parser)
  configured.configure(parser)
  options.ttl(parser, "How long it may live: 30m, 12h, 7d.")
  parser:flag("--wait", "Wait until it is RUNNING; an execution, until it is COMPLETED.")
  options.dry_run(parser, "created")
end

-- What is waited for.
local GOALS = { deployments = lifecycle.SERVING, executions = "COMPLETED" }

command.check = options.ttl_problem

local function pretend(given, console, what)
  local name = type(what) == "table" and what.name or what
  local message = ("a %s of %s would be created (dry run)"):format(options.noun(given.kind, 1), name)
  if given.output == "json" then
    console:print(json.encode { configurationId = given.configuration, message = message, dry_run = true })
  elseif given.output ~= "ids" then
    console:print(message)
  end
  return problems.DONE
end

--- It is there: who waits no longer must not create another one.
local function advise(goal)
  return function(err)
    local ended = err.kind == "timeout" or err.kind == "cancelled"
    local advice = "aicorectl wait %s --for %s goes on waiting; the same command again would create another one"
    return ended and advice:format(err.id, goal) or nil
  end
end

--- After an ambiguous error the deployment may exist all the same: the command, repeated, may make a second one.
local function tell(console, configuration, err)
  local advice = "it may exist all the same; before creating another, look: aicorectl list --configuration "
  return problems.tell(console, err, err.ambiguous and advice .. configuration or nil)
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local what, problem = configured.read(given)
  if not what then
    return problems.usage(console, given.command, problem)
  elseif given.dry_run then
    return pretend(given, console, what)
  end
  local configuration, why = configured.obtain(client, what, given.timeout)
  if not configuration then
    return problems.tell(console, why)
  end
  local timeout = not given.wait and given.timeout or nil
  local outcomes = several.run({ configuration }, 1, function()
    return client:create(configuration, { ttl = given.ttl, timeout = timeout })
  end)
  local created, err = outcomes[1].value, outcomes[1].err
  if not created then
    return tell(console, configuration, err)
  elseif given.wait then
    local goal = GOALS[options.noun(given.kind)]
    return waiting.run(given, console, client, { created.id }, goal, advise(goal))
  end
  return several.print(console, given.output, { { id = created.id, value = created } })
end

return command
