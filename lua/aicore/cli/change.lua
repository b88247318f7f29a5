-- What the commands stop and delete have in common: one request for each deployment, or with --wait until it is so.

local clock = require "aicore.runtime.clock"
local errors = require "aicore.model.errors"
local ids = require "aicore.cli.ids"
local lifecycle = require "aicore.model.lifecycle"
local options = require "aicore.cli.options"
local preview = require "aicore.cli.preview"
local problems = require "aicore.cli.problems"
local progress = require "aicore.cli.progress"
local report = require "aicore.cli.report"
local several = require "aicore.cli.several"

local change = {}

--- What would become of one that a look has shown, or why nothing would. A word that is not in the table is the
--- service's to decide.
local function forecast(name, done, seen)
  local status, target = seen.status, seen.targetStatus
  local is_so = name == "stop" and (lifecycle.stopping(status) or lifecycle.ended(status))
  if is_so or lifecycle.action_of(target) == name then
    return ("nothing would be done, its status is %s"):format(status)
  elseif lifecycle.may(status, name) or not lifecycle.known(status) then
    return ("would be %s, its status is %s"):format(done, status)
  end
  return nil, ("it would not be %s, its status is %s"):format(done, status)
end

--- Looks, and says what would happen.
local function pretend(given, console, client, wanted, name, done)
  local found, err = {}, nil
  if #wanted > 0 then
    found, err = preview.find(client, wanted, given.timeout)
  end
  if not found then
    return problems.tell(console, err)
  end
  local outcomes = {}
  for i, seen in ipairs(found) do
    local message, refusal = forecast(name, done, seen)
    if preview.is_absent(seen) then
      outcomes[i] = { id = seen.id, err = problems.not_there(given, seen.id) }
    elseif message then
      local value = { id = seen.id, message = message .. " (dry run)", status = seen.status, dry_run = true }
      outcomes[i] = { id = seen.id, value = value }
    else
      local fields = { kind = "state", operation = name, id = seen.id, message = refusal, last_status = seen.status }
      outcomes[i] = { id = seen.id, err = errors.new(fields) }
    end
  end
  return several.print(console, given.output, outcomes)
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
      return pretend(given, console, client, wanted, name, done)
    elseif not given.wait then
      return several.print(console, given.output, send(client, wanted, name, given))
    end
    local made = client[name .. "_all"](client, wanted, {
      timeout = given.timeout,
      appear = given.appear,
      on_progress = progress.new(console, clock.now),
    })
    console:settle()
    return report.print(console, given.output, made, name, given.kind)
  end

  return command
end

return change
