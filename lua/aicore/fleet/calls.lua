--- What the calls of fleet/ have in common: their options, what they share with others, their engines.

local engine = require "aicore.fleet.engine"
local errors = require "aicore.model.errors"
local looks = require "aicore.fleet.looks"
local merged = require "aicore.model.merged"
local sends = require "aicore.fleet.sends"
local waiting = require "aicore.fleet.waiting"

local calls = {}

--- The time limit of a call that has none, in seconds.
local TIMEOUT = 900

-- The kinds of options: what a request checks; a number of seconds, or what may be for ever; or else a type.
local CHECKED, SECONDS, AGE = "checked", "seconds", "age"

-- Options that all have in common, unless one says that it has not.
local COMMON = {
  timeout = CHECKED,
  resource_group = CHECKED,
  correlation_id = CHECKED,
  on_progress = CHECKED,
  retry = CHECKED,
  appear = SECONDS,
}

---@class aicore.Call  and the options that it alone has
---@field name string           of the function
---@field began number
---@field deadline number
---@field resource_group string?
---@field everywhere boolean?   in all resource groups
---@field page_size integer?    records per page of a list, where many are read at the same time
---@field correlation_id string?
---@field retry boolean?
---@field appear number?
---@field on_progress function?
---@field requests_before integer

-- What is wrong with arguments -----------------------------------------------------------------------

--- Raises what is wrong, in the name of the function that was called.
---@param name string
---@param complaint string  a format, if there is more
function calls.refuse(name, complaint, ...)
  errors.misuse(name .. ": " .. complaint:format(...))
end

--- The request of an operation, by which arguments are checked.
---@param name string       of the function that was called
---@param operation string
---@param opts table?
---@param ... any           the arguments
---@return aicore.Request
function calls.check(caller, name, operation, opts, ...)
  local request, complaint = caller:request(operation, opts, ...)
  return request or errors.misuse((complaint:gsub("^" .. operation, name)))
end

--- Checks ids, or what a list has shown.
---@param call aicore.Call
---@param ids any
---@param are_listed boolean?  they are records, each of which may say its resource group
function calls.check_ids(caller, call, ids, are_listed)
  if type(ids) ~= "table" then
    calls.refuse(call.name, "a table of ids expected, got %s", type(ids))
  end
  for _, id in ipairs(ids) do
    local record = are_listed and (type(id) == "table" and id or {}) or nil
    if record then
      calls.check(caller, call.name, "status", { resource_group = record.resource_group }, record.id)
    else
      calls.check(caller, call.name, "status", nil, id)
    end
  end
  if call.everywhere and not are_listed then
    calls.refuse(
      call.name,
      "resource_group: ids are of one resource group; all are for a filter, or what list has shown"
    )
  end
end

local function check_kind(name, option, value, kind)
  local is_time = kind == SECONDS or kind == AGE
  local is_span = is_time and type(value) == "number" and value >= 0 and (kind == AGE or value < math.huge)
  if is_time and not is_span then
    calls.refuse(name, "%s: seconds expected, got %s", option, tostring(value))
  elseif not is_time and type(value) ~= kind then
    calls.refuse(name, "%s: a %s expected, got %s", option, kind, type(value))
  end
end

-- What is wanted -----------------------------------------------------------------------------------

--- Splits options: those that a request checks, and those of this call alone.
local function split_options(name, opts, own)
  local common, special = {}, {}
  for option, value in pairs(opts or {}) do
    local kind = own[option]
    if kind == nil then
      kind = COMMON[option]
    end
    if not kind then
      calls.refuse(name, "unknown option '%s'", tostring(option))
    elseif kind == "*" and value == "*" then
      special.everywhere = true
    elseif kind == "*" or kind == CHECKED then
      common[option] = value
    else
      check_kind(name, option, value, kind)
      special[option] = value
    end
  end
  return common, special
end

-- What a request would check, where nothing of that is given.
local UNASKED = { options = {} }

