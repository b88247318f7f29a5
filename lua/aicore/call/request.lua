--- What a call asks for: an operation, its arguments, and the options of the call, which are checked here.

local core = require "aicore.core"
local filter = require "aicore.model.filter"
local operations = require "aicore.call.operations"

local unpack = table.unpack or unpack

---@class aicore.Request         the numbered part is what the C module gets
---@field operation aicore.Operation
---@field id string?             of the record that it is about
---@field options table          the exchange's
---@field retry boolean?         false: one attempt
---@field on_progress function?
---@field transfer userdata|false  while it is in flight
---@field failed aicore.Error?   the error of its first attempt, where that is over
---@field token integer?         the generation of the token that was sent
---@field spare aicore.Request|false|nil  the next one that is done with (exchange.lua)
---@field everywhere boolean?    in all resource groups (groups.lua)
---@field told_group string?     where that is meant: the group of this one, which each record says
---@field catalog table?          what is known of models, where its filter needs that: `retires`, see retirement.new
---@field odd integer?           how many records of the last reply were set aside
---@field dated boolean?         the service's clock is wanted, too
---@field size aicore.PageSize?  of a list: how long its pages take to read is noted there
---@field date number?           that it showed with the last reply: s since the epoch

local request = {}

-- Options that are meant for this layer; all others are the exchange's.
local OWN_OPTIONS = { retry = "boolean", on_progress = "function" }

--- Splits a call's options: the request takes this layer's, its `options` the exchange's. Returns what is wrong.
local function take_options(made, opts)
  local name, value = next(opts) -- not pairs: LuaJIT 2.1's compiled code was seen to give a wrong name here
  while name ~= nil do
    local expected = OWN_OPTIONS[name]
    if not expected then
      made.options[name] = value
    elseif type(value) == expected then
      made[name] = value
    else
      return ("%s: a %s expected, got %s"):format(name, expected, type(value))
    end
    name, value = next(opts, name)
  end
end

--- The request of an operation.
---@param caller aicore.Caller  who is to send it
---@param name string
---@param opts table?  this layer's options and the exchange's
---@param ... any      the positional arguments
---@return aicore.Request|nil request
---@return string? complaint  what is wrong with the arguments
function request.new(caller, name, opts, ...)
  if opts ~= nil and type(opts) ~= "table" then
    return nil, ("%s: a table of options expected, got %s"):format(name, type(opts))
  end
  local operation, count = operations[name], select("#", ...) + 1
  -- `timeout`, which each attempt sets, has its room here: most have nothing else.
  local options = { timeout = nil, resource = operation.resource and caller.resource or nil }
  local made = { operation = operation, options = options, transfer = false, n = count, ... }
  made[count], made.id = options, operation.about_one and (...) or nil
  local complaint = opts and take_options(made, opts)
  if complaint then
    return nil, ("%s: %s"):format(name, complaint)
  end
  complaint = core.check(name, unpack(made, 1, count))
  if complaint then
    return nil, complaint
  end
  return made
end

-- The resource group of a filter that means all of them.
local EVERYWHERE = "*"

--- The request that a filter means, and the predicate for what the service cannot decide.
---@param caller aicore.Caller
---@param name "list"|"count"    the operation, if the service can decide all of it
---@param wanted aicore.Filter?
---@return aicore.Request|nil request
---@return (fun(deployment: table): boolean)? belongs  nil: all of them
---@return string? complaint     what is wrong with the filter
function request.search(caller, name, wanted)
  if wanted ~= nil and type(wanted) ~= "table" then
    return nil, nil, ("%s: a filter expected, got %s"):format(name, type(wanted))
  end
  local made
  local query, belongs, complaint = filter.split(wanted, caller.clock.wall(), function(record)
    return made.catalog.retires(record)
  end)
  local everywhere = query.resource_group == EVERYWHERE
  if everywhere then
    query.resource_group = nil
  end
  for _, option in ipairs { "top", "skip" } do
    if query[option] ~= nil then
      complaint = ("unknown option '%s': all pages are read"):format(option)
    end
  end
  if complaint then
    return nil, nil, ("%s: %s"):format(name, complaint)
  end
  made, complaint = request.new(caller, belongs and "list" or name, query)
  if made then
    made.everywhere, made.catalog = everywhere, wanted ~= nil and wanted.retiring_within ~= nil and {} or nil
  end
  return made, belongs, complaint
end

return request
