local printable = require "aicore.model.printable"

describe("foreign text on a terminal", function()
  it("has no control characters, in no spelling", function()
    assert.equal("a?[31mb??c?", printable "a\27[31mb\n\tc\127")
    assert.equal("a?31mb", printable "a\194\15531mb") -- CSI as one character
    assert.equal("?", printable "\0")
  end)

  it("is otherwise as it was", function()
    for _, text in ipairs { "", "plain", "größe – 日本 \194\160", "a b" } do
      assert.equal(text, printable(text))
    end
  end)

  it("may be no text at all", function()
    assert.equal("5", printable(5))
    assert.equal("true", printable(true))
  end)
end)
