--- The Lua client's part: every operation of `require "aicore"`, and core.batch, accepted and refused.
-- Started by main.mjs, with AICORE_BASE_URL, AICORE_AUTH_URL, … leading through the proxy, which judges every request
-- and every answer; here is only made sure that all of them take place. main.mjs has seeded:
--   run-1 … run-5 RUNNING, dead-1 DEAD, unknown-1 UNKNOWN, stopped-1 and stopped-2 STOPPED, in the group "default";
--   10,001 of them in the group "many".

local aicore = require "aicore"
local blocking = require "aicore.runtime.blocking"
local core = require "aicore.core"

local CONFIGURATION = "aa97b177-9383-4934-8543-0f91a7a0283a"
local PATIENCE, LOOK_EVERY = 30, 0.02 -- seconds

--- Looks until the deployment's status is the wanted one (404: until it is gone). Returns all that was seen.
local function look_until(id, wanted)
  local seen, deadline = {}, blocking.now() + PATIENCE
  while blocking.now() < deadline do
    local deployment, err = aicore.status(id)
    local status = deployment and deployment.status or err.status
    seen[status] = true
    if status == wanted then
      return seen
    end
    blocking.sleep(LOOK_EVERY)
  end
  error(("%s did not become %s"):format(id, wanted))
end

local function refused(status, ok, err)
  if ok or err.status ~= status or err.code == nil then
    error(("%d with AI Core's code expected, got %s"):format(status, tostring(err)), 2)
  end
end

local function collect(iterator)
  local found = {}
  for deployment, err in iterator do
    found[#found + 1] = assert(deployment, err)
  end
  return found
end

-- Looking.
assert(aicore.capabilities().aiApi.capabilities.bulkUpdates.deployments)
assert(#assert(aicore.list()) == 9)
assert(#collect(aicore.each { status = "STOPPED" }) == 2)
local executables = { "azure-openai" }
for i = 2, 100 do
  executables[i] = ("%036d"):format(i)
end
local filters = {
  { status = "RUNNING" },
  { scenario_id = "foundation-models" },
  { configuration_id = CONFIGURATION },
  { executable_ids = executables },
  { status = "DEAD", scenario_id = "foundation-models", configuration_id = CONFIGURATION, all = true },
  { older_than = 60 },
  { shard = { 0, 2 }, status = "RUNNING" },
}
for _, filter in ipairs(filters) do
  assert(#assert(aicore.list(filter)) == assert(aicore.count(filter)))
end
assert(#assert(aicore.list { resource_group = "many" }) == 10001) -- a page of 10,000 and one more
assert(aicore.count { resource_group = "many" } == 10001)
assert(aicore.status("run-1", { select = "status" }).status == "RUNNING")
assert(aicore.logs "run-1")
assert(#aicore.logs("run-1", { top = 1, order = "desc" }) == 1)
assert(
  aicore.logs("run-1", { start = "2021-05-19T08:00:14.347+08:00", ["end"] = "2031-05-19T00:00:00Z", order = "asc" })
)

-- Refused.
refused(404, aicore.status "nobody")
refused(404, aicore.stop "nobody")
refused(404, aicore.logs "nobody")
refused(404, aicore.update("nobody", CONFIGURATION))
refused(400, aicore.stop "unknown-1")
refused(400, aicore.create "missing-configuration")
refused(400, aicore.update("run-1", "missing-configuration"))
refused(400, aicore.logs("run-1", { start = "2026-05-19T00:00:00Z", ["end"] = "2026-05-18T00:00:00Z" }))
refused(412, aicore.delete "run-1")
refused(412, aicore.update("stopped-1", CONFIGURATION))
assert(aicore.stop "dead-1") -- 412, and then a look: it has ended
assert(aicore.delete("nobody").absent) -- 404

-- A life: not found at first, UNKNOWN, PENDING, RUNNING, updated, stopped, deleted.
local id = assert(aicore.create(CONFIGURATION, { ttl = "24h" })).id
local seen = look_until(id, "RUNNING")
for _, status in ipairs { 404, "UNKNOWN", "PENDING" } do
  assert(seen[status], "not seen after create: " .. status)
end
assert(aicore.update(id, "other-configuration"))
assert(aicore.status(id).latestRunningConfigurationId == CONFIGURATION)
assert(aicore.stop(id))
look_until(id, "STOPPED")
assert(aicore.delete(id))
look_until(id, 404)

-- What takes many of them: these choose their requests by themselves, batches among them.
local function done(report, name, count)
  for failed, err in pairs(report.failed) do
    error(("%s: %s"):format(failed, tostring(err)), 2)
  end
  assert(#report[name] == count, name)
end
local bounded = { timeout = PATIENCE }
local dying = assert(aicore.create "dead-configuration").id
look_until(dying, "UNKNOWN")
assert(assert(aicore.wait(dying, "STOPPED", bounded)).status == "DEAD")
done(aicore.stop_all({ "run-4", "run-5" }, bounded), "stopped", 2)
done(aicore.delete_all({ "run-4", "run-5", "dead-1", "nobody" }, bounded), "deleted", 3)
assert(aicore.wait("run-4", "GONE", bounded))
done(aicore.teardown({ "run-1", "stopped-2" }, bounded), "deleted", 2)
assert(aicore.teardown({ status = "RUNNING" }, { dry_run = true }))

-- Batches, as the core sends them.
local session = core.session {
  base_url = os.getenv "AICORE_BASE_URL" .. "/v2",
  token_url = os.getenv "AICORE_AUTH_URL" .. "/oauth/token",
  client_id = os.getenv "AICORE_CLIENT_ID",
  client_secret = os.getenv "AICORE_CLIENT_SECRET",
  resource_group = "default",
}
assert(core.login(session))
local reply = assert(core.batch(session, {
  { id = "run-2", targetStatus = "STOPPED" },
  { id = "stopped-1", targetStatus = "DELETED" },
  { id = "unknown-1", targetStatus = "STOPPED" },
  { id = "run-3", targetStatus = "DELETED" },
  { id = "nobody", targetStatus = "DELETED" },
}))
for i, item in ipairs(reply.deployments) do
  assert((item.error == nil) == (i <= 2), item.id)
end
local hundred = {}
for i = 1, 100 do
  hundred[i] = { id = ("d%015d"):format(i), targetStatus = "STOPPED" }
end
assert(#assert(core.batch(session, hundred, { resource_group = "many" })).deployments == 100)
session:close()
