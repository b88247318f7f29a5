--- An emulator of your own, for your own tests: a process beside yours, on a free port.
--
--     local server = assert(require("aicore.emulator").start { deployments = 3, stop_time = 0.1 })
--     local client = assert(aicore.client(server.settings))
--     …
--     server.stop()
--
-- It is a process because lua-http, which serves, runs in LuaJIT and Lua 5.1 to 5.3, and your tests may run in 5.4.
-- It ends with stop(), or with the process that started it, however that ends: a shell beside it reads from a named
-- pipe that this process holds open, and ends the emulator when it reads something, or the pipe's end.
-- What the returned functions ask for goes over HTTP, by the program curl: the C module speaks to AI Core only, and a
-- test suite should not need luasocket for it.

local errors = require "aicore.model.errors"
local json = require "aicore.emulator.json"
local known = require "aicore.emulator.options"
local known_settings = require "aicore.emulator.settings"
local operations = require "aicore.call.operations"

local BY_NAME = {}
for _, row in ipairs(known) do
  BY_NAME[row.name] = row
end

local TYPES = { status = "string", text = "string", file = "string", flag = "boolean" }

--- What is expected of an option instead of this value; nil: it will do.
local function expected_of(row, value)
  local kind, is_whole = TYPES[row.kind], row.kind == "whole"
  if kind then
    return type(value) ~= kind and "a " .. kind or nil
  end
  local fits = type(value) == "number" and value >= 0 and value <= row.most and not (is_whole and value % 1 ~= 0)
  return not fits and (is_whole and "a whole number" or "seconds") or nil
end

-- The command is not required, as it stands above this module: the child runs it. Without its command line, whose
-- other commands need more than the emulator does. Ctrl-C is for the process that started it, whose last steps may need
-- the emulator still; Lua itself undoes what the shell says of it.
-- The operations' table comes from the C module, which there may be for this process's Lua only: it is sent along.
local CODE = [[
  package.path = %q .. package.path
  package.preload["aicore.call.operations"] = function()
    return { %s }
  end
  local options, command = { %s }, require(%q)
  local problem = command.check(options)
  if problem then
    io.stderr:write("Error: ", problem, "\n")
    os.exit(2)
  end
  local found, signal = pcall(require, "cqueues.signal")
  if found then
    signal.ignore(signal.SIGINT)
    signal.SIGINT = signal.SIGTERM -- what the server waits for: a signal that is waited for is never ignored
  end
  os.exit(command.run(options), true)
]]
local COMMAND = "aicore.cli.emulator"

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function read_file(path)
  local file = io.open(path)
  local text = file and file:read "*a" or ""
  if file then
    file:close()
  end
  return text
end

-- Starting -----------------------------------------------------------------------------------------

local function check(options)
  for name, value in pairs(options) do
    local row = BY_NAME[name]
    local expected = row and expected_of(row, value)
    if not row and name ~= "lua" and name ~= "settings" then
      errors.misuse(("start: unknown option '%s'"):format(tostring(name)))
    elseif expected then
      errors.misuse(("start: %s: %s expected, got %s"):format(name, expected, tostring(value)))
    end
  end
  local _, problem = known_settings.change(known_settings.new(), options.settings or {})
  if problem then
    errors.misuse("start: settings: " .. problem)
  end
end

-- Where this module was found is where the child finds the others.
local ROOT = debug.getinfo(1, "S").source:match "^@(.*)aicore[/\\]emulator[/\\]start%.lua$" or "./"

-- Lua 5.4's paths would lead another Lua to libraries that it cannot load.
local CLEAN = _VERSION == "Lua 5.1" and "" or "env -u LUA_PATH -u LUA_CPATH "

local function literal(value)
  local format = type(value) == "string" and "%q" or type(value) == "number" and "%.17g"
  return format and format:format(value) or tostring(value)
end

