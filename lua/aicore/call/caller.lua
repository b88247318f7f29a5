--- A caller: one session with SAP AI Core, and all that its calls share: the runtime, the token, the budget for
-- repetitions, the counters, and what was created a moment ago.
-- Invariants:
--   exchange() is the only place that starts, awaits and concludes a transfer; all that is sent comes through it.
--   A call that succeeds at once makes no retry machine and no closure.
--   A reply that has left this file looks as model/shape.lua says.

local clock = require "aicore.runtime.clock"
local core = require "aicore.core"
local errors = require "aicore.model.errors"
local filter = require "aicore.model.filter"
local group = require "aicore.call.group"
local login = require "aicore.call.login"
local operations = require "aicore.call.operations"
local pages = require "aicore.call.pages"
local refusal = require "aicore.call.refusal"
local retry = require "aicore.call.retry"
local shape = require "aicore.model.shape"

local unpack = table.unpack or unpack

--- Just after its creation, the service may not find a deployment for so long, in seconds.
local HIDDEN = 60

--- A transfer ends by libcurl's own timeout, whose error says more; the runtime is asked to give up so much later, in
--- seconds.
local SLACK = 0.25

---@class aicore.Caller
---@field runtime aicore.Runtime
---@field clock { wall: (fun(): number), random: (fun(): number) }  s since the epoch; in [0, 1)
---@field session userdata      for login.lua
---@field private start function         core.start
---@field login aicore.Login
---@field private budget aicore.retry.Budget
---@field private timeout number         s, a call that says nothing else
---@field private resource string        "deployments" or "executions"
---@field private on_attempt function?
---@field private counters { requests: integer }  that were sent, logins included
---@field private batches table<string, boolean>  resource -> does the service take batches of it?
---@field shared table           what the goals of one resource share, for fleet/
---@field private created table<string, number>  id -> when, on the runtime's clock, while it may not be found
local Caller = { __name = "aicore.caller" }
Caller.__index = Caller

-- Requests ----------------------------------------------------------------------------------------

---@class aicore.Request         what a call asks for; the numbered part is what the C module gets
---@field operation aicore.Operation
---@field id string?             of the record that it is about
---@field options table          the exchange's
---@field retry boolean?         false: one attempt
---@field on_progress function?
---@field transfer userdata|false  while it is in flight
---@field token integer?         the generation of the token that was sent
---@field odd integer?           how many records of the last reply were set aside

-- Options that are meant for this layer; all others are the exchange's.
local OWN_OPTIONS = { retry = "boolean", on_progress = "function" }

--- Splits a call's options: the request takes this layer's, its `options` the exchange's. Returns what is wrong.
local function take_options(request, opts)
  local name, value = next(opts) -- not pairs: LuaJIT 2.1's compiled code was seen to give a wrong name here
  while name ~= nil do
    local expected = OWN_OPTIONS[name]
    if not expected then
      request.options[name] = value
    elseif type(value) == expected then
      request[name] = value
    else
      return ("%s: a %s expected, got %s"):format(name, expected, type(value))
    end
    name, value = next(opts, name)
  end
end

--- What is wrong with the arguments of an operation, if anything.
---@param name string
---@param ... any  positional arguments, then a table of options
---@return string? complaint
local check = core.check

--- The request of an operation.
---@param name string
---@param opts table?  this layer's options and the exchange's
---@param ... any      the positional arguments
---@return aicore.Request|nil request
---@return string? complaint  what is wrong with the arguments
function Caller:request(name, opts, ...)
  if opts ~= nil and type(opts) ~= "table" then
    return nil, ("%s: a table of options expected, got %s"):format(name, type(opts))
  end
  local operation, count = operations[name], select("#", ...) + 1
  local options = { timeout = nil, resource = operation.resource and self.resource or nil }
  local request = { operation = operation, options = options, transfer = false, n = count, ... }
  request[count], request.id = options, operation.about_one and (...) or nil
  local complaint = opts and take_options(request, opts)
  if complaint then
    return nil, ("%s: %s"):format(name, complaint)
  end
  complaint = check(name, unpack(request, 1, count))
  if complaint then
    return nil, complaint
  end
  return request
end

--- The request that a filter means, and the predicate for what the service cannot decide.
---@param name "list"|"count"    the operation, if the service can decide all of it
---@param wanted aicore.Filter?
---@return aicore.Request|nil request
---@return (fun(deployment: table): boolean)? belongs  nil: all of them
---@return string? complaint     what is wrong with the filter
function Caller:search(name, wanted)
  if wanted ~= nil and type(wanted) ~= "table" then
    return nil, nil, ("%s: a filter expected, got %s"):format(name, type(wanted))
  end
  local query, belongs, complaint = filter.split(wanted, self.clock.wall())
  if complaint then
    return nil, nil, ("%s: %s"):format(name, complaint)
  end
  local request
  request, complaint = self:request(belongs and "list" or name, query)
  return request, belongs, complaint
end

