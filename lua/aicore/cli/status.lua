-- aicorectl status: all that the service says of a deployment, readable.

local clock = require "aicore.runtime.clock"
local columns = require "aicore.text.columns"
local duration = require "aicore.text.duration"
local ids = require "aicore.cli.ids"
local problems = require "aicore.cli.problems"
local several = require "aicore.cli.several"
local statuses = require "aicore.cli.statuses"
local timestamp = require "aicore.model.timestamp"

local command = { summary = "Show all that is known of deployments." }

---@param parser table  argparse's
function command.configure(parser)
  ids.configure(parser)
end

-- These come first, in this order and under these names; what else there is follows by its own name.
local FIRST = {
  { "id", "Id" },
  { "status", "Status" },
  { "targetStatus", "Target" },
  { "statusMessage", "Message" },
  { "lastOperation", "Last operation" },
  { "scenarioId", "Scenario" },
  { "executableId", "Executable" },
  { "configurationName", "Configuration" },
  { "configurationId", "Configuration id" },
  { "deploymentUrl", "URL" },
  { "ttl", "Time to live" },
  { "createdAt", "Created" },
  { "submissionTime", "Submitted" },
  { "startTime", "Started" },
  { "modifiedAt", "Modified" },
  { "completionTime", "Completed" },
}

local add

--- The members of a table, each on a line of its own below its title. The service says some of them in two spellings.
local function add_members(rows, title, members, indent)
  local names = {}
  for name in pairs(members) do
    local twice = name == "backend_details" and members.backendDetails ~= nil
    names[#names + 1] = not twice and name or nil
  end
  if #names == 0 then
    return
  end
  table.sort(names)
  rows[#rows + 1] = { indent .. title .. ":", "" }
  for _, name in ipairs(names) do
    add(rows, tostring(name), members[name], indent .. "  ")
  end
end

function add(rows, title, value, indent)
  if type(value) == "table" then
    add_members(rows, title, value, indent)
  elseif value ~= nil and value ~= "" then
    rows[#rows + 1] = { indent .. title .. ":", tostring(value) }
  end
end

--- "2026-01-01T00:00:00Z (3d ago)"
local function with_age(value, now)
  local time = timestamp.parse(value)
  return time and ("%s (%s ago)"):format(value, duration.format(now - time)) or value
end

local function rows_of(deployment, now)
  local rows, rest, shown = {}, {}, {}
  for _, row in ipairs(FIRST) do
    shown[row[1]] = true
    add(rows, row[2], with_age(deployment[row[1]], now), "")
  end
  for name in pairs(deployment) do
    rest[#rest + 1] = not shown[name] and name or nil
  end
  table.sort(rest)
  for _, name in ipairs(rest) do
    add(rows, name, with_age(deployment[name], now), "")
  end
  return rows
end

local function describe(console, deployment)
  local rows = rows_of(deployment, clock.wall())
  local lines = columns.align(rows, function(text, number, column)
    local is_status = rows[number][1] == "Status:" and column == 2
    return console:paint(is_status and statuses.colour(text) or column == 1 and "bold" or nil, text)
  end)
  return (table.concat(lines, "\n"):gsub(" +\n", "\n"))
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
  local outcomes = several.run(wanted, several.LIMIT, function(id)
    return client:status(id, { timeout = given.timeout })
  end)
  local first = true
  return several.print(console, given.output, outcomes, function(outcome)
    local gap = first and "" or "\n"
    first = false
    return gap .. describe(console, outcome.value)
  end)
end

return command
