--- How to wait on a clock that jumps, for simulations and tests: a sibling of the other runtimes (their contract is in
-- blocking.lua) that needs no C module, no sockets and no time.
-- Coroutines of one loop; when all of them wait, it is at once as late as the earliest of them wants it to be.
-- The same program takes the same course every time: what is due earlier goes on first, and of several that are due at
-- the same time the one that was the first to ask for it.

local agenda = require "aicore.runtime.agenda"
local errors = require "aicore.model.errors"

local unpack = table.unpack or unpack
local running, status = coroutine.running, coroutine.status

local virtual = {}

---@class aicore.VirtualTransfer     what await() can wait for
---@field finished fun(self): boolean
---@field due fun(self): number?      when it will be finished, on the runtime's clock; nil: nobody knows

---@class aicore.VirtualRuntime: aicore.Runtime
---@field release fun(session: any)              to be called when a session is closed: who waits for it looks again
---@field at fun(time: number, act: fun())        calls act at this time, outside of any coroutine: it must not wait
---@field spawn fun(fn: fun()): thread            runs fn as a coroutine of its own; what it raises, run() raises
---@field run fun(fn: (fun(): ...)): ...          runs fn as the main coroutine until it has ended; its results.
---                                               Others that still wait go on with the next run()
---@field cancel fun(thread: thread)              the waits of a coroutine end, as by Ctrl-C, and all that it gathers
---@field kill fun(thread: thread)                as hosts do that drop coroutines: it gets no control any more, nor
---                                               does what it gathers. Where it was gathered itself, others go on.
---                                               Its status is "dead" in 5.4; in 5.1 and LuaJIT it stays "suspended",
---                                               but its life() says so
---@field is_killed fun(thread: thread): boolean  was it killed, by itself or with what gathers it?
---@field coroutines fun(): integer               how many have begun, or are about to, and have not ended

-- A loop is { time, asked, agenda, tasks, task_of = tasks by thread, cancels }. On the agenda stand tasks, functions.
-- A task is { thread, number, group, index, entry = its place on the agenda, gathers = a group, session = whose
-- transfer it awaits, cancelled, over }.
-- A group is { functions, limit, next, running, begun = tasks, results, parent = the task whose end is its end, too,
-- waiter = the task that is woken when it is over, cancelled, cut = one was killed, failure = { what was raised } }.

-- Tasks --------------------------------------------------------------------------------------------

local function is_cancelled(loop, task)
  while task and loop.cancels do
    if task.cancelled or task.group.cancelled then
      return true
    end
    task = task.group.parent
  end
  return false
end

local function is_ended(loop, group)
  return group.cancelled or is_cancelled(loop, group.parent)
end

local function is_over(loop, group)
  return group.running == 0 and (not group.functions[group.next] or is_ended(loop, group))
end

--- The running coroutine waits until `wake_at`, or until wake().
local function park(loop, task, wake_at)
  if wake_at < math.huge then
    task.entry = loop.agenda:add(wake_at, task)
  end
  coroutine.yield()
end

local function wake(loop, task)
  if task.thread ~= running() then
    if task.entry then
      agenda.forget(task.entry)
    end
    task.entry = loop.agenda:add(loop.time, task)
  end
end

local function each_running(loop, group, act)
  for index = 1, group.next - 1 do
    if not group.begun[index].over then
      act(loop, group.begun[index])
    end
  end
end

--- A task that has been cancelled, and all that it gathers, shall see it.
local function wake_all(loop, task)
  wake(loop, task)
  if task.gathers then
    each_running(loop, task.gathers, wake_all)
  end
end

local function new_group(functions, limit, waiter, parent)
  return {
    functions = functions,
    limit = limit,
    next = 1,
    running = 0,
    begun = {},
    results = {},
    waiter = waiter,
    parent = parent,
  }
end

