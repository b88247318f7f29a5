local exchanges = require "aicore.cli.exchanges"
local operations = require "aicore.call.operations"

describe("an exchange, told in a line", function()
  it("has method, path, status, time, attempt and request id", function()
    assert.equal(
      "PATCH /v2/lm/deployments/d1: HTTP 202, 12 ms, attempt 1, request r-1",
      exchanges.line { operation = "stop", id = "d1", status = 202, seconds = 0.0123, attempt = 1, request_id = "r-1" }
    )
    assert.equal(
      "GET /v2/lm/deployments/$count: HTTP 200, 0 ms, attempt 3",
      exchanges.line { operation = "count", status = 200, seconds = 0, attempt = 3 }
    )
    assert.equal(
      "POST /oauth/token: HTTP 401, 5 ms, attempt 1",
      exchanges.line { operation = "login", status = 401, seconds = 0.005, attempt = 1 }
    )
  end)

  it("says why there is no status", function()
    assert.equal(
      "GET /v2/lm/meta: transport, 1000 ms, attempt 2",
      exchanges.line { operation = "capabilities", status = 0, seconds = 1, attempt = 2, error = "transport" }
    )
    assert.equal(
      "GET /v2/lm/meta: no answer, 0 ms, attempt 1",
      exchanges.line { operation = "capabilities", attempt = 1 }
    )
  end)

  it("names the resource that it is about", function()
    assert.equal(
      "GET /v2/lm/executions/e1/logs: HTTP 200, 0 ms, attempt 1",
      exchanges.line { operation = "logs", id = "e1", resource = "executions", status = 200, attempt = 1 }
    )
  end)

  it("is one of any operation that there is", function()
    for name in pairs(operations) do
      local line = exchanges.line { operation = name, id = "d1", status = 200, attempt = 1 }
      assert.matches("^%u+ /[%w/$-]+: HTTP 200, 0 ms, attempt 1$", line)
    end
  end)
end)
