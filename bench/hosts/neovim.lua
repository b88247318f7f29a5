-- The load in Neovim; see load.lua:
--   nvim --headless -u NONE -i NONE -c 'luafile bench/hosts/neovim.lua'
local aicore = require "aicore"
local load = require "bench.hosts.load"

local ended
aicore.spawn(function()
  local ok, said = pcall(load.run, { runtime = "neovim", every = load.every(vim.uv or vim.loop) })
  io.stdout:write(said, "\n")
  io.stdout:flush()
  ended = ok and 0 or 1
end)
vim.wait(60000, function()
  return ended ~= nil
end, 10)
vim.cmd(ended == 0 and "qa!" or "cquit 1")
