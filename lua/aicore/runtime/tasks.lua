--- How coroutines of an event loop, the host's or a library's, wait for transfers, sleep, and are gathered.
-- What the loop itself can do is passed in as a port (uv.lua, cqueues.lua): this file knows no loop.
-- A waiter parks one coroutine; a group is what one `gather` runs; a watched session is one that
-- a coroutine waits for, and no longer: only then a descriptor is polled and keeps the loop alive.

local errors = require "aicore.model.errors"
local gathering = require "aicore.runtime.gathering"
local guard = require "aicore.runtime.guard"

local tasks = {}

---@class aicore.Waiter          parks the coroutine that made it
---@field wait fun(self, seconds: number?)  until wake(), or so long; sooner is harmless
---@field wake fun(self)                    wakes it; remembered if it is not parked

---@class aicore.LoopPort
---@field name string                        of the runtime
---@field advice string                      what to do where one cannot wait
---@field now fun(): number                  seconds on the monotonic clock
---@field can_wait fun(): boolean            may the running code wait?
---@field waiter fun(): aicore.Waiter
---@field begin fun(body: fun())             runs a function, which never raises, as a coroutine of the loop
---@field loop (fun(): any)?                 the loop that the running code belongs to, where there may be several
---@field watch fun(session: userdata, on_ready: fun()): fun()
---                                          calls on_ready, in that loop, whenever the session's descriptor is
---                                          readable, and where the loop can tell that the session was closed, until
---                                          the function that it returns is called, which does not hold the loop
---@field report fun(message: string)        tells a person of an error that no caller gets

-- What several ports have in common ------------------------------------------------------------------

--- Is this a coroutine that can yield? The main chunk is none (5.1 has no word for it at all).
---@return boolean
function tasks.in_coroutine()
  local running, is_main = coroutine.running()
  return running ~= nil and not is_main
end

---@param message string
function tasks.to_stderr(message)
  io.stderr:write("aicore: ", message, "\n")
end

-- Watched sessions ---------------------------------------------------------------------------------
-- A watched session is { session, waiting = { [transfer] = places }, watches = { [loop] = watch } }; a place is
-- { waiter, watch, failure = { what is to be raised there } }, and a watch { count = of its places, stop }. Every loop
-- has a watch of its own: another one may be left for good while coroutines in it wait.

local NOBODY = {}

--- Ends the watches that nobody needs, or all.
local function unwatch(self, watched, all)
  for loop, watch in pairs(watched.watches) do
    if all or watch.count == 0 then
      watched.watches[loop] = nil
      watch.stop()
    end
  end
  if next(watched.watches) == nil and self.watched[watched.session] == watched then
    self.watched[watched.session] = nil
  end
end

--- Who waits for a transfer gets on, or raises what is in `failure`.
local function wake_waiters(watched, transfer, failure)
  local places = watched.waiting[transfer] or NOBODY
  watched.waiting[transfer] = nil
  for _, place in ipairs(places) do
    place.watch.count, place.failure = place.watch.count - 1, failure
  end
  for _, place in ipairs(places) do
    place.waiter:wake()
  end
end

