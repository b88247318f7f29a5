--- A caller: one session with SAP AI Core, and all that its calls share: the runtime, the token, the budget for
-- repetitions, the counters, and what was created a moment ago.
-- Invariants:
--   All that is sent goes through exchange.lua.
--   A call that succeeds at once makes no retry machine and no closure, and where at_once() does it alone, no table.

local batches = require "aicore.call.batches"
local clock = require "aicore.runtime.clock"
local core = require "aicore.core"
local creations = require "aicore.call.creations"
local errors = require "aicore.model.errors"
local exchange = require "aicore.call.exchange"
local group = require "aicore.call.group"
local lifecycle = require "aicore.model.lifecycle"
local login = require "aicore.call.login"
local operations = require "aicore.call.operations"
local page_size = require "aicore.call.page_size"
local pages = require "aicore.call.pages"
local quota = require "aicore.model.quota"
local refusal = require "aicore.call.refusal"
local requests = require "aicore.call.request"
local retirement = require "aicore.model.retirement"
local retry = require "aicore.call.retry"

--- What pauses, before a call or a list is repeated, looks so often whether the client was closed, in seconds.
local NAP = 1

---@class aicore.Caller
---@field runtime aicore.Runtime
---@field clock { wall: (fun(): number), random: (fun(): number) }  s since the epoch; in [0, 1)
---@field session userdata      for login.lua
---@field start function         core.start
---@field login aicore.Login
---@field budget aicore.retry.Budget
---@field timeout number         s, a call that says nothing else
---@field resource string        "deployments" or "executions"
---@field resource_group string?  of calls that name none
---@field spare aicore.Request|false  of a first attempt that is done with; `spare` in it is the next one
---@field on_attempt function?
---@field counters { requests: integer }  that were sent, logins included
---@field by_group table<string, integer>  of them, those that name a resource group
---@field service { is_ai_core: boolean?, absent_code: string?, batches: table<string, boolean>, asking: table }
---       what is known of it: has a good answer shown that it is AI Core? does it take batches of a resource?
---@field private lists aicore.PagesMemory  see pages.lua; and `size`, an aicore.PageSize, if a host must not be held up
---@field shared table           what the goals of one resource share, for fleet/
---@field traced table           the same of those with a correlation id, as long as they are there
---@field found table            what find() has found, by its filter
---@field created aicore.Creations  what was created here a moment ago
---@field obtaining table<string, aicore.SingleFlight>  what looks for one, and perhaps makes it where there is none, on
---       behalf of all that want the same, by its key; weak
---@field changes integer         calls that may have changed something, or have failed
local Caller = { __name = "aicore.caller" }
Caller.__index = Caller

Caller.request, Caller.search, Caller.at_once = requests.new, requests.search, exchange.at_once

--- When a call that begins now has to be over, on the runtime's clock.
---@param request aicore.Request
---@return number
function Caller:deadline(request)
  return self.runtime.now() + (request.options.timeout or self.timeout)
end

-- What is learned ---------------------------------------------------------------------------------

--- Until when "not found" may only mean "not yet" of one that this client has created.
---@param id string
---@return number?  on the runtime's clock
function Caller:appears_by(id)
  return self.created:appears_by(id)
end

-- What may end what was created.
local ENDS = { stop = true, delete = true, batch = true }

local function note_ending(self, request)
  if request.id then
    self.created:ending(request.id)
    return
  end
  for _, item in ipairs(request[1]) do -- of a batch
    self.created:ending(item.id)
  end
end

--- What was found to serve may no longer, if it was changed, or a call about it has failed.
local function forget(self, request)
  local id = request.id
  self.changes = self.changes + 1
  for key, found in pairs(self.found) do
    if not id or found.record.id == id then
      self.found[key] = nil
    end
  end
  if ENDS[request.operation.name] then
    note_ending(self, request)
  end
end

