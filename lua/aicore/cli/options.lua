-- Options that commands have in common, and what their values may look like.

local caller = require "aicore.call.caller"
local duration = require "aicore.text.duration"
local lifecycle = require "aicore.model.lifecycle"
local parsing = require "aicore.cli.parsing"

local options = {}

local function timeout(text)
  local value, problem = duration.parse(text)
  if value and caller.check("list", { timeout = value }) then
    return nil, ("'%s' is longer than anybody waits for"):format(text)
  end
  return value, problem
end

local MOST_SHARDS = 1e9

local function shard(text)
  local index, count = text:match "^(%d+)/(%d+)$"
  index, count = tonumber(index), tonumber(count)
  if not index or index >= count or count > MOST_SHARDS then
    return nil, ("'%s' is not INDEX/COUNT with an index from 0 to COUNT - 1"):format(text)
  end
  return { index, count }
end

--- A reader of what the C module will take as an option, with its own words for what is wrong otherwise.
---@param operation string
---@param name string
---@param wrap boolean?  the option is a list of such
---@return fun(text: string): string?, string?
function options.fit(operation, name, wrap)
  return function(text)
    local complaint = caller.check(operation, { [name] = wrap and { text } or text })
    if complaint then
      return nil, (complaint:gsub("^[%w_]+: [%w_]+: ", ""))
    end
    return text
  end
end

local id = options.fit("list", "scenario_id") -- the service's ids all look alike

local function visible(text)
  if not text:find "%S" then
    return nil, "a text expected, got a blank one"
  end
  return text
end

local FORMATS, KINDS = { "table", "json", "ids" }, { "deployments", "executions" }

-- What every command that talks to the service has.
local SHARED = {
  { "-o --output", "How to print the result: table, json or ids.", argname = "<format>", choices = FORMATS },
  { "--timeout", "How long it may take: 90, 30m, 2h.", argname = "<time>", convert = timeout },
  {
    "-g --resource-group",
    "The resource group, instead of AICORE_RESOURCE_GROUP.",
    argname = "<name>",
    convert = options.fit("list", "resource_group"),
  },
  { "-A --all-resource-groups", "In all resource groups.", needs = "everywhere" },
  {
    "--kind",
    "What it is about: deployments or executions.",
    argname = "<kind>",
    choices = KINDS,
    unless = "kindless",
  },
  { "--profile", "Settings of ~/.aicore/config_<name>.json.", argname = "<name>" },
  { "--ca-file", "Certificate authorities to trust (PEM).", argname = "<file>" },
  { "-v --verbose", "Show each exchange on standard error." },
}

local EARLY = "early_"

--- Is the option of no use to the command? It is read then, too: an alias may have it for all of them.
local function is_idle(row, module)
  return row.needs and not module[row.needs] or row.unless and module[row.unless] or false
end

local function target_of(row)
  return (row[1]:match "%-%-(%S+)":gsub("-", "_"))
end

--- Declares the shared options.
---@param parser table   argparse's
---@param module table   the command
---@param early boolean  they stand before the command; argparse forgets those that a command has, too, so they get
---                      names of their own
function options.shared(parser, module, early)
  for _, row in ipairs(SHARED) do
    local option
    if row.argname then
      option = parser:option(row[1], row[2]):argname(row.argname)
    else
      option = parser:flag(row[1], row[2])
    end
    option:hidden(early or is_idle(row, module)):target((early and EARLY or "") .. target_of(row))
    if row.choices then
      option:choices(row.choices)
    end
    if row.convert then
      option:convert(row.convert)
    end
  end
end

-- By each of their spellings, "-o" and "--output".
local BY_SPELLING = {}
for _, row in ipairs(SHARED) do
  for spelling in row[1]:gmatch "%S+" do
    BY_SPELLING[spelling] = row
  end
end

local OTHER_VALUES = "p" -- the letter of a command's own option that takes a value, too

--- "-vgteam" -> "-g", "team"; "--profile=a" -> "--profile", "a"; no value: the next word may be it.
local function split(word)
  if word:find "^%-%-" then
    return word:match "^[^=]+", word:match "=(.*)$"
  end
  local letter, rest = word:match "^%-(.)(.*)$"
  local row = letter and BY_SPELLING["-" .. letter]
  if letter and letter ~= OTHER_VALUES and not (row and row.argname) then
    return split("-" .. rest)
  end
  return letter and "-" .. letter, rest ~= "" and rest or nil
end

--- The values of shared options on a line that cannot be read as a whole: it is wrong, or not finished.
---@param words string[]
---@return table<string, string> values  by the options' names; where there are choices, one of them
function options.scan(words)
  local values = {}
  for i, word in ipairs(words) do
    if word == "--" then
      break
    end
    local spelling, value = split(word)
    local row, following = BY_SPELLING[spelling], words[i + 1]
    if not value and following and not following:find "^%-." then
      value = following
    end
    if row and row.argname and value then
      local name = target_of(row)
      if row.choices then
        value = parsing.pick(row.choices, value)
      end
      values[name] = value or values[name]
    end
  end
  return values
