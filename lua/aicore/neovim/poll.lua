--- Does something again and again, in a coroutine, while a buffer can be seen: never twice at a time, and the pause
-- begins when it has been done. While no window shows the buffer, it rests, until wake() is called.

local aicore = require "aicore"
local notify = require "aicore.neovim.notify"

local uv = vim.uv or vim.loop

---@class aicore.neovim.Poll
---@field seconds number         how long the pause is; 0: none ends
---@field private buffer integer
---@field private act fun()      may wait
---@field private timer table?
---@field private busy boolean
---@field private again boolean  wake() was called while it was being done
local Poll = {}
Poll.__index = Poll

--- Can it be seen now? A window of another tab page does not count.
local function is_seen(buffer)
  return vim.api.nvim_buf_is_valid(buffer) and vim.fn.bufwinid(buffer) ~= -1
end

local function has_window(buffer)
  return vim.api.nvim_buf_is_valid(buffer) and #vim.fn.win_findbuf(buffer) > 0
end

--- Ends the pause, and whatever would follow it.
function Poll:rest()
  if self.timer then
    self.timer:stop()
    self.timer:close()
    self.timer = nil
  end
end

--- Behind the scenes, in another tab page, one pause follows the other.
local function pause(self)
  self:rest()
  if self.seconds <= 0 or not has_window(self.buffer) then
    return
  end
  self.timer = assert(uv.new_timer())
  local function on_time()
    self:rest()
    if is_seen(self.buffer) then
      self:wake()
    else
      pause(self)
    end
  end
  self.timer:start(math.ceil(self.seconds * 1000), 0, vim.schedule_wrap(on_time))
end

local function run(self)
  self.busy = true
  repeat
    self.again = false
    local ok, message = pcall(self.act)
    if not ok then
      notify(tostring(message), "ERROR")
    end
  until not self.again or not is_seen(self.buffer)
  self.busy = false
  pause(self)
end

--- Does it now; once more afterwards, if it is being done.
function Poll:wake()
  if self.busy then
    self.again = true
  elseif is_seen(self.buffer) then
    self:rest()
    aicore.spawn(function()
      run(self)
    end)
  end
end

local poll = {}

--- It begins when the buffer is shown in a window, and rests when it is in none.
---@param options { buffer: integer, seconds: number, act: fun() }  seconds: 0: only when it is asked for
---@return aicore.neovim.Poll
function poll.new(options)
  local self = setmetatable({ busy = false, again = false }, Poll)
  self.buffer, self.seconds, self.act = options.buffer, options.seconds, options.act
  vim.api.nvim_create_autocmd("BufWinEnter", {
    buffer = self.buffer,
    callback = function()
      self:wake()
    end,
  })
  vim.api.nvim_create_autocmd({ "BufHidden", "BufUnload", "BufWipeout" }, {
    buffer = self.buffer,
    callback = function()
      self:rest()
    end,
  })
  return self
end

return poll
