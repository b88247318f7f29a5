--- One load for every host; a runner beside this file brings it into its host and prints what it tells. The
-- environment says what to do: BENCH_LOAD="URL CALLS WIDTH", CALLS requests with WIDTH in flight; WIDTH 1: one after
-- the other.

local aicore = require "aicore"
local core = require "aicore.core"

local load = {}

local ID = "d000000000000001"
local TICK = 0.005 -- s

--- How late the host's timer has been at most, when it is stopped.
local function watch_timer(every)
  local last, latest = core.now(), 0
  local stop = every(TICK, function()
    local now = core.now()
    latest, last = math.max(latest, now - last - TICK), now
  end)
  return function()
    stop()
    return latest
  end
end

--- "calls=… wall=… cpu=… median=… late=…": in seconds; `median` is of one call, where one comes after the other, and
-- `late` how late a timer of 5 ms of the host was at most, where the host has one.
---@param t { runtime: string, every: (fun(seconds: number, fn: fun()): fun())? }
---@return string
function load.run(t)
  local url, calls, width = assert(os.getenv "BENCH_LOAD", "no BENCH_LOAD"):match "^(%S+) (%d+) (%d+)$"
  calls, width = tonumber(calls), tonumber(width)
  local client = assert(aicore.client {
    base_url = url,
    auth_url = url,
    token = assert(os.getenv "BENCH_TOKEN", "no BENCH_TOKEN"),
    runtime = t.runtime,
    max_connections = math.max(width, 1),
  })
  local times = {}
  local function one()
    local began = core.now()
    local deployment = assert(client:status(ID))
    assert(deployment.status == "RUNNING")
    times[#times + 1] = core.now() - began
  end
  local function send(count)
    local functions = {}
    for i = 1, count do
      functions[i] = one
    end
    if width > 1 then
      return client.runtime.gather(functions, width)
    end
    for i = 1, count do
      functions[i]()
    end
  end

  send(width) -- connects
  times = {}
  collectgarbage()
  local stop = t.every and watch_timer(t.every)
  local wall, cpu = core.now(), os.clock()
  send(calls)
  wall, cpu = core.now() - wall, os.clock() - cpu
  local late = stop and (" late=%.6f"):format(stop()) or ""
  client:close()
  assert(#times == calls, "some calls are missing")
  table.sort(times)
  local median = times[math.ceil(calls / 2)]
  return ("calls=%d wall=%.6f cpu=%.6f median=%.6f%s"):format(calls, wall, cpu, median, late)
end

return load
