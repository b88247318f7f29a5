--- A client: settings, a session, and one method per operation of the AI API.

local callers = require "aicore.call.caller"
local errors = require "aicore.model.errors"
local fleet = require "aicore.fleet"
local groups = require "aicore.call.groups"
local host = require "aicore.settings.host"
local quota = require "aicore.model.quota"
local runtimes = require "aicore.runtime"
local settings = require "aicore.settings.resolve"

---@class aicore.Place
---@field base_url string
---@field resource_group string  of calls that name none

---@class aicore.Client
---@field warnings string[]        what a person should hear of the settings
---@field place aicore.Place        where it works, for questions to a person
---@field runtime aicore.Runtime   how it waits; for programs that gather calls of their own
---@field executions aicore.Client the same methods for executions, which cannot be updated
---@field private caller aicore.Caller
local Client = { __name = "aicore.client" }
Client.__index = Client

--- A wrong argument raises at the line of the method's caller.
local function checked(request, complaint)
  return request or errors.misuse(complaint)
end

--- The method of one operation: `act` is a method of the caller.
local function call(self, act, name, opts, ...)
  local caller = self.caller
  local request = checked(caller:request(name, opts, ...))
  return caller[act](caller, request, caller:deadline(request))
end

--- The same of one with a single argument: most calls have no options, and succeed at once.
local function call_at_once(self, act, name, opts, argument)
  local caller = self.caller
  if opts == nil then
    local reply, request, deadline = caller:at_once(name, argument)
    if reply ~= nil then
      return reply
    elseif request then
      return caller[act](caller, request, deadline)
    end
  end
  return call(self, act, name, opts, argument)
end

-- Operations --------------------------------------------------------------------------------------

---@class aicore.Options
---@field timeout number?         s, the whole call, retries included
---@field resource_group string?  instead of the client's
---@field retry boolean?          false: a single attempt
---@field correlation_id string?  sent as X-Correlation-ID with all that the call sends

---@class aicore.LongOptions: aicore.Options  of what takes long
---@field timeout number?         s, all of it (900)
---@field on_progress function?   called on every change
---@field appear number?          s from now on in which "not found" may only mean "not yet"; of what this client itself
---                               has created it does for 300 s, so that its teardown takes half a minute longer; 0: no
---                               longer, it is known to be there everywhere

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
  return call_at_once(self, "perform", "status", opts, id)
end

--- Asks for a deployment to be stopped; allowed while it is RUNNING or PENDING. It happens later.
--- `PATCH /lm/deployments/{id}` with targetStatus STOPPED. Source of the rule: the AI API's description of it.
---@param id string
---@param opts aicore.Options?
---@return table|nil accepted  { id, message }
---@return aicore.Error? err   of kind "state" when its state forbids it
function Client:stop(id, opts)
  return call_at_once(self, "change", "stop", opts, id)
end

--- Asks for a deployment to be deleted; allowed while it is STOPPED, DEAD or UNKNOWN. It cannot be
--- undone, and happens later. What is UNKNOWN cannot be stopped: it is deleted at once. `DELETE /lm/deployments/{id}`.
--- Source of the rule: "Delete a Single Deployment" in SAP's documentation, and the AI API's description. One that is
--- gone is a success: with `absent = true` if it was not there to begin with.
---@param id string
---@param opts aicore.Options?
---@return table|nil accepted  { id, message }
---@return aicore.Error? err   of kind "state" when its state forbids it
function Client:delete(id, opts)
  return call_at_once(self, "change", "delete", opts, id)
end

--- Creates a deployment. `POST /lm/deployments`. There is no idempotency key: when the error says
--- `ambiguous`, a deployment may exist all the same.
---@param configuration_id string
---@param opts aicore.CreateOptions?
---@return table|nil created  { id, message, status, deploymentUrl }
---@return aicore.Error? err
function Client:create(configuration_id, opts)
  return call_at_once(self, "create", "create", opts, configuration_id)
end

--- Gives a RUNNING or PENDING deployment another configuration. `PATCH /lm/deployments/{id}`.
---@param id string
---@param configuration_id string
---@param opts aicore.Options?
---@return table|nil accepted  { id, message }
---@return aicore.Error? err
function Client:update(id, configuration_id, opts)
  return call(self, "perform", "update", opts, id, configuration_id)
end

--- What the service can do, as it says itself. `GET /lm/meta`.
---@param opts aicore.Options?
---@return table|nil meta     meta.aiApi.capabilities.bulkUpdates.deployments: do batches work?
---@return aicore.Error? err
function Client:capabilities(opts)
  return call(self, "perform", "capabilities", opts)
