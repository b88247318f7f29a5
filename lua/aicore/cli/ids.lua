-- The ids of deployments that a command is about: its arguments, or the words of standard input.

local caller = require "aicore.call.caller"
local options = require "aicore.cli.options"

local ids = {}

--- Declares the argument.
---@param parser table  argparse's
function ids.configure(parser)
  parser
    :argument("ids", "Ids of deployments; '-', or none where input is piped: those on standard input.")
    :args("*")
    :argname "<id>"
end

--- The same for a command that is about one.
---@param parser table
function ids.configure_one(parser)
  parser
    :argument("id", "The deployment's id; '-', or none where input is piped: that on standard input.")
    :args("?")
    :argname "<id>"
end

--- Without the second and further mentions.
local function distinct(words)
  local seen, list = {}, {}
  for _, word in ipairs(words) do
    list[#list + 1] = not seen[word] and word or nil
    seen[word] = true
  end
  return list
end

--- The ids, each once.
---@param given table  the command's options
---@param console aicore.cli.Console
---@param advice string?  to a person who has given none
---@return string[]|nil ids
---@return string? problem
function ids.read(given, console, advice)
  local words, hint = given.ids or { given.id }, ""
  if #words == 0 and not console:is_piped() then
    return nil, ("which %s? %s"):format(options.noun(given.kind), advice or "Give their ids, or pipe them in")
  elseif #words == 0 or #words == 1 and words[1] == "-" then
    words, hint = console:read_words(), "; standard input has to have ids alone, as -o ids prints them"
    if #words == 0 then
      console:note "no ids on standard input"
    end
  end
  for _, id in ipairs(words) do
    if caller.check("status", id) then
      local article = given.kind == "executions" and "an" or "a"
      return nil, ("'%s' is not the id of %s %s%s"):format(id, article, options.noun(given.kind, 1), hint)
    end
  end
  return distinct(words)
end

--- The id, for a command that is about one.
---@param given table
---@param console aicore.cli.Console
---@return string|nil id
---@return string? problem
function ids.read_one(given, console)
  local list, problem = ids.read(given, console)
  if list and #list ~= 1 then
    return nil, ("%s of one %s at a time, not of %d"):format(given.command, options.noun(given.kind, 1), #list)
  end
  return list and list[1], problem
end

return ids
