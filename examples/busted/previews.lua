-- What is tested: a program of yours. It ends the preview deployments of a branch that was merged.

local previews = {}

--- Ends them, and says how many there were.
---@param client aicore.Client
---@param branch string
---@return integer|nil ended
---@return string|nil problem
function previews.finish(client, branch)
  local report, err = client:teardown { scenario_id = "preview-" .. branch }
  if not report then
    return nil, "AI Core did not answer: " .. tostring(err)
  end
  local id, failure = next(report.failed)
  if id then
    return nil, ("%s is still there: %s"):format(id, tostring(failure))
  end
  return #report.deleted
end

return previews
