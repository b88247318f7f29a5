local errors = require "aicore.model.errors"
local problems = require "aicore.cli.problems"

local function err(fields)
  fields.message = fields.message or "went wrong"
  return errors.new(fields)
end

describe("an exit code", function()
  it("tells the kind of a failure", function()
    local examples = {
      { { kind = "http", status = 500 }, 1 },
      { { kind = "transport" }, 1 },
      { { kind = "config" }, 1 },
      { { kind = "http", status = 404, code = "01010016", absent = true }, 3 },
      { { kind = "http", status = 404, code = "404" }, 1 }, -- a model's, which AI Core passes on
      { { kind = "http", status = 404 }, 1 }, -- a gateway's page: the deployment may exist
      { { kind = "state", absent = true }, 3 },
      { { kind = "timeout" }, 4 },
      { { kind = "auth", status = 403 }, 5 },
      { { kind = "cancelled" }, 130 },
    }
    for _, example in ipairs(examples) do
      assert.equal(example[2], problems.code(err(example[1])))
    end
  end)
end)

describe("advice", function()
  local GENERAL = problems.advice(err { kind = "from the future" })

  it("is there for every kind of error", function()
    local seen = {}
    for _, kind in ipairs { "config", "transport", "http", "protocol", "auth", "state", "timeout", "cancelled" } do
      local advice = problems.advice(err { kind = kind })
      assert.are_not.equal(GENERAL, advice, kind)
      assert.is_nil(advice:find "\n")
      assert.is_nil(seen[advice], kind)
      seen[advice] = true
    end
  end)

  it("is the closest that there is", function()
    local examples = {
      { { kind = "http", status = 429 }, "fewer requests" },
      { { kind = "http", status = 403, message = "Quota exceeded" }, "frees quota" },
      { { kind = "http", status = 400, message = "deployment quota exceeded" }, "frees quota" },
      { { kind = "auth", status = 403, operation = "create", message = "no quota is left" }, "frees quota" },
      { { kind = "protocol", status = 200, message = "an unexpected body: no quotas" }, "another service" },
      { { kind = "protocol", message = "the list is not complete: 3 records were shown" }, "run the same again" },
      { { kind = "state", message = "it died; what was created for it was torn down again" }, "--keep" },
      { { kind = "auth", status = 403, operation = "quota", message = "may not read the quota" }, "roles" },
      { { kind = "http", status = 429, message = "Quota of requests exceeded" }, "fewer requests" },
      { { kind = "http", status = 503, message = "no quota can be read" }, "later" },
      { { kind = "http", status = 400, message = "the artifact cannot be resolved" }, "shows each exchange" },
      { { kind = "http", status = 503 }, "later" },
      { { kind = "http", status = 404, operation = "list" }, "AICORE_BASE_URL" },
      { { kind = "http", status = 404, operation = "login" }, "AICORE_AUTH_URL" },
      { { kind = "http", status = 404, code = "x", absent = true }, "aicorectl list" },
      { { kind = "http", status = 404, code = "404" }, "AICORE_BASE_URL" },
      { { kind = "timeout" }, "--timeout" },
      { { kind = "timeout", last_status = "RUNNING", last_error = { status = 503 } }, "--timeout" },
      { { kind = "timeout", last_error = { kind = "http", status = 503 } }, "service is in trouble" },
      { { kind = "auth", status = 401, operation = "login" }, "AICORE_CLIENT_SECRET" },
      { { kind = "auth", status = 401, code = "invalid_client", operation = "teardown" }, "AICORE_CLIENT_SECRET" },
      { { kind = "timeout", last_status = "RUNNING", last_refusal = { kind = "http", status = 503 } }, "in trouble" },
      { { kind = "timeout", last_status = "RUNNING", last_refusal = { kind = "state", status = 412 } }, "--timeout" },
      { { kind = "auth", status = 403, operation = "list" }, "roles" },
      { { kind = "auth", status = 401, operation = "list" }, "same service key" },
      { { kind = "state", operation = "delete", id = "d1" }, "teardown d1 stops" },
      { { kind = "timeout", operation = "delete", id = "d1", last_status = "RUNNING" }, "teardown d1 stops" },
      { { kind = "timeout", operation = "delete", id = "d1", last_status = "STOPPED" }, "--timeout" },
      { { kind = "http", status = 409, operation = "stop", id = "d1" }, "wait a while" },
      { { kind = "http", status = 423, operation = "stop", id = "d1" }, "wait a while" },
      { { kind = "state", operation = "stop", id = "d1" }, "aicorectl status d1" },
      { { kind = "state", operation = "stop", id = "d1", code = "01010076" }, "aicorectl delete d1" },
      {
        { kind = "state", operation = "stop", id = "d1", last_status = "UNKNOWN" },
        "without stopping: aicorectl delete d1",
      },
      { { kind = "timeout", operation = "stop", id = "d1", last_status = "UNKNOWN" }, "aicorectl delete d1" },
      { { kind = "timeout", operation = "stop", last_status = "STOPPED" }, "--timeout" },
      { { kind = "timeout", operation = "stop", last_status = "NOVEL" }, "--timeout" },
      { { kind = "timeout", operation = "stop" }, "--timeout" },
      { { kind = "transport", message = "SSL certificate problem: certificate has expired" }, "renewed" },
      { { kind = "transport", message = "reset (has the server refused the client certificate?)" }, "take a new key" },
      { { kind = "transport", message = "tlsv1 alert certificate expired" }, "take a new key" },
      { { kind = "transport", message = "SSL certificate problem: self-signed certificate" }, "--ca-file" },
      { { kind = "transport", message = "Could not resolve host: x" }, "host's name" },
      { { kind = "config", message = "unable to set private key file: '/k' type PEM" }, "belong to the certificate" },
      { { kind = "config", message = "could not load PEM client certificate from /c" }, "a certificate in PEM" },
      { { kind = "config", message = "error setting certificate file: /ca" }, "--ca-file takes" },
    }
    for _, example in ipairs(examples) do
      local advice = problems.advice(err(example[1]))
      assert.is_truthy(advice:find(example[2], 1, true), advice)
      assert.is_nil(advice:find "[{}]", advice)
    end
  end)

  it("is about what the error is about", function()
    local function of(fields)
      fields.resource = "executions"
      return problems.advice(err(fields))
    end
    assert.equal("see what it is doing: aicorectl --kind executions status e1", of { kind = "state", id = "e1" })
    assert.matches("aicorectl %-%-kind executions list;", of { kind = "http", absent = true })
    assert.matches("; aicorectl login tries them$", of { kind = "auth", operation = "login" })
    assert.equal(
      "stop e1: there is no such execution",
      tostring(problems.not_there({
        command = "stop",
        kind = "executions",
      }, "e1"))
    )
  end)
end)

