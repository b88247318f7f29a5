--- One call: what is asked for is checked, sent as often as its retry machine says, and what came
-- of it is told. A call is a request { name, id, own, options, n, argument, …, options }: `own` are
-- this layer's options, `options` the exchange's, and the numbered part is what the C module gets.

local attempts = require "aicore.call.attempts"
local core = require "aicore.core"
local errors = require "aicore.model.errors"
local filter = require "aicore.model.filter"
local lists = require "aicore.call.pages"
local outcome = require "aicore.call.refusal"
local retry = require "aicore.call.retry"

local unpack = table.unpack or unpack

local call = {}

-- Options that are meant for this layer; all others are the exchange's.
local OWN_OPTIONS = { retry = "boolean", on_progress = "function" }

-- The first argument of these is the id of a deployment.
local ABOUT_ONE = { status = true, stop = true, delete = true, update = true, logs = true }

-- If an answer to one of these is lost, something may have happened all the same.
local CHANGES = { create = true, update = true, stop = true, delete = true, batch = true }

--- Splits the options; returns the exchange's and, third, what is wrong with the others.
local function split_options(opts)
  local own, rest = {}, {}
  for name, value in pairs(opts or {}) do
    local expected = OWN_OPTIONS[name]
    if not expected then
      rest[name] = value
    elseif type(value) == expected then
      own[name] = value
    else
      return own, rest, ("%s: a %s expected, got %s"):format(name, expected, type(value))
    end
  end
  return own, rest
end

--- The request of an operation, checked.
---@param name string
---@param opts table?  both kinds of options
---@param ... any      the positional arguments
---@return table request
---@return string? complaint  what is wrong with the arguments
function call.request(name, opts, ...)
  if opts ~= nil and type(opts) ~= "table" then
    return nil, ("%s: a table of options expected, got %s"):format(name, type(opts))
  end
  local own, options, complaint = split_options(opts)
  local count = select("#", ...) + 1
  local request = { name = name, id = ABOUT_ONE[name] and ... or nil, own = own, options = options, n = count, ... }
  request[count] = options
  return request, complaint and name .. ": " .. complaint or core.check(name, unpack(request, 1, count))
end

--- When a call that begins now has to be over.
function call.deadline(self, request)
  return self.runtime.now() + (request.options.timeout or self.timeout)
end

--- One exchange within the deadline.
local function exchange(self, request, attempt, deadline)
  request.options.timeout = math.max(deadline - self.runtime.now(), 0.001)
  local transfer, err = core.start(self.session, request.name, unpack(request, 1, request.n))
  if not transfer then
    return nil, errors.new(err)
  end
  self.requests = self.requests + 1
  local why = self.runtime.await(self.session, transfer)
  if why then
    transfer:cancel()
    return nil,
      errors.new {
        kind = why,
        message = "ended by the host",
        operation = request.name,
        id = request.id,
        ambiguous = CHANGES[request.name],
      }
  end
  return attempts.conclude(transfer, self.on_attempt, request.name, request.id, attempt)
end

--- As many exchanges as it takes, each with a token that should be good.
---@param self aicore.Client
---@param request table
---@param deadline number  on the runtime's clock
---@return any reply
---@return aicore.Error? err
---@return boolean ambiguous  may an attempt before the last have taken effect?
function call.perform(self, request, deadline)
  local machine = retry.new {
    kind = retry.kinds[request.name],
    deadline = deadline,
    budget = self.budget,
    enabled = request.own.retry,
  }
  local generation, ambiguous = nil, false
  local reply, err = attempts.run(machine, self.runtime, core.random, function()
    local ready, login_err = self.auth:ensure(deadline)
    if not ready then
      return nil, login_err, true
    end
    generation, ambiguous = self.auth.generation, machine.ambiguous
    return exchange(self, request, machine.attempts + 1, deadline)
  end, function()
    return self.auth:renew(generation, deadline)
  end)
  return reply, err, ambiguous
end

--- The same for stop and delete, where what was refused may have come about all the same
--- (outcome.lua). One GET tells.
---@return table|nil reply
---@return aicore.Error? err
function call.change(self, request, deadline)
  local name, id = request.name, request.id
  local reply, err, ambiguous = call.perform(self, request, deadline)
  if reply then
    return reply
  elseif name == "delete" and outcome.is_absent(err) then
    return outcome.absent(id, ambiguous)
  elseif not outcome.in_doubt(name, err) then
    return nil, err
  end
  local look = call.request("status", { resource_group = request.options.resource_group }, id)
  local deployment, look_err = call.perform(self, look, deadline)
  if deployment then
    reply = outcome.achieved(name, deployment)
  elseif name == "delete" and outcome.is_absent(look_err) then
    reply = outcome.absent(id, true) -- it was there a moment ago
  end
  return reply, not reply and err or nil
end

--- The request that a filter means, and the predicate for what the service cannot decide; or nil
--- and, third, what is wrong with the filter.
---@param name "list"|"count"  the operation, if the service can decide all of it
---@param wanted aicore.Filter?
---@return table|nil request
---@return (fun(deployment: table): boolean)? belongs
---@return string? complaint
function call.search(name, wanted)
  if wanted ~= nil and type(wanted) ~= "table" then
    return nil, nil, ("%s: a filter expected, got %s"):format(name, type(wanted))
  end
  local query, belongs, complaint = filter.split(wanted, core.wall())
  if complaint then
    return nil, nil, ("%s: %s"):format(name, complaint)
  end
  local request
  request, complaint = call.request(belongs and "list" or name, query)
  return not complaint and request or nil, belongs, complaint
end

--- Just after its creation, the service may not find a deployment for so long, in seconds.
call.HIDDEN = 60

--- The same for create: it is remembered what was created, as it may not be found at first.
function call.create(self, request, deadline)
  local reply, err = call.perform(self, request, deadline)
  if reply then
    local now = self.runtime.now()
    for id, created in pairs(self.created) do
      self.created[id] = now - created < call.HIDDEN and created or nil
    end
    self.created[reply.id] = now
  end
  return reply, err
end

--- Was it created by this client just now?
---@return boolean
function call.is_fresh(self, id)
  local created = self.created[id]
  return created ~= nil and self.runtime.now() - created < call.HIDDEN
end

--- The pages of a list; see lists.lua.
---@return aicore.NextPage
function call.pages(self, request, deadline)
  return lists.pages(function(top, skip)
    request.options.top, request.options.skip = top, skip
    return call.perform(self, request, deadline)
  end)
end

return call
