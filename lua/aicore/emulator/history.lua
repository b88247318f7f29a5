-- What a deployment was before: shown by replicas and lists that lag behind.
-- Rules: a past state is a copy that nobody changes any more. As much is kept as the longest lag may ask for; without a
-- lag nothing is copied.

local merged = require "aicore.model.merged"

local history = {}

local function copy_of(deployment)
  local copy = merged(deployment)
  copy.plan, copy.intent, copy.past = nil, nil, nil
  return copy
end

--- To be called before a change: keeps what the deployment has been until then.
---@param deployment aicore.emulator.Deployment
---@param at number       seconds since 1970: when the change takes place
---@param longest number  seconds: nobody will ask for a time that is longer ago
function history.keep(deployment, at, longest)
  if longest > 0 then
    local past = deployment.past or {}
    past[#past + 1] = copy_of(deployment)
    while past[2] and past[2].since <= at - longest do
      table.remove(past, 1)
    end
    deployment.past = past
  else
    deployment.past = nil
  end
  deployment.since = at
end

local NOTHING = {}

--- What the deployment was at a time. Of what is longer ago than its history nothing is known but when it was created.
---@param deployment aicore.emulator.Deployment
---@param time number  seconds since 1970
---@return aicore.emulator.Deployment|nil state  nil: it was not there yet
function history.at(deployment, time)
  if time >= deployment.since then
    return deployment
  elseif time < deployment.created_at then
    return nil
  end
  local past = deployment.past or NOTHING
  for i = #past, 2, -1 do
    if past[i].since <= time then
      return past[i]
    end
  end
  return past[1] or deployment
end

return history
