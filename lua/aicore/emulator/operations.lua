-- The operations of the AI API: what each demands of a call, and who answers it.
-- Rule: demands are data, checked in one order for all: support, group, id, query, media type, body, existence. What is
-- refused has had no effect.

local answers = require "aicore.emulator.answers"
local bodies = require "aicore.emulator.bodies"
local changes = require "aicore.emulator.changes"
local configurations = require "aicore.emulator.configurations"
local login = require "aicore.emulator.login"
local merged = require "aicore.model.merged"
local parameters = require "aicore.emulator.parameters"
local reads = require "aicore.emulator.reads"
local resources = require "aicore.emulator.resources"
local tenant = require "aicore.emulator.tenant"

local operations = {}

-- A call, and the emulator around it.
---@class aicore.emulator.Context: aicore.emulator.Call
---@field world aicore.emulator.World
---@field view aicore.emulator.View
---@field faults aicore.emulator.Faults
---@field settings aicore.emulator.Settings
---@field tokens aicore.emulator.Tokens
---@field journal aicore.emulator.Journal
---@field credentials { client_id: string|nil, client_secret: string|nil }
---@field now number             seconds since 1970
---@field query table<string, any>|nil  set on the way, like the following
---@field deployment aicore.emulator.Deployment|nil

---@class aicore.emulator.Operation
---@field run fun(context: aicore.emulator.Context): aicore.emulator.Answer
---@field group boolean|nil  the resource group must be named
---@field query table<string, aicore.emulator.Reader>|nil
---@field query_of table<string, table<string, aicore.emulator.Reader>>|nil  the same, by resource
---@field media table<string, true>|nil  media types that the body may have
---@field body (fun(body: table, resource: string): string|nil)|nil  what is wrong with the body
---@field bodiless string|nil  with this method the body may be missing, and its media type does not matter
---@field looks boolean|nil  at one deployment, as a replica shows it
---@field setting string|nil  the setting that must be on

local MERGE_PATCH = { ["application/merge-patch+json"] = true }
local ANY_JSON = { ["application/json"] = true, ["application/merge-patch+json"] = true }

local MOST_TOP, MOST_SKIP, MOST_LINES = 100000, 2 ^ 31 - 1, 5000
local SELECT, BOOLEAN = parameters.one_of "status", parameters.one_of("true", "false")

local COUNT_QUERY = {
  executableIds = parameters.identifiers,
  configurationId = parameters.identifier,
  scenarioId = parameters.identifier,
  status = parameters.status,
}

local PAGE = {
  ["$top"] = parameters.integer(0, MOST_TOP),
  ["$skip"] = parameters.integer(0, MOST_SKIP),
  ["$select"] = SELECT,
}

local SCHEDULE = { executionScheduleId = parameters.identifier }

local COUNTS = { deployments = COUNT_QUERY, executions = merged(COUNT_QUERY, SCHEDULE) }
local LISTS = { deployments = merged(COUNT_QUERY, PAGE), executions = merged(COUNT_QUERY, PAGE, SCHEDULE) }

local CONFIGURATION_QUERY = { ["$expand"] = parameters.one_of "scenario" }

local CONFIGURATION_COUNT = {
  scenarioId = parameters.identifier,
  executableIds = parameters.identifiers,
  ["$search"] = parameters.search,
  searchCaseInsensitive = BOOLEAN,
}

local CONFIGURATIONS_QUERY = merged(CONFIGURATION_COUNT, CONFIGURATION_QUERY, {
  ["$top"] = PAGE["$top"],
  ["$skip"] = PAGE["$skip"],
})

local GROUPS_QUERY = { ["$top"] = PAGE["$top"], ["$skip"] = PAGE["$skip"], ["$count"] = BOOLEAN }

local LOGS_QUERY = {
  start = parameters.date_time,
  ["end"] = parameters.date_time,
  ["$top"] = parameters.integer(1, MOST_LINES),
  ["$order"] = parameters.one_of("asc", "desc"),
}

