--- The procedure "Delete a Single Deployment": look, stop, wait until it has stopped, delete, wait
--- until it is gone. Then a fleet of 250, by one call. Started by run.sh, which sets the AICORE_*
--- variables; arg[1] is the CA's file.

local aicore = require "aicore"
local blocking = require "aicore.runtime.blocking"

local ID = "d748fdae9f88a9b0"
local begun = blocking.now()

local function say(...)
  print(("%5.1f s  %s"):format(blocking.now() - begun, string.format(...)))
end

local client = assert(aicore.client { ca_file = arg[1] })

local function follow(goal)
  assert(client:wait(ID, goal, {
    on_progress = function(p)
      say("  it is %s%s", p.status, p.targetStatus and ", to be " .. p.targetStatus or "")
    end,
  }))
end

say("deployment %s", ID)
follow "RUNNING"

say "delete it while it runs:"
local refused, err = client:delete(ID)
assert(not refused, "a running deployment was deleted")
say("  refused: %s", err)

say "stop it:"
local stopped = assert(client:stop(ID))
say("  accepted: %s", stopped.message)
follow "STOPPED"

say "delete it:"
local deleted = assert(client:delete(ID))
say("  accepted: %s", deleted.message)
follow "GONE"

say "create one with a configuration that does not exist:"
local created
created, err = client:create "missing-configuration"
assert(not created, "a deployment was created out of nothing")
say("  refused: %s", err)

say("tear down a fleet of %d, in mixed states:", client:count { scenario_id = "fleet" })
local report = assert(client:teardown({ scenario_id = "fleet" }, {
  on_progress = function(p)
    local states = {}
    for status, count in pairs(p.states) do
      states[#states + 1] = ("%d %s"):format(count, status)
    end
    table.sort(states)
    say("  %3d left: %s", p.left, #states > 0 and table.concat(states, ", ") or "none")
  end,
}))
assert(not next(report.failed), "not all could be torn down")

client:close()
print(
  ("done: stopped and deleted %s and %d others, over TLS, in %.1f s; the fleet took %d requests"):format(
    ID,
    #report.deleted,
    blocking.now() - begun,
    report.requests
  )
)
