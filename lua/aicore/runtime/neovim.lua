--- How to wait in Neovim (0.7 and newer): the coroutine waits, the editor goes on.
-- libuv's callbacks run in a "fast context", where most of the editor's API is forbidden; so nobody's
-- code is resumed there, but by vim.schedule. The main chunk (a command, a mapping) cannot wait.

local uv_tasks = require "aicore.runtime.uv"

local uv = vim and (vim.uv or vim.loop)

local neovim = uv_tasks.new {
  uv = uv,
  name = "neovim",
  advice = "call it in a coroutine, as aicore.spawn(function() … end) begins one",
  enter = function(resume)
    if vim.in_fast_event() then
      vim.schedule(resume)
    else
      resume()
    end
  end,
  report = function(message)
    vim.schedule(function()
      vim.notify("aicore: " .. message, vim.log.levels.ERROR)
    end)
  end,
}

--- Is this Neovim?
---@return boolean
function neovim.here()
  return uv ~= nil
end

return neovim
