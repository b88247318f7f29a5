local errors = require "aicore.model.errors"

describe("errors", function()
  it("print what happened, where, and what support will ask for", function()
    local err = errors.new {
      kind = "state",
      message = "Deployment is RUNNING",
      operation = "delete",
      id = "d748fdae9f88a9b0",
      status = 412,
      code = "01010076",
      request_id = "5d1f",
      attempts = 3,
    }
    assert.equal(
      "delete d748fdae9f88a9b0: HTTP 412, state: Deployment is RUNNING " .. "(code 01010076, request 5d1f, 3 attempts)",
      tostring(err)
    )
  end)

  it("print what a gateway said, but no tables", function()
    local err = errors.new { kind = "http", message = "HTTP 404", status = 404, details = "<html>" }
    assert.equal("HTTP 404, http: HTTP 404 [<html>]", tostring(err))
    assert.equal("auth: no", tostring(errors.new { kind = "auth", message = "no", details = {} }))
  end)

  it("are told from other tables", function()
    assert.is_true(errors.is(errors.new { kind = "auth", message = "no" }))
    assert.is_false(errors.is { kind = "auth", message = "no" })
    assert.is_false(errors.is "no")
  end)
end)
