-- The command line: options in, an exit code out.
-- Rule: a sub-command is a module of its own with a summary, configure(parser), check(options) if there is something
-- to check, run(options, console, client), and fail(options, console, err) if it has more to say where no client can be
-- made; the table below is all that knows which there are. One that is offline needs no client and gets what makes the
-- parser of everything instead; one that is `everywhere` knows -A, one that is `kindless` has no use for --kind; one
-- that is hidden is there for those who name it.

local console = require "aicore.cli.console"
local guard = require "aicore.runtime.guard"
local problems = require "aicore.cli.problems"

local cli = {}

-- In the order of the help.
local COMMANDS = {
  { name = "login", module = "aicore.cli.login" },
  { name = "list", module = "aicore.cli.list" },
  { name = "find", module = "aicore.cli.find" },
  { name = "watch", module = "aicore.cli.watch" },
  { name = "status", module = "aicore.cli.status" },
  { name = "logs", module = "aicore.cli.logs" },
  { name = "configurations", module = "aicore.cli.configurations" },
  { name = "create", module = "aicore.cli.create" },
  { name = "ensure", module = "aicore.cli.ensure" },
  { name = "update", module = "aicore.cli.update" },
  { name = "rollout", module = "aicore.cli.rollout" },
  { name = "stop", module = "aicore.cli.stop" },
  { name = "delete", module = "aicore.cli.delete" },
  { name = "wait", module = "aicore.cli.wait" },
  { name = "teardown", module = "aicore.cli.teardown" },
  { name = "models", module = "aicore.cli.models" },
  { name = "groups", module = "aicore.cli.groups" },
  { name = "quota", module = "aicore.cli.quota" },
  { name = "emulator", module = "aicore.cli.emulator" },
  { name = "completion", module = "aicore.cli.completion" },
  { name = "complete", module = "aicore.cli.complete", hidden = true },
}

-- What has to be there, and how to get it. The clock is the first that needs the C module.
local NEEDED = {
  { module = "argparse", install = "apt-get install lua-argparse, or luarocks install argparse" },
  { module = "cjson", install = "apt-get install lua-cjson, or luarocks install lua-cjson" },
  { module = "aicore.runtime.clock", install = "make, in the checkout; or make install, or luarocks make" },
}

--- The first library that cannot be loaded: what is wrong, and what to do.
local function missing()
  for _, library in ipairs(NEEDED) do
    local ok, problem = pcall(require, library.module)
    local absent = not ok and tostring(problem):match "module '([^']+)' not found"
    if absent then
      local lua = package.loaded.jit and "LuaJIT" or _VERSION
      return ("%s, which is needed, is not installed for %s"):format(absent, lua), library.install
    elseif not ok then
      return tostring(problem):match "^[^\n]*", library.install
    end
  end
end

-- What is printed instead of running a command is raised, as argparse would print and exit by itself.

local function show_version()
  local version, jit = require("aicore.runtime").versions(), package.loaded.jit
  local lua, tls = jit and jit.version or _VERSION, version.tls or "without TLS"
  error({ text = ("aicorectl %s (libcurl %s, %s, %s)"):format(version.aicore, version.libcurl, tls, lua) }, 0)
end

local function show_help(parser, exit)
  error({ help = parser, exit = exit }, 0)
end

local function with_help(parser)
  return parser:add_help {
    action = function()
      show_help(parser)
    end,
  }
end

local function build(arguments)
  local options = require "aicore.cli.options"
  local parser = with_help(require "argparse"("aicorectl", "Stop, delete and watch deployments of SAP AI Core."))
  parser:require_command(true):command_target "command"
  parser:flag("--version", "Show the versions of this program and its libraries."):action(show_version)
  options.shared(parser, {}, true)
  local commands = {}
  for _, entry in ipairs(COMMANDS) do
    if not entry.hidden or entry.name == arguments[1] then
      local module = require(entry.module)
      local sub_parser = with_help(parser:command(entry.name, module.summary))
      module.configure(sub_parser)
      if not module.offline then
        options.shared(sub_parser, module, false)
      end
      commands[entry.name] = { module = module, parser = sub_parser }
    end
  end
  return parser, commands
end

-- argparse hands over the parser (the command's, where there is one) whose usage was missed.
local function usage_error(parser, message)
  error({ usage = parser, message = require("aicore.cli.parsing").complaint(message) }, 0)
end

--- The parser and the commands, ready to read with.
local function build_reader(arguments)
  local adapt = require("aicore.cli.parsing").adapt
  local parser, commands = build(arguments)
  adapt(parser)
  for _, command in pairs(commands) do
    adapt(command.parser)
  end
  return parser, commands
end

local function read(arguments, screen)
  local parser, commands = build_reader(arguments)
  screen.format = require("aicore.cli.options").scan(arguments).output -- what cannot be parsed may say it, too
  parser.error = usage_error
  if #arguments == 0 then
    show_help(parser, problems.USAGE)
  end
  local options = parser:parse(arguments)
  require("aicore.cli.options").merge(options)
  local command = commands[options.command]
  local problem = require("aicore.cli.options").group_problem(options, command.module)
    or command.module.check and command.module.check(options)
  if problem then
    usage_error(command.parser, problem)
  end
  return { module = command.module, options = options }
end

local function run(asked, screen)
  if asked.module.offline then
    return asked.module.run(asked.options, screen, function()
      return (build {})
    end)
  end
  local client, err = require("aicore.cli.connect").open(asked.options, screen)
  if not client and asked.module.fail then
    return asked.module.fail(asked.options, screen, err)
  elseif not client then
    return problems.tell(screen, err)
  end
  local exit = asked.module.run(asked.options, screen, client)
  client:close()
  return exit
end

local function explain(failure, screen)
  if guard.is_interrupt(failure) then
    screen:settle()
    if not screen.streaming then -- that is how it ends
      problems.print(screen, { kind = "cancelled", message = "interrupted" })
      screen:note "aicorectl: interrupted"
    end
    return problems.INTERRUPTED
  elseif type(failure) == "table" and failure.text then
    screen:print(failure.text)
    return problems.DONE
  elseif type(failure) == "table" and failure.help then
    screen:print(require("aicore.cli.parsing").help(failure.help, screen:room()))
    return failure.exit or problems.DONE
  elseif type(failure) == "table" and failure.usage then
    return problems.usage(screen, require("aicore.cli.parsing").command_of(failure.usage), failure.message)
  end
  error(failure, 0)
end

--- Whatever was to be written has been, or it has failed.
local function finish(screen, exit)
  local lost = screen:flush()
  if lost then
    problems.say(screen, "the result could not be written: " .. lost, "look at where standard output goes")
    return problems.FAILED
  end
  return exit
end

--- Runs a command line.
---@param arguments string[]
---@return integer exit  0 done, 1 failed, 2 usage, 3 not found, 4 timed out, 5 not authorised, 130 interrupted
function cli.main(arguments)
  local screen = console.new(os.getenv)
  local what, install = missing()
  if what then
    problems.say(screen, what, install)
    return problems.FAILED
  end
  local ok, result = pcall(function()
    return run(read(arguments, screen), screen)
  end)
  return finish(screen, ok and result or explain(result, screen))
end

return cli
