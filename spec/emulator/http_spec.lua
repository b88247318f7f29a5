--- What a request asks for.

local http = require "aicore.emulator.http"

describe("an HTTP request", function()
  local function read(fields)
    local request = { method = "GET", path = "/v2/lm/deployments", query = "", headers = {}, body = "" }
    for name, value in pairs(fields) do
      request[name] = value
    end
    return http.read(request)
  end

  it("is a call", function()
    local call = read {
      method = "PATCH",
      path = "/v2/lm/deployments/d%2D1",
      query = "a=1&a=2",
      headers = {
        ["ai-resource-group"] = "team",
        ["content-type"] = " Application/JSON; charset=utf-8",
        authorization = "Bearer x",
      },
      body = '{"targetStatus":"STOPPED","ttl":null}',
    }
    assert.same({
      operation = "stop",
      methods = "DELETE, GET, PATCH",
      resource = "deployments",
      id = "d-1",
      method = "PATCH",
      target = "/v2/lm/deployments/d%2D1",
      guarded = true,
      group = "team",
      parameters = { a = { "1", "2" } },
      media_type = "application/json",
      body = { targetStatus = "STOPPED" },
      text = '{"targetStatus":"STOPPED","ttl":null}',
      authorization = "Bearer x",
    }, call)
  end)

  it("needs a token below /v2 only", function()
    assert.is_true(read({ path = "/v2/nowhere" }).guarded)
    assert.is_false(read({ path = "/oauth/token", method = "POST" }).guarded)
    assert.is_false(read({ path = "/" }).guarded)
  end)

  it("that is incomplete, or leads nowhere, is read all the same", function()
    local call = read { path = "/", body = "[1" }
    assert.same({ nil, nil, nil, "" }, { call.operation, call.methods, call.body, call.group })
    assert.is_nil(call.media_type)
    assert.same({ nil, "GET, PATCH, POST" }, { read({ method = "PUT" }).operation, read({ method = "PUT" }).methods })
  end)
end)
