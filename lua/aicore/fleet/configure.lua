--- Configurations: those that there are, and one with these bindings, which is found or made.
-- A configuration never changes, and the same one may exist twice; so what is the same is used again, and where the
-- answer to a request was lost, a look tells whether it was made; and what this client itself has made a moment ago is
-- used where lists are too far behind to show it: nothing deletes a configuration.

local calls = require "aicore.fleet.calls"
local errors = require "aicore.model.errors"
local json = require "aicore.text.json"
local single_flight = require "aicore.call.single_flight"

local configure = {}

--- A lost request is looked for, and repeated, so often; in between there are so many seconds.
local ATTEMPTS, PAUSE = 3, 2

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

--- Its fields, here and as the service has them; of bindings, also what their values are called there.
local FIELDS = {
  { "name", "name" },
  { "scenario_id", "scenarioId" },
  { "executable_id", "executableId" },
  { "parameters", "parameterBindings", "value" },
  { "artifacts", "inputArtifactBindings", "artifactId" },
}

--- One of them as the service has it; or what is wrong.
local function read_field(value, field, value_name)
  if value_name then
    return bindings(value, field, value_name)
  elseif type(value) ~= "string" or value == "" then
    return nil, field .. ": a text expected"
  end
  return value
end

--- What the service is to be sent.
---@param caller aicore.Caller
---@param what aicore.Configuration
---@return table|nil body
---@return string? complaint
function configure.read(caller, what)
  if type(what) ~= "table" then
    return nil, "a table expected, got " .. type(what)
  end
  local body, known, complaint = {}, {}
  for _, row in ipairs(FIELDS) do
    known[row[1]] = true
    body[row[2]], complaint = read_field(what[row[1]], row[1], row[3])
    if complaint then
      return nil, complaint
    end
  end
  for field in pairs(what) do
    if not known[field] then
      return nil, ("unknown field '%s'"):format(tostring(field))
    end
  end
  local ids = { scenario_id = what.scenario_id, executable_ids = { what.executable_id } }
  local request, problem = caller:request("configurations", ids)
  if not request then
    return nil, (problem:gsub("^configurations: ", ""):gsub("^executable_ids: .*", "executable_id: an id expected"))
  end
  return body
end

--- The same; what is wrong is raised in the name of the function that was called.
---@param name string
---@return table body
function configure.check(caller, name, what)
  local body, complaint = configure.read(caller, what)
  return body or calls.refuse(name, "%s", complaint)
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
---@param one table  as the service has it
---@return string
function configure.text_of(one)
  local texts = {}
  for i, row in ipairs(FIELDS) do
    local value = one[row[2]]
    texts[i] = row[3] and key_of(value, row[3]) or tostring(value)
  end
  return json.line(texts)
end

--- Those that say the same, sorted: every program chooses the first one.
---@param caller aicore.Caller
---@param call aicore.Call
---@param body table  see read()
---@return string[]|nil ids
---@return aicore.Error? err
---@return number? date  the service's clock, if it shows one
function configure.same(caller, call, body)
  local query, text = { scenario_id = body.scenarioId, executable_ids = { body.executableId } }, configure.text_of(body)
  local is_searchable = not body.name:find "[%c~]" and caller:request("configurations", { search = body.name }) ~= nil
  query.search = is_searchable and body.name or nil
  local found, err, date = caller:in_group(call):all("configurations", query, call.deadline, function(one)
    return one.name == body.name and configure.text_of(one) == text
  end)
  if not found then
    return nil, err
  end
  local ids, known = {}, {}
  for _, list in ipairs { found, caller.created:of(caller.runtime.now(), text, call.resource_group) } do
    for _, one in ipairs(list) do
      if not known[one.id] then
        ids[#ids + 1], known[one.id] = one.id, true
      end
    end
  end
  table.sort(ids)
  return ids, nil, date
end

-- Calls --------------------------------------------------------------------------------------------

--- The configurations that a filter finds; every page.
---@param caller aicore.Caller
---@param wanted aicore.ConfigurationFilter?
---@return table[]|nil configurations
---@return aicore.Error? err
function configure.list(caller, wanted)
  local request = calls.check(caller, "configurations", "configurations", wanted)
  for _, name in ipairs { "top", "skip" } do
    if request.options[name] ~= nil then
      calls.refuse("configurations", "unknown option '%s': all pages are read", name)
    end
  end
  return caller:all(request, caller:deadline(request))
end

local function find_or_make(caller, call, body)
  local found, made, err
  for attempt = 1, ATTEMPTS do
    found, err = configure.same(caller, call, body)
    if not found then
      return nil, err
    elseif found[1] then
      return { id = found[1], message = "there is one already", created = attempt > 1 } -- else its answer was lost
    end
    made, err = caller:in_group(call):configure(json.line(body), call.deadline)
    if made then
      caller.created:add(caller.runtime.now(), made.id, configure.text_of(body), call.resource_group, true)
      return { id = made.id, message = made.message, created = true }
    elseif not err.ambiguous or caller.runtime.now() + PAUSE >= call.deadline or not caller:pause(PAUSE) then
      break
    end
  end
  return nil, err
end

--- One that is the same is found, or else made; in one client by one call after the other.
---@param caller aicore.Caller
---@param call aicore.Call
---@param body table      see read()
---@return { id: string, message: string?, created: boolean }|nil
---@return aicore.Error? err
function configure.ensure(caller, call, body)
  local key = json.line { "configuration", configure.text_of(body), call.resource_group }
  local made, err = single_flight.in_turn(caller.runtime, caller.obtaining, key, call.deadline, function()
    return find_or_make(caller, call, body)
  end)
  if made then
    return made
  end
  err.operation = err.operation or "configure"
  return nil, err
end

-- Options that it has not.
local OPTIONS = { on_progress = false, appear = false }

-- A coroutine of its own: of such a one each host tells whether it is still there.
local function ensuring(caller, call, body)
  return function()
    local made, err = configure.ensure(caller, call, body)
    return { made = made, err = err }
  end
end

--- The same as a call of its own.
---@param caller aicore.Caller
---@param what aicore.Configuration
---@param opts aicore.Options?
---@return { id: string, message: string?, created: boolean }|nil
---@return aicore.Error? err
function configure.one(caller, what, opts)
  local call = calls.read(caller, "configure", opts, OPTIONS, caller.timeout)
  local body = configure.check(caller, "configure", what)
  local result = caller.runtime.gather({ ensuring(caller, call, body) }, 1)[1]
  if result and result.made then
    return result.made
  end
  return nil,
    result and result.err or errors.new { kind = "cancelled", operation = "configure", message = "ended by the host" }
end

return configure
