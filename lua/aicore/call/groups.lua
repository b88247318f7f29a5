--- All resource groups of a tenant at once: the same in each, some at a time, within one deadline and one budget.
-- Rules of this file:
--   A group that cannot be read stops no other; what could be read is given, and an error tells of the others.
--   What comes of the groups stands in the order of their names, whichever answered first.

local errors = require "aicore.model.errors"
local merged = require "aicore.model.merged"
local pages = require "aicore.call.pages"
local words = require "aicore.model.words"

local groups = {}

--- So many at a time; and so many pages are held, at most, by what gives records one by one.
local AT_ONCE, AHEAD = 32, 4

--- So many records are held, at most, by those whose lists are read at the same time; and a page has no less than that.
local MOST_HELD, SHORTEST = 40000, 1000

--- What could be had, and an error only if there is one.
local function result(value, err)
  if err then
    return value, err
  end
  return value
end

-- Who may list them (SAP AI Launchpad, "Roles and Authorizations").
local NEEDS_ROLE = "%s: to list resource groups takes the role aicore_admin_resourcegroup_viewer (or …_editor)"

--- That the list lacks some, or can hardly be all: each tenant has at least one.
---@return aicore.Error?
local function incomplete(reply, odd)
  local shown, count = #reply.resources, reply.count
  if shown > 0 and odd == 0 and (type(count) ~= "number" or count <= shown) then
    return
  end
  return errors.new {
    kind = "protocol",
    operation = "resource_groups",
    message = ("the list of resource groups is not complete: %d were shown, and %d odd ones, its count says %s"):format(
      shown,
      odd,
      tostring(count)
    ),
    incomplete = true,
    retryable = true,
  }
end

--- All resource groups of the tenant.
---@param caller aicore.Caller
---@param request aicore.Request  of the operation "resource_groups"
---@param deadline number
---@return { resourceGroupId: string, status: string? }[]|nil
---@return aicore.Error? err  also where some are lacking
function groups.list(caller, request, deadline)
  local reply, err = caller:perform(request, deadline)
  if reply then
    return result(reply.resources, incomplete(reply, request.odd or 0))
  elseif err.status == 403 then
    err.message = NEEDS_ROLE:format(err.message)
  end
  return nil, err
end

--- Records per page, where the lists of so many groups are read at the same time.
---@param count integer
---@return integer
function groups.page_size(count)
  return math.max(SHORTEST, math.min(pages.SIZE, math.floor(MOST_HELD / math.min(count, AT_ONCE))))
end

--- The same request in one group, which each record says then.
---@param request aicore.Request  of a filter that means all groups
---@param name string
---@return aicore.Request
function groups.at(request, name)
  local options = merged(request.options, { resource_group = name })
  local own = merged(request, { options = options, [request.n] = options, told_group = name })
  own.everywhere = nil
  return own
end

--- What the filter of a request needs to know, from the first group that tells it: the client's own, or else another.
local function prepare(caller, request, names, deadline)
  local ready, err = caller:prepare(request, deadline)
  for _, name in ipairs(names) do
    if ready then
      break
    end
    ready = caller:prepare(groups.at(request, name), deadline)
  end
  return ready, err
end

