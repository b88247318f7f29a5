local page_size = require "aicore.call.page_size"

describe("the size of a page", function()
  --- The sizes that are asked for, where a record takes so long and each page is full.
  local function sizes_at(seconds_per_record, count)
    local size, sizes = page_size.new(1 / 64), {}
    for i = 1, count do
      sizes[i] = size.records
      size:note(size.records, size.records * seconds_per_record)
    end
    return sizes
  end

  it("becomes what fits into a turn, with something to spare", function()
    assert.same({ 250, 204, 204 }, sizes_at(1 / 32768, 3)) -- 0.4 of it
    assert.same({ 250, 125, 62, 51, 51 }, sizes_at(1 / 8192, 5))
  end)

  it("grows by a quarter at a time, and shrinks by half, but never to nothing", function()
    assert.same({ 250, 312, 390, 487 }, sizes_at(0, 4))
    assert.same({ 250, 125, 62, 50, 50 }, sizes_at(1, 5))
  end)

  it("is not led astray by a page of a few records", function()
    local size = page_size.new(0.015)
    size:note(3, 0.01)
    assert.equal(250, size.records)
  end)
end)
