--- B6: memory. Of a request in flight: how much memory in use (RssAnon) has grown while 1,000 are in flight, beside
-- the same in C with nothing but libcurl. Of a deployment that is tracked: how much more of the Lua heap is alive
-- during a teardown of 10,000 than of 100, after a full collection.

local measure = require "bench.measure"
local servers = require "bench.servers"

local WIDTH, LATENCY = 1000, 1000 -- ms: none is answered before the last is sent
local FEW, MANY = 100, 10000

local LUAS = { { "lua54", "aicore, Lua 5.4" }, { "luajit", "aicore, LuaJIT" } }

--- Less: round by round, so many bytes each.
local function difference(runs, base, field, each)
  local ours, theirs = measure.values(runs, field), measure.values(base, field)
  for i in ipairs(ours) do
    ours[i] = (ours[i] - theirs[i]) / each
  end
  return measure.summary(ours)
end

local function in_flight(setup, report)
  local service = servers.delay(setup.status_file, LATENCY)
  local raw = ("%s/multi %s/v2/lm/deployments/d000000000000001 %d %d"):format(setup.bin, service.url, WIDTH, WIDTH)
  local contestants = { { name = "raw", command = raw } }
  for _, lua in ipairs(LUAS) do
    local command = ("%s bench/ours/memory.lua %s %d"):format(setup[lua[1]], service.url, WIDTH)
    contestants[#contestants + 1] = { name = lua[2], command = command }
  end
  local runs = measure.interleave(contestants, measure.pick(1, 7))
  servers.stop(service)
  report {
    row = "B6",
    what = "memory of a request in flight",
    who = "raw",
    unit = "B",
    value = measure.of(runs.raw, function(run)
      return run.memory / WIDTH
    end),
  }
  for _, lua in ipairs(LUAS) do
    report {
      row = "B6",
      what = "memory of a request in flight, beyond libcurl's",
      who = lua[2],
      unit = "B",
      value = difference(runs[lua[2]], runs.raw, "memory", WIDTH),
      reach = 2048,
    }
  end
end

local function tracked(setup, report)
  local many = measure.pick(1000, MANY)
  local emulator = servers.emulator "--stop-time 0.2 --delete-time 0.2"
  local contestants = {}
  local luas = measure.pick({ LUAS[1] }, LUAS)
  for _, lua in ipairs(luas) do
    for _, count in ipairs { FEW, many } do
      local command = ("%s bench/ours/tracked.lua %s %d"):format(setup[lua[1]], emulator.url, count)
      contestants[#contestants + 1] = { name = lua[2] .. count, command = command }
    end
  end
  local runs = measure.interleave(contestants, measure.pick(1, 7))
  servers.stop(emulator)
  for _, lua in ipairs(luas) do
    report {
      row = "B6",
      what = "Lua heap of a deployment tracked",
      who = lua[2],
      unit = "B",
      value = difference(runs[lua[2] .. many], runs[lua[2] .. FEW], "heap", many - FEW),
      reach = 256,
    }
  end
end

return function(setup, report)
  in_flight(setup, report)
  tracked(setup, report)
end