--- The names of all groups; what the filter of a request needs besides is known then.
---@param caller aicore.Caller
---@param request aicore.Request
---@param deadline number
---@return string[]|nil names  sorted
---@return aicore.Error? err   also where some are lacking
function groups.names(caller, request, deadline)
  local asked = assert(caller:request("resource_groups", { correlation_id = request.options.correlation_id }))
  local list, list_err = groups.list(caller, asked, deadline)
  if not list then
    return nil, list_err
  end
  local names, known = {}, {}
  for _, group in ipairs(list) do
    local name = group.resourceGroupId
    if not known[name] then
      names[#names + 1], known[name] = name, true
    end
  end
  table.sort(names)
  local ready, err = prepare(caller, request, names, deadline)
  return ready and names or nil, err and not ready and err or list_err
end

--- Does the same for each of these.
---@param runtime aicore.Runtime
---@param names string[]
---@param act fun(name: string): any, aicore.Error?
---@return table<string, any> values          by name
---@return table<string, aicore.Error> errs   by name
---@return boolean cancelled  the host has ended it: some may have neither
function groups.each_name(runtime, names, act)
  local values, errs, functions = {}, {}, {}
  for i, name in ipairs(names) do
    functions[i] = function()
      values[name], errs[name] = act(name)
    end
  end
  local _, cancelled = runtime.gather(functions, AT_ONCE)
  return values, errs, cancelled
end

local function ended(request)
  return errors.new { kind = "cancelled", message = "ended by the host", operation = request.operation.name }
end

--- One error of all that could not be read: of the kind of the first, and with each in `groups`.
---@param names string[]
---@param errs table<string, aicore.Error>
---@param operation string
---@return aicore.Error? err  nil: there is none
local function unread(names, errs, operation)
  local failed = {}
  for _, name in ipairs(names) do
    failed[#failed + 1] = errs[name] and name or nil
  end
  local first = errs[failed[1]]
  if not first then
    return
  end
  local told = words.some(failed, "; ", function(name)
    return ("%s: %s"):format(name, errs[name].message)
  end)
  return errors.new {
    kind = first.kind,
    status = first.status,
    operation = operation,
    message = ("%d of %d resource groups could not be read (%s)"):format(#failed, #names, told),
    retryable = first.retryable,
    groups = errs,
  }
end

--- The same request in each group. Returns what came of it, in the order of their names.
---@param act fun(request: aicore.Request, count: integer): any, aicore.Error?  count: of the groups
---@return any[]|nil values
---@return aicore.Error? err
local function in_each(caller, request, deadline, act)
  local names, err = groups.names(caller, request, deadline)
  if not names then
    return nil, err
  end
  local found, errs, cancelled = groups.each_name(caller.runtime, names, function(name)
    return act(groups.at(request, name), #names)
  end)
  if cancelled then
    return nil, ended(request)
  end
  local values = {}
  for _, name in ipairs(names) do
    values[#values + 1] = found[name]
  end
  return values, unread(names, errs, request.operation.name) or err
end

--- All records that belong, in one table: of the group of the request, or of all.
---@param caller aicore.Caller
---@param request aicore.Request  of the operation "list"
---@param deadline number
---@param belongs (fun(record: table): boolean)?
---@param keep (fun(record: table): any)?  what to keep of each
---@param size integer?  records per page of one group
---@return table[]|nil records  what could be read, if all groups are meant
---@return aicore.Error? err    and which could not
function groups.all(caller, request, deadline, belongs, keep, size)
  if not request.everywhere then
    return caller:all(request, deadline, belongs, keep, size)
  end
  local lists, err = in_each(caller, request, deadline, function(own, count)
    return caller:all(own, deadline, belongs, keep, groups.page_size(count))
  end)
  local records = {}
  for _, list in ipairs(lists or {}) do
    for _, record in ipairs(list) do
      records[#records + 1] = record
    end
  end
  return result(lists and records, err)
end

local function mark()
  return true
end

--- How many belong.
---@param caller aicore.Caller
---@param request aicore.Request  of the operation "count", or if there is a predicate "list"
---@param deadline number
---@param belongs (fun(record: table): boolean)?
---@return integer|nil count   of what could be read, if all groups are meant
---@return aicore.Error? err   and which could not
function groups.count(caller, request, deadline, belongs)
  if belongs then
    local found, err = groups.all(caller, request, deadline, belongs, mark)
    return result(found and #found, err)
  elseif not request.everywhere then
    return caller:perform(request, deadline)
  end
  local counts, err = in_each(caller, request, deadline, function(own)
    return caller:perform(own, deadline)
  end)
  local sum = 0
  for _, count in ipairs(counts or {}) do
    sum = sum + count
  end
  return result(counts and sum, err)
end

--- A function that gives the records of one group after the other. Of some groups the first pages are read together.
---@param lacking aicore.Error?  there are other groups: told at the end
local function one_by_one(caller, request, deadline, belongs, names, lacking)
  local ready, at, records = {}, 0, nil
  local function read_ahead()
    local window = {}
    for i = at, math.min(at + AHEAD - 1, #names) do
      window[#window + 1] = names[i]
    end
    groups.each_name(caller.runtime, window, function(name)
      ready[name] = pages.each(caller:read(groups.at(request, name), deadline):prime(), belongs)
    end)
  end
  return function()
    while records or at < #names do
      if not records then
        at = at + 1
        if not ready[names[at]] then
          read_ahead()
        end
        records, ready[names[at]] = ready[names[at]], nil
      end
      local record, err
      if records then
        record, err = records()
      else -- the host has ended it
        at = #names
        record, err = false, ended(request)
      end
      if record ~= nil then
        return record, err
      end
      records = nil
    end
    local err = lacking
    lacking = nil
    if err then
      return false, err
    end
  end
end

--- The same one by one. A group that cannot be read gives `false, err`; the others follow all the same.
---@param caller aicore.Caller
---@param request aicore.Request
---@param deadline number
---@param belongs (fun(record: table): boolean)?
---@return fun(): table|false|nil, aicore.Error?
function groups.each(caller, request, deadline, belongs)
  if not request.everywhere then
    return pages.each(caller:read(request, deadline), belongs)
  end
  local step, over
  return function()
    if not step and not over then
      local names, err = groups.names(caller, request, deadline)
      over = not names
      if over then
        return false, err
      end
      step = one_by_one(caller, request, deadline, belongs, names, err)
    end
    if step then
      return step()
    end
  end
end

return groups
