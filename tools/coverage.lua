--- Reads what gcov says of src/ and prints a table per file, and what is not covered:
--   lua5.4 tools/coverage.lua build/coverage spec/c/coverage.lua
-- The second argument is the list of what need not be covered, with reasons. Fails if lines or branches are below what
-- is promised, if a line is never run and not listed, or if a listed line is no longer in the source.

local cjson = require "cjson"

local LINES, BRANCHES = 98, 90 -- per cent

local folder, list = arg[1], arg[2]
local allowed = dofile(list)

--- What gcov knows about all objects of one ABI, as tables.
local function reports(abi)
  local found = {}
  local command = "gcov --json-format --stdout --branch-probabilities --object-directory %s %s/*.gcda 2>/dev/null"
  local objects = ("%s/%s/obj"):format(folder, abi)
  for line in io.popen(command:format(objects, objects)):lines() do
    found[#found + 1] = cjson.decode(line)
  end
  return found
end

-- file -> line -> { count, branches = { count } }: what one ABI or the other has run.
local files = {}

local function add_line(file, line)
  local lines = files[file] or {}
  files[file] = lines
  local known = lines[line.line_number] or { count = 0, branches = {} }
  lines[line.line_number] = known
  known.count = known.count + line.count
  for i, branch in ipairs(line.branches) do
    known.branches[i] = (known.branches[i] or 0) + branch.count
  end
end

for _, abi in ipairs { "5.4", "5.1" } do
  for _, report in ipairs(reports(abi)) do
    for _, file in ipairs(report.files) do
      if file.file:find "^src/" then
        for _, line in ipairs(file.lines) do
          add_line(file.file, line)
        end
      end
    end
  end
end

local function source_of(file)
  local lines = {}
  for line in io.lines(file) do
    lines[#lines + 1] = line:match "^%s*(.-)%s*$"
  end
  return lines
end

local function per_cent(part, whole)
  return whole == 0 and 100 or 100 * part / whole
end

local ok = true
local function fail(...)
  ok = false
  print("not ok " .. string.format(...))
end

--- Why a line of a file need not be covered, or nil. What is listed but no longer in the source is a mistake.
local function check_list(file, source)
  local text = table.concat(source, "\n")
  for _, row in ipairs(allowed[file] or {}) do
    assert(row[2], "a reason is missing")
    if not text:find(row[1], 1, true) then
      fail("%s: listed, but not there: %s", file, row[1])
    end
  end
end

local function reason_for(file, line)
  for _, row in ipairs(allowed[file] or {}) do
    if line:find(row[1], 1, true) then
      return row[2]
    end
  end
end

local names = {}
for file in pairs(files) do
  names[#names + 1] = file
end
table.sort(names)

local total = { lines = 0, run = 0, branches = 0, taken = 0 }
local missing = {}
print(("%-24s %14s %18s"):format("", "lines", "branches"))

local function row(name, sum)
  print(
    ("%-24s %4d/%-4d %5.1f %6d/%-5d %5.1f"):format(
      name,
      sum.run,
      sum.lines,
      per_cent(sum.run, sum.lines),
      sum.taken,
      sum.branches,
      per_cent(sum.taken, sum.branches)
    )
  )
end

for _, file in ipairs(names) do
  local source, sum = source_of(file), { lines = 0, run = 0, branches = 0, taken = 0 }
  check_list(file, source)
  local numbers = {}
  for number in pairs(files[file]) do
    numbers[#numbers + 1] = number
  end
  table.sort(numbers)
  for _, number in ipairs(numbers) do
    local line, untaken = files[file][number], 0
    sum.lines, sum.run = sum.lines + 1, sum.run + (line.count > 0 and 1 or 0)
    for _, count in ipairs(line.branches) do
      sum.branches, sum.taken = sum.branches + 1, sum.taken + (count > 0 and 1 or 0)
      untaken = untaken + (count > 0 and 0 or 1)
    end
    local what = line.count == 0 and "never run"
      or untaken > 0 and ("%d of %d branches"):format(untaken, #line.branches)
    if what then
      missing[#missing + 1] = {
        place = ("%s:%d"):format(file, number),
        what = what,
        text = source[number],
        reason = reason_for(file, source[number]),
      }
    end
  end
  for name in pairs(total) do
    total[name] = total[name] + sum[name]
  end
  row(file, sum)
end
row("all", total)

print "\nnot covered:"
for _, miss in ipairs(missing) do
  print(("%s (%s): %s\n    %s"):format(miss.place, miss.what, miss.text, miss.reason or "NOT LISTED"))
  if not miss.reason and miss.what == "never run" then
    ok = false
  end
end
for file, rows in pairs(allowed) do
  if not files[file] and type(rows) == "table" then
    fail("%s: listed, but nothing of it was built", file)
  elseif type(rows) == "string" then
    print(("%s (not built): %s"):format(file, rows))
  end
end

if per_cent(total.run, total.lines) < LINES or per_cent(total.taken, total.branches) < BRANCHES then
  fail("less than %d %% of the lines or %d %% of the branches", LINES, BRANCHES)
end
print(ok and "ok coverage" or "not ok coverage: see above; what cannot be covered is listed in " .. list)
os.exit(ok)
