--- Runs bin/aicorectl as a child of the specs: on plain pipes, or on a pseudo-terminal that script(1) makes.

local core = require "aicore.core"

local command = {}

--- The interpreter that runs this spec.
command.interpreter = rawget(_G, "jit") and "luajit" or "lua5.4"

local PATIENCE = 60 -- seconds for what a child does in one, unless the machine is busy

-- A variable of the machine's own would make settings of a spec's; LUA_PATH of one Lua leads another astray.
local CLEAN = table.concat {
  "env -u LUA_PATH -u LUA_CPATH -u NO_COLOR -u COLUMNS -u AICORE_SERVICE_KEY -u AICORE_BASE_URL -u AICORE_AUTH_URL ",
  "-u AICORE_CLIENT_ID -u AICORE_CLIENT_SECRET -u AICORE_RESOURCE_GROUP -u AICORE_CONFIG -u AICORE_PROFILE ",
  "-u VCAP_SERVICES -u VCAP_SERVICES_FILE_PATH -u SERVICE_BINDING_ROOT -u AICORE_INSTANCE ",
  "AICORE_HOME=/nonexistent TERM=xterm ",
}

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function read_and_remove(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  os.remove(path)
  return text
end

--- What stands before a program on a shell's line: its environment.
local function clean(env)
  local variables = {}
  for name, value in pairs(env or {}) do
    variables[#variables + 1] = ("%s=%s "):format(name, quote(value))
  end
  return CLEAN .. table.concat(variables)
end

---@class spec.CommandOptions
---@field env table<string, string>?
---@field lua string?     the interpreter
---@field before string?  the interpreter's own options
---@field input string?   standard input; nil: there is none

--- A line of the shell that runs it: "env … luajit bin/aicorectl arguments".
---@param arguments string
---@param options spec.CommandOptions
---@return string
function command.line(arguments, options)
  local program = ("%s %s bin/aicorectl "):format(options.lua or command.interpreter, options.before or "")
  return clean(options.env) .. program .. arguments
end

---@class spec.CommandResult
---@field out string
---@field err string
---@field code integer

--- Runs it on pipes. The arguments are words of the shell.
---@param arguments string
---@param options spec.CommandOptions?
---@return spec.CommandResult
function command.run(arguments, options)
  options = options or {}
  local out, err = os.tmpname(), os.tmpname()
  local input = options.input and ("printf %%s %s | "):format(quote(options.input)) or ""
  local from = options.input and "" or " </dev/null"
  local pipe =
    assert(io.popen(("%s%s%s >%s 2>%s; echo $?"):format(input, command.line(arguments, options), from, out, err)))
  local code = tonumber(pipe:read "*a")
  pipe:close()
  return { out = read_and_remove(out), err = read_and_remove(err), code = code }
end

--- What --help says.
---@param arguments string
---@return string
function command.help(arguments)
  local result = command.run(arguments .. " --help")
  assert(result.code == 0, result.err)
  return result.out
end

--- The commands that the help knows.
---@return string[]
function command.names()
  local list = {}
  for name in command.help(""):match("Commands:\n(.*)$"):gmatch "\n?   (%l+) " do
    list[#list + 1] = name
  end
  return list
end

--- The settings that lead to an emulator.
---@param server spec.Emulator
---@param more table?  variables besides or instead
---@return table<string, string>
function command.settings(server, more)
  local env = {
    AICORE_BASE_URL = server.url,
    AICORE_AUTH_URL = server.url,
    AICORE_CLIENT_ID = "me",
    AICORE_CLIENT_SECRET = "any",
  }
  for name, value in pairs(more or {}) do
    env[name] = value
  end
  return env
end

--- Waits until something is so.
---@param holds fun(): boolean
---@param tell (fun(): string)?  for the failure's message
function command.eventually(holds, tell)
  local deadline = core.now() + PATIENCE
  while not holds() do
    if core.now() >= deadline then
      error(tell and tell() or "it did not come about", 2)
    end
    core.sleep(0.01)
  end
end

--- Runs a line of a shell on a terminal: see(pattern) waits until the screen has it, type(keys) presses keys, finish()
--- waits for its end.
---@param line string
function command.terminal(line)
  local screen = os.tmpname()
  -- Ctrl-C strikes the shell, too, which is to go on; what it starts takes it as always. The shell stays until finish()
  -- has read the code: script(1) may lose what is written just before its child ends.
  line = "trap : INT; " .. line .. "; echo code $?; read -r _"
  local keys = assert(io.popen(("script -qfc %s /dev/null >%s 2>&1"):format(quote(line), screen), "w"))
  local terminal, from = {}, 1

  function terminal.text()
    local file = assert(io.open(screen))
    local text = file:read "*a"
    file:close()
    return text
  end

  --- What is there now is not seen any more.
  function terminal.forget()
    from = #terminal.text() + 1
  end

  function terminal.see(pattern)
    command.eventually(function()
      return terminal.text():find(pattern, from) ~= nil
    end, function()
      return "this was not to be seen: " .. pattern .. "\n" .. terminal.text()
    end)
  end

  function terminal.type(text)
    keys:write(text)
    keys:flush()
  end

  --- Everything that was on the screen, with \r\n as \n, and its exit code.
  function terminal.finish()
    terminal.see "code %d+"
    keys:close()
    local text, code = read_and_remove(screen):gsub("\r\n", "\n"):match "^(.*)code (%d+)\n"
    return text, tonumber(code)
  end

  return terminal
end

--- Starts aicorectl on a terminal.
---@param arguments string
---@param options spec.CommandOptions?
function command.on_terminal(arguments, options)
  return command.terminal(command.line(arguments, options or {}))
end

--- A line that runs a shell, or anything, whose aicorectl is that of the checkout.
---@param program string  with its arguments
---@param env table<string, string>
---@return string
function command.beside(program, env)
  return ('%s PATH="$PWD/bin:$PATH" %s'):format(clean(env), program)
end

return command
