--- A client: settings, a session, and one method per operation of the AI API.
-- Every public method reaches `call` (or raises by itself) through tail calls only: so level 2
-- is the line of the user, who gets to read there what was wrong with the arguments.

local attempts = require "aicore.attempts"
local auth = require "aicore.auth"
local config = require "aicore.config"
local core = require "aicore.core"
local errors = require "aicore.errors"
local filter = require "aicore.filter"
local retry = require "aicore.retry"

local unpack = table.unpack or unpack

---@class aicore.Client
local Client = { __name = "aicore.client" }
Client.__index = Client

--- Deployments per page of a list: the service's own default.
local PAGE = 10000

-- Options that are meant for this layer; all others are the exchange's.
local OWN_OPTIONS = { retry = "boolean", on_progress = "function" }

-- If an answer to one of these is lost, something may have happened all the same.
local CHANGES = { create = true, update = true, stop = true, delete = true, batch = true }

-- One call ----------------------------------------------------------------------------------------

--- One exchange within the deadline.
local function exchange(self, request, deadline)
  local left = deadline - self.runtime.now()
  if left <= 0 then
    return nil,
      errors.new {
        kind = "timeout",
        message = "no time left",
        operation = request.name,
        id = request.id,
      }
  end
  request.options.timeout = left
  local transfer, err = core.start(self.session, request.name, unpack(request, 1, request.n))
  if not transfer then
    return nil, errors.new(err)
  end
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
  local reply
  reply, err = transfer:result()
  return reply, err and errors.new(err)
end

--- An operation: as many exchanges as it takes, each with a token that should be good.
local function perform(self, request, deadline)
  local machine = retry.new {
    kind = retry.kinds[request.name],
    deadline = deadline,
    budget = self.budget,
    enabled = request.own.retry,
  }
  local generation
  return attempts.run(machine, self.runtime, core.random, function()
    local ready, err = self.auth:ensure(deadline)
    if not ready then
      return nil, err, true
    end
    generation = self.auth.generation
    return exchange(self, request, deadline)
  end, function()
    return self.auth:renew(generation, deadline)
  end)
end

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

--- The request of an operation, checked: { name, id, n, argument, …, options }, or nil and what
--- is wrong with it.
local function new_request(name, opts, ...)
  if opts ~= nil and type(opts) ~= "table" then
    return nil, ("%s: a table of options expected, got %s"):format(name, type(opts))
  end
  local own, options, complaint = split_options(opts)
  local count = select("#", ...) + 1
  local request = { name = name, id = ..., own = own, options = options, n = count, ... }
  request[count] = options
  return request, complaint and name .. ": " .. complaint or core.check(name, unpack(request, 1, count))
end

local function deadline_of(self, request)
  return self.runtime.now() + (request.options.timeout or self.timeout)
end

--- The end of every method that is one operation.
local function call(self, name, opts, ...)
  local request, complaint = new_request(name, opts, ...)
  if complaint then
    error(complaint, 2)
  end
  return perform(self, request, deadline_of(self, request))
end

-- Operations --------------------------------------------------------------------------------------

---@class aicore.Options
---@field timeout number?         s, the whole call, retries included
---@field resource_group string?  instead of the client's
---@field retry boolean?          false: a single attempt
---@field on_progress function?   called when something has changed, where a call takes long

--- What the service says of a deployment, in its own field names: id, status, targetStatus, …
--- `GET /lm/deployments/{id}`; `opts.select = "status"` asks for less.
---@param id string
---@param opts aicore.Options?
---@return table|nil deployment
---@return aicore.Error? err
function Client:status(id, opts)
  return call(self, "status", opts, id)
end

--- Asks for a deployment to be stopped; allowed while it is RUNNING or PENDING. It happens later.
--- `PATCH /lm/deployments/{id}` with targetStatus STOPPED.
---@param id string
---@param opts aicore.Options?
---@return table|nil accepted  { id, message }
---@return aicore.Error? err   of kind "state" when its state forbids it
function Client:stop(id, opts)
  return call(self, "stop", opts, id)
end

--- Asks for a deployment to be deleted; allowed while it is STOPPED, DEAD or UNKNOWN. It cannot be
--- undone, and happens later. `DELETE /lm/deployments/{id}`.
---@param id string
---@param opts aicore.Options?
---@return table|nil accepted  { id, message }
---@return aicore.Error? err   of kind "state" when its state forbids it
function Client:delete(id, opts)
  return call(self, "delete", opts, id)
end

--- Creates a deployment. `POST /lm/deployments`. There is no idempotency key: when the error says
--- `ambiguous`, a deployment may exist all the same.
---@param configuration_id string
---@param opts { ttl: string?, timeout: number?, resource_group: string?, retry: boolean? }?
---       ttl: digits and m, h or d: how long it may live
---@return table|nil created  { id, message, status, deploymentUrl }
---@return aicore.Error? err
function Client:create(configuration_id, opts)
  return call(self, "create", opts, configuration_id)
end

--- Gives a RUNNING or PENDING deployment another configuration. `PATCH /lm/deployments/{id}`.
---@param id string
---@param configuration_id string
---@param opts aicore.Options?
---@return table|nil accepted  { id, message }
---@return aicore.Error? err
function Client:update(id, configuration_id, opts)
  return call(self, "update", opts, id, configuration_id)
end

--- What the service can do, as it says itself. `GET /lm/meta`.
---@param opts aicore.Options?
---@return table|nil meta     meta.aiApi.capabilities.bulkUpdates.deployments: do batches work?
---@return aicore.Error? err
function Client:capabilities(opts)
  return call(self, "capabilities", opts)
end