-- What the emulator's routes read of it.
local function operations_literal()
  local rows = {}
  for name, operation in pairs(operations) do
    local row = "%s = { verb = %s, path = %s }"
    rows[#rows + 1] = row:format(name, literal(operation.verb), literal(operation.path))
  end
  return table.concat(rows, ", ")
end

local function command_line(options)
  local fields = {}
  for _, row in ipairs(known) do
    local value = options[row.name]
    if value == nil then
      value = row.default
    end
    if value ~= nil then
      fields[#fields + 1] = ("%s = %s"):format(row.name, literal(value))
    end
  end
  local path = ("%s?.lua;%s?/init.lua;"):format(ROOT, ROOT)
  local code = CODE:format(path, operations_literal(), table.concat(fields, ", "), COMMAND)
  return ("%s%s -e %s"):format(CLEAN, options.lua or "luajit", quote(code))
end

-- In the background, so that nobody ever waits for it by accident: not even the end of this process, which closes the
-- pipe that popen made. Nor does a shell tell Ctrl-C to what it runs in the background.
local WATCHER = [[
{
  %s </dev/null 2>%s/complaints &
  emulator=$!
  exec >/dev/null
  read -r line
  kill $emulator
  wait $emulator
  rm -r %s
} <%s/lifeline 2>/dev/null &
]]

-- The first line that the child prints is the URL; a folder of its own keeps what it complains about.
local function launch(command)
  local pipe = assert(io.popen [[d=$(mktemp -d) && mkfifo "$d/lifeline" && printf %s "$d"]])
  local folder = pipe:read "*a"
  pipe:close()
  if folder == "" then
    return nil, "there is no place for temporary files"
  end
  local place = quote(folder)
  local output = assert(io.popen(WATCHER:format(command, place, place, place)))
  -- Open for reading, too: to write to a pipe that nobody reads any more would kill this process.
  local lifeline = assert(io.open(folder .. "/lifeline", "r+"))
  local line = output:read "*l" or ""
  local process = { output = output, lifeline = lifeline, folder = folder, url = line:match "^listening on (%S+)$" }
  return process, not process.url and read_file(folder .. "/complaints") or nil
end

local function finish(process)
  if process.lifeline then
    process.lifeline:write "\n"
    process.lifeline:close()
    process.lifeline = nil
    process.output:read "*a" -- until its end
    process.output:close()
  end
end

-- Talking to it ------------------------------------------------------------------------------------

local TIMEOUT = 10 -- seconds

-- The certificate is one of the test's own, and the way is the loopback.
local CURL = "curl -q --silent --show-error --insecure --noproxy '*' --max-time %d --request %s"
  .. " --write-out '\n%%{http_code}' --header 'Content-Type: application/json' --data-binary %s %s 2>&1"

local to_integer = rawget(math, "tointeger") or function() end

-- lua-cjson reads every number as a float.
local function with_integers(value)
  for key, member in pairs(value) do
    if type(member) == "table" then
      with_integers(member)
    elseif type(member) == "number" then
      value[key] = to_integer(member) or member
    end
  end
  return value
end

local function ask(process, method, path, body)
  if not process.lifeline then
    errors.misuse "the emulator has been stopped"
  end
  local text = body and json.encode(body) or ""
  local url = ("%s/_emulator/%s"):format(process.url, path)
  local pipe = assert(io.popen(CURL:format(TIMEOUT, method, quote(text), quote(url))))
  local reply, status = pipe:read("*a"):match "^(.*)\n(%d%d%d)%s*$"
  pipe:close()
  local answer = reply and json.decode(reply) or {}
  if not reply or tonumber(status) < 200 or tonumber(status) >= 300 then
    errors.misuse(("emulator: %s %s: %s"):format(method, path, answer.error or reply or "is the program curl here?"))
  end
  return with_integers(answer)
end

---@class aicore.emulator.Server
---@field url string            where it listens
---@field settings aicore.Config  for aicore.client
---@field journal fun(since: integer?): aicore.emulator.Entry[]  every effect so far, or after that `seq`
---@field requests fun(): table<string, integer>   how many requests there were, per operation and `total`
---@field clear_journal fun()                      forgets both
---@field fault fun(fault: aicore.emulator.Fault)  orders a fault
---@field faults fun(): aicore.emulator.Fault[]    those still to come
---@field clear_faults fun()
---@field seed fun(seed: table): string[]          adds deployments, `{ id = … }` or `{ count = … }`: their ids
---@field clear_deployments fun()
---@field change fun(settings: table): aicore.emulator.Settings  changes `stop_time`, `bulk`, …: all of them
---@field expire_tokens fun()                      every token is refused from now on
---@field complaints fun(): string                 what it printed about troubles of its own
---@field stop fun()                               ends it, and returns when it has ended; may be called again
local ACTIONS = {
  journal = function(process, since)
    return ask(process, "GET", ("journal?since=%d"):format(since or 0)).entries
  end,
  requests = function(process)
    return ask(process, "GET", "journal").requests
  end,
  clear_journal = function(process)
    ask(process, "DELETE", "journal")
  end,
  fault = function(process, fault)
    ask(process, "POST", "faults", fault)
  end,
  faults = function(process)
    return ask(process, "GET", "faults").faults
  end,
  clear_faults = function(process)
    ask(process, "DELETE", "faults")
  end,
  seed = function(process, seed)
    return ask(process, "POST", "deployments", seed).ids
  end,
  clear_deployments = function(process)
    ask(process, "DELETE", "deployments")
  end,
  change = function(process, settings)
    return ask(process, "PUT", "settings", settings)
  end,
  expire_tokens = function(process)
    ask(process, "POST", "tokens/expire")
  end,
  complaints = function(process)
    return read_file(process.folder .. "/complaints")
  end,
  stop = finish,
}

-- They live until they are stopped, or this process ends: also when nobody but a client's settings knows of one.
local running = {}

local function bind(process, options)
  local server = {
    url = process.url,
    settings = {
      base_url = process.url,
      auth_url = process.url,
      client_id = options.client_id or "test",
      client_secret = options.client_secret or "test",
      ca_file = options.tls_cert,
    },
  }
  for name, act in pairs(ACTIONS) do
    server[name] = function(argument, ...)
      if argument == server then -- server:stop()
        argument = ...
      end
      return act(process, argument)
    end
  end
  running[#running + 1] = process
  return setmetatable(server, { __close = server.stop })
end

---@class aicore.emulator.StartOptions
---@field deployments integer?   how many there are at first (0): d000000000000001 and so on
---@field status string?         theirs ("RUNNING")
---@field start_time number?     s until a new one runs (2)
---@field stop_time number?      s until a stopped one has stopped (2)
---@field delete_time number?    s until a deleted one is gone (2)
---@field update_time number?    s until an update shows: until then the old configuration runs (0)
---@field latency number?        s that every answer takes (0)
---@field read_lag number?       s that a GET by id is behind (0)
---@field list_lag number?       s that lists and counts are behind (0)
---@field page_cap integer?      records in a page at most, whatever was asked for; 0: any number (0)
---@field quota integer?         deployments at most, a create beyond is refused; any number if not given
---@field no_bulk boolean?       without the batch operation
---@field client_id string?      who may log in; anybody if not given
---@field client_secret string?
---@field tls_cert string?       PEM file: serve https with this certificate
---@field tls_key string?        PEM file
---@field client_ca string?      PEM file: who signs client certificates
---@field seed integer?          of ids, tokens and chance (1)
---@field port integer?          0, any free one, if not given
---@field settings table?        others of aicore.emulator.Settings, as for `change`
---@field lua string?            the command that starts a Lua which finds lua-http: "luajit"

--- Starts an emulator, and waits until it listens.
---@param options aicore.emulator.StartOptions?
---@return aicore.emulator.Server|nil server
---@return aicore.Error? err  of kind "config": why it does not start, such as a library that is missing
local function start(options)
  options = options or {}
  if type(options) ~= "table" then
    errors.misuse("start: a table of options expected, got " .. type(options))
  end
  check(options)
  local process, complaint = launch(command_line(options))
  if not complaint then
    local server = bind(process, options)
    if options.settings then
      server.change(options.settings)
    end
    return server
  end
  if process then
    finish(process)
  end
  local usage = complaint:match "^Error: ([^\n]*)"
  if usage then
    errors.misuse("start: " .. usage)
  end
  return nil, errors.new { kind = "config", message = "the emulator did not start: " .. complaint:gsub("%s+$", "") }
end

return start
