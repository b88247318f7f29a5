--- Tells the user something, as soon as the editor is free to: an error message amid a call of its API would become an
-- error of that call.

local printable = require "aicore.model.printable"

---@param message string
---@param level "ERROR"|"WARN"|"INFO"
return function(message, level)
  vim.schedule(function()
    vim.notify("aicore: " .. printable(message, true), vim.log.levels[level])
  end)
end
