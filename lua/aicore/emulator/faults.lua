-- Faults on demand: which requests fail, and how.
-- Rule: a request meets one fault at most, the oldest that fires; one that lets the request pass leaves it to the next.

---@class aicore.emulator.Fault
---@field operation string       an operation's name, or "*" for every request
---@field id string|nil          only requests that name this deployment
---@field skip integer|nil       let this many matching requests pass first
---@field times integer|nil      fire this many times, default 1; 0: always
---@field probability number|nil fire with this probability, default 1
---@field latency number|nil     seconds to wait before anything happens
---@field status integer|nil     answer this instead
---@field effect boolean|nil     with status: let the request take effect all the same
---@field headers table<string, string>|nil
---@field body string|table|nil  a table is sent as JSON; default: what the gateway would say
---@field drop "before"|"during"|"after"|nil  lose the connection: before or after the effect, or amid the body
---@field expire_tokens boolean|nil
---@field fired integer          how often it has fired

---@class aicore.emulator.Faults
---@field private draw fun(): number
---@field private operations table<string, boolean>
---@field private list aicore.emulator.Fault[]
local Faults = {}
Faults.__index = Faults

local function whole(value)
  return type(value) == "number" and value >= 0 and value % 1 == 0
end

local function is_a(kind)
  return function(value)
    return type(value) == kind
  end
end

local function printable(value)
  return (type(value) == "string" or type(value) == "number") and not tostring(value):find "%c"
end

local function headers(value)
  if type(value) ~= "table" then
    return false
  end
  for name, content in pairs(value) do
    if type(name) ~= "string" or not name:find "^[%w-]+$" or not printable(content) then
      return false
    end
  end
  return true
end

local DROPS = { before = true, during = true, after = true }

local FIELDS = {
  operation = is_a "string",
  id = is_a "string",
  skip = whole,
  times = whole,
  probability = function(value)
    return type(value) == "number" and value >= 0 and value <= 1
  end,
  latency = function(value)
    return type(value) == "number" and value >= 0 and value < math.huge
  end,
  status = function(value)
    return whole(value) and value >= 200 and value <= 599
  end,
  effect = is_a "boolean",
  headers = headers,
  body = function(value)
    return type(value) == "string" or type(value) == "table"
  end,
  drop = function(value)
    return DROPS[value] == true
  end,
  expire_tokens = is_a "boolean",
}

--- Adds a fault.
---@param fault aicore.emulator.Fault
---@return true|nil
---@return string|nil problem
function Faults:add(fault)
  for name, value in pairs(fault) do
    if not FIELDS[name] then
      return nil, ("unknown field %s"):format(tostring(name))
    end
    if not FIELDS[name](value) then
      return nil, ("bad value of %s"):format(name)
    end
  end
  if not self.operations[fault.operation] then
    return nil, "operation must name an operation, or be *"
  end
  fault.skip, fault.times, fault.fired = fault.skip or 0, fault.times or 1, 0
  self.list[#self.list + 1] = fault
  return true
end

-- Does a request name the deployment, in its path or in its batch? Nobody has looked at the body yet.
local function names(call, id)
  if call.id == id then
    return true
  end
  local items = call.body and call.resource and call.body[call.resource]
  for _, item in ipairs(type(items) == "table" and items or {}) do
    if type(item) == "table" and item.id == id then
      return true
    end
  end
  return false
end

local function concerns(fault, operation, call)
  if fault.operation ~= "*" and fault.operation ~= operation then
    return false
  end
  return fault.id == nil or names(call, fault.id)
end

local function fires(fault, draw)
  if fault.skip > 0 then
    fault.skip = fault.skip - 1
    return false
  end
  return fault.probability == nil or draw() < fault.probability
end

--- The fault that a request meets, if any.
---@param operation string
---@param call { id: string|nil, resource: string|nil, body: table|nil }  what the request names
---@return aicore.emulator.Fault|nil
function Faults:meet(operation, call)
  for i, fault in ipairs(self.list) do
    if concerns(fault, operation, call) and fires(fault, self.draw) then
      fault.fired = fault.fired + 1
      if fault.fired == fault.times then
        table.remove(self.list, i)
      end
      return fault
    end
  end
  return nil
end

--- The faults that are still to come.
---@return aicore.emulator.Fault[]
function Faults:all()
  return self.list
end

--- Forgets them all.
function Faults:clear()
  self.list = {}
end

local faults = {}

---@param draw fun(): number  randomness, for probabilities
---@param operations string[]  the names that a fault may use
---@return aicore.emulator.Faults
function faults.new(draw, operations)
  local known = { ["*"] = true }
  for _, name in ipairs(operations) do
    known[name] = true
  end
  return setmetatable({ draw = draw, operations = known, list = {} }, Faults)
end

return faults
