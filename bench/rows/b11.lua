--- B11: how long an event loop is held up, beyond how late its timer is when nothing goes on, in the same run: by the
-- first 200 calls of a session, begun in one turn, by 200 more, and by a full list of 10,000.

local measure = require "bench.measure"
local servers = require "bench.servers"

local RECORDS = 10000
local HOSTS = {
  { name = "aicore, luv, LuaJIT", lua = "luajit", run = "bench/hosts/luv.lua" },
  { name = "aicore, Neovim", lua = "nvim", run = "-c 'luafile bench/hosts/neovim.lua'" },
}
local FIGURES = {
  { "first", "the first 200 calls, begun in one turn" },
  { "again", "200 calls, begun in one turn" },
  { "list", ("a list of %d"):format(RECORDS) },
  { "list_cpu", ("a list of %d, CPU time"):format(RECORDS), idle = "idle_cpu" },
}

return function(setup, report)
  local emulator = servers.emulator("--deployments " .. RECORDS)
  local contestants = {}
  for i, host in ipairs(HOSTS) do
    local command = ("BENCH_HELD=%s %s %s"):format(emulator.url, setup[host.lua], host.run)
    contestants[i] = { name = host.name, command = command }
  end
  local runs = measure.interleave(contestants, measure.pick(1, 7))
  servers.stop(emulator)
  for _, figure in ipairs(FIGURES) do
    for _, host in ipairs(HOSTS) do
      report {
        row = "B11",
        what = "held up by " .. figure[2],
        who = host.name,
        unit = "ms",
        value = measure.of(runs[host.name], function(run)
          return (run[figure[1]] - run[figure.idle or "idle"]) * 1000
        end),
        reach = 25,
      }
    end
  end
end
