--- From runs to the lines of the results: medians, spreads, ratios. Pure. A row is described in rows.lua.

local figures = {}

---@class bench.Summary
---@field median number
---@field low number
---@field high number

---@class bench.Line
---@field what string
---@field who string             ours begin with "aicore"
---@field unit string            "" for a plain number
---@field value bench.Summary
---@field beside string?         whom the ratio is to …
---@field ratio bench.Summary?   … made round by round
---@field goal number?           of the value …
---@field by_ratio boolean?      … or of the ratio
---@field at_least boolean?      the goal is a floor
---@field reached boolean?
---@field must boolean?          it has to be reached
---@field plot string?           where in the picture, at n
---@field n integer?

local SCALES = { ["µs"] = 1e6, ms = 1e3, MB = 1e-6, MiB = 1 / 2 ^ 20 } -- runs tell seconds and bytes

--- Median, least and most.
---@param values number[]
---@return bench.Summary
function figures.summary(values)
  local sorted = {}
  for i, value in ipairs(values) do
    sorted[i] = value
  end
  table.sort(sorted)
  local count = #sorted
  local median = (sorted[math.floor((count + 1) / 2)] + sorted[math.floor(count / 2) + 1]) / 2
  return { median = median, low = sorted[1], high = sorted[count] }
end

--- The figure of every run, in its unit; nil: these runs have none.
local function values_of(figure, runs)
  local of, values = figure[3], {}
  for i, run in ipairs(runs) do
    local value
    if type(of) == "function" then
      value = of(run)
    else
      value = run[of]
    end
    values[i] = value and value * (SCALES[figure[2]] or 1)
  end
  return #values > 0 and values or nil
end

--- Round by round; one that has run fewer rounds stands with its last for the rest.
local function each_round(ours, theirs, combine)
  local values = {}
  for i, value in ipairs(ours) do
    values[i] = combine(value, theirs[math.min(i, #theirs)])
  end
  return figures.summary(values)
end

local function ratio_of(one, other)
  return one / other
end

local function difference_of(one, other)
  return one - other
end

--- What `wanted` (a number, numbers by who, a function of n) says of this contestant.
local function goal_of(wanted, contestant)
  if type(wanted) == "table" then
    return wanted[contestant[1]]
  elseif type(wanted) == "function" then
    return wanted(contestant.n)
  end
  return contestant[1]:find "^aicore" and wanted or nil
end

--- The values of the one that this contestant is held against, and its name; with the same n.
local function base_of(row, figure, contestant, runs)
  local base = figure.beside or figure.beyond
  local name = base
  if type(base) == "table" then
    name = base[contestant[1]]
  end
  for i, other in ipairs(row.run) do
    if other[1] == name and other.n == contestant.n then
      return values_of(figure, runs[i]), name
    end
  end
end

--- 10000 -> "10,000"
local function with_commas(n)
  return (("%d"):format(n):reverse():gsub("(%d%d%d)(%d)", "%1,%2"):reverse())
end

--- "teardown of N" -> "teardown of 10,000: wall"
local function name_of(row, figure, n)
  local what = n and row.what:gsub("N$", with_commas(n)) or row.what
  return what .. ": " .. figure[1]
end

local function line_of(row, figure, contestant, runs, own)
  local line = {
    what = name_of(row, figure, contestant.n),
    who = contestant[1],
    unit = figure[2],
    value = figures.summary(own),
    at_least = figure.at_least,
    must = figure.must,
    plot = figure.plot,
    n = contestant.n,
    goal = goal_of(figure.reach or figure.limit, contestant),
    by_ratio = figure.reach ~= nil,
  }
  if figure.beside or figure.beyond then
    local base, name = base_of(row, figure, contestant, runs)
    if not base or figure.beyond and name == contestant[1] then
      return nil
    elseif figure.beyond then
      line.value = each_round(own, base, difference_of)
    else
      line.beside, line.ratio = name, each_round(own, base, ratio_of)
    end
  end
  return line
end

--- 22,100 µs are told in ms.
local function shorten(line)
  if line.unit == "µs" and line.value.median >= 1e4 then
    line.unit = "ms"
    for name, value in pairs(line.value) do
      line.value[name] = value / 1000
    end
  end
end

local function judge(line)
  shorten(line)
  if line.goal then
    local measured = (line.by_ratio and line.ratio or line.value).median
    line.reached = line.at_least and measured >= line.goal or not line.at_least and measured <= line.goal
  end
  return line
end

--- The lines of a row.
---@param row table
---@param runs table<string, number>[][]  of each contestant, in the row's order
---@return bench.Line[]
function figures.lines(row, runs)
  local lines = {}
  for _, figure in ipairs(row.figures) do
    for i, contestant in ipairs(row.run) do
      local own = (not figure.who or figure.who[contestant[1]]) and values_of(figure, runs[i])
      local line = own and line_of(row, figure, contestant, runs, own)
      lines[#lines + 1] = line and judge(line)
    end
  end
  return lines
end

return figures