--- What is known of a call from its options.
---@param name string                  of the function
---@param opts table?
---@param own table<string, string|false>?  options that it alone has, and their kinds; resource_group = "*": it can do
---                                         all; false: what others have, it has not
---@param timeout number?              s, if the options have none (900)
---@return aicore.Call
function calls.read(caller, name, opts, own, timeout)
  if opts ~= nil and type(opts) ~= "table" then
    calls.refuse(name, "a table of options expected, got %s", type(opts))
  end
  local common, call = split_options(name, opts, own or {})
  local request = next(common) and calls.check(caller, name, "capabilities", common) or UNASKED
  call.name, call.began = name, caller.runtime.now()
  call.deadline = call.began + (request.options.timeout or timeout or TIMEOUT)
  call.resource_group, call.correlation_id = request.options.resource_group, request.options.correlation_id
  call.retry, call.on_progress = request.retry, request.on_progress
  call.requests_before = caller:requests()
  return call
end

-- What a filter may bring as well as the options.
local EITHER = { "resource_group", "correlation_id" }

--- The list that a filter means. It may bring a resource group, a correlation id, a time limit and `retry` of its own.
---@return aicore.Request
---@return (fun(record: table): boolean)? belongs
function calls.filter(caller, call, wanted)
  local request, belongs, complaint = caller:search("list", wanted)
  if not request then
    errors.misuse((complaint:gsub("^list", call.name)))
  end
  for _, option in ipairs(EITHER) do
    call[option] = request.options[option] or call[option]
    request.options[option] = call[option]
  end
  if request.retry == nil then
    request.retry = call.retry
  end
  call.retry = request.retry
  request.everywhere = request.everywhere or call.everywhere and not request.options.resource_group
  if request.options.timeout then
    call.deadline = call.began + request.options.timeout
  end
  return request, belongs
end

-- What works ---------------------------------------------------------------------------------------

--- All goals of a resource group share their looks, and how they send; those with a correlation id only with others of
--- the same. As there may be any number of ids, what these share is kept no longer than their calls are.
---@return { group: aicore.Group, looks: aicore.Looks, sends: aicore.Sends }
function calls.shared(caller, call)
  local kept = call.correlation_id and caller.traced or caller.shared
  local once = call.retry == false and "once" or ""
  local key = table.concat({ call.resource_group or "", once, call.correlation_id or "" }, "\0")
  if not kept[key] then
    local group = caller:in_group(call)
    local seen = looks.new(group)
    kept[key] = { group = group, looks = seen, sends = sends.new(group, seen) }
  end
  call.shared = kept[key]
  return call.shared
end

-- A function of its own, as it outlives the coroutine that makes it.
local function working(one)
  return function()
    one:run()
  end
end

--- Works to the end as a coroutine of its own, so that Ctrl-C leaves a report of what was done until then.
---@param one aicore.Engine
---@return boolean? cancelled  by the host
function calls.run(caller, one)
  local _, cancelled = caller.runtime.gather({ working(one) }, 1)
  one:stop(cancelled)
  return cancelled
end

--- An engine of a call.
---@return aicore.Engine
function calls.engine(caller, call, options)
  options.deadline, options.appear = options.deadline or call.deadline, call.appear or options.appear
  return engine.new(merged(options, calls.shared(caller, call)))
end

--- An engine for one deployment, and what tells what has become of it.
---@param goal function    see goals.lua
---@param fields table     goal, what, name: of the listener; seen: called for each sighting that counts; deadline,
---                        appear, detail: of the engine, instead of the call's
---@return aicore.Engine
---@return aicore.WaitListener
function calls.engine_for_one(caller, call, id, goal, fields)
  local shared = calls.shared(caller, call)
  local about = { id = id, began = call.began, on_progress = call.on_progress, shared = shared }
  local listener = waiting.new(merged(fields, about))
  listener.seen = fields.seen
  local options = { goal = goal, listener = listener, keep = true }
  options.deadline, options.appear, options.detail = fields.deadline, fields.appear, fields.detail
  return calls.engine(caller, call, options):add { id }, listener
end

return calls
