--- HTTP/2 peers that go silent, refuse a stream, say GOAWAY, or hang up.

local certificates = require "spec.tls.certificates"
local core = require "aicore.core"
local h2_server = require "spec.support.h2_server"

describe("an HTTP/2 peer", function()
  local made, server, session

  setup(function()
    made = certificates.new()
    made.authority "authority"
  end)

  teardown(function()
    made.remove()
  end)

  before_each(function()
    server = h2_server.start(made.issue("server", { by = "authority" }))
    session = core.session { base_url = server.url, ca_file = made.folder .. "/authority.crt", token = "t" }
  end)

  after_each(function()
    session:close()
    server.stop()
  end)

  --- The connection that a stop was answered on; nil and the error.
  local function connection_of(id, timeout)
    local reply, err = core.stop(session, id, { timeout = timeout })
    return reply and tonumber(reply.message), err
  end

  it("that has gone silent gets no further call", function()
    assert.equal(1, connection_of "first-one")
    assert.equal(1, connection_of "second-one")
    local _, err = connection_of("one-silent", 0.2)
    assert.equal("timeout", err.kind)
    for _ = 1, 3 do
      assert.equal(2, connection_of("third-one", 5))
    end
  end)

  it("that has gone silent gets none while others still wait for it, and then neither", function()
    assert.equal(1, connection_of "first-one")
    local waiting = core.start(session, "stop", "one-silent", { timeout = 1.5 })
    local _, err = connection_of("second-one", 0.3)
    assert.equal("timeout", err.kind)
    assert.is_false(waiting:finished())
    local next_one = assert(connection_of("third-one", 5))
    assert.is_true(next_one > 1)
    repeat
      session:wait(5)
      session:step()
    until waiting:finished()
    assert.equal("timeout", select(2, waiting:result()).kind)
    assert.is_true(assert(connection_of("fourth-one", 5)) > 1)
  end)

  for what, warm in pairs { ["a connection that was in use"] = true, ["a new connection"] = false } do
    local function begin()
      if warm then
        assert.equal(1, connection_of "first-one")
      end
    end

    it("that refuses a stream leaves no doubt, and gets it on another connection: on " .. what, function()
      begin()
      assert.equal(2, connection_of("one-refuse", 5))
    end)

    it("that has not looked at a stream before its GOAWAY leaves no doubt: on " .. what, function()
      begin()
      local _, err = connection_of("one-goaway", 5)
      assert.same({ "transport", false, true, true }, { err.kind, err.ambiguous, err.refused, err.retryable })
      assert.equal(2, connection_of("one-goaway", 5))
    end)

    for _, word in ipairs { "drop", "seen", "broken" } do
      it(("that may have acted (%s) leaves a doubt: on %s"):format(word, what), function()
        begin()
        local _, err = connection_of("one-" .. word, 5)
        assert.same({ "transport", true, nil }, { err.kind, err.ambiguous, err.refused })
      end)
    end
  end
end)
