--- B10: a full list of 10,000 deployments, 4 MB: beside cjson alone, which has the bytes already; and `each`, whose
-- peak must not depend on N.

local measure = require "bench.measure"

local LUAS = { { "lua54", "Lua 5.4" }, { "luajit", "LuaJIT" } }

local function against_cjson(setup, report, lua)
  local program, url = setup[lua[1]] .. " bench/ours/list.lua", setup.nginx.plain .. "/n/10000"
  local page = url .. "/v2/lm/deployments"
  local runs = measure.interleave({
    { name = "cjson", command = ("%s %s cjson"):format(program, url) },
    { name = "aicore", command = ("%s %s list"):format(program, url) },
    { name = "raw", command = ("%s/easy %s 1 ''"):format(setup.bin, page) },
  }, measure.pick(5, 15))
  local function entry(what, who, field, scale, unit, reach)
    report {
      row = "B10",
      what = ("list of 10,000, %s: %s"):format(lua[2], what),
      who = who,
      unit = unit,
      value = measure.of(runs[who], function(run)
        return run[field] * scale
      end),
      ratio = measure.ratio(runs[who], runs.cjson, field),
      reach = reach,
    }
  end
  for _, who in ipairs { "cjson", "aicore" } do
    local reach = who == "aicore" and 1.15 or nil
    entry("wall", who, "wall", 1e3, "ms", reach)
    entry("CPU", who, "cpu", 1e3, "ms", reach)
    entry("peak memory", who, "peak", 1e-6, "MB", reach)
  end
  entry("wall of the transfer alone", "raw", "wall", 1e3, "ms")
  entry("CPU of the transfer alone", "raw", "cpu", 1e3, "ms")
end

local function peak_of_each(setup, report, lua)
  local program = setup[lua[1]] .. " bench/ours/list.lua"
  local few, most = 20000, measure.pick(40000, 50000) -- more than a page, both
  local function contestant(name, count)
    return { name = name, command = ("%s %s/n/%d each"):format(program, setup.nginx.plain, count) }
  end
  local runs = measure.interleave({ contestant("few", few), contestant("many", most) }, measure.pick(3, 7))
  report {
    row = "B10",
    what = ("each, %s: peak for %d against %d"):format(lua[2], most, few),
    who = "aicore",
    unit = "MB",
    value = measure.of(runs.many, function(run)
      return run.peak / 1e6
    end),
    ratio = measure.ratio(runs.many, runs.few, "peak"),
    reach = 1.1,
  }
end

return function(setup, report)
  os.execute("chmod a+x " .. setup.dir) -- nginx that root has started reads files as somebody else
  for _, lua in ipairs(LUAS) do
    against_cjson(setup, report, lua)
    peak_of_each(setup, report, lua)
  end
end
