--- Deployments and what becomes of them in time.

local journal = require "aicore.emulator.journal"
local random = require "aicore.emulator.random"
local settings = require "aicore.emulator.settings"
local world = require "aicore.emulator.world"

local NOW = 1700000000
local NO_FILTER = function()
  return true
end

describe("world", function()
  local values, book, earth

  before_each(function()
    values, book = settings.new(), journal.new()
    earth = world.new(values, random.new(1), book)
  end)

  local function seed(fields)
    return earth:seed(fields or {}, NOW)
  end

  local function cause(now)
    return { now = now, request_id = "r-1" }
  end

  -- The status at each time (in seconds after NOW); nil reads as "-".
  local function statuses(id, ...)
    local seen = {}
    for i, after in ipairs { ... } do
      earth:advance(NOW + after)
      local deployment = earth:get("default", id)
      seen[i] = deployment and deployment.status or "-"
    end
    return table.concat(seen, " ")
  end

  local function what_happened()
    local words = {}
    for i, entry in ipairs(book:since(0)) do
      words[i] = ("%s@%g"):format(entry.what, entry.time - NOW)
    end
    return table.concat(words, " ")
  end

  it("brings a new deployment to life step by step", function()
    values.start_time = 10
    local id = earth:create("default", "conf-1", nil, cause(NOW)).id
    assert.matches("^d%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x$", id)
    assert.equal("- - UNKNOWN PENDING PENDING RUNNING", statuses(id, 0, 0.9, 1, 3, 9.9, 10))
    assert.equal("create@0 unknown@1 pending@3 running@10", what_happened())
  end)

  it("lets a configuration named dead… die", function()
    local id = earth:create("default", "dead-1", nil, cause(NOW)).id
    assert.equal("PENDING DEAD", statuses(id, 1.9, 2))
    assert.is_string(earth:get("default", id).status_message)
  end)

  it("stops and deletes in time", function()
    local deployment = seed()
    assert.is_true(earth:change(deployment, "stop", cause(NOW)))
    assert.equal("STOPPED", deployment.target_status)
    assert.equal("STOPPING STOPPING STOPPED", statuses(deployment.id, 0, 1.9, 2))
    assert.is_true(earth:change(deployment, "delete", cause(NOW + 3)))
    assert.equal("DELETED", deployment.target_status)
    assert.equal("STOPPED STOPPED -", statuses(deployment.id, 3, 4.9, 5))
    assert.equal("stop@0 stopped@2 delete@3 gone@5", what_happened())
    assert.equal("r-1", book:since(0)[1].request_id)
    assert.is_nil(book:since(0)[2].request_id)
  end)

  it("dates changes from when they were due, not from when somebody looks", function()
    local deployment = seed()
    earth:change(deployment, "stop", cause(NOW))
    earth:advance(NOW + 1000)
    assert.equal(NOW + 2, deployment.completed_at)
    assert.equal(NOW + 2, deployment.modified_at)
  end)

  it("does at once what takes no time", function()
    values.start_time, values.stop_time, values.delete_time = 0, 0, 0
    local deployment = earth:create("default", "conf-1", nil, cause(NOW))
    assert.equal("RUNNING", deployment.status)
    earth:change(deployment, "stop", cause(NOW))
    assert.equal("STOPPED", deployment.status)
    earth:change(deployment, "delete", cause(NOW))
    assert.is_nil(earth:get("default", deployment.id))
  end)

  it("updates through PENDING, and remembers the configuration before", function()
    local deployment = seed { configuration_id = "conf-1" }
    assert.is_true(earth:change(deployment, "update", cause(NOW), "conf-2"))
    assert.equal("conf-2", deployment.configuration_id)
    assert.equal("conf-1", deployment.latest_configuration_id)
    assert.equal("PENDING PENDING RUNNING", statuses(deployment.id, 0, 1.9, 2))
  end)

  it("shows an accepted stop or delete later, if the settings say so", function()
    values.show_time, values.update_time = 60, 0
    local deployment = seed()
    assert.is_true(earth:change(deployment, "stop", cause(NOW)))
    assert.is_true(earth:change(deployment, "stop", cause(NOW + 1)))
    assert.is_false(earth:change(deployment, "update", cause(NOW + 1), "conf-2"))
    assert.is_false(earth:change(deployment, "delete", cause(NOW + 1)))
    assert.equal("RUNNING RUNNING STOPPING STOPPED", statuses(deployment.id, 1, 59.9, 60, 62))
    assert.equal("STOPPED", deployment.target_status)
    assert.is_true(earth:change(deployment, "delete", cause(NOW + 70)))
    assert.is_true(earth:change(deployment, "delete", cause(NOW + 71)))
    assert.equal("STOPPED STOPPED -", statuses(deployment.id, 129, 130, 132))
    assert.equal("stop@0 stopped@62 delete@70 gone@132", what_happened())
  end)

  it("does not stop what came to its end before the stop showed", function()
    values.show_time, values.start_time = 60, 50
    local deployment = earth:create("default", "dead-1", nil, cause(NOW))
    assert.equal("PENDING", statuses(deployment.id, 20))
    assert.is_true(earth:change(deployment, "stop", cause(NOW + 20)))
    assert.equal("PENDING DEAD DEAD", statuses(deployment.id, 49, 50, 100))
    assert.equal("RUNNING", deployment.target_status)
  end)

  it(
    "names the new configuration while the old one runs, if it is set to; the same update again changes nothing",
    function()
      values.early_update = 5
      local deployment = seed { configuration_id = "conf-1" }
      assert.is_true(earth:change(deployment, "update", cause(NOW), "conf-2"))
      assert.same({ "conf-2", "RUNNING", true }, {
        deployment.configuration_id,
        deployment.status,
        deployment.announced,
      })
      assert.equal("conf-1", deployment.latest_configuration_id)
      earth:advance(NOW + 3)
      assert.is_true(earth:change(deployment, "update", cause(NOW + 3), "conf-2"))
      assert.equal("RUNNING PENDING RUNNING", statuses(deployment.id, 4, 5, 7))
      assert.same({ "conf-2", nil }, { deployment.latest_configuration_id, deployment.announced })
    end
  )

  it("begins at once with what it shows already, where something else is accepted meanwhile", function()
    values.early_update, values.show_time = 5, 20
    local deployment = seed { configuration_id = "conf-1" }
    assert.is_true(earth:change(deployment, "update", cause(NOW), "conf-2"))
    assert.is_true(earth:change(deployment, "stop", cause(NOW + 1)))
    assert.equal("PENDING RUNNING", statuses(deployment.id, 1, 3))
    assert.equal("conf-2", deployment.latest_configuration_id)
    assert.equal("STOPPING", statuses(deployment.id, 21))
  end)

  it("shows and runs the old configuration for a while after an update", function()
    values.update_time = 30
    local deployment = seed { configuration_id = "conf-1" }
    local function shown(after)
      local status = statuses(deployment.id, after)
      return { status, deployment.configuration_id, deployment.latest_configuration_id or "-" }
    end
    assert.is_true(earth:change(deployment, "update", cause(NOW), "conf-2"))
    assert.same({ "RUNNING", "conf-1", "-" }, shown(29.9))
    assert.same({ "PENDING", "conf-2", "conf-1" }, shown(30))
    assert.same({ "PENDING", "conf-2", "conf-1" }, shown(31.9))
    assert.same({ "RUNNING", "conf-2", "conf-2" }, shown(32))
    assert.equal(NOW + 32, deployment.modified_at)
    assert.is_true(earth:change(deployment, "update", cause(NOW + 40), "dead-3"))
    assert.is_true(earth:change(deployment, "update", cause(NOW + 50), "dead-4")) -- in place of the one before
    assert.same({ "RUNNING", "conf-2", "conf-2" }, shown(79))
    assert.same({ "DEAD", "dead-4", "conf-2" }, shown(82))
    assert.equal("update@0 running@32 update@40 update@50 dead@82", what_happened())
  end)

  it("knows the configuration that has run last, if one has", function()
    local deployment = earth:create("default", "conf-1", nil, cause(NOW))
    assert.equal("PENDING", statuses(deployment.id, 1))
    assert.is_true(earth:change(deployment, "update", cause(NOW + 1), "conf-2"))
    assert.is_nil(deployment.latest_configuration_id)
    earth:advance(NOW + 3)
    assert.equal("conf-2", deployment.latest_configuration_id)
    local execution = earth:create("default", "conf-1", nil, cause(NOW + 3), "executions")
    earth:advance(NOW + 5)
    assert.equal("RUNNING", execution.status)
    assert.is_nil(execution.latest_configuration_id) -- it cannot be updated
  end)

  it("brings a dead one back by an update, but none that is to be deleted", function()
    local deployment = seed { status = "DEAD", configuration_id = "dead-1" }
    assert.is_true(earth:change(deployment, "update", cause(NOW), "conf-2"))
    assert.same({ "RUNNING", nil, nil }, {
      deployment.target_status,
      deployment.status_message,
      deployment.completed_at,
    })
    assert.equal("PENDING RUNNING", statuses(deployment.id, 0, 2))
    deployment = seed { status = "DEAD" }
    assert.is_true(earth:change(deployment, "delete", cause(NOW + 3)))
    assert.is_false(earth:change(deployment, "update", cause(NOW + 3), "conf-2"))
  end)

  it("takes back a stop that is under way, and nothing else", function()
    values.stop_time = 5
    local deployment = seed()
    assert.is_false(earth:take_back(deployment, cause(NOW)))
    earth:change(deployment, "stop", cause(NOW))
    earth:advance(NOW + 2)
    assert.is_true(earth:take_back(deployment, cause(NOW + 2)))
    assert.equal("RUNNING RUNNING", statuses(deployment.id, 2, 100))
    assert.equal("RUNNING", deployment.target_status)
    assert.equal("stop@0 running@2", what_happened())
    assert.is_true(earth:change(deployment, "stop", cause(NOW + 100)))
    assert.equal("STOPPING STOPPED", statuses(deployment.id, 104, 105))
    assert.is_false(earth:take_back(deployment, cause(NOW + 106)))
  end)

  it("stops and deletes what has lived its time", function()
    local deployment = earth:create("default", "conf-1", "1m", cause(NOW))
    assert.equal("RUNNING STOPPING STOPPED -", statuses(deployment.id, 59, 60, 62, 64))
    assert.equal("create@0 unknown@0.2 pending@0.6 running@2 stop@60 stopped@62 delete@62 gone@64", what_happened())
    assert.is_nil(book:since(4)[1].request_id)
    for ttl, seconds in pairs { ["1h"] = 3600, ["2D"] = 172800 } do
      local one = seed { id = "d-" .. ttl, ttl = ttl, age = 0, status = "DEAD" }
      assert.equal("DEAD DEAD -", statuses(one.id, seconds - 1, seconds, seconds + 2))
    end
    local late = seed { ttl = "1m", age = 1e6 }
    assert.equal("STOPPING", late.status)
    assert.equal(NOW, late.modified_at)
    local execution = seed { ttl = "1m", age = 1e6, resource = "executions" } -- which have none
    assert.equal("RUNNING", execution.status)
  end)

  it("is told once that the time is over: what is on its way goes on", function()
    local deployment = seed { ttl = "1h", age = 3590 }
    earth:advance(NOW + 9)
    assert.is_true(earth:change(deployment, "stop", cause(NOW + 9)))
    assert.equal("STOPPING STOPPED -", statuses(deployment.id, 10, 11, 13))
    assert.equal("stop@9 stopped@11 delete@11 gone@13", what_happened())
    deployment = seed { id = "d-leaving", status = "DEAD", ttl = "1h", age = 3560 }
    assert.is_true(earth:change(deployment, "delete", cause(NOW + 13)))
    assert.equal("- -", statuses(deployment.id, 15, 41))
    assert.matches("delete@13 gone@15$", what_happened())
    deployment = seed { id = "d-odd", ttl = "1x", age = 1e6 }
    assert.equal("RUNNING", statuses(deployment.id, 1e6))
  end)

  it("knows how many there are", function()
    values.delete_time = 1
    assert.equal(0, earth:size())
    local deployment = seed { status = "DEAD" }
    seed { resource_group = "other" }
    seed { id = deployment.id, status = "DEAD" }
    assert.equal(2, earth:size())
    earth:change(earth:get("default", deployment.id), "delete", cause(NOW))
    assert.equal(2, earth:size())
    earth:advance(NOW + 1)
    assert.equal(1, earth:size())
    earth:clear()
    assert.equal(0, earth:size())
  end)

  it("forgets the plan that a change replaces", function()
    local deployment = earth:create("default", "conf-1", nil, cause(NOW))
    assert.equal("PENDING", statuses(deployment.id, 1))
    earth:change(deployment, "stop", cause(NOW + 1))
    assert.equal("STOPPING STOPPED STOPPED", statuses(deployment.id, 2, 3, 100))
  end)

  it("deletes one that never left UNKNOWN", function()
    values.start_time, values.delete_time = 10, 10
    local deployment = earth:create("default", "conf-1", nil, cause(NOW))
    earth:advance(NOW + 1)
    assert.is_false(earth:change(deployment, "stop", cause(NOW + 1)))
    assert.is_true(earth:change(deployment, "delete", cause(NOW + 1)))
    assert.equal("UNKNOWN UNKNOWN -", statuses(deployment.id, 5, 10.9, 11))
  end)

  it("refuses what the status does not allow, and nothing changes", function()
    for _, status in ipairs { "STOPPING", "STOPPED", "DEAD", "COMPLETED", "UNKNOWN", "HIBERNATING" } do
      assert.is_false(earth:change(seed { status = status }, "stop", cause(NOW)))
    end
    for _, status in ipairs { "RUNNING", "PENDING", "STOPPING", "HIBERNATING" } do
      local deployment = seed { status = status }
      assert.is_false(earth:change(deployment, "delete", cause(NOW)))
      assert.are_not.equal("DELETED", deployment.target_status)
    end
    assert.equal("", what_happened())
  end)

  it("accepts a repeated delete, with one effect", function()
    local deployment = seed { status = "STOPPED" }
    assert.is_true(earth:change(deployment, "delete", cause(NOW)))
    assert.is_true(earth:change(deployment, "delete", cause(NOW + 1)))
    assert.equal("STOPPED -", statuses(deployment.id, 1.9, 2))
    assert.equal("delete@0 gone@2", what_happened())
  end)

  it("numbers seeds, and keeps them as they are but for those under way", function()
    assert.equal("d000000000000001", seed().id)
    assert.equal("d000000000000002", seed({ status = "PENDING" }).id)
    seed { id = "d000000000000003", status = "UNKNOWN" }
    assert.equal("d000000000000004", seed({ status = "STOPPING" }).id)
    seed { id = "on-its-way", status = "STOPPED", target_status = "DELETED" }
    assert.equal("PENDING", statuses("d000000000000002", 1000))
    assert.equal("UNKNOWN", statuses("d000000000000003", 1000))
    assert.equal("STOPPED", statuses("d000000000000004", 1000))
    assert.equal("-", statuses("on-its-way", 1000))
  end)

  it("replaces a seed with the same id", function()
    seed { id = "d-same", status = "STOPPING" }
    seed { id = "d-same", status = "RUNNING" }
    assert.equal("RUNNING", statuses("d-same", 1000))
    assert.equal(1, #earth:find("default", NO_FILTER))
  end)

  it("dates a seed by its age", function()
    local deployment = seed { age = 7200, status = "STOPPED" }
    assert.equal(NOW - 7200, deployment.created_at)
    assert.equal(NOW - 7140, deployment.started_at)
    assert.equal(NOW, deployment.completed_at)
    assert.equal(NOW, seed({ age = 0 }).started_at)
    assert.is_nil(seed({ status = "UNKNOWN" }).started_at)
  end)

  it("keeps resource groups apart", function()
    seed { id = "d-same", status = "RUNNING" }
    seed { id = "d-same", status = "DEAD", resource_group = "other" }
    assert.equal("RUNNING", earth:get("default", "d-same").status)
    assert.equal("DEAD", earth:get("other", "d-same").status)
    assert.is_nil(earth:get("third", "d-same"))
    assert.same({}, earth:find("third", NO_FILTER))
  end)

  it("keeps the order of the others while most of them go", function()
    values.delete_time = 0
    local expected = {}
    for i = 1, 100 do
      local deployment = seed { status = "STOPPED" }
      if i % 7 == 0 then
        expected[#expected + 1] = deployment.id
      end
    end
    for i, deployment in ipairs(earth:find("default", NO_FILTER)) do
      if i % 7 ~= 0 then
        earth:change(deployment, "delete", cause(NOW))
      end
    end
    local left = {}
    for i, deployment in ipairs(earth:find("default", NO_FILTER)) do
      left[i] = deployment.id
    end
    assert.same(expected, left)
  end)
end)
