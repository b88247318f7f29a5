--- What was measured: collected, printed, and written as results.json, results.md, a picture, and into docs/speed.md.

local cjson = require "cjson"
local lib = require "bench.lib"
local page = require "bench.page"
local rows = require "bench.rows"
local turns = require "bench.turns"

local results = {}

local sections, by_id = {}, {}

-- The machine --------------------------------------------------------------------------------------------------------

local function output(command)
  local pipe = io.popen(command .. " 2>/dev/null")
  local text = pipe:read "*l"
  pipe:close()
  return text or "?"
end

local function load_now()
  return output "cut -d' ' -f1 /proc/loadavg"
end

local function machine()
  return {
    date = os.date "!%Y-%m-%d",
    cpu = output "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo",
    cores = output "nproc",
    system = output "sed -n 's/^PRETTY_NAME=\"\\(.*\\)\"/\\1/p' /etc/os-release",
    kernel = output "uname -r",
    libcurl = require("aicore.core").version.libcurl,
    load = load_now(),
  }
end

-- What comes in ------------------------------------------------------------------------------------------------------

local function section_of(about)
  local id = about[1]
  if not by_id[id] then
    by_id[id] = { id = id, date = os.date "!%Y-%m-%d", load = load_now(), rounds = 0, lines = {}, failures = {} }
    sections[#sections + 1] = by_id[id]
  end
  return by_id[id]
end

function results.add(about, lines, rounds)
  local section = section_of(about)
  section.rounds = math.max(section.rounds, rounds)
  for _, line in ipairs(lines) do
    table.insert(section.lines, line)
  end
end

function results.fail(about, what, problem)
  table.insert(section_of(about).failures, { what = what, problem = problem })
end

-- What goes out ------------------------------------------------------------------------------------------------------

--- The series of one half of the picture, as gnuplot reads them: each its name, then lines "n value", then two empty
-- lines.
local function series_of(measured, plot)
  local names, points = {}, {}
  for _, section in ipairs(measured.sections) do
    for _, line in ipairs(section.lines) do
      if line.plot == plot then
        if not points[line.who] then
          names[#names + 1], points[line.who] = line.who, {}
        end
        table.insert(points[line.who], ("%d %g"):format(line.n, line.value.median))
      end
    end
  end
  local text = {}
  for i, name in ipairs(names) do
    text[i] = ('"%s"\n%s\n\n\n'):format(name, table.concat(points[name], "\n"))
  end
  return table.concat(text)
end

local function draw(measured, folder)
  local dir = assert(os.getenv "BENCH_DIR")
  for _, plot in ipairs { "requests", "seconds" } do
    local series = series_of(measured, plot)
    if series == "" then
      return
    end
    lib.write(("%s/%s.dat"):format(dir, plot), series)
  end
  os.execute(([[gnuplot -e "dir='%s'; out='%s/cost.svg'" bench/cost.gnuplot]]):format(dir, folder))
end

--- What was measured now takes its place in bench/results.json; what was not, or not all of it, stays as it is there.
local function merge(measured)
  local old = cjson.decode(lib.read "bench/results.json")
  for _, section in ipairs(old.sections) do
    local new = by_id[section.id]
    by_id[section.id] = new and #new.failures == 0 and new or section
  end
  measured.sections = {}
  for i, about in ipairs(rows) do
    measured.sections[i] = by_id[about[1]]
  end
  measured.machine = #sections > 0 and measured.machine or old.machine
end

--- Whether everything could be measured, and what has to be reached is reached. With STORE=1 CI holds from now on what
-- was measured now.
local function verdict()
  local good, held, store = true, {}, os.getenv "STORE" == "1"
  for _, section in ipairs(sections) do
    good = good and #section.failures == 0
    for _, line in ipairs(section.lines) do
      held[#held + 1] = line.must and ("%q: %.0f"):format(line.who, line.value.median)
      if line.must and not line.reached and not store then
        good = false
        io.stderr:write(("\nbench: %s, %s: %.0f is too many\n"):format(line.what, line.who, line.value.median))
      end
    end
  end
  if store and #held > 0 then
    table.sort(held)
    lib.write("bench/instructions.json", ("{ %s }\n"):format(table.concat(held, ", ")))
  end
  return good
end

--- Prints what was measured and writes it: a complete run, or with KEEP=1 some sections, to bench/ and docs/; anything
-- else to build/bench/.
---@param complete boolean
---@return boolean good
function results.write(complete)
  local measured = { machine = machine(), sections = sections, quick = turns.quick }
  for _, section in ipairs(sections) do
    print(("\n%s\n%s"):format(section.id, page.lines(section)))
  end
  local folder = "build/bench"
  if (complete or os.getenv "KEEP" == "1") and not turns.quick then
    folder = "bench"
    merge(measured)
  end
  local text = cjson.encode(measured) .. "\n"
  lib.write(folder .. "/results.json", text)
  measured = cjson.decode(text) -- with the digits that are stored, from which the documents can be made again
  if folder == "bench" then
    lib.write("docs/speed.md", page.speed(lib.read "docs/speed.md", measured))
  end
  lib.write(folder .. "/results.md", page.results(measured))
  draw(measured, folder)
  print(("\nwritten: %s/results.json, %s/results.md"):format(folder, folder))
  return verdict()
end

return results
