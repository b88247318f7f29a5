--- How to wait in plain Lua: the thread sleeps in C until something happens.
-- Outside of `gather` a wait blocks. Inside, functions run as coroutines of one loop, which sleeps
-- only when all of them wait; so many exchanges are in flight in one thread.
-- Ctrl-C ends what waits: outside of a loop by the error that the interpreter raises, inside by
-- "cancelled", so that what was done so far can be told.

local core = require "aicore.core"
local gathering = require "aicore.runtime.gathering"
local guard = require "aicore.runtime.guard"

---@class aicore.Runtime
---       What every runtime promises; spec/contract/suite.lua holds all of them to it. A function that runs in a gather
---       is cancelled when that gather ends early, or a gather around it: from then on its waits end at once.
---@field now fun(): number
---       seconds on the monotonic clock, which `await`'s deadlines are times of
---@field sleep fun(seconds: number): boolean
---       waits at least so long; false: it was cancelled, which may be sooner
---@field await fun(session: userdata, transfer: userdata, deadline: number?): string?
---       waits until the transfer has finished, and then returns nil, however late it is. Otherwise it says why it
---       waits no longer: "timeout" when the clock has reached the deadline (absolute; none: for ever), or "cancelled".
---       Either way the transfer goes on. Any number of coroutines may await the same one.
---@field gather fun(functions: (fun(): any)[], limit: integer): any[], boolean
---       runs the functions in their order, at most `limit` at a time, and returns when all have returned: by index the
---       first result of each, and whether it was cancelled.
---       While it runs, its functions, and those of gathers within, may append to the list: what they add is begun as
---       soon as the limit allows and the one that added it waits or returns.
---       An error of one cancels the others: no more are begun, and when those that run have returned, it is raised
---       again, as it was. Where the gather is within another that is cancelled, no more are begun either: the
---       results are those of the functions that were.
---@field apart fun(fn: fun()): boolean
---       runs a function that others depend on, too: where the host may drop the calling coroutine, in one of its own;
---       false: the caller was cancelled meanwhile
---@field turn number?
---       s for which one call may hold up the host; nil: as long as it takes
---@field life (fun(): fun(): string)?
---       the life of the running coroutine (life.lua), where its status does not tell it

local blocking = { now = core.now }

-- The task of a coroutine that runs in a loop, which holds it. (Were it held here, Lua 5.1 would never let go of the
-- coroutine that it refers to.)
local task_of = setmetatable({}, { __mode = "kv" })

-- Who waits: waiting[session][transfer] is a task, or a list of them. Sessions that nobody waits for do not stand here.
local waiting = setmetatable({}, { __mode = "k" })

