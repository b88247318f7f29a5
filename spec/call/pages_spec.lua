--- Lists in pages, over a service that is made of a table: its pages, caps, counts and whims are what a story says.

local pages = require "aicore.call.pages"

-- What a page calls its count: of its length, the list's, and the number of the page.
local COUNTS = {
  page = function(length)
    return length
  end,
  total = function(_, total)
    return total
  end,
  more = function(_, total)
    return total + 1
  end,
  less = function(_, total)
    return total - 1
  end,
  restless = function(_, total, number)
    return total + number % 2
  end,
  missing = function() end,
}

--- A service with so many records, and what it was asked: `{ top, skip }` of each page.
---@param total integer
---@param options { cap: integer?, count: string?, broken: integer?, keeps_skip: boolean? }?
---       cap: records in a page at most; count: a row of COUNTS; broken: the page that begins there cannot be had
local function service(total, options)
  options = options or {}
  local asked = {}
  local function fetch(top, skip)
    asked[#asked + 1] = { top, skip }
    local from, page = options.keeps_skip and 0 or skip or 0, {}
    if options.broken and from == options.broken then
      return nil, { kind = "http" }
    end
    for i = from + 1, math.min(from + math.min(top, options.cap or top), total) do
      page[#page + 1] = { id = ("d%05d"):format(i) }
    end
    return { count = COUNTS[options.count or "total"](#page, total, #asked), resources = page }
  end
  return fetch, asked
end

--- A service that shows these pages, one after the other; each is `{ "a", "b", count = n, odd = n }`.
local function story(shown)
  local number = 0
  return function()
    number = number + 1
    local page = assert(shown[number], "nobody expected another page")
    local records = {}
    for i, id in ipairs(page) do
      records[i] = { id = id }
    end
    return { count = page.count, resources = records }, nil, page.odd
  end
end

local function ids_of(records)
  local ids = {}
  for i, record in ipairs(records) do
    ids[i] = record.id
  end
  return table.concat(ids, " ")
end

--- All of a list, as often as it has to be read.
local function all(fetch, ...)
  local memory = {}
  return pages.all(function()
    return pages.read(fetch, memory)
  end, ...)
end

--- Reads to the end; returns the reader.
local function read(fetch, memory)
  local reader = pages.read(fetch, memory)
  while reader:next() do
    assert(reader.pages < 1000, "it never ends")
  end
  return reader
end

describe("pages", function()
  it("ask for a page of the service's own size, and then for what is behind it", function()
    local fetch, asked = service(20001)
    assert.equal(20001, #all(fetch))
    assert.same({ { 10000 }, { 10000, 10000 }, { 10000, 20000 } }, asked)
  end)

  it("are read on where the last one is as long as the one before it, as a count may be too small", function()
    for _, count in ipairs { "less", "restless" } do
      local found, err = all((service(count == "less" and 19 or 18, { cap = 9, count = count })))
      assert.equal(count == "less" and 19 or 18, found and #found, tostring(err))
    end
  end)

  -- Records, cap, what is called the count: requests of the first list of a client, and of the second.
  local stories = {
    { 0, nil, "total", 1, 1 },
    { 5, nil, "total", 2, 1 }, -- is it the page's? One more page tells, once
    { 10000, nil, "total", 2, 1 },
    { 10001, nil, "total", 2, 2 },
    { 20000, nil, "total", 3, 2 }, -- does the count end just where a page does? One more page tells, once
    { 5, nil, "page", 2, 2 },
    { 0, nil, "page", 1, 1 },
    { 10001, nil, "page", 3, 3 },
    { 10, 3, "page", 5, 5 },
    { 10, 3, "total", 4, 4 },
    { 9, 3, "total", 4, 3 },
    { 10, 3, "missing", 5, 5 },
    { 10, nil, "missing", 2, 2 },
    { 0, nil, "missing", 1, 1 },
  }
  for _, row in ipairs(stories) do
    local total, cap, count = row[1], row[2], row[3]
    local label = ("%d records, a page has %s, the count is %s"):format(total, cap or "what was asked for", count)
    it("are read to their end, and complete: " .. label, function()
      local fetch, asked = service(total, { cap = cap, count = count })
      local memory, before = {}, 0
      for time = 1, 2 do
        local reader = read(fetch, memory)
        assert.is_true(reader.complete)
        assert.same({ total, total }, { reader.read, reader.total })
        assert.equal(row[3 + time], #asked - before)
        before = #asked
      end
      assert.equal(total, #all((service(total, { cap = cap, count = count }))))
    end)
  end

  it("remember for each client that a count is the list's", function()
    local memory = {}
    read((service(5)), memory)
    assert.is_true(memory.count_is_total)
    local other = {}
    read((service(5, { count = "page" })), other)
    assert.is_nil(other.count_is_total)
  end)

  it(
    "are no longer taken for the last one where a count is known to be the list's, but is more than they are",
    function()
      local fetch, asked = service(10, { cap = 4 })
      assert.is_true(read(fetch, { count_is_total = true }).complete)
      assert.equal(3, #asked)
    end
  )

  it("do not take a page for empty of which nothing could be read", function()
    local memory = {} -- its only record was null, which is nothing in Lua
    for _ = 1, 2 do
      local reader = pages.read(
        story {
          { "a", "b", count = 2 },
          { "c", "d", count = 2 },
          { count = 1 },
        },
        memory
      )
      repeat
        local page = reader:next()
      until not page
      assert.same({ 4, false }, { reader.read, reader.complete })
    end
  end)

  it("are not complete where their counts are now this, now that", function()
    assert.is_false(read((service(10, { cap = 4, count = "restless" }))).complete)
  end)

  it("are not complete where their count is not what they show", function()
    for _, count in ipairs { "more", "less" } do
      assert.is_false(read((service(10, { cap = 4, count = count }))).complete, count)
    end
  end)

  it("say why they cannot be complete", function()
    local err = read((service(10, { cap = 4, count = "more" }))):incomplete()
    assert.same({ "protocol", "list", true }, { err.kind, err.operation, err.retryable })
    assert.equal("the list is not complete: 10 records were shown, its count says 11", err.message)
    err = read((service(10, { cap = 4, count = "restless" }))):incomplete()
    assert.matches("now this, now that", err.message)
  end)

  it("count once what stands twice, as it has moved", function()
    -- one was put before them between two pages
    local reader = pages.read(story { { "a", "b", count = 4 }, { "b", "c", count = 4 }, { count = 4 } })
    assert.equal("a b", ids_of(reader:next()))
    assert.equal("c", ids_of(reader:next()))
    assert.equal("", ids_of(reader:next()))
    assert.is_nil(reader:next())
    assert.is_false(reader.complete) -- where the fourth is nobody knows
    assert.equal(4, reader.read)
  end)

  it("are not complete where one stands twice, also where their counts are their own", function()
    assert.is_false(read(story { { "a", "b", count = 2 }, { "b", "c", count = 2 }, { count = 0 } }).complete)
    assert.is_false(read(story { { "a", "b" }, { "b", "c" }, {} }).complete)
    assert.is_true(read(story { { "a", "b", count = 2 }, { "c", "d", count = 2 }, { count = 0 } }).complete)
  end)

  it("are not complete where their count is too small and what was shown makes it up, some of it twice", function()
    local reader = pages.read(story { { "a", "b", "c", count = 3 }, { "c", "a", count = 3 } }) -- there are five
    repeat
      local page = reader:next()
    until not page
    assert.is_false(reader.complete)
  end)

  it("lack what has moved to a page that was read", function()
    -- "a" was taken away between two pages, so "c" was shown by none
    local reader = read(story { { "a", "b", count = 5 }, { "d", "e", count = 4 }, { count = 4 } })
    assert.is_false(reader.complete)
  end)

  it("go on behind records that were set aside, and are complete with them", function()
    local shown = { { "a", "b", count = 5, odd = 1 }, { "c", count = 5, odd = 1 } }
    local reader = read(story(shown))
    assert.same({ true, 5, 2 }, { reader.complete, reader.read, reader.odd })
    local skips = {}
    local tell = story(shown)
    read(function(_, skip)
      skips[#skips + 1] = skip or 0
      return tell()
    end)
    assert.same({ 0, 3 }, skips)
  end)

  it("may consist of nothing but what was set aside", function()
    local reader = read(story { { count = 3, odd = 3 }, { count = 3 } })
    assert.same({ true, 3, 3 }, { reader.complete, reader.read, reader.odd })
  end)

  describe("of a service that ignores $skip", function()
    it("are an error that says so, and no endless list", function()
      local found, err = all((service(10, { cap = 4, keeps_skip = true })))
      assert.is_nil(found)
      assert.same({ "protocol", "list", false }, { err.kind, err.operation, err.retryable })
      assert.equal("the list cannot be read to its end: $skip is ignored, two pages begin with d00001", err.message)
    end)

    it("are complete all the same where a page says that it is all", function()
      local fetch, asked = service(10, { keeps_skip = true })
      assert.is_true(read(fetch, { count_is_total = true }).complete)
      assert.equal(1, #asked)
    end)
  end)

  describe("as one table", function()
    it("keep what belongs, and of that what is to be kept", function()
      local found = all((service(5)), function(record)
        return record.id > "d00003"
      end, function(record)
        return record.id:sub(-1)
      end)
      assert.same({ "4", "5" }, found)
    end)

    it("are an error if one page is", function()
      local found, err = all((service(20000, { broken = 10000 })))
      assert.is_nil(found)
      assert.equal("http", err.kind)
    end)

    it("are read once where they are complete", function()
      local readings = 0
      pages.all(function()
        readings = readings + 1
        return pages.read((service(10, { cap = 3 })))
      end)
      assert.equal(1, readings)
    end)

    it("are read again where they are not, and believed if they show the same: then the count is odd", function()
      for _, count in ipairs { "more", "less", "restless" } do
        local readings = 0
        local found = pages.all(function()
          readings = readings + 1
          return pages.read((service(10, { cap = 4, count = count })))
        end)
        assert.equal(10, #found, count)
        assert.equal(2, readings, count)
      end
    end)

    it("are what the first complete reading shows", function()
      local moved = { { "a", "b", count = 4 }, { "b", "d", count = 4 }, { count = 4 } }
      local found = all(story { moved[1], moved[2], moved[3], { "a", "b", "c", "d", count = 4 }, { count = 4 } })
      assert.equal("a b c d", ids_of(found))
    end)

    it("are an error where three readings show three things", function()
      local shown = {}
      for i = 1, 3 do
        shown[2 * i - 1], shown[2 * i] = { "a", "b" .. i, count = 3 }, { count = 3 }
      end
      local found, err = all(story(shown))
      assert.is_nil(found)
      assert.equal("protocol", err.kind)
      assert.matches("2 records were shown, its count says 3", err.message)
    end)

    it("are an error where page after page shows nothing new, in whatever order", function()
      local asked = 0
      local found, err = all(function()
        asked = asked + 1
        local first, second = { id = "a" }, { id = "b" }
        return { count = 1000, resources = asked % 2 == 0 and { first, second } or { second, first } }
      end)
      assert.is_nil(found)
      assert.matches("$skip is ignored", err.message, 1, true)
      assert.is_true(asked < 10, asked)
    end)

    it("are not believed where both show the same, and one of them twice: pages have moved", function()
      local moved = { { "a", "b", count = 4 }, { "b", "d", count = 4 }, { count = 4 } }
      local found, err = all(story { moved[1], moved[2], moved[3], moved[1], moved[2], moved[1], moved[2] })
      assert.is_nil(found)
      assert.equal("protocol", err.kind)
    end)

    it("are not the same where one reading shows a part of the other", function()
      local one = read(story { { "a", "b", count = 3 }, { count = 3 } })
      local two = read(story { { "a", count = 3 }, { count = 3 } })
      assert.is_false(one:shows_the_same(two))
      assert.is_false(two:shows_the_same(one))
      assert.is_true(one:shows_the_same(one))
    end)

    it("let go of a long page before the next is read", function()
      local shown, held = setmetatable({}, { __mode = "v" }), {}
      local fetch = service(30000, { count = "page" })
      local found = all(
        function(...)
          local count = 0
          for _ in pairs(shown) do
            count = count + 1
          end
          held[#held + 1] = count
          local reply = fetch(...)
          shown[#held] = reply.resources
          return reply
        end,
        nil,
        function(record)
          return record.id
        end
      )
      assert.equal(30000, #found)
      assert.same({ 0, 0, 0, 0 }, held)
    end)
  end)

  describe("one by one", function()
    local function each(fetch, belongs)
      local seen, last = {}, {}
      for record, err in pages.each(pages.read(fetch), belongs) do
        if record then
          seen[#seen + 1] = record.id
        end
        last = { record, err }
      end
      return seen, last[1], last[2]
    end

    it("show each record once", function()
      local seen, last = each((service(10, { cap = 3 })))
      assert.equal(10, #seen)
      assert.equal("d00010", last.id)
    end)

    it("show what belongs", function()
      local seen = each((service(10, { cap = 3 })), function(record)
        return record.id > "d00008"
      end)
      assert.same({ "d00009", "d00010" }, seen)
    end)

    it("are the same where their first pages were fetched before", function()
      for _, style in ipairs { "page", "total", "missing" } do
        for _, total in ipairs { 0, 2, 10 } do
          for _, options in ipairs { { count = style }, { count = style, cap = 3 }, { count = style, broken = 0 } } do
            local seen, last, err = each((service(total, options)))
            local fetch, asked = service(total, options)
            local reader = pages.read(fetch, {}):prime()
            local before = #asked
            assert.is_true(before == 1 or before == 2)
            local primed, primed_last, primed_err = {}, nil, nil
            for record, problem in pages.each(reader) do
              primed[#primed + 1] = record and record.id or nil
              primed_last, primed_err = record, problem
            end
            assert.same({ seen, last, err }, { primed, primed_last, primed_err })
          end
        end
      end
    end)

    it("say that a page is missing, once, and then end", function()
      local seen, last, err = each((service(20000, { broken = 10000 })))
      assert.equal(10000, #seen)
      assert.is_false(last)
      assert.equal("http", err.kind)
    end)

    it("say at the end that they lack something", function()
      local seen, last, err = each(story { { "a", "b", count = 4 }, { "b", "d", count = 4 }, { count = 4 } })
      assert.same({ "a", "b", "d" }, seen)
      assert.is_false(last)
      assert.equal("protocol", err.kind)
    end)

    it("end as they should where they are complete", function()
      local seen, last = each(story { { "a", count = 1 }, { count = 0 } })
      assert.same({ "a" }, seen)
      assert.equal("a", last.id)
    end)
  end)
end)