end

--- Log lines of a deployment. `GET /lm/deployments/{id}/logs`.
---@param id string
---@param opts aicore.LogsOptions?
---@return table|nil lines    { { timestamp, msg, … }, … }
---@return aicore.Error? err
function Client:logs(id, opts)
  local reply, err = call(self, "perform", "logs", opts, id)
  if not reply then
    return nil, err
  end
  return reply.data.result
end

-- Configurations ----------------------------------------------------------------------------------

---@class aicore.ConfigurationFilter
---@field scenario_id string?
---@field executable_ids string[]?
---@field search string?          in their names, up to 80 bytes
---@field resource_group string?
---@field timeout number?         s, the whole call

--- The configurations that a filter finds. `GET /lm/configurations`, every page.
---@param wanted aicore.ConfigurationFilter?
---@return table[]|nil configurations  { id, name, scenarioId, executableId, parameterBindings, … }
---@return aicore.Error? err
function Client:configurations(wanted)
  return fleet.configurations(self.caller, wanted)
end

---@class aicore.Configuration   what a configuration says
---@field scenario_id string
---@field executable_id string
---@field name string
---@field parameters table<string, string|number|boolean>?  such as modelName, modelVersion
---@field artifacts table<string, string>?                  the ids of artifacts

--- A configuration that says this: one that does already is found, else one is made. `GET` and
--- `POST /lm/configurations`.
---@param what aicore.Configuration
---@param opts aicore.Options?
---@return { id: string, message: string?, created: boolean }|nil configuration
---@return aicore.Error? err
function Client:configure(what, opts)
  return fleet.configure(self.caller, what, opts)
end

-- The tenant --------------------------------------------------------------------------------------

--- The models that may be deployed, and until when each version works.
--- `GET /lm/scenarios/foundation-models/models`.
---@param opts aicore.Options?
---@return table[]|nil models  { model, executableId, versions = { { name, isLatest, retirementDate, … }, … }, … }
---@return aicore.Error? err
function Client:models(opts)
  local reply, err = call(self, "perform", "models", opts)
  if not reply then
    return nil, err
  end
  return reply.resources
end

--- The resource groups of the tenant; an administrator may list them. `GET /admin/resourceGroups`.
---@param opts aicore.Options?
---@return table[]|nil groups  { resourceGroupId, status, labels, … }
---@return aicore.Error? err   of kind "auth" where a role is missing: it says which; of kind "protocol", beside what
---                            was shown, where some are lacking
function Client:resource_groups(opts)
  local request = checked(self.caller:request("resource_groups", opts))
  return groups.list(self.caller, request, self.caller:deadline(request))
end

--- How many deployments the tenant has and may have. A create beyond that fails; its error has the quota in `quota`.
--- `GET /admin/resourceQuota/deployments`.
---@param opts aicore.Options?
---@return aicore.Quota|nil quota
---@return aicore.Error? err
function Client:quota(opts)
  local reply, err = call(self, "perform", "quota", opts)
  if not reply then
    return nil, err
  end
  return quota.read(reply)
end

-- Lists -------------------------------------------------------------------------------------------

--- What a filter asks for: by groups.lua, from its request, the deadline and what belongs of it.
local function search(self, act, name, wanted)
  local caller = self.caller
  local request, belongs, complaint = caller:search(name, wanted)
  local deadline = caller:deadline(checked(request, complaint))
  return act(caller, request, deadline, belongs)
end

--- All deployments that a filter finds, in one table. `GET /lm/deployments`, every page.
--- Where it means all resource groups (`resource_group = "*"`) one that cannot be read stops no other: what could be
--- read is returned, and an error besides, whose `groups` tell by their names why.
---@param wanted aicore.Filter?
---@return table[]|nil deployments
---@return aicore.Error? err
function Client:list(wanted)
  return search(self, groups.all, "list", wanted)
end

--- The same one by one: no more than a page is held at a time (of all resource groups, four).
---   for deployment, err in client:each { status = "RUNNING" } do … end
--- When a page cannot be had, the last step gives `false, err`: a loop that forgets about errors
--- fails loudly instead of taking a part for the whole. Of all resource groups, the others follow.
---@param wanted aicore.Filter?
---@return fun(): table|false|nil, aicore.Error? next_one
function Client:each(wanted)
  return search(self, groups.each, "list", wanted)
end

