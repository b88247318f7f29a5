-- An aligned table of text. Pure.

local columns = {}

--- Characters, not bytes: names may be in any language.
local function width(text)
  local _, count = text:gsub("[^\128-\191]", "")
  return count
end

--- Lines with every column as wide as its widest cell; the last one is not padded.
---@param rows string[][]
---@param paint (fun(text: string, row: integer, column: integer): string)?  may colour a cell, not make it wider
---@return string[] lines
function columns.align(rows, paint)
  local widths, lines = {}, {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do
      widths[i] = math.max(widths[i] or 0, width(cell))
    end
  end
  for number, row in ipairs(rows) do
    local cells = {}
    for i, cell in ipairs(row) do
      local padding = i < #row and (" "):rep(widths[i] - width(cell)) or ""
      cells[i] = (paint and paint(cell, number, i) or cell) .. padding
    end
    lines[number] = table.concat(cells, "   ")
  end
  return lines
end

return columns
