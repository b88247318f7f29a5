--- Logging in: what is asked for, and who may.

local emulator = require "aicore.emulator"
local service = require "spec.emulator.service"

local send, log_in, decoded = service.send, service.log_in, service.decoded

describe("the login", function()
  before_each(function()
    service.start()
  end)

  it("takes the secret in the form or in HTTP Basic", function()
    local answer = log_in "grant_type=client_credentials&client_id=sb%21a&client_secret=x%2By"
    assert.equal(200, answer.status)
    local granted = decoded(answer)
    assert.equal("bearer", granted.token_type)
    assert.equal(43200, granted.expires_in)
    local entry = service.model.journal:since(0)[1]
    assert.same({ "login", "sb!a" }, { entry.what, entry.id })
    -- "sb%21a:x%3Ay": form-encoded inside Basic
    assert.equal(200, log_in("grant_type=client_credentials", { authorization = "Basic c2IlMjFhOnglM0F5" }).status)
    assert.equal("sb!a", service.model.journal:since(entry.seq)[1].id)
  end)

  it("refuses whatever is missing or wrong", function()
    for form, status in pairs {
      ["grant_type=client_credentials&client_id=a"] = 401,
      ["grant_type=client_credentials&client_id=a&client_secret="] = 401,
      ["grant_type=client_credentials&client_secret=b"] = 401,
      ["grant_type=password&client_id=a&client_secret=b"] = 400,
      ["client_id=a&client_secret=b"] = 400,
      [""] = 400,
    } do
      local answer = log_in(form)
      assert.equal(status, answer.status, form)
      assert.is_string(decoded(answer).error)
    end
    local form = "grant_type=client_credentials&client_id=a&client_secret=b"
    assert.equal(400, log_in(form, { ["content-type"] = "application/json" }).status)
    assert.equal(405, send("GET", "/oauth/token").status)
    assert.same({}, service.model.journal:since(0))
  end)

  it("compares with the credentials that it was started with", function()
    service.model = emulator.new { client_id = "me", client_secret = "s+/=" }
    assert.equal(200, log_in("grant_type=client_credentials&client_id=me&client_secret=s%2B%2F%3D").status)
    assert.equal(401, log_in("grant_type=client_credentials&client_id=you&client_secret=s%2B%2F%3D").status)
    local refused = log_in "grant_type=client_credentials&client_id=me&client_secret=s+/="
    assert.same({ error = "invalid_client", error_description = "Bad credentials" }, decoded(refused))
  end)

  it("takes a verified certificate instead of a secret", function()
    service.model = emulator.new { client_id = "me", client_secret = "secret" }
    local form = "grant_type=client_credentials&client_id="
    assert.equal(200, log_in(form .. "me", nil, true).status)
    assert.equal(401, log_in(form .. "me", nil, false).status)
    assert.equal(401, log_in(form .. "you", nil, true).status)
    assert.equal(401, log_in(form .. "me&client_secret=wrong", nil, true).status)
  end)
end)
