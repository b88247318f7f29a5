--- Measures the sections that are asked for (all of them if none is) and writes what came out:
---   lua5.4 bench/main.lua [b01 b03 …]

local figures = require "bench.figures"
local results = require "bench.results"
local servers = require "bench.servers"
local turns = require "bench.turns"

local DIR = assert(os.getenv "BENCH_DIR")

local setup = {
  bin = assert(os.getenv "BENCH_BIN"),
  lua54 = DIR .. "/lua5.4",
  luajit = DIR .. "/luajit",
  nvim = DIR .. "/nvim -u NONE -i NONE --headless",
  env54 = (". %s/lua5.4.env;"):format(DIR),
  env51 = (". %s/luajit.env;"):format(DIR),
}

--- "b01" -> "B1"
local function wanted()
  local names = {}
  for _, word in ipairs(arg) do
    names[word:upper():gsub("^B0", "B")] = true
  end
  return names
end

local function measure(section)
  local began = os.time()
  io.stderr:write(section[1], " …\n")
  for _, row in ipairs(section) do
    if type(row) == "table" then
      local ok, problem = xpcall(function()
        local runs = turns.run(row, setup)
        results.add(section, figures.lines(row, runs), #runs[1])
      end, debug.traceback)
      if not ok then
        results.fail(section, row.what, problem)
      end
      io.stderr:write(("  %4d s  %s%s\n"):format(os.time() - began, row.what, ok and "" or ": failed: " .. problem))
    end
  end
end

local function run()
  local names = wanted()
  local all = next(names) == nil
  for _, section in ipairs(require "bench.rows") do
    if all or names[section[1]] then
      measure(section)
    end
  end
  return results.write(all)
end

local ok, done = xpcall(run, debug.traceback)
servers.stop_all()
if not ok then
  io.stderr:write(done, "\n")
end
os.exit(ok and done)
