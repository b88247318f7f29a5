--- What the body of each changing request must be.

local bodies = require "aicore.emulator.bodies"

local function items(count)
  local made = {}
  for i = 1, count do
    made[i] = { id = ("d-%03d"):format(i), targetStatus = i % 2 == 0 and "STOPPED" or "DELETED" }
  end
  return made
end

-- Each row: the body of what, the body, a part of the problem (nil: there is none), and the resource.
local CASES = {
  { "create", { configurationId = "conf-1" } },
  { "create", { configurationId = "conf-1", ttl = "24H" } },
  { "create", {}, "configurationId must match" },
  { "create", { configurationId = 12345 }, "configurationId must match" },
  { "create", { configurationId = "conf-1", ttl = "1y" }, "ttl must be" },
  { "create", { configurationId = "conf-1", ttl = 5 }, "ttl must be" },
  { "create", { configurationId = "conf-1", ttl = "1y" }, nil, "executions" }, -- which have none, so nobody looks
  { "update", { configurationId = "conf-1" } },
  { "update", { configurationId = "a/b/c" }, "configurationId must match" },
  { "stop", { targetStatus = "STOPPED" } },
  { "stop", { targetStatus = "DELETED" }, "targetStatus must be STOPPED" },
  { "stop", { targetStatus = "stopped" }, "targetStatus must be STOPPED" },
  { "stop", { targetStatus = "STOPPED", configurationId = "conf-1" }, "exclude each other" },
  { "delete", { targetStatus = "DELETED" } },
  { "delete", {}, "targetStatus must be DELETED" },
  { "batch", { deployments = items(1) } },
  { "batch", { deployments = items(100) } },
  { "batch", { deployments = items(101) }, "deployments must have 1 to 100 items" },
  { "batch", { deployments = {} }, "deployments must have 1 to 100 items" },
  { "batch", { executions = items(1) }, nil, "executions" },
  { "batch", { deployments = items(1) }, "executions must have 1 to 100 items", "executions" },
  { "batch", { executions = items(1) }, "deployments must have 1 to 100 items" },
  { "batch", { deployments = "all" }, "deployments must have 1 to 100 items" },
  { "batch", { deployments = { "d-001" } }, "every item needs an id" },
  { "batch", { deployments = { { id = "d 1", targetStatus = "STOPPED" } } }, "every item needs an id" },
  { "batch", { deployments = { { id = "d-001", targetStatus = "RUNNING" } } }, "STOPPED or DELETED" },
  { "batch", { deployments = { items(1)[1], items(1)[1] } }, "d-001 stands more than once" },
}

describe("the body", function()
  for i, case in ipairs(CASES) do
    local name, body, problem = case[1], case[2], case[3]
    it(("of %s, %d: %s"):format(name, i, problem or "is fine"), function()
      local found = bodies[name](body, case[4] or "deployments")
      if problem then
        assert.matches(problem, found, 1, true)
      else
        assert.is_nil(found)
      end
    end)
  end
end)