end

--- Those that stood before the command count unless they stand behind it, too.
---@param given table
function options.merge(given)
  for _, row in ipairs(SHARED) do
    local name = target_of(row)
    if given[name] == nil then
      given[name] = given[EARLY .. name]
    end
  end
end

--- A span of time; `parse` is one of text/duration.lua.
---@param parser table
---@param name string
---@param description string
---@param parse (fun(text: string): number?, string?)?  if not given, a bare number is seconds
function options.time(parser, name, description, parse)
  parser:option(name, description):argname("<time>"):convert(parse or duration.parse)
end

local function lifetime(text)
  if caller.check("create", "conf", { ttl = text }) then
    return nil, ("'%s' is not a time to live: digits and m, h or d"):format(text)
  end
  return text
end

--- How long one that is created may live.
---@param parser table
---@param description string
function options.ttl(parser, description)
  parser:option("--ttl", description):argname("<time>"):convert(lifetime)
end

--- What is wrong with it: the service ends deployments alone by themselves.
---@param given table
---@return string? problem
function options.ttl_problem(given)
  return given.ttl and given.kind == "executions" and "--ttl is of deployments only" or nil
end

--- How long a new one may take to appear, for what waits.
---@param parser table
function options.appear(parser)
  options.time(parser, "--appear", 'How long "not found" may only mean "not yet", of new ones: 5m.')
end

--- A status word. Completion offers it in upper and in lower case, as it was begun.
---@param parser table
---@param name string
---@param description string
---@param words string[]  in upper case
---@return table option
function options.word(parser, name, description, words)
  local choices = {}
  for i, word in ipairs(words) do
    choices[i], choices[#words + i] = word, word:lower()
  end
  return parser:option(name, description):argname("<status>"):choices(choices)
end

---@param parser table
---@param what string  what would be done
function options.dry_run(parser, what)
  parser:flag("--dry-run", "Only say what would be " .. what .. "; send nothing that changes anything.")
end

--- What the command is about, in a sentence.
---@param kind string?    of --kind
---@param count integer?  nil: more than one
---@return string
function options.noun(kind, count)
  kind = kind or KINDS[1]
  return count == 1 and kind:sub(1, -2) or kind
end

--- What is wrong with the resource groups that were named.
---@param given table
---@param module table  the command
---@return string? problem
function options.group_problem(given, module)
  if given.all_resource_groups and not module.everywhere then
    return "-A is not for this command: it is about one resource group, or none"
  elseif given.all_resource_groups and given.resource_group then
    return "-A means all resource groups: leave it out, or --resource-group"
  end
end

-- Which deployments: options and the filter's names for them.
local FILTER = {
  "status",
  "scenario_id",
  "configuration_id",
  "configuration_name",
  "executable_ids",
  "model",
  "model_version",
  "older_than",
  "retiring_within",
  "shard",
}

--- Declares the options of a filter.
---@param parser table
function options.filter(parser)
  options
    .word(
      parser,
      "--status",
      "Only those with this status: RUNNING, STOPPED, DEAD, …; may be repeated.",
      lifecycle.statuses
    )
    :count "*"
  parser:option("--scenario", "Only those of this scenario."):argname("<id>"):convert(id):target "scenario_id"
  parser
    :option("--configuration", "Only those of this configuration.")
    :argname("<id>")
    :convert(id)
    :target "configuration_id"
  parser
    :option("--configuration-name", "Only those whose configuration has this name.")
    :argname("<text>")
    :convert(visible)
  parser:option("--model", "Only those that serve this model."):argname("<name>"):convert(visible)
  parser
    :option("--model-version", "Only those that serve this version of it, or latest.")
    :argname("<version>")
    :convert(visible)
  parser
    :option("--executable", "Only those of this executable; may be repeated.")
    :argname("<id>")
    :count("*")
    :convert(id)
    :target "executable_ids"
  options.time(parser, "--older-than", "Only those created longer ago: 12h, 7d.", duration.parse_age)
  options.time(parser, "--retiring-within", "Only those whose model stops working by then: 30d.", duration.parse_age)
  parser
    :option("--shard", "Only this part of all, for several jobs at once: 0/4 to 3/4.")
    :argname("<index/count>")
    :convert(shard)
end

--- The filter that was given; nil: none was.
---@param given table
---@return aicore.Filter?
function options.read_filter(given)
  local filter = {}
  for _, name in ipairs(FILTER) do
    filter[name] = given[name]
  end
  for _, name in ipairs { "status", "executable_ids" } do
    filter[name] = next(filter[name] or {}) and filter[name] -- argparse makes an empty list where there is none
  end
  if filter.status and #filter.status == 1 then
    filter.status = filter.status[1]
  end
  return next(filter) and filter or nil
end

--- The same filter where it is meant.
---@param given table
---@param filter aicore.Filter
---@return aicore.Filter
function options.placed(given, filter)
  filter.resource_group = given.all_resource_groups and "*" or nil
  return filter
end

return options
