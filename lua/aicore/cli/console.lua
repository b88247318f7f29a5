-- The command's side of the terminal: results on standard output; notes, a live line and questions on standard error.
-- Rules: what is written to a pipe or a file has no colour and no live line; no control character gets through, whoever
-- has written it, but for our colours.

local printable = require "aicore.model.printable"

local console = {}

---@class aicore.cli.Console
---@field format string?  how the result is printed, by -o
---@field streaming boolean?  JSON is an object per line
---@field live (fun(): string?)?  what the live line says now; nil: there is none
local Console = {}
Console.__index = Console

local STDIN, STDOUT, STDERR = 0, 1, 2

-- What is a terminal ------------------------------------------------------------------------------

--- Is the descriptor a terminal? Lua cannot tell; test(1) can.
---@param descriptor integer
---@return boolean
function Console:is_terminal(descriptor)
  if self.terminals[descriptor] == nil then
    local ok = os.execute("test -t " .. descriptor) -- true, or in 5.1 the exit status
    self.terminals[descriptor] = ok == true or ok == 0
  end
  return self.terminals[descriptor]
end

--- Can it move the cursor and show colours?
local function is_capable(self)
  local term = self.getenv "TERM"
  return term ~= nil and term ~= "" and term ~= "dumb"
end

--- May standard error have a live line?
---@return boolean
function Console:is_live()
  return is_capable(self) and self:is_terminal(STDERR)
end

--- Is there a person who can be asked?
---@return boolean
function Console:can_ask()
  return self:is_terminal(STDIN) and self:is_terminal(STDERR)
end

--- Does something else than a person provide standard input?
---@return boolean
function Console:is_piped()
  return not self:is_terminal(STDIN)
end

local function read_width(self)
  local columns = tonumber(self.getenv "COLUMNS" or "")
  if not columns then
    local pipe = io.popen "stty size 2>/dev/null </dev/tty"
    columns = tonumber((pipe and pipe:read "*a" or ""):match "^%d+ (%d+)")
    if pipe then
      pipe:close()
    end
  end
  return columns and columns > 0 and columns or 80
end

--- Columns of the terminal.
---@return integer
function Console:width()
  self.columns = self.columns or read_width(self)
  return self.columns
end

--- Columns that a table may take; nil: any number, as no person looks. COLUMNS counts in a pipe, too.
---@return integer?
function Console:room()
  local is_said = (tonumber(self.getenv "COLUMNS" or "") or 0) > 0
  return (is_said or self:is_terminal(STDOUT)) and self:width() or nil
end

-- Colour ------------------------------------------------------------------------------------------

local CODES = { bold = 1, faint = 2, red = 31, green = 32, yellow = 33 }

--- The text in a colour, where standard output shows colours and NO_COLOR is not set.
---@param colour string|nil  nil: as it is
---@param text string
---@return string
function Console:paint(colour, text)
  if self.coloured == nil then
    local refused = (self.getenv "NO_COLOR" or "") ~= ""
    self.coloured = not refused and is_capable(self) and self:is_terminal(STDOUT)
  end
  return self.coloured and colour and ("\27[%dm%s\27[0m"):format(CODES[colour], text) or text
end

-- Writing -----------------------------------------------------------------------------------------

local OWN = { ["\27[0m"] = true }
for _, code in pairs(CODES) do
  OWN[("\27[%dm"):format(code)] = true
end

--- The text, on as many lines as it has, with our colours and no other control characters.
local function fit(text)
  local parts, at = {}, 1
  for first, code, after in text:gmatch "()(\27%[%d+m)()" do
    if OWN[code] then
      parts[#parts + 1] = printable(text:sub(at, first - 1), true) .. code
      at = after
    end
  end
  return table.concat(parts) .. printable(text:sub(at), true)
end

--- A line of the result.
---@param line string
function Console:print(line)
  local written, problem = io.stdout:write(fit(line), "\n")
  self.lost = self.lost or not written and problem or nil
end

--- What was printed goes out now. A full disk must not read as an empty answer.
---@return string? problem  nil: all that was ever printed has been written
function Console:flush()
  local written, problem = io.stdout:flush()
  self.lost = self.lost or not written and problem or nil
  return self.lost
end

local function erase(self)
  if self.drawn then
    self.drawn = nil
    io.stderr:write "\r\27[K"
  elseif self.asking then
    self.asking = false
    io.stderr:write "\n"
  end
end

--- Draws the live line anew.
function Console:refresh()
  local text = self.live and self.live()
  if text and text ~= self.drawn then
    self.drawn = text
    io.stderr:write("\r", fit(text), "\27[K")
  end
end

--- Ends the live line.
function Console:settle()
  erase(self)
  self.live = nil
end

--- A line for people, beside the result.
---@param line string
function Console:note(line)
  erase(self)
  self:flush()
  io.stderr:write(fit(line), "\n")
  self:refresh()
end

-- Reading -----------------------------------------------------------------------------------------

--- Asks, and waits for a line. It is read by head(1): Ctrl-C ends that, and so the waiting; LuaJIT's own read would
--- begin again. It takes the shell's place: a shell that is about to fork would lose the Ctrl-C for both.
---@param question string
---@return boolean yes
function Console:ask(question)
  erase(self)
  self:flush()
  local pipe = assert(io.popen "exec head -n 1") -- before the person can answer: then Ctrl-C finds it there
  self.asking = true -- Ctrl-C leaves the cursor behind the question, or within it
  io.stderr:write(fit(question), " [y/N] ")
  local answer = (pipe:read "*l" or ""):lower()
  pipe:close()
  self.asking = false
  return answer == "y" or answer == "yes"
end

--- All words of standard input.
---@return string[]
function Console:read_words() -- luacheck: ignore 212
  local words = {}
  for word in (io.stdin:read "*a" or ""):gmatch "%S+" do
    words[#words + 1] = word
  end
  return words
end

---@param getenv fun(name: string): string?
---@return aicore.cli.Console
function console.new(getenv)
  return setmetatable({ getenv = getenv, terminals = {} }, Console)
end

return console
