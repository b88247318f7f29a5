--- What an answer says, on the wire and to a client in this process.

local answers = require "aicore.emulator.answers"
local cjson = require "cjson"

local CONTEXT = { request_id = "r-1", target = "/v2/lm/x" }
local URL = "http://127.0.0.1"

local function deployment(id)
  local made = { id = id, resource = "deployments", configuration_id = "conf-1", status = "RUNNING", cache = {} }
  made.created_at, made.modified_at = 0, 0
  return made
end

describe("an answer", function()
  it("says the same on both ways", function()
    for _, answer in ipairs {
      answers.json(202, { id = "d-1", deep = { { "a" } } }),
      answers.record(deployment "d-1", "detailed", URL),
      answers.record(deployment "d-1", "status", URL),
      answers.records({ deployment "d-1", deployment "d-2" }, "list", URL),
      answers.lines { { msg = "a", timestamp = "b" } },
      answers.refuse({ kind = "malformed", message = "no", details = { a = 1 } }, CONTEXT),
      answers.from_fault { status = 500, body = { error = { code = "7" } } },
    } do
      assert.equal("application/json", answer.headers["content-type"])
      assert.same(cjson.decode(answers.encode(answer)), answers.show(answer))
    end
    for _, answer in ipairs { answers.text(200, "5"), answers.nowhere(), answers.from_fault { status = 502 } } do
      assert.equal(answers.encode(answer), answers.show(answer))
    end
  end)

  it("has lists that are empty lists on the wire", function()
    assert.equal('{"count":0,"resources":[]}', answers.encode(answers.records({}, "list", URL, 0)))
    assert.equal('{"resources":[]}', answers.encode(answers.records({}, "list", URL)))
    assert.equal('{"data":{"result":[]}}', answers.encode(answers.lines {}))
  end)

  it("of a refusal is AI Core's error", function()
    for kind, expected in pairs {
      malformed = { 400, "01010001" },
      not_synchronised = { 400, "01010076" },
      not_found = { 404, "01010016" },
      state = { 412, "01010077" },
      method = { 405, "01010005" },
      internal = { 500, "01010500" },
    } do
      local answer = answers.refuse({ kind = kind, message = "m" }, CONTEXT)
      local said = { code = expected[2], message = "m", requestId = "r-1", target = "/v2/lm/x" }
      assert.same({ expected[1], { error = said } }, { answer.status, answers.show(answer) })
    end
  end)

  it("that a fault orders has its body, or the gateway's words, and the type that goes with it", function()
    for body, content_type in pairs {
      ['{"error":{}}'] = "application/json",
      [" [1]"] = "application/json",
      ["<html></html>"] = "text/html",
      ["no healthy upstream"] = "text/plain",
      [""] = "text/plain",
    } do
      local answer = answers.from_fault { status = 500, body = body }
      assert.same({ body, content_type }, { answers.encode(answer), answer.headers["content-type"] })
    end
    local answer = answers.from_fault { status = 429, headers = { ["Retry-After"] = 7, ["Content-Type"] = "x/y" } }
    assert.equal("local_rate_limited", answers.encode(answer))
    assert.same({ ["retry-after"] = "7", ["content-type"] = "x/y" }, answer.headers)
    assert.equal("status 418", answers.encode(answers.from_fault { status = 418 }))
  end)

  it("that a fault orders may be in AI Core's voice, a model's, or a page", function()
    local call = { id = "d-one", resource = "deployments", request_id = "r-1", target = "/v2/lm/x" }
    local function says(status, voice)
      return answers.show(answers.from_fault({ status = status, voice = voice }, call))
    end
    assert.same({
      error = {
        code = "01010016",
        message = "Deployment ID d-one not found",
        requestId = "r-1",
        target = "/v2/lm/x",
      },
    }, says(404, "service"))
    for status, code in pairs { [400] = "01010001", [412] = "01010077", [423] = "01010082", [500] = "01010500" } do
      assert.equal(code, says(status, "service").error.code)
    end
    assert.same({ error = { code = "404", message = "Resource not found" } }, says(404, "model"))
    assert.equal("429", says(429, "model").error.code)
    assert.matches("^<html>", says(404, "page"))
    assert.equal("text/html", answers.from_fault({ status = 404, voice = "page" }, call).headers["content-type"])
  end)
end)
