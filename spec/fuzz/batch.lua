--- Sends items through the dispatch, whose only batch has the answer that is given here.

local dispatch = require "aicore.fleet.dispatch"
local errors = require "aicore.model.errors"
local shape = require "aicore.model.shape"

local IDS = { "d000", "d001", "d002", "d003", "d004" }

--- A port whose batches all have this answer, and whose single calls all succeed.
local function port_of(reply, err)
  local singles = {}
  local function single(_, id)
    singles[id] = true
    return { id = id }
  end
  return {
    takes_batches = function()
      return true
    end,
    batch = function()
      if reply then
        shape.check("items", reply, { options = { resource = "deployments" } })
      end
      return reply and reply.deployments, err
    end,
    stop = single,
    delete = single,
    runtime = {
      gather = function(functions)
        local results = {}
        for i, run in ipairs(functions) do
          results[i] = run()
        end
        return results, false
      end,
    },
  },
    singles
end

--- Does the answer name this id without an error?
local function grants(reply, id)
  for _, entry in ipairs(reply and reply.deployments or {}) do
    if entry.id == id and entry.error == nil then
      return true
    end
  end
end

---@param reply table?
---@param err table?
return function(reply, err)
  local told = {}
  local function tell(item, word)
    assert(not told[item], "an item was told of twice")
    told[item] = word
  end
  local port, singles = port_of(reply, err and errors.new(err))
  local sender = dispatch.new(port, function(item)
    tell(item, "accepted")
  end, function(item, refusal)
    assert(errors.is(refusal) and type(tostring(refusal)) == "string")
    assert(type(refusal.message) == "string" and type(refusal.kind) == "string")
    tell(item, "refused")
  end)
  local items = {}
  for i, id in ipairs(IDS) do
    items[i] = { id = id, targetStatus = i % 2 == 0 and "STOPPED" or "DELETED" }
  end
  sender:send(items, 0)
  for _, item in ipairs(items) do
    assert(told[item] ~= "accepted" or singles[item.id] or grants(reply, item.id), "nobody granted it")
    assert(not singles[item.id] or not reply, "sent again although there was an answer")
  end
end
