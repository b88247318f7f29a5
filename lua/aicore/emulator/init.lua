-- An emulated AI Core without its server: a request and the time go in, an answer comes out.
-- Rule: no I/O and no clock. A request is handled in two steps, so that the server can wait in between (latency) and
-- the effect takes place at its true time.

local admin = require "aicore.emulator.admin"
local answers = require "aicore.emulator.answers"
local faults = require "aicore.emulator.faults"
local journal = require "aicore.emulator.journal"
local json = require "aicore.emulator.json"
local operations = require "aicore.emulator.operations"
local random = require "aicore.emulator.random"
local routes = require "aicore.emulator.routes"
local settings = require "aicore.emulator.settings"
local tokens = require "aicore.emulator.tokens"
local world = require "aicore.emulator.world"

---@class aicore.emulator.Request
---@field method string
---@field path string   without the query
---@field query string  without the question mark
---@field headers table<string, string>  names in lower case
---@field body string
---@field certificate boolean|nil  the client has shown a certificate that was verified

---@class aicore.emulator.Exchange
---@field request aicore.emulator.Request
---@field request_id string
---@field delay number  seconds to wait before perform()
---@field route aicore.emulator.Route|nil
---@field fault aicore.emulator.Fault|nil

---@class aicore.emulator.Emulator
---@field settings aicore.emulator.Settings
---@field journal aicore.emulator.Journal
---@field tokens aicore.emulator.Tokens
---@field faults aicore.emulator.Faults
---@field world aicore.emulator.World
---@field private credentials { client_id: string|nil, client_secret: string|nil }
---@field private draw fun(): number
local Emulator = {}
Emulator.__index = Emulator

-- The deployments that a request names, in its path or in its batch: what a fault's id is compared with.
local function ids_of(route, request)
  local ids = {}
  if route.id then
    ids[route.id] = true
  end
  local items = route.operation == "batch" and (json.decode(request.body) or ids).deployments
  for _, item in ipairs(type(items) == "table" and items or {}) do
    if type(item) == "table" and type(item.id) == "string" then
      ids[item.id] = true
    end
  end
  return ids
end

local NOWHERE = { methods = "" }
local UNNAMED = "other" -- requests that are none of the operations count as this

--- Takes a request: counts it, and decides what will go wrong with it.
---@param request aicore.emulator.Request
---@return aicore.emulator.Exchange
function Emulator:accept(request)
  local exchange = { request = request, request_id = random.uuid(self.draw), delay = 0 }
  if admin.owns(request.path) then
    return exchange
  end
  local route = routes.find(request.method, request.path, request.body)
  local name = (route or NOWHERE).operation or UNNAMED
  local fault = self.faults:meet(name, ids_of(route or NOWHERE, request))
  self.journal:count(name)
  exchange.route, exchange.fault = route, fault
  exchange.delay = self.settings.latency + (fault and fault.latency or 0)
  return exchange
end

-- The gateway looks at the token before anything else, and answers for itself.
local function check_token(self, exchange, now)
  local request = exchange.request
  if not request.path:find "^/v2/" then
    return nil
  end
  local ok, message = self.tokens:check(request.headers.authorization, now)
  if ok then
    return nil
  end
  local answer = answers.text(401, message)
  local reason = message == "Jwt is missing" and "" or ', error="invalid_token"'
  answer.headers["www-authenticate"] = ('Bearer realm="%s%s"%s'):format(self.world.url, request.path, reason)
  return answer
end

local function context_of(self, exchange, now)
  local media_type = (exchange.request.headers["content-type"] or ""):match "^%s*([^;%s]+)"
  return {
    world = self.world,
    settings = self.settings,
    tokens = self.tokens,
    journal = self.journal,
    credentials = self.credentials,
    request = exchange.request,
    media_type = media_type and media_type:lower(),
    id = exchange.route and exchange.route.id,
    now = now,
    request_id = exchange.request_id,
  }
end

local function answer_truly(self, exchange, now)
  local refusal = check_token(self, exchange, now)
  if refusal then
    return refusal
  end
  local route, context = exchange.route, context_of(self, exchange, now)
  if not route then
    return answers.nowhere()
  end
  if not route.operation then
    local message = ("Method %s is not supported"):format(exchange.request.method)
    local answer = answers.refuse({ kind = "method", message = message }, context)
    answer.headers.allow = route.methods
    return answer
  end
  return operations.perform(route.operation, context)
end

local function answer_with_fault(self, exchange, now)
  local fault = exchange.fault
  if fault.expire_tokens then
    self.tokens:expire()
  end
  if fault.drop == "before" then
    return nil
  end
  local answer
  if not fault.status or fault.effect or fault.drop == "after" then
    answer = answer_truly(self, exchange, now)
  end
  if fault.drop == "after" then
    return nil
  end
  if fault.status then
    answer = answers.from_fault(fault)
  end
  answer.cut = fault.drop == "during"
  return answer
end

local function with_request_id(answer, request_id)
  answer.headers["x-request-id"] = answer.headers["x-request-id"] or request_id
  return answer
end

--- Carries out an accepted request.
---@param exchange aicore.emulator.Exchange
---@param now number  seconds since 1970, never less than before
---@return aicore.emulator.Answer|nil  nil: the connection is to be lost without an answer
function Emulator:perform(exchange, now)
  self.world:advance(now)
  local answer
  if admin.owns(exchange.request.path) then
    answer = admin.perform(self, exchange.request, now)
  elseif exchange.fault then
    answer = answer_with_fault(self, exchange, now)
  else
    answer = answer_truly(self, exchange, now)
  end
  return answer and with_request_id(answer, exchange.request_id)
end

local emulator = {}

--- What is left to say when perform() has raised an error.
---@param exchange aicore.emulator.Exchange
---@return aicore.emulator.Answer
function emulator.failure(exchange)
  local refusal = { kind = "internal", message = "Internal server error" }
  return with_request_id(answers.refuse(refusal, exchange), exchange.request_id)
end

---@class aicore.emulator.Options
---@field settings table<string, any>|nil  changes to the default settings
---@field client_id string|nil      default: any
---@field client_secret string|nil  default: any
---@field seed number|nil           of the randomness, default 1

--- A new emulator without deployments.
---@param options aicore.emulator.Options|nil
---@return aicore.emulator.Emulator
function emulator.new(options)
  options = options or {}
  local seed = options.seed or 1
  local values = settings.new()
  assert(settings.change(values, options.settings or {}))
  -- Two generators: how many ids were drawn must not decide which requests fail.
  local draw, draw_faults = random.new(seed), random.new(seed)
  local book = journal.new()
  return setmetatable({
    settings = values,
    journal = book,
    tokens = tokens.new(draw),
    faults = faults.new(draw_faults, operations.names),
    world = world.new(values, draw, book),
    credentials = { client_id = options.client_id, client_secret = options.client_secret },
    draw = draw,
  }, Emulator)
end

--- Starts one as a process beside this one, for tests; see start.lua.
---@param options aicore.emulator.StartOptions?
---@return aicore.emulator.Server|nil server
---@return aicore.Error? err
function emulator.start(options)
  return require "aicore.emulator.start"(options)
end

return emulator
