--- One login at a time, however many need a token: against the emulator, in one loop.

local aicore = require "aicore"
local client = require "aicore.client"
local emulator = require "spec.support.emulator"
local fast = require "spec.support.fast"

describe("auth", function()
  local server

  setup(function()
    server = emulator.start { deployments = 1 }
  end)

  teardown(function()
    server.stop()
  end)

  before_each(function()
    server.clear_faults()
    server.clear_journal()
  end)

  local function ask_all(count, change)
    local c = assert(client.new {
      base_url = server.url,
      auth_url = server.url,
      client_id = "me",
      client_secret = "secret",
      runtime = fast,
    })
    local functions = {}
    for i = 1, count do
      functions[i] = function()
        local deployment, err = c:status "d000000000000001"
        return deployment and deployment.status or err.kind
      end
    end
    local outcomes = {}
    for _ = 1, change and 2 or 1 do
      outcomes = {}
      for _, outcome in ipairs(fast.gather(functions, count)) do
        outcomes[outcome] = (outcomes[outcome] or 0) + 1
      end
      if change then
        change()
      end
    end
    return outcomes
  end

  it("logs in once for a hundred", function()
    assert.same({ RUNNING = 100 }, ask_all(100))
    assert.equal(1, server.requests().login)
  end)

  it("logs in once more when the token of a hundred is refused", function()
    assert.same({ RUNNING = 100 }, ask_all(100, server.expire_tokens))
    assert.equal(2, server.requests().login)
  end)

  it("repeats a login that failed for all of them, not for each", function()
    server.fault { operation = "login", status = 503, times = 2 }
    assert.same({ RUNNING = 100 }, ask_all(100))
    assert.equal(3, server.requests().login)
  end)

  it("tells a refusal to all, after one request", function()
    server.fault { operation = "login", status = 401, body = { error = "invalid_client" } }
    assert.same({ auth = 100 }, ask_all(100))
    assert.equal(1, server.requests().login)
  end)
end)

describe("a token from a file", function()
  it("does not have the newline that the file ends in", function()
    local server = emulator.start {}
    finally(server.stop)
    local asking = assert(aicore.client { base_url = server.url, token = server.token() .. "\r\n" })
    assert.equal(0, (assert(asking:count())))
    asking:close()
  end)
end)

describe("a token that no header can carry", function()
  it("is an error that does not repeat it, wherever it comes from", function()
    for _, text in ipairs { "hidden\nx", " hidden", "hidden\194\155" } do
      local function give()
        return text
      end
      for _, token in ipairs { text, give } do
        local asking = assert(aicore.client { base_url = "http://127.0.0.1:1", token = token })
        local reply, err = asking:status "d000000000000001"
        asking:close()
        assert.is_nil(reply)
        assert.equal("auth", err.kind)
        assert.matches("^the token is unusable: ", err.message)
        assert.is_nil(tostring(err):find("hidden", 1, true))
      end
    end
  end)
end)
