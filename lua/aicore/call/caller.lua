--- A caller: one session with SAP AI Core, and all that its calls share: the runtime, the token, the budget for
-- repetitions, the counters, and what was created a moment ago.
-- Invariants:
--   exchange() and at_once() are the only places that start a transfer, finish() the only one that awaits and concludes
--   it; all that is sent comes through them.
--   A call that succeeds at once makes no retry machine and no closure, and where at_once() does it alone, no table.
--   A reply that has left this file looks as model/shape.lua says.

local clock = require "aicore.runtime.clock"
local core = require "aicore.core"
local errors = require "aicore.model.errors"
local filter = require "aicore.model.filter"
local group = require "aicore.call.group"
local lifecycle = require "aicore.model.lifecycle"
local login = require "aicore.call.login"
local operations = require "aicore.call.operations"
local page_size = require "aicore.call.page_size"
local pages = require "aicore.call.pages"
local quota = require "aicore.model.quota"
local refusal = require "aicore.call.refusal"
local retirement = require "aicore.model.retirement"
local retry = require "aicore.call.retry"
local shape = require "aicore.model.shape"
local single_flight = require "aicore.call.single_flight"

local unpack = table.unpack or unpack

--- After its creation, the service may not find a deployment for so long, in seconds ("a few minutes", says SAP).
local HIDDEN = 300

--- A transfer ends by libcurl's own timeout, whose error says more; the runtime is asked to give up so much later, in
--- seconds.
local SLACK = 0.25

--- What pauses, before a call or a list is repeated, looks so often whether the client was closed, in seconds.
local NAP = 1

local NOTHING = {}

---@class aicore.Caller
---@field runtime aicore.Runtime
---@field clock { wall: (fun(): number), random: (fun(): number) }  s since the epoch; in [0, 1)
---@field session userdata      for login.lua
---@field private start function         core.start
---@field login aicore.Login
---@field private budget aicore.retry.Budget
---@field private timeout number         s, a call that says nothing else
---@field resource string        "deployments" or "executions"
---@field private resource_group string?  of calls that name none
---@field private spare aicore.Request[]  of first attempts that are done with
---@field private on_attempt function?
---@field private counters { requests: integer }  that were sent, logins included
---@field private by_group table<string, integer>  of them, those that name a resource group
---@field private service { is_ai_core: boolean?, absent_code: string?, batches: table<string, boolean>, asking: table
---       } what is known of it: has a good answer shown that it is AI Core? does it take batches of a resource?
---@field private lists { count_is_total: boolean?, size: aicore.PageSize? }  see pages.lua; the size is there where the
---       host must not be held up
---@field shared table           what the goals of one resource share, for fleet/
---@field traced table           the same of those with a correlation id, as long as they are there
---@field found table            what find() has found, by its filter
---@field private appears table<string, number>  id -> until when one that was created here may not be found
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
---@field failed aicore.Error?   the error of its first attempt, where that is over
---@field token integer?         the generation of the token that was sent
---@field everywhere boolean?    in all resource groups (groups.lua)
---@field by_models boolean?     its filter needs to know the models
---@field retires (fun(record: table): number?)?  what it knows of them
---@field odd integer?           how many records of the last reply were set aside
---@field dated boolean?         the service's clock is wanted, too
---@field size aicore.PageSize?  of a list: how long its pages take to read is noted there
---@field date number?           that it showed with the last reply: s since the epoch

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

-- The resource group of a filter that means all of them.
local EVERYWHERE = "*"

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
  local request
  local query, belongs, complaint = filter.split(wanted, self.clock.wall(), function(record)
    return request.retires(record)
  end)
  local everywhere = query.resource_group == EVERYWHERE
  if everywhere then
    query.resource_group = nil
  end
  for _, option in ipairs { "top", "skip" } do
    if query[option] ~= nil then
      complaint = ("unknown option '%s': all pages are read"):format(option)
    end
  end
  if complaint then
    return nil, nil, ("%s: %s"):format(name, complaint)
  end
  request, complaint = self:request(belongs and "list" or name, query)
  if request then
    request.everywhere, request.by_models = everywhere, wanted ~= nil and wanted.retiring_within ~= nil
  end
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
    correlation_id = request.options.correlation_id,
    error = err and err.kind,
    odd = odd,
  }
end

--- An error says what it is about.
local function problem(self, request, fields)
  fields.operation, fields.id, fields.resource = request.operation.name, request.id, request.options.resource
  fields.resource_group = request.options.resource_group or fields.resource and self.resource_group or nil
  fields.correlation_id = request.options.correlation_id
  return errors.new(fields)
end