--- How many deployments a filter finds. `GET /lm/deployments/$count`; what the service cannot
--- decide (older_than, shard) is counted here. Of all resource groups: of those that could be read, and an error.
---@param wanted aicore.Filter?
---@return integer|nil count
---@return aicore.Error? err
function Client:count(wanted)
  return search(self, groups.count, "count", wanted)
end

---@class aicore.FindOptions: aicore.Options
---@field max_age number?  s for which what was found is kept, and given again without a look (60)

--- One deployment that serves: RUNNING, and meant to run; of several that a filter means the newest. What was found is
--- kept for a minute per client, so that each request of a server may ask; it is dropped when a call about it fails or
--- changes it. `GET /lm/deployments`, then `GET /lm/deployments/{id}`.
---@param wanted aicore.Filter?
---@param opts aicore.FindOptions?
---@return table|nil deployment
---@return aicore.Error? err   of kind "state" when there is none: it says which there were, and why they do not serve
function Client:find(wanted, opts)
  return fleet.find(self.caller, wanted, opts)
end

-- Over time ---------------------------------------------------------------------------------------

--- Looks until a deployment has a status, or is gone. All who wait in a resource group share looks.
--- `GET /lm/deployments/{id}`, or the list, `GET /lm/deployments`.
---@param id string
---@param goal string           a status (STOPPED is satisfied by DEAD and COMPLETED, too), or "GONE"
---@param opts aicore.LongOptions?    on_progress gets an aicore.Progress whenever status or target change
---@return table|true|nil deployment  true: it is gone
---@return aicore.WaitError? err      of kind "state" when that can no longer be (with the service's own words why), of
---                                   kind "timeout" at the deadline
function Client:wait(id, goal, opts)
  return fleet.wait(self.caller, id, goal, opts)
end

---@class aicore.EnsureOptions: aicore.LongOptions
---@field keep boolean?    what has failed stays, to be looked at
---@field ttl string?      of one that is made: how long it may live

--- The deployment that serves a configuration: one that is there, or one that is made. It is RUNNING when this returns.
--- Where the answer to the creation was lost, what has appeared since is looked for, and no second one is made. Calls
--- of one client, at once or within 5 minutes, make one, however far lists are behind. Two programs at once may make
--- two: the younger one is torn down by its maker, and both return the other. What this call has made and what fails
--- is torn down; what still starts at the deadline goes on, and the next call finds it. A configuration that is told by
--- what it says may exist twice: a deployment of any of them will do. An error says in `created` the id of what
--- this call has created, and stays. `GET` and `POST /lm/deployments`; and as `configure` does.
---@param what string|aicore.Configuration  a configuration's id, or what it says
---@param opts aicore.EnsureOptions?
---@return table|nil deployment
---@return boolean|aicore.Error created_or_err  was it made by this call?
---@return table<string, aicore.Error>? left    by id: what this call may have made as well, and stays, and why that was
---                                             not torn down; nil: there is none
function Client:ensure(what, opts)
  return fleet.ensure(self.caller, what, opts)
end

---@class aicore.RolloutOptions: aicore.LongOptions
---@field timeout number?     s, all of it (900); with rollback, the new configuration gets half of that
---@field rollback boolean?   if it does not run with the new configuration, go back to the one before

---@class aicore.RolloutReport
---@field id string
---@field previous string?           the configuration before
---@field configuration_id string    the one that was asked for
---@field rolled_back boolean        it runs with the previous one again
---@field reason aicore.Error?       why, if it does
---@field requests integer           that were sent, logins included
---@field elapsed number             s

--- Gives a deployment another configuration, and waits until it runs with that; its URL stays. Where the new one is
--- DEAD, or does not run in time, it goes back to the one before if that is asked for, and waits until that runs.
--- `PATCH` and `GET /lm/deployments/{id}`.
---@param id string
---@param configuration_id string
---@param opts aicore.RolloutOptions?
---@return aicore.RolloutReport|nil report
---@return aicore.Error? err   with the report's fields: it does not run with the new one, and did not go back:
---                            last_refusal is why, if that was asked for
function Client:rollout(id, configuration_id, opts)
  return fleet.rollout(self.caller, id, configuration_id, opts)
end

--- What becomes of deployments, by looks that all calls share: an iterator of changes, in every host.
---   for change, err in client:watch { scenario_id = "nightly" } do … end
--- First how each is; of a filter also new ones that match, and whatever becomes of those that have matched once; GONE
--- at last. With ids it ends when all are gone; it ends at `timeout`, which is none if not given. Where it cannot go
--- on, or has seen nothing until its time was over, the last step gives `false, err`; of all resource groups
--- (`resource_group = "*"`) one that may not be read does, and the others go on; new ones are taken on within a minute.
--- A loop may be left at any time. `GET /lm/deployments`, or
--- `GET /lm/deployments/{id}` for a few.
---@param target aicore.Target
---@param opts aicore.LongOptions?  on_progress gets an aicore.WatchProgress after each look, also where nothing has
---       changed; where it returns true the loop ends, and goes on when the iterator is called again
---@return fun(): aicore.Change|false|nil, aicore.Error? next_one
function Client:watch(target, opts)
  return fleet.watch(self.caller, target, opts)
end

--- Stops many and waits until they have stopped. `PATCH /lm/deployments` where the service takes batches, else
--- `PATCH /lm/deployments/{id}`; and the list, to see what became of them.
---@param ids string[]
---@param opts aicore.LongOptions?  on_progress gets an aicore.FleetProgress
---@return aicore.Report            `skipped`: those that had ended already
function Client:stop_all(ids, opts)
  return fleet.stop_all(self.caller, ids, opts)
end

--- Deletes many and waits until they are gone. Those that run fail: teardown stops them first.
--- `PATCH /lm/deployments` where the service takes batches, else `DELETE /lm/deployments/{id}`; and the list.
---@param ids string[]
---@param opts aicore.LongOptions?  on_progress gets an aicore.FleetProgress
---@return aicore.Report            `failed` has those that ran, with kind "state"
function Client:delete_all(ids, opts)
  return fleet.delete_all(self.caller, ids, opts)
end

---@alias aicore.Target string|string[]|table[]|aicore.Filter  an id, ids, records that list has shown (each in its
---       resource group), or all that a filter finds

---@class aicore.TeardownOptions: aicore.LongOptions  with `resource_group = "*"` the report has `groups`, too
---@field dry_run boolean?   only find them, and report them as skipped

--- Stops what runs, waits, deletes, and waits until it is gone: one deployment, many, or all that a
--- filter finds. To run it again, or twice at the same time, is safe. What is done in which state: lifecycle.lua, by
--- "Delete a Single Deployment" in SAP's documentation. `PATCH` and `DELETE /lm/deployments`, and the list.
--- With a filter it ends when a complete list shows no others; those that were created after the call began are left
--- alone and counted (`newer`), and so are records that cannot be read (`odd`). Where no such list could be had, the
--- report says `unsure`.
---@param target aicore.Target
---@param opts aicore.TeardownOptions?
---@return aicore.Report|nil report  whatever became of each; nil only if nothing could be begun
---@return aicore.Error? err
function Client:teardown(target, opts)
  return fleet.teardown(self.caller, target, opts)
end

-- Its life ----------------------------------------------------------------------------------------

--- Logs in now, although a token may be good still; the new one serves all calls that follow. For commands that show
--- what the settings are worth: other calls log in by themselves.
---@param opts aicore.Options?
---@return { expires_in: number? }|nil reply  s that the token will live
---@return aicore.Error? err
function Client:log_in(opts)
  return call(self, "log_in", "login", opts)
end

--- Ends the client: connections are closed, what is in flight is cancelled, secrets are wiped.
--- May be called more than once.
---@return nil
function Client:close()
  self.caller:close()
end

Client.__close = Client.close

function Client:__tostring()
  return ("aicore.client (%s)"):format(tostring(self.caller))
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
  local complaint = settings.check(arguments, host)
  if complaint then
    errors.misuse("client: " .. complaint)
  end
  local found, err = settings.resolve(arguments, host)
  if not found then
    return nil, err
  end
  local runtime, unknown = runtimes.find(found.runtime)
  if not runtime then
    errors.misuse("client: " .. unknown)
  end
  local session, refused = callers.connect(found.session)
  if not session then
    return nil, refused
  end
  local caller = callers.new {
    session = session,
    runtime = runtime,
    timeout = found.timeout,
    resource_group = found.session.resource_group,
    token = found.token,
    on_attempt = found.on_attempt,
  }
  local place = { base_url = found.session.base_url, resource_group = found.session.resource_group }
  local function of(its_caller)
    local fields = { caller = its_caller, runtime = runtime, warnings = found.warnings, place = place }
    return setmetatable(fields, Client)
  end
  local self = of(caller)
  self.executions = of(caller:of "executions")
  return self
end

return client
