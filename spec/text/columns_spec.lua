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

  it("may be empty", function()
    assert.same({}, columns.align {})
  end)
end)
