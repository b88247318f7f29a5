--- The command :AICore, a panel with the list of deployments. It is there as soon as the plugin is on the runtime path
-- (plugin/aicore.lua); require("aicore.neovim").setup{} is for those who want something to be different.
--   :AICore                                    the list
--   :AICore status=RUNNING scenario=nightly    a part of it
-- g? shows the keys there.

local command = require "aicore.neovim.command"
local completion = require "aicore.neovim.completion"
local highlights = require "aicore.neovim.highlights"
local options = require "aicore.neovim.options"

local neovim = {}

local panel

--- Chooses options. May be called again, with other ones, and defines :AICore where no plugin/aicore.lua has.
---@param given aicore.neovim.Options?
function neovim.setup(given)
  local chosen = options.complete(given)
  highlights.define(chosen.highlights)
  panel = require("aicore.neovim.panel").new(chosen)
  completion.from(function()
    return panel.rows
  end)
  command.define(neovim.open)
end

--- Shows the panel: what :AICore does.
---@param filter string?  words; nil: what it was
function neovim.open(filter)
  if not panel then
    neovim.setup()
  end
  panel:open(filter)
end

return neovim
