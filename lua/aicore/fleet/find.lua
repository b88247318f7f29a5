--- find: one deployment that serves, of all that a filter means; of several the newest.
-- Rules of this file:
--   A list says whom to ask; what is returned was seen to serve by a GET of its own.
--   What was found is kept for a while, as it is asked for by each request that a server gets; the caller drops it when
--   a call about it fails or changes it. What was not found is not kept.
--   One coroutine looks on behalf of all that want the same.

local calls = require "aicore.fleet.calls"
local errors = require "aicore.model.errors"
local filters = require "aicore.model.filter"
local groups = require "aicore.call.groups"
local json = require "aicore.text.json"
local lifecycle = require "aicore.model.lifecycle"
local merged = require "aicore.model.merged"
local single_flight = require "aicore.call.single_flight"
local timestamp = require "aicore.model.timestamp"
local words = require "aicore.model.words"

local find = {}

--- What was found is good for so long, in seconds, if the caller says nothing else.
local MAX_AGE = 60

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
local function look(caller, call, request, belongs, fits)
  local now = caller.runtime.now()
  local list_by = request.everywhere and now + (call.deadline - now) / 2 or call.deadline -- one group may hang
  local records, err = groups.all(caller, request, list_by, belongs, brief)
  if not records then
    return nil, err
  end
  local retires, barred = request.catalog and request.catalog.retires, {}
  table.sort(records, find.is_younger)
  for i, record in ipairs(records) do
    if find.serves(record) and not barred[record.resource_group] then
      local group = caller:in_group(merged(call, { resource_group = record.resource_group }))
      local seen, look_err = group:status(record.id, call.deadline)
      if not seen and not look_err.absent then
        if not request.everywhere then
          return nil, look_err
        end
        err, barred[record.resource_group] = err or look_err, true -- another one may serve
      elseif seen and find.serves(seen) and (not fits or fits(seen, caller.clock.wall(), retires)) then
        seen.resource_group = record.resource_group
        return seen
      end
      records[i] = seen or { id = record.id, status = lifecycle.GONE }
    end
  end
  return nil, err or none(records, caller.resource)
end

-- For all ------------------------------------------------------------------------------------------

--- The same text for the same filter.
local function key_of(wanted)
  local matters = merged(wanted)
  matters.timeout, matters.retry, matters.correlation_id = nil, nil, nil
  return json.line { "find", matters }
end

--- Keeps what was found; what was kept for too long goes.
local function keep(caller, key, max_age, record)
  local now = caller.runtime.now()
  for other, found in pairs(caller.found) do
    if found.until_at < now then
      caller.found[other] = nil
    end
  end
  caller.found[key] = { record = record, at = now, until_at = now + max_age }
end

--- A function that looks: it may outlive the coroutine that makes it. What was changed meanwhile is not kept.
local function looking(caller, call, key, request, belongs, fits)
  return function()
    local changes = caller.changes
    local record, err = look(caller, call, request, belongs, fits)
    if record and caller.changes == changes then
      keep(caller, key, call.max_age, record)
    end
    return record, err
  end
end

-- The options that it alone has, or has not.
local OPTIONS = { max_age = "age", resource_group = "*", on_progress = false, appear = false }

--- A filter, and the options of the call, which come first where both say something.
local function read(caller, wanted, opts)
  local call = calls.read(caller, "find", opts, OPTIONS, caller.timeout)
  call.max_age = call.max_age or MAX_AGE
  if wanted == nil then
    wanted = {}
  end
  if opts and type(wanted) == "table" then
    wanted = merged(wanted, opts)
    wanted.max_age = nil
  end
  return call, wanted
end

---@param caller aicore.Caller
---@param wanted aicore.Filter?
---@param opts aicore.FindOptions?
---@return table|nil deployment
---@return aicore.Error? err
function find.one(caller, wanted, opts)
  local call, filter = read(caller, wanted, opts)
  local request, belongs = calls.filter(caller, call, filter)
  local key = key_of(filter)
  local found = caller.found[key]
  local record, err = found and call.began - found.at < call.max_age and found.record or nil, nil
  if not record then
    local act = looking(caller, call, key, request, belongs, filters.matcher(filter))
    local flight = json.line { key, caller.changes, call.retry ~= false } -- not one from before the last change
    record, err = single_flight.share(caller.runtime, caller.obtaining, flight, call.deadline, act)
  end
  if record then
    return merged(record) -- the caller's own: others get what is kept, too
  end
  err.operation = err.operation or "find"
  return nil, err
end

return find
