--- What luv and Neovim share: tasks over libuv's handles.
-- A callback of libuv cannot yield, but it may resume a coroutine; it must not raise. Handles live as
-- long as a coroutine waits: one that was left polling would keep the loop alive, and its descriptor's
-- number may be another's once the session is closed.

local clock = require "aicore.runtime.clock"
local guard = require "aicore.runtime.guard"
local tasks = require "aicore.runtime.tasks"

---@class aicore.UvHost
---@field uv table                       libuv, by whatever name
---@field name string                    of the runtime
---@field advice string                  what to do where one cannot wait
---@field enter fun(resume: fun())       runs a function where the user's code may run
---@field report fun(message: string)    tells a person of an error that no caller gets; must not raise

local function close(handle)
  if handle and not handle:is_closing() then
    handle:close()
  end
end

-- Alarms -------------------------------------------------------------------------------------------
-- All that wait share one timer: nearly all wait for an answer that comes long before their time is over, and a timer
-- for each took an eighth of all that a call takes where many are in flight. host.alarms has the time of each,
-- host.alarm_count how many there are; the timer rings at host.rings_at, the first of them or earlier, and is there
-- only while some wait.

local ring

--- A timer of libuv counts from when the loop last looked at the clock, in milliseconds.
local function start_timer(host, at)
  host.rings_at = at
  host.uv.update_time()
  host.timer:start(math.ceil(math.min(math.max(at - clock.now(), 0), 1e6) * 1000), 0, function()
    ring(host)
  end)
end

local function clear_alarm(waiter)
  local host = waiter.host
  if host.alarms[waiter] then
    host.alarms[waiter], host.alarm_count = nil, host.alarm_count - 1
  end
  if host.alarm_count == 0 and host.timer then
    close(host.timer)
    host.timer, host.rings_at = nil, math.huge
  end
end

--- Those wake whose time has come. They have no alarm any more, even if they were dropped and never go on.
function ring(host)
  local now, next_at, due = clock.now(), math.huge, {}
  for waiter, at in pairs(host.alarms) do
    if at <= now then
      due[#due + 1] = waiter
    else
      next_at = math.min(next_at, at)
    end
  end
  for _, waiter in ipairs(due) do
    clear_alarm(waiter)
  end
  if host.timer then
    start_timer(host, next_at)
  end
  for _, waiter in ipairs(due) do
    waiter:wake()
  end
end

local function set_alarm(waiter, at)
  local host = waiter.host
  host.timer = host.timer or assert(host.uv.new_timer())
  host.alarms[waiter], host.alarm_count = at, host.alarm_count + 1
  if at < host.rings_at then
    start_timer(host, at)
  end
end

-- Waiters ------------------------------------------------------------------------------------------

local Waiter = {}
Waiter.__index = Waiter

--- Gives the coroutine its control back. It may be another scheduler's: those that call what their coroutines yield, a
--- function and how many arguments it takes (plenary, async.nvim), have left one that does what they need besides.
local function resume(self)
  if self.step then
    local step = self.step
    self.step = nil
    step()
  elseif coroutine.status(self.thread) == "suspended" then
    local ok, message = coroutine.resume(self.thread)
    if not ok then
      self.host.report(debug.traceback(self.thread, tostring(message)))
    end
  end
end

local function enter(self)
  local ok, message = pcall(resume, self)
  if not ok then
    self.host.report(tostring(message))
  end
end

function Waiter:wake()
  if self.woken then
    return
  end
  self.woken = true
  if self.parked then
    self.host.enter(function()
      enter(self)
    end)
  end
end

function Waiter:wait(seconds)
  if not self.woken then
    if seconds then
      set_alarm(self, clock.now() + seconds)
    end
    self.parked = true
    repeat
      coroutine.yield(self.on_yield, 1) -- what else resumes this has no news for us
    until self.woken
    self.parked = false
    if seconds then
      clear_alarm(self)
    end
  end
  self.woken = false
end

local function new_waiter(host)
  local self = setmetatable({ host = host, thread = guard.running(), woken = false, parked = false }, Waiter)
  self.on_yield = function(step)
    self.step = step
  end
  return self
end

-- Watching -----------------------------------------------------------------------------------------

--- The function, whose errors are reported.
local function guarded(host, fn)
  return function()
    local ok, message = pcall(fn)
    if not ok then
      host.report(tostring(message))
    end
  end
end

--- Calls back when the session's descriptor is readable; and, since a closed one never is, before
-- every turn of the loop that finds the session closed.
local function watch(host, session, on_ready)
  local uv, fd = host.uv, session:fd()
  if host.watched[fd] then
    host.watched[fd]() -- the number was that of a session which is closed now
  end
  local poll = assert(uv.new_poll(fd))
  local prepare = assert(uv.new_prepare())
  poll:start("r", on_ready)
  prepare:start(guarded(host, function()
    if session:closed() then
      on_ready()
    end
  end))
  prepare:unref()
  local replaced
  local function stop()
    if host.watched[fd] == replaced then
      host.watched[fd] = nil
    end
    close(poll)
    close(prepare)
  end
  function replaced()
    stop()
    on_ready()
  end
  host.watched[fd] = replaced
  return stop
end

local uv_tasks = {}

--- A runtime over libuv.
---@param host aicore.UvHost
---@return aicore.Runtime
function uv_tasks.new(host)
  host.watched = {} -- descriptor -> ends the watching of it
  host.alarms, host.alarm_count, host.rings_at = {}, 0, math.huge
  return tasks.new {
    name = host.name,
    advice = host.advice,
    now = clock.now,
    can_wait = tasks.in_coroutine,
    report = host.report,
    waiter = function()
      return new_waiter(host)
    end,
    begin = function(body)
      assert(coroutine.resume(coroutine.create(body)))
    end,
    watch = function(session, on_ready)
      return watch(host, session, guarded(host, on_ready))
    end,
  }
end

return uv_tasks
