--- Lets a task run against a service on the virtual clock, and writes down what was sent, what was answered, and what
-- came of it.

local callers = require "aicore.emulator.caller"
local emulators = require "aicore.emulator"
local fleet = require "aicore.fleet"
local pages = require "aicore.call.pages"
local settings = require "aicore.emulator.settings"
local truths = require "spec.simulation.truth"
local virtual = require "aicore.runtime.virtual"

local courses = {}

---@class simulation.Request     as the service got it
---@field at number              when it was sent
---@field answered number?       when it was answered, or took effect without an answer
---@field late boolean?          the client did not wait for the answer so long
---@field client integer
---@field call simulation.Call?  for which it was sent; a look may serve others, too
---@field name string            of the operation
---@field request_id string
---@field configuration string?  of a create or update
---@field group string           resource group
---@field id string?
---@field items table[]?         of a batch
---@field parameters table<string, string[]>
---@field answer aicore.emulator.Answer?  nil: it was lost
---@field status string?         of the deployment that a GET has shown
---@field target string?
---@field text string?           the answer in words, where somebody wants to read them

---@class simulation.Course
---@field seed integer
---@field service simulation.Service
---@field task simulation.Task
---@field calls simulation.Call[]
---@field truth simulation.Truth
---@field requests simulation.Request[]
---@field callers aicore.Caller[]  by client
---@field began number             s, on the runtime's clock
---@field over number              when the last call had ended
---@field left { requests: integer, coroutines: integer, callbacks: integer }  what remained of the calls then
---@field closed_at number?        when the first client was closed
---@field RAISED string            what callbacks raise
---@field private emulator aicore.emulator.Emulator
---@field private runtime aicore.VirtualRuntime
---@field private callbacks table  weak: those that the calls were given

local START = 1700000000
local RAISED = "raised by the callback"

-- The clients ---------------------------------------------------------------------------------------

--- No task needs more.
local MOST_REQUESTS = 1e5

