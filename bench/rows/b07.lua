--- B7: instructions per call beyond raw libcurl, by callgrind; see bench/instructions.sh, whose check holds them.

local measure = require "bench.measure"

-- Name, what it is called, and what to reach: instructions with the C library, calls for memory.
local LUAS = { { "lua54", "aicore, Lua 5.4", 50000, 60 }, { "luajit", "aicore, LuaJIT, interpreted", 40000 } }

local function read(path)
  local file = io.open(path)
  local text = file and file:read "*a" or ""
  if file then
    file:close()
  end
  return text
end

return function(_, report)
  local runs = {}
  for _ = 1, measure.pick(1, 7) do
    local pipe = assert(io.popen "sh bench/instructions.sh")
    for line in pipe:lines() do
      local name, run = line:match "^%w+", {}
      for field, value in line:gmatch "([%w_]+)=(%d+)" do
        run[field] = tonumber(value)
      end
      runs[name] = runs[name] or {}
      table.insert(runs[name], run)
    end
    assert(pipe:close(), "bench/instructions.sh failed")
  end
  local stored = read "bench/instructions.json"
  for _, lua in ipairs(LUAS) do
    local name, who = lua[1], lua[2]
    local baseline = tonumber(stored:match(('"%s": *(%%d+)'):format(name)))
    report {
      row = "B7",
      what = "instructions per call beyond libcurl's",
      who = who,
      unit = "",
      value = measure.of(runs[name], "beyond"),
      reach = baseline and math.floor(baseline * 1.03), -- what CI holds
    }
    report {
      row = "B7",
      what = "instructions per call beyond libcurl's, with the C library",
      who = who,
      unit = "",
      value = measure.of(runs[name], "beyond_all"),
      reach = lua[3],
    }
    report {
      row = "B7",
      what = "calls of malloc, calloc and realloc per call",
      who = who,
      unit = "",
      value = measure.of(runs[name], "ours_heap"),
      reach = lua[4],
    }
  end
  report {
    row = "B7",
    what = "instructions per call",
    who = "raw",
    unit = "",
    value = measure.of(runs.lua54, "raw"),
  }
end
