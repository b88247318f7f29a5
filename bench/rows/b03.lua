--- B3: requests for a teardown of N deployments. Reach: 3 + 2⌈N/100⌉ + 2p, where p is the number of requests that
-- looking at one of the two phases may take: as many as the pace allows in half of the time that all of it took, known
-- before anything was counted.

local measure = require "bench.measure"
local servers = require "bench.servers"

local PHASE = 0.5 -- seconds that stopping takes, and deleting
local SHORTEST = 0.2 -- seconds between two looks: the pace's shortest interval, and jitter
local PAGE = 10000 -- a list that fills it has another one

--- What the time of a run allows for looks at one phase: one more at its end, and one that confirms what is missing.
local function most_looks(run, count)
  local pages = count > 3 and math.floor(count / PAGE) + 1 or 1
  return pages * (math.floor(run.wall / 2 / SHORTEST) + 2)
end

local function tell(report, runs, mode, count)
  local reach
  if mode == "batches" then
    local looks = measure.of(runs, function(run)
      return most_looks(run, count)
    end)
    reach = 3 + 2 * math.ceil(count / 100) + 2 * looks.median
  end
  report {
    row = "B3",
    what = ("requests of a teardown, N = %d, %s"):format(count, mode),
    who = "aicore",
    unit = ("(%g of them looks)"):format(measure.of(runs, "looks").median),
    value = measure.of(runs, "requests"),
    reach = reach,
    plot = mode == "batches" and "aicore" or "aicore, no batches",
    n = count,
    note = #runs < 7 and not measure.quick and ("%d round(s)."):format(#runs) or nil,
  }
end

--- The wall time, for the picture.
local function tell_wall(report, runs, series, who, count)
  report {
    row = "B3",
    what = ("wall time of a teardown, N = %d%s"):format(count, series:find "no batches" and ", no batches" or ""),
    who = who,
    unit = "s",
    value = measure.of(runs, "wall"),
    plot = series,
    n = count,
  }
end

return function(setup, report)
  local phases = ("--stop-time %g --delete-time %g"):format(PHASE, PHASE)
  local emulators = { batches = servers.emulator(phases), ["no batches"] = servers.emulator(phases .. " --no-bulk") }
  for _, count in ipairs(measure.pick({ 1, 100 }, { 1, 100, 1000, 10000 })) do
    local contestants = {}
    for mode, emulator in pairs(emulators) do
      local command = ("%s bench/ours/teardown.lua %s %d"):format(setup.lua54, emulator.url, count)
      local slow = mode == "no batches" and count > 100 -- one request for each: they hardly differ
      contestants[#contestants + 1] = { name = mode, command = command, rounds = slow and 1 or nil }
    end
    if count <= measure.pick(1, 100) then
      local url = emulators.batches.url
      local script = "sh bench/peers/counted.sh %s %d %s/cost sh bench/peers/script.sh %s 32 1"
      contestants[#contestants + 1] =
        { name = "script", command = script:format(url, count, setup.bin, url), rounds = 3 }
    end
    local runs = measure.interleave(contestants, measure.pick(1, 7))
    tell(report, runs.batches, "batches", count)
    tell(report, runs["no batches"], "no batches", count)
    tell_wall(report, runs.batches, "aicore", "aicore", count)
    tell_wall(report, runs["no batches"], "aicore, no batches", "aicore", count)
    if runs.script then
      report {
        row = "B3",
        what = ("requests of a teardown, N = %d"):format(count),
        who = "the usual script, a look per second",
        unit = "",
        value = measure.of(runs.script, "requests"),
        note = "3 rounds; it grows with N.",
        plot = "script",
        n = count,
      }
      tell_wall(report, runs.script, "script", "the usual script, a look per second", count)
    end
  end
  for _, emulator in pairs(emulators) do
    servers.stop(emulator)
  end
end
