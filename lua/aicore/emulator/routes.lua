-- Which operation a request asks for.
-- Rule: a table of paths; a method leads to an operation's name, or to a function that finds it in the body.

local json = require "aicore.emulator.json"
local parameters = require "aicore.emulator.parameters"

local routes = {}

-- One PATCH serves three operations. What is none of them is refused as a stop would be.
local function change(body)
  local wanted = json.decode(body) or {}
  if wanted.targetStatus == "DELETED" then
    return "delete"
  end
  return wanted.configurationId ~= nil and wanted.targetStatus == nil and "update" or "stop"
end

local ROUTES = {
  { path = "^/oauth/token$", POST = "login" },
  { path = "^/v2/lm/meta$", GET = "capabilities" },
  { path = "^/v2/lm/deployments$", GET = "list", POST = "create", PATCH = "batch" },
  { path = "^/v2/lm/deployments/%$count$", GET = "count" },
  { path = "^/v2/lm/deployments/([^/]+)$", GET = "status", PATCH = change, DELETE = "delete" },
  { path = "^/v2/lm/deployments/([^/]+)/logs$", GET = "logs" },
}

---@class aicore.emulator.Route
---@field operation string|nil  nil: this path, but not with this method
---@field id string|nil         the deployment's, from the path
---@field methods string        what the path allows

local function methods_of(route)
  local methods = {}
  for name in pairs(route) do
    if name:find "^%u+$" then
      methods[#methods + 1] = name
    end
  end
  table.sort(methods)
  return table.concat(methods, ", ")
end

--- Finds the route of a request.
---@param method string
---@param path string  without the query
---@param body string
---@return aicore.emulator.Route|nil  nil: the path leads nowhere
function routes.find(method, path, body)
  path = path:gsub("%%24", "$") -- some clients escape the $ of $count
  for _, route in ipairs(ROUTES) do
    local found, _, id = path:find(route.path)
    if found then
      local operation = method:find "^%u+$" and route[method]
      if type(operation) == "function" then
        operation = operation(body)
      end
      return { operation = operation or nil, id = id and parameters.unescape(id), methods = methods_of(route) }
    end
  end
  return nil
end

return routes
