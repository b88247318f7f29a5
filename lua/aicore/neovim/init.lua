--- require("aicore.neovim").setup{}: the command :AICore, a panel with the list of deployments.
--   :AICore                                    the list
--   :AICore status=RUNNING scenario=nightly    a part of it
-- g? shows the keys there.

local completion = require "aicore.neovim.completion"
local highlights = require "aicore.neovim.highlights"
local options = require "aicore.neovim.options"

local neovim = {}

--- Defines :AICore. May be called again, with other options.
---@param given aicore.neovim.Options?
function neovim.setup(given)
  local chosen = options.complete(given)
  highlights.define(chosen.highlights)
  local panel = require("aicore.neovim.panel").new(chosen)
  completion.from(function()
    return panel.rows
  end)
  vim.api.nvim_create_user_command("AICore", function(command)
    panel:open(command.args ~= "" and command.args or nil)
  end, { nargs = "*", complete = completion.complete, desc = "The deployments in SAP AI Core" })
end

return neovim
