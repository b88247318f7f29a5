--- How to wait in a program that runs luv's event loop. It is not guessed: a client is made with
-- runtime = "luv", or in a coroutine of aicore.spawn.
-- What waits is a coroutine: aicore.spawn begins one, any other will do. The main chunk cannot wait.

local tasks = require "aicore.runtime.tasks"
local uv = require "luv"
local uv_tasks = require "aicore.runtime.uv"

return uv_tasks.new {
  uv = uv,
  name = "luv",
  advice = "call it in a coroutine, as aicore.spawn(function() … end) begins one",
  enter = function(resume)
    resume()
  end,
  report = tasks.to_stderr,
}
