--- A deployment's whole life: made because a configuration asks for it, moved to another model, and to one that does
--- not come up and back. Then the procedure "Delete a Single Deployment": look, stop, wait until it has stopped,
--- delete, wait until it is gone. At the end all that is left, a fleet of 250 and more, by one call. Started by run.sh,
--- which sets the AICORE_* variables; arg[1] is the CA's file.

local aicore = require "aicore"
local blocking = require "aicore.runtime.blocking"

local ID = "d748fdae9f88a9b0"
local begun = blocking.now()

local function say(...)
  print(("%5.1f s  %s"):format(blocking.now() - begun, string.format(...)))
end

local client = assert(aicore.client { ca_file = arg[1] })

local function show(p)
  say("  it is %s%s", p.status, p.targetStatus and ", to be " .. p.targetStatus or "")
end

local function follow(goal)
  assert(client:wait(ID, goal, { on_progress = show }))
end

local function configuration(name, model)
  local parameters = { modelName = model }
  return { name = name, scenario_id = "foundation-models", executable_id = "azure-openai", parameters = parameters }
end

say "ensure that gpt-4o is served:"
local chat, created = assert(client:ensure(configuration("chat", "gpt-4o"), { on_progress = show }))
assert(created, "it was there before")
say("  by %s, made for it", chat.id)
assert(client:find({ model = "gpt-4o" }).id == chat.id, "another one was found")

say "roll out gpt-4.1:"
local newer = assert(client:configure(configuration("chat-next", "gpt-4.1"))).id
assert(client:rollout(chat.id, newer, { on_progress = show }))
say("  %s runs with %s now", chat.id, newer)

say "roll out what does not come up (that the one before runs again is believed after 10 s):"
local broken = assert(client:configure(configuration("dead-on-arrival", "gpt-5"))).id
local report = assert(client:rollout(chat.id, broken, { rollback = true, on_progress = show }))
assert(report.rolled_back, "it came up")
say("  rolled back to %s, because: %s", report.previous, report.reason)

say("delete %s while it runs:", ID)
follow "RUNNING"
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

say("tear down all that is left, %d in mixed states:", client:count())
report = assert(client:teardown({ all = true }, {
  appear = 0, -- what was made above has appeared
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
assert(client:count() == 0, "something is left")

client:close()
print(
  ("done: ensured, rolled out and back, stopped and deleted, over TLS, in %.1f s; %d at once took %d requests"):format(
    blocking.now() - begun,
    #report.deleted,
    report.requests
  )
)
