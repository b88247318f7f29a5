--- How to wait in plain Lua: the thread sleeps in C until something happens.
-- Outside of `gather` a wait blocks. Inside, functions run as coroutines of one loop, which sleeps
-- only when all of them wait; so many exchanges are in flight in one thread.
-- Ctrl-C ends what waits: outside of a loop by the error that the interpreter raises, inside by
-- "cancelled", so that what was done so far can be told.

local core = require "aicore.core"
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

-- The task of a coroutine that runs in a loop.
local task_of = setmetatable({}, { __mode = "k" })

-- The coroutines that wait for a transfer: whoever steps the session wakes them.
local waiting_for = setmetatable({}, { __mode = "k" })

local function step(session)
  for _, transfer in ipairs(session:step()) do
    for _, task in ipairs(waiting_for[transfer] or {}) do
      task.wake_at = -math.huge
    end
    waiting_for[transfer] = nil
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
    step(session) -- others are: session:wait returns at once until somebody has taken note
  end
end

-- In a loop ----------------------------------------------------------------------------------------
-- A loop has tasks; a task is { thread, group, wake_at, session (that it waits for), joins (a group) }.
-- A group is what one gather runs; one that was called inside of a task belongs to that task.

--- Is the task to end? It is when its group is, or the task that the group belongs to.
local function is_cancelled(task)
  while task do
    if task.group.cancelled then
      return true
    end
    task = task.group.parent
  end
  return false
end

--- Has the group functions that may begin now or later? Those that run may still add some.
local function has_more(group)
  return group.functions[group.next] ~= nil and not group.cancelled and not is_cancelled(group.parent)
end

local function is_over(group)
  return group.running == 0 and not has_more(group)
end

--- Gives the loop control until `wake_at`, or until somebody sets that to the past.
local function pause(task, wake_at, session)
  if not is_cancelled(task) then
    task.wake_at, task.session = wake_at, session
    coroutine.yield()
    task.session = nil
  end
end

local function wait_in_loop(task, session, transfer, deadline)
  deadline = deadline or math.huge
  while not transfer:finished() do
    if is_cancelled(task) then
      return "cancelled"
    elseif core.now() >= deadline then
      return "timeout"
    end
    local tasks = waiting_for[transfer] or {}
    waiting_for[transfer] = tasks
    tasks[#tasks + 1] = task
    pause(task, deadline, session)
  end
end

--- lua.c and luajit.c say this when a person pressed Ctrl-C.
local function is_interrupt(failure)
  return type(failure) == "string" and failure:find("interrupted!", 1, true) ~= nil
end

--- Gives a task control. Its error ends its group; Ctrl-C, which LuaJIT lets strike in any coroutine, the whole loop.
local function resume(loop, task)
  local group = task.group
  local ok, result = coroutine.resume(task.thread)
  if coroutine.status(task.thread) ~= "dead" then
    return
  end
  loop.tasks[task] = nil
  group.running = group.running - 1
  if ok then
    group.results[task.index] = result
  else
    group.cancelled = true
    group.failure = group.failure or { result }
    loop.root.cancelled = loop.root.cancelled or is_interrupt(result)
  end
end

local function begin_tasks(loop, group)
  while group.running < group.limit and has_more(group) do
    local task = { group = group, index = group.next, thread = coroutine.create(group.functions[group.next]) }
    task_of[task.thread], loop.tasks[task] = task, true
    group.next, group.running = group.next + 1, group.running + 1
    resume(loop, task)
  end
end

local function is_due(task, now)
  if task.joins then
    return is_over(task.joins)
  end
  return task.wake_at <= now or is_cancelled(task)
end

--- The tasks whose time has come; and until when nothing happens by itself, and whose sessions are
--- worth watching meanwhile.
local function survey(loop)
  local due, wake_at, sessions = {}, math.huge, {}
  local now = core.now()
  for task in pairs(loop.tasks) do
    if is_due(task, now) then
      due[#due + 1] = task
    else
      wake_at = math.min(wake_at, task.wake_at)
      local session = task.session
      if session and session:closed() then
        due[#due + 1] = task -- its transfer is over, and nobody says so
      elseif session then
        sessions[session] = true
      end
    end
  end
  return due, wake_at, sessions
end

-- With more than one session (several clients in one gather) they are watched in turns.
local TURN_SECONDS = 0.005

local function sleep_until(wake_at, sessions)
  local left = wake_at - core.now()
  local only = next(sessions)
  if not only then
    return core.sleep(math.max(left, 0))
  end
  local several = next(sessions, only) ~= nil
  for session in pairs(sessions) do
    if not session:wait(several and math.min(left, TURN_SECONDS) or left) then
      return false
    end
    step(session)
  end
  return true
end

--- One turn: begins what may begin, resumes who is due, or sleeps until somebody is.
local function turn(loop)
  local groups = {} -- a copy, as a task may bring another group
  for group in pairs(loop.groups) do
    groups[#groups + 1] = group
  end
  for _, group in ipairs(groups) do
    begin_tasks(loop, group)
  end
  local due, wake_at, sessions = survey(loop)
  for _, task in ipairs(due) do
    resume(loop, task)
  end
  if #due == 0 and next(loop.tasks) and not sleep_until(wake_at, sessions) then
    loop.root.cancelled = true
  end
end

--- Turns until the first group is over. An error here (Ctrl-C strikes anywhere) ends everything.
local function run(group)
  local loop = { root = group, tasks = {}, groups = { [group] = true } }
  group.loop = loop
  local function turn_until_over()
    repeat
      turn(loop)
    until is_over(group)
  end
  repeat
    local ok, failure = pcall(turn_until_over)
    if not ok then
      group.cancelled = true
      group.failure = group.failure or { failure }
    end
  until ok or is_over(group)
end

--- Lets the loop that runs already run the group, too.
local function join(task, group)
  local loop = task.group.loop
  group.loop, group.parent = loop, task
  loop.groups[group] = true
  begin_tasks(loop, group)
  task.joins, task.wake_at = group, math.huge
  while not is_over(group) do
    coroutine.yield()
  end
  task.joins, loop.groups[group] = nil, nil
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
  pause(task, core.now() + seconds)
  return not is_cancelled(task)
end

function blocking.gather(functions, limit)
  local group = { functions = functions, limit = limit, next = 1, running = 0, results = {} }
  local task = task_of[guard.running()]
  if task then
    join(task, group)
  else
    run(group)
  end
  if group.failure and not is_interrupt(group.failure[1]) then
    error(group.failure[1], 0)
  end
  return group.results, group.cancelled or is_cancelled(task)
end

--- Nobody drops a coroutine here.
function blocking.apart(fn)
  fn()
  return true
end

return blocking
