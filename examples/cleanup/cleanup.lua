-- Tears down the deployments of a scenario that are older than so many hours, and says what became of them:
--   lua5.4 cleanup.lua SCENARIO HOURS [dry]
-- Exit code 0: all is gone; 1: something is left, and stands on stderr; 2: it was called in a wrong way.

local aicore = require "aicore"

local scenario, hours = arg[1], tonumber(arg[2])
if not (scenario and hours and hours >= 0) then
  io.stderr:write "usage: cleanup.lua SCENARIO HOURS [dry]\n"
  os.exit(2)
end

local function give_up(err)
  io.stderr:write(tostring(err), "\n")
  os.exit(1)
end

-- systemd hands secrets over as files that only this service can read; elsewhere the environment has the settings.
local function service_key()
  local folder = os.getenv "CREDENTIALS_DIRECTORY"
  local file = folder and io.open(folder .. "/service-key")
  return file and file:read "*a"
end

local client, err = aicore.client { service_key = service_key() }
if not client then
  give_up(err)
end

local said
local report
report, err = client:teardown({ scenario_id = scenario, older_than = hours * 3600 }, {
  timeout = 3600,
  dry_run = arg[3] == "dry",
  on_progress = function(progress) -- a line whenever another tenth is done
    local tenth = math.floor(10 * (1 - progress.left / progress.total))
    if tenth ~= said then
      said = tenth
      print(("%d of %d left"):format(progress.left, progress.total))
    end
  end,
})
if not report then
  give_up(err)
end

for _, id in ipairs(report.skipped) do
  print("would tear down " .. id)
end
for id, failure in pairs(report.failed) do
  io.stderr:write(("%s: %s\n"):format(id, tostring(failure)))
end
print(("%d deleted, %d requests, %.0f s"):format(#report.deleted, report.requests, report.elapsed))
os.exit(next(report.failed) == nil and 0 or 1)