--- Whatever begins does so from the loop, never from another coroutine: many that never wait must not nest.
local function begin_some(loop, group)
  while group.running < group.limit and group.functions[group.next] and not is_ended(loop, group) do
    local index = group.next
    loop.tasks = loop.tasks + 1
    local thread = coroutine.create(group.functions[index])
    local task = { thread = thread, number = loop.tasks, group = group, index = index }
    group.next, group.running, group.begun[index] = index + 1, group.running + 1, task
    loop.task_of[task.thread] = task
    wake(loop, task)
  end
end

--- A task will get no control any more. Others of its group begin, or who waits for all of them gets on.
local function leave(loop, task)
  local group = task.group
  task.over, loop.task_of[task.thread] = true, nil
  group.running = group.running - 1
  begin_some(loop, group)
  if group.waiter and not group.waiter.over and is_over(loop, group) then
    wake(loop, group.waiter)
  end
end

--- A task has raised: that ends the others, and is raised again where they are waited for.
local function fail(loop, task, failure)
  local group = task.group
  if not group.waiter or group.waiter.over then
    task.over = true
    error(failure, 0)
  end
  group.failure, group.cancelled, loop.cancels = group.failure or { failure }, true, true
  leave(loop, task)
  each_running(loop, group, wake_all)
end

--- The lists of functions may have grown meanwhile: its own group's, and of those around it.
local function begin_more(loop, group)
  while group do
    if group.functions[group.next] ~= nil then
      begin_some(loop, group)
    end
    group = group.parent and group.parent.group
  end
end

local function resume(loop, task)
  task.entry = nil
  local ok, result = coroutine.resume(task.thread)
  if not ok then
    fail(loop, task, result)
  elseif status(task.thread) == "dead" then
    task.group.results[task.index] = result
    leave(loop, task)
  end
  begin_more(loop, task.group)
end

--- The clock jumps to what is due next, and that happens.
local function turn(loop)
  local due, at = loop.agenda:take(math.huge)
  if not due then
    error("the virtual runtime: everybody waits, and nothing is due any more", 0)
  end
  loop.time, loop.asked = at, 0
  if type(due) == "function" then
    due()
  else
    resume(loop, due)
  end
end

--- The task of the running code.
local function here(loop)
  local task = loop.task_of[running()]
  if not task then
    errors.misuse "the runtime 'virtual' cannot wait here: call it in a function that run(), spawn() or gather() runs"
  end
  return task
end

-- Waiting ------------------------------------------------------------------------------------------

--- Where nothing else is due before a task would go on, it goes on at once, and the clock jumps: what it would find is
--- the same, and most naps are such.
local function jump(loop, task, wake_at)
  begin_more(loop, task.group)
  if loop.agenda:is_idle_until(wake_at) then
    loop.time, loop.asked = wake_at, 0
    return true
  end
  return false
end

local function sleep(loop, seconds)
  local task = here(loop)
  if is_cancelled(loop, task) then
    return false
  end
  local wake_at = loop.time + (seconds > 0 and seconds or 0)
  if wake_at < math.huge and jump(loop, task, wake_at) then
    return true
  end
  park(loop, task, wake_at)
  return not is_cancelled(loop, task)
end

local function await(loop, session, transfer, deadline)
  local task, asked_for = here(loop), nil
  while not transfer:finished() do
    if is_cancelled(loop, task) then
      return "cancelled"
    elseif loop.time >= deadline then
      return "timeout"
    end
    local due = transfer.due and transfer:due() or math.huge
    if due <= loop.time and asked_for == due then
      error("the virtual runtime: a transfer is due and does not finish", 0)
    end
    asked_for = due
    task.session = session
    park(loop, task, math.min(deadline, math.max(due, loop.time)))
    task.session = nil
  end
end

