--- B4: the wall time of a teardown at 20 ms latency, against
--   the best possible schedule of batches, in C, by one who knows how long stopping and deleting take (raw/best.c);
--   the usual script, per id: with curl and jq one by one and 32 wide, and through SAP's JavaScript client 32 wide.
-- How late a pace of looks sees the end of a phase depends on how long that takes. So each round has other times.

local measure = require "bench.measure"
local servers = require "bench.servers"

local LATENCY = 0.02

-- Seconds that stopping takes, and deleting; a round of each.
local PHASES = measure.pick(
  { { 1.5, 1.5 } },
  { { 2, 2 }, { 3, 1.5 }, { 1.5, 2.5 }, { 2.5, 1.5 }, { 1.5, 3 }, { 2, 3 }, { 2.5, 2 } }
)
local LONG_PHASES = { { 2, 3 }, { 3, 2 }, { 3, 3 } } -- for 10,000
local SHORT_PHASES = { 0.5, 0.5 } -- against those that take long

local function set_phases(emulator, phases)
  local settings = ('{"stop_time":%g,"delete_time":%g}'):format(phases[1], phases[2])
  local command = "curl -sSf -o /dev/null -X PUT -H 'Content-Type: application/json' -d '%s' %s/_emulator/settings"
  assert(os.execute(command:format(settings, emulator.url)))
end

local function ours(setup, emulator, count)
  return ("%s bench/ours/teardown.lua %s %d"):format(setup.lua54, emulator.url, count)
end

local function counted(emulator, count, program)
  return ("sh bench/peers/counted.sh %s %d %s"):format(emulator.url, count, program)
end

local function append(all, more)
  for name, runs in pairs(more) do
    all[name] = all[name] or {}
    table.insert(all[name], runs[1])
  end
end

local function against_the_best(setup, report, emulator, count, rounds)
  local all = {}
  for _, phases in ipairs(rounds) do
    set_phases(emulator, phases)
    local best = ("%s/best %s %g %g %g"):format(setup.bin, emulator.url, phases[1], phases[2], LATENCY)
    append(
      all,
      measure.interleave({
        { name = "aicore", command = ours(setup, emulator, count) },
        { name = "best", command = counted(emulator, count, best) },
      }, 1)
    )
  end
  local what = ("teardown of %d, 20 ms latency, phases of 1.5 to 3 s"):format(count)
  local looks, best_looks = measure.of(all.aicore, "looks"), measure.of(all.best, "looks")
  report {
    row = "B4",
    what = what,
    who = "the best schedule in C",
    unit = "s",
    value = measure.of(all.best, "wall"),
    note = ("%g requests for looks; it knows when to look."):format(best_looks.median),
  }
  report {
    row = "B4",
    what = what,
    who = "aicore",
    unit = "s",
    value = measure.of(all.aicore, "wall"),
    ratio = measure.ratio(all.aicore, all.best, "wall"),
    reach = 1.1,
    note = ("%d rounds, each with other phases; %g requests for looks."):format(#rounds, looks.median),
  }
end

local HAVE_SAP = [[
  command -v node >/dev/null || exit 1
  test -d bench/peers/node_modules || { cd bench/peers && npm ci --no-audit --no-fund --loglevel=error >&2; } ]]

-- Those that go id by id. Their time grows with the number of ids that each of their workers has: where `measured` is
-- less than the row's N, it is scaled up, and said so.
local function per_id(setup, emulator)
  local peers = {}
  if os.execute(HAVE_SAP) then
    local program = ("node bench/peers/sap.mjs %s 32 250"):format(emulator.url)
    peers[1] =
      { name = "SAP's JavaScript client, 32 wide", measured = measure.pick(32, 1000), wide = 32, program = program }
  end
  local script = setup.bin .. "/cost sh bench/peers/script.sh %s %d 0.25"
  for _, peer in ipairs(measure.pick({}, { { 32, 256, "32 wide" }, { 1, 4, "one by one" } })) do
    peers[#peers + 1] = {
      name = "curl and jq, " .. peer[3],
      measured = peer[2],
      wide = peer[1],
      program = script:format(emulator.url, peer[1]),
    }
  end
  return peers
end

local function compare(report, what, runs, count, peer, run)
  local scale = math.ceil(count / peer.wide) / math.ceil(peer.measured / peer.wide)
  local seconds = run.wall * scale
  local scaled = (", measured with %d (%.1f s) and scaled up"):format(peer.measured, run.wall)
  report {
    row = "B4",
    what = what,
    who = peer.name,
    unit = "s",
    value = measure.summary { seconds },
    note = ("One round%s; %d requests."):format(scale > 1 and scaled or "", math.floor(run.requests * scale)),
  }
  report {
    row = "B4",
    what = what .. ": times as fast as " .. peer.name,
    who = "aicore",
    unit = "s",
    value = measure.of(runs, "wall"),
    ratio = measure.of(runs, function(our)
      return seconds / our.wall
    end),
    reach = 10,
    at_least = true,
  }
end

local function against_scripts(setup, report, emulator, count)
  set_phases(emulator, SHORT_PHASES)
  local runs = measure.interleave({ { name = "aicore", command = ours(setup, emulator, count) } }, measure.pick(1, 7))
  local what = ("teardown of %d, 20 ms latency, phases of 0.5 s"):format(count)
  for _, peer in ipairs(per_id(setup, emulator)) do
    local run = measure.run(counted(emulator, peer.measured, peer.program))
    compare(report, what, runs.aicore, count, peer, run)
  end
end

return function(setup, report)
  local emulator = servers.emulator("--latency " .. LATENCY)
  against_the_best(setup, report, emulator, measure.pick(200, 1000), PHASES)
  if not measure.quick then
    against_the_best(setup, report, emulator, 10000, LONG_PHASES)
  end
  against_scripts(setup, report, emulator, 1000)
  servers.stop(emulator)
end
