--- Does the service take batches of a resource? It says so itself, and is asked once, by one call for all; where there
-- is no answer, they do without.

local single_flight = require "aicore.call.single_flight"

local batches = {}

--- A function that asks what the service can do, on behalf of all: it outlives the coroutine that begins it.
local function ask(caller, request, deadline)
  local service, resource = caller.service, caller.resource
  return function()
    local reply = caller:perform(request, deadline)
    if reply then
      local updates = (reply.aiApi.capabilities or {}).bulkUpdates or {}
      service.batches[resource] = updates[resource] == true
    end
    service.asking[resource] = nil
  end
end

--- Whether it takes those of the caller's resource.
---@param caller aicore.Caller
---@param deadline number  on the runtime's clock
---@return boolean
function batches.are_taken(caller, deadline)
  local runtime, service, resource = caller.runtime, caller.service, caller.resource
  local flight, now = service.asking[resource], runtime.now()
  if service.batches[resource] ~= nil then
    return service.batches[resource]
  elseif flight and not flight:is_abandoned(now) then
    flight:follow(runtime, deadline, caller.session)
  else
    flight = single_flight.new(now)
    flight.request = assert(caller:request "capabilities")
    service.asking[resource] = flight
    flight:run(runtime, ask(caller, flight.request, deadline))
  end
  return service.batches[resource] or false
end

return batches
