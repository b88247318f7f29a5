-- aicorectl complete, which completion scripts call: what could stand there, a word per line. A shell that waits for an
-- answer is in nobody's way: it is asked for with a short timeout, and where there is none there are no words.

local connect = require "aicore.cli.connect"
local host = require "aicore.settings.host"

local command = { summary = "Print words for a completion script.", offline = true }

local PATIENCE = 2 -- seconds

local function print_ids(console)
  local quiet = { note = function() end, refresh = function() end }
  local client = connect.open({}, quiet)
  local found = client and client:list { timeout = PATIENCE }
  for _, deployment in ipairs(found or {}) do
    console:print(deployment.id)
  end
  if client then
    client:close()
  end
end

local function print_profiles(console)
  local home = host.getenv "AICORE_HOME" or (host.getenv "HOME" or "") .. "/.aicore"
  local names = {}
  for _, file in ipairs(host.folder(home) or {}) do
    names[#names + 1] = file:match "^config_(.+)%.json$" or file == "config.json" and "default" or nil
  end
  table.sort(names)
  for _, name in ipairs(names) do
    console:print(name)
  end
end

local WORDS = { ids = print_ids, profiles = print_profiles }

---@param parser table  argparse's
function command.configure(parser)
  parser:argument("what", "Which words."):choices { "ids", "profiles" }
end

---@param given table
---@param console aicore.cli.Console
---@return integer exit
function command.run(given, console)
  WORDS[given.what](console)
  return 0
end

return command
