--- How to wait in nginx (ngx_lua, OpenResty): the light thread waits, the worker goes on serving.
-- A dispatcher per session steps it and wakes who waits. It runs in a timer, not in a request, so that a
-- request that is aborted stops no other; it begins with the first wait and ends when nothing is in flight.
-- It sleeps in poll(2) in a thread of the pool `thread_pool aicore threads=2;`, or, where there is no such pool, looks
-- every millisecond or two.
-- All state belongs to one worker: nothing can wait before the master has forked.
-- The promises are those of blocking.lua and tasks.lua. nginx keeps a light thread that has ended until its parent
-- waits for it: so `gather` does, as soon as one has.

local core = require "aicore.core"
local errors = require "aicore.model.errors"
local gathering = require "aicore.runtime.gathering"

local runtime = { turn = 0.015 } -- s: the other requests of this worker wait meanwhile

local POOL = "aicore"
local POOL_RETRY = 10 -- s: a pool that did not work is asked for again

--- A thread that polls cannot be called off, and nginx waits for it when a worker ends: so it polls no longer, in ms.
local POLL_MS = 100

local NAP = 0.001 -- s, without a thread

--- One that waits looks for itself so often, in seconds: nginx may drop a timer (lua_max_running_timers).
local SLICE = 0.5

--- A timer that was not heard of for so long, in seconds, is taken for dead and replaced.
local SILENCE = 1

-- Where nginx lets Lua wait --------------------------------------------------------------------------

local CAN_YIELD = {
  rewrite = true,
  server_rewrite = true,
  access = true,
  content = true,
  preread = true,
  timer = true,
  ssl_cert = true,
  ssl_client_hello = true,
  ssl_session_fetch = true,
}

local WRONG_PHASE = "aicore cannot wait in nginx's phase '%s': call it in ngx.timer.at(0, function() … end)"
local WRONG_PLACE = "aicore cannot wait here (inside of require, table.sort, string.gsub, or another function in C): "
  .. "call it outside of that, or in ngx.timer.at(0, function() … end)"

local function check_phase()
  local phase = ngx.get_phase()
  if not CAN_YIELD[phase] then
    errors.misuse(WRONG_PHASE:format(phase))
  end
end

--- Calls a function of nginx that yields; returns its first result.
local function yielding(fn, ...)
  local ok, result = pcall(fn, ...)
  if not ok and tostring(result):find("C-call boundary", 1, true) then
    errors.misuse(WRONG_PLACE)
  elseif not ok then
    error(result, 0)
  end
  return result
end

local function new_semaphore()
  return assert(require("ngx.semaphore").new(0))
end

-- Lives --------------------------------------------------------------------------------------------
-- coroutine.status of a light thread whose request is gone reads memory that nginx has freed (ngx_lua 0.10.23 read). So
-- beside those of which others want to know, another one waits for a semaphore that nobody posts: nginx drops both
-- together, and then nobody waits for it.

local LONG = 86400 -- s

local function wait_for_ever(semaphore)
  repeat
    semaphore:wait(LONG)
  until false
end

local function new_life()
  local semaphore = new_semaphore()
  return { semaphore = semaphore, thread = yielding(ngx.thread.spawn, wait_for_ever, semaphore) }
end

--- To be called by the light thread that has made it.
local function end_life(life)
  ngx.thread.kill(life.thread)
end

local function is_over(life)
  return life.semaphore:count() >= 0 -- below 0: so many wait
end

-- The life of a light thread that runs apart.
local life_of = setmetatable({}, { __mode = "k" })

-- Groups -------------------------------------------------------------------------------------------
-- Those of gathering.lua, by semaphores; and ended (the workers that have, which nginx keeps), life (of the request,
-- where the group is within no other).

-- The group of a light thread that runs in one.
local group_of = setmetatable({}, { __mode = "k" })

local function post(semaphore)
  semaphore:post()
end

--- Waits until the semaphore is posted, a group is cancelled, or so long at most.
local function wait(semaphore, group, seconds)
  gathering.enter(group, semaphore)
  yielding(semaphore.wait, semaphore, math.max(seconds, 0.001))
  gathering.leave(group, semaphore)
end

-- The dispatcher -----------------------------------------------------------------------------------

---@class aicore.ngx.Dispatcher  of one session
---@field awaited table<userdata, table[]>  the semaphores of those that wait for a transfer
---@field count integer          of the transfers that are awaited
---@field owner table?          stands for the timer that runs it; nil: none does
---@field heard_of number        when that did something last

