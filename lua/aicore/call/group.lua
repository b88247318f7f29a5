--- What fleet/ gets of a caller: the operations that it needs, in one resource group, and nothing else of a client.

local merged = require "aicore.model.merged"

---@class aicore.Group
---@field runtime aicore.Runtime
---@field resource "deployments"|"executions"
---@field random fun(): number  in [0, 1)
---@field private page_size integer?  records, where a look does not say how many
---@field private caller aicore.Caller
---@field private options { resource_group: string?, retry: boolean?, correlation_id: string? }
local Group = { __name = "aicore.group" }
Group.__index = Group

local group = {}

---@param caller aicore.Caller
---@param options { resource_group: string?, retry: boolean?, correlation_id: string?, page_size: integer? }
---       resource_group: instead of the session's
---@return aicore.Group
function group.new(caller, options)
  return setmetatable({
    caller = caller,
    runtime = caller.runtime,
    resource = caller.resource,
    random = caller.clock.random,
    page_size = options.page_size,
    options = {
      resource_group = options.resource_group,
      retry = options.retry,
      correlation_id = options.correlation_id,
    },
  }, Group)
end

--- An error of something that takes long says what it is about, too.
---@param fields table
---@return table fields  the same
function Group:about(fields)
  fields.resource, fields.resource_group = self.resource, self.options.resource_group or self.caller.resource_group
  fields.correlation_id = self.options.correlation_id
  return fields
end

--- The arguments were checked when the call began, so a complaint is a fault of this program.
local function request(self, name, ...)
  return assert(self.caller:request(name, self.options, ...))
end

--- One that needs no more than an id.
local function about_one(self, name, id, deadline)
  local reply, wanted = self.caller:at_once(name, id, deadline, self.options)
  if reply ~= nil then
    return reply
  end
  return self.caller:perform(wanted or request(self, name, id), deadline)
end

--- One record, by GET.
---@param id string
---@param deadline number  on the runtime's clock, as with all that follow
---@return table|nil record
---@return aicore.Error? err
function Group:status(id, deadline)
  return about_one(self, "status", id, deadline)
end

--- A stop as it is answered; what came of it, a look has to tell.
---@param id string
---@param deadline number
---@return table|nil accepted
---@return aicore.Error? err
function Group:stop(id, deadline)
  return about_one(self, "stop", id, deadline)
end

--- A delete, likewise.
---@param id string
---@param deadline number
---@return table|nil accepted
---@return aicore.Error? err
function Group:delete(id, deadline)
  return about_one(self, "delete", id, deadline)
end

--- An update, likewise.
---@param id string
---@param deadline number
---@param configuration_id string
---@return table|nil accepted
---@return aicore.Error? err
function Group:update(id, deadline, configuration_id)
  return self.caller:perform(request(self, "update", id, configuration_id), deadline)
end

--- A create; see Caller:create.
---@param configuration_id string
---@param ttl string?
---@param deadline number
---@return table|nil created
---@return aicore.Error? err
function Group:create(configuration_id, ttl, deadline)
  local options = merged(self.options, { ttl = ttl })
  return self.caller:create(assert(self.caller:request("create", options, configuration_id)), deadline)
end

--- Makes a configuration.
---@param body string  JSON
---@param deadline number
---@return table|nil made
---@return aicore.Error? err
function Group:configure(body, deadline)
  return self.caller:perform(request(self, "configure", body), deadline)
end

--- All that a query finds, every page of it.
---@param name "list"|"configurations"
---@param query table
---@param deadline number
---@param belongs (fun(record: table): boolean)?
---@return table[]|nil records
---@return aicore.Error? err
---@return number? date  the service's clock, if it shows one: s since the epoch
function Group:all(name, query, deadline, belongs)
  local wanted = assert(self.caller:request(name, merged(query, self.options)))
  wanted.dated = true
  local records, err = self.caller:all(wanted, deadline, belongs)
  return records, err, wanted.date
end

--- Stops and deletes of up to a hundred by one request.
---@param items aicore.Item[]
---@param deadline number
---@return { id: string, message: string?, error: table? }[]|nil answers
---@return aicore.Error? err
function Group:batch(items, deadline)
  local wanted = request(self, "batch", items)
  local reply, err = self.caller:perform(wanted, deadline)
  if not reply then
    return nil, err
  end
  return reply[wanted.options.resource]
end

--- The list of the group, to be read page by page.
---@param deadline number
---@param size integer?  records per page
---@return aicore.Reader
function Group:read(deadline, size)
  return self.caller:read(request(self, "list"), deadline, size or self.page_size)
end

--- Does the service take batches of this resource? It says so itself; no answer means no, this time.
---@param deadline number
---@return boolean
function Group:takes_batches(deadline)
  return self.caller:takes_batches(deadline)
end

--- Does an error's code say that there is no such record?
---@param code string
---@return boolean
function Group:says_absent(code)
  return self.caller:says_absent(code)
end

--- Until when "not found" may only mean "not yet" of one that this client has created.
---@param id string
---@return number?  on the runtime's clock
function Group:appears_by(id)
  return self.caller:appears_by(id)
end

--- Was the client closed?
---@return boolean
function Group:is_closed()
  return self.caller.session:closed()
end

--- The requests that the client has sent so far, logins included.
---@return integer
function Group:requests()
  return self.caller:requests()
end

return group
