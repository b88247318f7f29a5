--- Draws what a program asks of a service, and lets it run on the virtual clock: one call or several at once, in one
-- client or in two, with callbacks that raise, coroutines that are cancelled or killed, clients that are closed.

local callers = require "aicore.emulator.caller"
local emulators = require "aicore.emulator"
local fleet = require "aicore.fleet.methods"
local truth = require "spec.simulation.truth"
local virtual = require "aicore.runtime.virtual"

local task = {}

---@class simulation.Call
---@field method string
---@field client integer        1 or 2
---@field at number             s after the beginning
---@field timeout number        s
---@field ids string[]?         what it is asked for, in the order given
---@field filter aicore.Filter? the same
---@field goal string?          of a wait
---@field creates integer?      so many are created first, and belong to its ids
---@field raise_at integer?     the callback raises when it is called for this time
---@field cancel_at number?     s after the beginning: as Ctrl-C
---@field kill_at number?       s after the beginning: its coroutine gets no control any more
---@field ample boolean         there is time for everything
---@field began number?         what became of it, on the runtime's clock
---@field ended number?         nil: it has not come back
---@field ok boolean?           false: it raised
---@field result any
---@field err any
---@field told integer          calls of on_progress

---@class simulation.Task
---@field calls simulation.Call[]
---@field clients integer
---@field close_at number?      s after the beginning: the first client is closed

---@class simulation.Entry       a request as the service got it
---@field at number              when it was sent
---@field answered number?       when it was answered, or took effect without an answer
---@field client integer
---@field name string            of the operation
---@field id string?
---@field items table[]?         of a batch
---@field answer aicore.emulator.Answer?  nil: it was lost

---@class simulation.Course
---@field seed integer
---@field service simulation.Service
---@field task simulation.Task
---@field calls simulation.Call[]
---@field truth simulation.Truth
---@field requests simulation.Entry[]
---@field callers aicore.Caller[]
---@field began number
---@field idle_requests integer   that were sent after all calls had ended
---@field idle_coroutines integer that had not ended then

-- Drawing ------------------------------------------------------------------------------------------

local METHODS = {
  { 34, "teardown" },
  { 22, "teardown_filter" },
  { 13, "stop_all" },
  { 10, "delete_all" },
  { 15, "wait" },
  { 3, "stop" },
  { 3, "delete" },
}

local SIZES = {
  { 30, { 1, 1 } },
  { 25, { 2, 5 } },
  { 25, { 6, 40 } },
  { 12, { 41, 120 } },
  { 7.5, { 121, 300 } },
  { 0.5, { 1000, 1000 } },
}

--- How many deployments the task can be about.
---@param dice simulation.Dice
---@return integer
function task.size(dice)
  local range = dice:weighted(SIZES)
  return dice:integer(range[1], range[2])
end

