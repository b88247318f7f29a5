--- The methods of a client that take long: wait, stop_all, delete_all, teardown.
-- Here they are put together of a watch, a fleet, and the calls that those may make (the port).

local call = require "aicore.call.caller"
local core = require "aicore.core"
local errors = require "aicore.model.errors"
local fleet = require "aicore.fleet.fleet"
local lists = require "aicore.call.pages"
local wait = require "aicore.fleet.wait"
local watch = require "aicore.fleet.watch"

local over_time = {}

-- Their options, and their time limit in seconds if none is given.
local OPTIONS = { timeout = true, resource_group = true, on_progress = true, retry = true }
local TIMEOUT = 900

-- What they have in common -------------------------------------------------------------------------

--- What watch.lua and fleet.lua may do with a client, in one resource group.
---@return aicore.FleetPort
local function new_port(self, resource_group, retries)
  local function request(name, ...)
    return (assert(call.request(name, { resource_group = resource_group, retry = retries }, ...)))
  end
  return {
    runtime = self.runtime,
    random = core.random,
    requests = function()
      return self.requests + self.auth.logins
    end,
    is_fresh = function(id)
      return call.is_fresh(self, id)
    end,
    status = function(id, deadline)
      return call.perform(self, request("status", id), deadline)
    end,
    stop = function(id, deadline)
      return call.change(self, request("stop", id), deadline)
    end,
    delete = function(id, deadline)
      return call.change(self, request("delete", id), deadline)
    end,
    batch = function(items, deadline)
      return call.perform(self, request("batch", items), deadline)
    end,
    pages = function(deadline)
      return call.pages(self, request "list", deadline)
    end,
    bulk = function(deadline) -- looked up once per client; no answer is no answer
      if self.bulk == nil then
        local meta = call.perform(self, (call.request "capabilities"), deadline)
        local bulk_updates = meta and (meta.aiApi.capabilities or {}).bulkUpdates or {}
        self.bulk = meta and bulk_updates.deployments == true or nil
      end
      return self.bulk or false
    end,
  }
end

--- What is known of a long call from its options: request, port, watch, deadline; or what is wrong.
local function begin(self, name, opts, allowed)
  if opts ~= nil and type(opts) ~= "table" then
    return nil, ("%s: a table of options expected, got %s"):format(name, type(opts))
  end
  local common = {}
  for option, value in pairs(opts or {}) do
    if OPTIONS[option] then
      common[option] = value
    elseif option ~= allowed then
      return nil, ("%s: unknown option '%s'"):format(name, tostring(option))
    end
  end
  local request, complaint = call.request("capabilities", common)
  if complaint then
    return nil, (complaint:gsub("^capabilities", name))
  end
  local now = self.runtime.now()
  return {
    name = name,
    began = now,
    deadline = now + (request.options.timeout or TIMEOUT),
    resource_group = request.options.resource_group,
    retries = request.own.retry,
    on_progress = request.own.on_progress,
    requests_before = self.requests + self.auth.logins,
  }
end

--- Everybody who waits in a resource group shares one watch.
local function watch_of(self, port, resource_group)
  local key = resource_group or ""
  self.watches[key] = self.watches[key] or watch.new(port)
  return self.watches[key]
end

local function id_complaint(name, id)
  local complaint = core.check("status", id)
  return complaint and complaint:gsub("^status", name)
end

-- Waiting for one ----------------------------------------------------------------------------------

--- Looks until a deployment has a status, or is gone. All who wait in a resource group share looks.
--- `GET /lm/deployments/{id}`, or the list, `GET /lm/deployments`.
---@param id string
---@param goal string           a status (STOPPED is satisfied by DEAD and COMPLETED, too), or "GONE"
---@param opts aicore.Options?  timeout: 900 s if not given; on_progress gets an aicore.Progress
---                             whenever status or target change
---@return table|true|nil deployment  true: it is gone
---@return aicore.WaitError? err      of kind "state" when that can no longer be, "timeout" at the
---                                   deadline
function over_time:wait(id, goal, opts)
  local one, complaint = begin(self, "wait", opts)
  complaint = complaint or id_complaint("wait", id)
  if not complaint and (type(goal) ~= "string" or not goal:find "^[%w_]+$") then
    complaint = ('wait: a status or "GONE" expected, got %s'):format(tostring(goal))
  end
  if complaint then
    errors.misuse(complaint)
  end
  local shared = watch_of(self, new_port(self, one.resource_group, one.retries), one.resource_group)
  local machine = wait.new {
    goal = goal,
    id = id,
    now = one.began,
    deadline = one.deadline,
    fresh = call.is_fresh(self, id),
  }
  local result, err = watch.wait(shared, machine, core.random, one.on_progress)
  return result, err
end

-- Many ---------------------------------------------------------------------------------------------

