--- Sends items whose only batch has the answer that is given here.

local errors = require "aicore.model.errors"
local sends = require "aicore.fleet.sends"
local shape = require "aicore.model.shape"

local IDS = { "d000", "d001", "d002", "d003", "d004" }

--- A group whose batches all have this answer, and whose single calls all succeed.
local function group_of(reply, err)
  local singles = {}
  local function single(_, id)
    singles[id] = true
    return { id = id }
  end
  return {
    takes_batches = function()
      return true
    end,
    says_absent = function(_, code)
      return code == "01010016"
    end,
    batch = function()
      if reply then
        shape.check("items", reply, nil, "deployments")
      end
      return reply and reply.deployments, err
    end,
    stop = single,
    delete = single,
    runtime = {
      now = function()
        return 0
      end,
      gather = function(functions)
        local results, i = {}, 1
        while functions[i] do -- the list may grow meanwhile
          results[i] = functions[i]()
          i = i + 1
        end
        return results, false
      end,
    },
  },
    singles
end

--- What the answer says of an id at last: with or without an error, or nothing.
local function said_of(reply, id)
  local said
  for _, entry in ipairs(reply and reply.deployments or {}) do
    if entry.id == id then
      said = entry.error == nil and "granted" or "refused"
    end
  end
  return said
end

local WORDS = { accepted = true, refused = true, lost = true, missing = true, denied = true }

---@param reply table?
---@param err table?
return function(reply, err)
  local told = {}
  local group, singles = group_of(reply, err and errors.new(err))
  local looks = {
    tell = function(_, id, method, ...)
      if method == "answered" then
        local _, answer, refusal = ...
        assert(not told[id], "an item was told of twice")
        assert(WORDS[answer], answer)
        assert((answer == "accepted") == (refusal == nil), "an error, or none")
        if refusal then
          assert(errors.is(refusal) and type(tostring(refusal)) == "string")
          assert(type(refusal.message) == "string" and type(refusal.kind) == "string")
        end
        told[id] = answer
      end
    end,
  }
  local actions = {}
  for i = 1, #IDS do
    actions[i] = i % 2 == 0 and "stop" or "delete"
  end
  sends.new(group, looks):send(IDS, actions, 0)
  for _, id in ipairs(IDS) do
    local said = said_of(reply, id)
    assert(told[id], "an item was not told of")
    assert(told[id] ~= "accepted" or singles[id] or said == "granted", "nobody granted it")
    assert(told[id] == "accepted" or said ~= "granted", "it was granted")
    assert(not singles[id] or not reply, "sent again although there was an answer")
  end
end