--- An emulator as one client sees it: what that sends is written down.
local function observed(course, client)
  local emulator, sent = course.emulator, 0
  local seen = setmetatable({}, { __index = emulator })
  function seen.admit(_, call, now)
    sent = sent + 1
    if sent > MOST_REQUESTS then
      error "it sends without end"
    end
    call.request_id = ("c%d-%d"):format(client, sent)
    call.entry = {
      at = course.runtime.now(),
      client = client,
      call = course.sender,
      name = call.operation,
      request_id = call.request_id,
      configuration = call.body and call.body.configurationId,
      group = call.group,
      id = call.id,
      items = call.body and call.resource and call.body[call.resource],
      parameters = call.parameters,
    }
    course.requests[#course.requests + 1] = call.entry
    return emulator:admit(call, now)
  end
  function seen.answer(_, call, now)
    local answer = emulator:answer(call, now)
    call.entry.answered, call.entry.answer, call.entry.late = now, answer, now >= call.given_up_at
    local shown = answer and type(answer.value) == "table" and answer.value.deployment
    if shown then
      call.entry.status, call.entry.target = shown.status, shown.target_status
    end
    call.entry.text = answer and course.describe and course.describe(answer)
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

-- The calls -----------------------------------------------------------------------------------------

local function options_of(course, call)
  local function on_progress()
    call.told = call.told + 1
    if call.told == call.raise_at then
      error(RAISED, 0)
    end
  end
  course.callbacks[#course.callbacks + 1] = on_progress
  return {
    timeout = call.timeout,
    appear = call.appear,
    resource_group = call.resource_group,
    retry = call.retry,
    dry_run = call.dry_run,
    on_progress = on_progress,
  }
end

local function many(method)
  return function(course, caller, call)
    return fleet[method](caller, call.filter or call.ids, options_of(course, call))
  end
end

local function plain(name)
  return function(_, caller, call)
    local options = { timeout = call.timeout, resource_group = call.resource_group, retry = call.retry }
    local request = assert(caller:request(name, options, call.ids[1]))
    return caller:change(request, caller:deadline(request))
  end
end

local RUN = {
  teardown = many "teardown",
  stop_all = many "stop_all",
  delete_all = many "delete_all",
  stop = plain "stop",
  delete = plain "delete",
  wait = function(course, caller, call)
    return fleet.wait(caller, call.ids[1], call.goal, options_of(course, call))
  end,
  list = function(_, caller, call)
    local wanted = { timeout = call.timeout, resource_group = call.resource_group }
    for name, value in pairs(call.filter) do
      wanted[name] = value
    end
    local request, belongs = caller:search("list", wanted)
    local deadline = caller:deadline(request)
    return pages.all(function()
      return caller:read(request, deadline)
    end, belongs)
  end,
}

RUN.ensure = function(course, caller, call)
  local options = options_of(course, call)
  options.keep = call.keep
  local record, created, left = fleet.ensure(caller, call.configuration, options)
  call.left = left or created and not record and created.left or {}
  if not record then
    return nil, created
  end
  call.created = created
  return record
end

RUN.rollout = function(course, caller, call)
  local options = options_of(course, call)
  options.rollback = call.rollback
  return fleet.rollout(caller, call.ids[1], call.configuration, options)
end

--- How many changes there were; each is kept, with the time.
RUN.watch = function(course, caller, call)
  local options, changes = options_of(course, call), {}
  options.on_progress, call.changes = nil, changes
  for change, err in fleet.watch(caller, call.filter or call.ids, options) do
    if not change then
      return nil, err
    end
    changes[#changes + 1] = { at = course.runtime.now(), change = change }
    if #changes == call.leave_at then
      break
    end
  end
  return #changes
end

--- What the call is about is created by the same client first.
local function create_some(caller, call)
  for _ = 1, call.creates or 0 do
    local options = { timeout = 60, resource_group = call.resource_group }
    local request = assert(caller:request("create", options, "conf-new"))
    local created = caller:perform(request, caller:deadline(request))
    if created then
      call.ids[#call.ids + 1] = created.id
    end
  end
end

local function trace(failure)
  return failure == RAISED and failure or debug.traceback(tostring(failure), 2)
end

--- The caller of a client, as one call has it: what is sent by this way is sent for that call.
local function caller_of(course, call)
  local caller = course.callers[call.client]
  local function start(...)
    course.sender = call
    local transfer, err = caller.start(...)
    course.sender = nil
    return transfer, err
  end
  -- (The session and the runtime are asked for most often.)
  return setmetatable({ start = start, session = caller.session, runtime = caller.runtime }, { __index = caller })
end

--- The coroutine of a call.
local function body_of(course, call)
  local runtime, caller = course.runtime, caller_of(course, call)
  return function()
    call.thread = coroutine.running()
    if runtime.sleep(call.at) then
      create_some(caller, call)
      call.ids = call.ids and (call.ids[1] and call.ids or { "d-not-created" })
      call.began = runtime.now()
      call.ok, call.result, call.err = xpcall(RUN[call.method], trace, course, caller, call)
      call.ended = runtime.now()
    end
    call.thread = nil
  end
end

-- What happens meanwhile ----------------------------------------------------------------------------

local function deed(action)
  return function(world, event, cause)
    local deployment = world:get(event.resource_group, event.id)
    if deployment then
      world:change(deployment, action, cause, action == "update" and "conf-b" or nil)
    end
  end
end

local DEEDS = {
  stop = deed "stop",
  delete = deed "delete",
  update = deed "update",
  take_back = function(world, event, cause)
    local deployment = world:get(event.resource_group, event.id)
    if deployment then
      world:take_back(deployment, cause)
    end
  end,
  create = function(world, event, cause)
    world:create(event.resource_group, "conf-a", nil, cause).scenario_id = event.scenario_id
  end,
}

local function schedule_others(course)
  local runtime, world = course.runtime, course.emulator.world
  for _, event in ipairs(course.service.events) do
    runtime.at(START + event.at, function()
      world:advance(runtime.now())
      DEEDS[event.what](world, event, { now = runtime.now(), request_id = "other" })
    end)
  end
end

local function schedule_outages(course)
  for _, outage in ipairs(course.service.outages) do
    for time, changes in pairs { [outage.from] = outage.settings, [outage.to] = outage.otherwise } do
      course.runtime.at(START + time, function()
        assert(settings.change(course.emulator.settings, changes))
      end)
    end
  end
end

local ENDS = {
  cancel_at = function(runtime, call)
    call.cancelled = runtime.now()
    runtime.cancel(call.thread)
  end,
  kill_at = function(runtime, call)
    local thread = call.thread
    call.killed, call.thread = true, nil -- lest it be held by this
    runtime.kill(thread)
  end,
}

local function schedule_ends(course)
  local runtime = course.runtime
  for _, call in ipairs(course.calls) do
    for when, finish in pairs(ENDS) do
      if call[when] then
        runtime.at(START + call[when], function()
          if call.thread then
            finish(runtime, call)
          end
        end)
      end
    end
  end
  if course.task.close_at then
    runtime.at(START + course.task.close_at, function()
      course.closed_at = runtime.now()
      course.callers[1]:close()
    end)
  end
end

-- The course ----------------------------------------------------------------------------------------

--- Nobody asks for the time so often, while it stands still, who gets anywhere.
local MOST_STEPS = 3e5

--- The emulator's dice are others than those that have drawn the service: else it would make the same ids.
local OWN_SEED = 2 ^ 31 - 1000

local function new_course(seed, service, task)
  local emulator = emulators.new { settings = service.settings, seed = OWN_SEED - seed }
  local course = {
    seed = seed,
    service = service,
    task = task,
    calls = task.calls,
    emulator = emulator,
    runtime = virtual.new { start = START, most_asked = MOST_STEPS },
    truth = truths.of(emulator),
    requests = {},
    callers = {},
    callbacks = setmetatable({}, { __mode = "v" }),
    left = {},
    began = START,
    RAISED = RAISED,
  }
  for _, fault in ipairs(service.faults) do
    assert(emulator.faults:add(fault))
  end
  for _, seeded in ipairs(service.deployments) do
    course.truth:seeded(emulator.world:seed(seeded, START))
  end
  for client = 1, task.clients do
    course.callers[client] = new_caller(course, client)
  end
  return course
end

-- s: a look that others may need, too, is carried to its end where the coroutine that began it was dropped
local ORPHANED = 300
local RARE, OFTEN = 20, 3 -- of so many courses, one; of those in which a call was ended from outside
local QUIET = 3600 -- s: what belongs to a call that has ended, is heard of within this time

--- A client that was closed has nothing to wait for; the others hear of a killed coroutine with the next call.
local function look_again(course)
  for _, call in ipairs(course.calls) do
    if not (course.task.close_at and call.client == 1) then
      local options = { timeout = 5, resource_group = call.resource_group, retry = call.retry }
      pcall(fleet.wait, course.callers[call.client], "d-nothing", "GONE", options)
    end
  end
end

--- LuaJIT's compiled code holds the functions that it was made for: then nothing can be said of what is let go.
local function is_compiled()
  return package.loaded.jit ~= nil and package.loaded.jit.status()
end

--- What is left of the calls. To collect garbage takes as long as the rest, so that is done now and then, more often
-- where a call was ended from outside.
local function look_for_remains(course)
  local runtime, odd = course.runtime, course.task.close_at ~= nil
  for _, call in ipairs(course.calls) do
    odd = odd or call.killed or call.cancelled or call.ok == false
  end
  runtime.sleep(odd and ORPHANED or 0)
  local sent = #course.requests
  runtime.sleep(QUIET)
  course.left.requests = #course.requests - sent
  if odd then
    look_again(course)
  end
  course.left.coroutines = runtime.coroutines() - 1
  local looked_at = course.seed % (odd and OFTEN or RARE) == 0 and not is_compiled()
  if looked_at then
    collectgarbage()
  end
  course.left.callbacks = looked_at and #course.callbacks or 0
end

--- Lets a task run to its end, and the world for a while after that.
---@param seed integer
---@param service simulation.Service
---@param task simulation.Task
---@param describe (fun(answer: aicore.emulator.Answer): string)?  for those who want to read the course afterwards
---@return simulation.Course
function courses.run(seed, service, task, describe)
  local course = new_course(seed, service, task)
  course.describe = describe
  local runtime = course.runtime
  schedule_outages(course)
  schedule_others(course)
  schedule_ends(course)
  runtime.run(function()
    local functions = {}
    for i, call in ipairs(course.calls) do
      functions[i] = body_of(course, call)
    end
    runtime.gather(functions, #functions)
  end)
  course.over = runtime.now()
  course.requests_of_calls = #course.requests
  runtime.run(function()
    look_for_remains(course)
  end)
  course.emulator.world:advance(course.over)
  course.truth:finish(course.over)
  return course
end

return courses
