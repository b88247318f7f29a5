-- The admin path /_emulator/…: faults, tokens, seeds, settings, the journal. For tests and demos.
-- Rule: it needs no token, meets no fault and is counted nowhere. A mistake in a request is refused in words.

local answers = require "aicore.emulator.answers"
local fields = require "aicore.emulator.fields"
local json = require "aicore.emulator.json"
local parameters = require "aicore.emulator.parameters"
local resources = require "aicore.emulator.resources"
local settings = require "aicore.emulator.settings"

local admin = {}

local function bad(problem)
  return answers.json(400, { error = problem })
end

local is_a = fields.is_a

local SEED = {
  id = parameters.is_identifier,
  count = fields.is_whole,
  status = is_a "string", -- any word: SAP may add some
  target_status = is_a "string",
  resource = function(value)
    return resources[value] ~= nil
  end,
  schedule_id = parameters.is_identifier,
  resource_group = is_a "string",
  configuration_id = parameters.is_identifier,
  configuration_name = is_a "string",
  model = is_a "string",
  model_version = is_a "string",
  scenario_id = parameters.is_identifier,
  executable_id = parameters.is_identifier,
  ttl = is_a "string",
  age = fields.is_span,
}

local function seed(emulator, body, now)
  local problem = fields.problem(body, SEED) or body.id and body.count and "id and count exclude each other"
  if problem then
    return bad(problem)
  end
  local ids = {}
  for i = 1, body.count or 1 do
    ids[i] = emulator.world:seed(body, now).id
  end
  return answers.json(201, '{"ids":' .. json.encode_all(ids) .. "}")
end

local function add_fault(emulator, body)
  local ok, problem = emulator.faults:add(body)
  return ok and answers.json(201, body) or bad(problem)
end

local function change_settings(emulator, body)
  local ok, problem = settings.change(emulator.settings, body)
  return ok and answers.json(200, emulator.settings) or bad(problem)
end

local function show_journal(emulator, _, _, query)
  local since = query.since and tonumber(query.since[1]) or 0
  local entries, requests = emulator.journal:since(since), emulator.journal:requests()
  return answers.json(200, ('{"entries":%s,"requests":%s}'):format(json.encode_all(entries), json.encode(requests)))
end

-- What answers nothing but "done".
local function silent(act)
  return function(emulator)
    act(emulator)
    return answers.nothing()
  end
end

local ROUTES = {
  ["/_emulator/faults"] = {
    POST = add_fault,
    GET = function(emulator)
      return answers.json(200, '{"faults":' .. json.encode_all(emulator.faults:all()) .. "}")
    end,
    DELETE = silent(function(emulator)
      emulator.faults:clear()
    end),
  },
  ["/_emulator/tokens/expire"] = {
    POST = silent(function(emulator)
      emulator.tokens:expire()
    end),
  },
  ["/_emulator/deployments"] = {
    POST = seed,
    DELETE = silent(function(emulator)
      emulator.world:clear()
    end),
  },
  ["/_emulator/settings"] = {
    PUT = change_settings,
    GET = function(emulator)
      return answers.json(200, emulator.settings)
    end,
  },
  ["/_emulator/journal"] = {
    GET = show_journal,
    DELETE = silent(function(emulator)
      emulator.journal:clear()
    end),
  },
}

--- Whether a path belongs to the admin.
---@param path string
---@return boolean
function admin.owns(path)
  return path:find "^/_emulator/" ~= nil
end

--- Answers an admin request.
---@param emulator aicore.emulator.Emulator
---@param request aicore.emulator.Request
---@param now number
---@return aicore.emulator.Answer
function admin.perform(emulator, request, now)
  local route = ROUTES[request.path]
  local act = route and route[request.method]
  if not act then
    return answers.json(route and 405 or 404, { error = "nothing here" })
  end
  local body = json.decode(request.body ~= "" and request.body or "{}")
  if not body then
    return bad "the body must be a JSON object"
  end
  return act(emulator, body, now, parameters.parse(request.query))
end

return admin