--- When a call that begins now has to be over, on the runtime's clock.
---@param request aicore.Request
---@return number
function Caller:deadline(request)
  return self.runtime.now() + (request.options.timeout or self.timeout)
end

-- One exchange ------------------------------------------------------------------------------------

--- Tells of an attempt, for logs and metrics. The hook gets no secrets.
local function tell(hook, request, attempt, info, err, odd)
  hook {
    operation = request.operation.name,
    resource = request.options.resource,
    id = request.id,
    attempt = attempt,
    status = info.status,
    seconds = info.seconds,
    request_id = info.request_id,
    error = err and err.kind,
    odd = odd,
  }
end

--- An error about a request that was sent. If it changes something, that may have happened.
local function sent_error(request, fields)
  fields.operation, fields.id = request.operation.name, request.id
  fields.ambiguous = request.operation.changes
  return errors.new(fields)
end

--- What a finished transfer brought. A reply of another shape than promised is an error; in a list, records that are
--- odd are set aside: how many, is the third result.
local function conclude(request, transfer)
  local reply, err = transfer:result()
  if err then
    return nil, errors.new(err)
  end
  local complaint, odd = shape.check(request.operation.shape, reply, request)
  if complaint then
    local message = "an unexpected body: " .. complaint
    return nil, sent_error(request, { kind = "protocol", message = message, retryable = true })
  end
  return reply, nil, odd
end

--- One exchange, without a thought of another one.
---@param request aicore.Request
---@param attempt integer   its number in the call
---@param deadline number   on the runtime's clock
---@return any reply
---@return aicore.Error? err
function Caller:exchange(request, attempt, deadline)
  local runtime, session, hook = self.runtime, self.session, self.on_attempt
  request.options.timeout = math.max(deadline - runtime.now(), 0.001)
  local transfer, refused = self.start(session, request.operation.name, unpack(request, 1, request.n))
  if not transfer then
    return nil, errors.new(refused)
  end
  self.counters.requests = self.counters.requests + 1
  request.transfer = transfer
  local why = runtime.await(session, transfer, deadline + SLACK)
  request.transfer = false
  local info = hook and (transfer:info() or {}) -- which is gone once the result is taken
  local reply, err, odd
  if why then
    transfer:cancel()
    err = sent_error(request, { kind = why, message = "ended by the host" })
  else
    reply, err, odd = conclude(request, transfer)
  end
  if hook then
    tell(hook, request, attempt, info, err, odd)
  end
  if reply == nil then
    return nil, err
  end
  request.odd = odd
  return reply
end

-- As many exchanges as it takes -------------------------------------------------------------------

--- One attempt, with a token that should be good.
---@return any reply
---@return aicore.Error? err
---@return boolean? no_token  the error is the login's: nothing was sent, and repeating is no use
local function attempt(self, request, number, deadline)
  if request.operation.path then -- the login itself needs none
    local ready, err = self.login:ensure(deadline)
    if not ready then
      return nil, err, true
    end
    request.token = self.login.generation
  end
  return self:exchange(request, number, deadline)
end

local function cancelled(last)
  local message = last and "cancelled before it was sent again: " .. last.message or "cancelled before it was sent"
  return errors.new { kind = "cancelled", message = message, status = last and last.status }
end

--- Goes on with a call whose first attempt failed with `err`, or was not made (nil), as retry.lua says.
local function persist(self, request, deadline, err, no_token)
  local runtime, random = self.runtime, self.clock.random
  local options = { operation = request.operation, deadline = deadline, budget = self.budget, enabled = request.retry }
  local machine = retry.new(options)
  local reply, action, value
  if not err then
    action, value = machine:ready(runtime.now())
  elseif not no_token then
    action, value = machine:step(err, runtime.now(), random())
  end
  while not no_token and action ~= "fail" do
    if action == "wait" then
      if not runtime.sleep(value) then
        return nil, machine:abort(cancelled(err), runtime.now())
      end
      action, value = machine:ready(runtime.now())
    elseif action == "login" then
      local renewed, login_err = self.login:renew(request.token, deadline)
      if not renewed then
        return nil, machine:abort(login_err or err, runtime.now())
      end
      action = "send"
    else
      reply, err, no_token = attempt(self, request, machine.attempts + 1, deadline)
      if no_token then
        break
      end
      action, value = machine:step(err, runtime.now(), err and random() or 0)
      if action == "done" then
        return reply
      end
    end
  end
  return nil, no_token and machine:abort(err, runtime.now()) or value
end

--- As many exchanges as it takes, each with a token that should be good. An error's `ambiguous` says of all of them
--- whether one may have taken effect.
---@param request aicore.Request
---@param deadline number  on the runtime's clock
---@return any reply
---@return aicore.Error? err
function Caller:perform(request, deadline)
  local now = self.runtime.now()
  local err, no_token
  if now < deadline and self.budget:pause(now) == 0 then
    local reply
    reply, err, no_token = attempt(self, request, 1, deadline)
    if not err then
      self.budget:refund()
      return reply
    end
  end
  return persist(self, request, deadline, err, no_token)