--- Works on a fleet in a loop of its own, so that Ctrl-C leaves a report of what was done until then.
---@param known table[]?  what was seen of the deployments just now
local function run(self, many, goal, ids, known)
  local port = new_port(self, many.resource_group, many.retries)
  local ships = fleet.new {
    goal = goal,
    ids = ids,
    port = port,
    watch = watch_of(self, port, many.resource_group),
    deadline = many.deadline,
    began = many.began,
    requests_before = many.requests_before,
    on_progress = many.on_progress,
  }
  local _, cancelled = self.runtime.gather({
    function()
      local seen = known
      known = nil
      return ships:run(seen) -- a tail call: nobody but the fleet holds what was seen
    end,
  }, 1)
  return ships:finish(cancelled)
end

local function ids_complaint(name, ids)
  if type(ids) ~= "table" then
    return ("%s: a table of ids expected, got %s"):format(name, type(ids))
  end
  for _, id in ipairs(ids) do
    local complaint = id_complaint(name, id)
    if complaint then
      return complaint
    end
  end
end

--- The end of stop_all and delete_all.
local function run_checked(self, name, goal, ids, opts)
  local many, complaint = begin(self, name, opts)
  complaint = complaint or ids_complaint(name, ids)
  if complaint then
    errors.misuse(complaint)
  end
  return run(self, many, goal, ids)
end

--- Stops many and waits until they have stopped. `PATCH /lm/deployments` where the service takes batches, else
--- `PATCH /lm/deployments/{id}`; and the list, to see what became of them.
---@param ids string[]
---@param opts aicore.Options?  timeout: 900 s if not given; on_progress gets an aicore.FleetProgress
---@return aicore.Report        `skipped`: those that had ended already
function over_time:stop_all(ids, opts)
  return run_checked(self, "stop_all", "stop", ids, opts)
end

--- Deletes many and waits until they are gone. Those that run fail: teardown stops them first.
--- `PATCH /lm/deployments` where the service takes batches, else `DELETE /lm/deployments/{id}`; and the list.
---@param ids string[]
---@param opts aicore.Options?  timeout: 900 s if not given; on_progress gets an aicore.FleetProgress
---@return aicore.Report        `failed` has those that ran, with kind "state"
function over_time:delete_all(ids, opts)
  return run_checked(self, "delete_all", "delete", ids, opts)
end

-- A filter with nothing else in it means everything.
local SAYS_NOTHING = { resource_group = true, timeout = true }

local function filter_complaint(wanted)
  for name, value in pairs(wanted) do
    if not SAYS_NOTHING[name] and value ~= false then
      return nil
    end
  end
  return "teardown: an empty filter means everything: say so by all = true"
end

--- What a fleet needs to know; ten thousand whole records would be 30 MB.
local function essence(deployment)
  return { id = deployment.id, status = deployment.status, targetStatus = deployment.targetStatus }
end

--- What a filter finds. It may bring a resource group and a time limit of its own.
local function find(self, many, wanted)
  local complaint = filter_complaint(wanted)
  if complaint then
    return nil, nil, complaint
  end
  local request, belongs
  request, belongs, complaint = call.search("list", wanted)
  if complaint then
    return nil, nil, (complaint:gsub("^list", "teardown"))
  end
  many.resource_group = request.options.resource_group or many.resource_group
  request.options.resource_group = many.resource_group
  if request.options.timeout then
    many.deadline = many.began + request.options.timeout
  end
  return lists.all(call.pages(self, request, many.deadline), belongs, essence)
end

--- The report of a dry run: what would be torn down.
local function pretend(self, many, ids)
  return {
    deleted = {},
    absent = {},
    stopped = {},
    skipped = ids,
    failed = {},
    requests = self.requests + self.auth.logins - many.requests_before,
    elapsed = self.runtime.now() - many.began,
  }
end

---@alias aicore.Target string|string[]|aicore.Filter  an id, ids, or all that a filter finds

---@class aicore.TeardownOptions: aicore.Options
---@field timeout number?    s, all of it (900)
---@field dry_run boolean?   only find them, and report them as skipped

--- Stops what runs, waits, deletes, and waits until it is gone: one deployment, many, or all that a
--- filter finds. To run it again, or twice at the same time, is safe. What is done in which state: lifecycle.lua, by
--- "Delete a Single Deployment" in SAP's documentation. `PATCH` and `DELETE /lm/deployments`, and the list.
---@param target aicore.Target
---@param opts aicore.TeardownOptions?
---@return aicore.Report|nil report  whatever became of each; nil only if nothing could be begun
---@return aicore.Error? err
function over_time:teardown(target, opts)
  local many, complaint = begin(self, "teardown", opts, "dry_run")
  local ids, known, err = type(target) == "string" and { target } or target, nil, nil
  if not complaint and type(ids) == "table" and ids[1] == nil then
    known, err, complaint = find(self, many, ids)
    ids = {}
    for i, deployment in ipairs(known or {}) do
      ids[i] = deployment.id
    end
  end
  complaint = complaint or ids_complaint("teardown", ids)
  if complaint then
    errors.misuse(complaint)
  elseif err then
    return nil, err
  elseif opts and opts.dry_run then
    return pretend(self, many, ids)
  end
  return run(self, many, "teardown", ids, known)
end

return over_time
