-- The command line: options in, an exit code out.
-- Rule: a sub-command is a module of its own with a summary, configure(command) and run(options); the table below is
-- all that knows which there are.

local argparse = require "argparse"

local cli = {}

-- In the order of the help.
local COMMANDS = {
  { name = "emulator", module = "aicore.cli.emulator" },
}

local USAGE_ERROR = 2

local function build()
  local parser = argparse("aicorectl", "Stop, delete and watch deployments of SAP AI Core.")
  parser:require_command(true):command_target "command"
  local commands = {}
  for _, entry in ipairs(COMMANDS) do
    local module = require(entry.module)
    local sub_parser = parser:command(entry.name, module.summary)
    module.configure(sub_parser)
    commands[entry.name] = { module = module, parser = sub_parser }
  end
  return parser, commands
end

-- argparse hands over the parser (the command's, where there is one) whose usage was missed.
local function usage_error(parser, message)
  error({ usage = parser:get_usage(), message = message }, 0)
end

local function read(arguments)
  local parser, commands = build()
  parser.error = usage_error
  local options = parser:parse(arguments)
  local command = commands[options.command]
  local problem = command.module.check and command.module.check(options)
  if problem then
    usage_error(command.parser, problem)
  end
  return { module = command.module, options = options }
end

--- Runs a command line.
---@param arguments string[]
---@return integer exit  0 done, 1 failed, 2 usage, 130 interrupted
function cli.main(arguments)
  local ok, result = pcall(read, arguments)
  if ok then
    return result.module.run(result.options)
  end
  if type(result) ~= "table" then
    error(result, 0)
  end
  io.stderr:write(result.usage, "\n\nError: ", result.message, "\n")
  return USAGE_ERROR
end

return cli
