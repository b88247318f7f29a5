-- The ids of deployments that a command is about: its arguments, or the words of standard input.

local caller = require "aicore.call.caller"

local ids = {}

--- Declares the argument.
---@param parser table  argparse's
function ids.configure(parser)
  parser
    :argument("ids", "Ids of deployments; '-', or none where input is piped: those on standard input.")
    :args("*")
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
---@param options table
---@param console aicore.cli.Console
---@param advice string?  to a person who has given none
---@return string[]|nil ids
---@return string? problem
function ids.read(options, console, advice)
  local given = options.ids
  if #given == 0 and not console:is_piped() then
    return nil, "which deployments? " .. (advice or "Give their ids, or pipe them in")
  elseif #given == 0 or #given == 1 and given[1] == "-" then
    given = console:read_words()
    if #given == 0 then
      console:note "no ids on standard input"
    end
  end
  for _, id in ipairs(given) do
    if caller.check("status", id) then
      return nil, ("'%s' is not the id of a deployment"):format(id)
    end
  end
  return distinct(given)
end

--- The id, for a command that is about one.
---@param options table
---@param console aicore.cli.Console
---@return string|nil id
---@return string? problem
function ids.read_one(options, console)
  local list, problem = ids.read(options, console)
  if list and #list ~= 1 then
    return nil, ("%s of one deployment at a time, not of %d"):format(options.command, #list)
  end
  return list and list[1], problem
end

return ids
