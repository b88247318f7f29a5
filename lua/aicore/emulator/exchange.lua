--- One exchange with the emulated AI Core, without sockets, HTTP or time: what the C module's sessions and transfers
-- are to the real one, for a client in this process and on a virtual clock (caller.lua).
-- Rules:
--   A call goes through the emulator's own operations, faults and journal; only its way there is short.
--   What comes of it is what the C module makes of the same answer (reply.lua).
--   The effect takes place when it is due, whether anybody waits for the answer or not.
--   Lists that a client gets are its own, the records in them everybody's; what it gives is read before start()
--   returns.

local json = require "aicore.emulator.json"
local lifecycle = require "aicore.model.lifecycle"
local operations = require "aicore.call.operations"
local reply = require "aicore.emulator.reply"
local resources = require "aicore.emulator.resources"

local exchange = {}

-- The call -----------------------------------------------------------------------------------------

-- The options of the C module that become parameters of the query.
local PARAMETERS = {
  status = "status",
  scenario_id = "scenarioId",
  configuration_id = "configurationId",
  executable_ids = "executableIds",
  execution_schedule_id = "executionScheduleId",
  top = "$top",
  skip = "$skip",
  search = "$search",
  select = "$select",
  start = "start",
  ["end"] = "end",
  order = "$order",
}

local function text_of(value)
  if type(value) == "table" then
    return table.concat(value, ",")
  end
  return type(value) == "number" and ("%d"):format(value) or value
end

local NO_PARAMETERS = {}

local function parameters_of(options)
  local parameters = NO_PARAMETERS
  for option, value in pairs(options) do
    local name = PARAMETERS[option]
    if name then
      parameters = parameters == NO_PARAMETERS and {} or parameters
      parameters[name] = { text_of(value) }
    end
  end
  return parameters
end

-- By operation: the body, of the options, the resource and the arguments.
local BODIES = {
  create = function(options, _, configuration_id)
    return { configurationId = configuration_id, ttl = options.ttl }
  end,
  update = function(_, _, _, configuration_id)
    return { configurationId = configuration_id }
  end,
  stop = function()
    return { targetStatus = lifecycle.targets.stop }
  end,
  delete = function()
    return { targetStatus = lifecycle.targets.delete }
  end,
  configure = function(_, _, text)
    return json.decode(text)
  end,
  batch = function(_, resource, items)
    local sent = {}
    for i, item in ipairs(items) do
      sent[i] = { id = item.id, targetStatus = item.targetStatus }
    end
    return { [resource] = sent }
  end,
}

-- What stands before and after the id in the path of a request: by operation and resource.
local PATHS = {}
for name, operation in pairs(operations) do
  PATHS[name] = {}
  for resource in pairs(resources) do
    local path = (operation.path and "/v2" .. operation.path or "/oauth/token"):gsub("{resource}", resource)
    local before, after = path:match "^(.-){id}(.*)$"
    PATHS[name][resource] = { before or path, after or "" }
  end
end

local MEDIA_TYPES = { batch = "application/merge-patch+json", login = "application/x-www-form-urlencoded" }
local FORM = "grant_type=client_credentials&client_id=%s&client_secret=%s"

--- What the operation asks of the emulator.
local function call_of(session, operation, options, first, second)
  local name, resource = operation.name, options.resource or "deployments"
  local body, path, id = BODIES[name], PATHS[name][resource], operation.about_one and first or nil
  return {
    operation = name,
    resource = operation.resource and resource or nil,
    id = id,
    target = id and path[1] .. id .. path[2] or path[1],
    method = operation.verb,
    guarded = operation.path ~= nil,
    group = options.resource_group or session.resource_group,
    parameters = parameters_of(options),
    media_type = MEDIA_TYPES[name] or "application/json",
    body = body and body(options, resource, first, second),
    text = name == "login" and session.form or nil,
    authorization = operation.path and session.authorization or nil,
  }
end

-- Transfers ----------------------------------------------------------------------------------------

---@class aicore.emulator.Transfer: aicore.emulator.Sent  as aicore.core.Transfer is
---@field private began number
---@field private arrives number  when it takes effect and is answered, on the runtime's clock
---@field private expires number  when the client gives up, if that is earlier; else math.huge
---@field private answered boolean
---@field private status integer|nil  of the answer, like the following
---@field private date integer|nil
---@field private over boolean    cancelled, or its result was taken
local Transfer = { __name = "aicore.emulator.transfer" }
Transfer.__index = Transfer

