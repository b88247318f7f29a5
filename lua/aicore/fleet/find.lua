--- find: one deployment that serves, of all that a filter means; of several the newest.
-- Rules of this file:
--   A list says whom to ask; what is returned was seen to serve by a GET of its own.
--   What was found is kept for a while, as it is asked for by each request that a server gets; the caller drops it when
--   a call about it fails or changes it. What was not found is not kept.
--   One coroutine looks on behalf of all that want the same.

local errors = require "aicore.model.errors"
local filters = require "aicore.model.filter"
local groups = require "aicore.call.groups"
local json = require "aicore.text.json"
local lifecycle = require "aicore.model.lifecycle"
local single_flight = require "aicore.call.single_flight"
local timestamp = require "aicore.model.timestamp"
local words = require "aicore.model.words"

local find = {}

--- What was found is good for so long, in seconds, if the caller says nothing else.
local MAX_AGE = 60

-- What is wrong -------------------------------------------------------------------------------------

local OPTIONS = { timeout = true, resource_group = true, correlation_id = true, retry = true, max_age = true }

--- A filter and options in one, and how old what was found may be (s); or nil, nil and what is wrong.
local function merge(wanted, opts)
  if wanted ~= nil and type(wanted) ~= "table" then
    return nil, nil, ("find: a filter expected, got %s"):format(type(wanted))
  elseif opts ~= nil and type(opts) ~= "table" then
    return nil, nil, ("find: a table of options expected, got %s"):format(type(opts))
  end
  local merged, max_age = {}, MAX_AGE
  for name, value in pairs(wanted or {}) do
    merged[name] = value
  end
  for name, value in pairs(opts or {}) do
    if not OPTIONS[name] then
      return nil, nil, ("find: unknown option '%s'"):format(tostring(name))
    elseif name ~= "max_age" then
      merged[name] = value
    elseif type(value) ~= "number" or value < 0 or value ~= value then
      return nil, nil, ("find: max_age: seconds expected, got %s"):format(tostring(value))
    else
      max_age = value
    end
  end
  return merged, max_age
end

-- Which --------------------------------------------------------------------------------------------

--- Does it serve, and is meant to?
---@param record table
---@return boolean
function find.serves(record)
  return lifecycle.meets(lifecycle.SERVING, record.status, record.targetStatus)
end

--- Is one younger than the other? By when it was created, then by id, the same in every program.
---@param a table
---@param b table
---@return boolean
function find.is_younger(a, b)
  local mine, other = timestamp.parse(a.createdAt) or 0, timestamp.parse(b.createdAt) or 0
  if mine ~= other then
    return mine > other
  end
  return a.id > b.id
end

--- What is kept of a list's records.
local function brief(record)
  return {
    id = record.id,
    resource_group = record.resource_group,
    status = record.status,
    targetStatus = record.targetStatus,
    createdAt = record.createdAt,
    statusMessage = record.statusMessage,
    statusDetails = record.statusDetails,
  }
end

local function tell(record)
  local why = words.about(record)
  local aim = record.targetStatus ~= record.status and record.targetStatus ~= lifecycle.SERVING and record.targetStatus
  local what = aim and ("%s and meant to be %s"):format(record.status, aim) or record.status
  return ("%s is %s%s"):format(record.id, what, why and (" (%s)"):format(why) or "")
end

--- That there is none: which there were, and why they do not serve.
local function none(records, resource)
  local message = #records == 0 and ("no %s fits the filter"):format(resource:sub(1, -2))
    or "none of those that fit the filter serves: " .. words.some(records, ", ", tell)
  return errors.new { kind = "state", operation = "find", message = message, resource = resource, retryable = true }
end

--- Asks those that should serve, the newest first, until one does.
---@return table|nil record
---@return aicore.Error? err
local function look(caller, request, belongs, fits, deadline)
  local records, err = groups.all(caller, request, deadline, belongs, brief)
  if not records then
    return nil, err
  end
  table.sort(records, find.is_younger)
  local options = { retry = request.retry, correlation_id = request.options.correlation_id }
  for i, record in ipairs(records) do
    if find.serves(record) then
      local seen, look_err
      options.resource_group = record.resource_group or request.options.resource_group
      seen, look_err = caller:perform(assert(caller:request("status", options, record.id)), deadline)
      if not seen and not look_err.absent then
        return nil, look_err
      elseif seen and find.serves(seen) and (not fits or fits(seen, caller.clock.wall(), request.retires)) then
        seen.resource_group = record.resource_group
        return seen
      end
      records[i] = seen or { id = record.id, status = lifecycle.GONE }
    end
  end
  return nil, err or none(records, caller.resource)
end

-- For all ------------------------------------------------------------------------------------------

-- What does not change what is meant.
local NO_MATTER = { timeout = true, retry = true, correlation_id = true }

--- The same text for the same filter.
local function key_of(wanted)
  local matters = {}
  for name, value in pairs(wanted) do
    matters[name] = not NO_MATTER[name] and value or nil
  end
  return json.line(matters)
end

--- A function that looks, and notes what was found: it outlives the coroutine that begins it.
local function noting(found, caller, request, belongs, fits, deadline)
  return function()
    found.record, found.err = look(caller, request, belongs, fits, deadline)
    found.at = caller.runtime.now()
  end
end

--- Looks on behalf of all. What was kept too long goes.
local function lead(caller, key, max_age, ...)
  local now = caller.runtime.now()
  for other, found in pairs(caller.found) do
    if found.until_at and found.until_at < now then
      caller.found[other] = nil
    end
  end
  local found = { flight = single_flight.new(now) }
  caller.found[key] = found
  found.flight:run(caller.runtime, noting(found, caller, ...))
  if found.record then
    found.until_at = found.at + max_age
  elseif caller.found[key] == found then
    caller.found[key] = nil
  end
  return found
end

local function ended(why)
  local message = why == "timeout" and "another call's look took too long" or "ended by the host"
  return errors.new { kind = why, operation = "find", message = message }
end

---@param caller aicore.Caller
---@param wanted aicore.Filter?
---@param opts aicore.FindOptions?
---@return table|nil deployment
---@return aicore.Error? err
function find.one(caller, wanted, opts)
  local merged, max_age, complaint = merge(wanted, opts)
  local request, belongs
  if merged then
    request, belongs, complaint = caller:search("list", merged)
  end
  if not request then
    errors.misuse((complaint:gsub("^list", "find")))
  end
  local runtime, key, deadline = caller.runtime, key_of(merged), caller:deadline(request)
  while true do
    local found, now = caller.found[key], runtime.now()
    if found and found.record and now - found.at < max_age then
      return found.record
    end
    local is_leader, why = not found or found.flight.over or found.flight:is_abandoned(now), nil
    if is_leader then
      found = lead(caller, key, max_age, request, belongs, filters.matcher(merged), deadline)
    else
      why = found.flight:follow(runtime, deadline)
    end
    if found.record then
      return found.record
    elseif found.err then
      return nil, found.err
    elseif why or is_leader then
      return nil, ended(why or "cancelled")
    end
  end
end

return find
