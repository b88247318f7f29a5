--- What the panel shows, as data: rows of deployments, and what is going on with them.
-- Pure: no editor, no clock; the time is passed in.

local lifecycle = require "aicore.model.lifecycle"
local printable = require "aicore.model.printable"
local timestamp = require "aicore.model.timestamp"
local words = require "aicore.model.words"

local listing = {}

---@class aicore.neovim.Row
---@field id string
---@field status string
---@field target string?        targetStatus
---@field scenario string
---@field configuration string  its name, or its id
---@field created number?       s since the epoch
---@field why string?           of one that has died: why, in the service's words

--- What happens to a deployment because the user of this panel has asked for it.
---@class aicore.neovim.Work
---@field action "stop"|"delete"|"teardown"
---@field failure string?  why it did not come about
---@field gone_at number?  s since the epoch: when it was found to be gone; the row is a memory then
---@field row aicore.neovim.Row

-- Rows ---------------------------------------------------------------------------------------------

--- What is kept of a deployment: ten thousand whole records would be 30 MB.
---@param deployment table  as the service shows it
---@return aicore.neovim.Row
function listing.row(deployment)
  local why = lifecycle.look(deployment.status) == "bad" and words.about(deployment)
  return {
    id = deployment.id,
    status = printable(deployment.status),
    target = deployment.targetStatus and printable(deployment.targetStatus),
    scenario = printable(deployment.scenarioId or ""),
    configuration = printable(deployment.configurationName or deployment.configurationId or ""),
    created = timestamp.parse(deployment.createdAt),
    why = why and printable(why) or nil,
  }
end

--- Newest first; the order of two rows never changes between two refreshes.
---@param rows aicore.neovim.Row[]
function listing.sort(rows)
  table.sort(rows, function(a, b)
    local first, second = a.created or 0, b.created or 0
    if first ~= second then
      return first > second
    end
    return a.id < b.id
  end)
end

-- What goes on -------------------------------------------------------------------------------------

local ASKED = { stop = "stop asked", delete = "delete asked", teardown = "teardown asked" }

--- How far it has come, in words, by what the list says of it; nil: nothing goes on.
---@param work aicore.neovim.Work?
---@param row aicore.neovim.Row
---@param listed boolean  does it stand in the last list? A filter may have lost it
---@return string? words
---@return string? group  how to colour them
function listing.progress(work, row, listed)
  if not work then
    return nil
  elseif work.failure then
    return "failed", "AICoreError"
  elseif work.gone_at then
    return "gone", "AICoreGone"
  elseif not listed then
    return "not listed any more, waiting", "AICoreProgress"
  elseif lifecycle.action_of(row.target) == "delete" then
    return "delete accepted, waiting", "AICoreProgress"
  elseif lifecycle.ended(row.status) then
    return work.action ~= "stop" and "delete asked" or nil, "AICoreProgress"
  elseif lifecycle.action_of(row.target) == "stop" then
    return "stop accepted, waiting", "AICoreProgress"
  end
  return ASKED[work.action], "AICoreProgress"
end

return listing
