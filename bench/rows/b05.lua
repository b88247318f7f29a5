--- B5: how requests, CPU and memory of a teardown grow with N: the exponent e of cost = c * N ^ e, by least squares
-- through the medians. What a teardown of a single deployment costs (login, libcurl's own memory) is taken off before:
-- it does not grow, and would flatter the exponent. The server is another process and not part of it.

local measure = require "bench.measure"
local servers = require "bench.servers"

local COSTS = {
  { name = "requests", unit = "", scale = 1 },
  { name = "cpu", label = "CPU", unit = "ms", scale = 1e3 },
  { name = "grown", label = "peak memory", unit = "MB", scale = 1e-6 },
}

local function points_of(runs, counts, cost, fixed)
  local points = {}
  for i, count in ipairs(counts) do
    points[i] = { count, measure.of(runs[count], cost).median - fixed }
  end
  return points
end

--- The exponent through all medians, and its spread: through the runs of each round alone.
local function exponent_of(runs, counts, cost, fixed)
  local exponents = {}
  for round = 1, #runs[counts[1]] do
    local points = {}
    for i, count in ipairs(counts) do
      points[i] = { count, runs[count][round][cost] - fixed }
    end
    exponents[round] = measure.exponent(points)
  end
  local summary = measure.summary(exponents)
  summary.median = measure.exponent(points_of(runs, counts, cost, fixed))
  summary.low, summary.high = math.min(summary.low, summary.median), math.max(summary.high, summary.median)
  return summary
end

return function(setup, report)
  local emulator = servers.emulator "--stop-time 0.3 --delete-time 0.3"
  local counts = measure.pick({ 100, 1000, 3000 }, { 100, 300, 1000, 3000, 10000 })
  local contestants = {}
  for i, count in ipairs { 1, table.unpack(counts) } do
    local command = ("%s bench/ours/teardown.lua %s %d"):format(setup.lua54, emulator.url, count)
    contestants[i] = { name = count, command = command }
  end
  local runs = measure.interleave(contestants, measure.pick(1, 7))
  servers.stop(emulator)
  for _, cost in ipairs(COSTS) do
    local fixed = measure.of(runs[1], cost.name).median
    local most = measure.of(runs[counts[#counts]], cost.name).median
    report {
      row = "B5",
      what = ("growth exponent of %s, N = %d to %d"):format(cost.label or cost.name, counts[1], counts[#counts]),
      who = "aicore",
      unit = "",
      value = exponent_of(runs, counts, cost.name, fixed),
      reach = 1.05,
      note = ("%.4g %s for N = 1, taken off; %.4g %s for N = %d."):format(
        fixed * cost.scale,
        cost.unit,
        most * cost.scale,
        cost.unit,
        counts[#counts]
      ),
    }
  end
end
