--- Draws the lines of the list into its buffer. What has not changed is not touched, and the cursor of every window
--- stays on its deployment.

local buffers = require "aicore.neovim.buffers"

local NAMESPACE = vim.api.nvim_create_namespace "aicore"

---@class aicore.neovim.View
---@field buffer integer
---@field lines aicore.neovim.Line[]  as they were drawn
local View = {}
View.__index = View

--- How many lines at the beginning and at the end are the same.
local function common(old, new)
  local least = math.min(#old, #new)
  local before, after = 0, 0
  while before < least and old[before + 1].text == new[before + 1].text do
    before = before + 1
  end
  while after < least - before and old[#old - after].text == new[#new - after].text do
    after = after + 1
  end
  return before, after
end

local function write(self, new)
  local old = self.lines
  local before, after = common(old, new)
  local texts = {}
  for i = before + 1, #new - after do
    texts[#texts + 1] = new[i].text
  end
  local last = #old == 0 and -1 or #old - after
  vim.api.nvim_buf_clear_namespace(self.buffer, NAMESPACE, before, last)
  buffers.write(self.buffer, before, last, texts)
  for i = before + 1, #new - after do
    for _, mark in ipairs(new[i].marks()) do
      local options = { end_col = mark[2], hl_group = mark[3] }
      vim.api.nvim_buf_set_extmark(self.buffer, NAMESPACE, i - 1, mark[1], options)
    end
  end
end

--- Where each window's cursor is: { [window] = { line, column, id } }.
local function find_cursors(self)
  local cursors = {}
  for _, window in ipairs(vim.fn.win_findbuf(self.buffer)) do
    local cursor = vim.api.nvim_win_get_cursor(window)
    local line = self.lines[cursor[1]]
    cursors[window] = { line = cursor[1], column = cursor[2], id = line and line.id }
  end
  return cursors
end

--- Above the rows it goes to the first one, as soon as there is one.
local function place_cursors(self, cursors)
  local line_of, first = {}, #self.lines
  for i = #self.lines, 1, -1 do
    local id = self.lines[i].id
    if id then
      line_of[id], first = i, i
    end
  end
  for window, cursor in pairs(cursors) do
    local line = cursor.id and line_of[cursor.id] or math.max(cursor.line, first)
    vim.api.nvim_win_set_cursor(window, { math.min(line, #self.lines), cursor.column })
  end
end

--- Is the user choosing lines here? Those on the screen must not move then.
local function is_choosing(self)
  return vim.api.nvim_get_current_buf() == self.buffer and vim.fn.mode():find "^[vV\22]" ~= nil
end

--- Draws the lines.
---@param lines aicore.neovim.Line[]
function View:draw(lines)
  if not vim.api.nvim_buf_is_valid(self.buffer) or is_choosing(self) then
    return
  end
  local cursors = find_cursors(self)
  write(self, lines)
  self.lines = lines
  place_cursors(self, cursors)
end

--- The ids of the deployments under the cursor, or in the lines that are chosen in Visual mode, which ends.
---@return string[]
function View:chosen()
  local first, last = vim.fn.line ".", vim.fn.line "."
  if is_choosing(self) then
    first, last = math.min(first, vim.fn.line "v"), math.max(last, vim.fn.line "v")
    vim.cmd "normal! \27"
  end
  local ids = {}
  for i = first, last do
    ids[#ids + 1] = self.lines[i] and self.lines[i].id
  end
  return ids
end

--- Columns of the narrowest window that shows it; nil: none does.
---@return integer?
function View:width()
  local least
  for _, window in ipairs(vim.fn.win_findbuf(self.buffer)) do
    least = math.min(least or math.huge, vim.api.nvim_win_get_width(window))
  end
  return least
end

local view = {}

---@param buffer integer
---@return aicore.neovim.View
function view.new(buffer)
  return setmetatable({ buffer = buffer, lines = {} }, View)
end

return view