---@type table<string, aicore.emulator.Operation>
local OPERATIONS = {
  login = { run = login.run },
  capabilities = { run = reads.capabilities },
  list = { group = true, query_of = LISTS, run = reads.list },
  count = { group = true, query_of = COUNTS, run = reads.count },
  status = { group = true, query = { ["$select"] = SELECT }, looks = true, run = reads.status },
  logs = { group = true, query = LOGS_QUERY, looks = true, run = reads.logs },
  create = { group = true, media = ANY_JSON, body = bodies.create, run = changes.create },
  update = { group = true, media = ANY_JSON, body = bodies.update, run = changes.update },
  stop = { group = true, media = ANY_JSON, body = bodies.stop, run = changes.stop },
  delete = { group = true, media = ANY_JSON, body = bodies.delete, bodiless = "DELETE", run = changes.delete },
  models = { group = true, run = tenant.models },
  resource_groups = { query = GROUPS_QUERY, run = tenant.groups },
  quota = { query = { quotaOnly = BOOLEAN }, run = tenant.quota },
  configurations = { group = true, query = CONFIGURATIONS_QUERY, run = configurations.list },
  configurations_count = { group = true, query = CONFIGURATION_COUNT, run = configurations.count },
  configuration = { group = true, query = CONFIGURATION_QUERY, run = configurations.get },
  configure = { group = true, media = ANY_JSON, body = bodies.configure, run = configurations.create },
  batch = { group = true, media = MERGE_PATCH, body = bodies.batch, setting = "bulk", run = changes.batch },
}

--- The operations' names, sorted.
---@type string[]
operations.names = {}
for name in pairs(OPERATIONS) do
  table.insert(operations.names, name)
end
table.sort(operations.names)

local function malformed(message, details)
  return { kind = "malformed", message = message, details = details }
end

local function check_support(context, operation)
  if operation.setting and not context.settings[operation.setting] then
    return { kind = "not_supported", message = "This operation is not supported" }
  end
end

local function check_group(context, operation)
  if operation.group and context.group == "" then
    return malformed "The header AI-Resource-Group is missing"
  end
end

local function check_id(context)
  if context.id and not parameters.is_identifier(context.id) then
    local word = context.resource and resources[context.resource].word:lower() or "configuration"
    return malformed(("The %s ID must match ^[\\w.-]{4,64}$"):format(word))
  end
end

local function check_query(context, operation)
  local readers = operation.query_of and operation.query_of[context.resource] or operation.query or {}
  local query, name, problem = parameters.read(context.parameters, readers)
  if not query then
    return malformed(("%s %s"):format(name, problem), { parameter = name })
  end
  context.query = query
end

local function check_media_type(context, operation)
  if not operation.media or context.method == operation.bodiless then
    return
  end
  if not operation.media[context.media_type] then
    return { kind = "media_type", message = ("Content-Type %s is not supported"):format(context.media_type or "''") }
  end
end

local function check_body(context, operation)
  if not operation.body or (context.text == "" and context.method == operation.bodiless) then
    return
  end
  if not context.body then
    return malformed "The body must be a JSON object"
  end
  local problem = operation.body(context.body, context.resource)
  return problem and malformed(problem)
end

local function check_existence(context, operation)
  if not context.id or not context.resource then
    return nil
  elseif operation.looks then
    context.deployment = context.view:get(context.group, context.id, context.now, context.resource)
  else
    context.deployment = changes.find(context, context.id)
  end
  return not context.deployment and changes.not_found(context.id, context.resource) or nil
end

-- Each answers a refusal, or nothing.
local DEMANDS = { check_support, check_group, check_id, check_query, check_media_type, check_body, check_existence }

--- Carries out an operation.
---@param name string
---@param context aicore.emulator.Context
---@return aicore.emulator.Answer
function operations.perform(name, context)
  local operation = OPERATIONS[name]
  for _, demand in ipairs(DEMANDS) do
    local refusal = demand(context, operation)
    if refusal then
      return answers.refuse(refusal, context)
    end
  end
  return operation.run(context)
end

return operations
