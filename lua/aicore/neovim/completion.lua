--- Completes filters, from what the panel lists, too. The editor finds it by its name, so it is a module of its own.

local filters = require "aicore.neovim.filters"

local completion = {}

local function no_rows()
  return {}
end

local rows_of = no_rows

--- Says where the rows come from.
---@param source fun(): aicore.neovim.Row[]?
function completion.from(source)
  rows_of = source
end

--- What could complete the last word of a filter.
---@param lead string  what of the word is there
---@return string[]
function completion.complete(lead)
  return filters.complete(lead, rows_of() or {})
end

return completion
