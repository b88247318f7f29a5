-- What the commands stop and delete have in common: one request for each deployment, or with --wait until it is so.

local clock = require "aicore.runtime.clock"
local ids = require "aicore.cli.ids"
local options = require "aicore.cli.options"
local problems = require "aicore.cli.problems"
local progress = require "aicore.cli.progress"
local report = require "aicore.cli.report"
local several = require "aicore.cli.several"

local change = {}

local function pretend(wanted, done)
  local outcomes = {}
  for i, id in ipairs(wanted) do
    outcomes[i] = { id = id, value = { id = id, message = ("would be %s (dry run)"):format(done), dry_run = true } }
  end
  return outcomes
end

local function send(client, wanted, name, given)
  return several.run(wanted, several.LIMIT, function(id)
    local accepted, err = client[name](client, id, { timeout = given.timeout })
    if accepted and accepted.absent then
      return nil, problems.not_there(given, id)
    end
    return accepted, err
  end)
end

--- Makes the command.
---@param name "stop"|"delete"
---@param done string   "stopped"
---@param summary string
---@return table command
function change.command(name, done, summary)
  local command = { summary = summary }

  function command.configure(parser)
    ids.configure(parser)
    parser:flag("--wait", ("Wait until they are %s."):format(done == "deleted" and "gone" or done))
    options.appear(parser)
    options.dry_run(parser, done)
  end

  function command.check(given)
    return given.appear and not given.wait and "--appear is of use with --wait only" or nil
  end

  function command.run(given, console, client)
    local wanted, problem = ids.read(given, console)
    if not wanted then
      return problems.usage(console, given.command, problem)
    elseif given.dry_run then
      return several.print(console, given.output, pretend(wanted, done))
    elseif not given.wait then
      return several.print(console, given.output, send(client, wanted, name, given))
    end
    local made = client[name .. "_all"](client, wanted, {
      timeout = given.timeout,
      appear = given.appear,
      on_progress = progress.new(console, clock.now),
    })
    console:settle()
    return report.print(console, given.output, made, name)
  end

  return command
end

return change