--- Lets a task go on at the next turn of its loop, if it waits.
local function wake(task)
  if task.wake_at then
    task.wake_at = nil
    local ready = task.group.loop.ready
    ready[#ready + 1] = task
  end
end

local function each_waiter(waiter, act)
  if waiter.thread then
    act(waiter)
    return
  end
  for _, task in ipairs(waiter) do
    act(task)
  end
end

local function forget_transfer(session, transfer)
  local waiters = waiting[session]
  if waiters then
    waiters[transfer] = nil
    waiting[session] = next(waiters) and waiters
  end
end

--- Who waits for what has finished goes on.
local function step(session)
  local finished = session:step()
  for i = 1, #finished do
    local transfer, waiters = finished[i], waiting[session]
    local waiter = waiters and waiters[transfer]
    if waiter then
      forget_transfer(session, transfer)
      each_waiter(waiter, wake)
    end
  end
end

-- Outside of a loop --------------------------------------------------------------------------------

local function block_on(session, transfer, deadline)
  while not transfer:finished() do
    local left = (deadline or math.huge) - core.now()
    if left <= 0 then
      return "timeout"
    elseif not session:wait(left) then
      return "cancelled"
    elseif transfer:finished() then
      return nil
    end
    step(session) -- others are: session:wait returns at once until they were stepped
  end
end

-- In a loop ----------------------------------------------------------------------------------------
-- A loop has tasks, and a list of those that are ready: who wakes one puts it there, so that no turn looks through
-- all of them. A task is { thread, group, wake_at }; wake_at: when it goes on at the latest; nil while it
-- runs, is ready, or waits for a group.
-- A group is what one gather runs (see gathering.lua); its owner is the task inside of which that was called.

local function is_over(group)
  return group.running == 0 and not gathering.has_more(group)
end

--- Ends a group. All tasks look for themselves whether that is meant for them.
local function cancel(group, failure)
  group.cancelled = true
  group.failure = group.failure or failure
  group.loop.disturbed = true
end

--- Gives the loop control until `wake_at`, or until the task is woken.
local function pause(task, wake_at)
  if not gathering.is_cancelled(task.group) then
    local loop = task.group.loop
    task.wake_at = wake_at
    loop.next_wake = math.min(loop.next_wake, wake_at)
    coroutine.yield()
  end
end

local function join_waiters(session, transfer, task)
  local waiters = waiting[session] or {}
  waiting[session] = waiters
  local waiter = waiters[transfer]
  if not waiter then
    waiters[transfer] = task
  elseif waiter.thread then
    waiters[transfer] = { waiter, task }
  else
    waiter[#waiter + 1] = task
  end
end

--- One that was woken by its transfer stands there no more, nor do the others.
local function leave_waiters(session, transfer, task)
  local waiter = (waiting[session] or {})[transfer]
  if waiter == task then
    forget_transfer(session, transfer)
  elseif waiter and not waiter.thread then
    for i = #waiter, 1, -1 do
      if waiter[i] == task then
        table.remove(waiter, i)
      end
    end
  end
end

local function wait_in_loop(task, session, transfer, deadline)
  deadline = deadline or math.huge
  while not transfer:finished() do
    if gathering.is_cancelled(task.group) then
      return "cancelled"
    elseif core.now() >= deadline then
      return "timeout"
    end
    join_waiters(session, transfer, task)
    pause(task, deadline)
    leave_waiters(session, transfer, task)
  end
end

--- What a task has done may let others begin: it has ended, or added functions to a group that it runs in.
local function note_room(loop, group)
  while group do
    if group.running < group.limit and gathering.has_more(group) then
      loop.hungry[#loop.hungry + 1] = group
    end
    group = group.parent
  end
end

--- A task that was made ready twice may have ended meanwhile; one that waits again does so.
local function resume(loop, task)
  if not loop.tasks[task] then
    return
  end
  local group = task.group
  task.wake_at = nil
  local ok, result = coroutine.resume(task.thread, group)
  if coroutine.status(task.thread) == "dead" then
    loop.tasks[task] = nil
    group.running = group.running - 1
    if not ok then
      cancel(guard.is_interrupt(result) and loop.root or group, { result }) -- a person means all of it
    end
    if group.owner and is_over(group) then
      loop.ready[#loop.ready + 1] = group.owner
    end
  end
  note_room(loop, group)
end

--- What a task does: it takes one function after the other until there is none left. A coroutine for each costs more
--- than most do in it.
local function work(group)
  repeat
    local index = group.next
    group.next = index + 1
    group.results[index] = group.functions[index]()
  until not gathering.has_more(group)
end

local function begin_tasks(loop, group)
  while group.running < group.limit and gathering.has_more(group) do
    local task = { group = group, thread = coroutine.create(work) }
    task_of[task.thread], loop.tasks[task] = task, true
    group.running = group.running + 1
    resume(loop, task)
  end
end

--- All go on: a task that was not meant waits again.
local function wake_all(loop)
  loop.disturbed, loop.ready = false, {}
  for task in pairs(loop.tasks) do
    task.wake_at = nil
    loop.ready[#loop.ready + 1] = task
  end
end

--- Those go on whose time has come; the others say when that is.
local function wake_late(loop)
  local now, next_wake = core.now(), math.huge
  if now < loop.next_wake then
    return
  end
  for task in pairs(loop.tasks) do
    local wake_at = task.wake_at or math.huge
    if wake_at <= now then
      wake(task)
    else
      next_wake = math.min(next_wake, wake_at)
    end
  end
  loop.next_wake = next_wake
end

--- A session that was closed does not say that its transfers are over.
local function wake_abandoned()
  for session, waiters in pairs(waiting) do
    if session:closed() then
      waiting[session] = nil
      for _, waiter in pairs(waiters) do
        each_waiter(waiter, wake)
      end
    end
  end
end

-- With more than one session (several clients in one gather) they are watched in turns.
local TURN_SECONDS = 0.005

local function sleep_until(wake_at)
  local left = wake_at - core.now()
  local only = next(waiting)
  if not only then
    return core.sleep(math.max(left, 0))
  end
  local several = next(waiting, only) ~= nil
  local sessions = {} -- a copy, as those who are woken leave
  for session in pairs(waiting) do
    sessions[#sessions + 1] = session
  end
  for _, session in ipairs(sessions) do
    if not session:wait(several and math.min(left, TURN_SECONDS) or left) then
      return false
    end
    step(session)
  end
  return true
end

--- One turn: begins what may begin, and resumes the tasks that are ready, or sleeps until one is.
local function turn(loop)
  local hungry = loop.hungry
  loop.hungry = {}
  for _, group in ipairs(hungry) do
    begin_tasks(loop, group)
  end
  if loop.disturbed then
    wake_all(loop)
  end
  wake_late(loop)
  if #loop.ready == 0 and next(loop.tasks) then
    wake_abandoned()
  end
  if #loop.ready == 0 and #loop.hungry == 0 and next(loop.tasks) and not sleep_until(loop.next_wake) then
    cancel(loop.root)
  end
  local ready = loop.ready
  loop.ready = {}
  for _, task in ipairs(ready) do
    resume(loop, task)
  end
end

local function turn_until_over(loop, group)
  repeat
    turn(loop)
  until is_over(group)
end

--- Turns until the first group is over. An error here ends everything: Ctrl-C strikes anywhere, between two turns, too.
local function run(group)
  local loop = { root = group, tasks = {}, ready = {}, hungry = { group }, next_wake = math.huge }
  group.loop = loop
  repeat
    local ok, failure = pcall(turn_until_over, loop, group)
    if not ok then
      cancel(group, { failure })
    end
  until is_over(group)
end

--- Lets the loop that runs already run the group, too.
local function join(task, group)
  local loop = task.group.loop
  group.loop, group.owner, group.parent = loop, task, task.group
  begin_tasks(loop, group)
  while not is_over(group) do
    coroutine.yield()
  end
end

-- The runtime --------------------------------------------------------------------------------------

function blocking.await(session, transfer, deadline)
  local task = task_of[guard.running()]
  if task then
    return wait_in_loop(task, session, transfer, deadline)
  end
  return block_on(session, transfer, deadline)
end

function blocking.sleep(seconds)
  local task = task_of[guard.running()]
  if not task then
    return core.sleep(seconds)
  end
  local wake_at = core.now() + seconds
  repeat
    pause(task, wake_at)
  until gathering.is_cancelled(task.group) or core.now() >= wake_at
  return not gathering.is_cancelled(task.group)
end

function blocking.gather(functions, limit)
  local group = { functions = functions, limit = limit, next = 1, running = 0, results = {} }
  local task = task_of[guard.running()]
  if task then
    join(task, group)
  else
    run(group)
  end
  if group.failure and not guard.is_interrupt(group.failure[1]) then
    error(group.failure[1], 0)
  end
  return group.results, gathering.is_cancelled(group)
end

--- Nobody drops a coroutine here.
function blocking.apart(fn)
  fn()
  return true
end

return blocking
