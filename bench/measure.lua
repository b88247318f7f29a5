--- Runs contestants in turns and tells medians and spreads. The machine may be busy with other things: whoever is
-- compared runs within the same second, and a ratio is made per round, before the median is taken.

local measure = {}

local QUICK = os.getenv "QUICK" == "1"
measure.quick = QUICK

--- The first in a quick run, the second in a full one.
function measure.pick(quick, full)
  if QUICK then
    return quick
  end
  return full
end

measure.rounds = QUICK and 3 or tonumber(os.getenv "ROUNDS") or 9

--- Median, least and most.
---@param values number[]
---@return { median: number, low: number, high: number }
function measure.summary(values)
  local sorted = { table.unpack(values) }
  table.sort(sorted)
  local count = #sorted
  local median = (sorted[math.floor((count + 1) / 2)] + sorted[math.floor(count / 2) + 1]) / 2
  return { median = median, low = sorted[1], high = sorted[count] }
end

--- Runs a command and reads its last line, "name=value name=value …".
---@param command string
---@return table<string, number>
function measure.run(command)
  local pipe = assert(io.popen(command .. " 2>&1", "r"))
  local text = pipe:read "*a"
  local ok = pipe:close()
  local values = {}
  for name, value in (text:match "([^\n]*)\n?$" or ""):gmatch "([%w_]+)=([%d%.e+-]+)" do
    values[name] = tonumber(value)
  end
  if not ok or not next(values) then
    error(("failed: %s\n%s"):format(command, text:sub(-2000)), 0)
  end
  return values
end

---@class bench.Contestant
---@field name string
---@field command string
---@field rounds integer?  fewer rounds for what takes long

--- Runs all of them, round by round, each round beginning with another one.
---@param contestants bench.Contestant[]
---@param rounds integer?
---@return table<string, table<string, number>[]> runs  by name
function measure.interleave(contestants, rounds)
  local runs = {}
  for _, contestant in ipairs(contestants) do
    runs[contestant.name] = {}
  end
  rounds = rounds or measure.rounds
  for round = 1, rounds do
    for i = 1, #contestants do
      local contestant = contestants[(i + round) % #contestants + 1]
      if round <= (contestant.rounds or rounds) then
        local run = measure.run(contestant.command)
        table.insert(runs[contestant.name], run)
      end
    end
  end
  return runs
end

--- One number of every run.
---@param runs table<string, number>[]
---@param of string|fun(run: table<string, number>): number
function measure.values(runs, of)
  local values = {}
  for i, run in ipairs(runs) do
    values[i] = type(of) == "function" and of(run) or run[of]
  end
  return values
end

--- The summary of one number of every run.
function measure.of(runs, of)
  return measure.summary(measure.values(runs, of))
end

--- The summary of the ratios, round by round.
function measure.ratio(runs, base, of)
  local ours, theirs, ratios = measure.values(runs, of), measure.values(base, of), {}
  for i = 1, math.min(#ours, #theirs) do
    ratios[i] = ours[i] / theirs[i]
  end
  return measure.summary(ratios)
end

--- Least squares: the exponent e of y = c * x ^ e.
---@param points { [1]: number, [2]: number }[]
function measure.exponent(points)
  local n, sx, sy, sxx, sxy = #points, 0, 0, 0, 0
  for _, point in ipairs(points) do
    local x, y = math.log(point[1]), math.log(math.max(point[2], 1e-9))
    sx, sy, sxx, sxy = sx + x, sy + y, sxx + x * x, sxy + x * y
  end
  return (n * sxy - sx * sy) / (n * sxx - sx * sx)
end

return measure
