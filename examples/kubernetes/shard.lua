-- One pod of the Job in job.yaml: tears down its share of a fleet, and prints a report as one line of JSON.
-- Which share: JOB_COMPLETION_INDEX, which Kubernetes sets, of SHARDS. Which fleet: SCENARIO.
-- Every deployment belongs to exactly one share, and to the same one whoever asks. So a pod that was killed is simply
-- started again, and finds what is left of its share.

local aicore = require "aicore"
local cjson = require "cjson"

local function variable(name)
  return os.getenv(name) or error(name .. " is not set", 0)
end

local index, shards = tonumber(variable "JOB_COMPLETION_INDEX"), tonumber(variable "SHARDS")

local report, err = aicore.teardown(
  { scenario_id = variable "SCENARIO", shard = { index, shards } },
  { timeout = tonumber(os.getenv "TIMEOUT") or 3600 }
)
if not report then
  error(tostring(err), 0)
end

local failed = {}
for id, failure in pairs(report.failed) do
  failed[id] = tostring(failure)
end
print(cjson.encode {
  shard = index,
  deleted = #report.deleted,
  failed = next(failed) and failed or nil,
  requests = report.requests,
  elapsed = report.elapsed,
})
os.exit(next(failed) == nil and 0 or 1)
