--- Query strings and what may stand in them.

local parameters = require "aicore.emulator.parameters"

local function read(query, readers)
  local values, name, problem = parameters.read(parameters.parse(query), readers)
  return values, name and name .. " " .. problem
end

describe("parameters", function()
  it("decode names and values, and keep what is repeated", function()
    assert.same(
      { ["$top"] = { "1", "2" }, a = { "x y+z" }, b = { "" } },
      parameters.parse "%24top=1&$top=2&a=x+y%2Bz&b"
    )
  end)

  it("that nobody asks for are ignored", function()
    assert.same({}, (read("top=zero&x", {})))
  end)

  it("may be integers within limits", function()
    local readers = { n = parameters.integer(1, 5000) }
    assert.equal(5000, read("n=5000", readers).n)
    for _, text in ipairs { "0", "5001", "-1", "1.5", "1e3", "0x10", "", "abc", "99999999999999999999" } do
      local values, problem = read("n=" .. text, readers)
      assert.is_nil(values, text)
      assert.equal("n must be an integer from 1 to 5000", problem)
    end
    assert.matches("more than once", select(2, read("n=1&n=2", readers)))
  end)

  it("may be identifiers", function()
    for id, fine in pairs { ["d-1_.x"] = true, abc = false, ["a b c"] = false, ["a/bcd"] = false, abcd = true } do
      assert.equal(fine, parameters.is_identifier(id), id)
    end
    assert.is_true(parameters.is_identifier(("a"):rep(64)))
    assert.is_false(parameters.is_identifier(("a"):rep(65)))
    assert.is_false(parameters.is_identifier(nil))
    assert.is_false(parameters.is_identifier(12345))
  end)

  it("may be lists of identifiers", function()
    local readers = { ids = parameters.identifiers }
    assert.same({ aaaa = true, bbbb = true, cccc = true }, read("ids=aaaa,bbbb&ids=cccc", readers).ids)
    assert.is_nil((read("ids=aaaa,,bbbb", readers)))
    assert.is_nil((read("ids=", readers)))
    assert.is_nil((read("ids=" .. ("aaaa,"):rep(1000) .. "aaaa", readers)))
  end)

  it("may be a status, a word, a date-time", function()
    local readers = {
      status = parameters.status,
      order = parameters.one_of("asc", "desc"),
      start = parameters.date_time,
    }
    local values = assert(read("status=DEAD&order=desc&start=1970-01-01T01:00:00%2B01:00", readers))
    assert.same({ status = "DEAD", order = "desc", start = 0 }, values)
    assert.is_nil((read("status=dead", readers)))
    assert.is_nil((read("order=down", readers)))
    assert.is_nil((read("start=1970-01-01T01:00:00+01:00", readers)))
  end)
end)
