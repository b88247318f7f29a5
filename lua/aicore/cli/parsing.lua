-- What argparse does not do: words of a list in any case, a wrong value told with its option, one line of what is
-- wrong, help as wide as the terminal. All of it but the last reaches into fields of argparse's objects, here alone.

local parsing = {}

--- The one of a list that is meant.
---@param choices string[]
---@param text string  in upper or lower case
---@return string|nil
function parsing.pick(choices, text)
  for _, choice in ipairs(choices) do
    if choice:lower() == text:lower() then
      return choice
    end
  end
end

local function reader_of(choices)
  local meant = {}
  for _, choice in ipairs(choices) do
    meant[#meant + 1] = parsing.pick(choices, choice) == choice and choice or nil
  end
  return function(text)
    return parsing.pick(meant, text), ("'%s' is none of %s"):format(text, table.concat(meant, ", "))
  end
end

local function longest(names)
  local found = names[1]
  for _, name in ipairs(names) do
    found = #name > #found and name or found
  end
  return found
end

--- What is wrong with a value is told with the option: a line may have many.
local function convert_by_name(option)
  local name, choices = longest(option._aliases), option._choices
  local read = choices and reader_of(choices) or option._convert
  if not read then
    return
  end
  option._choices = nil -- argparse compares exactly
  option._convert = function(text)
    local value, problem = read(text)
    if value == nil then
      return nil, ("%s: %s"):format(name, problem)
    end
    return value
  end
end

--- "-o, --output <format>": argparse gives each of the two a line, with the value.
local function label_on_a_line(option)
  local lines = option:_get_label_lines()
  local value = lines[#lines]:match "<.*>$"
  option._get_label_lines = function()
    return value and { ("%s %s"):format(table.concat(option._aliases, ", "), value) } or lines
  end
end

--- Lets a parser read, and say, what is said above. A completion script cannot be made of it any more: that needs the
--- choices.
---@param parser table  argparse's, with all its options
function parsing.adapt(parser)
  for _, option in ipairs(parser._options) do
    convert_by_name(option)
    label_on_a_line(option)
  end
end

--- The help.
---@param parser table
---@param width integer?  nil: as wide as it gets
---@return string
function parsing.help(parser, width)
  if width then
    parser:help_max_width(width):usage_max_width(math.min(width, 70))
  end
  return (parser:get_help():gsub("\n+$", ""))
end

--- What argparse complains of, on one line; it guesses, too, which letter was meant instead of another.
---@param message string
---@return string
function parsing.complaint(message)
  local what, guess = message:match "^(.-)\nDid you mean (.*)$"
  if not what then
    return message
  end
  return what:find "'%-.'$" and what or ("%s; did you mean %s"):format(what, guess)
end

--- The name of the command whose parser it is; nil: that of all.
---@param parser table
---@return string|nil
function parsing.command_of(parser)
  return parser:get_usage():match "^Usage: aicorectl (%l+)"
end

return parsing
