-- What a command works towards that is about one deployment, with a live line of what that is doing.

local clock = require "aicore.runtime.clock"
local configured = require "aicore.cli.configured"
local problems = require "aicore.cli.problems"
local progress = require "aicore.cli.progress"
local several = require "aicore.cli.several"

local goal = {}

--- Runs it; its options are those of the command that all such have.
---@param given table
---@param console aicore.cli.Console
---@param id string                     until its own is known
---@param act fun(opts: table): any, any
---@return aicore.cli.Outcome outcome   and what act() returned besides, as `more`
function goal.run(given, console, id, act)
  local update, more = progress.new(console, clock.now), nil
  local outcomes = several.run({ id }, 1, function()
    local value
    value, more = act {
      timeout = given.timeout,
      on_progress = function(seen)
        update { total = 1, left = 1, states = { [seen.status or "?"] = 1 } }
      end,
    }
    return value, not value and more or nil
  end)
  console:settle()
  outcomes[1].more = more
  return outcomes[1]
end

--- Tells why there is no configuration to be had.
---@param given table
---@param console aicore.cli.Console
---@param problem string|aicore.Error  see configured.next_of
---@return integer exit
function goal.refuse(given, console, problem)
  if type(problem) == "string" then
    return problems.usage(console, given.command, problem)
  end
  return problems.tell(console, problem)
end

--- Another configuration, given by its id or by what it says; told in the end.
---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function goal.roll_out(given, console, client)
  local configuration, problem = configured.next_of(given, client)
  if not configuration then
    return goal.refuse(given, console, problem)
  end
  local id = given.id
  local outcome = goal.run(given, console, id, function(opts)
    opts.rollback = given.rollback or nil
    return client:rollout(id, configuration, opts)
  end)
  local report = outcome.value
  if report and report.rolled_back then
    report.message = ("runs with %s again"):format(report.previous)
  elseif report then
    report.message = ("runs with %s"):format(configuration)
  end
  local reason = report and report.reason
  if reason then
    report.reason = problems.plain(reason)
  end
  local exit = several.print(console, given.output, { outcome })
  if reason then
    problems.say(console, tostring(reason), problems.advice(reason))
    return problems.FAILED
  end
  return exit
end

return goal
