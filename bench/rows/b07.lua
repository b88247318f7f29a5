--- B7: instructions per call beyond raw libcurl, by callgrind; see bench/instructions.sh, whose check holds them.

local measure = require "bench.measure"

local LUAS = { { "lua54", "aicore, Lua 5.4" }, { "luajit", "aicore, LuaJIT, interpreted" } }

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
      for field, value in line:gmatch "(%w+)=(%d+)" do
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
  end
  report {
    row = "B7",
    what = "instructions per call",
    who = "raw",
    unit = "",
    value = measure.of(runs.lua54, "raw"),
  }
end
