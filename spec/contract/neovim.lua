-- The contract in Neovim, see suite.lua:
--   nvim --headless -u NONE -i NONE -c 'luafile spec/contract/neovim.lua' -c 'qa!'
local aicore = require "aicore"
local outside = require "spec.contract.outside"
local suite = require "spec.contract.suite"

-- What the suite itself needs of lua-cjson it has by now; the client is to find none.
if os.getenv "WITHOUT_CJSON" then
  package.loaded.cjson, package.preload.cjson = nil, function()
    error("module 'cjson' not found: hidden", 0)
  end
end

local uv = vim.uv or vim.loop
local t = outside.new "neovim"

function t.every(seconds, fn)
  local timer = uv.new_timer()
  timer:start(seconds * 1000, seconds * 1000, fn)
  return function()
    timer:close()
  end
end

local failed
aicore.spawn(function()
  failed = suite.run(t, outside.say)
end)
vim.wait(180000, function() -- run.lua is patient for no longer
  return failed ~= nil
end, 10)
vim.cmd(failed == 0 and "qa!" or "cquit 1")