--- In the order in which they began: the same every time.
local function release(loop, session)
  local waiting = {}
  for _, task in pairs(loop.task_of) do
    waiting[#waiting + 1] = task.session == session and task or nil
  end
  table.sort(waiting, function(a, b)
    return a.number < b.number
  end)
  for _, task in ipairs(waiting) do
    wake(loop, task)
  end
end

local function gather(loop, functions, limit)
  local task = here(loop)
  local group = new_group(functions, limit, task, task)
  task.gathers = group
  begin_some(loop, group)
  while not is_over(loop, group) do
    park(loop, task, math.huge)
  end
  task.gathers = nil
  if group.failure then
    error(group.failure[1], 0)
  end
  return group.results, group.cut or is_ended(loop, group)
end

--- In a coroutine of its own, which outlives the calling one.
local function apart(loop, fn)
  local task = here(loop)
  local group = new_group({ fn }, 1, task, nil)
  begin_some(loop, group)
  while not is_over(loop, group) do
    if is_cancelled(loop, task) then
      return false
    end
    park(loop, task, math.huge)
  end
  if group.failure then
    error(group.failure[1], 0)
  end
  return true
end

-- From outside -------------------------------------------------------------------------------------

local function spawn(loop, fn)
  local group = new_group({ fn }, 1, nil, nil)
  begin_some(loop, group)
  return group.begun[1]
end

local function pack(...)
  return { n = select("#", ...), ... }
end

local function run(loop, fn)
  if loop.task_of[running()] then
    errors.misuse "run: this code runs in the loop already"
  end
  local results
  local main = spawn(loop, function()
    results = pack(fn())
  end)
  while not main.over do
    turn(loop)
  end
  if results then
    return unpack(results, 1, results.n)
  end
end

local close = rawget(coroutine, "close") or function() end -- not in 5.1

local function kill(loop, task)
  task.over, loop.killed[task.thread] = true, true
  if task.entry then
    agenda.forget(task.entry)
  end
  if task.gathers then
    each_running(loop, task.gathers, kill)
  end
  close(task.thread)
  task.group.cut = true
  leave(loop, task)
end

--- A runtime with a clock of its own.
---@param options { start: number?, most_asked: integer? }?
---       start: what the clock shows at first, in seconds (0); with seconds since 1970 it can be the time of day, too
---       most_asked: now() raises where it is asked more often while the clock stands still: who does that turns in a
---       circle
---@return aicore.VirtualRuntime
function virtual.new(options)
  local loop = {
    time = options and options.start or 0,
    asked = 0, -- for the time, since it is as late as that
    tasks = 0, -- that have begun
    cancels = false, -- was anything ever cancelled?
    killed = setmetatable({}, { __mode = "k" }),
    agenda = agenda.new(),
    task_of = {},
  }
  local runtime, most_asked = {}, options and options.most_asked or math.huge

  function runtime.now()
    local asked = loop.asked + 1
    loop.asked = asked
    if asked > most_asked then
      loop.asked = 0 -- what tidies up may ask, too
      error("the virtual runtime: a program turns in a circle", 0)
    end
    return loop.time
  end

  function runtime.sleep(seconds)
    return sleep(loop, seconds)
  end

  function runtime.await(session, transfer, deadline)
    return await(loop, session, transfer, deadline or math.huge)
  end

  function runtime.gather(functions, limit)
    return gather(loop, functions, limit)
  end

  function runtime.apart(fn)
    return apart(loop, fn)
  end

  function runtime.release(session)
    release(loop, session)
  end

  function runtime.at(time, act)
    loop.agenda:add(math.max(time, loop.time), act)
  end

  function runtime.spawn(fn)
    return spawn(loop, fn).thread
  end

  function runtime.run(fn)
    return run(loop, fn)
  end

  function runtime.cancel(thread)
    local task = loop.task_of[thread]
    if task then
      task.cancelled, loop.cancels = true, true
      wake_all(loop, task)
    end
  end

  function runtime.kill(thread)
    if thread == running() then
      errors.misuse "kill: a coroutine cannot do that to itself"
    elseif loop.task_of[thread] then
      kill(loop, loop.task_of[thread])
    end
  end

  function runtime.is_killed(thread)
    return loop.killed[thread] == true
  end

  function runtime.life()
    local thread = running()
    return function()
      return loop.killed[thread] and "dead" or status(thread)
    end
  end

  function runtime.coroutines()
    local count = 0
    for _ in pairs(loop.task_of) do
      count = count + 1
    end
    return count
  end

  return runtime
end

return virtual
