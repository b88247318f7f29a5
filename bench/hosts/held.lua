--- How long a host is held up: how late a timer of 1 ms of its own is at most while it does nothing, while 200 calls
-- are begun in one turn for the first time and again, and while all of a list is read; and how much CPU time was used
-- at most between two ticks, which says the same where a busy machine lets nobody be in time. The runners beside this
-- file bring it into their hosts; BENCH_HELD is the server's URL.

local aicore = require "aicore"
local core = require "aicore.core"

local held = {}

local TICK, CALLS, IDLE = 0.001, 200, 1 -- s, calls, s
local ID = "d000000000000001"

--- " NAME=… NAME_cpu=…": how late the host's timer was at most while the function ran, and the CPU time.
local function watch(every, name, fn)
  local last, latest, last_cpu, most = core.now(), 0, os.clock(), 0
  local stop = every(TICK, function()
    local now, cpu = core.now(), os.clock()
    latest, most = math.max(latest, now - last - TICK), math.max(most, cpu - last_cpu)
    last, last_cpu = now, cpu
  end)
  fn()
  stop()
  return (" %s=%.6f %s_cpu=%.6f"):format(name, latest, name, most)
end

---@param t { runtime: string, every: fun(seconds: number, fn: fun()): fun() }
---@return string
function held.run(t)
  local url = assert(os.getenv "BENCH_HELD", "no BENCH_HELD")
  local settings = { base_url = url, auth_url = url, client_id = "me", client_secret = "any", runtime = t.runtime }
  local client = assert(aicore.client(settings))
  local functions, records = {}, nil
  for i = 1, CALLS do
    functions[i] = function()
      assert(client:status(ID))
    end
  end
  local function calls()
    client.runtime.gather(functions, CALLS)
    client.runtime.sleep(0.01) -- the timer is to tell, too, how late it was at the end
  end
  collectgarbage()
  local said = watch(t.every, "idle", function()
    client.runtime.sleep(IDLE)
  end) .. watch(t.every, "first", calls) .. watch(t.every, "again", calls) .. watch(t.every, "list", function()
    records = #assert(client:list())
    client.runtime.sleep(0.01)
  end)
  client:close()
  return ("records=%d%s"):format(records, said)
end

return held
