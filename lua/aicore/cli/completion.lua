-- aicorectl completion: a script that lets a shell complete commands, options and their values.

local command = { summary = "Print a completion script for a shell.", offline = true }

local SHELLS = { "bash", "zsh", "fish" }

---@param parser table  argparse's
function command.configure(parser)
  parser:argument("shell", "The shell."):choices(SHELLS)
end

---@param given table
---@param console aicore.cli.Console
---@param root table  argparse's parser of everything
---@return integer exit
function command.run(given, console, root)
  console:print((root["get_" .. given.shell .. "_complete"](root):gsub("%s*$", "")))
  return 0
end

return command
