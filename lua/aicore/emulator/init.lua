-- An emulated AI Core without its server: a call and the time go in, an answer comes out.
-- Rule: no I/O and no clock. A call is handled in two steps, so that the server can wait in between (latency)
-- and the effect takes place at its true time.

local admin = require "aicore.emulator.admin"
local answers = require "aicore.emulator.answers"
local faults = require "aicore.emulator.faults"
local http = require "aicore.emulator.http"
local journal = require "aicore.emulator.journal"
local operations = require "aicore.emulator.operations"
local random = require "aicore.emulator.random"
local settings = require "aicore.emulator.settings"
local tokens = require "aicore.emulator.tokens"
local view = require "aicore.emulator.view"
local world = require "aicore.emulator.world"

---@class aicore.emulator.Call
---@field operation string|nil   nil: there is no such operation
---@field methods string|nil     what the path allows; nil: it leads nowhere
---@field resource string|nil    "deployments" or "executions"
---@field id string|nil          from the path
---@field method string
---@field target string|nil      the path, for errors
---@field guarded boolean        a token is needed
---@field group string           the resource group, "" if none is named
---@field parameters table<string, string[]>
---@field media_type string|nil
---@field body table|nil         as JSON says; nil: there is none, or what there is is no JSON
---@field text string|nil        the same as it was sent
---@field authorization string|nil
---@field certificate boolean|nil
---@field request_id string      admit() gives one to a call that has none
---@field delay number           seconds to wait before perform(), set by admit(), like the following
---@field fault aicore.emulator.Fault|nil
---@field request aicore.emulator.Request|nil  to the admin

---@class aicore.emulator.Emulator
---@field settings aicore.emulator.Settings
---@field journal aicore.emulator.Journal
---@field tokens aicore.emulator.Tokens
---@field faults aicore.emulator.Faults
---@field world aicore.emulator.World
---@field view aicore.emulator.View
---@field private credentials { client_id: string|nil, client_secret: string|nil }
---@field private draw fun(): number
---@field private admitted integer
local Emulator = {}
Emulator.__index = Emulator

local UNNAMED = "other" -- requests that are none of the operations count as this

--- Lets a call in: counts it, and decides what will go wrong with it.
---@param call aicore.emulator.Call
---@param now number  seconds since 1970
---@return aicore.emulator.Call
function Emulator:admit(call, now)
  local name = call.operation or UNNAMED
  local fault = self.faults:meet(name, call, now)
  self.journal:count(name)
  self.admitted = self.admitted + 1
  call.request_id = call.request_id or ("r-%d"):format(self.admitted)
  call.fault = fault
  call.delay = self.settings.latency + (fault and fault.latency or 0)
  return call
end

--- Takes an HTTP request.
---@param request aicore.emulator.Request
---@param now number  seconds since 1970
---@return aicore.emulator.Call
function Emulator:accept(request, now)
  local request_id = random.uuid(self.draw)
  if admin.owns(request.path) then
    return { request = request, request_id = request_id, delay = 0 }
  end
  local call = http.read(request)
  call.request_id = request_id
  return self:admit(call, now)
end

-- The gateway looks at the token before anything else, and answers for itself.
local function check_token(self, call, now)
  if not call.guarded then
    return nil
  end
  local ok, message = self.tokens:check(call.authorization, now)
  if ok then
    return nil
  end
  local answer = answers.text(401, message)
  local reason = message == "Jwt is missing" and "" or ', error="invalid_token"'
  answer.headers["www-authenticate"] = ('Bearer realm="%s%s"%s'):format(self.world.url, call.target or "", reason)
  return answer
end

local function answer_truly(self, call, now)
  local refusal = check_token(self, call, now)
  if refusal then
    return refusal
  end
  if call.operation then
    call.world, call.view, call.faults = self.world, self.view, self.faults
    call.settings, call.tokens = self.settings, self.tokens
    call.journal, call.credentials, call.now = self.journal, self.credentials, now
    return operations.perform(call.operation, call)
  elseif not call.methods then
    return answers.nowhere()
  end
  local answer = answers.refuse({ kind = "method", message = ("Method %s is not supported"):format(call.method) }, call)
  answer.headers.allow = call.methods
  return answer
end

local function answer_with_fault(self, call, now)
  local fault = call.fault
  if fault.expire_tokens then
    self.tokens:expire()
  end
  if fault.drop == "before" then
    return nil
  end
  local answer
  if not fault.status or fault.effect or fault.drop == "after" then
    answer = answer_truly(self, call, now)
  end
  if fault.drop == "after" then
    return nil
  end
  if fault.status then
    answer = answers.from_fault(fault, call)
  end
  answer.cut = fault.drop == "during"
  return answer
end

--- Carries out a call that was let in.
---@param call aicore.emulator.Call
---@param now number  seconds since 1970, never less than before
---@return aicore.emulator.Answer|nil  nil: the connection is to be lost without an answer
function Emulator:answer(call, now)
  self.world:advance(now)
  local respond = call.fault and answer_with_fault or answer_truly
  local answer = respond(self, call, now)
  if answer and self.settings.dates then
    answer.date = math.floor(now)
  end
  return answer
end

-- What goes over the wire.
local function encoded(answer, request_id)
  answer.body = answers.encode(answer)
  answer.headers["x-request-id"] = answer.headers["x-request-id"] or request_id
  return answer
end

--- The same for an HTTP request that was accepted: the answer has a body, and the request's id among its headers.
---@param call aicore.emulator.Call
---@param now number  seconds since 1970, never less than before
---@return aicore.emulator.Answer|nil
function Emulator:perform(call, now)
  local answer
  if call.request then
    self.world:advance(now)
    answer = admin.perform(self, call.request, now)
  else
    answer = self:answer(call, now)
  end
  return answer and encoded(answer, call.request_id)
end

local emulator = {}

--- What is left to say when perform() has raised an error.
---@param call aicore.emulator.Call
---@return aicore.emulator.Answer
function emulator.failure(call)
  local refusal = { kind = "internal", message = "Internal server error" }
  return encoded(answers.refuse(refusal, call), call.request_id)
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
  -- Three generators: how many ids were drawn must not decide which requests fail, nor those what is shown.
  local draw, draw_faults, draw_views = random.new(seed), random.new(seed), random.new(seed)
  local book = journal.new()
  local earth = world.new(values, draw, book)
  return setmetatable({
    settings = values,
    journal = book,
    tokens = tokens.new(draw),
    faults = faults.new(draw_faults, operations.names),
    world = earth,
    view = view.new(earth, values, draw_views),
    credentials = { client_id = options.client_id, client_secret = options.client_secret },
    draw = draw,
    admitted = 0,
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
