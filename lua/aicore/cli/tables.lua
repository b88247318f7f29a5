-- What a list is printed as: a table, JSON or ids.

local columns = require "aicore.text.columns"
local json = require "aicore.text.json"

local tables = {}

---@class aicore.cli.Listing
---@field json any               what -o json prints
---@field ids string[]           what -o ids prints
---@field rows string[][]        the heading and what stands below
---@field colour nil|fun(text: string, row: integer, column: integer): string?

---@param console aicore.cli.Console
---@param format string?
---@param listing aicore.cli.Listing
function tables.print(console, format, listing)
  if format == "json" then
    console:print(json.encode(listing.json))
    return
  end
  local lines = listing.ids
  if format ~= "ids" then
    lines = columns.align(listing.rows, function(text, row, column)
      return console:paint(listing.colour and listing.colour(text, row, column) or nil, text)
    end)
  end
  for _, line in ipairs(lines) do
    console:print(line)
  end
end

return tables
