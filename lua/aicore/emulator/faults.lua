-- Faults on demand: which requests fail and how, and which effects do not take place.
-- Rules: a request meets one fault at most, the oldest that fires; one that lets it pass leaves it to the next.
--   So does an effect that would take place otherwise, alone or in a batch: with `refuse` or `ignore` a fault is about
--   effects, else about requests.

local fields = require "aicore.emulator.fields"

---@class aicore.emulator.Fault
---@field operation string       an operation's name, or "*" for every request
---@field id string|nil          only requests that name this deployment
---@field resource_group string|nil  only requests in this group
---@field skip integer|nil       let this many matching requests pass first
---@field times integer|nil      fire this many times, default 1, with `lasts` 0; 0: always
---@field lasts number|nil       seconds from when it first fires until it is over
---@field probability number|nil fire with this probability, default 1
---@field latency number|nil     seconds to wait before anything happens
---@field status integer|nil     answer this instead
---@field effect boolean|nil     with status: let the request take effect all the same
---@field headers table<string, string>|nil
---@field body string|table|nil  a table is sent as JSON; default: what the voice says
---@field voice "gateway"|"service"|"model"|"page"|nil  who says it: what stands in front of AI Core (default), AI Core
---                              itself, a model that it passes on ("code" is the HTTP status), or an HTML page
---@field drop "before"|"during"|"after"|nil  lose the connection: before or after the effect, or amid the body
---@field expire_tokens boolean|nil
---@field refuse integer|nil     a stop, delete or update (the operation, or "*") is refused in AI Core's words, with
---                              this status: 400, 404, 409, 412, 422 or 423
---@field ignore boolean|nil     it is accepted, and nothing happens
---@field ends number|nil        when it is over: seconds since 1970, known once it has fired
---@field fired integer          how often it has fired

---@class aicore.emulator.Faults
---@field private draw fun(): number
---@field private operations table<string, boolean>
---@field private of_requests aicore.emulator.Fault[]
---@field private of_effects aicore.emulator.Fault[]
local Faults = {}
Faults.__index = Faults

local is_a, is_whole = fields.is_a, fields.is_whole

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

local VOICES = { gateway = true, service = true, model = true, page = true }
local DROPS = { before = true, during = true, after = true }

local REFUSALS = { [400] = true, [404] = true, [409] = true, [412] = true, [422] = true, [423] = true }

local FIELDS = {
  operation = is_a "string",
  id = is_a "string",
  resource_group = is_a "string",
  skip = is_whole,
  times = is_whole,
  probability = function(value)
    return type(value) == "number" and value >= 0 and value <= 1
  end,
  latency = fields.is_span,
  status = function(value)
    return is_whole(value) and value >= 200 and value <= 599
  end,
  effect = is_a "boolean",
  headers = headers,
  body = function(value)
    return type(value) == "string" or type(value) == "table"
  end,
  voice = function(value)
    return VOICES[value] == true
  end,
  drop = function(value)
    return DROPS[value] == true
  end,
  expire_tokens = is_a "boolean",
  lasts = function(value)
    return fields.is_span(value) and value > 0
  end,
  refuse = function(value)
    return REFUSALS[value] == true
  end,
  ignore = function(value)
    return value == true
  end,
}

local OF_REQUESTS = { "latency", "status", "effect", "headers", "body", "voice", "drop", "expire_tokens" }
local EFFECTS = { ["*"] = true, stop = true, delete = true, update = true }

local function is_about_effects(fault)
  return fault.refuse ~= nil or fault.ignore ~= nil
end

-- What does not go together in a fault that is about effects.
local function problem_of_effect(fault)
  if not EFFECTS[fault.operation] then
    return "refuse and ignore are about stop, delete, update or *"
  elseif fault.refuse and fault.ignore then
    return "refuse and ignore exclude each other"
  end
  for _, name in ipairs(OF_REQUESTS) do
    if fault[name] ~= nil then
      return ("%s does not go with refuse and ignore"):format(name)
    end
  end
end

--- Adds a fault.
---@param fault aicore.emulator.Fault
---@return true|nil
---@return string|nil problem
function Faults:add(fault)
  local problem = fields.problem(fault, FIELDS)
    or not self.operations[fault.operation] and "operation must name an operation, or be *"
    or is_about_effects(fault) and problem_of_effect(fault)
  if problem then
    return nil, problem
  end
  fault.skip, fault.times, fault.fired = fault.skip or 0, fault.times or (fault.lasts and 0 or 1), 0
  local list = is_about_effects(fault) and self.of_effects or self.of_requests
  list[#list + 1] = fault
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
  elseif fault.resource_group and fault.resource_group ~= call.group then
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

-- The oldest of a list that fires; those that are over are forgotten on the way.
local function first_of(list, draw, now, operation, call)
  local i = 1
  while list[i] do
    local fault = list[i]
    if fault.ends and now >= fault.ends then
      table.remove(list, i)
    elseif concerns(fault, operation, call) and fires(fault, draw) then
      fault.fired = fault.fired + 1
      fault.ends = fault.ends or fault.lasts and now + fault.lasts
      if fault.fired == fault.times then
        table.remove(list, i)
      end
      return fault
    else
      i = i + 1
    end
  end
  return nil
end

--- The fault that a request meets, if any.
---@param operation string
---@param call { id: string|nil, resource: string|nil, body: table|nil }  what the request names
---@param now number  seconds since 1970
---@return aicore.emulator.Fault|nil
function Faults:meet(operation, call, now)
  return first_of(self.of_requests, self.draw, now, operation, call)
end

--- The fault that keeps an effect from taking place, if any.
---@param action aicore.Action
---@param deployment aicore.emulator.Deployment
---@param now number  seconds since 1970
---@return aicore.emulator.Fault|nil
function Faults:prevent(action, deployment, now)
  return first_of(self.of_effects, self.draw, now, action, deployment)
end

--- The faults that are still to come.
---@return aicore.emulator.Fault[]
function Faults:all()
  local all = {}
  for _, list in ipairs { self.of_requests, self.of_effects } do
    for _, fault in ipairs(list) do
      all[#all + 1] = fault
    end
  end
  return all
end

--- Forgets them all.
function Faults:clear()
  self.of_requests, self.of_effects = {}, {}
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
  return setmetatable({ draw = draw, operations = known, of_requests = {}, of_effects = {} }, Faults)
end

return faults
