--- What was measured, in words: results.md, and the table in docs/speed.md. Pure.

local rows = require "bench.rows"

local page = {}

-- Words --------------------------------------------------------------------------------------------------------------

local function number(value)
  local size = math.abs(value)
  if value % 1 == 0 or size >= 1000 then
    return ("%.0f"):format(value)
  end
  return (("%.3g"):format(value))
end

local function ratio(value)
  return ("%.2f×"):format(value)
end

local function with_unit(text, line)
  return line.unit ~= "" and text .. " " .. line.unit or text
end

local function spread(summary, format)
  if not summary then
    return ""
  elseif summary.low == summary.high then
    return format(summary.median)
  end
  return ("%s (%s–%s)"):format(format(summary.median), format(summary.low), format(summary.high))
end

local function goal_of(line)
  if not line.goal then
    return ""
  end
  return (line.at_least and "≥ " or "≤ ") .. (line.by_ratio and ratio or number)(line.goal)
end

-- results.md ---------------------------------------------------------------------------------------------------------

local MARKS = { [true] = "✓", [false] = "✗" }

local HEAD = "| what | who | median (least–most) | ratio (least–most) | to | reach | |\n" .. ("|---"):rep(7) .. "|"

--- The lines of a section, as a table.
---@param section table
---@return string
function page.lines(section)
  local text = { HEAD }
  for i, line in ipairs(section.lines) do
    local cells = {
      line.what,
      (line.who:gsub("|", "\\|")),
      with_unit(spread(line.value, number), line),
      spread(line.ratio, ratio),
      line.beside or "",
      goal_of(line),
      MARKS[line.reached] or "",
    }
    text[i + 1] = ("| %s |"):format(table.concat(cells, " | "))
  end
  return table.concat(text, "\n")
end

