--- The colours of the panel: groups that are linked to the editor's own, so that they fit every colour scheme. A
--- colour scheme, or a user, that defines one of them wins.

local lifecycle = require "aicore.model.lifecycle"
local lines = require "aicore.neovim.lines"

local highlights = {}

--- Green in most colour schemes; the editor has a group for it since 0.9.
local GOOD = vim.fn.hlexists "DiagnosticOk" == 1 and "DiagnosticOk" or "MoreMsg"

local LINKS = {
  AICoreTitle = "Title",
  AICoreHead = "Identifier",
  AICoreQuiet = "Comment",
  AICoreFilter = "Special",
  AICoreError = "DiagnosticError",
  AICoreProgress = "DiagnosticInfo",
  AICoreTarget = "DiagnosticInfo",
  AICoreGone = "Comment",
  AICoreKey = "Special",
}

-- Each status has a group of its own, linked by how it looks.
local LOOKS = {
  good = GOOD,
  busy = "DiagnosticWarn",
  quiet = "Comment",
  bad = "DiagnosticError",
  unclear = "DiagnosticHint",
}
for _, row in ipairs(lifecycle.rows) do
  LINKS[lines.status_group(row.word)] = LOOKS[row.look]
end

--- The links that are made where the user wants no others; the caller may change them.
---@return table<string, string>  group -> the group that it is linked to
function highlights.links()
  return vim.deepcopy(LINKS)
end

--- Links them. As defaults, links outlive a change of the colour scheme.
---@param links table<string, string>
function highlights.define(links)
  for group, link in pairs(links) do
    vim.cmd(("highlight default link %s %s"):format(group, link))
  end
end

return highlights
