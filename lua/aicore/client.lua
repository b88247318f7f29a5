--- A client: settings, a session, and one method per operation of the AI API.

local auth = require "aicore.call.login"
local call = require "aicore.call.caller"
local config = require "aicore.settings.resolve"
local core = require "aicore.core"
local errors = require "aicore.model.errors"
local host = require "aicore.settings.host"
local lists = require "aicore.call.pages"
local over_time = require "aicore.fleet.methods"
local retry = require "aicore.call.retry"
local runtimes = require "aicore.runtime"

---@class aicore.Client
---@field warnings string[]  what a person should hear of the settings
local Client = { __name = "aicore.client" }
Client.__index = Client

--- The end of every method that is one operation; `run` is call.perform, or call.change.
local function finish(self, run, name, opts, ...)
  local request, complaint = call.request(name, opts, ...)
  if complaint then
    errors.misuse(complaint)
  end
  local reply, err = run(self, request, call.deadline(self, request))
  return reply, err
end

-- Operations --------------------------------------------------------------------------------------

---@class aicore.Options
---@field timeout number?         s, the whole call, retries included
---@field resource_group string?  instead of the client's
---@field retry boolean?          false: a single attempt
---@field on_progress function?   called when something has changed, where a call takes long

---@class aicore.CreateOptions: aicore.Options
---@field ttl string?             how long it may live: digits and m, h or d

---@class aicore.LogsOptions: aicore.Options
---@field start string?           RFC 3339; an hour ago if not given
---@field end string?             RFC 3339; now if not given
---@field top integer?            lines, 1 to 5000 (1000)
---@field order "asc"|"desc"?

--- What the service says of a deployment, in its own field names: id, status, targetStatus, …
--- `GET /lm/deployments/{id}`; `opts.select = "status"` asks for less.
---@param id string
---@param opts aicore.Options?
---@return table|nil deployment
---@return aicore.Error? err
function Client:status(id, opts)
  return finish(self, call.perform, "status", opts, id)
end

--- Asks for a deployment to be stopped; allowed while it is RUNNING or PENDING. It happens later.
--- `PATCH /lm/deployments/{id}` with targetStatus STOPPED. Source of the rule: the AI API's description of it.
---@param id string
---@param opts aicore.Options?
---@return table|nil accepted  { id, message }
---@return aicore.Error? err   of kind "state" when its state forbids it
function Client:stop(id, opts)
  return finish(self, call.change, "stop", opts, id)
end

--- Asks for a deployment to be deleted; allowed while it is STOPPED, DEAD or UNKNOWN. It cannot be
--- undone, and happens later. `DELETE /lm/deployments/{id}`. Source of the rule: "Delete a Single Deployment" in SAP's
--- documentation, and the AI API's description. One that is gone is a success: with `absent = true` if it was not there
--- to begin with.
---@param id string
---@param opts aicore.Options?
---@return table|nil accepted  { id, message }
---@return aicore.Error? err   of kind "state" when its state forbids it
function Client:delete(id, opts)
  return finish(self, call.change, "delete", opts, id)
end

--- Creates a deployment. `POST /lm/deployments`. There is no idempotency key: when the error says
--- `ambiguous`, a deployment may exist all the same.
---@param configuration_id string
---@param opts aicore.CreateOptions?
---@return table|nil created  { id, message, status, deploymentUrl }
---@return aicore.Error? err
function Client:create(configuration_id, opts)
  return finish(self, call.create, "create", opts, configuration_id)
end

--- Gives a RUNNING or PENDING deployment another configuration. `PATCH /lm/deployments/{id}`.
---@param id string
---@param configuration_id string
---@param opts aicore.Options?
---@return table|nil accepted  { id, message }
---@return aicore.Error? err
function Client:update(id, configuration_id, opts)
  return finish(self, call.perform, "update", opts, id, configuration_id)
end

--- What the service can do, as it says itself. `GET /lm/meta`.
---@param opts aicore.Options?
---@return table|nil meta     meta.aiApi.capabilities.bulkUpdates.deployments: do batches work?
---@return aicore.Error? err
function Client:capabilities(opts)
  return finish(self, call.perform, "capabilities", opts)
end

