-- One pod of the Job in job.yaml: tears down its share of a fleet, and prints a report as one line of JSON.
-- Which share: JOB_COMPLETION_INDEX, which Kubernetes sets, of SHARDS. Which fleet: SCENARIO, in one resource group or,
-- with RESOURCE_GROUPS=*, in all of them.
-- Every deployment belongs to exactly one share, and to the same one whoever asks. So a pod that was killed is simply
-- started again, and finds what is left of its share.

local aicore = require "aicore"
local cjson = require "cjson"

local function variable(name)
  return os.getenv(name) or error(name .. " is not set", 0)
end

local index, shards = tonumber(variable "JOB_COMPLETION_INDEX"), tonumber(variable "SHARDS")

local report, err = aicore.teardown({
  scenario_id = variable "SCENARIO",
  shard = { index, shards },
  resource_group = os.getenv "RESOURCE_GROUPS",
}, { timeout = tonumber(os.getenv "TIMEOUT") or 3600 })
if not report then
  error(tostring(err), 0)
end

local failed, unread = {}, {}
for id, failure in pairs(report.failed) do
  failed[id] = tostring(failure)
end
for name, group in pairs(report.groups or {}) do
  unread[name] = group.err and tostring(group.err)
end
print(cjson.encode {
  shard = index,
  deleted = #report.deleted,
  failed = next(failed) and failed or nil,
  unread = next(unread) and unread or nil,
  unsure = report.unsure,
  requests = report.requests,
  elapsed = report.elapsed,
})
os.exit(next(failed) == nil and not report.unsure and 0 or 1)