--- When it will be finished.
---@return number
function Transfer:due()
  return math.min(self.arrives, self.expires)
end

--- Would result() return something?
---@return boolean
function Transfer:finished()
  return self.answered or self.over or self.session.is_closed or self.session.runtime.now() >= self.expires
end

-- Of the C module, when there is nothing to be had any more.
local TAKEN = "the transfer was cancelled, its session closed, or its result taken"

--- Its result, once; nil while it is in flight.
---@return any reply
---@return table? err
function Transfer:result()
  if not self:finished() then
    return nil
  elseif self.over or self.session.is_closed and not self.answered then
    return nil, { kind = "cancelled", message = TAKEN }
  end
  self.over = true
  if not self.answered then
    local message = "Operation timed out after %d milliseconds with 0 bytes received"
    return nil, reply.lost(self, "timeout", message:format(math.ceil((self.expires - self.began) * 1000)))
  end
  return self.reply, self.err
end

--- What there is to log of it, until its result is taken.
---@return { status: integer?, seconds: number, request_id: string?, date: integer? }?
function Transfer:info()
  if self.over or not self:finished() then
    return nil
  end
  local seconds = self.session.runtime.now() - self.began
  return { status = self.status, seconds = seconds, request_id = self.request_id, date = self.date }
end

--- Ends it for the client. What it asked for happens all the same.
function Transfer:cancel()
  self.over = true
end

--- The call takes effect now. Its answer is read at once, as the world goes on.
local function arrive(transfer)
  local session, call = transfer.session, transfer.call
  local now = session.runtime.now()
  local answer = session.emulator:answer(call, now)
  if transfer.over or session.is_closed or now >= transfer.expires then
    return -- too late for the client
  end
  if answer then
    transfer.status, transfer.date = answer.status, answer.date
    transfer.request_id = answer.headers["x-request-id"] or call.request_id
  end
  transfer.reply, transfer.err = reply.read(transfer, answer)
  transfer.answered = true
end

-- In a function of its own, so that it holds nothing else.
local function arrival(transfer)
  return function()
    arrive(transfer)
  end
end

-- Sessions -----------------------------------------------------------------------------------------

---@class aicore.emulator.Session  as aicore.core.Session is, for one client
---@field private emulator aicore.emulator.Emulator
---@field private runtime aicore.VirtualRuntime
---@field private resource_group string
---@field private timeout number
---@field private form string                the login's
---@field private authorization string|nil
---@field private is_closed boolean
local Session = { __name = "aicore.emulator.session" }
Session.__index = Session

local NOTHING = {}

--- Begins an operation, as core.start does.
---@param name string
---@param ... any  its arguments, then a table of options
---@return aicore.emulator.Transfer
function Session:start(name, ...)
  if self.is_closed then
    error "the session is closed"
  end
  local operation = operations[name]
  local first, second = ...
  local options = select("#", ...) > 0 and select(select("#", ...), ...) or NOTHING
  options = type(options) == "table" and options or NOTHING
  local began = self.runtime.now()
  local call = self.emulator:admit(call_of(self, operation, options, first, second), began)
  local arrives = began + call.delay
  local expires = began + math.min(options.timeout or self.timeout, self.timeout)
  call.given_up_at = expires
  local transfer = setmetatable({
    session = self,
    operation = operation,
    call = call,
    began = began,
    arrives = arrives,
    expires = expires < arrives and expires or math.huge,
    answered = false,
    over = false,
  }, Transfer)
  self.runtime.at(arrives, arrival(transfer))
  return transfer
end

--- Uses another token from the next exchange on.
---@param text string
function Session:set_token(text)
  self.authorization = "Bearer " .. text
end

--- Ends it: what is in flight is cancelled.
function Session:close()
  self.is_closed = true
end

---@return boolean
function Session:closed()
  return self.is_closed
end

--- A session of one client with the emulator.
---@param options { emulator: aicore.emulator.Emulator, runtime: aicore.VirtualRuntime, resource_group: string?,
---                 timeout: number?, client_id: string?, client_secret: string? }
---       runtime: whose clock shows seconds since 1970; resource_group: "default" if not given; timeout: s (60)
---@return aicore.emulator.Session
function exchange.session(options)
  return setmetatable({
    emulator = options.emulator,
    runtime = options.runtime,
    resource_group = options.resource_group or "default",
    timeout = options.timeout or 60,
    form = FORM:format(options.client_id or "fake", options.client_secret or "fake"),
    is_closed = false,
  }, Session)
end

return exchange
