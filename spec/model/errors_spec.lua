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
      "delete d748fdae9f88a9b0: HTTP 412, state: Deployment is RUNNING (code 01010076, request 5d1f, 3 attempts)",
      tostring(err)
    )
  end)

  local function text(fields)
    fields.message = fields.message or "no"
    return tostring(errors.new(fields))
  end

  it("say the HTTP status once, and nothing that it says already", function()
    assert.equal("HTTP 409: no", text { kind = "http", status = 409 })
    assert.equal("HTTP 404 without a body", text { kind = "http", status = 404, message = "HTTP 404 without a body" })
    assert.equal(
      "HTTP 403, auth: without a body",
      text { kind = "auth", status = 403, message = "HTTP 403 without a body" }
    )
    assert.equal("HTTP 302, auth: moved", text { kind = "auth", status = 302, message = "HTTP 302: moved" })
    assert.equal("HTTP 503, auth: HTTP 403 before", text { kind = "auth", status = 503, message = "HTTP 403 before" })
    assert.equal("transport: no", text { kind = "transport", attempts = 1 })
    assert.equal("HTTP 404: Not Found", text { kind = "http", status = 404, code = "404", message = "404 Not Found" })
    assert.equal(
      "HTTP 404: 4041 of them (code 0404)",
      text { kind = "http", status = 404, code = "0404", message = "4041 of them" }
    )
  end)

  it("print details: what a gateway said, and AI Core's list", function()
    assert.equal("HTTP 404: no [<html>]", text { kind = "http", status = 404, details = "<html>" })
    assert.equal("auth: no", text { kind = "auth", details = {} })
    assert.equal(
      "HTTP 400: no [too long (code: 01041211); too late] (code 0101)",
      text {
        kind = "http",
        status = 400,
        code = "0101",
        details = { { code = "01041211", message = "too long" }, { message = "too late" } },
      }
    )
  end)

  it("of what took too long print why", function()
    local refusal = errors.new { kind = "state", status = 423, message = "locked", code = "0101", request_id = "r1" }
    local trouble = errors.new { kind = "transport", message = "reset", attempts = 5 }
    assert.equal(
      "teardown d1: timeout: not done; what was sent last failed: HTTP 423, state: locked (code 0101, request r1)"
        .. "; the last look failed: transport: reset (5 attempts)",
      text {
        kind = "timeout",
        operation = "teardown",
        id = "d1",
        message = "not done",
        last_refusal = refusal,
        last_error = trouble,
      }
    )
    local login = errors.new { kind = "auth", status = 401, message = "Bad credentials", operation = "login" }
    assert.equal(
      "timeout: not done; the last look failed: login: HTTP 401, auth: Bad credentials",
      text { kind = "timeout", message = "not done", last_error = login }
    )
  end)

  it("stay on one line, and do not speak to a terminal", function()
    local evil = "a\27[2Jb\194\155c\r\n\t d"
    local inner = errors.new { kind = "http", message = evil, code = evil }
    local printed = text {
      kind = "http",
      message = evil,
      details = { { message = evil, [evil] = evil } },
      code = evil,
      request_id = evil,
      last_error = inner,
      operation = "stop",
    }
    assert.is_nil(printed:find "%c")
    assert.is_nil(printed:find("\194\155", 1, true))
    assert.equal("stop: a?[2Jb?c d [", printed:sub(1, 18))
    assert.matches("%(code a%?%[2Jb%?c d, request a%?%[2Jb%?c d%); the last look failed: a%?%[2Jb%?c d", printed)
  end)

  it("print whatever was raised as a message", function()
    assert.equal("config: 5", text { kind = "config", message = 5 })
  end)

  it("are told from other tables", function()
    assert.is_true(errors.is(errors.new { kind = "auth", message = "no" }))
    assert.is_false(errors.is { kind = "auth", message = "no" })
    assert.is_false(errors.is "no")
  end)

  it("take a code that speaks of the state for it, whatever the status", function()
    for _, status in ipairs { 400, 409, 412, 500 } do
      assert.is_true(errors.is_of_state { status = status, code = "01010076" })
      assert.is_false(errors.is_of_state { status = status, code = "01010014" })
      assert.is_false(errors.is_of_state { status = status })
    end
  end)

  it("know a stop of one that is to be deleted without", function()
    for _, row in ipairs {
      { { operation = "stop", code = "01010076" }, true },
      { { operation = "stop", last_status = "UNKNOWN" }, true },
      { { operation = "stop", last_status = "RUNNING" }, false },
      { { operation = "stop", last_status = "STOPPED" }, false },
      { { operation = "stop", last_status = "NOVEL" }, false },
      { { operation = "stop" }, false },
      { { operation = "delete", code = "01010076" }, false },
    } do
      assert.equal(row[2], errors.needs_no_stop(row[1]))
    end
  end)
end)
