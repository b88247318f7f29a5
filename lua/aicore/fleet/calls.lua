--- What all calls that take long have in common: their options, what they share with others, their engines.

local engine = require "aicore.fleet.engine"
local looks = require "aicore.fleet.looks"
local sends = require "aicore.fleet.sends"
local waiting = require "aicore.fleet.waiting"

local calls = {}

--- The time limit of a call that has none, in seconds.
local TIMEOUT = 900

-- Options that all have in common, and that a request checks.
local COMMON = { timeout = true, resource_group = true, correlation_id = true, on_progress = true, retry = true }

---@class aicore.Call  one that takes long; and the options that it alone has
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

--- A number of seconds that makes sense?
local function is_span(value)
  return type(value) == "number" and value >= 0 and value < math.huge
end

--- Splits options: those that a request checks, and those of this call alone. Returns what is wrong with these.
local function split_options(name, opts, own)
  local common, special = {}, {}
  for option, value in pairs(opts or {}) do
    local expected = own and own[option]
    if option == "resource_group" and value == "*" and expected then
      special.everywhere = true
    elseif COMMON[option] then
      common[option] = value
    elseif expected and type(value) ~= expected then
      return common, special, ("%s: %s: a %s expected, got %s"):format(name, option, expected, type(value))
    elseif expected or option == "appear" then
      special[option] = value
    else
      return common, special, ("%s: unknown option '%s'"):format(name, tostring(option))
    end
  end
  if special.appear ~= nil and not is_span(special.appear) then
    return common, special, ("%s: appear: seconds expected, got %s"):format(name, tostring(special.appear))
  end
  return common, special
end

--- What is known of a call from its options, or what is wrong with these.
---@param name string                  of the function
---@param opts table?
---@param own table<string, string>?   options that it alone has, and their types; resource_group = "*": it can do all
---@param timeout number?              s, if the options have none (900)
---@return aicore.Call|nil call
---@return string? complaint
function calls.read(caller, name, opts, own, timeout)
  if opts ~= nil and type(opts) ~= "table" then
    return nil, ("%s: a table of options expected, got %s"):format(name, type(opts))
  end
  local common, call, complaint = split_options(name, opts, own)
  if complaint then
    return nil, complaint
  end
  local request
  request, complaint = caller:request("capabilities", common)
  if not request then
    return nil, (complaint:gsub("^capabilities", name))
  end
  call.began = caller.runtime.now()
  call.deadline = call.began + (request.options.timeout or timeout or TIMEOUT)
  call.resource_group, call.correlation_id = request.options.resource_group, request.options.correlation_id
  call.retry, call.on_progress = request.retry, request.on_progress
  call.requests_before = caller:requests()
  return call
end

--- What is wrong with an id.
---@param caller aicore.Caller
---@param name string  of the function
---@param id any
---@return string? complaint
function calls.id_complaint(caller, name, id)
  local request, complaint = caller:request("status", nil, id)
  return not request and complaint:gsub("^status", name) or nil
end

--- What is wrong with ids, or with a call that is about them.
---@param caller aicore.Caller
---@param name string  of the function
---@param ids any
---@param call aicore.Call?
---@return string? complaint
function calls.ids_complaint(caller, name, ids, call)
  if type(ids) ~= "table" then
    return ("%s: a table of ids expected, got %s"):format(name, type(ids))
  end
  for _, id in ipairs(ids) do
    local complaint = calls.id_complaint(caller, name, id)
    if complaint then
      return complaint
    end
  end
  if call and call.everywhere then
    return name .. ": resource_group: ids are of one resource group; all are for a filter, or what list has shown"
  end
end

-- What a filter may bring as well as the options.
local EITHER = { "resource_group", "correlation_id" }

--- The list that a filter means. It may bring a resource group, a correlation id and a time limit of its own.
---@return aicore.Request|nil request
---@return (fun(record: table): boolean)? belongs
---@return string? complaint
function calls.filter(caller, call, name, wanted)
  local request, belongs, complaint = caller:search("list", wanted)
  if not request then
    return nil, nil, (complaint:gsub("^list", name))
  end
  for _, option in ipairs(EITHER) do
    call[option] = request.options[option] or call[option]
    request.options[option] = call[option]
  end
  request.everywhere = request.everywhere or call.everywhere and not request.options.resource_group
  if request.options.timeout then
    call.deadline = call.began + request.options.timeout
  end
  return request, belongs
end

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
  for name, value in pairs(calls.shared(caller, call)) do
    options[name] = value
  end
  return engine.new(options)
end

--- An engine for one deployment, and what tells what has become of it.
---@param goal function    see goals.lua
---@param fields table     goal, what, name: of the listener; seen: called for each sighting that counts; deadline,
---                        appear, detail: of the engine, instead of the call's
---@return aicore.Engine
---@return aicore.WaitListener
function calls.engine_for_one(caller, call, id, goal, fields)
  local listener = waiting.new {
    id = id,
    goal = fields.goal,
    what = fields.what,
    name = fields.name,
    began = call.began,
    on_progress = call.on_progress,
    shared = calls.shared(caller, call),
  }
  listener.seen = fields.seen
  local options = { goal = goal, listener = listener, keep = true }
  options.deadline, options.appear, options.detail = fields.deadline, fields.appear, fields.detail
  return calls.engine(caller, call, options):add { id }, listener
end

return calls
