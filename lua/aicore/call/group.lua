--- What fleet/ gets of a caller: the operations that it needs, in one resource group, and nothing else of a client.

---@class aicore.Group
---@field runtime aicore.Runtime
---@field random fun(): number  in [0, 1)
---@field private caller aicore.Caller
---@field private options { resource_group: string?, retry: boolean? }
local Group = { __name = "aicore.group" }
Group.__index = Group

local group = {}

---@param caller aicore.Caller
---@param options { resource_group: string?, retry: boolean? }  resource_group: instead of the session's
---@return aicore.Group
function group.new(caller, options)
  return setmetatable({
    caller = caller,
    runtime = caller.runtime,
    random = caller.clock.random,
    options = { resource_group = options.resource_group, retry = options.retry },
  }, Group)
end

--- The arguments were checked when the call began, so a complaint is a fault of this program.
local function request(self, name, ...)
  return assert(self.caller:request(name, self.options, ...))
end

--- One record, by GET.
---@param id string
---@param deadline number  on the runtime's clock, as with all that follow
---@return table|nil record
---@return aicore.Error? err
function Group:status(id, deadline)
  return self.caller:perform(request(self, "status", id), deadline)
end

---@param id string
---@param deadline number
---@return table|nil accepted
---@return aicore.Error? err
function Group:stop(id, deadline)
  return self.caller:change(request(self, "stop", id), deadline)
end

---@param id string
---@param deadline number
---@return table|nil accepted
---@return aicore.Error? err
function Group:delete(id, deadline)
  return self.caller:change(request(self, "delete", id), deadline)
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

--- All records of the group, page by page.
---@param deadline number
---@return aicore.NextPage
function Group:pages(deadline)
  return self.caller:pages(request(self, "list"), deadline)
end

--- Does the service take batches of this resource? It says so itself; no answer means no, this time.
---@param deadline number
---@return boolean
function Group:takes_batches(deadline)
  return self.caller:takes_batches(deadline)
end

--- Was it created by this client just now?
---@param id string
---@return boolean
function Group:is_fresh(id)
  return self.caller:is_fresh(id)
end

--- The requests that the client has sent so far, logins included.
---@return integer
function Group:requests()
  return self.caller:requests()
end

return group