--- One about a request that was sent. If it changes something, that may have happened.
local function sent_error(self, request, fields)
  fields.ambiguous = request.operation.changes
  return problem(self, request, fields)
end

--- What a finished transfer brought. A reply of another shape than promised is an error; in a list, records that are
--- odd are set aside: how many, is the third result.
local function conclude(self, request, transfer)
  local reply, err = transfer:result()
  if err then
    if refusal.is_of_state(err) then
      err.kind = "state"
    end
    return nil, problem(self, request, err)
  end
  local complaint, odd = shape.check(request.operation.shape, reply, request.id, request.options.resource)
  if complaint then
    local message = "an unexpected body: " .. complaint
    return nil, sent_error(self, request, { kind = "protocol", message = message, retryable = true })
  end
  return reply, nil, odd
end

--- After its creation, the service may not find a record at first.
local function remember(self, id)
  local now = self.runtime.now()
  for known, appears_by in pairs(self.appears) do
    if appears_by <= now then
      self.appears[known] = nil
    end
  end
  self.appears[id] = now + HIDDEN
end

--- What was found to serve may no longer, if it was changed, or a call about it has failed.
local function forget(self, id)
  for key, found in pairs(self.found) do
    if found.record and (not id or found.record.id == id) then
      self.found[key] = nil
    end
  end
end

