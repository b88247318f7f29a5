--- How to wait in a program that runs cqueues: the coroutine of the controller waits, others go on.
-- It is not guessed: a client is made with runtime = "cqueues", or in a coroutine of aicore.spawn.

local clock = require "aicore.runtime.clock"
local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local life = require "aicore.runtime.life"
local tasks = require "aicore.runtime.tasks"

--- The controller that runs the calling coroutine, if any.
local function controller()
  return (cqueues.running())
end

-- Waiters ------------------------------------------------------------------------------------------

local Waiter = {}
Waiter.__index = Waiter

function Waiter:wake()
  self.woken = true
  self.condition:signal()
end

function Waiter:wait(seconds)
  if not self.woken then
    self.condition:wait(seconds)
  end
  self.woken = false
end

local function new_waiter()
  return setmetatable({ condition = condition.new(), woken = false }, Waiter)
end

-- Watching -----------------------------------------------------------------------------------------

--- One coroutine polls on behalf of all: two hundred that poll the same descriptor would all wake
-- whenever one of them is meant. It is the controller's; nothing here holds that.
local function watch(session, on_ready)
  local stopped, wake_up = false, condition.new()
  local here, fd = setmetatable({ controller() }, { __mode = "v" }), session:fd()
  local readable = { pollfd = fd, events = "r" }
  here[1]:wrap(function()
    while not stopped do
      if cqueues.poll(readable, wake_up) ~= wake_up then
        on_ready()
      end
    end
  end)
  return function()
    if not stopped then
      stopped = true
      if here[1] then
        here[1]:cancel(fd) -- while the number is still ours
      end
      wake_up:signal()
    end
  end
end

-- The runtime --------------------------------------------------------------------------------------

local runtime = tasks.new {
  name = "cqueues",
  advice = "call it in a coroutine of a controller: cqueues.new():wrap(function() … end):loop()",
  now = clock.now,
  can_wait = function()
    return controller() ~= nil
  end,
  waiter = new_waiter,
  begin = function(body)
    controller():wrap(body)
  end,
  loop = controller,
  watch = watch,
  report = tasks.to_stderr,
}

--- The life of the calling coroutine (life.lua): one in another controller may be suspended for good.
function runtime.life()
  local here, status = setmetatable({ controller() }, { __mode = "v" }), life.of {}
  return function()
    local word = status()
    return word == "suspended" and here[1] ~= controller() and "elsewhere" or word
  end
end

return runtime
