--- Where the fault matrix runs: plain Lua, or luv's event loop under LuaJIT. Pauses between attempts are skipped.

local aicore = require "aicore"

local hosts = {}

local LONGEST = 0.0005 -- of a pause that is not skipped, so that a loop gets its turn, in seconds

--- A runtime on whose clock pauses take their time, though hardly any passes.
local function hurry(inner)
  local skipped = 0
  local fast = { gather = inner.gather, apart = inner.apart, release = inner.release }

  function fast.now()
    return inner.now() + skipped
  end

  function fast.sleep(seconds)
    local slept = math.max(0, math.min(seconds, LONGEST))
    skipped = skipped + math.max(0, seconds - slept)
    return inner.sleep(slept)
  end

  function fast.await(session, transfer, deadline)
    return inner.await(session, transfer, deadline and deadline - skipped)
  end

  return fast
end

local function blocking()
  return {
    name = "blocking",
    runtime = hurry(require "aicore.runtime.blocking"),
    run = function(fn)
      fn()
    end,
  }
end

local function luv()
  local uv = require "luv"
  return {
    name = "luv",
    runtime = hurry(require "aicore.runtime.luv"),
    run = function(fn)
      local ok, failure = false, "the loop ended before the function did"
      aicore.spawn(function()
        ok, failure = pcall(fn)
      end)
      uv.run()
      if not ok then
        error(failure, 0)
      end
    end,
  }
end

--- The host of this Lua: { name, runtime, run(fn) }.
function hosts.here()
  return package.loaded.jit and luv() or blocking()
end

return hosts