--- Log lines of a deployment. `GET /lm/deployments/{id}/logs`.
---@param id string
---@param opts aicore.LogsOptions?
---@return table|nil lines    { { timestamp, msg, … }, … }
---@return aicore.Error? err
function Client:logs(id, opts)
  local request, complaint = call.request("logs", opts, id)
  if complaint then
    errors.misuse(complaint)
  end
  local reply, err = call.perform(self, request, call.deadline(self, request))
  if not reply then
    return nil, err
  end
  return type(reply.data.result) == "table" and reply.data.result or {}
end

-- Lists -------------------------------------------------------------------------------------------

--- All deployments that a filter finds, in one table. `GET /lm/deployments`, every page.
---@param wanted aicore.Filter?
---@return table[]|nil deployments
---@return aicore.Error? err
function Client:list(wanted)
  local request, belongs, complaint = call.search("list", wanted)
  if not request then
    errors.misuse(complaint)
  end
  return lists.all(call.pages(self, request, call.deadline(self, request)), belongs)
end

--- The same one by one: no more than a page is held at a time.
---   for deployment, err in client:each { status = "RUNNING" } do … end
--- When a page cannot be had, the last step gives `false, err`: a loop that forgets about errors
--- fails loudly instead of taking a part for the whole.
---@param wanted aicore.Filter?
---@return fun(): table|false|nil, aicore.Error? next_one
function Client:each(wanted)
  local request, belongs, complaint = call.search("list", wanted)
  if not request then
    errors.misuse(complaint)
  end
  return lists.each(call.pages(self, request, call.deadline(self, request)), belongs)
end

--- How many deployments a filter finds. `GET /lm/deployments/$count`; what the service cannot
--- decide (older_than, shard) is counted here.
---@param wanted aicore.Filter?
---@return integer|nil count
---@return aicore.Error? err
function Client:count(wanted)
  local request, belongs, complaint = call.search("count", wanted)
  if not request then
    errors.misuse(complaint)
  end
  local deadline = call.deadline(self, request)
  if not belongs then
    local count, err = call.perform(self, request, deadline)
    return count, err
  end
  local found, err = lists.all(call.pages(self, request, deadline), belongs)
  if not found then
    return nil, err
  end
  return #found
end

-- Its life ----------------------------------------------------------------------------------------

--- Ends the client: connections are closed, what is in flight is cancelled, secrets are wiped.
--- May be called more than once.
---@return nil
function Client:close()
  if self.runtime.release then
    self.runtime.release(self.session) -- a loop must let go of the descriptor before it is closed
  end
  self.session:close()
end

Client.__close = Client.close

for name, method in pairs(over_time) do
  Client[name] = method
end

function Client:__tostring()
  return ("aicore.client (%s)"):format(tostring(self.session))
end

local function find_runtime(runtime)
  if type(runtime) == "table" then
    return runtime
  end
  local found, complaint = runtimes.find(runtime)
  if not found then
    errors.misuse("client: " .. complaint)
  end
  return found
end

--- What a person should hear of the settings: files with secrets that everybody may read.
local function warnings_of(settings)
  local warnings = {}
  for _, path in ipairs(settings.secret_files) do
    local mode = core.file_mode(path)
    if mode and mode % 8 >= 4 then
      warnings[#warnings + 1] = ("%s holds a secret and can be read by everybody: chmod 600 %s"):format(path, path)
    end
  end
  return warnings
end

local client = {}

--- A client of its own, from `arguments` and from where settings are looked for otherwise.
---@param arguments aicore.Config?
---@return aicore.Client|nil client
---@return aicore.Error? err         of kind "config": what is missing, and where it was looked for
function client.new(arguments)
  arguments = arguments or {}
  if type(arguments) ~= "table" then
    errors.misuse("client: a table of settings expected, got " .. type(arguments))
  end
  local complaint = config.check(arguments)
  if complaint then
    errors.misuse("client: " .. complaint)
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
    on_attempt = settings.on_attempt,
    warnings = warnings_of(settings), -- texts, for whoever shows them to a person
    requests = 0, -- that were sent, logins not counted
    watches = {}, -- by resource group
    created = {}, -- id -> when, on the runtime's clock, for as long as it may not be found
    auth = auth.new(session, runtime, budget, settings.token, settings.on_attempt),
  }, Client)
end

return client
