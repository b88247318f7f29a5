-- Its tests, with busted and without an account: an emulated AI Core is started for them, and ends with them.
-- luacheck: std min+busted

local aicore = require "aicore"
local emulator = require "aicore.emulator"
local previews = require "previews"

describe("previews.finish", function()
  local server, client

  setup(function()
    server = assert(emulator.start { stop_time = 0.05, delete_time = 0.05 }) -- AI Core takes minutes
    client = assert(aicore.client(server.settings))
  end)

  teardown(function()
    server.stop()
  end)

  before_each(function()
    server.clear_deployments()
    server.clear_journal()
    server.clear_faults()
    server.seed { count = 2, scenario_id = "preview-fix-42", status = "RUNNING" }
    server.seed { count = 1, scenario_id = "preview-fix-42", status = "DEAD" }
    server.seed { id = "production", scenario_id = "production", status = "RUNNING" }
  end)

  -- The journal says what really happened.
  local function touched()
    local ids = {}
    for _, entry in ipairs(server.journal()) do
      ids[entry.id] = entry.what ~= "login" or nil
    end
    return ids
  end

  it("ends those of the branch", function()
    assert.equal(3, previews.finish(client, "fix-42"))
    assert.equal(0, client:count { scenario_id = "preview-fix-42" })
  end)

  it("touches nothing else", function()
    previews.finish(client, "fix-42")
    assert.is_nil(touched().production)
    assert.equal("RUNNING", client:status("production").status)
  end)

  it("finds nothing to do for an unknown branch", function()
    assert.equal(0, previews.finish(client, "main"))
    assert.same({}, touched())
  end)

  it("says so when AI Core refuses", function()
    server.fault { operation = "list", status = 403, times = 0 } -- times = 0: always
    local ended, problem = previews.finish(client, "fix-42")
    assert.is_nil(ended)
    assert.matches("AI Core did not answer: .*HTTP 403", problem)
  end)

  it("does not mind a service that is overloaded for a moment", function()
    server.fault { operation = "*", status = 503, times = 2 }
    assert.equal(3, previews.finish(client, "fix-42"))
  end)
end)
