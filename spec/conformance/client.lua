--- The Lua client's part: every operation that core.operations has, of deployments and executions, accepted and
-- refused; and what is made of them: find, ensure, rollout, watch, teardown. sap.mjs does the same by hand.
-- Started by main.mjs, with AICORE_BASE_URL, AICORE_AUTH_URL, … leading through the proxy, which judges every request
-- and every answer; here is only made sure that all of them take place. main.mjs has seeded:
--   run-1 … run-5 RUNNING, dead-1 DEAD, unknown-1 UNKNOWN, stopped-1 and stopped-2 STOPPED, in the group "default", and
--   there the executions run-1 … run-4 RUNNING, completed-1 COMPLETED; 10,001 deployments in "many".

local blocking = require "aicore.runtime.blocking"
local core = require "aicore.core"

local accepted = {} -- what was, as "operation resource"

local aicore = assert(require("aicore").client {
  on_attempt = function(attempt)
    if not attempt.error then
      accepted[attempt.operation .. " " .. (attempt.resource or "")] = true
    end
  end,
})

local CONFIGURATION = "aa97b177-9383-4934-8543-0f91a7a0283a"
local PATIENCE, LOOK_EVERY = 30, 0.02 -- seconds

--- Looks until the deployment's status is the wanted one (404: until it is gone). Returns all that was seen.
local function look_until(id, wanted)
  local seen, deadline = {}, blocking.now() + PATIENCE
  while blocking.now() < deadline do
    local deployment, err = aicore:status(id)
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
assert(aicore:capabilities().aiApi.capabilities.bulkUpdates.deployments)
assert(#assert(aicore:list()) == 9)
assert(#collect(aicore:each { status = "STOPPED" }) == 2)
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
  assert(#assert(aicore:list(filter)) == assert(aicore:count(filter)))
end
assert(#assert(aicore:list { resource_group = "many" }) == 10001) -- a page of 10,000 and one more
assert(aicore:count { resource_group = "many" } == 10001)
assert(aicore:status("run-1", { select = "status" }).status == "RUNNING")
assert(aicore:logs "run-1")
assert(#aicore:logs("run-1", { top = 1, order = "desc" }) == 1)
assert(
  aicore:logs("run-1", { start = "2021-05-19T08:00:14.347+08:00", ["end"] = "2031-05-19T00:00:00Z", order = "asc" })
)

-- Refused.
refused(404, aicore:status "nobody")
refused(404, aicore:stop "nobody")
refused(404, aicore:logs "nobody")
refused(404, aicore:update("nobody", CONFIGURATION))
refused(400, aicore:stop "unknown-1")
refused(400, aicore:create "missing-configuration")
refused(400, aicore:update("run-1", "missing-configuration"))
refused(400, aicore:logs("run-1", { start = "2026-05-19T00:00:00Z", ["end"] = "2026-05-18T00:00:00Z" }))
refused(412, aicore:delete "run-1")
refused(412, aicore:update("stopped-1", CONFIGURATION))
assert(aicore:stop "dead-1") -- 412, and then a look: it has ended
assert(aicore:delete("nobody").absent) -- 404

-- A life: not found at first, UNKNOWN, PENDING, RUNNING, updated, stopped, deleted.
local id = assert(aicore:create(CONFIGURATION, { ttl = "24h" })).id
local shown = look_until(id, "RUNNING")
for _, status in ipairs { 404, "UNKNOWN", "PENDING" } do
  assert(shown[status], "not seen after create: " .. status)
end
assert(aicore:update(id, "other-configuration"))
assert(aicore:status(id).latestRunningConfigurationId == CONFIGURATION)
assert(aicore:stop(id))
look_until(id, "STOPPED")
assert(aicore:delete(id))
look_until(id, 404)

-- What takes many of them: these choose their requests by themselves, batches among them.
local function done(report, name, count)
  for failed, err in pairs(report.failed) do
    error(("%s: %s"):format(failed, tostring(err)), 2)
  end
  assert(#report[name] == count, name)
end
local bounded = { timeout = PATIENCE }
local dying = assert(aicore:create "dead-configuration").id
look_until(dying, "UNKNOWN")
assert(assert(aicore:wait(dying, "STOPPED", bounded)).status == "DEAD")
done(aicore:stop_all({ "run-4", "run-5" }, bounded), "stopped", 2)
done(aicore:delete_all({ "run-4", "run-5", "dead-1", "nobody" }, bounded), "deleted", 3)
assert(aicore:wait("run-4", "GONE", bounded))
done(aicore:teardown({ "run-1", "stopped-2" }, bounded), "deleted", 2)
assert(aicore:teardown({ status = "RUNNING" }, { dry_run = true }))

-- The tenant.
assert(#aicore:models() > 0)
local groups = {}
for _, group in ipairs(aicore:resource_groups()) do
  groups[group.resourceGroupId] = group.status
end
assert(groups.default == "PROVISIONED" and groups.many == "PROVISIONED")
assert(aicore:quota().used > 10000)
assert(aicore:count { resource_group = "*", status = "RUNNING" } > 10000)
assert(aicore:list { resource_group = "*", status = "UNKNOWN", retiring_within = 30 * 86400 })

-- A life that others decide over: found, or made; moved to another model; watched until it is gone.
local function chat(name, model)
  local parameters, artifacts = { modelName = model, modelVersion = "latest" }, { prompts = CONFIGURATION }
  local what = { name = name, scenario_id = "chat", executable_id = "azure-openai" }
  what.parameters, what.artifacts = parameters, artifacts
  return what
end
local long = { timeout = 2 * PATIENCE, rollback = true }
local before = assert(aicore:configure(chat("chat", "gpt-4o")))
assert(before.created and not aicore:configure(chat("chat", "gpt-4o")).created)
assert(#aicore:configurations { scenario_id = "chat", executable_ids = { "azure-openai" }, search = "ha" } == 1)
local serving, created = assert(aicore:ensure(chat("chat", "gpt-4o"), bounded))
assert(created and serving.configurationId == before.id and not select(2, aicore:ensure(before.id)))
assert(aicore:find({ scenario_id = "chat", model = "gpt-4o" }).id == serving.id)
assert(aicore:find({ model = "no-such-model" }, bounded) == nil)

local after = assert(aicore:configure(chat("chat-next", "gpt-4.1"))).id
local report = assert(aicore:rollout(serving.id, after, long))
assert(report.previous == before.id and not report.rolled_back)
assert(aicore:find({ model = "gpt-4.1" }, bounded).id == serving.id)
local broken = assert(aicore:configure(chat("dead-on-arrival", "gpt-5"))).id
report = assert(aicore:rollout(serving.id, broken, long))
assert(report.rolled_back and report.previous == after)

local seen, shown_by_now = {}, { timeout = PATIENCE, appear = 0 }
assert(aicore:stop(serving.id))
for change, err in aicore:watch({ serving.id }, shown_by_now) do
  assert(change, err)
  seen[#seen + 1] = change.status
  if change.status == "STOPPED" and change.target == "STOPPED" then
    assert(aicore:delete(serving.id))
  end
end
assert(seen[#seen] == "GONE", table.concat(seen, " "))

-- Executions: all of it, but update.
local executions = aicore.executions
assert(#executions:list() == 5 and executions:count { status = "COMPLETED" } == 1)
assert(executions:count { execution_schedule_id = "nobody" } == 0)
assert(executions:status("run-1", { select = "status" }).status == "RUNNING")
assert(executions:logs("run-1", { top = 1 }))
refused(404, executions:status "nobody")
refused(412, executions:delete "run-1")
local execution = assert(executions:create(CONFIGURATION)).id
assert(executions:wait(execution, "RUNNING", bounded))
assert(executions:stop(execution))
assert(executions:wait(execution, "STOPPED", bounded))
assert(executions:delete(execution))
assert(executions:wait(execution, "GONE", shown_by_now))
done(executions:teardown({ "run-1", "run-2", "run-3", "run-4", "completed-1" }, bounded), "deleted", 5)

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

for name, operation in pairs(core.operations) do
  for _, resource in ipairs(operation.resource and { "deployments", "executions" } or { "" }) do
    local cannot = name == "login" or name == "update" and resource == "executions"
    assert(cannot or accepted[name .. " " .. resource], ("no %s of %s was accepted"):format(name, resource))
  end
end
