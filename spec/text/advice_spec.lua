--- What to do about an error, in the editor; the command's words are in spec/cli/problems_spec.lua.

local advice = require "aicore.text.advice"

describe("advice", function()
  it("fits the error best that comes first", function()
    for says, err in pairs {
      ["save the key as"] = { kind = "config", message = "no base URL: looked in arguments" },
      [":help aicore%-settings says what"] = { kind = "config", message = "auth_url: https expected" },
      ["look at client_id"] = { kind = "auth", operation = "login", status = 401, message = "Bad credentials" },
      ["try again later"] = { kind = "http", status = 503, message = "down" },
      ["look at the network, base_url and auth_url; .*https_proxy"] = {
        kind = "transport",
        message = "Could not resolve host",
      },
      ["file by ca_file$"] = { kind = "transport", message = "SSL certificate problem: self-signed certificate" },
      ["take a new key"] = { kind = "transport", message = "tlsv1 alert certificate expired" },
      ["or the certificate and its key"] = { kind = "auth", operation = "login", message = "wrong certificate" },
      ["ca_file takes"] = { kind = "config", message = "error setting certificate file: /ca" },
    } do
      assert.matches(says, advice.on(err, "editor"))
    end
  end)

  it("is none where there are no words for the editor", function()
    assert.is_nil(advice.on({ kind = "cancelled", message = "ended by the host" }, "editor"))
  end)
end)
