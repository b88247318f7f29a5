-- Text in columns, and how wide it is. Pure.

local printable = require "aicore.model.printable"

local columns = {}

--- How many columns of the screen a text takes: one per character, which is so for all that the service allows in its
--- names, whatever the language.
---@param text string  UTF-8
---@return integer
function columns.width(text)
  if not text:find "[\128-\255]" then
    return #text
  end
  local _, characters = text:gsub("[^\128-\191]", "")
  return characters
end

--- Lines with every column as wide as its widest cell; the last one is not padded. Cells are made printable.
---@param rows any[][]
---@param paint (fun(text: string, row: integer, column: integer): string)?  may colour a cell, not make it wider
---@return string[] lines
function columns.align(rows, paint)
  local widths, texts, lines = {}, {}, {}
  for number, row in ipairs(rows) do
    texts[number] = {}
    for i, cell in ipairs(row) do
      texts[number][i] = printable(cell)
      widths[i] = math.max(widths[i] or 0, columns.width(texts[number][i]))
    end
  end
  for number, row in ipairs(texts) do
    local cells = {}
    for i, cell in ipairs(row) do
      local padding = i < #row and (" "):rep(widths[i] - columns.width(cell)) or ""
      cells[i] = (paint and paint(cell, number, i) or cell) .. padding
    end
    lines[number] = table.concat(cells, "   ")
  end
  return lines
end

return columns