end

-- Calls that take more than their own operation ---------------------------------------------------

--- A stop or delete: what was refused may have come about all the same (refusal.lua). One GET tells.
---@return table|nil accepted  { id, message, absent? }
---@return aicore.Error? err
function Caller:change(request, deadline)
  local name, id = request.operation.name, request.id
  local reply, err = self:perform(request, deadline)
  if reply then
    return reply
  elseif name == "delete" and refusal.is_absent(err) then
    return refusal.absent(id, err.ambiguous)
  elseif not refusal.in_doubt(name, err) then
    return nil, err
  end
  local look = self:request("status", { resource_group = request.options.resource_group }, id)
  local record, look_err = self:perform(look, deadline)
  if record then
    reply = refusal.achieved(name, record)
  elseif name == "delete" and refusal.is_absent(look_err) then
    reply = refusal.absent(id, true) -- it was there a moment ago
  end
  if reply then
    return reply
  end
  return nil, err
end

--- A create: its record is remembered, as the service may not find it at first.
---@return table|nil created
---@return aicore.Error? err
function Caller:create(request, deadline)
  local reply, err = self:perform(request, deadline)
  if not reply then
    return nil, err
  end
  local now = self.runtime.now()
  for id, created in pairs(self.created) do
    self.created[id] = now - created < HIDDEN and created or nil
  end
  self.created[reply.id] = now
  return reply
end

--- Was it created by this client just now?
---@param id string
---@return boolean
function Caller:is_fresh(id)
  local created = self.created[id]
  return created ~= nil and self.runtime.now() - created < HIDDEN
end

--- The pages of a list; see pages.lua.
---@param request aicore.Request  of the operation "list"
---@param deadline number
---@return aicore.NextPage
function Caller:pages(request, deadline)
  return pages.of(function(top, skip)
    request.options.top, request.options.skip = top, skip
    local reply, err = self:perform(request, deadline)
    return reply, err, request.odd
  end)
end

--- Does the service take batches of this resource? It says so itself, and is asked once; no answer means no, this time.
---@param deadline number
---@return boolean
function Caller:takes_batches(deadline)
  local known = self.batches[self.resource]
  if known == nil then
    local reply = self:perform(assert(self:request "capabilities"), deadline)
    local updates = reply and (reply.aiApi.capabilities or {}).bulkUpdates or {}
    known = reply and updates[self.resource] == true
    self.batches[self.resource] = known
  end
  return known or false
end

--- Logs in, whether there is a good token or not.
---@return { expires_in: number? }|nil reply  s that the token will live
---@return aicore.Error? err
function Caller:log_in(request, deadline)
  return self.login:by_credentials(request, deadline)
end

-- Its life ----------------------------------------------------------------------------------------

--- The requests that were sent so far, logins included.
---@return integer
function Caller:requests()
  return self.counters.requests
end

--- This caller for another resource of the API; everything else is shared.
---@param resource "deployments"|"executions"
---@return aicore.Caller
function Caller:of(resource)
  return setmetatable({ resource = resource, created = {}, shared = {} }, { __index = self, __name = Caller.__name })
end

--- What fleet/ gets of it; see group.lua.
---@param options { resource_group: string?, retry: boolean?, resource: string? }
---@return aicore.Group
function Caller:in_group(options)
  return group.new(options.resource and self:of(options.resource) or self, options)
end

--- Ends the session: connections are closed, what is in flight is cancelled, secrets are wiped. May be called again.
function Caller:close()
  if self.runtime.release then
    self.runtime.release(self.session) -- a loop must let go of the descriptor before it is closed
  end
  self.session:close()
end

function Caller:__tostring()
  return tostring(self.session)
end

local caller = { check = check }

--- A caller over a session.
---@param options { session: userdata, runtime: aicore.Runtime, timeout: number, token: string|function|nil,
---                 on_attempt: function?, clock: table?, start: function? }
---       timeout: s, a call that says nothing else; token: see login.lua; clock: what is to stand for this machine's;
---       start: what is to stand for core.start, with a session of its own kind (emulator/caller.lua)
---@return aicore.Caller
function caller.new(options)
  local self = setmetatable({
    session = options.session,
    start = options.start or core.start,
    runtime = options.runtime,
    clock = options.clock or clock,
    timeout = options.timeout,
    resource = "deployments",
    on_attempt = options.on_attempt,
    budget = retry.budget(),
    counters = { requests = 0 },
    created = {},
    batches = {},
    shared = {},
  }, Caller)
  self.login = login.new(self, options.token)
  return self
end

--- A session with these credentials and limits, to be given to caller.new.
---@param settings table  what core.session takes
---@return userdata|nil session
---@return aicore.Error? err  of kind "config"
function caller.connect(settings)
  local made, session = pcall(core.session, settings)
  if not made then
    return nil, errors.new { kind = "config", message = session }
  end
  return session
end

return caller
