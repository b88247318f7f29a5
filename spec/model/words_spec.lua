local words = require "aicore.model.words"

describe("what the service says", function()
  it("is a text as it is, and nothing where nothing is said", function()
    assert.equal("no memory", words.of "no memory")
    assert.equal("false", words.of(false))
    assert.equal("a b", words.of "a\n\tb")
    for _, nothing in ipairs { "", {}, { {} }, { reason = "" }, { reason = {} } } do
      assert.is_nil(words.of(nothing))
    end
    assert.is_nil(words.of(nil))
    assert.is_nil(words.of(print))
  end)

  it("is of a list of errors their messages, with what else they have", function()
    assert.equal(
      "too long (code: 01041211, target: name); second",
      words.of { { code = "01041211", message = "too long", target = "name" }, { message = "second" } }
    )
    assert.equal("one; 2", words.of { "one", 2 })
  end)

  it("is of an object names and values, in order", function()
    assert.equal("a: 1, b: c: true", words.of { b = { c = true }, a = 1 })
    assert.equal("a: x; y", words.of { a = { "x", "y" } })
  end)

  it("has an end, and no half of a character", function()
    local deep = {}
    for _ = 1, 100 do
      deep = { inner = deep, level = 1 }
    end
    assert.is_true(#words.of(deep) < 100)
    for shift = 0, 3 do
      local text = words.of(("x"):rep(shift) .. ("€"):rep(200))
      assert.is_true(#text <= 303 and #text > 295)
      assert.equal("", (text:gsub("x", ""):gsub("€", ""):gsub("…", "")))
    end
    assert.equal(("x"):rep(300), words.of(("x"):rep(300)))
    assert.equal(("x"):rep(300) .. "…", words.of(("x"):rep(301)))
  end)

  it("is of a deployment why it is as it is, each thing once", function()
    assert.is_nil(words.about {})
    assert.equal("no memory", words.about { statusMessage = "no memory", statusDetails = {} })
    assert.equal(
      "reason: no memory",
      words.about { statusMessage = "no memory", statusDetails = { reason = "no memory" } }
    )
    assert.equal(
      "ended; reason: no memory",
      words.about { statusMessage = "ended", statusDetails = { reason = "no memory" } }
    )
    assert.equal("reason: OOM", words.about { statusMessage = "", statusDetails = { reason = "OOM" } })
  end)

  it("of a list are the first few, and how many more there are", function()
    local function tell(number)
      return "n" .. number
    end
    assert.equal("", words.some({}, ", ", tell))
    assert.equal("n1, n2", words.some({ 1, 2 }, ", ", tell))
    assert.equal("n1; n2; n3; n4; n5", words.some({ 1, 2, 3, 4, 5 }, "; ", tell))
    assert.equal("n1, n2, n3, n4, n5, and 2 more", words.some({ 1, 2, 3, 4, 5, 6, 7 }, ", ", tell))
  end)
end)