--- The session can do something, or has been closed: then its transfers are over, and nothing tells. Whatever else is
--- raised here (a hook's error, Ctrl-C, no memory), those who wait raise: the loop has nobody else to tell.
local function on_ready(self, watched)
  local session, failure = watched.session, nil
  local stepped, finished = pcall(session.step, session)
  if not stepped then
    failure = not session:closed() and { finished } or nil
    unwatch(self, watched, true)
    finished = {}
    for transfer in pairs(watched.waiting) do
      finished[#finished + 1] = transfer
    end
  end
  for _, transfer in ipairs(finished) do
    wake_waiters(watched, transfer, failure)
  end
  unwatch(self, watched)
end

--- The session, with a watch in this loop.
local function watch(self, session)
  local watched, loop = self.watched[session], self.port.loop and self.port.loop() or self
  if not watched then
    watched = { session = session, waiting = {}, watches = setmetatable({}, { __mode = "k" }) }
    self.watched[session] = watched
  end
  if not watched.watches[loop] then
    local stop = self.port.watch(session, function()
      on_ready(self, watched)
    end)
    watched.watches[loop] = { count = 0, stop = stop }
  end
  return watched, watched.watches[loop]
end

local function join(self, session, transfer, waiter)
  local watched, own = watch(self, session)
  local places = watched.waiting[transfer] or {}
  watched.waiting[transfer] = places
  local place = { waiter = waiter, watch = own }
  places[#places + 1] = place
  own.count = own.count + 1
  return watched, place
end

--- It waits no more; if it was woken, it has no place any more.
local function leave(self, watched, transfer, waiter)
  local places = watched.waiting[transfer] or NOBODY
  for i = #places, 1, -1 do
    local place = places[i]
    if place.waiter == waiter then
      table.remove(places, i)
      place.watch.count = place.watch.count - 1
      unwatch(self, watched)
    end
  end
  if #places == 0 then
    watched.waiting[transfer] = nil
  end
end

-- Waiting ------------------------------------------------------------------------------------------

--- Raises where the running code cannot wait.
local function check(self)
  if not self.port.can_wait() then
    errors.misuse(("the runtime '%s' cannot wait here: %s"):format(self.port.name, self.port.advice))
  end
end

local function own_group(self)
  return self.group_of[guard.running()]
end

--- Parks the running coroutine until the deadline at most; the end of its group, or of one around it, wakes it, too.
local function park(self, waiter, group, deadline)
  gathering.enter(group, waiter)
  waiter:wait(deadline < math.huge and math.max(deadline - self.port.now(), 0) or nil)
  gathering.leave(group, waiter)
end

local function await(self, session, transfer, deadline)
  check(self)
  if transfer:finished() then
    return nil -- when it was begun, as most are where the service is near: then nothing is made to wait by
  end
  local group, waiter = own_group(self), self.port.waiter()
  while not transfer:finished() do
    if gathering.is_cancelled(group) then
      return "cancelled"
    elseif self.port.now() >= deadline then
      return "timeout"
    end
    local watched, place = join(self, session, transfer, waiter)
    park(self, waiter, group, deadline)
    leave(self, watched, transfer, waiter)
    if place.failure then
      error(place.failure[1], 0)
    end
  end
end

local function sleep(self, wake_at)
  check(self)
  local group, waiter = own_group(self), self.port.waiter()
  repeat
    if gathering.is_cancelled(group) then
      return false
    end
    park(self, waiter, group, wake_at)
  until self.port.now() >= wake_at
  return not gathering.is_cancelled(group)
end

-- Gathering ----------------------------------------------------------------------------------------

local function wake(waiter)
  waiter:wake()
end

local function begin_workers(self, group)
  while gathering.take_on(group) do
    self.port.begin(function()
      self.group_of[guard.running()] = group
      gathering.work(group, guard.call)
      group.workers = group.workers - 1
      wake(group.owner)
    end)
  end
end

local function gather(self, functions, limit)
  check(self)
  local parent = own_group(self)
  local group = gathering.new {
    functions = functions,
    limit = limit,
    parent = parent,
    owner = self.port.waiter(),
    wake = wake,
  }
  begin_workers(self, group)
  while group.workers > 0 do
    park(self, group.owner, parent, math.huge)
    begin_workers(self, group) -- their functions may have added some
  end
  if group.failure then
    error(group.failure[1], 0)
  end
  return group.results, gathering.is_cancelled(group)
end

-- The runtime --------------------------------------------------------------------------------------

--- So long one call may hold up the loop, in seconds: an editor that answers to keys later feels slow.
local TURN = 0.015

--- The functions of a runtime (blocking.lua has their contract) over an event loop, and
--- spawn(fn):         runs fn as a coroutine of the loop; what it raises is reported
--- here():            is this the host of the running code? Only such a coroutine can tell, if it is not known at sight
--- release(session):  to be called before a session is closed, while its descriptor is still its own
---@param port aicore.LoopPort
---@return aicore.Runtime
function tasks.new(port)
  local weak = { __mode = "k" }
  local self = {
    port = port,
    watched = {}, -- by session
    group_of = setmetatable({}, weak), -- by coroutine
    spawned = setmetatable({}, weak),
  }
  local runtime = { turn = TURN }

  --- Every call asks for the time before it sends anything: where it could not wait, it ends there.
  function runtime.now()
    check(self)
    return port.now()
  end

  function runtime.await(session, transfer, deadline)
    return await(self, session, transfer, deadline or math.huge)
  end

  function runtime.sleep(seconds)
    return sleep(self, port.now() + seconds)
  end

  function runtime.gather(functions, limit)
    return gather(self, functions, limit)
  end

  --- These loops drop no coroutine.
  function runtime.apart(fn)
    fn()
    return true
  end

  function runtime.spawn(fn)
    port.begin(function()
      self.spawned[guard.running()] = true
      local ok, message = guard.traced(fn)
      if not ok then
        port.report(message)
      end
    end)
  end

  function runtime.here()
    local running = guard.running()
    return running ~= nil and self.spawned[running] == true
  end

  function runtime.release(session)
    local watched = self.watched[session]
    if watched then
      unwatch(self, watched, true)
      for transfer in pairs(watched.waiting) do
        transfer:cancel()
        wake_waiters(watched, transfer)
      end
    end
  end

  return runtime
end

return tasks
