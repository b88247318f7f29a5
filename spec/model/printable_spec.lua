local printable = require "aicore.model.printable"

describe("foreign text on a terminal", function()
  it("has no control characters, in no spelling", function()
    assert.equal("a?[31mb??c?", printable "a\27[31mb\n\tc\127")
    assert.equal("a?31mb", printable "a\194\15531mb") -- CSI as one character
    assert.equal("?", printable "\0")
  end)

  it("has none of eight bits, either, nor such a byte where no character is", function()
    assert.equal("a?31mb", printable "a\15531mb")
    assert.equal("é??", printable "é\155\130")
    assert.equal("日?", printable "日\128")
    assert.equal("?x", printable "\194\144x")
    assert.equal("?x", printable "\226\155x")
    assert.equal("⛂?", printable "\226\155\130\155")
  end)

  it("keeps its lines where they are wanted", function()
    assert.equal("a\nb?c\n", printable("a\nb\tc\n", true))
    assert.equal("a?b", printable "a\nb")
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
