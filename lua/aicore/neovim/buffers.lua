--- Buffers that show something, and cannot be edited: made, written, shown in a window, given keys.

local printable = require "aicore.model.printable"

local buffers = {}

--- A buffer of this name; the one that is there, if there is one.
---@param name string
---@param filetype string
---@param hidden "hide"|"wipe"  what becomes of it when no window shows it
---@return integer buffer
---@return boolean is_new
function buffers.get(name, filetype, hidden)
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.api.nvim_buf_get_name(buffer) == name then
      return buffer, false
    end
  end
  local buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_name(buffer, name)
  local bo = vim.bo[buffer]
  bo.buftype, bo.swapfile, bo.bufhidden = "nofile", false, hidden
  bo.undolevels, bo.modifiable, bo.filetype = -1, false, filetype
  return buffer, true
end

--- Replaces lines `first` to `last` (counted from 0, without the last).
---@param buffer integer
---@param first integer
---@param last integer  -1: to the end
---@param lines string[]  control characters in them are not shown as such
function buffers.write(buffer, first, last, lines)
  local texts = {}
  for i, line in ipairs(lines) do
    texts[i] = printable(line)
  end
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, first, last, false, texts)
  vim.bo[buffer].modifiable = false
end

--- Goes to the window that shows the buffer, or opens one.
---@param buffer integer
---@param command string  opens a window
---@return boolean is_opened
function buffers.show(buffer, command)
  local window = vim.fn.bufwinid(buffer)
  if window ~= -1 then
    vim.api.nvim_set_current_win(window)
    return false
  end
  vim.cmd(command)
  vim.api.nvim_win_set_buf(0, buffer)
  for name, value in pairs { wrap = false, number = false, relativenumber = false, list = false, cursorline = true } do
    vim.api.nvim_set_option_value(name, value, { scope = "local" })
  end
  return true
end

--- Closes the current window; the last one gets another buffer instead.
function buffers.close()
  if not pcall(vim.api.nvim_win_close, 0, false) then
    vim.cmd "hide enew"
  end
end

--- Gives the buffer keys.
---@param buffer integer
---@param keys table<string, string|false>  action -> key
---@param modes table<string, string[]>     action -> modes
---@param acts table<string, fun()>         action -> what it does; others have no key here
function buffers.map(buffer, keys, modes, acts)
  for action, act in pairs(acts) do
    if keys[action] then
      vim.keymap.set(modes[action], keys[action], act, { buffer = buffer, nowait = true, desc = "aicore: " .. action })
    end
  end
end

return buffers
