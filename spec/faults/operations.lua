--- The operations of the fault matrix: how each is called, and what may be said of it afterwards.
--
-- { name, on = the operation that gets the fault (name), id, body = what a request of it is about,
--   deployments = { id = status } at first, changes = does it change anything?, once = may it be sent only once?,
--   call(client, opts) -> result, err
--   lie(result, journal) -> what is said that did not happen, or nil
--   happened(journal) -> boolean }

local operations = {}

local ID, OTHER, RUNNING = "d748fdae9f88a9b0", "d748fdae9f88a9b1", "d748fdae9f88a9b2"

local function status_lie(result)
  if result.id ~= ID or result.status ~= "RUNNING" then
    return "it is not so: " .. tostring(result.id) .. " " .. tostring(result.status)
  end
end

local function missing(ids, list)
  for _, id in ipairs(ids) do
    if not list[id] then
      return id .. " was not"
    end
  end
end

local function of_id(list)
  return function(result, journal)
    return missing({ result.id }, journal[list])
  end
end

local function any(list)
  return function(journal)
    return next(journal[list]) ~= nil
  end
end

--- Drops the token: the next call logs in.
local function forget_token(client)
  client.caller.login:expire()
end

local DELETE_TWO = { { id = ID, targetStatus = "DELETED" }, { id = RUNNING, targetStatus = "DELETED" } }
-- Tells the server how long an answer is going to be.
local ITEM = '{"id":"%s","targetStatus":"DELETED"}'
local BODY = ('{"deployments":[%s,%s]}'):format(ITEM:format(ID), ITEM:format(RUNNING))

operations.list = {
  {
    name = "login",
    deployments = { [ID] = "RUNNING" },
    call = function(client, opts)
      forget_token(client)
      return client:status(ID, opts)
    end,
    lie = status_lie,
  },
  {
    name = "status",
    id = ID,
    deployments = { [ID] = "RUNNING" },
    call = function(client, opts)
      return client:status(ID, opts)
    end,
    lie = status_lie,
  },
  {
    name = "list",
    deployments = { [ID] = "RUNNING", [OTHER] = "STOPPED" },
    call = function(client, opts)
      local filter = { retry = opts.retry, timeout = opts.timeout }
      return client:list(filter)
    end,
    lie = function(result)
      if #result ~= 2 or result[1].id ~= ID or result[2].id ~= OTHER or result[2].status ~= "STOPPED" then
        return "it is not so: " .. #result
      end
    end,
  },
  {
    name = "count",
    deployments = { [ID] = "RUNNING" },
    call = function(client, opts)
      return client:count { retry = opts.retry, timeout = opts.timeout }
    end,
    lie = function(result)
      return result ~= 1001 and "it is not so: " .. tostring(result) or nil
    end,
  },
  {
    name = "stop",
    id = ID,
    deployments = { [ID] = "RUNNING" },
    changes = true,
    call = function(client, opts)
      return client:stop(ID, opts)
    end,
    lie = of_id "stopped",
    happened = any "stopped",
  },
  {
    name = "delete",
    id = ID,
    deployments = { [ID] = "STOPPED" },
    changes = true,
    call = function(client, opts)
      return client:delete(ID, opts)
    end,
    lie = of_id "deleted",
    happened = any "deleted",
  },
  {
    name = "batch",
    body = BODY,
    deployments = { [ID] = "STOPPED", [RUNNING] = "RUNNING" },
    changes = true,
    once = true,
    call = function(client, opts)
      local own = { retry = opts.retry, timeout = opts.timeout }
      local request = assert(client.caller:request("batch", own, DELETE_TWO))
      return client.caller:perform(request, client.caller:deadline(request))
    end,
    lie = function(result, journal)
      for _, entry in ipairs(result.deployments) do
        local lie = not entry.error and missing({ entry.id }, journal.deleted)
        if lie then
          return lie
        end
      end
    end,
    happened = any "deleted",
  },
  {
    name = "create",
    changes = true,
    once = true,
    deployments = {},
    call = function(client, opts)
      return client:create("conf-1", opts)
    end,
    lie = function(result, journal)
      for _, id in ipairs(journal.created) do
        if id == result.id then
          return nil
        end
      end
      return tostring(result.id) .. " was not created"
    end,
    happened = any "created",
  },
}

--- Many at once, by batches that get the fault.
operations.fleet = {
  name = "delete_all",
  on = "batch",
  body = BODY,
  deployments = { [ID] = "STOPPED", [OTHER] = "STOPPED", dead0001 = "STOPPED", dead0002 = "STOPPED" },
  changes = true,
  call = function(client, opts)
    local report = client:delete_all({ ID, OTHER, "dead0001", "dead0002" }, { timeout = opts.timeout })
    local _, err = next(report.failed)
    if err then
      return nil, err
    end
    return report
  end,
  lie = function(report, journal)
    return #report.deleted + #report.absent ~= 4 and "not all"
      or missing(report.deleted, journal.deleted)
      or missing(report.absent, journal.deleted)
  end,
}

return operations
