local columns = require "aicore.text.columns"

describe("an aligned table", function()
  it("has columns as wide as their widest cell", function()
    assert.same(
      { "ID     STATUS", "abcd   DEAD", "ü      UNKNOWN" },
      columns.align {
        { "ID", "STATUS" },
        { "abcd", "DEAD" },
        { "ü", "UNKNOWN" },
      }
    )
  end)

  it("stays aligned when cells are coloured", function()
    local lines = columns.align({ { "a", "b" }, { "cc", "d" } }, function(text, row, column)
      return row == 1 and column == 1 and "<" .. text .. ">" or text
    end)
    assert.same({ "<a>    b", "cc   d" }, lines)
  end)

  it("is cut in the widest columns where there is no room, in the first last", function()
    local rows = { { "id-1", "größer", "ok", "abcdefghij" } }
    assert.same({ "id-1   größer   ok   abcdefghij" }, columns.align(rows, nil, 31))
    assert.same({ "id-1   größer   ok   abcdefgh…" }, columns.align(rows, nil, 30))
    assert.same(
      { "id-1   größer   ok   abcdef…" },
      columns.align({ { "id-1", "größer", "ok", "abcdefghij" } }, nil, 28)
    )
    local ids = { { "0123456789abcdef", "RUNNING", "RUNNING" } }
    assert.same({ "0123456789abcdef   RUNNI…   RUNNI…" }, columns.align(ids, nil, 34))
    assert.same({ "ab…" }, columns.align({ { "abcd" } }, nil, 3))
    assert.same({}, columns.align({}, nil, 3))
  end)

  it("has the first columns only where there is room for no more, and says so", function()
    local rows = { { "id-1", "größer", "ok", "abcdefghij" }, { "id-2", "a" } }
    assert.same({ "id-1   größer   ok   …", "id-2   a" }, columns.align(rows, nil, 23))
    assert.same({ "id-1   größer   …", "id-2   a" }, columns.align(rows, nil, 17))
    assert.same({ "id-1   …", "id-2   …" }, columns.align(rows, nil, 16))
    assert.same({ "id-1", "id-2" }, columns.align(rows, nil, 7))
    assert.same({ "i…", "i…" }, columns.align(rows, nil, 2))
    local long = { { ("g"):rep(64), "0123456789abcdef", "RUNNING" } }
    assert.equal(50, columns.width(columns.align(long, nil, 50)[1]))
    for room = 1, 100 do
      for _, line in ipairs(columns.align(long, nil, room)) do
        assert.is_true(columns.width(line) <= room, line)
      end
    end
  end)

  it("may be empty", function()
    assert.same({}, columns.align {})
  end)

  it("is made of cells that are fit for a terminal, whatever the service wrote", function()
    assert.same({ "a?b   5", "ü     c" }, columns.align { { "a\27b", 5 }, { "ü", "c" } })
  end)
end)

describe("a text that is too wide", function()
  it("ends in one character that says so", function()
    assert.same(
      { "größe", "grö…", "…" },
      { columns.cut("größe", 5), columns.cut("größe", 4), columns.cut("größe", 1) }
    )
  end)
end)

describe("the width of a text", function()
  it("is one column per character", function()
    for text, width in pairs { [""] = 0, ["abc"] = 3, ["größe"] = 5, ["…"] = 1, ["日本"] = 2 } do
      assert.equal(width, columns.width(text), text)
    end
  end)
end)

describe("a text that is wrapped", function()
  it("is broken between words, and within what is wider than a line", function()
    assert.same({ "one two", "three" }, columns.wrap("one two three", 8))
    assert.same({ "ab", "cdef", "gh i" }, columns.wrap("ab cdefgh i", 4))
    assert.same({ "äöü", "ß é" }, columns.wrap("äöüß é", 3))
    assert.same({ "one two" }, columns.wrap(" one  two ", math.huge))
    assert.same({}, columns.wrap("", 3))
  end)
end)
