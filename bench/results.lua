--- What was measured: collected, printed, and written as results.json and results.md, with a picture.

-- luacheck: std max
local cjson = require "cjson"
local notes = require "bench.notes"

local results = {}

local entries, failures = {}, {}

---@class bench.Summary
---@field median number
---@field low number
---@field high number

---@class bench.Entry
---@field row string    "B1"
---@field what string
---@field who string    ours begin with "aicore"
---@field unit string   "" for a plain number
---@field value bench.Summary
---@field ratio bench.Summary?  to the row's base line, made per round
---@field reach number?         the target: for the ratio if there is one, otherwise for the value
---@field at_least boolean?     the target is a floor, not a ceiling
---@field plot string?          the name of a series of the picture …
---@field n integer?            … and where in it this stands: value against n
---@field note string?

--- The note on an entry: its own, or that of the longest beginning of "row: what" in notes.lua.
local function note_of(entry)
  local name, found = entry.row .. ": " .. entry.what, ""
  for beginning in pairs(notes) do
    if #beginning > #found and name:sub(1, #beginning) == beginning then
      found = beginning
    end
  end
  return entry.note or notes[found]
end

---@param entry bench.Entry
function results.add(entry)
  local measured = (entry.ratio or entry.value).median
  if entry.reach then
    entry.reached = entry.at_least and measured >= entry.reach or not entry.at_least and measured <= entry.reach
  end
  entry.note = note_of(entry)
  entries[#entries + 1] = entry
end

function results.fail(row, problem)
  failures[#failures + 1] = { row = row, problem = problem }
end

function results.failed()
  return #failures > 0
end

-- Words --------------------------------------------------------------------------------------------

local function number(value)
  if value == math.huge or value ~= value then
    return "–"
  end
  local size = math.abs(value)
  if value % 1 == 0 or size >= 1000 then
    return ("%.0f"):format(value)
  end
  return (("%.3g"):format(value))
end

local function spread(summary, format)
  if not summary then
    return ""
  elseif summary.low == summary.high then
    return format(summary.median)
  end
  return ("%s (%s–%s)"):format(format(summary.median), format(summary.low), format(summary.high))
end

local function ratio(value)
  return value < 10 and ("%.2f×"):format(value) or ("%.0f×"):format(value)
end

local function with_unit(text, entry)
  return entry.unit ~= "" and text .. " " .. entry.unit or text
end

local function reach_of(entry)
  local format = entry.ratio and ratio or number
  return (entry.at_least and "≥ " or "≤ ") .. format(entry.reach)
end

-- Tables: a head and lines, each a list of cells ----------------------------------------------------

local function is_ours(entry)
  return entry.who:find "^aicore" ~= nil
end

--- The best of those that were measured beside ours.
local function best_peer(ours)
  local best
  for _, entry in ipairs(entries) do
    if entry.row == ours.row and entry.what == ours.what and not is_ours(entry) then
      local value = entry.value.median
      if not best or ours.at_least and value > best.value.median or not ours.at_least and value < best.value.median then
        best = entry
      end
    end
  end
  return best and ("%s: %s"):format(best.who, with_unit(number(best.value.median), best)) or ""
end

--- The targets: what has one, and whether that is met.
local function summary_table()
  local lines = { { "row", "what", "who", "ours", "best peer", "ratio", "reach", "", "note" } }
  local numbers, count = {}, 0
  for _, entry in ipairs(entries) do
    if entry.reach then
      local note = entry.note and not entry.reached and entry.note
      if note and not numbers[note] then
        count = count + 1
        numbers[note] = count
      end
      lines[#lines + 1] = {
        entry.row,
        entry.what,
        entry.who,
        with_unit(number(entry.value.median), entry),
        best_peer(entry),
        entry.ratio and ratio(entry.ratio.median) or "",
        reach_of(entry),
        entry.reached and "✓" or "✗",
        note and ("%d"):format(numbers[note]) or "",
      }
    end
  end
  return lines, numbers
end

--- Everything.
local function details_table()
  local lines = { { "row", "what", "who", "median (min–max)", "ratio (min–max)" } }
  for _, entry in ipairs(entries) do
    local value = with_unit(spread(entry.value, number), entry)
    lines[#lines + 1] = { entry.row, entry.what, entry.who, value, spread(entry.ratio, ratio) }
  end
  return lines
end

local function markdown(lines)
  local text = {}
  for i, line in ipairs(lines) do
    local cells = {}
    for column, cell in ipairs(line) do
      cells[column] = cell:gsub("|", "\\|")
    end
    text[#text + 1] = "| " .. table.concat(cells, " | ") .. " |"
    if i == 1 then
      text[#text + 1] = "|" .. ("---|"):rep(#line)
    end
  end
  return table.concat(text, "\n")
end

local function print_table(lines)
  local widths = {}
  for _, line in ipairs(lines) do
    for i, cell in ipairs(line) do
      widths[i] = math.max(widths[i] or 0, utf8.len(cell))
    end
  end
  for _, line in ipairs(lines) do
    local cells = {}
    for i, cell in ipairs(line) do
      cells[i] = cell .. (" "):rep(widths[i] - utf8.len(cell))
    end
    print((table.concat(cells, "  "):gsub("%s+$", "")))
  end
end

-- The machine --------------------------------------------------------------------------------------

local function output(command)
  local pipe = io.popen(command .. " 2>/dev/null")
  local text = pipe:read "*l"
  pipe:close()
  return text or "?"
end

local function machine()
  return {
    date = os.date "!%Y-%m-%d",
    cpu = output "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo",
    cores = tonumber(output "nproc"),
    system = output "sed -n 's/^PRETTY_NAME=\"\\(.*\\)\"/\\1/p' /etc/os-release",
    kernel = output "uname -r",
    libcurl = require("aicore.core").version.libcurl,
    load = output "cut -d' ' -f1 /proc/loadavg",
  }
end

-- Files --------------------------------------------------------------------------------------------

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

--- The series in seconds (wall time), or the others, as gnuplot reads them: each its name, then lines "N value",
-- then two empty lines. And how many.
local function series_of(is_wall)
  local names, points = {}, {}
  for _, entry in ipairs(entries) do
    if entry.plot and (entry.unit == "s") == is_wall then
      if not points[entry.plot] then
        names[#names + 1], points[entry.plot] = entry.plot, {}
      end
      table.insert(points[entry.plot], { entry.n, entry.value.median })
    end
  end
  local text = {}
  for _, name in ipairs(names) do
    table.sort(points[name], function(a, b)
      return a[1] < b[1]
    end)
    text[#text + 1] = ('"%s"'):format(name)
    for _, point in ipairs(points[name]) do
      text[#text + 1] = ("%d %g"):format(point[1], point[2])
    end
    text[#text + 1] = "\n"
  end
  return table.concat(text, "\n"), #names
end

--- The picture of cost against N. False: there is nothing to be seen.
local function draw(folder)
  local dir = assert(os.getenv "BENCH_DIR")
  local requests, first = series_of(false)
  local wall, second = series_of(true)
  if first + second == 0 then
    return false
  end
  write(dir .. "/requests.dat", requests)
  write(dir .. "/wall.dat", wall)
  local command = [[gnuplot -e "dir='%s'; out='%s/cost.svg'" bench/cost.gnuplot]]
  return os.execute(command:format(dir, folder)) == true
end

local METHOD = [[
Everything runs on loopback. Contestants take turns within each round; the figures are the median of the rounds, with
the least and the most; a ratio is made per round, before its median is taken. It is to the row's base line ("raw":
libcurl in C with the same options, JSON not read) or to what the row names. ✓ and ✗ say whether the median is within
reach: the ratio's, where there is one.
]]

local function page(about, folder)
  local targets, numbers = summary_table()
  local text = { "# Measurements\n" }
  text[#text + 1] = ("%s, %s, %d cores, %s, Linux %s, libcurl %s; %s rounds%s; load %s at the end.\n"):format(
    about.date,
    about.cpu,
    about.cores,
    about.system,
    about.kernel,
    about.libcurl,
    about.rounds,
    about.quick and " (quick)" or "",
    about.load
  )
  text[#text + 1] = METHOD
  text[#text + 1] = "## Targets\n\n" .. markdown(targets) .. "\n"
  local ordered = {}
  for note, at in pairs(numbers) do
    ordered[at] = ("%d. %s"):format(at, note)
  end
  if #ordered > 0 then
    text[#text + 1] = table.concat(ordered, "\n") .. "\n"
  end
  for _, failure in ipairs(failures) do
    text[#text + 1] = ("%s could not be measured: %s\n"):format(failure.row:upper(), failure.problem:match "[^\n]*")
  end
  if draw(folder) then
    text[#text + 1] = "![requests and wall time of a teardown against N](cost.svg)\n"
  end
  text[#text + 1] = "## All figures\n\n" .. markdown(details_table()) .. "\n"
  return table.concat(text, "\n")
end

--- Prints the tables and writes them: a complete run to bench/, any other to build/bench/.
---@param measure table
---@param complete boolean
function results.write(measure, complete)
  print_table(details_table())
  print()
  print_table((summary_table()))
  for _, failure in ipairs(failures) do
    print(failure.row .. ": " .. failure.problem)
  end
  local about = machine()
  about.rounds, about.quick = measure.pick("3 or fewer", "at least 7"), measure.quick
  local kept = complete and not measure.quick and #failures == 0
  local folder = kept and "bench" or "build/bench"
  write(folder .. "/results.json", cjson.encode { machine = about, entries = entries, failures = failures } .. "\n")
  write(folder .. "/results.md", page(about, folder))
  print(("\nwritten: %s/results.json, %s/results.md"):format(folder, folder))
end

return results