--- What there is to learn of a good reply, whatever it was asked for.
---@param request aicore.Request
---@param reply any
---@param seconds number?  that reading it took
function Caller:learn(request, reply, seconds)
  local operation = request.operation
  if operation.path then
    self.service.is_ai_core = true
  end
  if operation.changes then
    forget(self, request)
    if operation == operations.create then
      self.created:add(self.runtime.now(), reply.id, request[1], request.options.resource_group)
    end
  end
  if request.size then
    request.size:note(#reply.resources + (request.odd or 0), seconds)
  end
end

--- Does an error's code say that there is no such record? It is the one that this service's own 404s have; until one
--- was seen, the one that AI Core was seen to use in batches.
---@param code string
---@return boolean
function Caller:says_absent(code)
  return code == (self.service.absent_code or "01010016")
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
  return exchange.send(self, request, number, deadline)
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
  if not err then
    return reply
  end
  local is_about_it = request.operation ~= operations.update or self:says_absent(tostring(err.code)) -- or its argument
  if is_about_it and refusal.is_own_not_found(err, request) and is_ai_core(self, deadline) then
    err.absent, self.service.absent_code = true, err.code
  end
  if request.operation.changes or request.id then
    forget(self, request)
  end
  return nil, err
end

-- Calls that take more than their own operation ---------------------------------------------------

--- What another request on behalf of this one says, too.
local function along_with(request)
  local options = request.options
  return { resource_group = options.resource_group, correlation_id = options.correlation_id }
end

--- A delete was refused, so it was there, and a GET does not find it. It is gone by now, or a replica is behind: the
--- same delete tells.
local function delete_again(self, request, deadline)
  local reply, err = self:perform(assert(self:request("delete", along_with(request), request.id)), deadline)
  if not reply and err.absent then
    return refusal.absent(request, true)
  end
  return reply, err
end

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
  local look = assert(self:request("status", along_with(request), id))
  local record, look_err = self:perform(look, deadline)
  if record then
    reply = refusal.achieved(name, record)
  elseif name == "delete" and look_err.absent then
    return delete_again(self, request, deadline)
  end
  if reply then
    return reply
  elseif record and not lifecycle.may(record.status, name) then
    err.kind, err.last_status = "state", record.status -- whatever the status by which the service has said so
  end
  return nil, err
end

--- How long the service is asked about something that a call can do without, in seconds.
local PATIENCE = 5

--- A create was refused: was it beyond the quota?
local function explain_refusal(self, request, err, deadline)
  if not refusal.may_be_of_quota(err, request[1]) then
    return
  end
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
  if reply then
    return reply
  elseif self.resource == "deployments" then
    explain_refusal(self, request, err, deadline)
  end
  return nil, err
end

--- Asks for what the filter of a request needs to know besides.
---@return boolean ready
---@return aicore.Error? err
function Caller:prepare(request, deadline)
  local catalog = request.catalog
  if not catalog or catalog.retires then
    return true
  end
  local reply, err = self:perform(assert(self:request("models", along_with(request))), deadline)
  catalog.retires = reply and retirement.new(reply.resources)
  return reply ~= nil, err
end

--- A list, to be read page by page. In a host that must not be held up they are no longer than can be read in a turn.
---@param request aicore.Request  of an operation that gives pages: "list", "configurations"
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
    for _, record in ipairs(reply and request.told_group and reply.resources or {}) do
      record.resource_group = request.told_group
    end
    return reply, err, request.odd
  end, self.lists, size, request.operation.name)
end

--- All records of a list that belong, in one table.
---@param keep (fun(record: table): any)?  what to keep of each; all of it if not given
---@param size integer?                    records per page
---@return table[]|nil records
---@return aicore.Error? err
function Caller:all(request, deadline, belongs, keep, size)
  return pages.all(function()
    return self:read(request, deadline, size)
  end, belongs, keep)
end

--- Does the service take batches of this resource?
---@param deadline number
---@return boolean
function Caller:takes_batches(deadline)
  return batches.are_taken(self, math.min(deadline, self.runtime.now() + PATIENCE))
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

-- What it holds is let go when nobody else holds it: a coroutine that its host drops leaves nothing there.
local WHILE_USED = { __mode = "v" }

--- What each resource has of its own.
local function own_of(resource)
  return {
    resource = resource,
    spare = false,
    created = creations.new(),
    obtaining = setmetatable({}, WHILE_USED),
    shared = {},
    traced = setmetatable({}, WHILE_USED),
    found = {},
    changes = 0,
    lists = {},
  }
end

--- This caller for another resource of the API; everything else is shared.
---@param resource "deployments"|"executions"
---@return aicore.Caller
function Caller:of(resource)
  local metatable = { __index = self, __name = Caller.__name, __tostring = Caller.__tostring }
  return setmetatable(own_of(resource), metatable)
end

--- What fleet/ gets of it; see group.lua.
---@param options table  those of group.new
---@return aicore.Group
function Caller:in_group(options)
  return group.new(self, options)
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

local caller = { check = core.check }

--- A caller over a session.
---@param options { session: userdata, runtime: aicore.Runtime, timeout: number, token: string|function|nil,
---                 on_attempt: function?, clock: table?, start: function?, resource_group: string? }
---       resource_group: the session's, for errors; timeout: s, a call that says nothing else;
---       token: see login.lua; clock: what is to stand for this machine's;
---       start: what is to stand for core.start, with a session of its own kind (emulator/caller.lua)
---@return aicore.Caller
function caller.new(options)
  local self = setmetatable(own_of "deployments", Caller)
  self.session, self.start = options.session, options.start or core.start
  self.runtime, self.clock = options.runtime, options.clock or clock
  self.timeout, self.resource_group, self.on_attempt = options.timeout, options.resource_group, options.on_attempt
  self.budget, self.counters, self.by_group = retry.budget(), { requests = 0 }, {}
  self.service = { batches = {}, asking = {} }
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
