--- Protected calls of functions that wait. Lua 5.1 cannot yield in a pcall: there the function gets a coroutine of its
-- own, and whatever that yields, the calling one yields on its behalf.
-- So what waits is known by `guard.running()`: the coroutine that its host resumes, however deep the calls within.

local guard = {}

--- Was it a person who pressed Ctrl-C that raised this? lua.c and luajit.c say so in words.
---@param failure any
---@return boolean
function guard.is_interrupt(failure)
  return type(failure) == "string" and failure:find("interrupted!", 1, true) ~= nil
end

local function with_traceback(failure)
  return debug.traceback(tostring(failure), 2)
end

if package.loaded.jit or _VERSION ~= "Lua 5.1" then
  guard.call, guard.running = pcall, coroutine.running

  --- Calls a function; what it raises comes back with its traceback.
  ---@param fn fun()
  ---@return boolean ok
  ---@return string? failure
  function guard.traced(fn)
    return xpcall(fn, with_traceback)
  end

  return guard
end

-- The coroutine on whose behalf another one runs.
local outer_of = setmetatable({}, { __mode = "kv" })

--- The running coroutine, as its host knows it; nil in the main chunk.
---@return thread?
function guard.running()
  local thread = coroutine.running()
  return outer_of[thread or false] or thread
end

--- Goes on until the inner one is dead.
local function pass(thread, ok, ...)
  if coroutine.status(thread) == "dead" then
    return ok, ...
  end
  return pass(thread, coroutine.resume(thread, coroutine.yield(...)))
end

local function begin(fn)
  local outer, thread = guard.running(), coroutine.create(fn)
  outer_of[thread] = outer
  return thread
end

--- As pcall does it, without arguments. In the main chunk there is nobody to yield to, and nothing yields.
---@param fn fun(): any
---@return boolean ok
---@return any result  or what it has raised
function guard.call(fn)
  if not coroutine.running() then
    return pcall(fn)
  end
  local thread = begin(fn)
  return pass(thread, coroutine.resume(thread))
end

function guard.traced(fn)
  if not coroutine.running() then
    return xpcall(fn, with_traceback)
  end
  local thread = begin(fn)
  local ok, failure = pass(thread, coroutine.resume(thread))
  return ok, not ok and debug.traceback(thread, tostring(failure)) or nil
end

return guard
