-- Which operation a request asks for.
-- Rule: verbs and paths are the client's own (call/operations.lua), and a few that only other clients ask for. Where
-- operations share both, the body tells.

local lifecycle = require "aicore.model.lifecycle"
local operations = require "aicore.call.operations"
local parameters = require "aicore.emulator.parameters"
local resources = require "aicore.emulator.resources"

local routes = {}

local BASE, TOKEN_PATH = "/v2", "/oauth/token"

-- One PATCH serves three operations, by the targetStatus also a delete. What is none of them is refused as a stop is.
local function change(body, resource)
  local wanted = body or {}
  if lifecycle.action_of(wanted.targetStatus) == "delete" then
    return "delete"
  end
  local updates = resources[resource].serves and wanted.configurationId ~= nil and wanted.targetStatus == nil
  return updates and "update" or "stop"
end

-- "/lm/{resource}/{id}" as a pattern; an id stands wherever nothing more precise does.
local function pattern_of(path)
  local pattern = path:gsub("[%-.$]", "%%%0"):gsub("{resource}", "(%%l+)"):gsub("{id}", "([^/]+)")
  return "^" .. pattern .. "$"
end

local function methods_of(route)
  local methods = {}
  for name in pairs(route.operations) do
    methods[#methods + 1] = name
  end
  table.sort(methods)
  return table.concat(methods, ", ")
end

-- What AI Core has, and the client can do without.
local OTHERS = {
  configuration = { verb = "GET", path = "/lm/configurations/{id}" },
  configurations_count = { verb = "GET", path = "/lm/configurations/$count" },
}

-- A list of { path, pattern, resource = whether it names one, methods,
--             operations = { [verb] = name, or a function of the body } }.
local function build()
  local list, by_path = {}, {}
  local function add(name, operation)
    local path = operation.path and BASE .. operation.path or TOKEN_PATH
    local route = by_path[path]
    if not route then
      route = { path = path, pattern = pattern_of(path), operations = {} }
      route.resource = path:find("{resource}", 1, true) ~= nil
      by_path[path], list[#list + 1] = route, route
    end
    route.operations[operation.verb] = route.operations[operation.verb] and change or name
  end
  for name, operation in pairs(operations) do
    add(name, operation)
  end
  for name, operation in pairs(OTHERS) do
    add(name, operation)
  end
  for _, route in ipairs(list) do
    route.methods = methods_of(route)
  end
  table.sort(list, function(a, b) -- "$count" stands before "{id}"
    return a.path < b.path
  end)
  return list
end

local ROUTES = build()

---@class aicore.emulator.Route
---@field operation string|nil  nil: this path, but not with this method
---@field resource string|nil   "deployments" or "executions"
---@field id string|nil         from the path
---@field methods string        what the path allows

--- Finds the route of a request.
---@param method string
---@param path string  without the query
---@param body table|nil  as JSON says
---@return aicore.emulator.Route|nil  nil: the path leads nowhere
function routes.find(method, path, body)
  path = path:gsub("%%24", "$") -- some clients escape the $ of $count
  for _, route in ipairs(ROUTES) do
    local found, _, resource, id = path:find(route.pattern)
    if found and not route.resource then
      resource, id = nil, resource
    end
    if found and (resource == nil or resources[resource]) then
      local operation = route.operations[method]
      if type(operation) == "function" then
        operation = operation(body, resource)
      end
      local methods = route.methods
      return { operation = operation, resource = resource, id = id and parameters.unescape(id), methods = methods }
    end
  end
  return nil
end

return routes
