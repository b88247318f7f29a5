-- aicorectl list: a table of deployments.

local changes = require "aicore.cli.changes"
local clock = require "aicore.runtime.clock"
local duration = require "aicore.text.duration"
local filters = require "aicore.model.filter"
local json = require "aicore.text.json"
local options = require "aicore.cli.options"
local problems = require "aicore.cli.problems"
local retirement = require "aicore.model.retirement"
local statuses = require "aicore.cli.statuses"
local tables = require "aicore.cli.tables"
local timestamp = require "aicore.model.timestamp"

local unpack = table.unpack or unpack

local command = { summary = "List deployments, or executions.", everywhere = true }

--- Is it another state than was listed?
local function news(found)
  local listed = {}
  for _, deployment in ipairs(found) do
    listed[deployment.id] = ("%s %s"):format(deployment.status, tostring(deployment.targetStatus))
  end
  return function(change)
    local known = listed[change.id]
    listed[change.id] = nil -- from now on, all are
    return known ~= ("%s %s"):format(change.status, tostring(change.target))
  end
end

local HEADING = { "ID", "STATUS", "TARGET", "SCENARIO", "CONFIGURATION", "AGE", "RETIRES" }

local KEYS = {
  { "id", "id" },
  { "status", "status" },
  { "target", "targetStatus" },
  { "scenario", "scenarioId" },
  {
    "configuration",
    function(deployment)
      return deployment.configurationName or deployment.configurationId
    end,
  },
  {
    "age", -- the youngest first
    function(deployment)
      local created = timestamp.parse(deployment.createdAt)
      return created and -created
    end,
  },
  { "group", "resource_group" },
}

---@param parser table  argparse's
function command.configure(parser)
  options.filter(parser)
  tables.configure(parser, KEYS)
  parser:flag("-w --watch", "Go on, and show every change.")
end

local function age(deployment, now)
  local created = timestamp.parse(deployment.createdAt)
  return created and duration.format(now - created) or "-"
end

--- Nobody knows when the models of those that serve one stop working.
local function unknown(deployment)
  return nil, filters.model_of(deployment) ~= nil
end

--- A function that asks for the models when they are needed first.
local function asking_for_models(given, client)
  local models, err
  return function()
    if not models and not err then
      models, err = client:models { timeout = given.timeout }
    end
    return models, err
  end
end

--- The function that says when the model of a deployment stops working; nil: nobody needs it.
local function retirements(console, ask, found)
  for _, deployment in ipairs(found) do
    if filters.model_of(deployment) then
      local models, err = ask()
      if not models then
        console:note(("aicorectl: %s; RETIRES is not known"):format(tostring(err)))
      end
      return models and retirement.new(models) or unknown
    end
  end
end

--- Who looks for what retires is told that of some models nobody can say that.
local function tell_unclear(console, models)
  local unclear = 0
  for _, model in ipairs(models) do
    for _, version in ipairs(model.versions) do
      unclear = unclear + (select(2, retirement.date_of(version)) and 1 or 0)
    end
  end
  if unclear > 0 then
    console:note(("aicorectl: when %d versions of models retire cannot be read: aicorectl models"):format(unclear))
  end
end

local function rows_of(found, retires, with_group)
  local now, rows = clock.wall(), { { unpack(HEADING) } }
  for i, deployment in ipairs(found) do
    rows[i + 1] = {
      deployment.id,
      deployment.status,
      deployment.targetStatus or "-",
      deployment.scenarioId or "-",
      deployment.configurationName or deployment.configurationId or "-",
      age(deployment, now),
      retires and tables.day(retires(deployment)) or "-",
    }
  end
  for i, row in ipairs(with_group and rows or {}) do
    table.insert(row, 1, i == 1 and "GROUP" or found[i - 1].resource_group or "-")
  end
  return rows
end

local function show(given, console, ask, found)
  if given.watch and given.output == "json" then
    for _, deployment in ipairs(found) do
      console:print(json.line(deployment))
    end
    return
  end
  local ids, rows = {}, nil
  for i, deployment in ipairs(found) do
    ids[i] = deployment.id
  end
  if (given.output or "table") == "table" then
    rows = rows_of(found, retirements(console, ask, found), given.all_resource_groups)
  end
  local status = given.all_resource_groups and 3 or 2
  tables.print(console, given, {
    json = json.array(found),
    ids = ids,
    rows = rows,
    colour = function(text, row, column)
      return row > 1 and column == status and statuses.colour(text) or nil
    end,
  })
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local wanted = options.placed(given, options.read_filter(given) or {})
  wanted.timeout = given.timeout
  local found, err = client:list(wanted)
  local ask = asking_for_models(given, client)
  if not found then
    return problems.tell(console, err)
  elseif #found == 0 and (given.watch or given.output ~= "json") then
    if not err then -- there may be some in the resource groups that it is about
      console:note(("no %s found"):format(options.noun(given.kind)))
    end
  else
    show(given, console, ask, tables.arrange(given, console, found, KEYS))
  end
  tell_unclear(console, given.retiring_within and ask() or {})
  local exit = err and problems.tell_all(console, { err }) or problems.DONE -- of some of all resource groups
  if given.watch then
    console:flush()
    wanted.timeout = nil
    local listed = { is_new = news(found), errs = err and err.groups or {} }
    local followed = changes.follow(given, console, client, wanted, listed)
    return followed == problems.DONE and exit or followed
  end
  return exit
end

return command
