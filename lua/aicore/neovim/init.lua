--- require("aicore.neovim").setup{}: the command :AICore, a panel with the list of deployments.
--   :AICore                                    the list
--   :AICore status=RUNNING scenario=nightly    a part of it
-- g? shows the keys there.

local filters = require "aicore.neovim.filters"
local highlights = require "aicore.neovim.highlights"
local options = require "aicore.neovim.options"

local neovim = {}

local panel -- made by setup

--- Completes the last word of a filter, for the command line.
---@param lead string  what of the word is there
---@return string[]
function neovim.complete(lead)
  return filters.complete(lead, panel and panel.rows or {})
end

--- Defines :AICore. May be called again, with other options.
---@param given aicore.neovim.Options?
function neovim.setup(given)
  local chosen = options.complete(given)
  highlights.define(chosen.highlights)
  panel = require("aicore.neovim.panel").new(chosen)
  vim.api.nvim_create_user_command("AICore", function(command)
    panel:open(command.args ~= "" and command.args or nil)
  end, { nargs = "*", complete = neovim.complete, desc = "The deployments in SAP AI Core" })
end

return neovim
