--- One exchange of a caller: a request is sent, its answer awaited and concluded.
-- Invariants:
--   send() and at_once() are the only places that start a transfer, finish() the only one that awaits and concludes it;
--   all that is sent comes through them.
--   A reply that has left this file looks as model/shape.lua says.
--   at_once() makes no table and no closure where it succeeds.
--   What most requests have not is set only where it changes: LuaJIT makes room for a key even where it is set to nil.

local core = require "aicore.core"
local errors = require "aicore.model.errors"
local operations = require "aicore.call.operations"
local shape = require "aicore.model.shape"

local unpack = table.unpack or unpack

--- A transfer ends by libcurl's own timeout, whose error says more; the runtime is asked to give up so much later, in
--- seconds.
local SLACK = 0.25

local NOTHING = {}

local exchange = {}

-- Its end -----------------------------------------------------------------------------------------

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
    retry_after = err and err.retry_after,
    odd = odd,
  }
end

--- An error says what it is about.
local function problem(caller, request, fields)
  fields.operation, fields.id, fields.resource = request.operation.name, request.id, request.options.resource
  fields.resource_group = request.options.resource_group or fields.resource and caller.resource_group or nil
  fields.correlation_id = request.options.correlation_id
  return errors.new(fields)
end

--- One about a request that was sent. If it changes something, that may have happened.
local function sent_error(caller, request, fields)
  fields.ambiguous = request.operation.changes
  return problem(caller, request, fields)
end

--- What a finished transfer brought. A reply of another shape than promised is an error; in a list, records that are
--- odd are set aside: how many, is the third result.
local function conclude(caller, request, transfer)
  local reply, err, plain = transfer:result()
  if plain then
    return reply
  elseif err then
    if errors.is_of_state(err) then
      err.kind = "state"
    elseif err.kind == "cancelled" then -- its client was closed: what it would have brought nobody knows
      return nil, sent_error(caller, request, err)
    end
    return nil, problem(caller, request, err)
  end
  local complaint, odd = shape.check(request.operation.shape, reply, request.id, request.options.resource)
  if complaint then
    local message = "an unexpected body: " .. complaint
    return nil, sent_error(caller, request, { kind = "protocol", message = message, retryable = true })
  end
  return reply, nil, odd
end

--- Awaits a transfer, and says what it brought.
---@param attempt integer   its number in the call
---@param deadline number   on the runtime's clock
---@return any reply
---@return aicore.Error? err
local function finish(caller, request, transfer, attempt, deadline)
  local runtime, hook, counters = caller.runtime, caller.on_attempt, caller.counters
  local named = request.options.resource_group
  counters.requests = counters.requests + 1
  if named then
    caller.by_group[named] = (caller.by_group[named] or 0) + 1
  end
  request.transfer = transfer
  local why = runtime.await(caller.session, transfer, deadline + SLACK)
  request.transfer = false
  local info = (hook or request.dated) and transfer:info() or NOTHING -- which is gone once the result is taken
  local began = request.size and runtime.now()
  local reply, err, odd
  if why then
    transfer:cancel()
    err = sent_error(caller, request, { kind = why, message = "ended by the host" })
  else
    reply, err, odd = conclude(caller, request, transfer)
  end
  if odd ~= request.odd then
    request.odd = odd
  end
  if hook then
    tell(hook, request, attempt, info, err, odd)
  end
  if reply ~= nil then
    if info ~= NOTHING then
      request.date = info.date
    end
    caller:learn(request, reply, began and runtime.now() - began)
  end
  return reply, err
end

-- Its beginning -----------------------------------------------------------------------------------

--- One exchange, without a thought of another one.
---@param caller aicore.Caller
---@param request aicore.Request
---@param attempt integer   its number in the call
---@param deadline number   on the runtime's clock
---@return any reply
---@return aicore.Error? err
function exchange.send(caller, request, attempt, deadline)
  if caller.session:closed() then
    return nil, problem(caller, request, { kind = "cancelled", message = "the client was closed" })
  end
  request.options.timeout = math.max(deadline - caller.runtime.now(), 0.001)
  local transfer, refused = caller.start(caller.session, request.operation.name, unpack(request, 1, request.n))
  if not transfer then
    return nil, problem(caller, request, refused)
  end
  return finish(caller, request, transfer, attempt, deadline)
end

--- A request of one argument: a spare one, where there is one that is done with.
local function take_request(caller, operation, argument, opts)
  local request = caller.spare
  if request then
    caller.spare = request.spare
  else
    -- With room for what most calls set, and no more: a table's next size is the double.
    local options = { resource = caller.resource, timeout = 0 }
    request = { argument, options, n = 2, options = options, operation = operation, id = "", retry = false, token = 0 }
    request.transfer, request.spare = false, false
  end
  request.operation, request[1], request.id = operation, argument, operation.about_one and argument or nil
  request.retry = opts and opts.retry
  local options, group, correlation_id = request.options, opts and opts.resource_group, opts and opts.correlation_id
  if options.resource_group ~= group or options.correlation_id ~= correlation_id then
    options.resource_group, options.correlation_id = group, correlation_id
  end
  return request
end

--- The first attempt of a call with one argument and without options for the exchange. Where something has to be done
--- before it (a login, a pause), it is not made.
---@param caller aicore.Caller
---@param name string
---@param argument string
---@param deadline number?  on the runtime's clock; nil: that of a call that says nothing else
---@param opts { resource_group: string?, retry: boolean? }?
---@return any reply                nil: go on with the request if there is one, otherwise begin anew
---@return aicore.Request? request  of an attempt that has failed, for perform()
---@return number? deadline
function exchange.at_once(caller, name, argument, deadline, opts)
  local now, login, session = caller.runtime.now(), caller.login, caller.session
  deadline = deadline or now + caller.timeout
  if now >= deadline or now >= login.renew_at or now < caller.budget.paused_until then
    return nil
  end
  local request = take_request(caller, operations[name], argument, opts)
  local options = request.options
  options.timeout, request.token = deadline - now, login.generation
  local begun, transfer, refused = pcall(caller.start, session, name, argument, options)
  if not begun then
    if session:closed() or core.check(name, argument, options) then
      return nil -- what follows says it better
    end
    error(transfer, 0) -- Ctrl-C, or no memory
  end
  local reply, err
  if transfer then
    reply, err = finish(caller, request, transfer, 1, deadline)
  else
    err = problem(caller, request, refused)
  end
  if reply == nil then
    request.failed = err
    return nil, request, deadline
  end
  caller.budget:refund()
  request.spare, caller.spare = caller.spare, request
  return reply
end

return exchange
