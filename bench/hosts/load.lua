--- One load for every host; a runner beside this file brings it into its host and prints what it tells. The environment
-- says what to do: BENCH_LOAD="URL CALLS WIDTH", CALLS requests with WIDTH in flight, WIDTH 1: one after the other;
-- "URL CALLS WIDTH list": against the emulator, and then reads all of a list.

local core = require "aicore.core"
local lib = require "bench.lib"

local load = {}

local ID = "d000000000000001"
local TICK, IDLE = 0.002, 1 -- s

--- Runs the function. " NAMEwall=… NAMEcpu=…", and where the host has a timer " NAMElate=… NAMEturn=…": how late that
-- was at most, and how much CPU time was used at most between two of its ticks. In seconds.
local function watched(t, sleep, name, fn)
  local last, last_cpu, latest, most, stop = core.now(), os.clock(), 0, 0, nil
  if t.every then
    stop = t.every(TICK, function()
      local now, cpu = core.now(), os.clock()
      latest, most = math.max(latest, now - last - TICK), math.max(most, cpu - last_cpu)
      last, last_cpu = now, cpu
    end)
  end
  local wall, cpu = core.now(), os.clock()
  fn()
  wall, cpu = core.now() - wall, os.clock() - cpu
  local said = (" %swall=%.6f %scpu=%.6f"):format(name, wall, name, cpu)
  if stop then
    sleep(5 * TICK) -- the timer is to tell, too, how late it was at the end
    stop()
    said = said .. (" %slate=%.6f %sturn=%.6f"):format(name, latest, name, most)
  end
  return said
end

--- A timer of libuv, for load.run.
function load.every(uv)
  return function(seconds, fn)
    local timer = uv.new_timer()
    timer:start(seconds * 1000, seconds * 1000, fn)
    return function()
      timer:close()
    end
  end
end

---@param t { runtime: string, every: (fun(seconds: number, fn: fun()): fun())? }
---@return string  "calls=… wall=… …": of CALLS requests; of an idle second, of the first WIDTH, which connect, and of
---  the list, the same with "idle_", "first_", "list_" before the names
function load.run(t)
  local url, calls, width, list = assert(os.getenv "BENCH_LOAD"):match "^(%S+) (%d+) (%d+) ?(%l*)$"
  calls, width = tonumber(calls), tonumber(width)
  local client = lib.client(url, { runtime = t.runtime, max_connections = width }, list ~= "")
  local sleep, answered = client.runtime.sleep, 0
  local function one()
    assert(assert(client:status(ID)).status == "RUNNING")
    answered = answered + 1
  end
  local function send(count)
    local functions = {}
    for i = 1, count do
      functions[i] = one
    end
    return function()
      if width > 1 then
        return client.runtime.gather(functions, width)
      end
      for i = 1, count do
        functions[i]()
      end
    end
  end
  local said = ""
  local function watch(name, fn)
    collectgarbage()
    said = said .. watched(t, sleep, name, fn)
  end
  if t.every and width > 1 then
    watch("idle_", function()
      sleep(IDLE)
    end)
  end
  watch("first_", send(width))
  watch("", send(calls))
  assert(answered == calls + width, "some calls are missing")
  if list ~= "" then
    watch("list_", function()
      assert(client:list())
    end)
  end
  client:close()
  return ("calls=%d%s"):format(calls, said)
end

return load
