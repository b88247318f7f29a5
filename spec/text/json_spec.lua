local cjson = require "cjson"
local json = require "aicore.text.json"

describe("JSON for scripts", function()
  it("has its keys in order", function()
    assert.equal(
      '{"a":1,"b":{"c":[1,2],"d":true},"z":"x"}',
      json.line { z = "x", a = 1, b = { d = true, c = { 1, 2 } } }
    )
  end)

  it("keeps a marked array an array when it is empty", function()
    assert.equal("[]", json.line(json.array {}))
    assert.equal("{}", json.line {})
    assert.equal('{"deleted":[],"failed":{}}', json.line { deleted = json.array {}, failed = {} })
  end)

  it("has no control characters, of Unicode neither", function()
    assert.equal(
      '"\\u001b]0;x\\u0007\\u007f\\u009b31m\\u0080 é \194\160"',
      json.line "\27]0;x\7\127\194\15531m\194\128 é \194\160"
    )
    assert.equal('{"\\u009b":1}', json.line { ["\194\155"] = 1 })
  end)

  it("writes numbers without loss of what they mean", function()
    assert.equal("[3,0.25,-1,100000000000000,null,null]", json.line { 3.0, 0.25, -1, 1e14, 0 / 0, math.huge })
  end)

  it("is on several lines for people", function()
    assert.equal(
      '{\n  "a": [\n    1,\n    {\n      "b": []\n    }\n  ]\n}',
      json.encode { a = { 1, { b = json.array {} } } }
    )
  end)

  it("begins with what matters most, outermost", function()
    assert.equal(
      '{\n  "status": "x",\n  "id": "d1",\n  "alpha": {\n    "a": {},\n    "id": 1\n  }\n}',
      json.encode({ id = "d1", alpha = { id = 1, a = {} }, status = "x" }, { "status", "nosuch", "id" })
    )
    assert.equal("{}", json.encode({}, { "id" }))
  end)

  it("is read by another as what it was", function()
    local text = 'quotes " and \\, \n \r \t \1 \127 and ümlaut € /'
    assert.same({ text }, cjson.decode(json.encode { text }))
    assert.same({ [text] = 1 }, cjson.decode(json.encode { [text] = 1 }))
  end)
end)
