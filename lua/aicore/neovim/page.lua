--- A window with text that is fetched from the service: a record, or logs. It can be fetched again, and followed: then
--- that happens by itself, and the cursor stays at the end if it is there.

local buffers = require "aicore.neovim.buffers"
local notify = require "aicore.neovim.notify"
local poll = require "aicore.neovim.poll"

---@class aicore.neovim.Page
---@field buffer integer
---@field options aicore.neovim.PageOptions
---@field poll aicore.neovim.Poll
---@field followed boolean
---@field shown boolean  has anything come yet?
local Page = {}
Page.__index = Page

---@class aicore.neovim.PageOptions
---@field name string
---@field filetype string
---@field window string              the command that opens its window
---@field fetch fun(): string[]|nil, aicore.Error?  may wait
---@field seconds number?            s between two looks while it is followed; nil: it cannot be
---@field keys table<string, string|false>
---@field modes table<string, string[]>

--- Moves the cursors that are at the end to the new end.
local function write(self, lines)
  local count = vim.api.nvim_buf_line_count(self.buffer)
  local at_end = {}
  for _, window in ipairs(vim.fn.win_findbuf(self.buffer)) do
    if self.options.seconds and vim.api.nvim_win_get_cursor(window)[1] == count then
      at_end[#at_end + 1] = window
    end
  end
  buffers.write(self.buffer, 0, -1, lines)
  for _, window in ipairs(at_end) do
    vim.api.nvim_win_set_cursor(window, { math.max(#lines, 1), 0 })
  end
end

local function look(self)
  local lines, err = self.options.fetch()
  if not vim.api.nvim_buf_is_valid(self.buffer) then
    return
  elseif lines then
    write(self, lines)
    self.shown = true
    return
  end
  notify(tostring(err), "ERROR")
  if not self.shown then
    write(self, { tostring(err) })
  end
end

function Page:follow()
  self.followed = not self.followed
  self.poll.seconds = self.followed and self.options.seconds or 0
  self.poll:wake()
  notify(self.followed and "following" or "not following any more", "INFO")
end

local page = {}

--- Opens it, or goes to it.
---@param options aicore.neovim.PageOptions
function page.open(options)
  local buffer, is_new = buffers.get(options.name, options.filetype, "wipe")
  if not is_new then
    return buffers.show(buffer, options.window)
  end
  local self = setmetatable({ buffer = buffer, options = options, followed = false, shown = false }, Page)
  self.poll = poll.new {
    buffer = buffer,
    seconds = 0,
    act = function()
      look(self)
    end,
  }
  buffers.map(buffer, options.keys, options.modes, {
    close = buffers.close,
    refresh = function()
      self.poll:wake()
    end,
    follow = options.seconds and function()
      self:follow()
    end,
  })
  write(self, { "asking …" })
  buffers.show(buffer, options.window)
end

return page
