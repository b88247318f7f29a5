--- The goals of fleet/ over the emulated AI Core in this process, on a virtual clock: ten minutes take none.
--     local c = virtual_client.new { settings = { stop_time = 300 } }
--     local report = c.run(function() return c:teardown(ids) end)

local answers = require "aicore.emulator.answers"
local emulators = require "aicore.emulator"
local fake = require "aicore.emulator.caller"
local fleet = require "aicore.fleet"
local virtual = require "aicore.runtime.virtual"

local START = 1700000000

---@class spec.VirtualClient
---@field emulator aicore.emulator.Emulator
---@field runtime aicore.VirtualRuntime
---@field caller aicore.Caller
---@field sent table[]       what the service was asked: { name, id, items, at, answer }
---@field bytes integer      that it has answered, if they are counted
local Client = {}
Client.__index = Client

for name, act in pairs(fleet) do
  Client[name == "find" and "find_one" or name] = function(self, ...)
    return act(self.caller, ...)
  end
end

--- The emulator as this client sees it: what it asks and what it is answered is noted.
local function observed(self, emulator, count_bytes)
  local seen = setmetatable({}, { __index = emulator })
  function seen.admit(_, call, now)
    local note = { name = call.operation, id = call.id, at = now, items = call.body and call.body[call.resource] }
    self.sent[#self.sent + 1], call.note = note, note
    return emulator:admit(call, now)
  end
  function seen.answer(_, call, now)
    local answer = emulator:answer(call, now)
    call.note.answer, call.note.status = answer, answer and answer.status
    if count_bytes and answer then
      self.bytes = self.bytes + #answers.encode(answer)
    end
    return answer
  end
  return seen
end

--- A client, and a service of its own or that of another client.
---@param options { settings: table?, seed: integer?, bytes: boolean?, beside: spec.VirtualClient?,
---                 on_attempt: function? }  beside: whose service it is
---@return spec.VirtualClient
function Client.new(options)
  local beside = options.beside
  local self = setmetatable({ sent = {}, bytes = 0 }, Client)
  self.runtime = beside and beside.runtime or virtual.new { start = START }
  self.emulator = beside and beside.emulator or emulators.new { settings = options.settings, seed = options.seed }
  self.caller = fake.new {
    emulator = observed(self, self.emulator, options.bytes),
    runtime = self.runtime,
    seed = options.seed,
    on_attempt = options.on_attempt,
  }
  return self
end

function Client:run(fn)
  return self.runtime.run(fn)
end

--- Runs functions at the same time. What each has returned.
function Client:together(functions)
  return self:run(function()
    return (self.runtime.gather(functions, #functions))
  end)
end

--- So many more, with these fields; their ids.
function Client:seed(count, fields)
  local ids = {}
  for i = 1, count do
    local seed = {}
    for name, value in pairs(fields or {}) do
      seed[name] = value
    end
    ids[i] = self.emulator.world:seed(seed, self.runtime.now()).id
  end
  return ids
end

function Client:fault(fault)
  assert(self.emulator.faults:add(fault))
end

--- What is shown of one; nil: it is gone.
function Client:find(id, group)
  self.emulator.world:advance(self.runtime.now())
  return self.emulator.world:get(group or "default", id)
end

--- How often it was asked, by operation, and in total.
function Client:requests()
  local counts = { total = #self.sent }
  for _, one in ipairs(self.sent) do
    counts[one.name] = (counts[one.name] or 0) + 1
  end
  return counts
end

--- What the journal says of each id: { stop = n, delete = n, gone = n, … }.
function Client:effects()
  local by_id = {}
  for _, entry in ipairs(self.emulator.journal:since(0)) do
    local of = by_id[entry.id] or {}
    by_id[entry.id] = of
    of[entry.what] = (of[entry.what] or 0) + 1
  end
  return by_id
end

--- How often a stop or delete of one was sent, alone or in a batch: [id .. " stop"] = n.
function Client:deeds()
  local counts = {}
  local function count(id, deed)
    counts[id .. " " .. deed] = (counts[id .. " " .. deed] or 0) + 1
  end
  for _, one in ipairs(self.sent) do
    if one.name == "stop" or one.name == "delete" then
      count(one.id, one.name)
    end
    for _, item in ipairs(one.items or {}) do
      count(item.id, item.targetStatus == "STOPPED" and "stop" or "delete")
    end
  end
  return counts
end

function Client:now()
  return self.runtime.now() - START
end

return Client
