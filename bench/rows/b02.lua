--- B2: requests per second with 200 in flight, at once answered and 50 ms later; what waiting costs in each host: how
-- late its own timer gets, how long nginx takes for others meanwhile, and what a single call takes more than in C.

local measure = require "bench.measure"
local servers = require "bench.servers"

local IN_FLIGHT, LATENCY = 200, 50 -- ms
local PATH = "/v2/lm/deployments/d000000000000001"

local HOSTS = {
  { name = "aicore, blocking gather, Lua 5.4", lua = "lua54", runner = "blocking" },
  { name = "aicore, blocking gather, LuaJIT", lua = "luajit", runner = "blocking" },
  { name = "aicore, luv, Lua 5.4", lua = "lua54", runner = "luv" },
  { name = "aicore, luv, LuaJIT", lua = "luajit", runner = "luv" },
  { name = "aicore, cqueues, LuaJIT", lua = "luajit", runner = "cqueues" },
  { name = "aicore, Neovim", lua = "nvim", runner = "neovim" },
  { name = "aicore, nginx", lua = "luajit", runner = "nginx" },
  { name = "aicore, nginx without a thread pool", lua = "luajit", runner = "nginx", words = "without-threads" },
}

local function command_of(host, setup, url, calls, width)
  local run_file = host.lua == "nvim" and "-c 'luafile bench/hosts/%s.lua'" or "bench/hosts/%s.lua"
  local words = { setup[host.lua], run_file:format(host.runner), host.words }
  return ("BENCH_LOAD='%s %d %d' %s"):format(url, calls, width, table.concat(words, " "))
end

--- All hosts and the program in C, with the same load.
local function run(setup, raw, url, calls, width)
  local contestants = { { name = "raw", command = raw } }
  for _, host in ipairs(HOSTS) do
    contestants[#contestants + 1] = { name = host.name, command = command_of(host, setup, url, calls, width) }
  end
  return measure.interleave(contestants, measure.pick(1, 7))
end

local function rate(run_)
  return run_.calls / run_.wall
end

local function tell_rates(report, runs, what)
  local function tell(name, reach)
    report {
      row = "B2",
      what = what,
      who = name,
      unit = "/s",
      value = measure.of(runs[name], rate),
      ratio = measure.ratio(runs[name], runs.raw, rate),
      reach = reach,
      at_least = true,
    }
  end
  tell "raw"
  for _, host in ipairs(HOSTS) do
    tell(host.name, 0.95)
  end
end

--- One figure of those hosts that have it, in ms.
local function tell_ms(report, runs, what, field, reach)
  for _, host in ipairs(HOSTS) do
    if runs[host.name][1][field] then
      report {
        row = "B2",
        what = what,
        who = host.name,
        unit = "ms",
        value = measure.of(runs[host.name], function(run_)
          return run_[field] * 1000
        end),
        reach = reach,
      }
    end
  end
end

local function tell_single(report, runs)
  local function per_call(run_)
    return run_.wall / run_.calls * 1000
  end
  local raw = measure.values(runs.raw, per_call)
  for _, host in ipairs(HOSTS) do
    local more = measure.values(runs[host.name], per_call)
    for i in ipairs(more) do
      more[i] = more[i] - raw[i]
    end
    report {
      row = "B2",
      what = "one after the other, 50 ms: more than in C, each",
      who = host.name,
      unit = "ms",
      value = measure.summary(more),
      reach = 1.5,
    }
  end
end

return function(setup, report)
  local multi, easy = setup.bin .. "/multi %s%s %d %d", setup.bin .. "/easy %s%s %d ''"
  local function in_flight(url, calls, what)
    local runs = run(setup, multi:format(url, PATH, calls, IN_FLIGHT), url, calls, IN_FLIGHT)
    tell_rates(report, runs, what)
    return runs
  end

  in_flight(setup.nginx.plain, measure.pick(4000, 20000), "200 in flight, 0 ms: requests per second")

  local service = servers.delay(setup.status_file, LATENCY)
  local runs = in_flight(service.url, measure.pick(1000, 4000), "200 in flight, 50 ms: requests per second")
  tell_ms(report, runs, "200 in flight, 50 ms: the host's timer at most late by", "late", 25)
  tell_ms(report, runs, "200 in flight, 50 ms: another location, p99", "p99", 25)

  local calls = measure.pick(4, 20)
  tell_single(report, run(setup, easy:format(service.url, PATH, calls), service.url, calls, 1))
  servers.stop(service)
end
