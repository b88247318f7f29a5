local fakes = require "spec.cli.fakes"
local tables = require "aicore.cli.tables"

local KEYS = {
  {
    "name",
    function(record)
      return record.name
    end,
  },
}

local function names(given, records)
  local console, list = fakes.console(), {}
  for i, record in ipairs(tables.arrange(given, console, records, KEYS)) do
    list[i] = record.name or record.place
  end
  return list, console.notes
end

describe("what is listed", function()
  local records = { { name = "b", place = 1 }, { place = 2 }, { name = "a", place = 3 }, { place = 4 } }

  it("stays in its order, or is sorted, with those that have nothing to sort by at the end, as they were", function()
    assert.same({ "b", 2, "a", 4 }, (names({}, records)))
    assert.same({ "a", "b", 2, 4 }, (names({ sort = "name" }, records)))
  end)

  it("may be cut, and says so", function()
    assert.same({ "b", 2, "a", 4 }, (names({ limit = 4 }, records)))
    local list, notes = names({ limit = 1, sort = "name" }, records)
    assert.same({ { "a" }, { "1 of 4 are shown" } }, { list, notes })
  end)

  it("has a heading or none, and fits where a person looks", function()
    local listing = { rows = { { "ID", "WORD" }, { "1", "abcdefghijkl" } }, ids = { "1" }, json = {} }
    local function print(given, width)
      local console = fakes.console { width = width }
      tables.print(console, given, listing)
      return console.out
    end
    assert.same({ "ID   WORD", "1    abcdefghijkl" }, print {})
    assert.same({ "1    abcdefghijkl" }, print { no_headers = true })
    assert.same({ "1" }, print { output = "ids", no_headers = true })
    assert.same({ "ID   WORD", "1    abcdefg\226\128\166" }, print({}, 13))
  end)
end)
