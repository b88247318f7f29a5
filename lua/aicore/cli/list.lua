-- aicorectl list: a table of deployments.

local clock = require "aicore.runtime.clock"
local columns = require "aicore.text.columns"
local duration = require "aicore.text.duration"
local json = require "aicore.text.json"
local options = require "aicore.cli.options"
local problems = require "aicore.cli.problems"
local statuses = require "aicore.cli.statuses"
local timestamp = require "aicore.model.timestamp"

local command = { summary = "List deployments, or executions." }

---@param parser table  argparse's
function command.configure(parser)
  options.filter(parser)
end

local HEADING = { "ID", "STATUS", "TARGET", "SCENARIO", "CONFIGURATION", "AGE" }
local STATUS = 2

local function age(deployment, now)
  local created = timestamp.parse(deployment.createdAt)
  return created and duration.format(now - created) or "-"
end

local function row(deployment, now)
  return {
    deployment.id,
    deployment.status,
    deployment.targetStatus or "-",
    deployment.scenarioId or "-",
    deployment.configurationName or deployment.configurationId or "-",
    age(deployment, now),
  }
end

local PRINTERS = {
  table = function(console, found)
    local now, rows = clock.wall(), { HEADING }
    for i, deployment in ipairs(found) do
      rows[i + 1] = row(deployment, now)
    end
    local lines = columns.align(rows, function(text, number, column)
      return console:paint(number > 1 and column == STATUS and statuses.colour(text) or nil, text)
    end)
    for _, line in ipairs(lines) do
      console:print(line)
    end
  end,
  json = function(console, found)
    console:print(json.encode(json.array(found)))
  end,
  ids = function(console, found)
    for _, deployment in ipairs(found) do
      console:print(deployment.id)
    end
  end,
}

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local wanted = options.read_filter(given) or {}
  wanted.timeout = given.timeout
  local found, err = client:list(wanted)
  if not found then
    return problems.tell(console, err)
  end
  if #found == 0 and given.output ~= "json" then
    console:note(("no %s found"):format(options.noun(given.kind)))
  else
    PRINTERS[given.output or "table"](console, found)
  end
  return problems.DONE
end

return command