local function mine_of(service)
  local ids = {}
  for _, deployment in ipairs(service.deployments) do
    ids[#ids + 1] = deployment.mine and deployment.id or nil
  end
  return ids
end

--- Most of them, in any order, now and then one that is not there, or one twice.
local function draw_ids(dice, ids)
  local drawn, share = {}, dice:chance(0.7) and 1 or dice:number(0.3, 1)
  for _, id in ipairs(ids) do
    if dice:chance(share) then
      table.insert(drawn, dice:integer(1, #drawn + 1), id)
    end
  end
  if dice:chance(0.25) or #drawn == 0 then
    drawn[#drawn + 1] = dice:id()
  end
  if dice:chance(0.15) then
    drawn[#drawn + 1] = drawn[1]
  end
  return drawn
end

local FILTERS = {
  {
    45,
    function()
      return { scenario_id = "scenario-mine" }
    end,
  },
  {
    15,
    function(dice)
      return { scenario_id = "scenario-mine", status = dice:pick { "RUNNING", "STOPPED", "DEAD" } }
    end,
  },
  {
    10,
    function(dice)
      return { configuration_id = dice:pick { "conf-a", "conf-b" } }
    end,
  },
  {
    10,
    function(dice)
      return { scenario_id = "scenario-mine", shard = { dice:integer(0, 1), 2 } }
    end,
  },
  {
    10,
    function(dice)
      return { scenario_id = "scenario-mine", older_than = dice:scale(60, 100000) }
    end,
  },
  {
    10,
    function()
      return { all = true }
    end,
  },
}

local GOALS = { { 45, "GONE" }, { 30, "STOPPED" }, { 15, "RUNNING" }, { 5, "DEAD" }, { 5, "PENDING" } }

local function one_id(dice, call, ids)
  call.ids = { dice:chance(0.9) and dice:pick(ids) or dice:id() }
end

--- What a call is about, by its method.
local TARGETS = {
  teardown = function(dice, call, ids)
    call.ids = draw_ids(dice, ids)
    call.creates = dice:chance(0.12) and dice:integer(1, 3) or nil
  end,
  teardown_filter = function(dice, call)
    call.method, call.filter = "teardown", dice:weighted(FILTERS)(dice)
  end,
  stop_all = function(dice, call, ids)
    call.ids = draw_ids(dice, ids)
  end,
  delete_all = function(dice, call, ids)
    call.ids = draw_ids(dice, ids)
  end,
  wait = function(dice, call, ids)
    one_id(dice, call, ids)
    call.goal = dice:weighted(GOALS)
  end,
  stop = one_id,
  delete = one_id,
}

local function phases(service)
  local settings = service.settings
  return settings.start_time + settings.stop_time + settings.delete_time
end

local function draw_timeout(dice, service, call)
  local kind = dice:weighted { { 15, "short" }, { 20, "tight" }, { 65, "ample" } }
  call.ample = kind == "ample"
  if kind == "short" then
    call.timeout = dice:scale(0.1, 5)
  elseif kind == "tight" then
    call.timeout = dice:number(0.3, 1.5) * (phases(service) + 1)
  else
    call.timeout = 2 * phases(service) + service.patience + dice:scale(1, 600)
  end
end

local function draw_call(dice, service, ids, at)
  local call = { method = dice:weighted(METHODS), client = 1, at = at, told = 0 }
  TARGETS[call.method](dice, call, ids)
  draw_timeout(dice, service, call)
  call.raise_at = dice:chance(0.04) and dice:integer(1, 4) or nil
  call.cancel_at = dice:chance(0.03) and at + dice:scale(0.05, 60) or nil
  call.kill_at = dice:chance(0.03) and at + dice:scale(0.05, 60) or nil
  return call
end

--- Draws a task.
---@param dice simulation.Dice
---@param service simulation.Service
---@return simulation.Task
function task.draw(dice, service)
  local self = { calls = {}, clients = dice:chance(0.06) and 2 or 1 }
  local count = dice:chance(0.7) and 1 or dice:chance(0.03) and 50 or dice:integer(2, 8)
  local ids, span = mine_of(service), dice:chance(0.4) and 0 or dice:scale(0.1, 60)
  for i = 1, count do
    local call = draw_call(dice, service, ids, i == 1 and 0 or dice:number(0, span))
    call.client = dice:integer(1, self.clients)
    self.calls[i] = call
  end
  self.close_at = dice:chance(0.04) and dice:scale(0.05, 100) or nil
  return self
end

-- Running ------------------------------------------------------------------------------------------

local START = 1700000000
local QUIET = 3600 -- s: what belongs to a call that has ended, is heard of within this time

--- An emulator as one client sees it: what it sends is written down.
local function observed(course, client)
  local emulator, sent = course.emulator, 0
  local seen = setmetatable({}, { __index = emulator })
  function seen.admit(_, call)
    sent = sent + 1
    call.request_id = ("c%d-%d"):format(client, sent)
    local items = call.body and call.resource and call.body[call.resource]
    local entry = { at = course.runtime.now(), client = client, name = call.operation, id = call.id, items = items }
    call.entry = entry
    course.requests[#course.requests + 1] = entry
    return emulator:admit(call)
  end
  function seen.answer(_, call, now)
    local answer = emulator:answer(call, now)
    call.entry.answered, call.entry.answer = now, answer
    return answer
  end
  return seen
end

local function new_caller(course, client)
  return callers.new {
    emulator = observed(course, client),
    runtime = course.runtime,
    seed = course.seed + client,
  }
end

local RAISED = "raised by the callback"

local function options_of(call)
  return {
    timeout = call.timeout,
    on_progress = function()
      call.told = call.told + 1
      if call.told == call.raise_at then
        error(RAISED, 0)
      end
    end,
  }
end

local function many(method)
  return function(caller, call)
    return fleet[method](caller, call.filter or call.ids, options_of(call))
  end
end

local function plain(name)
  return function(caller, call)
    local request = assert(caller:request(name, { timeout = call.timeout }, call.ids[1]))
    return caller:change(request, caller:deadline(request))
  end
end

local RUN = {
  teardown = many "teardown",
  stop_all = many "stop_all",
  delete_all = many "delete_all",
  stop = plain "stop",
  delete = plain "delete",
  wait = function(caller, call)
    return fleet.wait(caller, call.ids[1], call.goal, options_of(call))
  end,
}

local function create_some(caller, call)
  call.created = {}
  for i = 1, call.creates or 0 do
    local request = assert(caller:request("create", { timeout = 60 }, "conf-new"))
    local created = caller:create(request, caller:deadline(request))
    if created then
      call.created[i], call.ids[#call.ids + 1] = created.id, created.id
    end
  end
end

local function trace(failure)
  return failure == RAISED and failure or debug.traceback(tostring(failure), 2)
end

--- The coroutine of a call.
local function body_of(course, call)
  local runtime, caller = course.runtime, course.callers[call.client]
  return function()
    call.thread = coroutine.running()
    if not runtime.sleep(call.at) then
      return
    end
    if call.creates then
      create_some(caller, call)
    end
    call.began = runtime.now()
    call.ok, call.result, call.err = xpcall(RUN[call.method], trace, caller, call)
    call.ended = runtime.now()
  end
end

local DEEDS = {
  create = function(world, event, cause)
    local deployment = world:create("default", "conf-a", nil, cause)
    deployment.scenario_id = event.scenario_id
  end,
}

local function deed(action)
  return function(world, event, cause)
    local deployment = world:get("default", event.id)
    if deployment then
      world:change(deployment, action, cause, action == "update" and "conf-b" or nil)
    end
  end
end

DEEDS.stop, DEEDS.delete, DEEDS.update = deed "stop", deed "delete", deed "update"

local function schedule(course)
  local runtime, world = course.runtime, course.emulator.world
  for _, event in ipairs(course.service.events) do
    runtime.at(course.began + event.at, function()
      world:advance(runtime.now())
      DEEDS[event.what](world, event, { now = runtime.now(), request_id = "other" })
    end)
  end
  for _, call in ipairs(course.calls) do
    for _, way in ipairs { "cancel", "kill" } do
      local at = call[way .. "_at"]
      if at then
        runtime.at(course.began + at, function()
          if call.thread and not call.ended then
            call[way .. "ed"] = true
            runtime[way](call.thread)
          end
        end)
      end
    end
  end
  if course.task.close_at then
    runtime.at(course.began + course.task.close_at, function()
      course.closed = runtime.now()
      course.callers[1]:close()
    end)
  end
end

local function new_course(seed, service, drawn)
  local emulator = emulators.new { settings = service.settings, seed = seed }
  local course = {
    seed = seed,
    service = service,
    task = drawn,
    calls = drawn.calls,
    emulator = emulator,
    runtime = virtual.new { start = START },
    truth = truth.of(emulator),
    requests = {},
    callers = {},
    began = START,
  }
  for _, fault in ipairs(service.faults) do
    assert(emulator.faults:add(fault))
  end
  for _, seeded in ipairs(service.deployments) do
    local wanted = {}
    for name, value in pairs(seeded) do
      wanted[name] = value
    end
    wanted.mine = nil
    course.truth:begin(emulator.world:seed(wanted, START), "seed")
  end
  for client = 1, drawn.clients do
    course.callers[client] = new_caller(course, client)
  end
  return course
end

--- Lets a task run to its end, and the world for a while after that.
---@param seed integer
---@param service simulation.Service
---@param drawn simulation.Task
---@return simulation.Course
function task.run(seed, service, drawn)
  local course = new_course(seed, service, drawn)
  local runtime = course.runtime
  schedule(course)
  runtime.run(function()
    local functions = {}
    for i, call in ipairs(course.calls) do
      functions[i] = body_of(course, call)
    end
    runtime.gather(functions, #functions)
    course.over = runtime.now()
    local sent = #course.requests
    runtime.sleep(QUIET)
    course.idle_requests = #course.requests - sent
  end)
  course.emulator.world:advance(course.over)
  return course
end

return task
