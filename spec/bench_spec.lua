-- What `make bench` makes of its runs, and that the documents tell no figure that it has not measured.

local cjson = require "cjson"
local figures = require "bench.figures"
local page = require "bench.page"
local rows = require "bench.rows"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

describe("the lines of a row", function()
  local function lines_of(figure, runs, run)
    return figures.lines({ what = "calls", run = run or { { "raw" }, { "aicore" } }, figures = { figure } }, runs)
  end

  it("have the median, the least and the most, in the figure's unit", function()
    local lines = lines_of({ "wall", "ms", "wall" }, { { { wall = 1 }, { wall = 4 }, { wall = 2 } }, { { wall = 1 } } })
    assert.same({ median = 2000, low = 1000, high = 4000 }, lines[1].value)
    assert.equal("calls: wall", lines[1].what)
    assert.equal("aicore", lines[2].who)
  end)

  it("are told in ms where µs would be too many", function()
    local line = lines_of({ "wall", "µs", "wall", limit = 1 }, { {}, { { wall = 0.0221 } } })[1]
    assert.same({ "ms", 22.1 }, { line.unit, line.value.median })
  end)

  it("have the ratio that is made in each round", function()
    local runs = { { { wall = 1 }, { wall = 10 }, { wall = 2 } }, { { wall = 2 }, { wall = 11 }, { wall = 6 } } }
    local line = lines_of({ "wall", "s", "wall", beside = "raw", reach = 2 }, runs)[2]
    assert.same({ median = 2, low = 1.1, high = 3 }, line.ratio)
    assert.equal("raw", line.beside)
    assert.is_true(line.reached)
  end)

  it("have one that has run less often stand with its last run for the rest", function()
    local runs = { { { wall = 2 } }, { { wall = 4 }, { wall = 8 } } }
    assert.same({ median = 3, low = 2, high = 4 }, lines_of({ "wall", "s", "wall", beside = "raw" }, runs)[2].ratio)
  end)

  it("have what is beyond another, of whom nothing is told", function()
    local runs = { { { heap = 30 } }, { { heap = 50 } } }
    local lines = lines_of({ "heap", "", "heap", beyond = "raw", limit = 19 }, runs)
    assert.equal(1, #lines)
    assert.same({ median = 20, low = 20, high = 20 }, lines[1].value)
    assert.is_false(lines[1].reached)
  end)

  it("are held against those of the same n", function()
    local run = { { "raw", n = 1 }, { "raw", n = 1000 }, { "aicore", n = 1 }, { "aicore", n = 10000 } }
    local runs = { { { wall = 1 } }, { { wall = 2 } }, { { wall = 3 } }, { { wall = 4 } } }
    local row = { what = "teardown of N", run = run, figures = { { "wall", "s", "wall", beside = "raw" } } }
    local lines = figures.lines(row, runs)
    assert.equal("teardown of 1,000: wall", lines[2].what)
    assert.same({ "teardown of 1: wall", 3 }, { lines[3].what, lines[3].ratio.median })
    assert.is_nil(lines[4]) -- nobody was measured beside it
  end)

  it("know goals that are floors, that differ by who, and that grow with n", function()
    local runs = { { { rate = 10 } }, { { rate = 8 } } }
    local line = lines_of({ "rate", "/s", "rate", beside = "raw", limit = { aicore = 9 }, at_least = true }, runs)[2]
    assert.same({ 9, false, 0.8 }, { line.goal, line.reached, line.ratio.median })
    local function twice(n)
      return 2 * n
    end
    line = lines_of({ "rate", "/s", "rate", limit = twice }, { { { rate = 8 } } }, { { "aicore", n = 4 } })[1]
    assert.same({ 8, true }, { line.goal, line.reached })
  end)

  it("leave out those whose runs do not have the figure", function()
    assert.same({}, lines_of({ "late", "ms", "late" }, { { { wall = 1 } }, { { wall = 1 } } }))
  end)
end)

it("each entry of the bench is held against somebody that runs with it", function()
  local seen = {}
  for _, section in ipairs(rows) do
    for i = 3, #section do
      local row, names = section[i], {}
      assert.is_nil(seen[row.what], row.what .. " stands twice")
      seen[row.what] = true
      for _, contestant in ipairs(row.run) do
        names[contestant[1]] = true
      end
      for _, figure in ipairs(row.figures) do
        local base = figure.beside or figure.beyond
        for who, name in pairs(type(base) == "table" and base or { [row.run[1][1]] = base }) do
          assert.is_true(names[who] and names[name], ("%s: %s, %s"):format(row.what, who, name))
        end
        for who in pairs(figure.who or {}) do
          assert.is_true(names[who], ("%s: %s"):format(row.what, who))
        end
      end
    end
  end
end)

it("requests and records are as long as AI Core's", function()
  assert.equal("1500", output_of [[eval "$(grep ^BENCH_TOKEN= bench/run.sh)"; printf %s "${#BENCH_TOKEN}"]])
  for name, length in pairs { listed = 450, counted = 700, detailed = 900 } do
    local text = read(("bench/records/%s.json"):format(name)):gsub("%s+$", "")
    assert.is_true(math.abs(#text - length) <= 5, ("%s: %d bytes"):format(name, #text))
    assert.equal("RUNNING", cjson.decode(text).status)
  end
end)

describe("what was measured", function()
  local measured = cjson.decode(read "bench/results.json")

  it("is what results.md and docs/speed.md say", function()
    assert.equal(page.results(measured), read "bench/results.md")
    local speed = read "docs/speed.md"
    assert.equal(page.speed(speed, measured), speed)
    assert.is_nil(speed:find("not measured", 1, true))
  end)

  it("is all that README.md and docs/speed.md tell of speed", function()
    local function without_commas(text)
      return (text:gsub("(%d),(%d%d%d)", "%1%2"))
    end
    -- Seconds are told of settings, too, in README.md; "≤ 306" is followed by no unit, nor are counts.
    local units = { ["README.md"] = { "µs", "ms", "/s" }, ["docs/speed.md"] = { "µs", "ms", "/s", "s", "MB" } }
    local results = without_commas(read("bench/results.md"):gsub(" %b()", ""))
    local count = 0
    for path, of in pairs(units) do
      local text = without_commas(read(path):match "^(.-)\n## Reliability" or read(path))
      local function is_told(number, unit, where)
        count = count + 1
        local wanted = "%f[%w.]" .. number:gsub("%p", "%%%0") .. unit
        assert.is_truthy(results:find(wanted), ("%s: %s is not in bench/results.md"):format(path, where))
      end
      for _, unit in ipairs(of) do
        for number in text:gmatch("%f[%w.](%d[%d.]*) ?" .. unit .. "%f[%A]") do
          is_told(number, " ?" .. unit .. "%f[%A]", number .. " " .. unit)
        end
      end
      for number in text:gmatch "(%d+) requests" do
        is_told(number, "%f[^%w.]", number .. " requests")
      end
    end
    assert.is_true(count > 20)
  end)

  it("is drawn with its axes named, and the legend below them", function()
    local picture = read "bench/cost.svg"
    for _, words in ipairs { "deployments in the fleet", "requests", "seconds", "phases of 0.5 s, 20 ms latency" } do
      assert.is_truthy(picture:find(words, 1, true), words)
    end
    assert.matches("set key below", read "bench/cost.gnuplot")
  end)
end)
