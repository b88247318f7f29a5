-- What a list is printed as: a table, JSON or ids; and in which order, how many of it, and whether with a heading.

local columns = require "aicore.text.columns"
local json = require "aicore.text.json"
local problems = require "aicore.cli.problems"
local timestamp = require "aicore.model.timestamp"

local tables = {}

local function number(text)
  local value = tonumber(text)
  if not value or value < 1 or value % 1 ~= 0 then
    return nil, ("'%s' is not a whole number from 1"):format(text)
  end
  return value
end

--- What records may be sorted by: a name, and the field that is compared, or the function that gives that.
---@alias aicore.cli.Keys { [1]: string, [2]: string|fun(record: table): any }[]

--- Declares the options.
---@param parser table  argparse's
---@param keys aicore.cli.Keys
function tables.configure(parser, keys)
  local names = {}
  for i, key in ipairs(keys) do
    names[i] = key[1]
  end
  parser:option("--sort", "Sort by a column: " .. table.concat(names, ", ") .. "."):argname("<column>"):choices(names)
  parser:option("--limit", "Only so many, the first ones."):argname("<number>"):convert(number)
  parser:flag("--no-headers", "Without the line of headings.")
end

local function key_of(record, read)
  if type(read) == "string" then
    return record[read]
  end
  return read(record)
end

local function sorted(records, read)
  local list = {}
  for i, record in ipairs(records) do
    list[i] = { record = record, key = key_of(record, read), place = i }
  end
  table.sort(list, function(a, b)
    if a.key == b.key or a.key == nil and b.key == nil then
      return a.place < b.place
    end
    return b.key == nil or a.key ~= nil and a.key < b.key
  end)
  for i, one in ipairs(list) do
    list[i] = one.record
  end
  return list
end

--- The records as the options want them.
---@param given table
---@param console aicore.cli.Console
---@param records table[]
---@param keys aicore.cli.Keys
---@return table[]
function tables.arrange(given, console, records, keys)
  for _, key in ipairs(keys) do
    records = given.sort == key[1] and sorted(records, key[2]) or records
  end
  if not given.limit or #records <= given.limit then
    return records
  end
  local first = {}
  for i = 1, given.limit do
    first[i] = records[i]
  end
  console:note(("%d of %d are shown"):format(given.limit, #records))
  return first
end

--- When something ends, as a cell: the day, "-" for never, "?" for a day that cannot be read.
---@param seconds number?  since the epoch
---@param is_unclear boolean
---@return string
function tables.day(seconds, is_unclear)
  return seconds and timestamp.format(seconds):sub(1, 10) or is_unclear and "?" or "-"
end

---@class aicore.cli.Listing
---@field json any               what -o json prints
---@field ids string[]           what -o ids prints
---@field rows string[][]        the heading and what stands below
---@field colour nil|fun(text: string, row: integer, column: integer): string?

---@param console aicore.cli.Console
---@param given table
---@param listing aicore.cli.Listing
function tables.print(console, given, listing)
  if given.output == "json" then
    console:print(json.encode(listing.json))
    return
  end
  local lines, first = listing.ids, 1
  if given.output ~= "ids" then
    first = given.no_headers and 2 or 1
    lines = columns.align(listing.rows, function(text, row, column)
      return console:paint(listing.colour and listing.colour(text, row, column) or nil, text)
    end, console:room())
  end
  for i = first, #lines do
    console:print(lines[i])
  end
end

---@class aicore.cli.Lister  a command that lists what there is
---@field summary string
---@field noun string             "models"
---@field heading string[]
---@field keys aicore.cli.Keys     the first one is what -o ids prints
---@field options (fun(parser: table))?  what it takes besides
---@field find fun(client: aicore.Client, given: table): table[]|nil, aicore.Error?
---@field rows fun(record: table): string[][]  of one record

--- Makes the command.
---@param lister aicore.cli.Lister
---@return table command
function tables.command(lister)
  local command = { summary = lister.summary, kindless = true }

  function command.configure(parser)
    tables.configure(parser, lister.keys)
    if lister.options then
      lister.options(parser)
    end
  end

  function command.run(given, console, client)
    local found, err = lister.find(client, given)
    if err and (not found or #found == 0 and given.output ~= "json") then
      return problems.tell(console, err)
    elseif #found == 0 and given.output ~= "json" then
      console:note(("no %s found"):format(lister.noun))
      return problems.DONE
    end
    found = tables.arrange(given, console, found, lister.keys)
    local rows, ids = { lister.heading }, {}
    for i, record in ipairs(found) do
      ids[i] = record[lister.keys[1][2]]
      for _, row in ipairs(lister.rows(record)) do
        rows[#rows + 1] = row
      end
    end
    tables.print(console, given, { json = json.array(found), ids = ids, rows = rows })
    return err and problems.tell_all(console, { err }) or problems.DONE -- it lacks some
  end

  return command
end

return tables
