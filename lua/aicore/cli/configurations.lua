-- aicorectl configurations: a table of them.

local caller = require "aicore.call.caller"
local json = require "aicore.text.json"
local problems = require "aicore.cli.problems"
local tables = require "aicore.cli.tables"

local command = { summary = "List configurations." }

local function fit(name)
  return function(text)
    local complaint = caller.check("configurations", { [name] = text })
    if complaint then
      return nil, (complaint:gsub("^configurations: [%w_]+: ", ""))
    end
    return text
  end
end

local function field(name)
  return function(one)
    return one[name]
  end
end

local KEYS = {
  { "id", field "id" },
  { "name", field "name" },
  { "scenario", field "scenarioId" },
  { "executable", field "executableId" },
}

---@param parser table  argparse's
function command.configure(parser)
  tables.configure(parser, KEYS)
  parser:option("--scenario", "Only those of this scenario."):argname("<id>"):convert(fit "scenario_id")
  parser:option("--executable", "Only those of this executable; may be repeated."):argname("<id>"):count "*"
  parser:option("--search", "Only those with this in their name."):argname("<text>"):convert(fit "search")
end

local HEADING = { "ID", "NAME", "SCENARIO", "EXECUTABLE", "PARAMETERS" }

local function parameters_of(one)
  local texts = {}
  for i, binding in ipairs(one.parameterBindings) do
    texts[i] = ("%s=%s"):format(tostring(binding.key), tostring(binding.value))
  end
  return table.concat(texts, " ")
end

local function show(given, console, found)
  local rows, ids = { HEADING }, {}
  for i, one in ipairs(found) do
    ids[i] = one.id
    rows[i + 1] = { one.id, one.name or "-", one.scenarioId or "-", one.executableId or "-", parameters_of(one) }
  end
  tables.print(console, given, { json = json.array(found), ids = ids, rows = rows })
end

---@param given table
---@param console aicore.cli.Console
---@param client aicore.Client
---@return integer exit
function command.run(given, console, client)
  local executables = given.executable and given.executable[1] and given.executable or nil
  local wanted = { scenario_id = given.scenario, executable_ids = executables, search = given.search }
  if caller.check("configurations", wanted) then
    return problems.usage(console, given.command, caller.check("configurations", wanted))
  end
  wanted.timeout = given.timeout
  local found, err = client:configurations(wanted)
  if not found then
    return problems.tell(console, err)
  elseif #found == 0 and given.output ~= "json" then
    console:note "no configurations found"
  else
    show(given, console, tables.arrange(given, console, found, KEYS))
  end
  return problems.DONE
end

return command
