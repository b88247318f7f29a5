--- How to wait in nginx (ngx_lua, OpenResty): the light thread waits, the worker goes on serving.
-- A dispatcher per session steps it and wakes who waits. It runs in a timer, not in anybody's request, so that a
-- request that is aborted stops nobody else; it begins with the first wait and ends when nothing is in flight.
-- It sleeps in poll(2) in a thread of the pool `thread_pool aicore threads=2;`. Without that pool it looks every
-- 1 to 10 ms instead.
-- All state belongs to one worker: nothing can wait before the master has forked.

local core = require "aicore.core"

local runtime = {}

local POOL = "aicore"
local POLL_MS = 1000
local POOL_RETRY = 10 -- s: a pool that did not work is asked for again
local NAP_MIN, NAP_MAX = 0.001, 0.010

--- One that waits looks for itself so often, in seconds: nginx may drop a timer (lua_max_running_timers), and a client
--- may be closed.
local SLICE = 1

--- A timer that was not heard of for so long, in seconds, is taken for dead and replaced.
local SILENCE = 3

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

local COMPLAINT = "aicore cannot wait in nginx's phase '%s': call it in ngx.timer.at(0, function() … end)"

--- Is this nginx?
---@return boolean
function runtime.here()
  return type(ngx) == "table" and ngx.get_phase ~= nil and ngx.timer ~= nil
end

--- Every call asks for the time before it sends anything: so where nginx does not let it wait, that is said here, at
--- the line of the caller of the caller of whoever asked: the user's.
function runtime.now()
  local phase = ngx.get_phase()
  if not CAN_YIELD[phase] then
    error(COMPLAINT:format(phase), 4)
  end
  return core.now()
end

local function new_semaphore()
  return assert(require("ngx.semaphore").new(0))
end

-- Groups -------------------------------------------------------------------------------------------
-- What gather runs is a group: { parent, cancelled, waiting (the semaphores of those that wait in it) }.

-- The group of a light thread that runs in one.
local group_of = setmetatable({}, { __mode = "k" })

local function is_cancelled(group)
  while group do
    if group.cancelled then
      return true
    end
    group = group.parent
  end
  return false
end

local function cancel(group)
  group.cancelled = true
  for semaphore in pairs(group.waiting) do
    semaphore:post()
  end
end

--- Waits until somebody posts, a group is cancelled, or so long at most.
local function wait(semaphore, group, seconds)
  local member = group
  while member do
    member.waiting[semaphore] = true
    member = member.parent
  end
  semaphore:wait(math.max(seconds, 0.001))
  while group do
    group.waiting[semaphore] = nil
    group = group.parent
  end
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

--- Lets libcurl act and wakes whose transfer has finished. Whoever steps does this for all.
---@return boolean  whether any has
local function step(session, dispatcher)
  local finished = session:step()
  for _, transfer in ipairs(finished) do
    wake(dispatcher, transfer)
  end
  return #finished > 0
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
  local nap = NAP_MIN
  while dispatcher.owner == me do
    dispatcher.heard_of = core.now()
    nap = step(session, dispatcher) and NAP_MIN or math.min(nap * 1.5, NAP_MAX)
    if dispatcher.count == 0 then
      dispatcher.owner = nil
    elseif not sleep_in_thread(session) then
      ngx.sleep(nap)
    end
  end
end

--- The session was closed: that ended all its transfers.
local function wake_all(dispatcher)
  for transfer in pairs(dispatcher.awaited) do
    wake(dispatcher, transfer)
  end
end

local function run(_, session, dispatcher, me)
  local ok, failure = pcall(dispatch, session, dispatcher, me)
  if not ok then
    dispatcher.owner = nil
    wake_all(dispatcher)
    ngx.log(ngx.INFO, "aicore: ", failure)
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
    if is_cancelled(group) then
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

-- The runtime --------------------------------------------------------------------------------------

function runtime.await(session, transfer, deadline)
  local dispatcher = dispatcher_of(session)
  step(session, dispatcher)
  if transfer:finished() then
    return nil
  end
  local group = group_of[coroutine.running()]
  return wait_until_finished(session, dispatcher, transfer, deadline or math.huge, group)
end

function runtime.sleep(seconds)
  local group = group_of[coroutine.running()]
  local semaphore = group and new_semaphore()
  local wake_at = core.now() + seconds
  repeat
    if is_cancelled(group) then
      return false
    end
    local left = math.max(wake_at - core.now(), 0) -- 0: lets the others run
    if group then
      wait(semaphore, group, left)
    else
      ngx.sleep(left)
    end
  until core.now() >= wake_at -- nginx counts from when it last looked at the clock: it may be early
  return not is_cancelled(group)
end

--- Takes one function after the other until there is none left.
local function work(group)
  group_of[coroutine.running()] = group
  while group.next <= #group.functions and not is_cancelled(group) do
    local index = group.next
    group.next = index + 1
    local ok, result = pcall(group.functions[index])
    if ok then
      group.results[index] = result
    else
      group.failure = group.failure or { result }
      cancel(group)
    end
  end
end

function runtime.gather(functions, limit)
  local group = {
    functions = functions,
    next = 1,
    results = {},
    parent = group_of[coroutine.running()],
    waiting = {},
  }
  local threads = {}
  for i = 1, math.min(limit, #functions) do
    threads[i] = ngx.thread.spawn(work, group)
  end
  for _, thread in ipairs(threads) do
    ngx.thread.wait(thread)
  end
  if group.failure then
    error(group.failure[1], 0)
  end
  return group.results, is_cancelled(group)
end

return runtime
