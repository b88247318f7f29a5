--- The emulated service without its server: requests go in, answers come out. For the specs of what answers them.
--
--     service.start()              a new one, and its time is service.NOW; before each test
--     service.now = service.now + 2
--     service.call("GET", "/deployments/" .. service.seed())

local assert = require "luassert"
local cjson = require "cjson"
local emulator = require "aicore.emulator"

local service = { NOW = 1700000000, FIRST = "d000000000000001" }

---@type aicore.emulator.Emulator
service.model = nil
---@type number  s since 1970
service.now = nil

---@type string|nil
service.token = nil

--- One request of a client; a body that is a table is sent as JSON.
---@return aicore.emulator.Answer|nil
---@return aicore.emulator.Call
function service.send(method, target, options)
  options = options or {}
  local body, headers = options.body or "", {}
  if type(body) == "table" then
    body, headers["content-type"] = cjson.encode(body), "application/json"
  end
  for name, value in pairs(options.headers or {}) do
    headers[name] = value
  end
  local path, query = target:match "^([^?]*)%??(.*)$"
  local request = { method = method, path = path, query = query, headers = headers, body = body }
  request.certificate = options.certificate
  local call = service.model:accept(request, service.now)
  return service.model:perform(call, service.now + call.delay), call
end

function service.log_in(form, headers, certificate)
  headers = headers or {}
  headers["content-type"] = headers["content-type"] or "application/x-www-form-urlencoded"
  return service.send("POST", "/oauth/token", { body = form, headers = headers, certificate = certificate })
end

--- A request of the AI API with all that it needs.
function service.call(method, path, options)
  options = options or {}
  local headers = { authorization = "Bearer " .. service.token, ["ai-resource-group"] = "default" }
  for name, value in pairs(options.headers or {}) do
    headers[name] = value or nil
  end
  return service.send(method, "/v2/lm" .. path, { body = options.body, headers = headers })
end

function service.batch(items, content_type)
  local headers = { ["content-type"] = content_type or "application/merge-patch+json" }
  return service.call("PATCH", "/deployments", { body = { deployments = items }, headers = headers })
end

function service.decoded(answer)
  return cjson.decode(answer.body)
end

--- Checks that it is AI Core's error with this status, and returns that.
function service.fails(status, answer)
  assert.equal(status, answer.status)
  assert.equal("application/json", answer.headers["content-type"])
  local problem = service.decoded(answer).error
  assert.is_string(problem.code)
  assert.is_string(problem.message)
  assert.is_string(problem.target)
  assert.equal(answer.headers["x-request-id"], problem.requestId)
  return problem
end

function service.start(options)
  service.model, service.now = emulator.new(options), service.NOW
  local answer = service.log_in "grant_type=client_credentials&client_id=a&client_secret=b"
  service.token = service.decoded(answer).access_token
  service.model.journal:clear()
end

--- Puts a deployment into it.
---@return string id
function service.seed(fields)
  return service.model.world:seed(fields or {}, service.now).id
end

return service
