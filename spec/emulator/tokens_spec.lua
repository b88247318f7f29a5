--- Bearer tokens.

local random = require "aicore.emulator.random"
local tokens = require "aicore.emulator.tokens"

describe("tokens", function()
  local issuer

  before_each(function()
    issuer = tokens.new(random.new(1))
  end)

  it("open the door until they expire", function()
    local token = issuer:issue(1000, 60)
    assert.matches("^[%w_-]+%.[%w_-]+%.[%w_-]+$", token)
    assert.is_true(issuer:check("Bearer " .. token, 1059))
    assert.same({ nil, "Jwt is expired" }, { issuer:check("Bearer " .. token, 1060) })
  end)

  it("are in form JWTs, as SAP's own clients decode theirs", function()
    local mime = require "mime"
    local cjson = require "cjson"
    local header, payload = issuer:issue(1000.5, 60):match "^([^.]+)%.([^.]+)%."
    local function decode(part)
      return cjson.decode((mime.unb64((part:gsub("-", "+"):gsub("_", "/")))))
    end
    assert.equal("RS256", decode(header).alg)
    assert.is_true(decode(payload).exp >= 1060)
  end)

  it("are each of their own, and expire together on demand", function()
    local first, second = issuer:issue(0, 60), issuer:issue(0, 60)
    assert.are_not.equal(first, second)
    issuer:expire()
    assert.is_nil((issuer:check("Bearer " .. first, 0)))
    assert.is_nil((issuer:check("Bearer " .. second, 0)))
    assert.is_true(issuer:check("Bearer " .. issuer:issue(0, 60), 1))
  end)

  it("are refused in the gateway's words", function()
    local FORM = "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"
    for authorization, message in pairs {
      [""] = "Jwt is missing",
      ["Basic YTpi"] = "Jwt is missing",
      ["Bearer"] = "Jwt is missing",
      ["Bearer abc"] = FORM,
      ["Bearer a.b"] = FORM,
      ["Bearer a.b.c.d"] = FORM,
      ["Bearer a.b.c"] = "Jwt verification fails",
    } do
      assert.equal(message, select(2, issuer:check(authorization, 0)))
    end
    assert.equal("Jwt is missing", select(2, issuer:check(nil, 0)))
  end)
end)
