--- How to wait in plain Lua: the thread sleeps in C until something happens.
-- Outside of `gather` a wait blocks. Inside, functions run as coroutines of one loop, which sleeps
-- only when all of them wait; so many exchanges are in flight in one thread.
-- Ctrl-C ends what waits: outside of a loop by the error that the interpreter raises, inside by
-- "cancelled", so that what was done so far can be told.

local core = require "aicore.core"

---@class aicore.Runtime
---@field now fun(): number  seconds on the monotonic clock
---@field sleep fun(seconds: number): boolean  false: cancelled
---@field await fun(session: userdata, transfer: userdata, deadline: number?): string?
---       waits until the transfer is finished; if it ends earlier, says "timeout" or "cancelled"
---@field gather fun(functions: (fun(): any)[], limit: integer): any[], boolean
---       runs the functions, at most so many at a time, and returns what each of them returned,
---       and whether that was cut short. An error of one ends the others, and is raised again.

local blocking = { now = core.now }

-- The loop of a coroutine that runs in one.
local loop_of = setmetatable({}, { __mode = "k" })

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
  while true do
    step(session)
    if transfer:finished() then
      return nil
    end
    local left = (deadline or math.huge) - core.now()
    if left <= 0 then
      return "timeout"
    elseif not session:wait(left) then
      return "cancelled"
    end
  end
end

-- In a loop ----------------------------------------------------------------------------------------
-- A task is { thread, wake_at, session (that it waits for), result }; a loop has the tasks that run.

--- Gives the loop control until `wake_at`, or until somebody sets it to the past.
local function pause(loop, wake_at, session)
  if loop.cancelled then
    return
  end
  local task = loop.current
  task.wake_at, task.session = wake_at, session
  coroutine.yield()
  task.session = nil
end

local function wait_in_loop(loop, session, transfer, deadline)
  deadline = deadline or math.huge
  while not transfer:finished() do
    if loop.cancelled then
      return "cancelled"
    elseif core.now() >= deadline then
      return "timeout"
    end
    local tasks = waiting_for[transfer] or {}
    waiting_for[transfer] = tasks
    tasks[#tasks + 1] = loop.current
    pause(loop, deadline, session)
  end
end

local function resume(loop, task)
  loop.current = task
  local ok, result = coroutine.resume(task.thread)
  loop.current = nil
  if coroutine.status(task.thread) ~= "dead" then
    return
  end
  loop.tasks[task] = nil
  loop.running = loop.running - 1
  if ok then
    loop.results[task.index] = result
  else
    loop.cancelled = true
    loop.failure = loop.failure or { result }
  end
end

local function begin_tasks(loop)
  while loop.running < loop.limit and loop.functions[loop.next] and not loop.cancelled do
    local task = { index = loop.next, thread = coroutine.create(loop.functions[loop.next]) }
    loop_of[task.thread] = loop
    loop.tasks[task] = true
    loop.next, loop.running = loop.next + 1, loop.running + 1
    resume(loop, task)
  end
end

--- The tasks whose time has come; and until when nothing happens by itself, and whose sessions are
--- worth watching meanwhile.
local function survey(loop)
  local due, wake_at, sessions = {}, math.huge, {}
  local now = core.now()
  for task in pairs(loop.tasks) do
    if task.wake_at <= now or loop.cancelled then
      due[#due + 1] = task
    else
      wake_at = math.min(wake_at, task.wake_at)
      if task.session then
        sessions[task.session] = true
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
  begin_tasks(loop)
  local due, wake_at, sessions = survey(loop)
  for _, task in ipairs(due) do
    resume(loop, task)
  end
  if #due == 0 and loop.running > 0 and not sleep_until(wake_at, sessions) then
    loop.cancelled = true
  end
end

--- lua.c and luajit.c say this when a person pressed Ctrl-C.
local function is_interrupt(failure)
  return type(failure) == "string" and failure:find("interrupted!", 1, true) ~= nil
end

-- The runtime --------------------------------------------------------------------------------------

function blocking.await(session, transfer, deadline)
  local loop = loop_of[coroutine.running()]
  if loop then
    return wait_in_loop(loop, session, transfer, deadline)
  end
  return block_on(session, transfer, deadline)
end

function blocking.sleep(seconds)
  local loop = loop_of[coroutine.running()]
  if not loop then
    return core.sleep(seconds)
  end
  pause(loop, core.now() + seconds)
  return not loop.cancelled
end

function blocking.gather(functions, limit)
  local loop = {
    functions = functions,
    limit = limit,
    next = 1,
    running = 0,
    tasks = {},
    results = {},
  }
  repeat
    local ok, failure = pcall(turn, loop)
    if not ok then
      loop.cancelled = true
      loop.failure = loop.failure or { failure }
    end
  until loop.running == 0 and (loop.cancelled or not functions[loop.next])
  if loop.failure and not is_interrupt(loop.failure[1]) then
    error(loop.failure[1], 0)
  end
  return loop.results, loop.cancelled or false
end

return blocking
