--- :AICore, defined without loading what it does: that is for its first use.

local command = {}

--- Defines it.
---@param open fun(filter: string?)  what it does
function command.define(open)
  vim.api.nvim_create_user_command("AICore", function(given)
    open(given.args ~= "" and given.args or nil)
  end, {
    nargs = "*",
    complete = function(lead)
      return require("aicore.neovim.completion").complete(lead)
    end,
    desc = "The deployments in SAP AI Core",
  })
end

return command