describe("many errors", function()
  local function tell(list)
    local notes = {}
    local code = problems.tell_all({
      note = function(_, line)
        notes[#notes + 1] = line
      end,
    }, list)
    return notes, code
  end

  it("are told one by one with each advice once", function()
    local notes, code = tell {
      err { kind = "timeout", operation = "wait", id = "d1" },
      err { kind = "timeout", operation = "stop", id = "d2" },
    }
    assert.equal(3, #notes)
    assert.equal(4, code)
    assert.matches("^  try: ", notes[3])
  end)

  it("of one cause are told once, with whose they are", function()
    local function not_found(id, request)
      local message = ("Deployment ID %s not found"):format(id)
      return err { kind = "http", status = 404, operation = "stop", id = id, message = message, request_id = request }
    end
    local refused = { kind = "auth", status = 401, operation = "login", request_id = "r-1" }
    local notes = tell { not_found("d-1", "r-1"), not_found("d-2", "r-2"), err(refused), err(refused) }
    assert.same({
      "aicorectl: stop d-1: HTTP 404: Deployment ID d-1 not found (request r-1)",
      "aicorectl: the same of d-2",
      "aicorectl: login: HTTP 401, auth: went wrong (request r-1)",
    }, { notes[1], notes[2], notes[3] })
    local list = {}
    for i = 1, 25 do
      list[i] = err { kind = "state", operation = "stop", id = "d" .. i }
    end
    notes = tell(list)
    assert.equal(3, #notes)
    assert.matches("^aicorectl: the same of d2, d3, .*, d11 and 14 more; %-o json tells all$", notes[2])
  end)

  it("are told as far as one can read", function()
    local list = {}
    for i = 1, 25 do
      list[i] = err { kind = "state", operation = "stop", id = "d1", message = "for reason " .. i }
    end
    local notes = tell(list)
    assert.equal(12, #notes)
    assert.matches("and 15 more", notes[11])
  end)

  it("that Ctrl-C made say so", function()
    local cancelled = err { kind = "cancelled", message = "ended by the host", operation = "wait", id = "d1" }
    assert.equal("aicorectl: wait d1: interrupted", tell({ cancelled })[1])
  end)

  it("agree on an exit code, or have failed", function()
    assert.equal(1, (select(2, tell { err { kind = "timeout" }, err { kind = "auth" } })))
    assert.equal(5, (select(2, tell { err { kind = "auth" }, err { kind = "auth" } })))
    assert.equal(0, (select(2, tell {})))
  end)

  it("stay on one line each, whatever the service wrote", function()
    local notes = tell { err { kind = "http", message = "a\nb\n\n c" } }
    assert.equal("aicorectl: a b c", notes[1])
    notes = tell { err { kind = "http", message = "a\27[2Jb" } }
    assert.equal("aicorectl: a?[2Jb", notes[1])
  end)
end)
