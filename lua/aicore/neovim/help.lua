--- The help: a window over the list with its keys.

local filters = require "aicore.neovim.filters"
local options = require "aicore.neovim.options"

local help = {}

local FILTER = {
  "",
  "A filter is written in words, here or behind :AICore:",
  "  " .. table.concat(filters.examples, "  "),
  "In Visual mode, s, d and t are for all that are chosen.",
}

--- Its lines, and how wide the keys are.
local function lines_of(keys)
  local lines, width = {}, 0
  for _, key in pairs(keys) do
    width = math.max(width, key and #key or 0)
  end
  for _, action in ipairs(options.actions) do
    local key = keys[action.name]
    if key then
      lines[#lines + 1] = (" %s%s  %s"):format(key, (" "):rep(width - #key), action.about)
    end
  end
  return lines, width, #lines
end

local function widest(lines)
  local width = 0
  for _, line in ipairs(lines) do
    width = math.max(width, vim.fn.strdisplaywidth(line))
  end
  return width
end

local function colour(buffer, count, width)
  local namespace = vim.api.nvim_create_namespace "aicore.help"
  for i = 0, count - 1 do
    vim.api.nvim_buf_set_extmark(buffer, namespace, i, 1, { end_col = 1 + width, hl_group = "AICoreKey" })
  end
end

local function open_window(buffer, lines)
  local width, height = math.min(widest(lines) + 1, vim.o.columns - 4), math.min(#lines, vim.o.lines - 4)
  return vim.api.nvim_open_win(buffer, true, {
    relative = "editor",
    row = math.max(0, math.floor((vim.o.lines - height) / 2) - 1),
    col = math.max(0, math.floor((vim.o.columns - width) / 2) - 1),
    width = width,
    height = height,
    style = "minimal",
    border = "rounded",
  })
end

--- Shows it until a key of its own closes it, or its window is left.
---@param keys table<string, string|false>
function help.open(keys)
  local buffer = vim.api.nvim_create_buf(false, true)
  local lines, width, count = lines_of(keys)
  for _, line in ipairs(FILTER) do
    lines[#lines + 1] = line == "" and line or " " .. line
  end
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  colour(buffer, count, width)
  vim.bo[buffer].modifiable, vim.bo[buffer].bufhidden = false, "wipe"
  local window = open_window(buffer, lines)
  local function close()
    if vim.api.nvim_win_is_valid(window) then
      vim.api.nvim_win_close(window, true)
    end
  end
  for _, key in ipairs { keys.close or "q", keys.help or "g?", "<Esc>" } do
    vim.keymap.set("n", key, close, { buffer = buffer, nowait = true })
  end
  vim.api.nvim_create_autocmd("WinLeave", { buffer = buffer, once = true, callback = close })
end

return help