--- What there is to learn of a good reply, whatever it was asked for.
local function learn(self, request, reply, seconds)
  if request.operation.path then
    self.service.is_ai_core = true
  end
  if request.operation == operations.create then
    remember(self, reply.id)
  end
  if request.operation.changes then
    forget(self, request.id)
  end
  if request.size then
    request.size:note(#reply.resources + (request.odd or 0), seconds)
  end
end

--- One more was sent.
local function count(self, request)
  local named = request.options.resource_group
  self.counters.requests = self.counters.requests + 1
  if named then
    self.by_group[named] = (self.by_group[named] or 0) + 1
  end
end

--- Awaits a transfer, and says what it brought.
---@param attempt integer   its number in the call
---@param deadline number   on the runtime's clock
---@return any reply
---@return aicore.Error? err
local function finish(self, request, transfer, attempt, deadline)
  local runtime, hook = self.runtime, self.on_attempt
  count(self, request)
  request.transfer = transfer
  local why = runtime.await(self.session, transfer, deadline + SLACK)
  request.transfer = false
  local info = (hook or request.dated) and transfer:info() or NOTHING -- which is gone once the result is taken
  local began = request.size and runtime.now()
  local reply, err
  if why then
    transfer:cancel()
    err = sent_error(self, request, { kind = why, message = "ended by the host" })
  else
    reply, err, request.odd = conclude(self, request, transfer)
  end
  if hook then
    tell(hook, request, attempt, info, err, request.odd)
  end
  if reply ~= nil then
    request.date = info.date
    learn(self, request, reply, began and runtime.now() - began)
  end
  return reply, err
end

--- One exchange, without a thought of another one.
---@param request aicore.Request
---@param attempt integer   its number in the call
---@param deadline number   on the runtime's clock
---@return any reply
---@return aicore.Error? err
function Caller:exchange(request, attempt, deadline)
  if self.session:closed() then
    return nil, problem(self, request, { kind = "cancelled", message = "the client was closed" })
  end
  request.options.timeout = math.max(deadline - self.runtime.now(), 0.001)
  local transfer, refused = self.start(self.session, request.operation.name, unpack(request, 1, request.n))
  if not transfer then
    return nil, problem(self, request, refused)
  end
  return finish(self, request, transfer, attempt, deadline)
end

--- A request of one argument: a spare one, where there is one that is done with.
local function take_request(self, operation, argument, opts)
  local spare = self.spare
  local request = spare[#spare]
  if request then
    spare[#spare] = nil
  else
    local options = { resource = self.resource, resource_group = "", correlation_id = "", timeout = 0 }
    request = { argument, options, n = 2, options = options, operation = operation } -- with room for what follows
    request.id, request.retry, request.token, request.transfer, request.odd, request.date = "", false, 0, false, 0, 0
  end
  request.operation, request[1], request.id = operation, argument, operation.about_one and argument or nil
  request.options.resource_group, request.retry = opts and opts.resource_group, opts and opts.retry
  request.options.correlation_id = opts and opts.correlation_id
  return request
end

--- Begins it. What is raised of wrong arguments is left to request(), which says it better.
---@return userdata|nil transfer  nil: the arguments are wrong, or see `refused`
---@return table? refused
local function begin(self, request)
  local name, argument, options = request.operation.name, request[1], request.options
  local begun, transfer, refused = pcall(self.start, self.session, name, argument, options)
  if begun then
    return transfer, refused
  elseif not check(name, argument, options) then
    error(transfer, 0) -- Ctrl-C, or no memory
  end
end

--- The first attempt of a call with one argument and without options for the exchange. Where something has to be done
--- before it (a login, a pause), it is not made.
---@param name string
---@param argument string
---@param deadline number?  on the runtime's clock; nil: that of a call that says nothing else
---@param opts { resource_group: string?, retry: boolean? }?
---@return any reply                nil: go on with the request if there is one, otherwise begin anew
---@return aicore.Request? request  of an attempt that has failed, for perform()
---@return number? deadline
function Caller:at_once(name, argument, deadline, opts)
  local operation, now, token = operations[name], self.runtime.now(), self.login
  deadline = deadline or now + self.timeout
  local timely = now < deadline and now < token.renew_at and self.budget:pause(now, operation) == 0
  if not timely or self.session:closed() then
    return nil
  end
  local request = take_request(self, operation, argument, opts)
  request.options.timeout, request.token = deadline - now, token.generation
  local transfer, refused = begin(self, request)
  if transfer then
    local reply, err = finish(self, request, transfer, 1, deadline)
    if reply ~= nil then
      self.budget:refund()
      self.spare[#self.spare + 1] = request
      return reply
    end
    request.failed = err
  elseif refused then
    request.failed = problem(self, request, refused)
  else
    return nil
  end
  return nil, request, deadline
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

--- Sleeps, in parts: a client that is closed meanwhile keeps nobody waiting.
---@param seconds number
---@return boolean went_by  false: the host, or the client, has ended it
function Caller:pause(seconds)
  local wake_at = self.runtime.now() + seconds
  repeat
    local left = wake_at - self.runtime.now()
    if not self.runtime.sleep(math.max(0, math.min(left, NAP))) or self.session:closed() then
      return false
    end
  until left <= NAP
  return true
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
      if not self:pause(value) then
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

--- Is the service AI Core? Where no good answer has shown it yet, one cheap GET asks.
local function is_ai_core(self, deadline)
  if not self.service.is_ai_core then
    self:perform(assert(self:request "capabilities"), deadline)
  end
  return self.service.is_ai_core == true
end

--- As many exchanges as it takes, each with a token that should be good. An error's `ambiguous` says of all of them
--- whether one may have taken effect; its `absent`, that AI Core itself says that there is no such record.
---@param request aicore.Request
---@param deadline number  on the runtime's clock
---@return any reply
---@return aicore.Error? err
function Caller:perform(request, deadline)
  local now = self.runtime.now()
  local err, no_token = request.failed, nil
  if not err and now < deadline and self.budget:pause(now, request.operation) == 0 then
    local reply
    reply, err, no_token = attempt(self, request, 1, deadline)
    if not err then
      self.budget:refund()
      return reply
    end
  end
  local reply
  reply, err = persist(self, request, deadline, err, no_token)
  if err and refusal.is_own_not_found(err, request) and is_ai_core(self, deadline) then
    err.absent, self.service.absent_code = true, err.code
  end
  if err and (request.operation.changes or request.id) then
    forget(self, request.id)
  end
  return reply, err
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
  elseif name == "delete" and err.absent then
    return refusal.absent(request, err.ambiguous)
  elseif not refusal.in_doubt(name, err) then
    return nil, err
  end
  local options = request.options
  local about = { resource_group = options.resource_group, correlation_id = options.correlation_id }
  local look = self:request("status", about, id)
  local record, look_err = self:perform(look, deadline)
  if record then
    reply = refusal.achieved(name, record)
  elseif name == "delete" and look_err.absent then
    reply = refusal.absent(request, true) -- it was there a moment ago
  end
  if reply then
    return reply
  elseif record and not lifecycle.may(record.status, name) then
    err.kind, err.last_status = "state", record.status -- whatever the status by which the service has said so
  end
  return nil, err
end

--- Until when "not found" may only mean "not yet" of one that this client has created.
---@param id string
---@return number?  on the runtime's clock
function Caller:appears_by(id)
  return self.appears[id]
end

--- Does an error's code say that there is no such record? It is the one that this service's own 404s have; until one
--- was seen, the one that AI Core was seen to use in batches.
---@param code string
---@return boolean
function Caller:says_absent(code)
  return code == (self.service.absent_code or "01010016")
end

--- How long the service is asked about something that a call can do without, in seconds.
local PATIENCE = 5

--- A create was refused as the service refuses one beyond the quota: was it that?
local function explain_refusal(self, err, deadline)
  local asked = assert(self:request("quota", { correlation_id = err.correlation_id }))
  local reply = self:perform(asked, math.min(deadline, self.runtime.now() + PATIENCE))
  local found = reply and quota.read(reply)
  local exhausted = found and quota.exhausted(found)
  if exhausted then
    err.quota, err.message = found, ("%s (%s)"):format(err.message, exhausted)
  end
end

--- A create; one that is refused as it is beyond the quota says so.
---@return table|nil created
---@return aicore.Error? err
function Caller:create(request, deadline)
  local reply, err = self:perform(request, deadline)
  if err and err.status == 400 and self.resource == "deployments" then
    explain_refusal(self, err, deadline)
  end
  return reply, err
end

--- Asks for what the filter of a request needs to know besides.
---@return boolean ready
---@return aicore.Error? err
function Caller:prepare(request, deadline)
  local options = request.options
  if request.retires or not request.by_models then
    return true
  end
  local about = { resource_group = options.resource_group, correlation_id = options.correlation_id }
  local reply, err = self:perform(assert(self:request("models", about)), deadline)
  request.retires = reply and retirement.new(reply.resources)
  return reply ~= nil, err
end

--- A list, to be read page by page. In a host that must not be held up they are no longer than can be read in a turn.
---@param request aicore.Request  of the operation "list"
---@param deadline number
---@param size integer?           records per page
---@return aicore.Reader
function Caller:read(request, deadline, size)
  if self.runtime.turn and not self.lists.size then
    self.lists.size = page_size.new(self.runtime.turn)
  end
  request.size = self.lists.size
  return pages.read(function(top, skip)
    local ready, problem_err = self:prepare(request, deadline)
    if not ready then
      return nil, problem_err
    end
    request.options.top, request.options.skip = request.size and math.min(top, request.size.records) or top, skip
    local reply, err = self:perform(request, deadline)
    return reply, err, request.odd
  end, self.lists, size)
end

--- A function that asks what the service can do, on behalf of all: it outlives the coroutine that begins it.
local function ask_for_batches(self, request, deadline)
  return function()
    local reply = self:perform(request, deadline)
    if reply then
      local updates = (reply.aiApi.capabilities or {}).bulkUpdates or {}
      self.service.batches[self.resource] = updates[self.resource] == true
    end
    self.service.asking[self.resource] = nil
  end
end

--- Does the service take batches of this resource? It says so itself, and is asked once, by one call for all; where
--- there is no answer, they do without.
---@param deadline number
---@return boolean
function Caller:takes_batches(deadline)
  local runtime, service, resource = self.runtime, self.service, self.resource
  local flight, now = service.asking[resource], runtime.now()
  deadline = math.min(deadline, now + PATIENCE)
  if service.batches[resource] ~= nil then
    return service.batches[resource]
  elseif flight and not flight:is_abandoned(now) then
    flight:follow(runtime, deadline, self.session)
  else
    flight = single_flight.new(now)
    flight.request = assert(self:request "capabilities")
    service.asking[resource] = flight
    flight:run(runtime, ask_for_batches(self, flight.request, deadline))
  end
  return service.batches[resource] or false
end

--- Logs in, whether there is a good token or not.
---@return { expires_in: number? }|nil reply  s that the token will live
---@return aicore.Error? err
function Caller:log_in(request, deadline)
  return self.login:by_credentials(request, deadline)
end

-- Its life ----------------------------------------------------------------------------------------

--- The requests that were sent so far, logins included; or those that name a resource group.
---@param resource_group string?
---@return integer
function Caller:requests(resource_group)
  return resource_group and (self.by_group[resource_group] or 0) or self.counters.requests
end

local function while_used()
  return setmetatable({}, { __mode = "v" })
end

--- This caller for another resource of the API; everything else is shared.
---@param resource "deployments"|"executions"
---@return aicore.Caller
function Caller:of(resource)
  return setmetatable(
    { resource = resource, spare = {}, appears = {}, shared = {}, traced = while_used(), found = {}, lists = {} },
    { __index = self, __name = Caller.__name, __tostring = Caller.__tostring }
  )
end

--- What fleet/ gets of it; see group.lua.
---@param options { resource_group: string?, retry: boolean?, correlation_id: string?, resource: string? }
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
---                 on_attempt: function?, clock: table?, start: function?, resource_group: string? }
---       resource_group: the session's, for errors; timeout: s, a call that says nothing else;
---       token: see login.lua; clock: what is to stand for this machine's;
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
    spare = {},
    resource_group = options.resource_group,
    on_attempt = options.on_attempt,
    budget = retry.budget(),
    counters = { requests = 0 },
    by_group = {},
    appears = {},
    service = { batches = {}, asking = {} },
    lists = {},
    shared = {},
    traced = while_used(),
    found = {},
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
