--- The goals that take long: wait, stop_all, delete_all, teardown. client.lua has them as methods and says what they
-- promise; here a goal is put together of a watch, a fleet, and what these get of the caller.

local errors = require "aicore.model.errors"
local fleet = require "aicore.fleet.fleet"
local pages = require "aicore.call.pages"
local wait = require "aicore.fleet.wait"
local watch = require "aicore.fleet.watch"

local methods = {}

-- Their options, and their time limit in seconds if none is given.
local OPTIONS = { timeout = true, resource_group = true, on_progress = true, retry = true }
local TIMEOUT = 900

-- What they have in common -------------------------------------------------------------------------

---@class aicore.Goal  what is known of a call from its options
---@field began number
---@field deadline number
---@field resource_group string?
---@field retry boolean?
---@field on_progress function?
---@field requests_before integer

--- What is wrong with the options of a goal; `allowed` is one that it takes beside the common ones.
---@return aicore.Goal|nil goal
---@return string? complaint
local function begin(caller, name, opts, allowed)
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
  local request, complaint = caller:request("capabilities", common)
  if not request then
    return nil, (complaint:gsub("^capabilities", name))
  end
  local now = caller.runtime.now()
  return {
    began = now,
    deadline = now + (request.options.timeout or TIMEOUT),
    resource_group = request.options.resource_group,
    retry = request.retry,
    on_progress = request.on_progress,
    requests_before = caller:requests(),
  }
end

--- All that wait in a resource group share one watch.
local function watch_of(caller, goal)
  local group = caller:in_group(goal)
  local key = goal.resource_group or ""
  local shared = caller.shared[key] or watch.new(group)
  caller.shared[key] = shared
  return shared, group
end

local function id_complaint(caller, name, id)
  local request, complaint = caller:request("status", nil, id)
  return not request and complaint:gsub("^status", name) or nil
end

-- Waiting for one ----------------------------------------------------------------------------------

function methods.wait(caller, id, goal, opts)
  local one, complaint = begin(caller, "wait", opts)
  complaint = complaint or id_complaint(caller, "wait", id)
  if not complaint and (type(goal) ~= "string" or not goal:find "^[%w_]+$") then
    complaint = ('wait: a status or "GONE" expected, got %s'):format(tostring(goal))
  end
  if complaint then
    errors.misuse(complaint)
  end
  local shared = watch_of(caller, one)
  local machine = wait.new {
    goal = goal,
    id = id,
    now = one.began,
    deadline = one.deadline,
    fresh = caller:is_fresh(id),
  }
  local result, err = watch.wait(shared, machine, caller.clock.random, one.on_progress)
  return result, err
end

-- Many ---------------------------------------------------------------------------------------------

--- Works on a fleet in a loop of its own, so that Ctrl-C leaves a report of what was done until then.
---@param known table[]?  what was seen of the deployments just now
local function run(caller, goal, name, ids, known)
  local shared, group = watch_of(caller, goal)
  local work = fleet.new {
    goal = name,
    ids = ids,
    port = group,
    watch = shared,
    deadline = goal.deadline,
    began = goal.began,
    requests_before = goal.requests_before,
    on_progress = goal.on_progress,
  }
  local _, cancelled = caller.runtime.gather({
    function()
      local seen = known
      known = nil
      return work:run(seen) -- a tail call: nobody but the fleet holds what was seen
    end,
  }, 1)
  return work:finish(cancelled)
end

local function ids_complaint(caller, name, ids)
  if type(ids) ~= "table" then
    return ("%s: a table of ids expected, got %s"):format(name, type(ids))
  end
  for _, id in ipairs(ids) do
    local complaint = id_complaint(caller, name, id)
    if complaint then
      return complaint
    end
  end
end

--- The end of stop_all and delete_all.
local function run_checked(caller, method, name, ids, opts)
  local goal, complaint = begin(caller, method, opts)
  complaint = complaint or ids_complaint(caller, method, ids)
  if complaint then
    errors.misuse(complaint)
  end
  return run(caller, goal, name, ids)
end

function methods.stop_all(caller, ids, opts)
  return run_checked(caller, "stop_all", "stop", ids, opts)
end

function methods.delete_all(caller, ids, opts)
  return run_checked(caller, "delete_all", "delete", ids, opts)
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
local function brief(deployment)
  return { id = deployment.id, status = deployment.status, targetStatus = deployment.targetStatus }
end

--- What a filter finds. It may bring a resource group and a time limit of its own.
local function find(caller, goal, wanted)
  local complaint = filter_complaint(wanted)
  if complaint then
    return nil, nil, complaint
  end
  local request, belongs
  request, belongs, complaint = caller:search("list", wanted)
  if not request then
    return nil, nil, (complaint:gsub("^list", "teardown"))
  end
  goal.resource_group = request.options.resource_group or goal.resource_group
  request.options.resource_group = goal.resource_group
  if request.options.timeout then
    goal.deadline = goal.began + request.options.timeout
  end
  return pages.all(caller:pages(request, goal.deadline), belongs, brief)
end

--- The report of a dry run: what would be torn down.
local function pretend(caller, goal, ids)
  return {
    deleted = {},
    absent = {},
    stopped = {},
    skipped = ids,
    failed = {},
    requests = caller:requests() - goal.requests_before,
    elapsed = caller.runtime.now() - goal.began,
  }
end

function methods.teardown(caller, target, opts)
  local goal, complaint = begin(caller, "teardown", opts, "dry_run")
  local ids, known, err = type(target) == "string" and { target } or target, nil, nil
  if not complaint and type(ids) == "table" and ids[1] == nil then
    known, err, complaint = find(caller, goal, ids)
    ids = {}
    for i, deployment in ipairs(known or {}) do
      ids[i] = deployment.id
    end
  end
  complaint = complaint or ids_complaint(caller, "teardown", ids)
  if complaint then
    errors.misuse(complaint)
  elseif err then
    return nil, err
  elseif opts and opts.dry_run then
    return pretend(caller, goal, ids)
  end
  return run(caller, goal, "teardown", ids, known)
end

return methods
