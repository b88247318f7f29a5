--- How to wait in a program that runs Copas (4 and newer): the coroutine waits, others go on.
-- It is not guessed: a client is made with runtime = "copas", or in a coroutine of aicore.spawn.

local clock = require "aicore.runtime.clock"
local copas = require "copas"
local guard = require "aicore.runtime.guard"
local tasks = require "aicore.runtime.tasks"

local LEAST = 4

local version = tonumber(tostring(copas._VERSION):match "%d+")
if not version or version < LEAST then
  error(("Copas %d or newer is needed, this is %s"):format(LEAST, tostring(copas._VERSION)), 0)
end

-- Waiters ------------------------------------------------------------------------------------------

local Waiter = {}
Waiter.__index = Waiter

--- A coroutine that has been woken, and has not gone on yet, does not mind a second time.
function Waiter:wake()
  self.woken = true
  if self.parked then
    copas.wakeup(self.thread)
  end
end

function Waiter:wait(seconds)
  if not self.woken then
    self.parked = true
    if seconds then
      copas.pause(seconds)
    else
      copas.pauseforever()
    end
    self.parked = false
  end
  self.woken = false
end

local function new_waiter()
  return setmetatable({ thread = guard.running(), woken = false, parked = false }, Waiter)
end

-- Watching -----------------------------------------------------------------------------------------

-- What Copas takes for a socket: whenever its descriptor is readable, Copas reads of it, and is told to go on waiting.
local Socket = {}
Socket.__index = Socket

function Socket:getfd()
  return self.fd
end

--- A dirty socket is read at once, and its descriptor is not looked at: it may be another one's by now.
function Socket:dirty()
  return self.stopped
end

function Socket:receive()
  if not self.stopped then
    self.on_ready()
  end
  return nil, self.stopped and "closed" or "timeout"
end

local function watch(session, on_ready)
  local socket = setmetatable({ fd = session:fd(), on_ready = on_ready, stopped = false }, Socket)
  copas.addthread(copas.receive, socket, "*a")
  return function()
    socket.stopped = true
  end
end

-- The runtime --------------------------------------------------------------------------------------

return tasks.new {
  name = "copas",
  advice = "call it in a coroutine of Copas: copas.addthread(function() … end)",
  now = clock.now,
  can_wait = tasks.in_coroutine,
  waiter = new_waiter,
  begin = copas.addthread,
  watch = watch,
  report = tasks.to_stderr,
}
