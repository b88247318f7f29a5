--- Configurations: those that there are, and one with these bindings, which is found or made.
-- A configuration never changes, and the same one may exist twice; so what is the same is used again, and where the
-- answer to a request was lost, a look tells whether it was made; and what this client itself has made a moment ago is
-- used where lists are too far behind to show it: nothing deletes a configuration.

local errors = require "aicore.model.errors"
local json = require "aicore.text.json"
local pages = require "aicore.call.pages"
local single_flight = require "aicore.call.single_flight"

local configure = {}

--- A lost request is looked for, and repeated, so often; in between there are so many seconds.
local ATTEMPTS, PAUSE = 3, 2

--- $search takes no longer a text, in bytes.
local LONGEST_SEARCH = 80

-- What is wanted -----------------------------------------------------------------------------------

local LONGEST_VALUE = 5000

local function text_of(value)
  if type(value) == "number" or type(value) == "boolean" then
    return json.line(value)
  end
  return value
end

--- { key = value } as the service has it; or what is wrong.
local function bindings(given, what, value_name)
  local list = json.array {}
  if given ~= nil and type(given) ~= "table" then
    return nil, ("%s: a table expected, got %s"):format(what, type(given))
  end
  for key, value in pairs(given or {}) do
    local text = text_of(value)
    if type(key) ~= "string" or type(text) ~= "string" then
      return nil, ("%s: texts by their names expected, got %s = %s"):format(what, tostring(key), type(value))
    elseif #text > LONGEST_VALUE then
      return nil, ("%s: %s: at most %d characters expected"):format(what, key, LONGEST_VALUE)
    end
    list[#list + 1] = { key = key, [value_name] = text }
  end
  return list
end

local FIELDS = { scenario_id = true, executable_id = true, name = true, parameters = true, artifacts = true }

--- What the service is to be sent.
---@param caller aicore.Caller
---@param what aicore.Configuration
---@return table|nil body
---@return string? complaint
function configure.read(caller, what)
  if type(what) ~= "table" then
    return nil, ("a table expected, got %s"):format(type(what))
  end
  for field in pairs(what) do
    if not FIELDS[field] then
      return nil, ("unknown field '%s'"):format(tostring(field))
    end
  end
  if type(what.name) ~= "string" or what.name == "" then
    return nil, "name: a text expected"
  end
  local ids = { scenario_id = what.scenario_id, executable_ids = { what.executable_id } }
  local request, complaint = caller:request("configurations", ids)
  if not request or not what.scenario_id or not what.executable_id then
    return nil,
      complaint and complaint:gsub("^configurations: ", ""):gsub("executable_ids: .*", "executable_id: an id expected")
        or "scenario_id and executable_id are needed"
  end
  local body = { name = what.name, scenarioId = what.scenario_id, executableId = what.executable_id }
  body.parameterBindings, complaint = bindings(what.parameters, "parameters", "value")
  if body.parameterBindings then
    body.inputArtifactBindings, complaint = bindings(what.artifacts, "artifacts", "artifactId")
  end
  return not complaint and body or nil, complaint
end

-- Is it there? -------------------------------------------------------------------------------------

--- A text that is the same for the same bindings, in whatever order.
local function key_of(list, value_name)
  local texts = {}
  for i, binding in ipairs(list) do
    texts[i] = json.line { tostring(binding.key), tostring(binding[value_name]) }
  end
  table.sort(texts)
  return table.concat(texts)
end

--- What it says, as one text.
local function text_of_all(one)
  return json.line {
    tostring(one.name),
    tostring(one.scenarioId),
    tostring(one.executableId),
    key_of(one.parameterBindings, "value"),
    key_of(one.inputArtifactBindings, "artifactId"),
  }
end

--- The first of those that are the same, by its id: every program chooses this one.
---@return string|nil id
---@return aicore.Error? err
local function look(caller, body, options, deadline)
  local query = { scenario_id = body.scenarioId, executable_ids = { body.executableId } }
  query.search = #body.name <= LONGEST_SEARCH and not body.name:find "[%c~]" and body.name or nil
  for name, value in pairs(options) do
    query[name] = value
  end
  local request, text = assert(caller:request("configurations", query)), text_of_all(body)
  local found, err = pages.all(function()
    return caller:read(request, deadline)
  end, function(one)
    return one.name == body.name and text_of_all(one) == text
  end)
  if not found then
    return nil, err
  end
  local first
  for _, one in ipairs(found[1] and found or caller.created:of(caller.runtime.now(), text, options.resource_group)) do
    first = (not first or one.id < first) and one.id or first
  end
  return first
end

-- Calls --------------------------------------------------------------------------------------------

--- The configurations that a filter finds; every page.
---@param caller aicore.Caller
---@param wanted aicore.ConfigurationFilter?
---@return table[]|nil configurations
---@return aicore.Error? err
function configure.list(caller, wanted)
  local request, complaint = caller:request("configurations", wanted)
  for _, name in ipairs { "top", "skip" } do
    if request and request.options[name] ~= nil then
      request, complaint = nil, ("configurations: unknown option '%s': all pages are read"):format(name)
    end
  end
  if not request then
    errors.misuse(complaint)
  end
  local deadline = caller:deadline(request)
  return pages.all(function()
    return caller:read(request, deadline)
  end)
end

local function find_or_make(caller, body, options, deadline)
  local found, made, err
  for attempt = 1, ATTEMPTS do
    found, err = look(caller, body, options, deadline)
    if found then
      return { id = found, message = "there is one already", created = attempt > 1 } -- else its answer was lost
    elseif err then
      return nil, err
    end
    made, err = caller:perform(assert(caller:request("configure", options, json.line(body))), deadline)
    if made then
      caller.created:add(caller.runtime.now(), made.id, text_of_all(body), options.resource_group, true)
      return { id = made.id, message = made.message, created = true }
    elseif not err.ambiguous or caller.runtime.now() + PAUSE >= deadline or not caller:pause(PAUSE) then
      break
    end
  end
  return nil, err
end

--- One that is the same is found, or else made; in one client by one call after the other.
---@param caller aicore.Caller
---@param body table      see read()
---@param options { resource_group: string?, retry: boolean?, correlation_id: string? }
---@param deadline number
---@return { id: string, message: string?, created: boolean }|nil
---@return aicore.Error? err
function configure.ensure(caller, body, options, deadline)
  local key = json.line { "configuration", text_of_all(body), options.resource_group }
  local made, err = single_flight.in_turn(caller.runtime, caller.obtaining, key, deadline, function()
    return find_or_make(caller, body, options, deadline)
  end)
  if made then
    return made
  end
  err.operation = err.operation or "configure"
  return nil, err
end

--- The same as a call of its own.
---@param caller aicore.Caller
---@param what aicore.Configuration
---@param opts aicore.Options?
---@return { id: string, message: string?, created: boolean }|nil
---@return aicore.Error? err
function configure.one(caller, what, opts)
  local body, complaint = configure.read(caller, what)
  local request
  if body then
    request, complaint = caller:request("configure", opts, json.line(body))
  end
  if not request then
    errors.misuse("configure: " .. complaint:gsub("^configure: ", ""))
  end
  local options = { resource_group = request.options.resource_group, retry = request.retry }
  options.correlation_id = request.options.correlation_id
  return configure.ensure(caller, body, options, caller:deadline(request))
end

return configure
