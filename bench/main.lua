--- Runs the rows that are asked for (all of them if none is) and writes what came out:
---   lua5.4 bench/main.lua [b01 b03 …]

local measure = require "bench.measure"
local results = require "bench.results"
local servers = require "bench.servers"

local ROWS = { "b01", "b02", "b03", "b04", "b05", "b06", "b07", "b08", "b09", "b10", "b11" }

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local setup = {
  bin = assert(os.getenv "BENCH_BIN"),
  dir = assert(os.getenv "BENCH_DIR"),
  lua54 = os.getenv "BENCH_DIR" .. "/lua5.4",
  luajit = os.getenv "BENCH_DIR" .. "/luajit",
  nvim = os.getenv "BENCH_DIR" .. "/nvim -u NONE -i NONE --headless",
}

local function run()
  setup.status_file = setup.dir .. "/status.json"
  setup.nginx = servers.nginx(setup.dir, read(setup.status_file))
  local rows = #arg > 0 and { table.unpack(arg) } or ROWS
  for _, row in ipairs(rows) do
    local began = os.time()
    io.stderr:write(row, " … ")
    local ok, problem = xpcall(require("bench.rows." .. row), debug.traceback, setup, results.add)
    io.stderr:write(ok and ("%d s\n"):format(os.time() - began) or "failed: " .. problem .. "\n")
    if not ok then
      results.fail(row, problem)
    end
  end
  results.write(measure, #arg == 0)
end

local ok, problem = xpcall(run, debug.traceback)
servers.stop_all()
if not ok then
  io.stderr:write(problem, "\n")
end
os.exit(ok and not results.failed())