--- Log lines of a deployment. `GET /lm/deployments/{id}/logs`.
---@param id string
---@param opts { start: string?, ["end"]: string?, top: integer?, order: "asc"|"desc"?,
---              timeout: number?, resource_group: string?, retry: boolean? }?
---       start, end: RFC 3339, the last hour if not given; top: 1 to 5000 lines (1000)
---@return table|nil lines    { { timestamp, msg, … }, … }
---@return aicore.Error? err
function Client:logs(id, opts)
  local request, complaint = new_request("logs", opts, id)
  if complaint then
    error(complaint, 2)
  end
  local reply, err = perform(self, request, deadline_of(self, request))
  if not reply then
    return nil, err
  end
  return type(reply.data.result) == "table" and reply.data.result or {}
end

-- Lists -------------------------------------------------------------------------------------------

--- The pages of a list, one exchange each. The function returned gives the resources of the next
--- page; nil after the last one; nil and an error when it could not be had.
local function pages(self, request, deadline)
  local skip, done = 0, false
  return function()
    if done then
      return nil
    end
    request.options.top, request.options.skip = PAGE, skip > 0 and skip or nil
    local reply, err = perform(self, request, deadline)
    if not reply then
      done = true
      return nil, err
    end
    skip = skip + #reply.resources
    done = #reply.resources < PAGE
    return reply.resources
  end
end

--- The request that a filter means, and the predicate for what the service cannot decide; or nil
--- and what is wrong with the filter. `name` is the operation: "list", or "count".
local function search(name, wanted)
  if wanted ~= nil and type(wanted) ~= "table" then
    return nil, nil, ("%s: a filter expected, got %s"):format(name, type(wanted))
  end
  local query, belongs, complaint = filter.split(wanted, core.wall())
  if complaint then
    return nil, nil, ("%s: %s"):format(name, complaint)
  end
  local request
  request, complaint = new_request(belongs and "list" or name, query)
  return not complaint and request or nil, belongs, complaint
end

--- All deployments that a filter finds, in one table. `GET /lm/deployments`, every page.
---@param wanted aicore.Filter?
---@return table[]|nil deployments
---@return aicore.Error? err
function Client:list(wanted)
  local request, belongs, complaint = search("list", wanted)
  if not request then
    error(complaint, 2)
  end
  local next_page = pages(self, request, deadline_of(self, request))
  local found = {}
  local page, err = next_page()
  while page do
    for _, deployment in ipairs(page) do
      if not belongs or belongs(deployment) then
        found[#found + 1] = deployment
      end
    end
    page, err = next_page()
  end
  if err then
    return nil, err
  end
  return found
end

--- The same one by one: no more than a page is held at a time.
---   for deployment, err in client:each { status = "RUNNING" } do … end
--- When a page cannot be had, the last step gives `false, err`: a loop that forgets about errors
--- fails loudly instead of taking a part for the whole.
---@param wanted aicore.Filter?
---@return fun(): table|false|nil, aicore.Error?
function Client:each(wanted)
  local request, belongs, complaint = search("list", wanted)
  if not request then
    error(complaint, 2)
  end
  local next_page = pages(self, request, deadline_of(self, request))
  local page, at = {}, 0
  return function()
    while page do
      at = at + 1
      local deployment = page[at]
      if deployment == nil then
        local err
        page, err = next_page()
        at = 0
        if err then
          return false, err
        end
      elseif not belongs or belongs(deployment) then
        return deployment
      end
    end
  end
end

--- How many deployments a filter finds. `GET /lm/deployments/$count`; what the service cannot
--- decide (older_than, shard) is counted here.
---@param wanted aicore.Filter?
---@return integer|nil count
---@return aicore.Error? err
function Client:count(wanted)
  local request, belongs, complaint = search("count", wanted)
  if not request then
    error(complaint, 2)
  end
  if not belongs then
    return perform(self, request, deadline_of(self, request))
  end
  local found, err = self:list(wanted)
  if not found then
    return nil, err
  end
  return #found
end

-- Its life ----------------------------------------------------------------------------------------

--- Ends the client: connections are closed, what is in flight is cancelled, secrets are wiped.
--- May be called more than once.
function Client:close()
  self.session:close()
end

Client.__close = Client.close

function Client:__tostring()
  return ("aicore.client (%s)"):format(tostring(self.session))
end

-- What config.lua asks of the world.
local host = {
  getenv = os.getenv,
  read = function(path)
    local file = io.open(path, "rb")
    if not file then
      return nil
    end
    local text = file:read "*a"
    file:close()
    return text
  end,
}

local function find_runtime(runtime)
  if type(runtime) == "table" then
    return runtime
  end
  return require("aicore.runtime." .. (runtime or "blocking"))
end

local client = {}

--- A client of its own, from `arguments` and from where settings are looked for otherwise.
---@param arguments aicore.Config?
---@return aicore.Client|nil client
---@return aicore.Error? err         of kind "config": what is missing, and where it was looked for
function client.new(arguments)
  arguments = arguments or {}
  if type(arguments) ~= "table" then
    error("client: a table of settings expected, got " .. type(arguments), 2)
  end
  local complaint = config.check(arguments)
  if complaint then
    error("client: " .. complaint, 2)
  end
  local settings, err = config.resolve(arguments, host)
  if not settings then
    return nil, err
  end
  local made, session = pcall(core.session, settings.session)
  if not made then
    return nil, errors.new { kind = "config", message = session }
  end
  local runtime = find_runtime(settings.runtime)
  local budget = retry.budget()
  return setmetatable({
    session = session,
    runtime = runtime,
    timeout = settings.timeout,
    budget = budget,
    auth = auth.new(session, runtime, budget, settings.token),
  }, Client)
end

return client
