-- Neovim runs this when it starts. What the command does is loaded when it is first used.
if vim.g.loaded_aicore then
  return
end
vim.g.loaded_aicore = 1

require("aicore.neovim.command").define(function(filter)
  require("aicore.neovim").open(filter)
end)
