--- What happened.

local journal = require "aicore.emulator.journal"

describe("journal", function()
  it("numbers its entries, and shows those after a number", function()
    local book = journal.new()
    book:note { what = "stop", id = "d001" }
    book:note { what = "stopped", id = "d001" }
    assert.same({ 1, 2 }, { book:since(0)[1].seq, book:since(0)[2].seq })
    assert.equal("stopped", book:since(1)[1].what)
    assert.same({}, book:since(2))
    assert.equal(2, #book:since(nil))
  end)

  it("goes on counting after it was cleared", function()
    local book = journal.new()
    book:note { what = "stop", id = "d001" }
    book:count "stop"
    book:clear()
    assert.same({}, book:since(0))
    assert.same({ total = 0 }, book:requests())
    book:note { what = "delete", id = "d001" }
    assert.equal(2, book:since(0)[1].seq)
    assert.equal(2, book:since(1)[1].seq)
    assert.same({}, book:since(2))
  end)

  it("counts requests", function()
    local book = journal.new()
    book:count "list"
    book:count "list"
    book:count "stop"
    assert.same({ total = 3, list = 2, stop = 1 }, book:requests())
  end)
end)
