--- B9: the time from a change of state to `wait` returning, as a share of the polling interval then in force. The
-- emulator's journal says when the change came. Changes are spread evenly over whole intervals, from the third to the
-- fifth or seventh look of a pace without jitter, so that half an interval is what a fair coin gives.

local measure = require "bench.measure"
local servers = require "bench.servers"

local FIRST, FACTOR = 0.25, 1.5 -- of the pace

--- When the look after so many intervals is due.
local function look_after(intervals)
  return FIRST * (FACTOR ^ intervals - 1) / (FACTOR - 1)
end

return function(setup, report)
  local emulator = servers.emulator ""
  local waits, most = measure.pick(60, 100), look_after(measure.pick(5, 7))
  local command = ("%s bench/ours/wait.lua %s %d %g %g"):format(setup.lua54, emulator.url, waits, look_after(2), most)
  local shares = {}
  for _ = 1, measure.pick(1, 4) do
    for _, share in pairs(measure.run(command)) do
      shares[#shares + 1] = share
    end
  end
  servers.stop(emulator)
  report {
    row = "B9",
    what = ("from a change to wait returning, %d waits"):format(#shares),
    who = "aicore",
    unit = "intervals",
    value = measure.summary(shares),
    reach = 0.6,
    note = ("Changes after %.1f to %.1f s; the spread is that of the waits. "):format(look_after(2), most)
      .. "A change comes at any moment of an interval: no polling has a median much below a half.",
  }
end
