--- The procedure "Delete a Single Deployment": look, stop, look until it has stopped, delete, look
--- until it is gone. Started by run.sh, which sets the AICORE_* variables; arg[1] is the CA's file.

local aicore = require "aicore"
local blocking = require "aicore.runtime.blocking"

local ID = "d748fdae9f88a9b0"
local begun = blocking.now()

local function say(...)
  print(("%5.1f s  %s"):format(blocking.now() - begun, string.format(...)))
end

local client = assert(aicore.client { ca_file = arg[1] })

--- Looks four times a second until the deployment has the status, or is gone (nil).
local function follow(status)
  local last
  repeat
    local deployment, err = client:status(ID)
    if not deployment and err.status ~= 404 then
      error(err)
    end
    local now = deployment and deployment.status or "gone"
    if now ~= last then
      say("  it is %s%s", now, deployment and ", to be " .. (deployment.targetStatus or now) or "")
      last = now
    end
    local reached = deployment and deployment.status == status or not deployment
    if not reached then
      blocking.sleep(0.25)
    end
  until reached
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
follow(nil)

say "create one with a configuration that does not exist:"
local created
created, err = client:create "missing-configuration"
assert(not created, "a deployment was created out of nothing")
say("  refused: %s", err)

client:close()
print(("done: stopped and deleted %s, over TLS, in %.1f s"):format(ID, blocking.now() - begun))