--- What has a goal and does not reach it, and how many have one.
local function shortfalls(measured)
  local short, count = {}, 0
  for _, section in ipairs(measured.sections) do
    for _, line in ipairs(section.lines) do
      count = count + (line.goal and 1 or 0)
      if line.reached == false then
        local value = line.by_ratio and ratio(line.ratio.median) or with_unit(number(line.value.median), line)
        short[#short + 1] = ("- %s, %s, %s: %s (%s)"):format(section.id, line.what, line.who, value, goal_of(line))
      end
    end
  end
  return short, count
end

local METHOD = [[
Everything runs on loopback, each measurement in a process of its own. Those that are compared take turns within each
round; a figure is the median of the rounds, with the least and the most; a ratio is made in each round, before its
median is taken. ✓ and ✗ say whether the median is within reach: the ratio's where that is followed by "×".
]]

local PICTURE = "![requests and wall time of a teardown against the size of the fleet](cost.svg)\n"

local function section_text(about, section)
  local text = { ("## %s: %s\n"):format(section.id, about[2]) }
  if about.note then
    text[#text + 1] = about.note .. "\n"
  end
  text[#text + 1] = ("%s, rounds: %d, load %s.\n"):format(section.date, section.rounds, section.load)
  text[#text + 1] = page.lines(section) .. "\n"
  for _, failure in ipairs(section.failures) do
    text[#text + 1] = ("%s could not be measured: %s\n"):format(failure.what, failure.problem:match "[^\n]*")
  end
  for _, line in ipairs(section.lines) do
    if line.plot then
      text[#text + 1] = PICTURE
      break
    end
  end
  return table.concat(text, "\n")
end

--- results.md.
---@param measured table  what results.json has
---@return string
function page.results(measured)
  local machine, short, count = measured.machine, shortfalls(measured)
  local text = { "# Measurements\n" }
  text[#text + 1] = ("%s, %s cores, %s, Linux %s, libcurl %s%s.\n"):format(
    machine.cpu,
    machine.cores,
    machine.system,
    machine.kernel,
    machine.libcurl,
    measured.quick and "; a quick run of one round, which says little" or ""
  )
  text[#text + 1] = METHOD
  text[#text + 1] = ("%d of %d goals are reached. Short of them fall:\n"):format(count - #short, count)
  text[#text + 1] = table.concat(short, "\n") .. "\n"
  local about = {}
  for _, section in ipairs(rows) do
    about[section[1]] = section
  end
  for _, section in ipairs(measured.sections) do
    text[#text + 1] = section_text(about[section.id], section)
  end
  return table.concat(text, "\n")
end

-- docs/speed.md ------------------------------------------------------------------------------------------------------

-- In the heading {name} is a field of the machine's; in the table {who} is the median of that line of the results.

local HEADING = [[
Measured on {date} ({cpu}, {cores} cores, {system}, libcurl {libcurl}, loopback{busy}). `make bench` repeats it;
`bench/results.md` has every figure with its spread, what it is beside, and what falls short.

| | this | beside it |
|---|---|---|
]]

local TOLD = {
  {
    what = "status, HTTP/1.1: wall",
    "`status`, kept-alive, a token of 1,500 bytes, as AI Core's are",
    "{aicore, LuaJIT} (LuaJIT), {aicore, Lua 5.4} (Lua 5.4)",
    "libcurl in C, JSON not read: {raw}; that and cjson, from LuaJIT: {raw + cjson from LuaJIT}; "
      .. "lua-http: {lua-http + cjson, LuaJIT}; `curl \\| jq`: {curl | jq}",
  },
  {
    what = "status, TLS, HTTP/1.1: wall",
    "the same over TLS",
    "{aicore, LuaJIT}, {aicore, Lua 5.4}",
    "libcurl in C: {raw}; lua-http: {lua-http + cjson, LuaJIT}",
  },
  {
    what = "status, TLS, HTTP/2: wall",
    "the same over HTTP/2",
    "{aicore, LuaJIT}, {aicore, Lua 5.4}",
    "libcurl in C: {raw}; lua-http: {lua-http + cjson, LuaJIT}",
  },
  {
    what = "200 in flight, 50 ms: requests per second",
    "requests per second, 200 in flight, 50 ms latency",
    "{aicore, luv, LuaJIT} (luv), {aicore, Neovim} (Neovim), {aicore, nginx} (nginx)",
    "`curl_multi` in C: {raw}",
  },
  {
    what = "200 in flight, 50 ms: the host's timer, latest beyond idle",
    "a timer of the host meanwhile, latest, beyond what it is anyhow",
    "{aicore, luv, LuaJIT} (luv), {aicore, Neovim} (Neovim)",
    "",
  },
  {
    what = "list of 10,000, Lua 5.4: cold, wall",
    "a list of 10,000, the first in a process of Lua 5.4",
    "{aicore}",
    "cjson alone: {cjson}",
  },
  {
    what = "teardown of 1,000: wall",
    "tear down 1,000 (phases of 0.5 s, 20 ms latency)",
    "by ids {aicore, by ids}, by a filter {aicore, by a filter}, as it takes a while to be sure that these were all; "
      .. "at most 36 requests, and looks",
    "SAP's JavaScript client, 32 wide: {SAP's JavaScript client, 32 wide}; "
      .. "`curl` and `jq`, 32 wide: {curl and jq, 32 wide}",
  },
  {
    what = "teardown of 10,000, phases of 2 s: wall",
    "tear down 10,000 (phases of 2 s, 20 ms latency)",
    "by ids {aicore, by ids, Lua 5.4}, by a filter {aicore, by a filter, Lua 5.4}; at most 306 requests, and looks",
    "",
  },
  {
    what = "require, LuaJIT: beyond cjson (and libcurl)",
    '`require "aicore"`',
    "{aicore}",
    "lua-http: {lua-http}",
  },
}

local FIRST, LAST = "<!-- made by make bench from bench/results.json -->\n", "<!-- end of what is made -->\n"

local function median_of(measured, what, who)
  for _, section in ipairs(measured.sections) do
    for _, line in ipairs(section.lines) do
      if line.what == what and line.who == who then
        return with_unit(number(line.value.median), line)
      end
    end
  end
  return "not measured"
end

--- docs/speed.md as it should be.
---@param text string     as it is
---@param measured table
---@return string
function page.speed(text, measured)
  local _, from = text:find(FIRST, 1, true)
  local to = text:find(LAST, from or 1, true)
  assert(from and to, "docs/speed.md has no marks for what is measured")
  local machine = measured.machine
  local busy = tonumber(machine.load) > tonumber(machine.cores) and "; the machine was busy: load " .. machine.load
    or ""
  local made = { (HEADING:gsub("{busy}", busy):gsub("{(%l+)}", machine)) }
  for _, told in ipairs(TOLD) do
    made[#made + 1] = ("| %s |\n"):format(table.concat(told, " | ")):gsub(" +|", " |"):gsub("{([^}]*)}", function(who)
      return median_of(measured, told.what, who)
    end)
  end
  return text:sub(1, from) .. table.concat(made) .. text:sub(to)
end

return page
