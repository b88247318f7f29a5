--- What stands around the operations: the gateway, faults, counting.

local service = require "spec.emulator.service"

local NOW, FIRST = service.NOW, service.FIRST
local send, call, batch, decoded, fails, seed =
  service.send, service.call, service.batch, service.decoded, service.fails, service.seed

describe("the emulator", function()
  before_each(function()
    service.start()
  end)

  describe("gateway", function()
    it("wants a token that lives, and does not speak JSON", function()
      for _, case in ipairs {
        { {}, "Jwt is missing" },
        { { authorization = "Bearer x.y.z" }, "Jwt verification fails" },
      } do
        local answer = send("GET", "/v2/lm/meta", { headers = case[1] })
        assert.equal(401, answer.status)
        assert.equal(case[2], answer.body)
        assert.equal("text/plain", answer.headers["content-type"])
        assert.matches("^Bearer realm=", answer.headers["www-authenticate"])
        assert.is_string(answer.headers["x-request-id"])
      end
      service.now = NOW + 43200
      assert.equal("Jwt is expired", call("GET", "/meta").body)
    end)

    it("knows no path but those of the API, and says so in HTML", function()
      local headers = { authorization = "Bearer " .. service.token, ["ai-resource-group"] = "default" }
      for _, path in ipairs {
        "/",
        "/lm/deployments",
        "/v2/v2/lm/deployments/" .. FIRST,
        "/v2/lm/deployments/",
        "/v2/lm/deployments/x/y",
      } do
        local answer = send("DELETE", path, { headers = headers })
        assert.equal(404, answer.status, path)
        assert.equal("text/html", answer.headers["content-type"])
      end
    end)

    it("names the methods where the method is wrong", function()
      for path, allowed in pairs {
        ["/deployments"] = "GET, PATCH, POST",
        ["/deployments/" .. FIRST] = "DELETE, GET, PATCH",
        ["/deployments/$count"] = "GET",
        ["/deployments/" .. FIRST .. "/logs"] = "GET",
        ["/meta"] = "GET",
      } do
        for _, method in ipairs { "HEAD", "PUT", "path" } do
          local answer = call(method, path)
          fails(405, answer)
          assert.equal(allowed, answer.headers.allow)
        end
      end
    end)
  end)

  describe("faults", function()
    local path

    before_each(function()
      path = "/deployments/" .. seed { status = "STOPPED" }
    end)

    local function target()
      return service.model.world:get("default", FIRST).target_status
    end

    it("answer in place of the service", function()
      assert(service.model.faults:add { operation = "delete", status = 503, headers = { ["Retry-After"] = 7 } })
      local answer = call("DELETE", path)
      assert.equal(503, answer.status)
      assert.equal("7", answer.headers["retry-after"])
      assert.equal("text/plain", answer.headers["content-type"])
      assert.is_string(answer.headers["x-request-id"])
      assert.equal("STOPPED", target())
      assert.equal(202, call("DELETE", path).status)
    end)

    it("answer with the body that they are given", function()
      for body, content_type in pairs {
        ['{"error":{}}'] = "application/json",
        ["<html></html>"] = "text/html",
        ["no healthy upstream"] = "text/plain",
      } do
        assert(service.model.faults:add { operation = "status", status = 500, body = body })
        local answer = call("GET", path)
        assert.same({ body, content_type }, { answer.body, answer.headers["content-type"] })
      end
      assert(service.model.faults:add { operation = "status", status = 404, body = { error = { code = "1" } } })
      assert.equal("1", decoded(call("GET", path)).error.code)
    end)

    it("answer in another voice", function()
      assert(service.model.faults:add { operation = "delete", status = 404, voice = "service" })
      assert.equal("01010016", fails(404, call("DELETE", path)).code)
      assert(service.model.faults:add { operation = "status", status = 404, voice = "model" })
      assert.same({ error = { code = "404", message = "Resource not found" } }, decoded(call("GET", path)))
    end)

    it("let the effect happen behind a wrong answer", function()
      assert(service.model.faults:add { operation = "delete", status = 502, effect = true })
      assert.equal(502, call("DELETE", path).status)
      assert.equal("DELETED", target())
    end)

    it("lose the answer before or after the effect", function()
      assert(service.model.faults:add { operation = "delete", drop = "before" })
      assert.is_nil((call("DELETE", path)))
      assert.equal("STOPPED", target())
      assert(service.model.faults:add { operation = "delete", drop = "after", status = 503 })
      assert.is_nil((call("DELETE", path)))
      assert.equal("DELETED", target())
    end)

    it("cut the answer off", function()
      assert(service.model.faults:add { operation = "status", drop = "during" })
      local answer = call("GET", path)
      assert.equal(200, answer.status)
      assert.is_true(answer.cut)
    end)

    it("take time, and the effect takes place afterwards", function()
      service.model.settings.latency = 0.5
      assert(service.model.faults:add { operation = "delete", latency = 1 })
      local _, exchange = call("DELETE", path)
      assert.equal(1.5, exchange.delay)
      assert.equal(NOW + 1.5, service.model.journal:since(0)[1].time)
    end)

    it("let all tokens expire", function()
      assert(service.model.faults:add { operation = "status", expire_tokens = true })
      assert.equal("Jwt is expired", call("GET", path).body)
      assert.equal(401, call("GET", path).status)
    end)

    it("find the deployment in a batch", function()
      assert(service.model.faults:add { operation = "batch", id = FIRST, status = 503 })
      assert.equal(202, batch({ { id = "d-002", targetStatus = "STOPPED" } }).status)
      assert.equal(503, batch({ { id = FIRST, targetStatus = "STOPPED" } }).status)
    end)
  end)

  it("dates its answers, unless a setting says otherwise", function()
    service.now = NOW + 0.75
    assert.equal(NOW, call("GET", "/deployments").date)
    assert.equal(NOW, call("GET", "/deployments/d-nothing").date)
    service.model.settings.dates = false
    assert.is_nil(call("GET", "/deployments").date)
  end)

  it("counts every request by its operation", function()
    local path = "/deployments/" .. seed()
    call("GET", path)
    call("GET", path .. "?$select=status")
    call("GET", "/deployments")
    call("GET", "/nothing")
    call("PUT", path)
    send("GET", "/v2/lm/meta")
    assert.same({ total = 6, status = 2, list = 1, capabilities = 1, other = 2 }, service.model.journal:requests())
  end)
end)