---@type table<userdata, aicore.ngx.Dispatcher>  by session
local dispatchers = setmetatable({}, { __mode = "k" })

-- Until when a thread of the pool is taken, and until when the pool is not asked for one. A single thread per worker is
-- used, so that two clients do not wait for each other's thread in the pool's queue.
local thread_taken_until, no_threads_until = -math.huge, -math.huge

local function wake(dispatcher, transfer)
  local semaphores = dispatcher.awaited[transfer]
  if not semaphores then
    return
  end
  dispatcher.awaited[transfer], dispatcher.count = nil, dispatcher.count - 1
  for _, semaphore in ipairs(semaphores) do
    semaphore:post()
  end
end

--- Lets libcurl act and wakes whose transfer has finished. What steps does this for all.
local function step(session, dispatcher)
  for _, transfer in ipairs(session:step()) do
    wake(dispatcher, transfer)
  end
end

--- Sleeps in a thread until there is something to do. False: it could not.
local function sleep_in_thread(session)
  local now = core.now()
  if not ngx.run_worker_thread or now < thread_taken_until or now < no_threads_until then
    return false
  end
  thread_taken_until = now + SILENCE
  local ok = ngx.run_worker_thread(POOL, "aicore.runtime.ngx_poll", "poll", session:fd(), POLL_MS)
  thread_taken_until = -math.huge
  if not ok then
    no_threads_until = now + POOL_RETRY
  end
  return ok
end

local function dispatch(session, dispatcher, me)
  while dispatcher.owner == me do
    dispatcher.heard_of = core.now()
    step(session, dispatcher)
    if dispatcher.count == 0 then
      dispatcher.owner = nil
    elseif not sleep_in_thread(session) then
      ngx.sleep(NAP)
    end
  end
end

--- Those who wait go on, whatever happens to the timer.
local function run(_, session, dispatcher, me)
  local ok, failure = pcall(dispatch, session, dispatcher, me)
  if not ok then
    dispatcher.owner = nil
    for transfer in pairs(dispatcher.awaited) do
      wake(dispatcher, transfer)
    end
    ngx.log(ngx.ERR, "aicore: ", failure)
  end
end

local function dispatcher_of(session)
  local dispatcher = dispatchers[session]
  if not dispatcher then
    dispatcher = { awaited = {}, count = 0, heard_of = -math.huge }
    dispatchers[session] = dispatcher
  end
  return dispatcher
end

--- Sees to it that there is one. Where nginx grants no timer, those that wait look for themselves.
local function ensure_running(session, dispatcher)
  local now = core.now()
  if dispatcher.owner and now - dispatcher.heard_of < SILENCE then
    return
  end
  local me = {}
  if ngx.timer.at(0, run, session, dispatcher, me) then
    dispatcher.owner, dispatcher.heard_of = me, now
  end
end

-- Waiting for a transfer ---------------------------------------------------------------------------

