--- What the service behind the faults is when all is well: a few deployments, and the journal of what has happened.

local cjson = require "cjson"

local world = {}

local TOKEN = "tok-8f3a61c0d94e7b25-served-by-the-fault-matrix"

local function error_body(code, message)
  return cjson.encode { error = { code = code, message = message, requestId = "r-1", target = "/v2" } }
end

local function not_found()
  return "404 Not Found", error_body("01010001", "there is no such deployment")
end

--- Changes one deployment as the AI API does. Returns a refusal, or nil: it is accepted.
local function change(self, id, target)
  local deployment = self.deployments[id]
  if not deployment then
    return not_found()
  elseif target == "DELETED" then
    if deployment.status ~= "STOPPED" then
      return "412 Precondition Failed", error_body("01010002", "it is " .. deployment.status)
    end
    self.deployments[id], self.journal.deleted[id] = nil, true
  elseif deployment.status ~= "RUNNING" then
    return "412 Precondition Failed", error_body("01010003", "it is " .. deployment.status)
  else
    deployment.status, deployment.targetStatus, self.journal.stopped[id] = "STOPPED", "STOPPED", true
  end
end

local function single(target)
  return function(self, request)
    local status, body = change(self, request.id, target)
    return status or "202 Accepted", body or cjson.encode { id = request.id, message = "accepted" }
  end
end

local function all(self)
  local found = {}
  for _, deployment in pairs(self.deployments) do
    found[#found + 1] = deployment
  end
  table.sort(found, function(a, b)
    return a.id < b.id
  end)
  return found
end

local ACT = {
  login = function()
    return "200 OK", cjson.encode { access_token = TOKEN, token_type = "bearer", expires_in = 43199 }
  end,
  capabilities = function()
    return "200 OK", '{"aiApi":{"version":"2","capabilities":{"bulkUpdates":{"deployments":true}}}}'
  end,
  status = function(self, request)
    local deployment = self.deployments[request.id]
    if not deployment then
      return not_found()
    end
    return "200 OK", cjson.encode(deployment)
  end,
  list = function(self, request)
    local found = all(self)
    local count, shown = #found, {}
    for i = 1 + (request.skip or 0), count do
      shown[#shown + 1] = found[i]
    end
    return "200 OK", ('{"count":%d,"resources":%s}'):format(count, #shown > 0 and cjson.encode(shown) or "[]")
  end,
  count = function(self)
    return "200 OK", tostring(1000 + #all(self)) -- four digits: a part of it is a number, too
  end,
  stop = single "STOPPED",
  delete = single "DELETED",
  batch = function(self, request)
    local answers = {}
    for i, item in ipairs(cjson.decode(request.body).deployments) do
      local refusal, body = change(self, item.id, item.targetStatus)
      answers[i] = refusal and { id = item.id, error = cjson.decode(body).error } or { id = item.id, message = "ok" }
    end
    return "202 Accepted", cjson.encode { deployments = answers }
  end,
  create = function(self)
    local id = ("dcreated%04d"):format(#self.journal.created + 1)
    table.insert(self.journal.created, id)
    self.deployments[id] = { id = id, status = "PENDING" }
    return "202 Accepted", cjson.encode { id = id, message = "accepted", status = "PENDING" }
  end,
}

-- By method and the path's form; the first that fits.
local ROUTES = {
  { "POST", "/oauth/token$", "login" },
  { "GET", "/lm/meta$", "capabilities" },
  { "GET", "/deployments/%$count$", "count" },
  { "GET", "/deployments$", "list" },
  { "POST", "/deployments$", "create" },
  { "PATCH", "/deployments$", "batch" },
  { "GET", "/deployments/([^/]+)$", "status" },
  { "PATCH", "/deployments/([^/]+)$", "stop" },
  { "DELETE", "/deployments/([^/]+)$", "delete" },
}

--- Which operation a request is, about which deployment, and how many of a list it skips.
---@return string? operation
---@return string? id
---@return integer? skip
function world.route(method, target)
  local path = target:match "^[^?]*"
  for _, route in ipairs(ROUTES) do
    local id = method == route[1] and path:match(route[2])
    if id then
      return route[3], id, tonumber(target:match "%$skip=(%d+)" or target:match "%%24skip=(%d+)") or 0
    end
  end
end

--- The deployments of a new one: those that `ids` names, in a status.
---@param ids table<string, string>
function world.new(ids)
  local self =
    { deployments = {}, journal = { received = {}, deleted = {}, stopped = {}, created = {}, elsewhere = 0 } }
  for id, status in pairs(ids) do
    self.deployments[id] = { id = id, status = status, configurationId = "conf-1", scenarioId = "scenario" }
  end
  return self
end

--- Does what a request asks for, and says what there is to answer.
---@return string status  of the status line
---@return string body
function world.act(self, request)
  return ACT[request.operation](self, request)
end

world.token = TOKEN

return world
