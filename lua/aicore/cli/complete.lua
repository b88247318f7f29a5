-- aicorectl complete, which completion scripts call: what could stand there, a word per line. A shell that waits for an
-- answer is in nobody's way: it is asked for with a short timeout, and where there is none there are no words.
-- The line that is to be completed follows behind "--", as its options say whose ids are wanted.

local connect = require "aicore.cli.connect"
local host = require "aicore.settings.host"
local options = require "aicore.cli.options"
local record = require "aicore.settings.record"

local command = { summary = "Print words for a completion script.", offline = true }

local PATIENCE = 2 -- seconds

--- The words as the command will get them: bash hands over "--profile=a" in three, and quotes as they were typed.
local function as_given(words)
  local line, given = table.concat(words, "\n"):gsub("\n=\n", "="):gsub("[\"'\\]", ""), {}
  for word in line:gmatch "[^\n]+" do
    given[#given + 1] = word
  end
  return given
end

local function print_ids(console, words)
  local quiet = { note = function() end, refresh = function() end }
  local client = connect.open(options.scan(as_given(words)), quiet)
  local found = client and client:list { timeout = PATIENCE }
  for _, deployment in ipairs(found or {}) do
    console:print(deployment.id)
  end
  if client then
    client:close()
  end
end

local function print_profiles(console)
  local home, names = host.getenv "AICORE_HOME" or "", {}
  home = record.file(home:find "%S" and home or "~/.aicore", host.getenv "HOME")
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
  parser:argument("words", "The line that is to be completed, without the program's name."):args "*"
end

---@param given table
---@param console aicore.cli.Console
---@return integer exit
function command.run(given, console)
  WORDS[given.what](console, given.words)
  return 0
end

return command