local function enrol(dispatcher, transfer, semaphore)
  local semaphores = dispatcher.awaited[transfer]
  if not semaphores then
    semaphores = {}
    dispatcher.awaited[transfer], dispatcher.count = semaphores, dispatcher.count + 1
  end
  semaphores[#semaphores + 1] = semaphore
end

--- It waits no more: a transfer that nobody waits for does not keep the dispatcher going.
local function leave(dispatcher, transfer, semaphore)
  local semaphores = dispatcher.awaited[transfer] or {}
  for i = #semaphores, 1, -1 do
    if semaphores[i] == semaphore then
      table.remove(semaphores, i)
    end
  end
  if #semaphores == 0 and dispatcher.awaited[transfer] then
    dispatcher.awaited[transfer], dispatcher.count = nil, dispatcher.count - 1
  end
end

local function wait_until_finished(session, dispatcher, transfer, deadline, group)
  local semaphore = new_semaphore()
  enrol(dispatcher, transfer, semaphore)
  local why
  repeat
    local left = deadline - core.now()
    if gathering.is_cancelled(group) then
      why = "cancelled"
    elseif left <= 0 then
      why = "timeout"
    else
      ensure_running(session, dispatcher)
      wait(semaphore, group, math.min(left, SLICE))
      if not transfer:finished() then
        step(session, dispatcher)
      end
    end
  until why or transfer:finished()
  leave(dispatcher, transfer, semaphore)
  return why
end

-- Gathering ----------------------------------------------------------------------------------------

local function work(group)
  local thread = coroutine.running()
  group_of[thread] = group
  gathering.work(group, pcall)
  group.ended[#group.ended + 1] = thread
  group.owner:post()
end

local function begin_workers(group)
  while gathering.take_on(group) do
    yielding(ngx.thread.spawn, work, group)
  end
end

--- Lets nginx have back what it keeps for those that have ended.
local function bury_workers(group)
  local ended = group.ended
  group.ended, group.workers = {}, group.workers - #ended
  for _, thread in ipairs(ended) do
    yielding(ngx.thread.wait, thread)
  end
end

local function run_workers(group)
  begin_workers(group)
  while group.workers > 0 do
    wait(group.owner, group.parent, SLICE)
    bury_workers(group)
    begin_workers(group) -- their functions may have added some
  end
end

-- Apart --------------------------------------------------------------------------------------------
-- One that runs apart is { fn, begun, ended (did fn return?), failure, over (a semaphore) }: the timer and the light
-- thread that waits for it share this table, and nothing of a stack.

--- What the timer does, or the light thread itself where no timer is to be had.
local function run_apart(_, one)
  if not one.begun then
    one.begun = true
    local thread, life = coroutine.running(), new_life()
    life_of[thread] = life
    one.ended, one.failure = pcall(one.fn)
    life_of[thread] = nil
    end_life(life)
    one.over:post()
  end
end

-- The runtime --------------------------------------------------------------------------------------

--- Is this nginx?
---@return boolean
function runtime.here()
  return type(ngx) == "table" and ngx.get_phase ~= nil and ngx.timer ~= nil
end

--- Every call asks for the time before it sends anything: where nginx does not let it wait, it ends there.
function runtime.now()
  check_phase()
  return core.now()
end

function runtime.await(session, transfer, deadline)
  check_phase()
  local dispatcher = dispatcher_of(session)
  if not transfer:finished() then
    step(session, dispatcher) -- at once, not when the dispatcher comes round: it has not even been sent
  end
  if not transfer:finished() then
    return wait_until_finished(session, dispatcher, transfer, deadline or math.huge, group_of[coroutine.running()])
  end
end

function runtime.sleep(seconds)
  check_phase()
  local group, semaphore = group_of[coroutine.running()], new_semaphore()
  local wake_at = core.now() + seconds
  repeat
    if gathering.is_cancelled(group) then
      return false
    end
    wait(semaphore, group, wake_at - core.now())
  until core.now() >= wake_at -- nginx counts from when it last looked at the clock: it may be early
  return not gathering.is_cancelled(group)
end

function runtime.gather(functions, limit)
  check_phase()
  local parent, owner = group_of[coroutine.running()], new_semaphore()
  local group = gathering.new { functions = functions, limit = limit, parent = parent, owner = owner, wake = post }
  group.ended = {}
  group.life = group.parent and group.parent.life or new_life()
  local ok, failure = pcall(run_workers, group)
  if not group.parent then
    end_life(group.life)
  end
  if not ok then
    error(failure, 0)
  elseif group.failure then
    error(group.failure[1], 0)
  end
  return group.results, gathering.is_cancelled(group)
end

--- How it is with the calling light thread, which is in a gather or apart: see life.lua.
function runtime.life()
  local thread = coroutine.running()
  local group = group_of[thread]
  local life = group and group.life or life_of[thread]
  return function()
    if life and is_over(life) then
      return "dead"
    end
    return thread == coroutine.running() and "running" or "suspended"
  end
end

--- Runs a function that others depend on, too: in a timer, as a light thread that makes a request may vanish without a
--- word (ngx.exit, an aborted request). What it raises is raised again. False: the caller's group was cancelled, while
--- the function goes on.
function runtime.apart(fn)
  local group, one = group_of[coroutine.running()], { fn = fn, begun = false, over = new_semaphore() }
  local patience = ngx.timer.at(0, run_apart, one) and core.now() + SILENCE or -math.huge
  repeat
    if not one.begun and core.now() >= patience then
      run_apart(false, one)
    elseif gathering.is_cancelled(group) then
      return false
    else
      wait(one.over, group, SLICE)
    end
  until one.ended ~= nil
  if not one.ended then
    error(one.failure, 0)
  end
  return true
end

--- To be called before a session is closed: ends what is awaited, and the dispatcher.
function runtime.release(session)
  local dispatcher = dispatchers[session]
  if dispatcher then
    dispatcher.owner = nil
    for transfer in pairs(dispatcher.awaited) do
      transfer:cancel()
      wake(dispatcher, transfer)
    end
  end
end

return runtime
