-- A configuration, as commands are given it: its id, or what it says.

local caller = require "aicore.call.caller"
local configure = require "aicore.fleet.configure"

local configured = {}

local function binding(text)
  local key, value = text:match "^([^=]+)=(.*)$"
  if not key then
    return nil, ("'%s' is not NAME=VALUE"):format(text)
  end
  return { key = key, value = value }
end

local function id(text)
  if caller.check("create", text) then
    return nil, ("'%s' is not an id"):format(text)
  end
  return text
end

--- Declares the argument, and the options that may stand for it.
---@param parser table  argparse's
function configured.configure(parser)
  parser:argument("configuration", "The configuration's id; or say by options what it says."):args "?"
  parser
    :option("--name", "A configuration of this name; one that is the same is found, else it is made.")
    :argname "<text>"
  parser:option("--scenario", "Of this scenario."):argname("<id>"):convert(id)
  parser:option("--executable", "And this executable."):argname("<id>"):convert(id)
  parser
    :option("-p --parameter", "With this parameter; may be repeated: -p modelName=gpt-4o.")
    :argname("<name=value>")
    :count("*")
    :convert(binding)
  parser
    :option("--artifact", "With this artifact; may be repeated: --artifact data=ID.")
    :argname("<name=id>")
    :count("*")
    :convert(binding)
end

-- What the library asks a caller, without one: would the C module take these options?
local CHECK = {
  request = function(_, name, options)
    local complaint = caller.check(name, options)
    return not complaint, complaint
  end,
}

--- Nil: a name stands there twice, and who knows which value is meant.
local function map_of(bindings)
  local map = {}
  for _, one in ipairs(bindings or {}) do
    if map[one.key] then
      return nil, one.key .. " is given twice"
    end
    map[one.key] = one.value
  end
  return map
end

--- What was given; nil: neither an id nor all that it takes.
---@param given table
---@param like table?  a deployment: scenario and executable are as it has them, where they were not given
---@return string|aicore.Configuration|nil what
---@return string? problem
function configured.read(given, like)
  like = like or {}
  local scenario, executable = given.scenario or like.scenarioId, given.executable or like.executableId
  local says = given.name
    or given.scenario
    or given.executable
    or (given.parameter or {})[1]
    or (given.artifact or {})[1]
  if given.configuration and says then
    return nil, "a configuration's id, or what it says: not both"
  elseif given.configuration then
    if caller.check("create", given.configuration) then
      return nil, ("'%s' is not the id of a configuration"):format(given.configuration)
    end
    return given.configuration
  elseif not (given.name and scenario and executable) then
    return nil, "which configuration? Give its id, or --name, --scenario and --executable"
  end
  local parameters, problem = map_of(given.parameter)
  local artifacts, other_problem = map_of(given.artifact)
  if not parameters or not artifacts then
    return nil, problem or other_problem
  end
  local what = {
    name = given.name,
    scenario_id = scenario,
    executable_id = executable,
    parameters = parameters,
    artifacts = artifacts,
  }
  local body, complaint = configure.read(CHECK, what)
  return body and what, complaint
end

--- Its id: what is told is found, or made.
---@param client aicore.Client
---@param what string|aicore.Configuration  see read()
---@param timeout number?
---@return string|nil id
---@return aicore.Error? err
function configured.obtain(client, what, timeout)
  if type(what) == "string" then
    return what
  end
  local made, err = client:configure(what, { timeout = timeout })
  return made and made.id, err
end

--- The id of the one that a deployment (given.id) is to have; in a dry run, its name will do.
---@param given table
---@param client aicore.Client
---@return string|nil id
---@return string|aicore.Error? problem  a text: what was given makes no sense
function configured.next_of(given, client)
  local problem = caller.check("update", given.id, given.configuration or "conf")
  if problem then
    return nil, problem
  elseif given.dry_run and given.name and not given.configuration then
    return given.name -- nothing is asked, and none is made
  end
  local like, err
  if given.name and not (given.configuration or given.scenario and given.executable) then
    like, err = client:status(given.id, { timeout = given.timeout })
    if not like then
      return nil, err
    end
  end
  local what
  what, problem = configured.read(given, like)
  if not what then
    return nil, problem
  end
  return configured.obtain(client, what, given.timeout)
end

return configured
