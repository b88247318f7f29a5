-- The load in Neovim, or what is measured of holding it up; see load.lua, held.lua:
--   nvim --headless -u NONE -i NONE -c 'luafile bench/hosts/neovim.lua'
local aicore = require "aicore"
local held = require "bench.hosts.held"
local load = require "bench.hosts.load"

local uv = vim.uv or vim.loop

local function every(seconds, fn)
  local timer = uv.new_timer()
  timer:start(seconds * 1000, seconds * 1000, fn)
  return function()
    timer:close()
  end
end

local ended
aicore.spawn(function()
  local ok, said = pcall((os.getenv "BENCH_HELD" and held or load).run, { runtime = "neovim", every = every })
  io.stdout:write(said, "\n")
  io.stdout:flush()
  ended = ok and 0 or 1
end)
vim.wait(60000, function()
  return ended ~= nil
end, 10)
vim.cmd(ended == 0 and "qa!" or "cquit 1")
