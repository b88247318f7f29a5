--- What to do about an error, in the editor.

local advice = require "aicore.text.advice"

describe("advice", function()
  it("fits the error best that comes first", function()
    for says, err in pairs {
      ["save the key as"] = { kind = "config", message = "no base URL: looked in arguments" },
      [":help aicore%-settings says what"] = { kind = "config", message = "auth_url: https expected" },
      ["look at client_id"] = { kind = "auth", operation = "login", status = 401, message = "Bad credentials" },
      ["try again later"] = { kind = "http", status = 503, message = "down" },
      ["https_proxy"] = { kind = "transport", message = "Could not resolve host" },
    } do
      assert.matches(says, advice.on(err))
    end
  end)

  it("is none where nobody knows any", function()
    assert.is_nil(advice.on { kind = "cancelled", message = "ended by the host" })
  end)
end)
