-- Protected calls that wait. The checks are a program, as they have to hold in Lua 5.1, too, which no spec runs in.

local PROGRAM = [[
local guard = require "aicore.runtime.guard"

-- What it returns, what it yields, and what it is resumed with.
local thread = coroutine.create(function()
  local me = guard.running()
  assert(me == coroutine.running())
  local ok, result = guard.call(function()
    assert(guard.running() == me)
    local got = { coroutine.yield(1, nil, 3) }
    assert(got[1] == "a" and got[2] == nil and got[3] == "c")
    local within = { guard.call(function()
      assert(guard.running() == me)
      return coroutine.yield "deep"
    end) }
    assert(within[1] and within[2] == "d")
    return "done"
  end)
  return ok, result
end)
local yielded = { coroutine.resume(thread) }
assert(yielded[2] == 1 and yielded[3] == nil and yielded[4] == 3)
assert(select(2, coroutine.resume(thread, "a", nil, "c")) == "deep")
local _, ok, result = coroutine.resume(thread, "d")
assert(ok and result == "done")

-- What is raised, after a yield or at once, as it was.
local raised = { code = 7 }
thread = coroutine.wrap(function()
  return guard.call(function()
    coroutine.yield()
    error(raised)
  end)
end)
thread()
local good, failure = thread()
assert(good == false and failure == raised)

-- With its traceback.
thread = coroutine.wrap(function()
  local function here()
    coroutine.yield()
    error("oh", 0)
  end
  return guard.traced(function()
    here()
  end)
end)
thread()
good, failure = thread()
assert(good == false and failure:find("^oh\nstack traceback:"), failure)
assert(failure:find("here", 1, true), failure)

-- In the main chunk, where there is nobody to yield to.
assert(guard.call(error) == false)
assert(guard.traced(error) == false)
assert(select(2, guard.call(function() return 5 end)) == 5)

-- A coroutine that is resumed by its own creator meanwhile goes on as it should.
local inner, log = nil, {}
thread = coroutine.create(function()
  guard.call(function()
    inner = coroutine.running()
    coroutine.yield() -- until its creator resumes it
    log[1] = "own"
    coroutine.yield() -- until its host does
    log[2] = "host's"
  end)
  log[3] = "over"
end)
coroutine.resume(thread)
coroutine.resume(inner)
coroutine.resume(thread)
assert(table.concat(log, " ") == "own host's over")
print "held"
]]

describe("a protected call", function()
  for _, lua in ipairs { "lua5.1", "lua5.4", "luajit" } do
    it("may wait in " .. lua, function()
      local path = os.tmpname()
      local file = assert(io.open(path, "w"))
      file:write(PROGRAM)
      file:close()
      local pipe = assert(io.popen(("env -u LUA_PATH_5_4 LUA_PATH='./lua/?.lua;;' %s %s 2>&1"):format(lua, path)))
      local said = pipe:read "*a"
      pipe:close()
      os.remove(path)
      assert.equal("held\n", said)
    end)
  end
end)
