-- Deployments as a test describes them: what is not said is made up so that it fits.
-- Rule: pure; the world puts them in (world.lua).

local lifecycle = require "aicore.model.lifecycle"

local seeds = { SCENARIO = "foundation-models", EXECUTABLE = "azure-openai" }

local DEFAULT_AGE = 3600
local SLOWEST_START = 60 -- what a seed's startTime lags behind its createdAt, at most

---@class aicore.emulator.Seed
---@field id string|nil             default: d000000000000001 and so on
---@field resource string|nil       default "deployments"
---@field status string|nil         default RUNNING
---@field target_status string|nil  default: what goes with the status
---@field resource_group string|nil default "default"
---@field configuration_id string|nil
---@field configuration_name string|nil
---@field model string|nil          its name (gpt-4o)
---@field model_version string|nil  (latest)
---@field scenario_id string|nil
---@field executable_id string|nil
---@field ttl string|nil
---@field schedule_id string|nil
---@field age number|nil            seconds since its creation, default one hour

-- What a deployment in this status is meant to be, if nobody says.
local function usual_target(status)
  return (status == lifecycle.targets.stop or lifecycle.stopping(status)) and lifecycle.targets.stop
    or lifecycle.SERVING
end

-- Has it not run yet? A word that is not in the table says nothing of that, and so is taken for one that has.
local function is_new(status)
  return lifecycle.known(status) and (lifecycle.phase(status) == "starting" or lifecycle.phase(status) == "unclear")
end

--- The deployment that a seed describes, not yet in a world.
---@param seed aicore.emulator.Seed
---@param now number  seconds since 1970
---@return table deployment  its id may be missing
function seeds.deployment(seed, now)
  local status, age = seed.status or lifecycle.SERVING, seed.age or DEFAULT_AGE
  local ended, starting = lifecycle.ended(status), is_new(status)
  local started = now - age + math.min(age / 2, SLOWEST_START)
  return {
    id = seed.id,
    resource = seed.resource or "deployments",
    group = seed.resource_group or "default",
    status = status,
    target_status = seed.target_status or usual_target(status),
    configuration_id = seed.configuration_id or "aa97b177-9383-4934-8543-0f91a7a0283a",
    configuration_name = seed.configuration_name,
    model = seed.model,
    model_version = seed.model_version,
    scenario_id = seed.scenario_id or seeds.SCENARIO,
    executable_id = seed.executable_id or seeds.EXECUTABLE,
    schedule_id = seed.schedule_id,
    ttl = seed.ttl,
    last_operation = "CREATE",
    created_at = now - age,
    modified_at = ended and now or started,
    started_at = not starting and started or nil,
    completed_at = ended and now or nil,
    cache = {},
  }
end

return seeds
